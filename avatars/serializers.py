"""What the avatar API reads and shows."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from avatars import creation, presets, wire
from avatars.models import Avatar
from lumiku import files
from lumiku.api import StrictSerializer


class WordList(serializers.ListField):
    """A list of short words; a form may send them as one text with commas."""

    child = serializers.CharField(max_length=50)

    def to_internal_value(self, data: Any) -> list[str]:
        return super().to_internal_value([part.strip() for part in data.split(",")] if isinstance(data, str) else data)


def _text(length: int = 50) -> serializers.CharField:
    return serializers.CharField(max_length=length, required=False, allow_blank=True)


class Traits(serializers.Serializer):
    """How the person looks and is; everything but the name may be left out."""

    gender = serializers.ChoiceField(Avatar.Gender.choices, required=False)
    age_range = serializers.ChoiceField(Avatar.AgeRange.choices, required=False)
    ethnicity = _text()
    body_type = _text()
    hair_style = _text()
    hair_color = _text()
    eye_color = _text()
    skin_tone = _text()
    style = _text()  # type: ignore[assignment]  # a Field has one of its own, unused here
    persona_name = _text()
    persona_age = serializers.IntegerField(min_value=1, max_value=120, required=False)
    persona_personality = WordList(max_length=10, required=False)
    persona_background = _text(500)


class AvatarForm(Traits, StrictSerializer):
    """Name and traits, flat."""

    name = serializers.CharField(max_length=100)

    def split(self) -> dict[str, Any]:
        """Return `name` and `traits` (those that say something) of a valid form."""
        data = {key: value for key, value in self.validated_data.items() if value not in ("", [], None)}
        return {"name": data.get("name", ""), "traits": {key: data[key] for key in Traits().fields if key in data}}


class AvatarUpload(AvatarForm):
    """The same with a photo."""

    file = serializers.FileField(error_messages={"required": _("Send the photo as `file`.")})


class AvatarChange(AvatarForm):
    """The same, with another photo if there is to be one."""

    file = serializers.FileField(required=False)


class Painted(StrictSerializer):
    """Who paints, and from which seed; both may be left to us."""

    backend = serializers.CharField(max_length=40, required=False, allow_blank=True)
    seed = serializers.IntegerField(min_value=0, max_value=creation.SEEDS - 1, required=False)

    def painted(self) -> dict[str, Any]:
        """Return `backend` and `seed` of a valid form."""
        return {"backend": self.validated_data.get("backend", ""), "seed": self.validated_data.get("seed")}


class GenerateAvatar(AvatarForm, Painted):
    """An avatar that is painted after its traits."""

    def order(self) -> dict[str, Any]:
        """Return the arguments of `creation.generate`."""
        return self.split() | self.painted()


class FromPreset(AvatarForm, Painted):
    """An avatar that is painted after a preset; name and traits say what is different."""

    preset_id = serializers.CharField(max_length=50, help_text="The id of a preset.")
    name = serializers.CharField(max_length=100, required=False)

    def order(self) -> dict[str, Any]:
        """Return the arguments of `creation.from_preset`."""
        return self.split() | self.painted() | {"preset": self.validated_data["preset_id"]}


class VersionSerializer(serializers.Serializer):
    """A photo that the avatar has or had."""

    number = serializers.IntegerField()
    image_url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class AvatarSerializer(serializers.Serializer):
    """An avatar; its versions are shown where one avatar is asked for. `avatars.wire` makes the values."""

    id = serializers.CharField()
    name = serializers.CharField()
    base_image_url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)
    source_type = serializers.ChoiceField(Avatar.Source.choices)
    status = serializers.CharField(help_text="pending, processing, completed or failed.")
    error_code = serializers.CharField(allow_null=True)
    error_message = serializers.CharField(allow_null=True)
    traits = Traits()
    usage_count = serializers.IntegerField(help_text="Orders with this avatar.")
    last_used_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="Of the photo; 0 until the first has come.")
    created_at = serializers.DateTimeField()
    versions = VersionSerializer(many=True, required=False, help_text="Newest first.")

    def to_representation(self, instance: Avatar) -> dict[str, Any]:
        shown = wire.avatar(instance)
        if self.context.get("with_versions"):
            shown["versions"] = wire.versions(instance.versions.order_by("-number"))
        return files.with_links(shown)


class PhotoWarning(serializers.Serializer):
    """What is doubtful about a photo."""

    code = serializers.ChoiceField(["no_face", "several_faces", "face_unchecked"])
    message = serializers.CharField()


class AvatarAnswer(serializers.Serializer):
    avatar = AvatarSerializer()


class PhotoAnswer(AvatarAnswer):
    """The avatar with its photo, and what is doubtful about that."""

    warnings = PhotoWarning(many=True)


class AvatarOrdered(AvatarAnswer):
    """An avatar whose photo comes later; an `avatar-update` tells."""

    credit_charged = serializers.IntegerField()
    credit_balance = serializers.IntegerField()


class UsageSerializer(serializers.Serializer):
    """An order with an avatar."""

    generation_id = serializers.CharField(source="pk")
    project_id = serializers.CharField()
    status = serializers.CharField()
    total_poses = serializers.IntegerField(source="total")
    poses_completed = serializers.IntegerField()
    version = serializers.IntegerField(source="avatar_version", allow_null=True, help_text="Of the photo when ordered.")
    created_at = serializers.DateTimeField()


class PresetSerializer(serializers.Serializer):
    """Somebody to start from."""

    id = serializers.CharField(source="slug")
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField()
    traits = Traits()
    preview_image_url = serializers.CharField(source="picture")
    thumbnail_url = serializers.CharField(source="thumbnail")
    price = serializers.SerializerMethodField(help_text="Credits.")

    def get_price(self, preset: presets.Preset) -> int:
        return settings.PRICES["avatar_preset"]


class PresetCategory(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    preset_count = serializers.IntegerField()


class PresetsAnswer(serializers.Serializer):
    presets = PresetSerializer(many=True)
    categories = PresetCategory(many=True)


class SourceCounts(serializers.Serializer):
    uploaded = serializers.IntegerField()
    text_to_image = serializers.IntegerField()
    from_preset = serializers.IntegerField()


class AvatarStats(serializers.Serializer):
    total_avatars = serializers.IntegerField()
    by_source = SourceCounts()
    credits_spent = serializers.IntegerField(help_text="For all avatars ever made, less refunds.")
    total_usage = serializers.IntegerField(help_text="Orders with the avatars that are there.")
    most_used = AvatarSerializer(allow_null=True)
