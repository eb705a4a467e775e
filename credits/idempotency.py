"""The same Idempotency-Key and body answer the same, and order once.

The key is a unique row written in the order's own transaction: a twin waits on the unique index until the first
commits, then finds its answer; a refusal rolls the key back with everything else, so that the client may try again.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from credits.models import Answer
from lumiku.errors import DomainError, Invalid

HEADER = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key and body order once; kept for 24 hours."
)


class IdempotencyConflict(DomainError):
    """The key was used for something else."""

    code = "idempotency_conflict"
    status = 409


def once(user: Any, *, key: str | None, request: Any, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what `act` returns, or what it returned for this user's `key` before; `request` is what was asked for.

    Raise IdempotencyConflict when the key came with another request.
    """
    if key is None:
        return act()
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Invalid(_("Idempotency-Key must be 1 to 255 printable characters."))
    fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    try:
        with transaction.atomic():
            return _first(user, key, fingerprint, act)
    except _Seen:
        return _again(user, key, fingerprint)


class _Seen(Exception):
    pass


def _first(user: Any, key: str, fingerprint: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        with transaction.atomic():
            answer = Answer.objects.create(owner=user, key=key, fingerprint=fingerprint, body=None)
    except IntegrityError as error:
        raise _Seen from error
    body = act()
    answer.body = body
    answer.save(update_fields=["body"])
    return body


def _again(user: Any, key: str, fingerprint: str) -> dict[str, Any]:
    answer = Answer.objects.get(owner=user, key=key)
    if answer.fingerprint != fingerprint:
        raise IdempotencyConflict(_("This Idempotency-Key was used for a different request."))
    return cast(dict[str, Any], answer.body)
