"""An operator's grant from the command line: a reason, one entry, and the owner hears of it."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from credits import ledger
from credits.models import Account, Entry
from lumiku.testing import events_of
from lumiku.users.models import User


def give(*arguments: str) -> str:
    said = StringIO()
    call_command("grant_credits", *arguments, stdout=said)
    return said.getvalue()


def granted() -> list[tuple[str, int, str]]:
    rows = Entry.objects.filter(key__startswith="grant:").order_by("created_at")
    return [(row.account.user.email, row.available, row.note) for row in rows]


def test_an_operator_gives_credits_with_a_reason_and_alice_is_told(alice: User) -> None:
    said = give("Alice@Example.com", "250", "--reason", "Late delivery")

    assert granted() == [("alice@example.com", 250, "Late delivery")]
    assert Account.objects.get(pk=alice.pk).available == 1250
    assert [event.data["balance"] for event in events_of(alice)] == [1250]
    assert "250 credits to alice@example.com" in said
    assert list(ledger.audit()) == []


def test_without_a_key_every_call_gives_anew(alice: User) -> None:
    for _ in range(2):
        give("alice@example.com", "10", "--reason", "Trying out")

    assert Account.objects.get(pk=alice.pk).available == 1020


def test_the_same_key_gives_once_and_says_so(alice: User) -> None:
    for _ in range(2):
        said = give("alice@example.com", "10", "--reason", "Top-up 7", "--key", "top-up-7")

    assert "before" in said
    assert Account.objects.get(pk=alice.pk).available == 1010
    assert len(events_of(alice)) == 1


@pytest.mark.parametrize(("email", "amount"), [("alice@example.com", "11"), ("bob@example.com", "10")])
def test_a_key_of_another_grant_is_refused(alice: User, bob: User, email: str, amount: str) -> None:
    give("alice@example.com", "10", "--reason", "Top-up 7", "--key", "top-up-7")

    with pytest.raises(CommandError, match="another --key"):
        give(email, amount, "--reason", "Top-up 7", "--key", "top-up-7")

    assert granted() == [("alice@example.com", 10, "Top-up 7")]


def test_a_key_cannot_be_mistaken_for_that_of_a_picture(alice: User) -> None:
    hold = ledger.hold(alice, 30, key="generation:1")

    give("alice@example.com", "5", "--reason", "Sorry", "--key", "result:1")
    ledger.release(hold, 30, key="result:1")

    assert Account.objects.get(pk=alice.pk).available == 1005


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["alice@example.com", "0", "--reason", "x"], "1 to 1,000,000"),
        (["alice@example.com", "1000001", "--reason", "x"], "1 to 1,000,000"),
        (["alice@example.com", "2.5", "--reason", "x"], "invalid int"),
        (["alice@example.com", "10"], "--reason"),
        (["alice@example.com", "10", "--reason", "  "], "reason of 1 to 300"),
        (["alice@example.com", "10", "--reason", "x" * 301], "reason of 1 to 300"),
        (["alice@example.com", "10", "--reason", "x", "--key", " "], "--key of 1 to 80"),
        (["alice@example.com", "10", "--reason", "x", "--key", "k" * 81], "--key of 1 to 80"),
        (["nobody@example.com", "10", "--reason", "x"], "Nobody is registered as nobody@example.com"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_moves(alice: User, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        give(*arguments)

    assert granted() == []
    assert Account.objects.get(pk=alice.pk).available == 1000


def test_a_closed_account_gets_nothing(make_user: Any) -> None:
    make_user("carol", is_active=False)

    with pytest.raises(CommandError, match="Nobody is registered"):
        give("carol@example.com", "10", "--reason", "x")

    assert granted() == []
