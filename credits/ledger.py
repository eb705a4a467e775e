"""The only way credits move.

An order *holds* its price; each picture *captures* its share or *releases* it, under one key per picture, so that a
picture is paid for or given back, never both and never twice. A *refund* returns a capture. The key is the verdict:
the same key posts nothing a second time, whoever calls, in whatever order, however often. The account's row is locked
for each move, last but one in the written order of locks (Generation, Result, Account, Stream).
"""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from credits.models import Account, Entry
from lumiku.errors import DomainError, Invalid


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
    return _post(account_of(user), Entry.Kind.GRANT, key, available=amount, note=note, actor=actor)


def hold(user: Any, amount: int, *, key: str) -> Entry:
    """Set `amount` credits aside, or raise InsufficientCredits."""
    return _post(account_of(user), Entry.Kind.HOLD, key, available=-amount, held=amount)


def capture(hold: Entry, amount: int, *, key: str) -> Entry:
    """Spend part of a hold."""
    return _post(hold.account, Entry.Kind.CAPTURE, key, held=-amount, hold=hold)


def release(hold: Entry, amount: int, *, key: str) -> Entry:
    """Give part of a hold back."""
    return _post(hold.account, Entry.Kind.RELEASE, key, available=amount, held=-amount, hold=hold)


@transaction.atomic
def release_many(hold: Entry, amounts: dict[str, int]) -> int:
    """Give back one share of a hold for each key in `amounts` with a handful of statements; return the sum given back.

    Keys that have been posted already are passed over, as in `release`.
    """
    account = Account.objects.select_for_update().get(pk=hold.account_id)
    posted = set(Entry.objects.filter(key__in=amounts).values_list("key", flat=True))
    balance, entries = account.available, []
    for key, amount in amounts.items():
        if key in posted:
            continue
        balance += amount
        entries.append(
            Entry(
                account=account,
                kind=Entry.Kind.RELEASE,
                key=key,
                available=amount,
                held=-amount,
                balance_after=balance,
                hold=hold,
            )
        )
    Entry.objects.bulk_create(entries)
    total = balance - account.available
    Account.objects.filter(pk=account.pk).update(available=F("available") + total, held=F("held") - total)
    return total


def refund(capture: Entry, *, actor: Any, note: str) -> Entry:
    """Return a capture to its owner, once: an operator's decision, with a reason."""
    if capture.kind != Entry.Kind.CAPTURE:
        raise Invalid(_("Only a captured price can be refunded."))
    if not note.strip():
        raise Invalid(_("A refund needs a reason."))
    return _post(
        capture.account,
        Entry.Kind.REFUND,
        f"refund:{capture.pk}",
        available=-capture.held,
        hold=capture.hold,
        note=note,
        actor=actor,
    )


@transaction.atomic
def _post(
    account: Account,
    kind: str,
    key: str,
    *,
    available: int = 0,
    held: int = 0,
    hold: Entry | None = None,
    note: str = "",
    actor: Any = None,
) -> Entry:
    account = Account.objects.select_for_update().get(pk=account.pk)
    if posted := Entry.objects.filter(key=key).first():
        return posted  # the same key never moves credits twice
    if account.available + available < 0:
        raise InsufficientCredits(
            _("%(required)d credits are needed and %(balance)d are available.")
            % {"required": -available, "balance": account.available},
            required=-available,
            balance=account.available,
        )
    account.available += available
    account.held += held
    account.save(update_fields=["available", "held"])
    return Entry.objects.create(
        account=account,
        kind=kind,
        key=key,
        available=available,
        held=held,
        balance_after=account.available,
        hold=hold,
        note=note,
        actor=actor,
    )


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
        Entry.objects.filter(kind=Entry.Kind.HOLD)
        .annotate(moved=Sum("moves__held"), returned=Sum("moves__available"))
        .filter(moved__lt=-F("held"))
    )
    for overdrawn in spent.iterator():
        yield f"hold {overdrawn.key} of {overdrawn.held} was spent or released beyond itself: {overdrawn.moved}"
    yield from _refunds_beyond_their_capture()


def _refunds_beyond_their_capture() -> Iterator[str]:
    for refunded in Entry.objects.filter(kind=Entry.Kind.REFUND).iterator():
        capture = Entry.objects.filter(pk=refunded.key.removeprefix("refund:"), kind=Entry.Kind.CAPTURE).first()
        if capture is None or capture.held + refunded.available != 0:
            yield f"refund {refunded.key} does not return a capture of {refunded.available}"
