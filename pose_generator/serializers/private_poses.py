"""A photo or key points that shall become the caller's own pose."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework import serializers

from lumiku.api import StrictSerializer
from pose_generator.models import Category
from pose_generator.private_poses import READERS
from pose_generator.serializers.orders import uuid_or_none


class FromPhotoForm(StrictSerializer):
    """Exactly one of `file` (multipart), `openpose` and `coco` (JSON)."""

    file = serializers.FileField(required=False, help_text="JPEG, PNG or WebP with one person from head to foot.")
    openpose = serializers.JSONField(required=False, help_text="OpenPose JSON with one of people, 18 or 25 points.")
    coco = serializers.JSONField(required=False, help_text="COCO key points of one person, 17 points.")
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    category = serializers.CharField(max_length=50, required=False, help_text="Id or slug of a sub-category.")

    def validate_category(self, wanted: str) -> Category:
        leaves = Category.objects.filter(is_active=True).exclude(parent=None)
        named = Q(slug=wanted) | Q(pk=pk) if (pk := uuid_or_none(wanted)) else Q(slug=wanted)
        category = leaves.filter(named).first()
        if category is None:
            raise serializers.ValidationError(_("There is no such sub-category."))
        return category

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        sources = [name for name in ("file", *READERS) if name in data]
        if len(sources) != 1:
            raise serializers.ValidationError({"file": _("Send one of: a photo as file, openpose, or coco.")})
        return data

    def given(self) -> tuple[str, Any]:
        """Return which of the three a valid form has, and its content: bytes of a photo or decoded JSON."""
        data = self.validated_data
        if "file" in data:
            return "file", data["file"].read()
        return next((name, data[name]) for name in READERS if name in data)

    def about(self) -> dict[str, Any]:
        """Return what a valid form says of the pose to be: its name and category."""
        return {"name": self.validated_data.get("name", ""), "category": self.validated_data.get("category")}
