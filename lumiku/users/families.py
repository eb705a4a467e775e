"""Families of tokens: a log-in begins one, and every pair of tokens that follows from it belongs to it.

A family's row knows the digest of the one refresh token that works. Using it is a conditional UPDATE to the next one,
and the row count is the verdict: of fifty uses at the same moment one succeeds. A refresh token that comes again was
copied, and nobody can tell whether the thief or the robbed came second: the whole family ends. (Who read the row
before another use was committed has lost a race, two tabs that woke together perhaps; that one is only refused.)
Access tokens name their family too and are worth nothing without it. No token is stored, and no used one remembered.
"""

import hashlib
import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, Token

from lumiku.errors import DomainError
from lumiku.events import stream
from lumiku.users.models import TokenFamily, User

log = logging.getLogger(__name__)

CLAIM = "sid"
NOBODY = uuid.UUID(int=0)
#: What reading a token can raise beside TokenError: half of JWT's fields are whatever the sender likes.
NONSENSE = (ValueError, TypeError, OverflowError, OSError, RecursionError)


class BadRefreshToken(DomainError):
    """Expired, forged, used before, or of a session that has ended."""

    code = "bad_refresh_token"
    status = 401


class RefreshToken(Token):
    """Works once; the library's own would keep a copy of every token that it makes."""

    token_type = "refresh"
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME


@dataclass(frozen=True)
class Pair:
    """An access token and the refresh token for the next one, both encoded."""

    access: str
    refresh: str


@transaction.atomic
def begin(user: User) -> Pair:
    """Begin a family, or raise BadRefreshToken if the user was shut out or has a new password since `user` was read."""
    as_proven = User.objects.select_for_update(no_key=True).filter(pk=user.pk, password=user.password, is_active=True)
    if not as_proven.exists():
        raise _ended()
    token, family_id = RefreshToken(), uuid.uuid4()
    TokenFamily.objects.create(pk=family_id, user=user, **_expecting(token))
    return _pair(user.pk, family_id, token)


def rotate(raw: str) -> tuple[User, Pair]:
    """Use up a refresh token; return its user and the next pair, or raise BadRefreshToken."""
    used = _read(raw)
    family = _family_of(used)
    if family is None or family.ended_at or not family.user.is_active:
        raise _ended()
    if family.current != _digest(used):
        log.warning("A refresh token of user %s came twice; its family %s ends.", family.user_id, family.pk)
        _end(family, reason="token_reused")
        raise _ended()
    token = RefreshToken()
    # Conditions on the row's own columns only: one on another table would be looked up before the row is locked.
    if not TokenFamily.objects.filter(pk=family.pk, current=_digest(used), ended_at=None).update(**_expecting(token)):
        raise _ended()
    return family.user, _pair(family.user_id, family.pk, token)


def log_out(raw: str) -> None:
    """End the family of a refresh token, used or not; one that has ended already is fine."""
    try:
        family = _family_of(_read(raw))
    except BadRefreshToken:
        return
    if family is not None:
        _end(family, reason="logged_out")


def _end(family: TokenFamily, *, reason: str) -> None:
    """End a family: its tokens at once, its sockets as soon as they hear of it."""
    TokenFamily.objects.filter(pk=family.pk).end(reason)
    stream.kick(family.user_id, reason=reason)


def user_of(token: Token) -> User | None:
    """Return the user whose living session an access token belongs to; None for nobody's."""
    family_id, user_id = _uuid(token.get(CLAIM)), _uuid(token.get(api_settings.USER_ID_CLAIM))
    living = TokenFamily.objects.living().filter(pk=family_id, user=user_id, user__is_active=True)
    family = living.select_related("user").first()
    return family.user if family else None


def id_of(token: Any) -> uuid.UUID | None:
    """Return the id of the family that a request's token names; None for a request without a token."""
    return _uuid(token.get(CLAIM)) if isinstance(token, Token) else None


def forget_expired() -> int:
    """Delete families of which no token can work any more; return how many."""
    return TokenFamily.objects.filter(expires_at__lt=datetime.now(UTC)).delete()[0]


def _pair(user_id: Any, family_id: Any, token: RefreshToken) -> Pair:
    access = AccessToken()
    for each in (access, token):
        each[api_settings.USER_ID_CLAIM], each[CLAIM] = str(user_id), str(family_id)
    return Pair(str(access), str(token))


def _expecting(token: RefreshToken) -> dict[str, Any]:
    """Return the columns of a family that waits for `token`."""
    return {"current": _digest(token), "expires_at": datetime.fromtimestamp(token["exp"], UTC)}


def _digest(token: Token) -> str:
    return hashlib.sha256(str(token[api_settings.JTI_CLAIM]).encode()).hexdigest()


def _read(raw: str) -> RefreshToken:
    try:
        return RefreshToken(raw)  # type: ignore[arg-type]
    except (TokenError, *NONSENSE) as error:
        raise _ended() from error


def _family_of(token: RefreshToken) -> TokenFamily | None:
    family_id, user_id = _uuid(token.get(CLAIM)), _uuid(token.get(api_settings.USER_ID_CLAIM))
    return TokenFamily.objects.select_related("user").filter(pk=family_id, user=user_id).first()


def _uuid(value: Any) -> uuid.UUID:
    """Return the id in a claim, or one that nothing has."""
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        return NOBODY


def _ended() -> BadRefreshToken:
    return BadRefreshToken(_("This session has ended; please log in again."))
