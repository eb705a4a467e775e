"""A user's figures as they go over the wire; `pose_generator.usage` makes the values."""

from rest_framework import serializers


class CreditUsage(serializers.Serializer):
    total_spent = serializers.IntegerField(help_text="Captured less refunded, for pictures.")
    last_30_days = serializers.IntegerField()
    average_per_generation = serializers.FloatField(help_text="Over the orders that were paid with credits.")


class UsedPose(serializers.Serializer):
    pose_id = serializers.CharField()
    pose_name = serializers.CharField()
    usage_count = serializers.IntegerField(help_text="The caller's orders that have it.")
    preview_url = serializers.CharField(allow_null=True)


class StatsSerializer(serializers.Serializer):
    """Deleted orders count, deleted projects do not."""

    total_poses_generated = serializers.IntegerField()
    total_projects = serializers.IntegerField()
    recent_generations = serializers.IntegerField(help_text="Orders of the last 7 days.")
    credit_usage = CreditUsage()
    top_used_poses = UsedPose(many=True)
