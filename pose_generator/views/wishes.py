"""The board of wished-for poses."""

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import pages
from lumiku.errors import Invalid
from pose_generator import wishes
from pose_generator.models import PoseRequest
from pose_generator.models.wishes import Status
from pose_generator.serializers.wishes import WishAnswer, WishForm, WishSerializer

SORTS = {"votes": ["-votes", "-created_at", "pk"], "newest": ["-created_at", "pk"]}
FILTERS = [
    OpenApiParameter("status", str, enum=Status.values),
    OpenApiParameter("mine", bool, description="Only what the caller asked for, what waits and what was rejected too."),
    OpenApiParameter("sort", str, enum=list(SORTS), description="By votes unless the newest are asked for."),
]


class RequestsView(APIView):
    @extend_schema(
        operation_id="requests_list",
        responses=pages.page_schema("requests", WishSerializer),
        parameters=[*FILTERS, *pages.PAGE_PARAMETERS],
        tags=["requests"],
    )
    def get(self, request: Request) -> Response:
        """What operators approved, and everything that the caller asked for."""
        shown = partial(WishSerializer, context={"user": request.user})
        return pages.paginate(request, _asked_for(request), shown, plural="requests", limit=20)

    @extend_schema(request=WishForm, responses={201: WishAnswer}, tags=["requests"])
    def post(self, request: Request) -> Response:
        """Ask for a pose; others see it and vote for it when an operator has approved it."""
        form = WishForm(data=request.data)
        form.is_valid(raise_exception=True)
        wish = wishes.ask(request.user, **form.validated_data)
        shown = PoseRequest.objects.for_display(request.user).get(pk=wish.pk)
        return Response({"request": WishSerializer(shown, context={"user": request.user}).data}, status=201)


class VoteView(APIView):
    @extend_schema(request=None, responses={204: None}, tags=["requests"])
    def put(self, request: Request, pk: Any) -> Response:
        wishes.vote(request.user, pk)
        return Response(status=204)

    @extend_schema(responses={204: None}, tags=["requests"])
    def delete(self, request: Request, pk: Any) -> Response:
        wishes.unvote(request.user, pk)
        return Response(status=204)


def _asked_for(request: Request) -> Any:
    asked, user = request.query_params, request.user
    rows = PoseRequest.objects.visible_to(user)
    if asked.get("status"):
        rows = rows.filter(status=_one_of("status", asked["status"], Status.values))
    if asked.get("mine") and _one_of("mine", asked["mine"], ["true", "false"]) == "true":
        rows = rows.filter(owner=user.pk)
    order = SORTS[_one_of("sort", asked.get("sort") or "votes", list(SORTS))]
    return rows.for_display(user).order_by(*order)


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    if value not in allowed:
        sentence = _("Use one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
        raise Invalid(sentence, fields={name: [sentence]})
    return value
