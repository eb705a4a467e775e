"""Orders that were placed, and their pictures."""

from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits import idempotency
from lumiku import pages
from lumiku.errors import Invalid
from pose_generator import generations, receipts
from pose_generator.models import Generation, Result, Status
from pose_generator.serializers import generations as serializers
from pose_generator.serializers.orders import Placed, uuid_or_none
from pose_generator.views.orders import placed, rate

FILTERS = [
    OpenApiParameter("projectId", str),
    OpenApiParameter("status", str, enum=Status.values),
    OpenApiParameter("search", str, description="Words of the order's text or its project's name."),
]


def mine(request: Request) -> Any:
    """Return the caller's orders with their counts."""
    return Generation.objects.owned_by(request.user).with_counts()


def shown(row: Any) -> dict[str, Any]:
    """Return one order with its poses and how far it is."""
    generation = serializers.GenerationSerializer(row, context={"with_poses": True}).data
    return {"generation": generation, "progress": serializers.progress(row)}


class GenerationsView(APIView):
    @extend_schema(
        operation_id="generations_list",
        responses=pages.page_schema("generations", serializers.GenerationSerializer),
        parameters=[*FILTERS, *pages.PAGE_PARAMETERS],
        tags=["generations"],
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        rows = mine(request).order_by("-created_at", "pk")
        if asked.get("projectId"):
            rows = rows.filter(project=uuid_or_none(asked["projectId"]))
        if asked.get("status"):
            if asked["status"] not in Status.values:
                raise Invalid(_("Unknown status."), fields={"status": [", ".join(Status.values)]})
            rows = rows.filter(status=asked["status"])
        if words := asked.get("search", "")[:200].replace("\0", ""):
            rows = rows.filter(Q(text_prompt__icontains=words) | Q(project__name__icontains=words))
        return pages.paginate(
            request,
            rows,
            serializers.GenerationSerializer,
            plural="generations",
            limit=10,
        )


class GenerationView(APIView):
    @extend_schema(responses=serializers.GenerationAnswer, tags=["generations"])
    def get(self, request: Request, pk: str) -> Response:
        return Response(shown(get_object_or_404(mine(request), pk=pk)))

    @extend_schema(responses={204: None}, tags=["generations"])
    def delete(self, request: Request, pk: str) -> Response:
        generations.discard(get_object_or_404(Generation.objects.owned_by(request.user), pk=pk))
        return Response(status=204)


class ResultsView(APIView):
    @extend_schema(responses=serializers.ResultsAnswer, tags=["generations"])
    def get(self, request: Request, pk: str) -> Response:
        row = get_object_or_404(mine(request), pk=pk)
        pictures = row.results.order_by("number")
        return Response(
            {
                "results": serializers.ResultSerializer(pictures, many=True).data,
                "generation": serializers.ResultsSummary(row).data,
            }
        )


class CancelView(APIView):
    @extend_schema(request=None, responses=serializers.GenerationAnswer, tags=["generations"])
    def post(self, request: Request, pk: str) -> Response:
        generations.cancel(get_object_or_404(Generation.objects.owned_by(request.user), pk=pk))
        return Response(shown(mine(request).get(pk=pk)))


class RetryView(APIView):
    @extend_schema(request=None, responses={202: Placed}, parameters=[idempotency.HEADER], tags=["generations"])
    def post(self, request: Request, pk: str) -> Response:
        mine = Generation.objects.owned_by(request.user)
        answer = idempotency.once(
            request.user,
            key=request.headers.get("Idempotency-Key"),
            request=["retry", str(pk)],
            act=lambda: placed(generations.retry(request.user, get_object_or_404(mine, pk=pk))),
        )
        return Response(answer, status=202, headers=rate(request.user))


class ReceiptView(APIView):
    @extend_schema(responses=serializers.ReceiptSerializer, tags=["generations"])
    def get(self, request: Request, pk: str) -> Response:
        row = get_object_or_404(Generation.objects.owned_by(request.user).select_related("hold"), pk=pk)
        return Response(receipts.receipt(row))


class PictureView(APIView):
    @extend_schema(responses=serializers.ResultAnswer, tags=["generations"])
    def get(self, request: Request, pk: str) -> Response:
        result = get_object_or_404(Result.objects.owned_by(request.user), pk=pk)
        return Response({"pose": serializers.ResultSerializer(result).data})
