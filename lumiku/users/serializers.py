"""What the auth API reads and shows."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from lumiku.api import StrictSerializer
from lumiku.users.accounts import Session
from lumiku.users.models import User


class LogIn(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)

    def validate_email(self, email: str) -> str:
        """Addresses are compared in lower case, which can be longer than what was typed."""
        if len(email.lower()) > 254:
            raise serializers.ValidationError(_("This address is too long."))
        return email.lower()


class Registration(LogIn):
    name = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class Refresh(serializers.Serializer):
    refresh = serializers.CharField(max_length=2000)


class ProfileChange(StrictSerializer):
    name = serializers.CharField(max_length=100, allow_blank=True)


class UserSerializer(serializers.ModelSerializer[User]):
    credit_balance = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "name", "role", "credit_balance"]

    def get_credit_balance(self, user: User) -> int:
        # The account stands a step up the ladder: it is read through the relation, never imported.
        account = getattr(user, "account", None)
        return account.available if account else 0


class ProfileSerializer(serializers.Serializer):
    user = UserSerializer()


class SessionSerializer(serializers.Serializer):
    user = UserSerializer()
    access = serializers.CharField()
    refresh = serializers.CharField()
    token = serializers.CharField(source="access", help_text="The same as `access`, for old clients.")


class TokensSerializer(serializers.Serializer):
    access = serializers.CharField()
    refresh = serializers.CharField()


def show_session(session: Session) -> Any:
    """Return a session as it goes over the wire."""
    return SessionSerializer(session).data
