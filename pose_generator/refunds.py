"""Refunds: an operator returns captured prices to their owners, each once, and the owner is told.

The ledger's key makes a refund happen once; the rest is one transaction with the news of it. The operator's own row is
locked before everything else (Generation, Account, Stream follow in the written order; no result changes), so that what
an operator may refund in a day is counted exactly, however many refunds they start at once.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from credits import ledger
from credits.models import Account, Entry
from lumiku.errors import DomainError
from lumiku.events import stream
from pose_generator.models import Generation

NEWS = "credits-update"
A_DAY = 3_000  # credits that an operator may refund in 24 hours; a superuser is not limited


class RefundLimit(DomainError):
    """More than the operator may refund in a day; nothing was moved."""

    code = "refund_limit"
    status = 403


def captures_of(generation: Generation) -> QuerySet[Entry]:
    """Return the captured prices of a generation, refunded or not."""
    return Entry.objects.filter(hold=generation.hold_id, hold__isnull=False, kind=Entry.Kind.CAPTURE)


def outstanding(captures: Iterable[Entry]) -> list[Entry]:
    """Return those of `captures` that have not been refunded."""
    by_key = {f"refund:{capture.pk}": capture for capture in captures}
    refunded = set(Entry.objects.filter(key__in=by_key).values_list("key", flat=True))
    return [capture for key, capture in by_key.items() if key not in refunded]


@transaction.atomic
def refund(captures: Iterable[Entry], *, actor: Any, note: str) -> int:
    """Return `captures` to their owners and tell them; the credits that moved now, 0 when all had been refunded before.

    `note` is required and the owner reads it. Raise RefundLimit beyond the operator's day, Invalid without a note or
    for an entry that is no capture.
    """
    captures = list(captures)
    _lock(captures, actor)
    due = outstanding(captures)
    _refuse_beyond_a_day(due, actor)
    by_owner: dict[Any, list[Entry]] = defaultdict(list)
    for capture in due:
        by_owner[capture.account_id].append(capture)
    return sum(_return_to(owner, by_owner[owner], actor, note) for owner in sorted(by_owner))


def _return_to(owner: Any, captures: list[Entry], actor: Any, note: str) -> int:
    """Refund captures of one owner and tell them."""
    entries = ledger.refund_many(captures, actor=actor, note=note)
    amount = sum(entry.available for entry in entries)
    stream.append(owner, NEWS, {"reason": note, "amount": amount, "balance": entries[-1].balance_after})
    return amount


def _lock(captures: list[Entry], actor: Any) -> None:
    """Take the locks in their order; the operator's with the weaker lock, so that rows pointing at it need not wait."""
    people = get_user_model()._default_manager.select_for_update(no_key=True)
    list(people.filter(pk=actor.pk).values_list("pk"))
    holds = {capture.hold_id for capture in captures}
    list(Generation.objects.select_for_update(no_key=True).filter(hold__in=holds).order_by("pk").values_list("pk"))
    accounts = {capture.account_id for capture in captures}
    list(Account.objects.select_for_update().filter(pk__in=accounts).order_by("pk").values_list("pk"))


def _refuse_beyond_a_day(due: list[Entry], actor: Any) -> None:
    if actor.is_superuser or not settings.LIMITS_ON:
        return
    day = Entry.objects.filter(kind=Entry.Kind.REFUND, actor=actor.pk, created_at__gt=Now() - timedelta(days=1))
    left = A_DAY - (day.aggregate(all=Sum("available"))["all"] or 0)
    wanted = -sum(capture.held for capture in due)
    if wanted > left:
        raise RefundLimit(
            _("These are %(wanted)d credits and you may refund %(left)d more today; ask a superuser.")
            % {"wanted": wanted, "left": max(left, 0)},
            left=max(left, 0),
        )
