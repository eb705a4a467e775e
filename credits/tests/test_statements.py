"""What an auditor asks for: the history as a file, and a month whose sums match."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from rest_framework.test import APIClient

from credits import expiry, history, ledger, statements
from credits.models import Entry
from lumiku.testing import client_of
from lumiku.users.models import User

STATEMENT, FILE = "/api/credits/statement", "/api/credits/history.csv"
pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:  # a request leaves its language behind in the thread
    yield
    translation.deactivate()


@pytest.fixture
def clock(monkeypatch: Any) -> Any:
    """Return a function that sets the time."""
    return lambda text: monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.fixture
def carol(make_user: Any, staff: User, clock: Any) -> User:
    """Two orders: one in November, one over the end of the month."""
    clock("2026-10-20T03:00")
    user = make_user("carol", amount=200)
    clock("2026-11-02T03:00")
    ledger.grant(user, 40, key="grant:1", note="Trying out", expires_at=datetime(2026, 11, 20, tzinfo=UTC))
    first = ledger.hold(user, 90, key="generation:0a")
    ledger.capture(first, 30, key="result:1")
    captured = ledger.capture(first, 30, key="result:2")
    ledger.release(first, 30, key="result:3")
    ledger.refund(captured, actor=staff, note="Six fingers")
    clock("2026-11-30T16:59:59")
    second = ledger.hold(user, 60, key="generation:0b")
    clock("2026-11-30T17:00:00")  # December in Jakarta
    ledger.capture(second, 30, key="result:4")
    ledger.release(second, 30, key="result:5")
    clock("2026-12-01T03:00")
    ledger.grant(user, 10, key="grant:2", note="Until Christmas", expires_at=datetime(2026, 12, 24, tzinfo=UTC))
    clock("2026-12-25T03:00:00")
    expiry.run()
    return user


def rows_of(client: APIClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{FILE}{query}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# ---- The statement of a month --------------------------------------------------------------------------------------


def test_a_month_says_opening_sums_and_closing(carol: User) -> None:
    month = client_of(carol).get(STATEMENT, {"month": "2026-11"}).json()

    assert (month["since"], month["until"]) == ("2026-10-31T17:00:00.000Z", "2026-11-30T17:00:00.000Z")
    assert month["opening"] == {"balance": 200, "held": 0}
    assert month["closing"] == {"balance": 150, "held": 60}
    assert {row["kind"]: (row["entries"], row["amount"], row["heldAmount"]) for row in month["kinds"]} == {
        "grant": (1, 40, 0),
        "hold": (2, -150, 150),
        "capture": (2, 0, -60),
        "release": (1, 30, -30),
        "refund": (1, 30, 0),
        "expiry": (0, 0, 0),
    }
    orders = [{**row, "orderedAt": ""} for row in month["orders"]]
    assert orders == [
        {
            "generationId": "0a",
            "key": "generation:0a",
            "orderedAt": "",
            "held": 90,
            "captured": 60,
            "released": 30,
            "refunded": 30,
        },
        {
            "generationId": "0b",
            "key": "generation:0b",
            "orderedAt": "",
            "held": 60,
            "captured": 0,
            "released": 0,
            "refunded": 0,
        },
    ]


@pytest.mark.parametrize("month", ["2026-09", "2026-10", "2026-11", "2026-12", "2027-01"])
def test_opening_plus_the_sums_of_kinds_is_closing_and_closing_is_the_next_opening(carol: User, month: str) -> None:
    months = ["2026-09", "2026-10", "2026-11", "2026-12", "2027-01", "2027-02"]
    this = statements.statement(carol, month)
    next_one = statements.statement(carol, months[months.index(month) + 1])

    amount, held = (sum(row[name] for row in this["kinds"]) for name in ("amount", "held_amount"))
    assert this["opening"]["balance"] + amount == this["closing"]["balance"]
    assert this["opening"]["held"] + held == this["closing"]["held"]
    assert this["closing"] == next_one["opening"]
    by_order = {name: sum(row[name] for row in this["orders"]) for name in ("held", "captured", "released")}
    kinds = {row["kind"]: abs(row["held_amount"]) for row in this["kinds"]}
    assert (by_order["held"], by_order["captured"], by_order["released"]) == (
        kinds["hold"],
        kinds["capture"],
        kinds["release"],
    )


def test_the_last_closing_is_the_balance_of_today(carol: User) -> None:
    account = ledger.account_of(carol)

    assert statements.statement(carol, "2026-12")["closing"] == {"balance": account.available, "held": account.held}


def test_without_a_month_it_is_this_one(carol: User) -> None:
    assert client_of(carol).get(STATEMENT).json()["month"] == "2026-12"


@pytest.mark.parametrize("address", [STATEMENT, FILE])
@pytest.mark.parametrize("month", ["2026-13", "November", "2026-11-01", "0000-00", "../../x"])
def test_what_is_no_month_is_a_400(as_alice: APIClient, address: str, month: str) -> None:
    answer = as_alice.get(address, {"month": month})

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["month"])


@pytest.mark.parametrize("address", [STATEMENT, FILE])
def test_bob_sees_nothing_of_carols(carol: User, as_bob: APIClient, address: str) -> None:
    answer = as_bob.get(address, {"month": "2026-11"})
    body = b"".join(answer) if answer.streaming else answer.content

    assert answer.status_code == 200
    assert b"generation" not in body.replace(b"generationId", b"")
    assert client_of(None).get(address).status_code == 401


def test_a_statement_of_many_orders_takes_as_many_queries_as_one_of_few(carol: User, clock: Any) -> None:
    with CaptureQueriesContext(connection) as few:
        statements.statement(carol, "2026-12")
    ledger.grant(carol, 1_000, key="grant:3", note="More")
    for number in range(20):
        ledger.hold(carol, 30, key=f"generation:{number}")
    with CaptureQueriesContext(connection) as many:
        shown = statements.statement(carol, "2026-12")

    assert len(shown["orders"]) == 21
    assert len(few) == len(many)


# ---- The history as a file -----------------------------------------------------------------------------------------


def test_the_file_has_every_entry_oldest_first_with_a_running_balance(carol: User) -> None:
    rows = rows_of(client_of(carol))

    assert [row["kind"] for row in rows] == list(
        Entry.objects.owned_by(carol).order_by("created_at").values_list("kind", flat=True)
    )
    balance = 0
    for row in rows:
        balance += int(row["amount"])
        assert int(row["balanceAfter"]) == balance
    assert balance == ledger.account_of(carol).available
    assert rows[2]["generationId"] == "0a"
    assert rows[1]["expiresAt"] == "2026-11-20T00:00:00.000Z"


def test_the_file_of_a_month_has_that_months_entries(carol: User) -> None:
    rows = rows_of(client_of(carol), "?month=2026-12")

    assert [row["kind"] for row in rows] == ["capture", "release", "grant", "expiry"]


def test_the_file_comes_page_by_page_without_losing_or_repeating_an_entry(carol: User, monkeypatch: Any) -> None:
    whole = rows_of(client_of(carol))
    monkeypatch.setattr(history, "PAGE", 2)

    assert rows_of(client_of(carol)) == whole
    assert len(whole) == Entry.objects.owned_by(carol).count()


def test_whatever_the_client_accepts_it_gets_the_file(carol: User) -> None:
    for accepted in ["text/csv", "*/*", "application/json", "image/png"]:
        assert client_of(carol).get(FILE, headers={"Accept": accepted}).status_code == 200


@pytest.mark.parametrize(
    "reason",
    [
        '=HYPERLINK("http://x")',
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1",
        "  =1+1",
        "＝1+1",
        "\u00a0=1",
    ],
)
def test_a_reason_that_a_spreadsheet_would_run_is_text(alice: User, reason: str) -> None:
    ledger.grant(alice, 5, key="grant:1", note=reason)

    rows = rows_of(client_of(alice))

    assert rows[-1]["reason"].startswith("'")
    assert rows[-1]["amount"] == "5"


def test_numbers_stay_numbers_and_harmless_text_stays_as_it_is(alice: User) -> None:
    assert [history.cell(value) for value in (-30, None, "Six fingers", "a=b", 'said "no", twice')] == [
        -30,
        None,
        "Six fingers",
        "a=b",
        'said "no", twice',
    ]


def test_reasons_are_in_the_readers_language(alice: User) -> None:
    ledger.grant(alice, 5, key=f"bonus:{alice.pk}", note="Registration bonus")

    answer = client_of(alice).get(FILE, headers={"Accept-Language": "id"})

    assert "Registration bonus" not in b"".join(answer).decode()


def test_a_grant_of_the_command_line_ends_with_its_last_day_in_jakarta(alice: User) -> None:
    call_command("grant_credits", "alice@example.com", "10", "--reason", "Trying out", "--until", "2099-12-31")

    assert Entry.objects.get(key__startswith="grant:").expires_at == datetime(2099, 12, 31, 17, tzinfo=UTC)
