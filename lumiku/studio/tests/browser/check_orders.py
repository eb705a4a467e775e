"""An order in the middle of life: reloads, lost networks, second thoughts, second tabs, impatient fingers."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from lumiku.studio.tests.browser.accounts import CREDITS, PASSWORD, Seller
from lumiku.studio.tests.browser.hands import DONE, HEAD, PAINTING, TILES, Hands
from lumiku.studio.tests.browser.watching import Watch

Open = Callable[..., tuple[BrowserContext, Watch]]
PRICE = 30
OFFLINE = (r"ERR_INTERNET_DISCONNECTED", r"WebSocket connection to")


def sees_the_first(page: Page) -> None:
    """Wait until a picture has come, and make sure that others are still to come."""
    expect(page.locator(DONE).first).to_be_visible(timeout=PAINTING)
    expect(page.locator(HEAD)).to_have_attribute("data-status", "processing")


def orders_of(page: Page) -> int:
    page.goto("/orders")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page.locator("[data-row]").count()


def test_a_reload_in_the_middle_of_an_order_loses_nothing(hands: Hands) -> None:
    hands.order(4, variations=3)
    sees_the_first(hands.page)

    hands.page.reload()

    hands.see_all(12)


def test_what_came_while_the_network_was_away_is_there_when_it_is_back(
    hands: Hands, context: BrowserContext, watch: Watch, open_browser: Open, alice: Seller
) -> None:
    page, address = hands.page, hands.order(4, variations=3)
    sees_the_first(page)
    page.evaluate("() => { window.stayed = true; }")
    watch.expect(*OFFLINE)
    context.set_offline(True)
    expect(page.locator('[data-when="offline"]')).to_be_visible()

    elsewhere = Hands(open_browser(of=alice)[0].new_page())
    elsewhere.page.goto(address)
    elsewhere.see_all(12)
    context.set_offline(False)

    hands.see_all(12)
    expect(page.locator('[data-when="offline"]')).to_be_hidden()
    assert page.evaluate("() => window.stayed")


def test_what_had_not_begun_when_the_order_was_stopped_costs_nothing(hands: Hands) -> None:
    hands.order(5, variations=4)
    sees_the_first(hands.page)

    hands.click(hands.page.get_by_role("button", name="Stop the order"))
    hands.click(hands.page.locator("dialog[open]").get_by_role("button", name="Stop the order"))

    head = hands.page.locator(HEAD)
    expect(head).to_have_attribute("data-status", re.compile("partial|cancelled"), timeout=PAINTING)
    made = int(head.get_attribute("data-completed") or 0)
    expect(hands.page.locator(DONE)).to_have_count(made)
    expect(hands.page.locator(f'{TILES}[data-status="cancelled"]')).to_have_count(20 - made)
    expect(hands.page.locator("[data-balance]").first).to_have_text(f"{CREDITS - PRICE * made:,}")


def test_two_tabs_go_in_step(hands: Hands, context: BrowserContext) -> None:
    second = Hands(context.new_page())
    second.page.goto("/")
    hands.page.goto("/")
    hands.pick(3)
    expect(second.page.locator("#picks")).to_contain_text("3 poses")

    hands.go_to_order()
    second.page.goto(hands.place())

    hands.see_all(3)
    second.see_all(3)
    expect(second.page.locator("[data-balance]").first).to_have_text(f"{CREDITS - 3 * PRICE:,}")


def test_a_double_click_orders_once(hands: Hands) -> None:
    hands.page.goto("/")
    hands.pick(1)
    hands.go_to_order()

    hands.page.locator("#place").dblclick()
    hands.page.wait_for_url("**/orders/*")

    hands.see_all(1)
    assert orders_of(hands.page) == 1


def test_the_way_back_orders_nothing_again(hands: Hands) -> None:
    hands.order(1)
    hands.see_all(1)

    hands.page.go_back()
    expect(hands.page.get_by_role("heading", level=1)).to_be_visible()
    hands.page.go_forward()
    hands.see_all(1)

    assert orders_of(hands.page) == 1
    expect(hands.page.locator("[data-balance]").first).to_have_text(f"{CREDITS - PRICE:,}")


def test_too_few_credits_lead_to_what_fits_or_to_more(open_browser: Open, shape: dict[str, Any]) -> None:
    hands = Hands(open_browser(**shape)[0].new_page())
    hands.page.goto("/register")
    hands.register(f"{secrets.token_hex(5)}@example.com", PASSWORD)
    hands.pick(4)
    hands.go_to_order()
    price = hands.page.locator("#quote")
    expect(price).to_contain_text("20 credits")
    expect(price.get_by_role("link", name="Get more credits")).to_be_visible()

    hands.click(price.get_by_role("button", name="Make it 3 pictures"))

    expect(price).to_contain_text("Order 3 pictures")
    hands.place()
    hands.see_all(3)
    expect(hands.page.locator("[data-balance]").first).to_have_text("10")
