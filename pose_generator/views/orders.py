"""Quote and order."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits import idempotency
from pose_generator import generations, pace
from pose_generator.models import Generation
from pose_generator.serializers.orders import Placed, PlaceGeneration, QuoteSerializer


def placed(generation: Generation) -> dict[str, Any]:
    """Return the answer to an order, as plain values that can be kept."""
    return {
        "generation_id": str(generation.pk),
        "status": str(generation.status),
        "total_poses_expected": generation.total,
        "credit_charged": generation.hold.held if generation.hold else 0,
        "estimated_completion_time": pace.estimate(generation.total, backend=generation.backend),
        "message": _("Ordered: %(total)d poses.") % {"total": generation.total},
    }


def rate(user: Any) -> dict[str, str]:
    """Return the headers that say how many poses the user may still order within the minute."""
    if not settings.LIMITS_ON:
        return {}
    limit = settings.LIMITS["poses_per_minute"]
    left = max(0, limit - generations.poses_lately(user))
    return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": "60"}


class QuoteView(APIView):
    @extend_schema(request=PlaceGeneration, responses=QuoteSerializer, tags=["orders"])
    def post(self, request: Request) -> Response:
        form = PlaceGeneration(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        return Response(QuoteSerializer(generations.quote(request.user, form.order())).data)


class GenerateView(APIView):
    @extend_schema(request=PlaceGeneration, responses={202: Placed}, parameters=[idempotency.HEADER], tags=["orders"])
    def post(self, request: Request) -> Response:
        form = PlaceGeneration(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        answer = idempotency.once(
            request.user,
            key=request.headers.get("Idempotency-Key"),
            request=["generate", request.data],
            act=lambda: placed(generations.place(request.user, form.order())),
        )
        return Response(answer, status=202, headers=rate(request.user))
