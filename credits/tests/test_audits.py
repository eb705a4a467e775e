"""The nightly proof: a row of what came of it, shown by health and metrics."""

import logging
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from credits import audits, ledger, tasks
from credits.models import Account, Audit
from lumiku.testing import in_threads
from lumiku.users.models import User


def test_a_sound_ledger_is_written_down_as_such(alice: User) -> None:
    tasks.audit()

    row = Audit.objects.get()
    assert (row.faults, row.first_faults, row.accounts, row.entries) == (0, [], 1, 1)
    assert audits.state() == "ok"
    assert audits.figures()["ledger_faults"] == 0
    assert audits.figures()["ledger_audit_age_seconds"] < 60


def test_before_the_first_audit_nothing_is_claimed(alice: User) -> None:
    assert audits.figures() == {"ledger_faults": None, "ledger_audit_age_seconds": None}
    assert audits.state() == "ok"


def test_a_fault_is_named_logged_and_shown_until_an_audit_finds_none(alice: User, caplog: Any) -> None:
    Account.objects.filter(pk=alice.pk).update(available=999)
    with caplog.at_level(logging.ERROR, logger="credits.tasks"):
        tasks.audit()
    wrong = audits.state()
    Account.objects.filter(pk=alice.pk).update(available=1_000)
    tasks.audit()

    assert f"account {alice.pk} says 999/0" in caplog.text
    assert (wrong, audits.state()) == ("1 faults", "ok")
    first, last = Audit.objects.order_by("at")
    assert (first.faults, last.faults) == (1, 0)
    assert "999/0" in first.first_faults[0]


def test_the_command_fails_and_writes_the_same_row(alice: User) -> None:
    Account.objects.filter(pk=alice.pk).update(held=7)

    with pytest.raises(CommandError, match="1 sums do not match"):
        call_command("audit_ledger")

    assert Audit.objects.get().faults == 1


def test_entries_of_one_account_have_one_order_whatever_the_clock_does(alice: User, monkeypatch: Any) -> None:
    from django.utils import timezone

    earlier = timezone.now()
    for number in range(5):
        monkeypatch.setattr(timezone, "now", lambda: earlier)
        ledger.hold(alice, 10, key=f"generation:{number}")

    times = list(alice.account.entries.order_by("balance_after").values_list("created_at", flat=True))
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 6
    assert list(audits.faults()) == []


def test_the_audit_names_a_running_balance_that_does_not_run(alice: User) -> None:
    alice.account.entries.create(kind="grant", key="x", available=5, balance_after=7, note="By hand")
    Account.objects.filter(pk=alice.pk).update(available=1_005)

    assert list(audits.faults()) == ["entry x says a balance of 7, the entries up to it sum to 1005"]


@pytest.mark.postgres
def test_orders_that_run_meanwhile_make_no_false_alarm(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=100_000)

    def act(index: int) -> int:
        if index % 2:
            return audits.run()[0].faults
        for number in range(20):
            hold = ledger.hold(carol, 30, key=f"generation:{index}-{number}")
            ledger.capture(hold, 30, key=f"result:{index}-{number}")
        return 0

    assert in_threads(8, act) == [0] * 8
