"""The only way credits move.

An order *holds* its price; each picture *captures* its share or *releases* it, under one key per picture, so that a
picture is paid for or given back, never both and never twice. A *refund* returns a capture. The key is the verdict:
the same key posts nothing a second time, whoever calls, in whatever order, however often. A grant may have an end: what
is unspent then goes as an *expiry* (`credits.expiry`).

Locks are taken in one order by everybody: the operator's User, Project, Generation, Result, Account, QuotaDay, Stream.
The account's row is locked for each move.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Sum, Window
from django.utils import timezone
from django.utils.translation import gettext as _

from credits.models import Account, Entry
from lumiku.errors import DomainError, Invalid

Kind = Entry.Kind
TICK = timedelta(microseconds=1)


class InsufficientCredits(DomainError):
    """The account cannot pay; nothing was moved."""

    code = "insufficient_credits"
    status = 402


def account_of(user: Any) -> Account:
    """Return the user's account, opened when first asked for."""
    return Account.objects.get_or_create(user=user)[0]


def lock(user: Any) -> Account:
    """Return the user's account, locked until the transaction ends."""
    return Account.objects.select_for_update().get(pk=account_of(user).pk)


def grant(
    user: Any, amount: int, *, key: str, note: str, actor: Any = None, expires_at: datetime | None = None
) -> Entry:
    """Give credits from outside: a bonus, a top-up, a gesture. `note` says why, `expires_at` when the unspent go."""
    if amount < 1 or not note.strip():
        raise Invalid(_("A grant needs a positive amount and a reason."))
    if expires_at and expires_at <= timezone.now():
        raise Invalid(_("Credits must expire in the future, or never."))
    granted = Entry(kind=Kind.GRANT, key=key, available=amount, note=note, actor=actor, expires_at=expires_at)
    granted.account = account_of(user)
    return _post(granted)


def hold(user: Any, amount: int, *, key: str) -> Entry:
    """Set `amount` credits aside, or raise InsufficientCredits."""
    return _post(Entry(account=account_of(user), kind=Kind.HOLD, key=key, available=-amount, held=amount))


def capture(hold: Entry, amount: int, *, key: str) -> Entry:
    """Spend part of a hold."""
    return _post(Entry(account_id=hold.account_id, kind=Kind.CAPTURE, key=key, held=-amount, hold=hold))


def release(hold: Entry, amount: int, *, key: str) -> Entry:
    """Give part of a hold back."""
    return _post(_release(hold, amount, key))


def release_many(hold: Entry, amounts: dict[str, int]) -> int:
    """Give back one share of a hold for each key in `amounts`, with a handful of statements; return the sum given back.

    Keys that have been posted already are passed over, as in `release`.
    """
    posted = _post_many(hold.account_id, [_release(hold, amount, key) for key, amount in amounts.items()])
    return sum(entry.available for entry in posted)


def refund(capture: Entry, *, actor: Any, note: str) -> Entry:
    """Return a capture to its owner, once: an operator's decision, with a reason."""
    return _post(_refund(capture, actor, note))


def refund_many(captures: Sequence[Entry], *, actor: Any, note: str) -> list[Entry]:
    """Return captures of one account with a handful of statements; return the refunds that were not there before."""
    accounts = {capture.account_id for capture in captures}
    if len(accounts) != 1:
        raise Invalid(_("Refunds are made for one account at a time."))
    return _post_many(accounts.pop(), [_refund(capture, actor, note) for capture in captures])


def expire(account_id: Any, amounts: dict[str, int], *, note: str) -> list[Entry]:
    """Take what was not spent of grants that have ended: an amount for each key. Raises when it is not there."""
    return _post_many(
        account_id,
        [
            Entry(account_id=account_id, kind=Kind.EXPIRY, key=key, available=-amount, note=note)
            for key, amount in amounts.items()
        ],
    )


def _release(hold: Entry, amount: int, key: str) -> Entry:
    return Entry(account_id=hold.account_id, kind=Kind.RELEASE, key=key, available=amount, held=-amount, hold=hold)


def _refund(capture: Entry, actor: Any, note: str) -> Entry:
    if capture.kind != Kind.CAPTURE:
        raise Invalid(_("Only a captured price can be refunded."))
    if not note.strip():
        raise Invalid(_("A refund needs a reason."))
    return Entry(
        account_id=capture.account_id,
        kind=Kind.REFUND,
        key=f"refund:{capture.pk}",
        available=-capture.held,
        hold_id=capture.hold_id,
        note=note,
        actor=actor,
    )


def _post(entry: Entry) -> Entry:
    """Post one entry, or return the one that stands under its key already."""
    posted = _post_many(entry.account_id, [entry])
    return posted[0] if posted else Entry.objects.get(key=entry.key)


@transaction.atomic
def _post_many(account_id: Any, entries: Sequence[Entry]) -> list[Entry]:
    """Post the entries of one account whose keys are new, in their order, and return them."""
    account = Account.objects.select_for_update().get(pk=account_id)
    keys = [entry.key for entry in entries]
    known = set(Entry.objects.filter(key__in=keys).values_list("key", flat=True))
    new = [entry for entry in entries if entry.key not in known]  # the same key never moves credits twice
    for entry in new:
        if account.available + entry.available < 0:
            raise _insufficient(account, entry)
        account.available += entry.available
        account.held += entry.held
        entry.balance_after = account.available
        entry.created_at = account.moved_at = _moment_after(account.moved_at)
    Entry.objects.bulk_create(new)
    account.save(update_fields=["available", "held", "moved_at"])
    return new


def _moment_after(last: datetime | None) -> datetime:
    """Return the time of an entry: now, but always after the account's last one."""
    now = timezone.now()
    return max(now, last + TICK) if last else now


def _insufficient(account: Account, entry: Entry) -> InsufficientCredits:
    required, balance = -entry.available, account.available
    sentence = _("%(required)d credits are needed and %(balance)d are available.")
    told = sentence % {"required": required, "balance": balance}
    return InsufficientCredits(told, required=required, balance=balance)


def audit() -> Iterator[str]:
    """Yield one sentence for each sum that does not match; nothing when the ledger is sound."""
    sums = {
        row["account"]: (row["available__sum"], row["held__sum"])
        for row in Entry.objects.values("account").annotate(Sum("available"), Sum("held"))
    }
    for account in Account.objects.order_by("pk").iterator():
        want = sums.get(account.pk, (0, 0))
        if (account.available, account.held) != want:
            yield f"account {account.pk} says {account.available}/{account.held}, entries sum to {want[0]}/{want[1]}"
    spent = (
        Entry.objects.filter(kind=Kind.HOLD)
        .annotate(moved=Sum("moves__held"), returned=Sum("moves__available"))
        .filter(moved__lt=-F("held"))
    )
    for overdrawn in spent.iterator():
        yield f"hold {overdrawn.key} of {overdrawn.held} was spent or released beyond itself: {overdrawn.moved}"
    yield from _refunds_beyond_their_capture()
    yield from _broken_running_balances()
    yield from _expiries_beyond_their_grant()


def _refunds_beyond_their_capture() -> Iterator[str]:
    for refunded in Entry.objects.filter(kind=Kind.REFUND).iterator():
        capture = Entry.objects.filter(pk=refunded.key.removeprefix("refund:"), kind=Kind.CAPTURE).first()
        if capture is None or capture.held + refunded.available != 0:
            yield f"refund {refunded.key} does not return a capture of {refunded.available}"


def _broken_running_balances() -> Iterator[str]:
    so_far = Window(Sum("available"), partition_by="account", order_by="created_at")
    for entry in Entry.objects.annotate(so_far=so_far).exclude(balance_after=F("so_far")).iterator():
        yield f"entry {entry.key} says a balance of {entry.balance_after}, the entries up to it sum to {entry.so_far}"


def _expiries_beyond_their_grant() -> Iterator[str]:
    gone: dict[str, int] = {}
    for key, amount in Entry.objects.filter(kind=Kind.EXPIRY).values_list("key", "available"):
        grant = key.split(":")[1]
        gone[grant] = gone.get(grant, 0) - amount
    granted = Entry.objects.filter(kind=Kind.GRANT, expires_at__isnull=False).in_bulk(list(gone))
    amounts = {str(pk): grant.available for pk, grant in granted.items()}
    for grant, amount in gone.items():
        if amount > amounts.get(grant, 0):
            yield f"of grant {grant} expired {amount}, more than the {amounts.get(grant, 0)} that may"
