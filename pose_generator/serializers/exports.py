"""Export formats, exports and files that tell how they were made, as they go over the wire."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from lumiku import files, images, moderation
from lumiku.api import StrictSerializer
from lumiku.errors import DomainError
from pose_generator import encodings, exports, projects, watermarks
from pose_generator.exports import Format
from pose_generator.watermarks import Watermark


class FormatSerializer(serializers.Serializer):
    """One entry of the registry."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a Field has one of its own, unused here
    width = serializers.IntegerField(allow_null=True, help_text="Pixels; null is as made.")
    height = serializers.IntegerField(allow_null=True)
    type = serializers.ChoiceField(list(encodings.CONTENT_TYPES))
    sets = serializers.ListField(child=serializers.CharField())


class FormatsAnswer(serializers.Serializer):
    formats = FormatSerializer(many=True)


class CustomForm(StrictSerializer):
    """A format of the seller's own."""

    width = serializers.IntegerField(min_value=exports.SIDES[0], max_value=exports.SIDES[1])
    height = serializers.IntegerField(min_value=exports.SIDES[0], max_value=exports.SIDES[1])
    type = serializers.ChoiceField(list(encodings.CONTENT_TYPES), default="jpeg")
    quality = serializers.IntegerField(min_value=1, max_value=100, default=exports.QUALITY)


class WatermarkForm(StrictSerializer):
    """A text or a logo on the export."""

    text = serializers.CharField(max_length=200, required=False)
    logo = serializers.CharField(max_length=1000, required=False, help_text="The url of an upload of one's own.")
    position = serializers.ChoiceField(list(watermarks.POSITIONS), default="bottom_right")
    opacity = serializers.FloatField(default=0.7, help_text="0.05 to 1.")
    size = serializers.FloatField(default=0.22, help_text="Share of the picture's width, 0.05 to 0.8.")


class ExportForm(StrictSerializer):
    """What to export a picture as: `format` or `custom`, perhaps with a watermark."""

    format = serializers.CharField(max_length=40, required=False)
    custom = CustomForm(required=False, allow_null=True)
    watermark = WatermarkForm(required=False, allow_null=True)

    def validate_format(self, name: str) -> Format:
        if name not in exports.FORMATS:
            raise serializers.ValidationError(exports.UnknownFormats([name]).message)
        return exports.FORMATS[name]

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if bool(data.get("format")) == bool(data.get("custom")):
            raise serializers.ValidationError({"format": _("Send either format or custom.")})
        wanted = data.get("format") or exports.custom(
            data["custom"]["width"],
            data["custom"]["height"],
            data["custom"]["type"],
            quality=data["custom"]["quality"],
        )
        if data.get("watermark") and wanted.width is None:
            raise serializers.ValidationError({"watermark": _("An original is the picture as made: it takes no mark.")})
        return {"wanted": wanted, "watermark": data.get("watermark")}

    def wanted(self) -> Format:
        """Return the format of a valid form."""
        wanted: Format = self.validated_data["wanted"]
        return wanted

    def mark(self) -> Watermark | None:
        """Return the watermark of a valid form; raise Refused, NotFound for a stranger's logo, or Invalid."""
        said = self.validated_data["watermark"]
        if not said:
            return None
        moderation.check(watermark=said.get("text"))
        link = said.pop("logo", None)
        try:
            return Watermark(**said, logo=self._logo(link) if link else None)
        except watermarks.BadWatermark as error:
            sentences = [text for texts in (error.fields or {}).values() for text in texts]
            raise serializers.ValidationError({"watermark": sentences or [error.message]}) from error

    def _logo(self, link: str) -> Any:
        upload = projects.upload_behind(self.context["request"].user, link, field="watermark")
        try:
            return images.decode(files.read(upload.file) or b"")
        except DomainError as error:
            raise serializers.ValidationError({"watermark": error.message}) from error


class ExportAnswer(serializers.Serializer):
    export_url = serializers.CharField()
    format = serializers.CharField()


class FileForm(StrictSerializer):
    file = serializers.FileField(help_text="A picture that was exported here, as it was.")


class LeftOut(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class AgainAnswer(serializers.Serializer):
    """The body of an order that makes the picture again, to be confirmed, and what had to be left out of it."""

    order = serializers.DictField()
    warnings = LeftOut(many=True)
