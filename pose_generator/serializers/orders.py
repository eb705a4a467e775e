"""An order as a client writes it, turned into rows that the caller may use."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers

from avatars.models import Avatar
from lumiku import backends
from lumiku.api import StrictSerializer
from pose_generator import exports, projects
from pose_generator.models import Generation, Pose, Project
from pose_generator.orders import SIZES, Order

COLOR = r"^#[0-9A-Fa-f]{6}$"
BACKGROUND_NEEDS = {"solid_color": "background_color", "upload": "background_image_url"}


class CameraForm(StrictSerializer):
    yaw = serializers.FloatField(min_value=-180, max_value=360, default=0)
    pitch = serializers.FloatField(min_value=-60, max_value=60, default=0)


class PlaceGeneration(StrictSerializer):
    """The body of `generate` and `quote`. Unknown fields are refused; every id in it must be the caller's or public."""

    project_id = serializers.CharField(max_length=50)
    generation_type = serializers.ChoiceField(Generation.Kind.choices)
    selected_pose_ids = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=200, allow_empty=False, required=False
    )
    batch_size = serializers.IntegerField(min_value=1, max_value=10, required=False)
    text_prompt = serializers.CharField(min_length=3, max_length=500, required=False, allow_null=True)
    variation_count = serializers.IntegerField(min_value=1, max_value=20, required=False)
    avatar_id = serializers.CharField(max_length=50, required=False, allow_null=True)
    use_background_changer = serializers.BooleanField(required=False)
    background_mode = serializers.ChoiceField(
        ["ai_generate", "solid_color", "upload", "transparent"], required=False, allow_null=True
    )
    background_prompt = serializers.CharField(max_length=300, required=False, allow_null=True, allow_blank=True)
    background_color = serializers.RegexField(COLOR, required=False, allow_null=True)
    background_image_url = serializers.CharField(max_length=1000, required=False, allow_null=True)
    export_formats = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=13, required=False, help_text="Names of formats or sets."
    )
    output_formats = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=13, required=False, help_text="Old for exportFormats."
    )
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    camera = CameraForm(required=False, allow_null=True)
    cameras = serializers.ListField(child=CameraForm(), min_length=1, max_length=12, required=False)
    aspect_ratio = serializers.ChoiceField(list(SIZES), default="1:1")
    backend = serializers.CharField(max_length=40, required=False, allow_null=True)
    expected_credits = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    pay_with = serializers.ChoiceField(
        ["quota", "credits", "quota_then_credits"],
        required=False,
        help_text="Left out: the plan's daily poses if it has some, else credits. One thing pays for the whole order.",
    )

    def validate_selected_pose_ids(self, ids: list[str]) -> list[str]:
        spelled = [str(uuid_or_none(pose) or pose) for pose in ids]
        repeated = sorted({pose for pose in spelled if spelled.count(pose) > 1})
        if repeated:
            raise serializers.ValidationError([_("Picked twice: %(id)s.") % {"id": pose} for pose in repeated])
        return ids

    def validate_backend(self, name: str | None) -> str | None:
        if name and name not in backends.offered():
            offered = ", ".join(backends.offered())
            raise serializers.ValidationError(_("Unknown backend; there are: %(offered)s.") % {"offered": offered})
        return name

    def validate_export_formats(self, names: list[str]) -> list[str]:
        return names_of_formats(names)

    def validate_output_formats(self, names: list[str]) -> list[str]:
        return names_of_formats(names)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        errors = self._errors_of_kind(data) | self._errors_of_background(data)
        if data.get("export_formats") and data.get("output_formats"):
            errors["output_formats"] = _("Send exportFormats or outputFormats, not both.")
        if data.get("camera") and data.get("cameras"):
            errors["cameras"] = _("Send camera or cameras, not both.")
        if errors:
            raise serializers.ValidationError(errors)
        return data

    def _errors_of_kind(self, data: dict[str, Any]) -> dict[str, str]:
        gallery = data["generation_type"] == Generation.Kind.GALLERY
        needed, foreign = (
            ("selected_pose_ids", ["variation_count"])
            if gallery
            else ("text_prompt", ["selected_pose_ids", "batch_size"])
        )
        errors = {
            name: _("Not for %(kind)s orders.") % {"kind": data["generation_type"]} for name in foreign if name in data
        }
        if not data.get(needed):
            errors[needed] = _("Needed for %(kind)s orders.") % {"kind": data["generation_type"]}
        return errors

    def _errors_of_background(self, data: dict[str, Any]) -> dict[str, str]:
        mode = data.get("background_mode")
        if data.get("use_background_changer") and not mode:
            return {"background_mode": _("Say which background you want, or leave useBackgroundChanger out.")}
        needed = BACKGROUND_NEEDS.get(mode or "")
        if needed and not data.get(needed):
            return {needed: _("Needed for this backgroundMode.")}
        return {}

    def order(self) -> Order:
        """Return a valid form as an order whose rows the caller may use; raise Http404, NotFound or ValidationError."""
        data, user = self.validated_data, self.context["request"].user
        project = owned_or_404(Project.objects.owned_by(user).select_related("avatar", "photo"), data["project_id"])
        gallery = data["generation_type"] == Generation.Kind.GALLERY
        wanted = data.get("use_background_changer", True)
        mode = (data.get("background_mode") or "") if wanted else ""
        link = data.get("background_image_url")
        cameras = data.get("cameras") or [data.get("camera") or {"yaw": 0.0, "pitch": 0.0}]
        return Order(
            project=project,
            kind=data["generation_type"],
            poses=self._poses(user, data["selected_pose_ids"]) if gallery else (),
            variations=data.get("batch_size" if gallery else "variation_count", 4),
            text_prompt=data.get("text_prompt") or "",
            avatar=self._avatar(user, data.get("avatar_id"), project),
            background_mode=mode,
            background_prompt=data.get("background_prompt") or "" if mode == "ai_generate" else "",
            background_color=data.get("background_color") or "" if mode == "solid_color" else "",
            background_upload=projects.upload_behind(user, link, field="background_image_url") if link else None,
            export_formats=data.get("export_formats") or data.get("output_formats") or (),
            cameras=[(camera["yaw"], camera["pitch"]) for camera in cameras],
            aspect_ratio=data["aspect_ratio"],
            seed=data.get("seed"),
            backend=data.get("backend") or backends.default_name(),
            expected_credits=data.get("expected_credits"),
            pay_with=data.get("pay_with") or "",
        )

    def _avatar(self, user: Any, avatar_id: str | None, project: Project) -> Avatar | None:
        if avatar_id:
            return owned_or_404(Avatar.objects.owned_by(user), avatar_id)
        return project.avatar if project.avatar and not project.avatar.discarded_at else None

    def _poses(self, user: Any, ids: Sequence[str]) -> list[Pose]:
        known = Pose.objects.visible_to(user).in_bulk([pk for pk in map(uuid_or_none, ids) if pk])
        poses = {pose_id: known.get(uuid_or_none(pose_id)) for pose_id in ids}
        unknown = [pose_id for pose_id, pose in poses.items() if pose is None]
        if unknown:
            sentences = [_("There is no such pose: %(id)s.") % {"id": pose_id} for pose_id in unknown]
            raise serializers.ValidationError({"selected_pose_ids": sentences})
        return [pose for pose in poses.values() if pose]


def names_of_formats(names: Sequence[str]) -> list[str]:
    """Return the names of the formats that names of formats and sets mean; raise ValidationError for unknown ones."""
    try:
        return [wanted.name for wanted in exports.resolve(names)]
    except exports.UnknownFormats as error:
        raise serializers.ValidationError(error.message) from error


def uuid_or_none(text: str) -> UUID | None:
    """Return the id in `text`; ids are opaque to clients, so a malformed one is just an unknown one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def owned_or_404(rows: Any, pk: str) -> Any:
    """Return the row of `rows` (the caller's own) with that id, or raise Http404."""
    return get_object_or_404(rows, pk=uuid_or_none(pk))


class WarningSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class BackendSerializer(serializers.Serializer):
    """What paints, what it really obeys, and on which terms."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a Field has one of its own, unused here
    supports = serializers.ListField(child=serializers.CharField())
    licence = serializers.CharField()


class QuoteSerializer(serializers.Serializer):
    poses = serializers.IntegerField(source="price.pictures")
    credits_per_pose = serializers.IntegerField(source="price.pose")
    background_credits = serializers.SerializerMethodField()
    total = serializers.IntegerField(source="price.total")
    paid_by = serializers.SerializerMethodField(help_text="credits or quota; what the quota pays for costs 0 credits.")
    balance = serializers.IntegerField()
    sufficient = serializers.BooleanField()
    estimated_seconds = serializers.IntegerField()
    backend = serializers.SerializerMethodField()
    warnings = WarningSerializer(many=True)

    def get_paid_by(self, quote: Any) -> str:
        return quote.price.paid_by

    def get_background_credits(self, quote: Any) -> int:
        return quote.price.background * quote.price.pictures

    def get_backend(self, quote: Any) -> dict[str, Any]:
        backend = backends.get(quote.backend)
        return {
            "name": quote.backend,
            "label": backend.label,
            "supports": sorted(backend.supports),
            "licence": backend.licence,
        }


class Placed(serializers.Serializer):
    """The answer to an order."""

    generation_id = serializers.CharField()
    status = serializers.CharField()
    total_poses_expected = serializers.IntegerField()
    credit_charged = serializers.IntegerField()
    estimated_completion_time = serializers.IntegerField(help_text="Seconds from now.")
    message = serializers.CharField()
