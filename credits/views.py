"""Registration, balance, history and statements."""

from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits import history, jakarta, ledger, quota, registration, serializers, statements
from credits.models import Entry
from lumiku import pages
from lumiku.errors import Invalid
from lumiku.users.serializers import Registration, SessionSerializer, show_session

MONTH = OpenApiParameter("month", str, description="As 2026-11; a month of Jakarta.")


def bad_month() -> Invalid:
    """Return the refusal of something that is no month."""
    return Invalid(_("Give the month like 2026-11."), fields={"month": [_("Like 2026-11.")]})


class RegisterView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(request=Registration, responses={201: SessionSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        form = Registration(data=request.data)
        form.is_valid(raise_exception=True)
        session = registration.register(**form.validated_data)
        return Response(show_session(session), status=201)


class BalanceView(APIView):
    @extend_schema(responses=serializers.BalanceSerializer, tags=["credits"])
    def get(self, request: Request) -> Response:
        account = ledger.account_of(request.user)
        return Response({"balance": account.available, "held": account.held, "quota": _quota(request.user)})


def _quota(user: Any) -> dict[str, Any] | None:
    today = quota.of(user.pk)
    if today is None:
        return None
    return {"active": True, "used": today.used, "limit": today.limit, "resets_at": today.resets_at}


class HistoryView(APIView):
    @extend_schema(
        responses=pages.page_schema("entries", serializers.EntrySerializer),
        parameters=pages.PAGE_PARAMETERS,
        tags=["credits"],
    )
    def get(self, request: Request) -> Response:
        rows = Entry.objects.owned_by(request.user).select_related("hold").order_by("-created_at", "-pk")
        return pages.paginate(request, rows, serializers.EntrySerializer, plural="entries", limit=50)


class AnyAccept(BaseContentNegotiation):
    """A file is a file, whatever the client says it accepts; a refusal is JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class HistoryFileView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, parameters=[MONTH], tags=["credits"])
    def get(self, request: Request) -> StreamingHttpResponse:
        """The history for a spreadsheet, oldest first; of one month or all of it."""
        month = request.query_params.get("month", "")
        try:
            rows = history.entries(request.user, month)
        except ValueError:
            raise bad_month() from None
        name = f"lumiku-credits-{month or 'all'}.csv"
        return StreamingHttpResponse(
            history.lines(rows, translation.get_language()),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )


class StatementView(APIView):
    @extend_schema(responses=serializers.StatementSerializer, parameters=[MONTH], tags=["credits"])
    def get(self, request: Request) -> Response:
        """The statement of a month, this one if none is given: opening, sums by kind and by order, closing."""
        month = request.query_params.get("month") or jakarta.month(timezone.now())
        try:
            found = statements.statement(request.user, month)
        except ValueError:
            raise bad_month() from None
        return Response(serializers.StatementSerializer(found).data)
