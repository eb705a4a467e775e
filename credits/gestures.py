"""Gestures: credits that an operator gives for a reason.

The form that asks for a gesture carries a key of its own, so pressing twice gives once. Credits and news are one
transaction.
"""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from credits import ledger
from credits.models import Entry
from lumiku.errors import DomainError
from lumiku.events import stream

NEWS = "credits-update"
MOST = 500  # credits in one gesture; more takes a superuser


class GestureLimit(DomainError):
    """More than an operator may give; nothing was moved."""

    code = "gesture_limit"
    status = 403


@transaction.atomic
def give(
    user: Any, amount: int, *, key: uuid.UUID, note: str, actor: Any, expires_at: datetime | None = None
) -> Entry | None:
    """Give `amount` credits to `user` and tell them; None when the gesture `key` has been made before.

    `note` is required and the user reads it; what is unspent at `expires_at` goes. Raise GestureLimit above what
    `actor` may give, Invalid without an amount or a note.
    """
    if amount > MOST and not actor.is_superuser and settings.LIMITS_ON:
        raise GestureLimit(_("Above %(most)d credits a superuser has to give them.") % {"most": MOST}, most=MOST)
    ledger.lock(user)
    posted_as = f"gesture:{key}"
    if Entry.objects.filter(key=posted_as).exists():
        return None
    entry = ledger.grant(user, amount, key=posted_as, note=note, actor=actor, expires_at=expires_at)
    stream.append(user.pk, NEWS, {"reason": note, "amount": amount, "balance": entry.balance_after})
    return entry
