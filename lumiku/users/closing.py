"""Closing an account for good: nothing that names a person stays, nobody gets in, and what it owned is discarded.

Rows and entries of the ledger stay, for the auditor. The account is shut and anonymised in one transaction; then each
application discards what is its own (`discarders`, filled in `AppConfig.ready`): what waits is cancelled and given
back, what is being painted ends and is thrown away, files go with the other discarded ones. `finish` asks again every
hour until nothing is left, so that a crash, or a request that was under way when the account closed, leaves nothing.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Now, Replace
from django.utils.translation import gettext as _

from lumiku.errors import DomainError
from lumiku.events.models import Event
from lumiku.users import accounts
from lumiku.users.models import LogInFailure, User

log = logging.getLogger(__name__)

BATCH = 100
#: No request that began before an account was closed is still under way after this time.
SETTLED = timedelta(hours=1)

#: Each discards what a user (an id) owns and returns whether nothing is left that has to wait. It may be asked again.
discarders: list[Callable[[Any], bool]] = []


class OperatorsStay(DomainError):
    """An operator cannot close their own account: the last one would lock everybody out."""

    code = "forbidden"
    status = 403


def close(user: User, *, password: str, address: str) -> None:
    """Close the account of `user`; raise OperatorsStay, WrongPassword or LockedOut."""
    if user.is_staff:
        raise OperatorsStay(_("An operator's account cannot be closed here; ask another operator to shut it out."))
    accounts.prove(user, password, address=address)
    _shut(user)
    discard(user.pk)


@transaction.atomic
def _shut(user: User) -> None:
    email, nobody = user.email, f"closed-{user.pk}@closed.invalid"
    User.objects.filter(pk=user.pk, closed_at=None).update(
        email=nobody, name="", password=make_password(None), is_active=False, closed_at=Now()
    )
    accounts.end_sessions(user, reason="account_closed")
    LogInFailure.objects.filter(key=f"account:{email}"[:320]).delete()
    # The admin's history keeps the names of what was changed as it was called then.
    LogEntry.objects.filter(Q(object_repr__contains=email) | Q(change_message__contains=email)).update(
        object_repr=Replace("object_repr", Value(email), Value("closed")),
        change_message=Replace("change_message", Value(email), Value("closed")),
    )


def discard(user_id: Any) -> bool:
    """Discard what a closed account owns, as far as that is possible now; return whether nothing is left."""
    answers = [_asked(discarder, user_id) for discarder in discarders]  # every one is asked
    Event.objects.filter(stream=user_id).delete()
    return all(answers)


def _asked(discarder: Callable[[Any], bool], user_id: Any) -> bool:
    try:
        return discarder(user_id)
    except Exception:  # one application's trouble must not keep another's files, nor the account, alive
        log.exception("What user %s owned could not all be discarded; it is tried again.", user_id)
        return False


def finish() -> int:
    """Discard what is left of closed accounts; return how many are empty now for good."""
    waiting = User.objects.filter(closed_at__isnull=False, emptied_at=None)
    empty = [pk for pk in waiting.order_by("closed_at").values_list("pk", flat=True)[:BATCH] if discard(pk)]
    return waiting.filter(pk__in=empty, closed_at__lt=Now() - SETTLED).update(emptied_at=Now())
