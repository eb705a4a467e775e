"""Wishes as they go over the wire, where they are called requests. Who asked is shown to nobody else."""

from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework import serializers

from lumiku.api import StrictSerializer
from pose_generator.models import Category, PoseRequest
from pose_generator.serializers.orders import uuid_or_none


class WishForm(StrictSerializer):
    title = serializers.CharField(min_length=3, max_length=100)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    category = serializers.CharField(max_length=50, required=False, help_text="Id or slug.")

    def validate_title(self, title: str) -> str:
        return " ".join(title.split())

    def validate_category(self, wanted: str) -> Category:
        pk = uuid_or_none(wanted)
        named = Q(pk=pk) if pk else Q(slug=wanted)
        category = Category.objects.filter(named, is_active=True).first()
        if category is None:
            raise serializers.ValidationError(_("There is no such category."))
        return category


class WishSerializer(serializers.ModelSerializer[PoseRequest]):
    category_id = serializers.UUIDField(allow_null=True)
    status = serializers.CharField(help_text="pending, approved, in_progress, completed or rejected.")
    votes = serializers.IntegerField()
    voted = serializers.BooleanField(help_text="Whether the caller wants it too.")
    is_mine = serializers.SerializerMethodField(help_text="Whether the caller asked for it.")
    reason = serializers.SerializerMethodField(help_text="Why it was rejected.")
    pose_id = serializers.UUIDField(allow_null=True, help_text="The pose that came of it.")

    class Meta:
        model = PoseRequest
        fields = [
            "id",
            "title",
            "description",
            "category_id",
            "status",
            "votes",
            "voted",
            "is_mine",
            "reason",
            "pose_id",
            "created_at",
            "updated_at",
        ]

    def get_is_mine(self, wish: PoseRequest) -> bool:
        return bool(wish.owner_id == self.context["user"].pk)

    def get_reason(self, wish: PoseRequest) -> str | None:
        return wish.reason or None


class WishAnswer(serializers.Serializer):
    request = WishSerializer()
