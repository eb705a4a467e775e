"""The auth API, except registration, which also opens an account (`credits.views`)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api, moderation
from lumiku.users import accounts, serializers


def address_of(request: Request) -> str:
    """Return the address that the request came from."""
    meta = request.META
    return api.client_address(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""))


class LogInView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(request=serializers.LogIn, responses=serializers.SessionSerializer, tags=["auth"])
    def post(self, request: Request) -> Response:
        form = serializers.LogIn(data=request.data)
        form.is_valid(raise_exception=True)
        session = accounts.log_in(**form.validated_data, address=address_of(request))
        return Response(serializers.show_session(session))


class RefreshView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(request=serializers.Refresh, responses=serializers.TokensSerializer, tags=["auth"])
    def post(self, request: Request) -> Response:
        form = serializers.Refresh(data=request.data)
        form.is_valid(raise_exception=True)
        session = accounts.refresh(form.validated_data["refresh"])
        return Response(serializers.TokensSerializer(session).data)


class LogOutView(APIView):
    @extend_schema(request=serializers.Refresh, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        form = serializers.Refresh(data=request.data)
        form.is_valid(raise_exception=True)
        accounts.log_out(form.validated_data["refresh"])
        return Response(status=204)


class ProfileView(APIView):
    @extend_schema(responses=serializers.ProfileSerializer, tags=["auth"])
    def get(self, request: Request) -> Response:
        return Response(serializers.ProfileSerializer({"user": request.user}).data)

    @extend_schema(request=serializers.ProfileChange, responses=serializers.ProfileSerializer, tags=["auth"])
    def put(self, request: Request) -> Response:
        form = serializers.ProfileChange(data=request.data)
        form.is_valid(raise_exception=True)
        moderation.check(name=form.validated_data["name"])
        accounts.rename(request.user, form.validated_data["name"])
        return self.get(request)
