"""Grants with an end: what ends soonest is spent first, what is left goes once, as an entry."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from credits import audits, expiry, ledger, lots
from credits.models import Account, Entry
from lumiku.errors import Invalid
from lumiku.testing import events_of, in_threads
from lumiku.users.models import User

START = datetime(2026, 11, 1, tzinfo=UTC)


def on(day: int) -> datetime:
    return START + timedelta(days=day)


@pytest.fixture
def clock(monkeypatch: Any) -> Any:
    """Return a function that sets the day."""
    return lambda day: monkeypatch.setattr(timezone, "now", lambda: on(day))


@pytest.fixture
def carol(make_user: Any, clock: Any) -> User:
    """Has 100 credits for ever, 50 until day 10 and 30 until day 5."""
    clock(0)
    user = make_user("carol", amount=100)
    ledger.grant(user, 50, key="grant:ten", note="Trying out", expires_at=on(10))
    ledger.grant(user, 30, key="grant:five", note="Trying out", expires_at=on(5))
    return user


def balance(user: User) -> int:
    return Account.objects.get(pk=user.pk).available


def left(user: User) -> list[tuple[int, datetime]]:
    return [(pile.amount, pile.due_at) for pile in lots.left(expiry.history(user.pk))]


def test_what_is_not_spent_goes_at_the_end_as_an_entry_and_carol_is_told(carol: User) -> None:
    before = expiry.run(on(5) - ledger.TICK)
    gone = [expiry.run(on(5)) for _ in range(3)]

    assert (before, gone) == (0, [30, 0, 0])
    assert balance(carol) == 150
    entry = Entry.objects.get(kind="expiry")
    grant = Entry.objects.get(key="grant:five")
    assert (entry.key, entry.available, entry.held, entry.balance_after) == (f"expiry:{grant.pk}:1", -30, 0, 150)
    assert entry.note == expiry.REASON
    assert events_of(carol)[-1].data == {"reason": "Credits past their date", "amount": -30, "balance": 150}
    assert list(audits.faults()) == []


def test_what_ends_soonest_is_spent_first(carol: User) -> None:
    ledger.hold(carol, 40, key="generation:1")

    assert left(carol) == [(40, on(10))]
    assert expiry.run(on(6)) == 0
    assert expiry.run(on(11)) == 40
    assert balance(carol) == 100


def test_what_comes_back_in_time_still_ends_with_its_grant(carol: User, clock: Any) -> None:
    hold = ledger.hold(carol, 40, key="generation:1")
    clock(1)
    ledger.release(hold, 40, key="result:1")

    assert left(carol) == [(30, on(5)), (50, on(10))]


def test_a_delivered_picture_is_paid_with_what_ends_soonest(carol: User, clock: Any) -> None:
    hold = ledger.hold(carol, 60, key="generation:1")  # 30 of five, 30 of ten
    clock(1)
    ledger.release(hold, 30, key="result:1")
    ledger.capture(hold, 30, key="result:2")

    assert left(carol) == [(50, on(10))]


def test_what_comes_back_after_the_end_may_be_spent_for_a_week_and_no_longer(carol: User, clock: Any) -> None:
    clock(4)
    hold = ledger.hold(carol, 30, key="generation:1")
    clock(6)
    ledger.release(hold, 30, key="result:1")

    assert left(carol) == [(50, on(10)), (30, on(5) + lots.GRACE)]
    assert expiry.run(on(6)) == 0
    clock(9)
    again = ledger.hold(carol, 60, key="generation:2")
    ledger.release(again, 60, key="result:2")
    assert expiry.run(on(12)) == 50 + 30  # the week of the first began with its end, not with the second order
    assert balance(carol) == 100
    assert list(audits.faults()) == []


def test_a_refund_after_the_end_does_not_end(carol: User, staff: User, clock: Any) -> None:
    hold = ledger.hold(carol, 30, key="generation:1")
    capture = ledger.capture(hold, 30, key="result:1")
    clock(20)
    ledger.refund(capture, actor=staff, note="Six fingers")

    expiry.run(on(40))

    assert balance(carol) == 130


def test_a_grant_cannot_end_in_the_past_and_nothing_else_has_an_end(carol: User, clock: Any) -> None:
    with pytest.raises(Invalid):
        ledger.grant(carol, 5, key="grant:late", note="Too late", expires_at=on(0))
    with pytest.raises(IntegrityError, match="entry_only_grants_expire"), transaction.atomic():
        Entry.objects.create(
            account=carol.account, kind="hold", key="x", available=-1, held=1, balance_after=1, expires_at=on(9)
        )

    assert balance(carol) == 180


def test_the_audit_names_an_expiry_beyond_its_grant(carol: User) -> None:
    grant = Entry.objects.get(key="grant:five")
    ledger.expire(carol.pk, {f"expiry:{grant.pk}:1": 31}, note="By hand")

    assert f"of grant {grant.pk} expired 31, more than the 30 that may" in list(audits.faults())


@pytest.mark.postgres
def test_eight_nightly_runs_at_once_take_everything_once(committing: None, make_user: Any) -> None:
    dave = make_user("dave", amount=100)
    ledger.grant(dave, 50, key="grant:1", note="Trying out", expires_at=timezone.now() + timedelta(days=1))
    later = timezone.now() + timedelta(days=2)

    assert sorted(in_threads(8, lambda number: expiry.run(later))) == [0] * 7 + [50]
    assert balance(dave) == 100
    assert list(audits.faults()) == []


# ---- A simple model: every credit is a coin ------------------------------------------------------------------------


@dataclass
class Coin:
    """One credit: the end of its grant, when it goes, and where it is now."""

    number: int
    end: int | None
    goes: int | None


@dataclass
class Purse:
    """A pile of coins; holds are bags of them. As slow and plain as can be."""

    coins: list[Coin] = field(default_factory=list)
    bags: list[list[Coin]] = field(default_factory=list)
    made: int = 0

    def grant(self, amount: int, end: int | None) -> None:
        self.coins += [Coin(self.made + number, end, end) for number in range(amount)]
        self.made += amount

    def hold(self, amount: int) -> bool:
        if amount > len(self.coins):
            return False
        self.coins.sort(key=lambda coin: (coin.goes is None, coin.goes or 0, coin.number))
        self.bags.append(self.coins[:amount])
        self.coins = self.coins[amount:]
        return True

    def capture(self, bag: int, amount: int) -> None:
        del self.bags[bag][:amount]

    def release(self, bag: int, amount: int, today: int) -> None:
        returned = self.bags[bag][-amount:]
        del self.bags[bag][-amount:]
        for coin in returned:
            if coin.end is not None:
                coin.goes = coin.end if today <= coin.end else coin.end + 7
        self.coins += returned

    def expire(self, today: int) -> int:
        gone = [coin for coin in self.coins if coin.goes is not None and coin.goes <= today]
        self.coins = [coin for coin in self.coins if coin not in gone]
        return len(gone)


#: A day's steps come first, then its grants end, then the nightly run comes: entries of one moment are ticks apart, so
#: that a grant which ended at that very moment would lie between them.
LATER = timedelta(seconds=1)
STEP = st.one_of(
    st.tuples(st.just("grant"), st.integers(1, 12), st.integers(0, 9)),
    st.tuples(st.just("hold"), st.integers(1, 20), st.just(0)),
    st.tuples(st.just("capture"), st.integers(0, 5), st.integers(1, 6)),
    st.tuples(st.just("release"), st.integers(0, 5), st.integers(1, 6)),
    st.tuples(st.just("expire"), st.just(0), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 6), st.just(0)),
)


class Sequences(TestCase):
    """Whatever is granted, held, captured, released and left to go, in any order: every coin is where it should be."""

    @settings(max_examples=60, deadline=None)
    @given(st.lists(STEP, max_size=40))
    @example([("grant", 1, 0), ("hold", 1, 0), ("grant", 1, 1), ("wait", 1, 0), ("hold", 1, 0), ("release", 1, 1)])
    def test_the_ledger_agrees_with_a_purse_of_coins(self, steps: list[tuple[str, int, int]]) -> None:
        dave = User.objects.create(email="dave@example.com")
        purse, holds, today = Purse(), [], 0
        for number, (what, first, second) in enumerate(steps):
            with patch.object(timezone, "now", lambda today=today: on(today)):
                if what == "wait":
                    today += first
                elif what == "grant":
                    end = today + second if second else None
                    ends = on(end) + LATER if end is not None else None
                    ledger.grant(dave, first, key=f"grant:{number}", note="Test", expires_at=ends)
                    purse.grant(first, end)
                elif what == "hold":
                    try:
                        holds.append(ledger.hold(dave, first, key=f"generation:{number}"))
                        assert purse.hold(first)
                    except ledger.InsufficientCredits:
                        assert not purse.hold(first)
                elif what == "expire":
                    assert expiry.run(on(today) + 2 * LATER) == purse.expire(today)
                elif first < len(holds) and (amount := min(second, len(purse.bags[first]))):
                    if what == "capture":
                        ledger.capture(holds[first], amount, key=f"result:{number}")
                        purse.capture(first, amount)
                    else:
                        ledger.release(holds[first], amount, key=f"result:{number}")
                        purse.release(first, amount, today)

        account = ledger.account_of(dave)
        assert (account.available, account.held) == (len(purse.coins), sum(len(bag) for bag in purse.bags))
        piles: Counter[datetime] = Counter()
        for pile in lots.left(expiry.history(dave.pk)):
            piles[pile.due_at] += pile.amount
        assert piles == Counter(on(coin.goes) + LATER for coin in purse.coins if coin.goes is not None)
        assert list(audits.faults()) == []
