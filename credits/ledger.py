"""The only way credits move.

An order *holds* its price; each picture *captures* its share or *releases* it, under one key per picture, so that a
picture is paid for or given back, never both and never twice. A *refund* returns a capture. The key is the verdict:
the same key posts nothing a second time, whoever calls, in whatever order, however often. The account's row is locked
for each move, last but one in the written order of locks (Generation, Result, Account, Stream).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from credits.models import Account, Entry
from lumiku.errors import DomainError, Invalid

Kind = Entry.Kind


class InsufficientCredits(DomainError):
    """The account cannot pay; nothing was moved."""

    code = "insufficient_credits"
    status = 402


def account_of(user: Any) -> Account:
    """Return the user's account, opened when first asked for."""
    return Account.objects.get_or_create(user=user)[0]


def grant(user: Any, amount: int, *, key: str, note: str, actor: Any = None) -> Entry:
    """Give credits from outside: a bonus, a top-up, a gesture. `note` says why."""
    if amount < 1 or not note.strip():
        raise Invalid(_("A grant needs a positive amount and a reason."))
    return _post(Entry(account=account_of(user), kind=Kind.GRANT, key=key, available=amount, note=note, actor=actor))


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
    Entry.objects.bulk_create(new)
    account.save(update_fields=["available", "held"])
    return new


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


def _refunds_beyond_their_capture() -> Iterator[str]:
    for refunded in Entry.objects.filter(kind=Kind.REFUND).iterator():
        capture = Entry.objects.filter(pk=refunded.key.removeprefix("refund:"), kind=Kind.CAPTURE).first()
        if capture is None or capture.held + refunded.available != 0:
            yield f"refund {refunded.key} does not return a capture of {refunded.available}"
