"""Another background for a picture that has come, as a client asks for it."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from lumiku.api import StrictSerializer
from pose_generator import projects
from pose_generator.serializers.orders import BACKGROUND_NEEDS, COLOR

ORIGINAL = "original"


class BackgroundForm(StrictSerializer):
    """The background and its field; the mode `original` takes a change back."""

    background_mode = serializers.ChoiceField(["ai_generate", "solid_color", "upload", "transparent", ORIGINAL])
    background_prompt = serializers.CharField(max_length=300, required=False, allow_null=True, allow_blank=True)
    background_color = serializers.RegexField(COLOR, required=False, allow_null=True)
    background_image_url = serializers.CharField(max_length=1000, required=False, allow_null=True)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        needed = BACKGROUND_NEEDS.get(data["background_mode"])
        if needed and not data.get(needed):
            raise serializers.ValidationError({needed: _("Needed for this backgroundMode.")})
        return data

    @property
    def takes_back(self) -> bool:
        """Whether a valid form asks for the picture's own background."""
        return bool(self.validated_data["background_mode"] == ORIGINAL)

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of `changes.place`; raise Invalid or NotFound for a link that is not the caller's."""
        data, mode = self.validated_data, self.validated_data["background_mode"]
        link = data.get("background_image_url") if mode == "upload" else None
        user = self.context["request"].user
        return {
            "mode": mode,
            "prompt": data.get("background_prompt") or "" if mode == "ai_generate" else "",
            "color": data.get("background_color") or "" if mode == "solid_color" else "",
            "upload": projects.upload_behind(user, link, field="background_image_url") if link else None,
        }


class ChangePlaced(serializers.Serializer):
    """The answer to a change of a background; what becomes of it is told by `pose-update` and on the picture."""

    pose_id = serializers.CharField()
    credit_charged = serializers.IntegerField()
    credit_balance = serializers.IntegerField()
