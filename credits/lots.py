"""What is left of grants that have an end. Pure: worked out from an account's entries, in their order, kept nowhere.

- A hold takes credits that end soonest first; those without an end last.
- A capture spends of its hold what ends soonest; a release gives back what was taken last. So a seller keeps the
  credits that last longest.
- What comes back before its grant's end still ends with it. What comes back later, because an order ran over the end
  and was not delivered, may be spent for `GRACE` after that end: nobody loses credits by a failure of ours, and nobody
  makes them last for ever by ordering and cancelling.
- A refund is an operator's decision and ends never.

Until the nightly run has posted the expiry, credits past their end are there and can be spent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credits.models import Entry

GRACE = timedelta(days=7)
Kind = Entry.Kind


@dataclass(frozen=True)
class Pile:
    """Credits of one grant that go at the same time."""

    grant: Any
    due_at: datetime
    amount: int


class Lots:
    """The piles of one account, as its entries are read one after another."""

    def __init__(self) -> None:
        self._ends: dict[Any, datetime] = {}
        self._piles: dict[tuple[datetime, int, Any], int] = {}  # by end, then in the order of the grants
        self._draws: dict[Any, list[tuple[Any, int]]] = {}

    def read(self, entry: Entry) -> None:
        """Take the next entry into account."""
        if entry.kind == Kind.GRANT and entry.expires_at:
            self._ends[entry.pk] = entry.expires_at
            self._put(entry.pk, entry.available, entry.expires_at)
        elif entry.kind == Kind.HOLD:
            self._draws[entry.pk] = [(key[2], amount) for key, amount in self._take(entry.held)]
            plain = entry.held - sum(amount for _, amount in self._draws[entry.pk])
            self._draws[entry.pk].append((None, plain))
        elif entry.kind == Kind.RELEASE:
            self._give_back(self._draws.get(entry.hold_id, []), entry)
        elif entry.kind == Kind.EXPIRY:
            self._take(-entry.available, only=entry.key.split(":")[1])

    def left(self) -> list[Pile]:
        """Return what is left, the soonest to go first."""
        return [Pile(key[2], key[0], amount) for key, amount in sorted(self._piles.items()) if amount]

    def _put(self, grant: Any, amount: int, due_at: datetime) -> None:
        key = (due_at, list(self._ends).index(grant), grant)
        self._piles[key] = self._piles.get(key, 0) + amount

    def _take(self, amount: int, only: str = "") -> list[tuple[tuple[datetime, int, Any], int]]:
        taken = []
        for key in sorted(self._piles):
            part = min(amount, self._piles[key]) if only in ("", str(key[2])) else 0
            if part:
                self._piles[key] -= part
                amount -= part
                taken.append((key, part))
        return taken

    def _give_back(self, draws: list[tuple[Any, int]], release: Entry) -> None:
        """Return the last of what its hold took; what of it has no end needs no pile."""
        amount = release.available
        while amount and draws:
            grant, drawn = draws.pop()
            part = min(amount, drawn)
            amount -= part
            if part < drawn:
                draws.append((grant, drawn - part))
            if part and grant is not None:
                end = self._ends[grant]
                self._put(grant, part, end if release.created_at <= end else end + GRACE)


def left(entries: Iterable[Entry]) -> list[Pile]:
    """Return what is left of the grants with an end among an account's `entries`, which are in their order."""
    lots = Lots()
    for entry in entries:
        lots.read(entry)
    return lots.left()
