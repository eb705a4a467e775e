"""Who is in and who is out: logging in, and being put out from elsewhere; operators and programmers get in too."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lumiku.management.stack import Stack
from lumiku.studio.tests.browser import accounts
from lumiku.studio.tests.browser.accounts import PASSWORD, Seller
from lumiku.studio.tests.browser.hands import PAINTING, Hands
from lumiku.studio.tests.browser.watching import Watch

Open = Callable[..., tuple[BrowserContext, Watch]]


def is_told(page: Page) -> None:
    """The page says that its seller was logged out, and a reload leads to the log-in."""
    expect(page.locator('[data-when="signed-out"]')).to_be_visible(timeout=PAINTING)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome back")


def test_alice_logs_in_and_is_where_she_wanted_to_go(open_browser: Open, alice: Seller) -> None:
    context, watch = open_browser()
    page = context.new_page()
    page.goto("/credits")
    page.get_by_label("E-mail").fill(alice.email)
    page.get_by_label("Password").fill("not her password")
    watch.expect(r"^40[013]: .*/log-in")
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()

    page.wait_for_url("**/credits")


def test_a_page_says_that_its_seller_logged_out_in_another_tab(hands: Hands, context: BrowserContext) -> None:
    hands.order(1)
    hands.see_all(1)
    other = context.new_page()
    other.goto("/account")
    other.locator(".top details.menu > summary").click()
    other.get_by_role("button", name="Log out").click()
    expect(other.locator("header").get_by_role("link", name="Start free")).to_be_visible()

    is_told(hands.page)


def test_a_new_password_puts_other_browsers_out_and_keeps_this_one(
    hands: Hands, open_browser: Open, alice: Seller
) -> None:
    hands.order(1)
    hands.see_all(1)
    here = open_browser()[0].new_page()
    here.goto("/log-in?next=/account")
    here.get_by_label("E-mail").fill(alice.email)
    here.get_by_label("Password").fill(PASSWORD)
    here.locator("main").get_by_role("button", name="Log in").click()
    here.wait_for_url("**/account")

    here.get_by_label("Password until now").fill(PASSWORD)
    here.get_by_label("New password").fill("a much better sentence")
    here.get_by_role("button", name="Set the new password").click()
    expect(here.locator("[data-toast]")).to_be_visible()

    is_told(hands.page)
    here.goto("/credits")
    expect(here.locator("[data-balance]").first).to_be_visible()


@pytest.mark.parametrize("path", ["/admin/", "/admin/pose_generator/generation/", "/admin/users/user/"])
def test_the_operators_desk_works_under_its_own_policy(open_browser: Open, stack: Stack, path: str) -> None:
    [operator] = accounts.make(stack, 1, is_staff=True)
    page = open_browser(of=operator)[0].new_page()

    page.goto(path, wait_until="load")

    expect(page.locator("#content, main").first).to_be_visible()
    assert "/login" not in page.url


def test_the_documentation_of_the_api_works_under_its_own_policy(open_browser: Open) -> None:
    page = open_browser()[0].new_page()

    page.goto("/api/docs")

    expect(page.locator(".swagger-ui .opblock").first).to_be_visible()
