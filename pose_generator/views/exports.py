"""Pictures as files: in other formats, all of an order at once, and back again."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api, files
from pose_generator import archive, downloads, exporting, exports, provenance, recipes, rendering
from pose_generator.models import Generation, Result
from pose_generator.serializers import exports as serializers
from pose_generator.views.poses import AsAsked

FORMATS = OpenApiParameter("formats", str, description="Names of formats or sets, with commas between them.")


class ExportFormatsView(APIView):
    @extend_schema(operation_id="export_formats_list", responses=serializers.FormatsAnswer, tags=["exports"])
    def get(self, request: Request) -> Response:
        """The formats that pictures are exported in."""
        return Response({"formats": serializers.FormatSerializer(list(exports.FORMATS.values()), many=True).data})


class RegenerateExportView(APIView):
    @extend_schema(request=serializers.ExportForm, responses=serializers.ExportAnswer, tags=["exports"])
    def post(self, request: Request, pk: UUID) -> Response:
        """A picture in a format, of one's own size or with a watermark; made now if it was not."""
        mine = Result.objects.owned_by(request.user).select_related("generation__owner", "generation__avatar", "pose")
        result = get_object_or_404(mine, pk=pk)
        form = serializers.ExportForm(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        exporting.require_ready(result)
        name = exporting.on_demand(result, form.wanted(), form.mark())
        return Response({"export_url": files.url(name), "format": form.wanted().name})


class ExportZipView(APIView):
    content_negotiation_class = AsAsked

    @extend_schema(
        operation_id="generations_export_zip",
        parameters=[FORMATS],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        tags=["exports"],
    )
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """What is ready of an order as a ZIP with a manifest; by default in the formats that were ordered."""
        mine = Generation.objects.owned_by(request.user).select_related("project")
        generation = get_object_or_404(mine, pk=pk)
        names = [name.strip() for name in request.query_params.get("formats", "").split(",")]
        formats = downloads.formats_of(generation, [name for name in names if name])
        answer = StreamingHttpResponse(self._parts(request, downloads.packed(generation, formats)))
        answer["Content-Type"] = "application/zip"
        answer["Content-Disposition"] = f'attachment; filename="{downloads.file_name(generation)}"'
        answer["X-Content-Type-Options"] = "nosniff"
        rendering.give_connection_back()  # a download may take minutes
        return answer

    def _parts(self, request: Request, parts: Any) -> Any:
        return archive.served(parts) if isinstance(request._request, ASGIRequest) else parts


class FromFileView(APIView):
    parser_classes = [api.CamelCaseMultiPartParser]

    @extend_schema(
        request={"multipart/form-data": serializers.FileForm}, responses=serializers.AgainAnswer, tags=["exports"]
    )
    def post(self, request: Request) -> Response:
        """The order that made a picture, to be confirmed: nothing is ordered yet."""
        form = serializers.FileForm(data=request.data)
        form.is_valid(raise_exception=True)
        recipe = recipes.found_in(form.validated_data["file"].read())
        return Response(asdict(provenance.again(request.user, recipe)))
