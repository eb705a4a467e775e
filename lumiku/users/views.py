"""The auth API, except registration, which also opens an account (`credits.views`)."""

from typing import Any, cast

from django.contrib.auth import SESSION_KEY, update_session_auth_hash
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api, moderation
from lumiku.users import accounts, closing, families, serializers
from lumiku.users.models import User

#: Spelt out because the generator leaves out the body of a DELETE.
CLOSING = {
    "operationId": "auth_profile_destroy",
    "description": "Close the account for good: its e-mail address, name and pictures go, nobody can log in.",
    "tags": ["auth"],
    "security": [{"jwtAuth": []}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["password"],
                    "properties": {"password": {"type": "string", "maxLength": 128}},
                }
            }
        },
    },
    "responses": {"204": {"description": "The account is closed."}},
}


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
        wanted, user = form.validated_data, cast(User, request.user)
        moderation.check(name=wanted.get("name", ""))
        if wanted.get("email", user.email) != user.email:
            password = wanted.get("password", "")
            accounts.change_email(user, wanted["email"], password=password, address=address_of(request))
        if "name" in wanted:
            accounts.rename(user, wanted["name"])
        return self.get(request)

    @extend_schema(operation=CLOSING)
    def delete(self, request: Request) -> Response:
        form = serializers.Confirmation(data=request.data)
        form.is_valid(raise_exception=True)
        closing.close(cast(User, request.user), **form.validated_data, address=address_of(request))
        return Response(status=204)


class PasswordView(APIView):
    @extend_schema(request=serializers.PasswordChange, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Set a new password; every other session of the user ends, the one that asks goes on."""
        form = serializers.PasswordChange(data=request.data)
        form.is_valid(raise_exception=True)
        user, address = cast(User, request.user), address_of(request)
        accounts.change_password(user, **form.validated_data, address=address, keep=families.id_of(request.auth))
        _keep_browser(request, user)
        return Response(status=204)


def _keep_browser(request: Request, user: User) -> None:
    """Let the browser's own session, if the request brought the user's, go on with the new password."""
    if request.session.get(SESSION_KEY) == str(user.pk):
        update_session_auth_hash(request._request, user)
