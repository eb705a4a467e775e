"""What the avatar API reads and shows."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

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
        return {"name": data.pop("name"), "traits": {key: data[key] for key in Traits().fields if key in data}}


class AvatarUpload(AvatarForm):
    """The same with a photo."""

    file = serializers.FileField(error_messages={"required": _("Send the photo as `file`.")})


class AvatarSerializer(serializers.ModelSerializer[Avatar]):
    base_image_url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    source_type = serializers.CharField(source="source")
    status = serializers.SerializerMethodField()
    traits = Traits()
    usage_count = serializers.IntegerField(help_text="Orders with this avatar.")
    last_used_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Avatar
        fields = [
            "id",
            "name",
            "base_image_url",
            "thumbnail_url",
            "source_type",
            "status",
            "traits",
            "usage_count",
            "last_used_at",
            "version",
            "created_at",
        ]

    def get_base_image_url(self, avatar: Avatar) -> str | None:
        return files.url(avatar.image)

    def get_thumbnail_url(self, avatar: Avatar) -> str | None:
        return files.url(avatar.thumbnail)

    def get_status(self, avatar: Avatar) -> str:
        return "completed"

    def to_representation(self, avatar: Avatar) -> dict[str, Any]:
        return {**super().to_representation(avatar), "traits": avatar.traits}


class AvatarAnswer(serializers.Serializer):
    avatar = AvatarSerializer()
