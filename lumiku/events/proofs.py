"""Who listens, on a line that stays open longer than a request: proven when it opens, and again while it lasts.

Tokens are proven by the classes that REST uses (`DEFAULT_AUTHENTICATION_CLASSES`): what is a 401 there closes a
line here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.settings import api_settings


@dataclass(frozen=True)
class Proof:
    """A user's id, when the proof ends by itself (seconds since the epoch), and whether it holds just now."""

    user_id: str
    expires_at: float
    holds: Callable[[], bool]


def of_request(request: HttpRequest) -> Proof | None:
    """Return what the request's access token proves; None without one. A bad token raises AuthenticationFailed."""
    found = _authenticator().authenticate(Request(request))
    return _of_token(found[1]) if found else None


def of_token(raw: str) -> Proof | None:
    """Return what an encoded access token proves; None for nothing."""
    try:
        token = _authenticator().get_validated_token(raw.encode(errors="replace"))
        return _of_token(token)
    except AuthenticationFailed:
        return None


def of_session(key: str | None) -> Proof | None:
    """Return what a browser's session proves; None for nothing."""
    user = _user_of_session(key)
    if user is None:
        return None
    return Proof(str(user.pk), time.time() + settings.SESSION_COOKIE_AGE, lambda: _user_of_session(key) is not None)


def _authenticator() -> Any:
    classes: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    return classes[0]()


def _of_token(token: Any) -> Proof:
    """Return what a checked token proves, or raise AuthenticationFailed when its session has ended."""
    user = _authenticator().get_user(token)

    def holds() -> bool:
        try:
            return _authenticator().get_user(token).pk == user.pk
        except AuthenticationFailed:
            return False

    return Proof(str(user.pk), float(token["exp"]), holds)


def _user_of_session(key: str | None) -> Any:
    """Return the user whom Django would see in a request with this session: none after a log-out or a new password."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if user.is_authenticated and user.is_active else None
