"""Projects and uploads as they go over the wire."""

from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from avatars.models import Avatar
from lumiku import files
from lumiku.api import StrictSerializer
from pose_generator import projects
from pose_generator.models import Project, Upload


class UploadForm(StrictSerializer):
    file = serializers.FileField()
    purpose = serializers.ChoiceField(Upload.Purpose.choices)


class UploadSerializer(serializers.ModelSerializer[Upload]):
    url = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = ["id", "url", "width", "height"]

    def get_url(self, upload: Upload) -> str | None:
        return files.url(upload.file)


class ProjectForm(StrictSerializer):
    """A project's own fields; `avatarId` or `avatarImageUrl` says who is shown."""

    project_name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, allow_null=True)
    avatar_id = serializers.UUIDField(required=False, allow_null=True)
    avatar_image_url = serializers.CharField(max_length=1000, required=False, allow_null=True, allow_blank=True)
    avatar_source = serializers.ChoiceField(["AVATAR_CREATOR", "UPLOAD"], required=False)
    status = serializers.ChoiceField(Project.State.choices, required=False)

    def fields_of_model(self) -> dict[str, Any]:
        """Return the model's fields that a valid form names, its ids turned into the caller's rows."""
        data = self.validated_data
        found: dict[str, Any] = {}
        if "project_name" in data:
            found["name"] = data["project_name"]
        if "description" in data:
            found["description"] = data["description"] or ""
        if "status" in data:
            found["status"] = data["status"]
        return found | self._person(data)

    def _person(self, data: dict[str, Any]) -> dict[str, Any]:
        user = self.context["request"].user
        if data.get("avatar_id"):
            return {"avatar": get_object_or_404(Avatar.objects.owned_by(user), pk=data["avatar_id"]), "photo": None}
        if data.get("avatar_image_url"):
            shown = files.name_in(data["avatar_image_url"])
            if shown and (avatar := Avatar.objects.owned_by(user).filter(Q(image=shown) | Q(thumbnail=shown)).first()):
                return {"avatar": avatar, "photo": None}
            photo = projects.upload_behind(user, data["avatar_image_url"], field="avatar_image_url")
            return {"avatar": None, "photo": photo}
        named = "avatar_id" in data or "avatar_image_url" in data
        return {"avatar": None, "photo": None} if named else {}


class ProjectSerializer(serializers.ModelSerializer[Project]):
    user_id = serializers.UUIDField(source="owner_id")
    project_name = serializers.CharField(source="name")
    avatar_image_url = serializers.SerializerMethodField()
    avatar_source = serializers.SerializerMethodField()
    avatar_id = serializers.SerializerMethodField()
    total_generations = serializers.IntegerField()
    total_poses_generated = serializers.IntegerField()

    class Meta:
        model = Project
        fields = [
            "id",
            "user_id",
            "project_name",
            "description",
            "avatar_image_url",
            "avatar_source",
            "avatar_id",
            "total_generations",
            "total_poses_generated",
            "status",
            "created_at",
            "updated_at",
        ]

    def get_avatar_image_url(self, project: Project) -> str | None:
        if project.avatar and not project.avatar.discarded_at:
            return files.url(project.avatar.image)
        return files.url(project.photo.file) if project.photo else None

    def get_avatar_id(self, project: Project) -> str | None:
        return str(project.avatar_id) if project.avatar and not project.avatar.discarded_at else None

    def get_avatar_source(self, project: Project) -> str:
        return "UPLOAD" if project.photo_id else "AVATAR_CREATOR"


class ProjectAnswer(serializers.Serializer):
    project = ProjectSerializer()
