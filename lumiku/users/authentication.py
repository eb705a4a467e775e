"""Who speaks: an access token counts for as long as the session that it belongs to."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from lumiku.users import families
from lumiku.users.models import User


class TokenAuthentication(JWTAuthentication):
    """Bearer tokens of living families; whatever else a token holds is a 401 and never an error of ours."""

    def get_validated_token(self, raw_token: bytes) -> Token:
        try:
            return super().get_validated_token(raw_token)
        except families.NONSENSE as error:
            raise InvalidToken() from error

    def get_user(self, validated_token: Token) -> Any:
        """Return the token's user, or raise InvalidToken when the session has ended or the user is shut out."""
        user: User | None = families.user_of(validated_token)
        if user is None:
            raise InvalidToken(_("This session has ended; please log in again."))
        return user


class TokenScheme(SimpleJWTScheme):
    """Describes the above in the schema."""

    target_class = "lumiku.users.authentication.TokenAuthentication"
