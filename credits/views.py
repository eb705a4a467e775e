"""Registration, balance and history."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits import ledger, registration, serializers
from credits.models import Entry
from lumiku import pages
from lumiku.users.serializers import Registration, SessionSerializer, show_session


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
        return Response({"balance": account.available, "held": account.held, "quota": None})


class HistoryView(APIView):
    @extend_schema(
        responses=pages.page_schema("entries", serializers.EntrySerializer),
        parameters=pages.PAGE_PARAMETERS,
        tags=["credits"],
    )
    def get(self, request: Request) -> Response:
        rows = Entry.objects.owned_by(request.user).select_related("hold").order_by("-created_at", "-pk")
        return pages.paginate(request, rows, serializers.EntrySerializer, plural="entries", limit=50)
