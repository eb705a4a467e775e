"""Credits move once, by key, and never below zero."""

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from credits import ledger
from credits.models import Account, Entry
from lumiku.errors import Invalid
from lumiku.testing import in_threads
from lumiku.users.models import User


def balance(user: User) -> tuple[int, int]:
    account = Account.objects.get(pk=user.pk)
    return account.available, account.held


def test_alice_sets_credits_aside_and_pays_only_for_what_came(alice: User) -> None:
    hold = ledger.hold(alice, 90, key="generation:1")

    ledger.capture(hold, 30, key="result:1")
    ledger.release(hold, 60, key="result:2")

    assert balance(alice) == (970, 0)
    assert list(ledger.audit()) == []


def test_the_same_key_never_moves_credits_twice(alice: User) -> None:
    hold = ledger.hold(alice, 30, key="generation:1")

    first = ledger.release(hold, 30, key="result:1")
    second = ledger.release(hold, 30, key="result:1")
    capture_instead = ledger.capture(hold, 30, key="result:1")

    assert first == second == capture_instead
    assert balance(alice) == (1000, 0)


def test_alice_cannot_hold_more_than_she_has(alice: User) -> None:
    with pytest.raises(ledger.InsufficientCredits) as refusal:
        ledger.hold(alice, 1001, key="generation:1")

    assert refusal.value.extra == {"required": 1001, "balance": 1000}
    assert balance(alice) == (1000, 0)
    assert not Entry.objects.filter(kind="hold").exists()


def test_many_releases_at_once_equal_single_ones(alice: User) -> None:
    hold = ledger.hold(alice, 90, key="generation:1")
    ledger.release(hold, 30, key="result:1")

    total = ledger.release_many(hold, {"result:1": 30, "result:2": 30, "result:3": 30})

    assert total == 60
    assert balance(alice) == (1000, 0)
    assert list(Entry.objects.order_by("balance_after").values_list("balance_after", flat=True)) == [
        910,
        940,
        970,
        1000,
        1000,
    ]
    assert list(ledger.audit()) == []


def test_an_operator_refunds_a_capture_once_and_with_a_reason(alice: User, staff: User) -> None:
    hold = ledger.hold(alice, 30, key="generation:1")
    capture = ledger.capture(hold, 30, key="result:1")

    ledger.refund(capture, actor=staff, note="Six fingers")
    ledger.refund(capture, actor=staff, note="Six fingers again")

    assert balance(alice) == (1000, 0)
    refund = Entry.objects.get(kind="refund")
    assert (refund.actor, refund.note, refund.hold) == (staff, "Six fingers", hold)
    assert list(ledger.audit()) == []


def test_a_refund_without_a_reason_or_of_a_release_is_refused(alice: User, staff: User) -> None:
    hold = ledger.hold(alice, 60, key="generation:1")
    capture = ledger.capture(hold, 30, key="result:1")
    release = ledger.release(hold, 30, key="result:2")

    for entry, note in [(capture, " "), (release, "Because")]:
        with pytest.raises(Invalid):
            ledger.refund(entry, actor=staff, note=note)

    assert balance(alice) == (970, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credits_entry SET available = 1000000",
        "DELETE FROM credits_entry",
    ],
)
def test_entries_cannot_be_changed_or_deleted_by_sql(alice: User, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert balance(alice) == (1000, 0)
    assert Entry.objects.count() == 1


@pytest.mark.postgres
def test_entries_cannot_be_truncated(committing: None, make_user: Any) -> None:
    make_user("carol", amount=300)

    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE credits_entry CASCADE")

    assert Entry.objects.count() == 1


@pytest.mark.parametrize("column", ["available", "held"])
def test_the_database_refuses_a_negative_balance(alice: User, column: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(pk=alice.pk).update(**{column: -1})


@pytest.mark.parametrize(
    "shape",
    [
        {"kind": "grant", "available": -5, "held": 0},
        {"kind": "hold", "available": -5, "held": 4},
        {"kind": "capture", "available": 5, "held": -5},
        {"kind": "release", "available": 5, "held": -4},
    ],
)
def test_the_database_refuses_an_entry_whose_shape_does_not_fit_its_kind(alice: User, shape: dict[str, Any]) -> None:
    hold = ledger.hold(alice, 30, key="generation:1") if shape["kind"] in ("capture", "release") else None

    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(account=alice.account, key="x", balance_after=0, hold=hold, **shape)


def test_the_audit_names_an_account_whose_sums_do_not_match(alice: User) -> None:
    Account.objects.filter(pk=alice.pk).update(available=5000)

    faults = list(ledger.audit())

    assert len(faults) == 1
    assert str(alice.pk) in faults[0]


def test_the_audit_names_a_hold_that_was_spent_beyond_itself(alice: User) -> None:
    small = ledger.hold(alice, 30, key="generation:1")
    ledger.hold(alice, 60, key="generation:2")
    ledger.capture(small, 60, key="result:1")

    faults = list(ledger.audit())

    assert [fault for fault in faults if "generation:1" in fault]


@pytest.mark.postgres
def test_of_fifty_holds_at_once_exactly_the_affordable_ones_succeed(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=7 * 30)

    outcomes = in_threads(50, lambda index: ledger.hold(carol, 30, key=f"generation:{index}"))

    assert sum(isinstance(outcome, Entry) for outcome in outcomes) == 7
    assert sum(isinstance(outcome, ledger.InsufficientCredits) for outcome in outcomes) == 43
    assert balance(carol) == (0, 210)
    assert list(ledger.audit()) == []


def end_a_picture(hold: Entry, key: str, index: int) -> Entry:
    return (ledger.capture if index % 2 else ledger.release)(hold, 30, key=key)


@pytest.mark.postgres
def test_of_sixteen_ways_to_end_a_picture_at_once_one_counts(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=300)

    for number in range(10):
        hold = ledger.hold(carol, 30, key=f"generation:{number}")
        in_threads(16, partial(end_a_picture, hold, f"result:{number}"))

    assert Entry.objects.filter(key__startswith="result:").count() == 10
    assert balance(carol)[1] == 0
    assert list(ledger.audit()) == []
