"""What the auth API reads and shows."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from lumiku.api import StrictSerializer
from lumiku.users.accounts import Session
from lumiku.users.models import User


class Address(serializers.EmailField):
    """An e-mail address in lower case: so they are compared, and that can be longer than what was typed."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        email = super().run_validation(data)
        if len(email.lower()) > 254:
            raise serializers.ValidationError(_("This address is too long."))
        return email.lower()


class Password(serializers.CharField):
    """A password as it was typed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 128, "trim_whitespace": False, **options})


class LogIn(serializers.Serializer):
    email = Address(max_length=254)
    password = Password()


class Registration(LogIn):
    name = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class Refresh(serializers.Serializer):
    refresh = serializers.CharField(max_length=2000)


class ProfileChange(StrictSerializer):
    name = serializers.CharField(max_length=100, allow_blank=True, required=False)
    email = Address(max_length=254, required=False)
    password = Password(required=False, help_text="Needed when the e-mail address changes.")


class PasswordChange(StrictSerializer):
    current = Password()
    new = Password(help_text="At least 12 characters.")


class Confirmation(StrictSerializer):
    password = Password(help_text="The account's own, once more.")


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
