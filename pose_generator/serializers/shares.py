"""What somebody says who shares pictures."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from lumiku.api import StrictSerializer
from pose_generator import shares

NUMBER = _("Choose 1 to 100 pictures.")


class ShareForm(StrictSerializer):
    results = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=shares.MOST,
        error_messages={"min_length": NUMBER, "max_length": NUMBER},
    )
    title = serializers.CharField(max_length=100, required=False, allow_blank=True)
    days = serializers.ChoiceField(shares.DAYS, default=shares.USUAL_DAYS)

    def validate_title(self, title: str) -> str:
        return " ".join(title.split())
