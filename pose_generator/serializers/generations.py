"""Generations and their pictures as they go over the wire; `pose_generator.wire` makes the values."""

from typing import Any

from rest_framework import serializers

from lumiku import files
from pose_generator import pace, wire
from pose_generator.models import Generation, Result


class ResultSerializer(serializers.Serializer):
    """One picture of a generation."""

    id = serializers.CharField()
    generation_id = serializers.CharField()
    pose_library_id = serializers.CharField(allow_null=True)
    number = serializers.IntegerField()
    variation = serializers.IntegerField()
    status = serializers.CharField()
    output_image_url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)
    original_image_url = serializers.CharField(allow_null=True)
    export_formats = serializers.DictField(child=serializers.CharField())
    background_changed = serializers.BooleanField()
    prompt_used = serializers.CharField()
    seed_used = serializers.IntegerField()
    controlnet_weight = serializers.FloatField(allow_null=True)
    generation_time = serializers.FloatField(allow_null=True, help_text="Seconds.")
    attempts = serializers.IntegerField()
    error_code = serializers.CharField(allow_null=True)
    error_message = serializers.CharField(allow_null=True)
    is_favorite = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    camera = serializers.DictField(child=serializers.FloatField())
    backend = serializers.CharField(allow_null=True)
    pose_score = serializers.IntegerField(allow_null=True)
    limb_scores = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    overlay_url = serializers.CharField(allow_null=True)
    repaints = serializers.IntegerField()
    safety = serializers.CharField(allow_null=True)

    def to_representation(self, instance: Result) -> dict[str, Any]:
        return files.with_links(wire.pose(instance))


class ResultAnswer(serializers.Serializer):
    pose = ResultSerializer()


class GenerationSerializer(serializers.Serializer):
    """An order; its poses are shown where one order is asked for."""

    id = serializers.CharField()
    project_id = serializers.CharField()
    user_id = serializers.CharField()
    generation_type = serializers.CharField()
    text_prompt = serializers.CharField(allow_null=True)
    avatar_id = serializers.CharField(allow_null=True)
    avatar_attributes = serializers.CharField(allow_null=True, help_text="JSON text.")
    batch_size = serializers.IntegerField()
    total_expected_poses = serializers.IntegerField()
    use_background_changer = serializers.BooleanField()
    background_mode = serializers.CharField(allow_null=True)
    background_prompt = serializers.CharField(allow_null=True)
    export_formats = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField()
    progress = serializers.IntegerField()
    poses_completed = serializers.IntegerField()
    poses_failed = serializers.IntegerField()
    poses_cancelled = serializers.IntegerField()
    credit_charged = serializers.IntegerField()
    credit_refunded = serializers.IntegerField()
    error_message = serializers.CharField(allow_null=True)
    backend = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    avg_generation_time = serializers.FloatField(allow_null=True)
    total_processing_time = serializers.FloatField(allow_null=True)
    retry_of = serializers.CharField(allow_null=True)
    cancel_requested_at = serializers.DateTimeField(allow_null=True)
    poses = ResultSerializer(many=True, required=False)

    def to_representation(self, instance: Generation) -> dict[str, Any]:
        shown = wire.generation(instance)
        if self.context.get("with_poses"):
            shown["poses"] = ResultSerializer(instance.results.order_by("number"), many=True).data
        return shown


class ProgressSerializer(serializers.Serializer):
    percentage = serializers.IntegerField()
    poses_completed = serializers.IntegerField()
    poses_failed = serializers.IntegerField()
    poses_total = serializers.IntegerField()
    current_status = serializers.CharField()
    estimated_time_remaining = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    queue_position = serializers.IntegerField(allow_null=True, help_text="Older orders that are still open.")


class GenerationAnswer(serializers.Serializer):
    generation = GenerationSerializer()
    progress = ProgressSerializer()


def progress(row: Any) -> dict[str, Any]:
    """Return how far an order is; `row` comes with counts."""
    ended = (row.completed_count, row.failed_count, row.cancelled_count)
    return {
        "percentage": wire.percentage(*ended, row.total),
        "poses_completed": row.completed_count,
        "poses_failed": row.failed_count,
        "poses_total": row.total,
        "current_status": row.status,
        "estimated_time_remaining": pace.time_left(row),
        "queue_position": pace.queue_position(row) if row.is_open else None,
    }


class ResultsSummary(serializers.Serializer):
    id = serializers.CharField(source="pk")
    status = serializers.CharField()
    total_poses = serializers.IntegerField(source="total")
    success_count = serializers.IntegerField(source="completed_count")
    failed_count = serializers.IntegerField()
    credit_charged = serializers.IntegerField(source="hold.held", default=0)
    credit_refunded = serializers.IntegerField()


class ResultsAnswer(serializers.Serializer):
    results = ResultSerializer(many=True)
    generation = ResultsSummary()


class ReceiptLine(serializers.Serializer):
    pose_id = serializers.CharField()
    number = serializers.IntegerField()
    name = serializers.CharField(allow_null=True)
    status = serializers.CharField()
    price = serializers.IntegerField()
    captured = serializers.IntegerField()
    given_back = serializers.IntegerField()
    quota_given_back = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    attempts = serializers.IntegerField()
    backend = serializers.CharField(allow_null=True)
    entries = serializers.ListField(child=serializers.DictField())


class ReceiptQuota(serializers.Serializer):
    """The poses of a day that paid for the order."""

    day = serializers.DateField()
    taken = serializers.IntegerField()
    given_back = serializers.IntegerField()


class ReceiptSerializer(serializers.Serializer):
    """Every picture with its price, its outcome and its ledger entries; held = captured + released + still held."""

    generation_id = serializers.CharField()
    status = serializers.CharField()
    paid_by = serializers.ChoiceField(["credits", "quota"])
    quota = ReceiptQuota(allow_null=True)
    held = serializers.IntegerField()
    captured = serializers.IntegerField()
    released = serializers.IntegerField()
    refunded = serializers.IntegerField()
    still_held = serializers.IntegerField()
    hold_entry_id = serializers.CharField(allow_null=True)
    export_formats = serializers.ListField(child=serializers.CharField(), help_text="They cost nothing.")
    poses = ReceiptLine(many=True)
