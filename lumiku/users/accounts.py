"""Registering, logging in, and the tokens that follow.

A refresh token works once: using it blacklists it under a unique key, so of two uses at the same moment one is refused.
"""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from lumiku.errors import DomainError, Invalid
from lumiku.users import lockout
from lumiku.users.models import User


class BadCredentials(DomainError):
    """The same answer for an unknown address and a wrong password."""

    code = "bad_credentials"
    status = 401


class BadRefreshToken(DomainError):
    """Expired, forged, or used before."""

    code = "bad_refresh_token"
    status = 401


@dataclass(frozen=True)
class Session:
    """A user with a fresh pair of tokens."""

    user: User
    access: str
    refresh: str


def create(*, email: str, password: str, name: str = "") -> User:
    """Make a user, or raise Invalid with the field that is wrong."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise Invalid(error.messages[0], fields={"password": error.messages}) from error
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name)
    except IntegrityError as error:
        taken = _("There is an account with this e-mail address already; log in instead.")
        raise Invalid(taken, fields={"email": [taken]}) from error


def log_in(*, email: str, password: str, address: str) -> Session:
    """Return a session, or raise BadCredentials or LockedOut."""
    attempt = lockout.attempt(email, address)
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        raise BadCredentials(_("E-mail address or password is wrong."))
    lockout.forget(email, attempt)
    return session_for(user)


def session_for(user: User) -> Session:
    """Return a fresh pair of tokens for `user`."""
    refresh = RefreshToken.for_user(user)
    return Session(user, str(refresh.access_token), str(refresh))


def refresh(token: str) -> Session:
    """Exchange a refresh token, once, for a new pair."""
    used = _use_up(token)
    user = User.objects.filter(pk=used.get("user_id"), is_active=True).first()
    if user is None:
        raise BadRefreshToken(_("This session has ended; please log in again."))
    return session_for(user)


def log_out(token: str) -> None:
    """End a refresh token; one that has ended already is fine."""
    try:
        _use_up(token)
    except BadRefreshToken:
        return


def rename(user: Any, name: str) -> None:
    """Change what the user is called."""
    user.name = name
    user.save(update_fields=["name"])


def _use_up(token: str) -> Any:
    try:
        parsed = RefreshToken(token)  # type: ignore[arg-type]
        with transaction.atomic():
            # Returns what get_or_create does, whatever the library's annotations say.
            _row, first_use = cast(tuple[Any, bool], parsed.blacklist())
    except (TokenError, IntegrityError) as error:
        raise BadRefreshToken(_("This session has ended; please log in again.")) from error
    if not first_use:
        raise BadRefreshToken(_("This session has ended; please log in again."))
    return parsed
