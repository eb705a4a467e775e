"""What pays for an order: credits or the poses of the day, all of it, and what is not delivered goes back there."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from credits import ledger, quota
from credits.models import Account, Entry, QuotaDay, QuotaUse
from credits.tests.members import put_on
from lumiku.testing import API, events_of, make_pose, order_for, sums_match, work
from lumiku.users.models import User
from pose_generator import fallback, generations, orders, pricing, refunds, settlement, window
from pose_generator.models import Generation, Pose, Project, Result


@pytest.fixture
def member(alice: User) -> User:
    """Alice with ten poses a day and 1,000 credits."""
    put_on(alice, "unlimited", daily_poses=10)
    return alice


@pytest.fixture
def body(project: Project, pose: Pose) -> dict[str, Any]:
    return {
        "projectId": str(project.pk),
        "generationType": "GALLERY_REFERENCE",
        "selectedPoseIds": [str(pose.pk)],
        "batchSize": 4,
    }


def used(user: User) -> int:
    return sum(QuotaDay.objects.filter(user=user).values_list("used", flat=True))


def credits_of(user: User) -> tuple[int, int]:
    account = Account.objects.get(pk=user.pk)
    return account.available, account.held


# ---- Which of the two ----------------------------------------------------------------------------------------------


@given(
    st.sampled_from(["", "quota", "credits", "quota_then_credits"]),
    st.integers(1, 500),
    st.integers(0, 300),
    st.integers(0, 300),
)
def test_the_quota_pays_only_for_what_fits_and_never_against_the_customers_word(
    pay_with: str, pictures: int, limit: int, used: int
) -> None:
    left = max(0, limit - used)

    payer = pricing.payer(pay_with, pictures, limit=limit, left=left)

    assert payer != "quota" or (pictures <= left and pay_with != "credits")
    assert payer is not None or (pay_with in ("", "quota") and pictures > left)
    if pay_with == "":
        assert (payer == "credits") == (limit == 0)
    if pay_with == "quota":
        assert payer != "credits"
    if pay_with == "quota_then_credits":
        assert payer == ("quota" if pictures <= left else "credits")


@pytest.mark.parametrize(
    ("pay_with", "paid_by", "total"), [(None, "quota", 0), ("quota", "quota", 0), ("credits", "credits", 120)]
)
def test_the_quote_says_what_pays_and_the_order_does_as_it_said(
    as_alice: APIClient, member: User, body: dict[str, Any], pay_with: str | None, paid_by: str, total: int
) -> None:
    asked = {**body, "payWith": pay_with} if pay_with else body

    quote = as_alice.post(f"{API}/quote", asked).json()
    placed = as_alice.post(f"{API}/generate", {**asked, "expectedCredits": quote["total"]})

    assert (quote["paidBy"], quote["total"], quote["sufficient"]) == (paid_by, total, True)
    assert (placed.status_code, placed.json()["creditCharged"]) == (202, total)
    assert used(member) == (4 if paid_by == "quota" else 0)
    assert credits_of(member) == (1_000 - total, total)


def test_a_background_needs_no_pose_of_its_own(as_alice: APIClient, member: User, body: dict[str, Any]) -> None:
    colored = {**body, "backgroundMode": "solid_color", "backgroundColor": "#FF8800"}

    quote = as_alice.post(f"{API}/quote", colored).json()
    as_alice.post(f"{API}/generate", colored)

    assert (quote["total"], quote["backgroundCredits"]) == (0, 0)
    assert used(member) == 4
    assert set(Result.objects.values_list("price", "background_price")) == {(0, 0)}


@pytest.mark.parametrize("pay_with", [None, "quota"])
@pytest.mark.parametrize("route", ["quote", "generate"])
def test_an_order_that_does_not_fit_is_refused_whole_and_nothing_moves(
    as_alice: APIClient, member: User, body: dict[str, Any], pay_with: str | None, route: str
) -> None:
    quota.take(member.pk, 7, key="generation:earlier")

    answer = as_alice.post(f"{API}/{route}", {**body, **({"payWith": pay_with} if pay_with else {})})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "quota_exceeded")
    assert (error["required"], error["left"]) == (4, 3)
    assert "resetsAt" in error
    assert (used(member), credits_of(member)) == (7, (1_000, 0))
    assert not Generation.objects.exists()


def test_quota_then_credits_pays_the_whole_of_an_order_that_does_not_fit_with_credits(
    as_alice: APIClient, member: User, body: dict[str, Any]
) -> None:
    asked = {**body, "payWith": "quota_then_credits"}

    paid = [as_alice.post(f"{API}/generate", asked).json()["creditCharged"] for _ in range(3)]

    assert paid == [0, 0, 120]  # 4, 8, and then only 2 are left
    assert used(member) == 8
    assert credits_of(member) == (880, 120)


def test_somebody_without_daily_poses_pays_with_credits(as_alice: APIClient, alice: User, body: dict[str, Any]) -> None:
    put_on(alice, "pro")

    placed = as_alice.post(f"{API}/generate", body).json()
    refused = as_alice.post(f"{API}/generate", {**body, "payWith": "quota"})

    assert placed["creditCharged"] == 120
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "quota_exceeded")
    assert not QuotaUse.objects.exists()


def test_too_few_credits_for_what_the_quota_does_not_pay_are_a_402(
    as_alice: APIClient, make_user: Any, alice: User, body: dict[str, Any]
) -> None:
    put_on(alice, "unlimited", daily_poses=3)
    hold = ledger.hold(alice, 900, key="generation:earlier")

    answer = as_alice.post(f"{API}/generate", {**body, "payWith": "quota_then_credits"})

    assert (answer.status_code, answer.json()["error"]["required"]) == (402, 120)
    assert (used(alice), credits_of(alice)) == (0, (100, hold.held))


# ---- Premium -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plan", "status"), [("free", 403), ("basic", 403), ("pro", 202), ("unlimited", 202)])
def test_premium_poses_come_with_the_plans_that_have_them(
    as_alice: APIClient, alice: User, body: dict[str, Any], plan: str, status: int
) -> None:
    put_on(alice, plan)
    premium = make_pose("premium", is_premium=True)

    answer = as_alice.post(f"{API}/generate", {**body, "selectedPoseIds": [str(premium.pk)]})

    assert answer.status_code == status
    assert status == 202 or answer.json()["error"]["code"] == "premium_required"


def test_a_premium_pose_is_not_retried_after_the_plan_has_gone(alice: User, project: Project) -> None:
    put_on(alice, "pro")
    row = generations.place(alice, order_for(project, [make_pose("premium", is_premium=True)]))
    settlement.fail(row.results.get(), "busy")
    put_on(alice, "free")

    with pytest.raises(orders.PremiumRequired):
        generations.retry(alice, row)


# ---- How it ends ---------------------------------------------------------------------------------------------------


def test_what_fails_gives_its_pose_back_and_what_is_delivered_keeps_it(
    as_alice: APIClient, member: User, project: Project, pose: Pose
) -> None:
    row = generations.place(member, order_for(project, [pose], variations=4))
    settlement.fail(row.results.get(number=0), "moderated")
    work()

    assert used(member) == 3
    assert credits_of(member) == (1_000, 0)
    assert not Entry.objects.exclude(kind="grant").exists()
    shown = as_alice.get(f"{API}/generations/{row.pk}/results").json()["generation"]
    assert (shown["status"], shown["creditCharged"], shown["creditRefunded"]) == ("partial", 0, 0)
    assert as_alice.get(f"{API}/generations/{row.pk}").json()["generation"]["creditCharged"] == 0
    assert events_of(member)[-1].data["credit_refunded"] == 0
    sums_match()


def test_the_same_picture_gives_its_pose_back_once(member: User, project: Project, pose: Pose) -> None:
    row = generations.place(member, order_for(project, [pose], variations=2))
    stale = row.results.get(number=0)

    ended = [settlement.fail(stale, "busy"), settlement.fail(stale, "busy"), settlement.succeed(stale, image="x")]
    quota.give_back(f"generation:{row.pk}", [f"result:{stale.pk}"])

    assert ended == [True, False, False]
    assert used(member) == 1


def test_a_cancelled_order_gives_back_what_waits(member: User, project: Project, pose: Pose) -> None:
    row = generations.place(member, order_for(project, [pose], variations=4))
    first = row.results.get(number=0)
    started = settlement.start(first.pk, by="worker")
    assert started is not None

    generations.cancel(row)

    assert used(member) == 1
    settlement.succeed(started, image="results/x.png")
    assert used(member) == 1
    sums_match()


def test_a_pose_given_back_goes_to_the_day_of_the_order(member: User, project: Project, pose: Pose) -> None:
    row = generations.place(member, order_for(project, [pose], variations=2))
    yesterday = QuotaDay.objects.get().day - timedelta(days=1)
    QuotaDay.objects.update(day=yesterday)
    quota.take(member.pk, 5, key="generation:today")

    generations.cancel(row)

    assert dict(QuotaDay.objects.values_list("day", "used")) == {
        yesterday: 0,
        yesterday + timedelta(days=1): 5,
    }


def test_a_retry_is_paid_by_what_paid_for_the_order(member: User, project: Project, pose: Pose) -> None:
    by_quota = generations.place(member, order_for(project, [pose]))
    by_credits = generations.place(member, order_for(project, [pose], pay_with="credits"))
    for row in (by_quota, by_credits):
        settlement.fail(row.results.get(), "busy")

    again = [generations.retry(member, row) for row in (by_quota, by_credits)]

    assert [row.hold is None for row in again] == [True, False]
    assert used(member) == 1
    assert credits_of(member) == (970, 30)


def test_a_retry_by_a_quota_that_is_used_up_is_refused(member: User, project: Project, pose: Pose) -> None:
    row = generations.place(member, order_for(project, [pose]))
    settlement.fail(row.results.get(), "busy")
    quota.take(member.pk, 10, key="generation:all")

    with pytest.raises(quota.QuotaExceeded):
        generations.retry(member, row)

    assert Generation.objects.count() == 1


def test_the_receipt_says_which_poses_of_which_day_paid(
    as_alice: APIClient, member: User, project: Project, pose: Pose
) -> None:
    row = generations.place(member, order_for(project, [pose], variations=3))
    settlement.fail(row.results.get(number=1), "moderated")
    work()

    receipt = as_alice.get(f"{API}/generations/{row.pk}/receipt").json()

    assert (receipt["paidBy"], receipt["holdEntryId"], receipt["held"], receipt["stillHeld"]) == ("quota", None, 0, 0)
    assert {**receipt["quota"], "day": ""} == {"day": "", "taken": 3, "givenBack": 1}
    assert date.fromisoformat(receipt["quota"]["day"]) == QuotaDay.objects.get().day
    assert [line["quotaGivenBack"] for line in receipt["poses"]] == [False, True, False]
    assert all((line["price"], line["entries"]) == (0, []) for line in receipt["poses"])


def test_a_picture_that_a_quota_paid_for_has_nothing_to_refund(
    member: User, staff: User, project: Project, pose: Pose
) -> None:
    row = generations.place(member, order_for(project, [pose]))
    work()

    assert refunds.refund(refunds.captures_of(row), actor=staff, note="Six fingers") == 0
    assert (used(member), credits_of(member)) == (1, (1_000, 0))


def test_an_order_by_quota_takes_as_many_queries_for_ten_pictures_as_for_two(
    member: User, project: Project, pose: Pose
) -> None:
    counts = []
    for number in (1, 2, 7):
        with CaptureQueriesContext(connection) as queries:
            generations.place(member, order_for(project, [pose], variations=number))
        counts.append(len(queries))

    assert counts[1] == counts[2]


# ---- Who takes over ------------------------------------------------------------------------------------------------


def test_each_plan_has_its_own_list_of_who_takes_over(alice: User, bob: User, settings: Any) -> None:
    settings.FALLBACKS = {"default": ["endpoint"], "pro": ["fal", "endpoint"], "basic": []}
    put_on(alice, "pro")

    assert fallback.list_of(alice.pk) == ["fal", "endpoint"]
    assert fallback.list_of(bob.pk) == ["endpoint"]
    put_on(alice, "unlimited")
    assert fallback.list_of(alice.pk) == ["endpoint"]
    put_on(alice, "basic")
    assert fallback.list_of(alice.pk) == []


# ---- Who starts first ----------------------------------------------------------------------------------------------


def test_a_plan_order_starts_before_an_older_free_one(
    alice: User, bob: User, project: Project, pose: Pose, settings: Any
) -> None:
    settings.WORKER_CONCURRENCY = 3
    put_on(bob, "basic")
    generations.place(alice, order_for(project, [pose], variations=3))
    generations.place(bob, order_for(Project.objects.create(owner=bob, name="Bob's"), [pose], variations=2))

    taken = Result.objects.filter(pk__in=[pk for pk, _queue in window.take()])

    assert sorted(row.generation.owner.name for row in taken.select_related("generation__owner")) == [
        "alice",
        "bob",
        "bob",
    ]


def test_a_free_order_of_two_minutes_shares_with_the_plans(
    alice: User, bob: User, project: Project, pose: Pose, settings: Any
) -> None:
    settings.WORKER_CONCURRENCY = 4
    put_on(bob, "basic")
    old = generations.place(alice, order_for(project, [pose], variations=4))
    Generation.objects.filter(pk=old.pk).update(created_at=old.created_at - window.AGED)
    generations.place(bob, order_for(Project.objects.create(owner=bob, name="Bob's"), [pose], variations=4))

    taken = Result.objects.filter(pk__in=[pk for pk, _queue in window.take()])

    assert sorted(row.generation.owner.name for row in taken.select_related("generation__owner")) == [
        "alice",
        "alice",
        "bob",
        "bob",
    ]
