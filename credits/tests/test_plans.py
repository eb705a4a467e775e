"""Plans: assigned for a reason, each month's credits granted once, whatever happens in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from credits import jakarta, ledger, plans
from credits.models import Account, Entry, Membership, Plan
from credits.tests.members import plan, put_on
from lumiku.errors import Invalid
from lumiku.testing import events_of, in_threads
from lumiku.users.models import User


def months_granted(user: User) -> list[tuple[str, int]]:
    rows = Entry.objects.filter(account=user.pk, key__startswith="plan:").order_by("created_at")
    return [(row.key.removeprefix(f"plan:{user.pk}:"), row.available) for row in rows]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: Any) -> Any:
    """Return a function that sets the time."""
    return lambda text: monkeypatch.setattr(timezone, "now", lambda: at(text))


def test_the_four_plans_of_the_price_list_are_there(db: None) -> None:
    rows = Plan.objects.values_list("key", "price", "monthly_credits", "daily_poses", "is_premium", "priority")

    assert list(rows) == [
        ("free", 0, 0, 0, False, 0),
        ("basic", 99_000, 1_000, 0, False, 1),
        ("pro", 299_000, 3_300, 0, True, 1),
        ("unlimited", 499_000, 0, 100, True, 1),
    ]


def test_who_has_no_plan_is_on_the_free_one(alice: User) -> None:
    assert plans.of(alice.pk) == plans.Terms("free", "Free", 0, False, 0)


def test_without_any_row_the_free_plan_still_holds(alice: User) -> None:
    Plan.objects.all().delete()

    assert plans.of(alice.pk) == plans.Terms()


def test_an_operator_puts_alice_on_pro_and_the_month_is_granted_at_once(alice: User, staff: User) -> None:
    membership = plans.assign(alice, plan("pro"), by=staff, reason="Paid by transfer")

    assert plans.of(alice.pk) == plans.Terms("pro", "Pro", 0, True, 1)
    assert (membership.by, membership.reason, membership.until) == (staff, "Paid by transfer", None)
    assert months_granted(alice) == [(jakarta.month(timezone.now()), 3_300)]
    assert Account.objects.get(pk=alice.pk).available == 4_300
    (news,) = events_of(alice)
    assert (news.name, news.data["plan"], news.data["balance"]) == ("credits-update", "pro", 4_300)
    assert list(ledger.audit()) == []


def test_the_newest_plan_counts_and_the_history_stays(alice: User) -> None:
    for key in ["basic", "unlimited", "free"]:
        put_on(alice, key)

    assert plans.of(alice.pk).key == "free"
    assert [row.plan.key for row in Membership.objects.order_by("since")] == ["basic", "unlimited", "free"]


def test_a_plan_with_an_end_gives_way_to_the_free_one(alice: User, clock: Any) -> None:
    clock("2026-11-10T03:00")
    put_on(alice, "unlimited", until=at("2026-12-10T17:00"))

    clock("2026-12-10T16:59:59")
    assert plans.of(alice.pk).key == "unlimited"
    assert plans.priorities([alice.pk]) == {alice.pk: 1}
    clock("2026-12-10T17:00")
    assert plans.of(alice.pk).key == "free"
    assert plans.priorities([alice.pk]) == {}


def test_a_users_own_number_of_daily_poses_replaces_the_plans(alice: User) -> None:
    put_on(alice, "unlimited", daily_poses=250)

    assert plans.of(alice.pk).daily_poses == 250


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("pro", {"reason": "  "}), ("pro", {"until": datetime(2020, 1, 1, tzinfo=UTC)}), ("basic", {})],
)
def test_an_assignment_that_makes_no_sense_is_refused_and_nothing_moves(
    alice: User, staff: User, key: str, wrong: dict[str, Any]
) -> None:
    Plan.objects.filter(key="basic").update(is_active=False)

    with pytest.raises(Invalid):
        plans.assign(alice, plan(key), **{"by": staff, "reason": "Paid", **wrong})

    assert not Membership.objects.exists()
    assert Account.objects.get(pk=alice.pk).available == 1_000


# ---- The credits of a month ----------------------------------------------------------------------------------------


def test_each_month_is_granted_once_however_often_the_task_runs(alice: User, clock: Any) -> None:
    clock("2026-11-10T03:00")
    put_on(alice, "basic")
    clock("2026-11-30T16:59:59")
    early = plans.grant_due()
    clock("2026-11-30T17:00")
    granted = [plans.grant_due() for _ in range(3)]

    assert (early, granted) == (0, [1, 0, 0])
    assert months_granted(alice) == [("2026-11", 1_000), ("2026-12", 1_000)]
    assert events_of(alice)[-1].data["amount"] == 1_000


def test_months_that_nothing_ran_in_are_made_up_for_but_not_all_of_history(alice: User, clock: Any) -> None:
    clock("2026-08-10T03:00")
    put_on(alice, "basic")
    clock("2026-11-20T03:00")

    assert plans.grant_due() == 2
    assert [month for month, _ in months_granted(alice)] == ["2026-08", "2026-10", "2026-11"]


def test_a_month_that_began_while_alice_was_on_the_plan_is_hers_though_she_left_since(alice: User, clock: Any) -> None:
    clock("2026-10-20T03:00")
    put_on(alice, "basic")
    clock("2026-11-05T03:00")
    put_on(alice, "free")
    clock("2026-12-02T03:00")

    plans.grant_due()

    assert months_granted(alice) == [("2026-10", 1_000), ("2026-11", 1_000)]


def test_who_moves_up_in_a_month_gets_the_difference_and_moving_to_and_fro_gives_nothing_twice(
    alice: User, clock: Any
) -> None:
    clock("2026-11-10T03:00")
    for key in ["basic", "pro", "basic", "pro", "free", "basic", "pro"]:
        put_on(alice, key)
    plans.grant_due()

    assert months_granted(alice) == [("2026-11", 1_000), ("2026-11:3300", 2_300)]


def test_a_plan_made_larger_counts_from_the_next_month(alice: User, clock: Any) -> None:
    clock("2026-11-10T03:00")
    put_on(alice, "basic")
    Plan.objects.filter(key="basic").update(monthly_credits=1_200)

    plans.grant_due()
    this_month = months_granted(alice)
    clock("2026-12-01T03:00")
    plans.grant_due()

    assert this_month == [("2026-11", 1_000)]
    assert months_granted(alice)[1:] == [("2026-12", 1_200)]


def test_a_closed_account_is_granted_nothing(alice: User, clock: Any) -> None:
    clock("2026-11-10T03:00")
    put_on(alice, "basic")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    clock("2026-12-05T03:00")

    assert plans.grant_due() == 0


@pytest.mark.postgres
def test_sixteen_runs_at_once_grant_each_month_once(committing: None, make_user: Any) -> None:
    users = [make_user(f"user{number}") for number in range(5)]
    month_ago = timezone.now() - timedelta(days=31)
    for user in users:
        Membership.objects.create(user=user, plan=plan("basic"), since=month_ago, by=user, reason="Paid")

    outcomes = in_threads(16, lambda number: plans.grant_due())

    assert sum(outcomes) == 5 * len(jakarta.months(month_ago, timezone.now()))
    assert {Account.objects.get(pk=user.pk).available for user in users} == {sum(outcomes) // 5 * 1_000}
    assert list(ledger.audit()) == []


@pytest.mark.postgres
def test_sixteen_assignments_at_once_grant_the_month_of_the_largest(committing: None, make_user: Any) -> None:
    carol = make_user("carol")
    keys = ["basic", "pro"] * 8
    for key in set(keys):
        plan(key)

    outcomes = in_threads(16, lambda number: put_on(carol, keys[number]))

    assert all(isinstance(outcome, Membership) for outcome in outcomes)
    assert Account.objects.get(pk=carol.pk).available == 3_300
    assert list(ledger.audit()) == []


# ---- The history cannot be touched ---------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["UPDATE credits_membership SET reason = 'x'", "DELETE FROM credits_membership"])
def test_memberships_cannot_be_changed_or_deleted_by_sql(alice: User, statement: str) -> None:
    put_on(alice, "basic")

    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Membership.objects.get().reason == "For the test"


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["credits_entry", "credits_membership", "credits_quotause"])
def test_nothing_of_the_books_can_be_truncated(committing: None, make_user: Any, table: str) -> None:
    put_on(make_user("carol"), "basic")

    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")

    assert (Membership.objects.count(), Entry.objects.count()) == (1, 1)
