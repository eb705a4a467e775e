"""What is asked of poses: a camera for a skeleton, and a pose to search by."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from lumiku.api import StrictSerializer
from pose_generator.models import Pose
from pose_generator.private_poses import READERS
from pose_generator.serializers.library import PoseSerializer
from pose_generator.serializers.orders import uuid_or_none
from pose_generator.skeletons import SETTINGS, View

TURN, SIDE = 5, 64
MOST = 50


def in_steps_of(step: int) -> Any:
    """Return a validator that takes multiples of `step` only, so that caches hold few pictures."""

    def check(value: int) -> None:
        if value % step:
            raise serializers.ValidationError(_("Use steps of %(step)d.") % {"step": step})

    return check


class ViewForm(serializers.Serializer):
    """The camera in the query of a skeleton; what is left out is as in an order. Unknown names are ignored, so that a
    client may add one to pass by its cache."""

    yaw = serializers.IntegerField(
        min_value=-180,
        max_value=360,
        default=0,
        validators=[in_steps_of(TURN)],
        help_text="Degrees towards its left, in steps of 5.",
    )
    pitch = serializers.IntegerField(
        min_value=-60,
        max_value=60,
        default=0,
        validators=[in_steps_of(TURN)],
        help_text="Degrees upwards, in steps of 5.",
    )
    size = serializers.IntegerField(
        min_value=256,
        max_value=1536,
        default=1024,
        validators=[in_steps_of(SIDE)],
        help_text="Pixels a side, in steps of 64.",
    )
    mirror = serializers.BooleanField(default=False)
    format = serializers.ChoiceField(list(SETTINGS), default="png")

    def view(self) -> View:
        """Return a valid form as a view."""
        return View(**self.validated_data)


class LimitForm(serializers.Serializer):
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=12, help_text="How many poses at most.")


class SearchForm(StrictSerializer):
    """A pose to search by: exactly one of `poseId`, `openpose`, `coco` (JSON) and `file` (multipart)."""

    pose_id = serializers.CharField(max_length=50, required=False, help_text="A pose of the library or one's own.")
    openpose = serializers.JSONField(required=False, help_text="OpenPose JSON with one of people, 18 or 25 points.")
    coco = serializers.JSONField(required=False, help_text="COCO key points of one person, 17 points.")
    file = serializers.FileField(required=False, help_text="JPEG, PNG or WebP with one person from head to foot.")
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=12, help_text="How many poses at most.")

    def validate_pose_id(self, pose_id: str) -> Pose:
        pk, visible = uuid_or_none(pose_id), Pose.objects.visible_to(self.context["request"].user)
        pose = visible.filter(pk=pk).first() if pk else None
        if pose is None:
            raise serializers.ValidationError(_("There is no such pose: %(id)s.") % {"id": pose_id})
        return pose

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if len([name for name in ("pose_id", "file", *READERS) if name in data]) != 1:
            raise serializers.ValidationError(
                {"pose_id": _("Send one of: poseId, openpose, coco, or a photo as file.")}
            )
        return data

    def given(self) -> tuple[str, Any]:
        """Return which of them a valid form has, and its content: a row, bytes of a photo or decoded JSON."""
        data = self.validated_data
        if "file" in data:
            return "file", data["file"].read()
        return next((name, data[name]) for name in ("pose_id", *READERS) if name in data)


class FoundPose(serializers.Serializer):
    """A pose and how far it is from what was asked for."""

    pose = PoseSerializer()
    distance = serializers.FloatField(help_text="Mean joint-angle distance in degrees, mirrored if that is nearer.")


class FoundPoses(serializers.Serializer):
    poses = FoundPose(many=True)
