"""How many live streams a user and an address have open in this process, sockets and server-sent events alike."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext as _

from lumiku.errors import DomainError

_open: dict[str, int] = {}


class TooManyStreams(DomainError):
    """More streams than one user, or one address, may keep open."""

    code = "too_many_streams"
    status = 429


def enter(key: str, limit: int) -> bool:
    """Count one more stream of `key`; False, and nothing counted, when it has as many as it may."""
    if settings.LIMITS_ON and _open.get(key, 0) >= limit:
        return False
    _open[key] = _open.get(key, 0) + 1
    return True


def leave(keys: Iterable[str]) -> None:
    """Count one stream less for each key."""
    for key in keys:
        if _open.get(key, 0) > 1:
            _open[key] -= 1
        else:
            _open.pop(key, None)


def of_user(user_id: object) -> tuple[str, int]:
    """Return the key and the limit of a user."""
    return f"user:{user_id}", settings.LIMITS["sockets_per_user"]


def of_address(address: str) -> tuple[str, int]:
    """Return the key and the limit of an address."""
    return f"address:{address}", settings.LIMITS["sockets_per_address"]


@contextmanager
def counted(*places: tuple[str, int]) -> Iterator[None]:
    """Hold a place in each of `places` while the block runs, or raise TooManyStreams."""
    held: list[str] = []
    try:
        for key, limit in places:
            if not enter(key, limit):
                raise TooManyStreams(_("Too many live streams are open; close one first."), retry_after=30)
            held.append(key)
        yield
    finally:
        leave(held)


def forget_all() -> None:
    """Start from nothing, as a new process does."""
    _open.clear()
