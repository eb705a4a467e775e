"""The poses of a day: never more than the plan gives, back to the day they came from, once."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from rest_framework.test import APIClient

from credits import quota
from credits.models import QuotaDay, QuotaUse
from credits.tests.members import put_on
from lumiku.testing import in_threads
from lumiku.users.models import User

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, 17, tzinfo=UTC)  # where the 23rd begins in Jakarta


def days(user: User) -> dict[date, int]:
    return dict(QuotaDay.objects.filter(user=user).values_list("day", "used"))


@pytest.fixture
def member(alice: User) -> User:
    put_on(alice, "unlimited")
    return alice


def test_an_order_takes_its_poses_and_the_next_what_is_left(member: User) -> None:
    quota.take(member.pk, 60, key="generation:1", at=NOON)
    quota.take(member.pk, 40, key="generation:2", at=NOON)

    with pytest.raises(quota.QuotaExceeded) as refusal:
        quota.take(member.pk, 1, key="generation:3", at=NOON)

    assert refusal.value.extra == {"required": 1, "left": 0, "resets_at": MIDNIGHT}
    assert days(member) == {date(2026, 11, 22): 100}
    assert QuotaUse.objects.count() == 2
    assert list(quota.audit()) == []


def test_an_order_larger_than_what_is_left_takes_nothing(member: User) -> None:
    quota.take(member.pk, 60, key="generation:1", at=NOON)

    with pytest.raises(quota.QuotaExceeded):
        quota.take(member.pk, 41, key="generation:2", at=NOON)

    assert days(member) == {date(2026, 11, 22): 60}


def test_midnight_in_jakarta_brings_new_ones(member: User) -> None:
    quota.take(member.pk, 100, key="generation:1", at=MIDNIGHT - timedelta(microseconds=1))
    quota.take(member.pk, 100, key="generation:2", at=MIDNIGHT)

    assert days(member) == {date(2026, 11, 22): 100, date(2026, 11, 23): 100}
    today = quota.of(member.pk, MIDNIGHT)
    assert today == quota.Quota(100, 100, MIDNIGHT + timedelta(days=1))


def test_a_pose_given_back_after_midnight_goes_to_the_day_it_came_from_and_once(member: User) -> None:
    quota.take(member.pk, 10, key="generation:1", at=MIDNIGHT - timedelta(seconds=1))
    quota.take(member.pk, 5, key="generation:2", at=MIDNIGHT)

    back = [quota.give_back("generation:1", ["result:1", "result:2"]) for _ in range(2)]

    assert back == [2, 0]
    assert days(member) == {date(2026, 11, 22): 8, date(2026, 11, 23): 5}
    assert list(quota.audit()) == []


def test_what_took_nothing_gives_nothing_back(member: User) -> None:
    assert quota.give_back("generation:1", ["result:1"]) == 0
    assert days(member) == {}


def test_who_has_no_daily_poses_is_told_to_pay_with_credits(alice: User) -> None:
    put_on(alice, "pro")

    with pytest.raises(quota.QuotaExceeded, match="no daily poses"):
        quota.take(alice.pk, 1, key="generation:1")

    assert quota.of(alice.pk) is None


def test_a_limit_that_was_lowered_leaves_none_and_not_fewer(alice: User) -> None:
    put_on(alice, "unlimited", daily_poses=100)
    quota.take(alice.pk, 80, key="generation:1", at=NOON)
    put_on(alice, "unlimited", daily_poses=50)

    today = quota.of(alice.pk, NOON)

    assert today is not None
    assert (today.used, today.limit, today.left) == (80, 50, 0)


def test_the_balance_shows_the_poses_of_today(as_alice: APIClient, member: User) -> None:
    quota.take(member.pk, 7, key="generation:1")

    shown = as_alice.get("/api/credits/balance").json()

    assert (shown["balance"], shown["held"]) == (1_000, 0)
    assert {**shown["quota"], "resetsAt": ""} == {"active": True, "used": 7, "limit": 100, "resetsAt": ""}
    resets_at = datetime.fromisoformat(shown["quota"]["resetsAt"])
    assert timedelta() < resets_at - datetime.now(UTC) <= timedelta(days=1)
    assert (resets_at.hour, resets_at.minute) == (17, 0)


def test_without_daily_poses_the_balance_shows_none(as_alice: APIClient, alice: User) -> None:
    assert as_alice.get("/api/credits/balance").json()["quota"] is None


class Sequences(TestCase):
    """Any order of takings and givings back leaves what a simple count leaves."""

    @settings(max_examples=50, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("take"), st.integers(1, 8), st.integers(0, 3)),
                st.tuples(st.just("back"), st.integers(0, 9), st.integers(0, 9)),
            ),
            max_size=30,
        )
    )
    def test_the_books_of_the_days_are_right(self, steps: list[tuple[str, int, int]]) -> None:
        dave = User.objects.create(email="dave@example.com")
        put_on(dave, "unlimited", daily_poses=10)
        used: dict[date, int] = {}
        orders: list[tuple[date, int]] = []
        back: set[tuple[int, int]] = set()
        for what, first, second in steps:
            if what == "take":
                moment = NOON + timedelta(days=second)
                day = date(2026, 11, 22) + timedelta(days=second)
                try:
                    quota.take(dave.pk, first, key=f"generation:{len(orders)}", at=moment)
                except quota.QuotaExceeded:
                    assert used.get(day, 0) + first > 10
                else:
                    used[day] = used.get(day, 0) + first
                    orders.append((day, first))
            elif first < len(orders) and second < orders[first][1]:
                new = quota.give_back(f"generation:{first}", [f"result:{first}-{second}"])
                assert new == ((first, second) not in back)
                used[orders[first][0]] -= new
                back.add((first, second))

        assert {day: number for day, number in days(dave).items() if number} == {d: n for d, n in used.items() if n}
        assert list(quota.audit()) == []


def take(user: User, index: int) -> QuotaUse:
    return quota.take(user.pk, 1, key=f"generation:{index}", at=NOON)


@pytest.mark.postgres
def test_of_a_hundred_takings_at_once_exactly_the_plans_number_succeed(committing: None, make_user: Any) -> None:
    carol = make_user("carol")
    put_on(carol, "unlimited", daily_poses=7)

    outcomes = in_threads(100, partial(take, carol))

    assert sum(isinstance(outcome, QuotaUse) for outcome in outcomes) == 7
    assert sum(isinstance(outcome, quota.QuotaExceeded) for outcome in outcomes) == 93
    assert list(days(carol).values()) == [7]
    assert list(quota.audit()) == []


@pytest.mark.postgres
def test_of_sixteen_ways_to_give_a_pose_back_at_once_one_counts(committing: None, make_user: Any) -> None:
    carol = make_user("carol")
    put_on(carol, "unlimited")
    quota.take(carol.pk, 10, key="generation:1", at=NOON)

    outcomes = in_threads(16, lambda index: quota.give_back("generation:1", ["result:1"]))

    assert sum(outcomes) == 1
    assert list(days(carol).values()) == [9]


# ---- What would be wrong, is named; what was written, stays --------------------------------------------------------


def test_the_audit_names_a_day_that_does_not_match_its_uses(member: User) -> None:
    quota.take(member.pk, 10, key="generation:1", at=NOON)
    QuotaDay.objects.update(used=3)

    assert ["says 3 poses used, its uses sum to 10" in fault for fault in quota.audit()] == [True]


def test_the_audit_names_an_order_that_gave_back_more_than_it_took(member: User) -> None:
    quota.take(member.pk, 5, key="generation:1", at=NOON)
    quota.take(member.pk, 1, key="generation:2", at=NOON)
    quota.give_back("generation:2", ["result:1", "result:2"])

    assert list(quota.audit()) == ["generation:2 took 1 daily poses and gave 2 back"]


@pytest.mark.parametrize("statement", ["UPDATE credits_quotause SET poses = 1", "DELETE FROM credits_quotause"])
def test_uses_cannot_be_changed_or_deleted_by_sql(member: User, statement: str) -> None:
    quota.take(member.pk, 5, key="generation:1")

    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert QuotaUse.objects.get().poses == 5
