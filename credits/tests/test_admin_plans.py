"""What operators may do with plans: assign one for a reason, edit what is sold, look at the rest."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from credits import ledger, plans, quota
from credits.models import Account, Entry, Membership, Plan, QuotaDay, QuotaUse
from credits.tests.members import plan, put_on
from lumiku.tests.people import make_staff, make_superuser, make_user, signed_in
from lumiku.users.models import User

pytestmark = pytest.mark.django_db

ASSIGN = "admin:credits_account_assign"
CLERK = ["credits.view_account", "users.view_user", "credits.add_membership"]


@pytest.fixture(autouse=True)
def limits_on(settings: Any) -> None:
    settings.LIMITS_ON = True
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


def make_account() -> User:
    user = make_user()
    ledger.grant(user, 100, key=f"bonus:{user.pk}", note="Registration bonus")
    return user


def press(client: Any, user: User, **body: Any) -> Any:
    return client.post(reverse(ASSIGN, args=[user.pk]), {"reason": "Paid by transfer", **body}, follow=True)


def test_an_assigned_plan_is_a_row_with_who_and_why_and_the_month_is_there(monkeypatch: Any) -> None:
    alice, clerk = make_account(), make_staff(*CLERK)

    answer = press(signed_in(clerk), alice, plan=plan("pro").pk)

    assert "alice@example.com is on the plan Pro now" in answer.content.decode()
    row = Membership.objects.get()
    assert (row.user, row.plan.key, row.by, row.reason, row.until) == (alice, "pro", clerk, "Paid by transfer", None)
    assert Account.objects.get(pk=alice.pk).available == 3_400


def test_the_page_says_what_the_customer_has_today() -> None:
    alice = make_account()
    put_on(alice, "unlimited", daily_poses=50)
    quota.take(alice.pk, 20, key="generation:1")

    page = signed_in(make_staff(*CLERK)).get(reverse(ASSIGN, args=[alice.pk])).content.decode()

    assert "on the plan Unlimited and has used 20 of 50 poses today" in re.sub(r"<[^>]+>", "", page)


def test_a_number_of_poses_and_a_last_day_of_ones_own_are_kept() -> None:
    alice = make_account()

    press(signed_in(make_staff(*CLERK)), alice, plan=plan("unlimited").pk, daily_poses=250, last_day="2099-12-31")

    row = Membership.objects.get()
    assert (row.daily_poses, row.until) == (250, datetime(2099, 12, 31, 17, tzinfo=UTC))


@pytest.mark.parametrize(
    "wrong", [{"reason": "  "}, {"plan": ""}, {"plan": "999"}, {"daily_poses": "-1"}, {"last_day": "soon"}]
)
def test_a_form_that_lacks_something_assigns_nothing(wrong: dict[str, str]) -> None:
    alice = make_account()

    answer = press(signed_in(make_staff(*CLERK)), alice, **{"plan": str(plan("pro").pk), **wrong})

    assert set(answer.context["form"].errors) == set(wrong)
    assert not Membership.objects.exists()


def test_a_last_day_that_has_passed_and_a_withdrawn_plan_are_refused() -> None:
    alice = make_account()
    client = signed_in(make_staff(*CLERK))
    Plan.objects.filter(key="basic").update(is_active=False)

    passed = press(client, alice, plan=plan("pro").pk, last_day="2020-01-01")
    withdrawn = press(client, alice, plan=plan("basic").pk)

    assert "A plan must end in the future" in passed.content.decode()
    assert "plan" in withdrawn.context["form"].errors
    assert not Membership.objects.exists()


def test_staff_who_may_not_assign_can_neither_see_nor_send_the_form() -> None:
    alice = make_account()
    client = signed_in(make_staff("credits.view_account", "users.view_user", "credits.add_entry"))

    looked = client.get(reverse(ASSIGN, args=[alice.pk]))
    pressed = press(client, alice, plan=plan("pro").pk)

    assert (looked.status_code, pressed.status_code) == (403, 403)
    assert plans.of(alice.pk).key == "free"


def test_a_plan_can_be_edited_but_neither_renamed_in_code_nor_deleted() -> None:
    client = signed_in(make_superuser())
    basic = plan("basic")
    address = reverse("admin:credits_plan_change", args=[basic.pk])

    client.post(
        address,
        {"key": "cheap", "name": "Starter", "price": 89_000, "monthly_credits": 900, "daily_poses": 0, "priority": 1},
    )
    deleted = client.post(reverse("admin:credits_plan_delete", args=[basic.pk]), {"post": "yes"})

    basic.refresh_from_db()
    assert (basic.key, basic.name, basic.monthly_credits, deleted.status_code) == ("basic", "Starter", 900, 403)


@pytest.mark.parametrize("model", ["membership", "quotaday", "quotause", "audit"])
def test_memberships_days_uses_and_audits_cannot_be_added_changed_or_deleted(model: str) -> None:
    alice = make_account()
    put_on(alice, "unlimited")
    use = quota.take(alice.pk, 5, key="generation:1")
    pk = {"membership": Membership.objects.get().pk, "quotaday": use.day_id, "quotause": use.pk, "audit": 1}[model]
    client = signed_in(make_superuser())

    codes = [
        client.get(reverse(f"admin:credits_{model}_add")).status_code,
        client.post(reverse(f"admin:credits_{model}_add"), {"used": 0}).status_code,
        client.post(reverse(f"admin:credits_{model}_change", args=[pk]), {"used": 0}).status_code,
        client.post(reverse(f"admin:credits_{model}_delete", args=[pk]), {"post": "yes"}).status_code,
    ]

    assert set(codes) <= ({403} if model != "audit" else {403, 302})
    assert (QuotaDay.objects.get().used, QuotaUse.objects.count(), Membership.objects.count()) == (5, 1, 1)


def test_a_gesture_may_have_a_last_day() -> None:
    alice = make_account()
    client = signed_in(make_superuser())

    client.post(
        reverse("admin:credits_account_give", args=[alice.pk]),
        {"key": str(uuid.uuid4()), "amount": 50, "reason": "Trying out", "last_day": "2099-12-31"},
    )

    entry = Entry.objects.get(key__startswith="gesture:")
    assert (entry.available, entry.expires_at) == (50, datetime(2099, 12, 31, 17, tzinfo=UTC))
