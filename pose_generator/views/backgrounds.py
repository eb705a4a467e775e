"""Another background for a picture that has come."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits import idempotency, ledger
from pose_generator import changes
from pose_generator.models import Result
from pose_generator.serializers.backgrounds import BackgroundForm, ChangePlaced


class BackgroundView(APIView):
    @extend_schema(
        request=BackgroundForm, responses={202: ChangePlaced}, parameters=[idempotency.HEADER], tags=["poses"]
    )
    def post(self, request: Request, pk: str) -> Response:
        """Order another background, or take it back (mode `original`, at once and for nothing)."""
        mine = Result.objects.owned_by(request.user).select_related("generation__owner", "pose")
        result = get_object_or_404(mine, pk=pk)
        form = BackgroundForm(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        answer = idempotency.once(
            request.user,
            key=request.headers.get("Idempotency-Key"),
            request=["background", str(pk), request.data],
            act=lambda: _placed(result, form),
        )
        return Response(answer, status=202)


def _placed(result: Result, form: BackgroundForm) -> dict[str, Any]:
    price = 0
    if form.takes_back:
        changes.undo(result)
    else:
        price = changes.place(result, **form.wanted()).price
    balance = ledger.account_of(result.generation.owner).available
    return {"pose_id": str(result.pk), "credit_charged": price, "credit_balance": balance}
