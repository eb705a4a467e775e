"""The credits pages: what there is and where it went, in words and in files."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credits import jakarta, ledger, plans
from credits.models import Plan
from lumiku.testing import make_pose, order_for, work
from lumiku.users.models import User
from pose_generator import generations
from pose_generator.models import Pose, Project

PAGE, STATEMENT, FILE = "/credits", "/credits/statement", "/credits/history.csv"


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def seen(browser: Client, path: str = PAGE, **headers: str) -> str:
    return browser.get(path, headers=headers).content.decode()


def test_visitors_are_asked_to_log_in(client: Client, db: None) -> None:
    for path in (PAGE, STATEMENT, FILE):
        assert client.get(path).headers["Location"].startswith("/log-in?next=")


def test_the_balance_stands_in_credits_rupiah_and_pictures(browser: Client) -> None:
    page = seen(browser)

    assert "<b data-balance>1,000</b>" in page
    assert "Rp\u00a0100,000 · enough for 33 pictures" in page
    assert "<b data-balance>1.000</b>" in seen(browser, **{"Accept-Language": "id"})


def test_what_is_held_names_its_order(browser: Client, project: Project, pose: Pose) -> None:
    order = generations.place(project.owner, order_for(project, [pose], variations=2))

    held = seen(browser).partition("data-held")[2].partition("</div>")[0]

    assert "60 credits" in held and "2 pictures in Spring" in held
    assert reverse("studio:generation", args=[order.pk]) in held
    work()
    assert "data-held" not in seen(browser)


def test_credits_that_end_are_told_before_they_do(browser: Client, alice: User) -> None:
    ends = timezone.now() + timedelta(days=8)
    ledger.grant(alice, 40, key="gift", note="A gift", expires_at=ends)

    told = seen(browser).partition("data-ends")[2].partition("</div>")[0]

    assert '<span class="number">40</span>' in told


def test_the_plan_shows_what_is_left_of_the_day(
    browser: Client, alice: User, staff: User, project: Project, pose: Pose
) -> None:
    assert "data-quota" not in seen(browser)
    plans.assign(alice, Plan.objects.get(key="unlimited"), by=staff, reason="Bought")
    generations.place(project.owner, order_for(project, [pose], variations=3))

    page = seen(browser)

    assert 'aria-label="97 of 100 poses left today"' in page
    assert 'stroke-dasharray="97 100"' in page


def test_prices_packs_and_plans_are_told(browser: Client, settings: Any) -> None:
    settings.PRICES = {**settings.PRICES, "pose": 31}
    settings.TOP_UP_CONTACT = "shop@example.com"

    page = seen(browser)

    assert "<b>31</b>" in page
    for price in ("50,000", "145,000", "370,000", "99,000", "299,000", "499,000"):
        assert f"Rp&nbsp;{price}" in page
    assert 'href="mailto:shop@example.com"' in page


def lines_of(browser: Client, query: str = "") -> list[tuple[str, str]]:
    found = browser.get(f"{PAGE}{query}").context["lines"]
    return [(line.title, line.entry.kind) for line in found]


def test_the_history_says_what_each_entry_was_for(browser: Client, project: Project) -> None:
    generations.place(project.owner, order_for(project, [make_pose("standing"), make_pose("sitting")]))
    order = project.generations.get()
    generations.cancel(order)

    lines = lines_of(browser)
    assert set(lines[:2]) == {
        ("Given back: picture 1, Standing", "release"),
        ("Given back: picture 2, Sitting", "release"),
    }
    assert lines[2:] == [("Order of 2 pictures", "hold"), ("Credits added", "grant")]
    assert reverse("studio:receipt", args=[order.pk]) in seen(browser)


def test_paid_pictures_are_looked_at_by_themselves(browser: Client, project: Project, pose: Pose) -> None:
    generations.place(project.owner, order_for(project, [pose]))
    work()

    assert lines_of(browser, "?show=paid") == [("Paid: picture 1, Standing", "capture")]
    assert lines_of(browser, "?show=orders") == [("Order of 1 picture", "hold")]
    assert lines_of(browser, "?show=expired") == []
    assert len(lines_of(browser, "?show=nonsense")) == 2


def test_a_refund_says_the_operators_reason(browser: Client, alice: User, staff: User) -> None:
    hold = ledger.hold(alice, 30, key="generation:of-nobody")
    ledger.refund(ledger.capture(hold, 30, key="result:of-nobody"), actor=staff, note="The hands were wrong")

    page = seen(browser)

    assert "The hands were wrong" in page
    assert ("Refunded", "refund") in lines_of(browser)


def test_the_receipt_of_a_deleted_order_is_not_linked(browser: Client, project: Project, pose: Pose) -> None:
    order = generations.place(project.owner, order_for(project, [pose]))
    work()
    generations.discard(order)

    assert reverse("studio:receipt", args=[order.pk]) not in seen(browser)
    assert ("Order of 1 picture", "hold") in lines_of(browser)


def test_a_month_is_looked_at_by_itself(browser: Client) -> None:
    this = jakarta.month(timezone.now())

    assert len(lines_of(browser, f"?month={this}")) == 1
    assert len(lines_of(browser, "?month=2001-01")) == 1  # before the first entry: not a choice, so every month


def test_a_long_history_has_pages_and_a_fixed_number_of_queries(
    browser: Client, alice: User, project: Project, pose: Pose, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        generations.place(project.owner, order_for(project, [pose]))

    with django_assert_max_num_queries(26):
        first = browser.get(PAGE)
    assert len(first.context["lines"]) == 25
    assert len(lines_of(browser, "?page=2")) == 6
    assert "page=2" in first.content.decode()


def test_the_file_is_the_callers_history(browser: Client) -> None:
    answer = browser.get(FILE)

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lumiku-credits-all.csv"'
    assert browser.get(f"{FILE}?month=13").status_code == 400


def test_the_statement_adds_up_and_links_its_receipts(browser: Client, project: Project, pose: Pose) -> None:
    order = generations.place(project.owner, order_for(project, [pose], variations=2))
    work()

    page = seen(browser, STATEMENT)

    assert reverse("studio:receipt", args=[order.pk]) in page
    assert "Order of 2 pictures" in page
    assert "<b>940</b>" in page


def test_a_month_that_is_none_is_refused_with_a_sentence(browser: Client) -> None:
    answer = browser.get(f"{STATEMENT}?month=yesterday")

    assert answer.status_code == 400
    assert "Give the month like 2026-11." in answer.content.decode()


def test_a_stranger_sees_only_what_is_theirs(client: Client, bob: User, project: Project, pose: Pose) -> None:
    order = generations.place(project.owner, order_for(project, [pose]))
    client.force_login(bob)

    assert str(order.pk) not in seen(client) + seen(client, STATEMENT)
    assert lines_of(client) == [("Credits added", "grant")]
