"""Poses and categories as they go over the wire."""

from typing import Any

from rest_framework import serializers

from lumiku import files
from pose_generator.models import Category, Pose


class PoseCategorySerializer(serializers.ModelSerializer[Category]):
    """The category of a pose, without its tree."""

    name = serializers.CharField(source="slug")
    display_name = serializers.CharField()

    class Meta:
        model = Category
        fields = ["id", "name", "display_name", "slug", "parent_id"]


class PoseSerializer(serializers.ModelSerializer[Pose]):
    name = serializers.CharField()
    description = serializers.CharField()
    category_id = serializers.UUIDField()
    category = PoseCategorySerializer()
    preview_image_url = serializers.SerializerMethodField()
    reference_image_url = serializers.SerializerMethodField()
    controlnet_image_url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    source_type = serializers.CharField(source="source")
    license_type = serializers.CharField(source="license")
    usage_count = serializers.IntegerField(help_text="Orders in which the pose was picked.")
    favorite_count = serializers.IntegerField(help_text="People who marked it.")
    is_favorite = serializers.BooleanField(help_text="Whether the caller did.")

    class Meta:
        model = Pose
        fields = [
            "id",
            "name",
            "description",
            "category_id",
            "category",
            "preview_image_url",
            "reference_image_url",
            "controlnet_image_url",
            "thumbnail_url",
            "difficulty",
            "gender_suitability",
            "tags",
            "source_type",
            "source_credit",
            "license_type",
            "usage_count",
            "favorite_count",
            "is_favorite",
            "is_public",
            "is_featured",
            "is_premium",
            "created_at",
            "updated_at",
        ]

    def get_preview_image_url(self, pose: Pose) -> str | None:
        return files.url(pose.preview)

    def get_reference_image_url(self, pose: Pose) -> str | None:
        return files.url(pose.preview)

    def get_controlnet_image_url(self, pose: Pose) -> str | None:
        return files.url(pose.skeleton)

    def get_thumbnail_url(self, pose: Pose) -> str | None:
        return files.url(pose.thumbnail)


class PoseAnswer(serializers.Serializer):
    pose = PoseSerializer()


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A category; a root shows its children."""

    name = serializers.CharField(source="slug")
    display_name = serializers.CharField()
    description = serializers.CharField()
    pose_count = serializers.IntegerField()
    children = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = Category
        fields = [
            "id",
            "name",
            "display_name",
            "description",
            "slug",
            "parent_id",
            "icon",
            "display_order",
            "color",
            "pose_count",
            "is_active",
            "children",
        ]


class CategoriesAnswer(serializers.Serializer):
    categories = CategorySerializer(many=True)
    total_categories = serializers.IntegerField()


def tree(categories: list[Any]) -> list[dict[str, Any]]:
    """Return the roots with their children; a root counts its children's poses too."""
    children: dict[Any, list[dict[str, Any]]] = {}
    for row in sorted(categories, key=lambda row: (row.parent_id is None, row.display_order, row.slug)):
        children.setdefault(row.parent_id, []).append(_show(row, children.pop(row.pk, [])))
    return children.get(None, [])


def _show(row: Any, below: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "name": row.slug,
        "display_name": row.display_name,
        "description": row.description,
        "slug": row.slug,
        "parent_id": str(row.parent_id) if row.parent_id else None,
        "icon": row.icon,
        "display_order": row.display_order,
        "color": row.color,
        "pose_count": row.own_count + sum(child["pose_count"] for child in below),
        "is_active": row.is_active,
        "children": below,
    }
