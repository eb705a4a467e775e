"""Expiry: what was not spent of grants that have ended goes, each night, as entries of the ledger.

The account is locked while it is worked out and posted, so two runs at once take nothing twice.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from credits import ledger, lots
from credits.models import Account, Entry
from lumiku.events import stream

log = logging.getLogger(__name__)

NEWS = "credits-update"
REASON = gettext_noop("Credits past their date")


def run(at: datetime | None = None) -> int:
    """Let everything go that is due at `at` (now); return how many credits went."""
    at = at or timezone.now()
    ended = Entry.objects.filter(kind=Entry.Kind.GRANT, expires_at__lte=at)
    accounts = ended.order_by("account").values_list("account", flat=True).distinct()
    return sum(_expire_if_possible(account, at) for account in list(accounts))


def _expire_if_possible(account_id: Any, at: datetime) -> int:
    """Expire one account; one that cannot be now does not hold up the others."""
    try:
        return expire(account_id, at)
    except DatabaseError:
        log.exception("What is due of account %s waits for the next night.", account_id)
        return 0


@transaction.atomic
def expire(account_id: Any, at: datetime) -> int:
    """Let go what is due of one account and tell its owner; return how many credits went."""
    Account.objects.select_for_update().get(pk=account_id)
    entries = list(history(account_id))
    due: dict[Any, int] = {}
    for pile in lots.left(entries):
        if pile.due_at <= at:
            due[pile.grant] = due.get(pile.grant, 0) + pile.amount
    if not due:
        return 0
    amounts = {_key(grant, entries): amount for grant, amount in due.items()}
    posted = ledger.expire(account_id, amounts, note=REASON)
    amount = sum(entry.available for entry in posted)
    stream.append(account_id, NEWS, {"reason": REASON, "amount": amount, "balance": posted[-1].balance_after})
    return -amount


def _key(grant: Any, entries: list[Entry]) -> str:
    """Return a new key: of a grant more can go later, when an order that ran over its end gives something back."""
    before = sum(entry.key.startswith(f"expiry:{grant}:") for entry in entries)
    return f"expiry:{grant}:{before + 1}"


def history(account_id: Any) -> Any:
    """Return the account's entries from its first grant with an end on; nothing before matters to what expires."""
    mine = Entry.objects.filter(account=account_id)
    first = mine.filter(expires_at__isnull=False).order_by("created_at").values("created_at")[:1]
    return mine.filter(created_at__gte=first).order_by("created_at")


def audit() -> Iterator[str]:
    """Yield a sentence for each account whose grants with an end have more left than the account has."""
    grants = Entry.objects.filter(kind=Entry.Kind.GRANT, expires_at__isnull=False)
    for account in Account.objects.filter(pk__in=grants.values("account")).iterator():
        left = sum(pile.amount for pile in lots.left(history(account.pk)))
        if left > account.available:
            yield f"account {account.pk} has {account.available}, less than the {left} left of grants with an end"
