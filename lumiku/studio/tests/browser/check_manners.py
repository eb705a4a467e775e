"""For everybody: by keyboard alone, in two languages, in the dark, without motion, whatever people name things."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from lumiku.management.stack import Stack
from lumiku.studio.tests.browser import exhibits
from lumiku.studio.tests.browser.accounts import Seller
from lumiku.studio.tests.browser.hands import DONE, PAINTING, Hands
from lumiku.studio.tests.browser.watching import Watch

Open = Callable[..., tuple[BrowserContext, Watch]]
_MOVING = """() => document.getAnimations().filter((motion) =>
  motion.playState === "running" && motion.effect.getComputedTiming().duration > 50).length"""
_BRIGHTNESS = """() => {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(document.body).backgroundColor;
  probe.fillRect(0, 0, 1, 1);
  return Math.max(...probe.getImageData(0, 0, 1, 1).data.slice(0, 3));
}"""
_INJECT = """() => {
  const script = document.createElement("script");
  script.textContent = "window.hit = 1";
  document.body.append(script);
}"""


def test_the_keyboard_alone_picks_orders_and_looks(open_browser: Open, alice: Seller) -> None:
    hands = Hands(open_browser(of=alice)[0].new_page())
    page, press = hands.page, hands.page.keyboard.press
    page.goto("/")
    hands.tab_to("[data-pick]")
    press("Space")
    press("ArrowRight")
    press("Space")
    expect(page.locator("#picks")).to_contain_text("2 poses")

    press("Home")
    hands.tab_to("#picks [data-order]", key="Shift+Tab", most=5)
    press("Enter")
    page.wait_for_url("**/order")
    hands.tab_to("#place")
    press("Enter")
    page.wait_for_url("**/orders/*")
    hands.see_all(2)

    hands.tab_to(f"{DONE} .picture-open")
    press("Enter")
    first = page.locator("#viewer [data-viewer]").get_attribute("data-viewer")
    press("ArrowRight")
    expect(page.locator("#viewer [data-viewer]")).not_to_have_attribute("data-viewer", first or "")
    press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    assert page.evaluate("() => document.activeElement.matches('.picture-open')")


def open_menu(page: Page) -> None:
    page.locator(".top details.menu > summary").click()


def test_alice_reads_indonesian_and_english(page: Page) -> None:
    page.goto("/")
    open_menu(page)
    page.get_by_role("button", name="Bahasa Indonesia").click()
    expect(page.locator("html")).to_have_attribute("lang", "id")
    page.goto("/orders")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pesanan")
    expect(page.locator("[data-purse]")).to_contain_text("5.000")

    open_menu(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    expect(page.locator("[data-purse]")).to_contain_text("5,000")


def test_a_browser_says_its_language_without_being_asked(open_browser: Open) -> None:
    page = open_browser(locale="id-ID")[0].new_page()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "id")


def test_the_dark_stays_dark(page: Page) -> None:
    page.goto("/orders")
    assert page.evaluate(_BRIGHTNESS) > 200
    open_menu(page)
    page.locator('[data-theme-choice="dark"]').click()
    assert page.evaluate(_BRIGHTNESS) < 60

    page.goto("/credits")
    assert page.evaluate(_BRIGHTNESS) < 60
    expect(page.locator('[data-theme-choice="dark"]')).to_have_attribute("aria-pressed", "true")


def test_nothing_moves_for_whoever_wants_no_motion(open_browser: Open, alice: Seller, shape: dict[str, Any]) -> None:
    hands = Hands(open_browser(of=alice, reduced_motion="reduce", **shape)[0].new_page())
    hands.order(4, variations=2)
    expect(hands.page.locator(DONE).first).to_be_visible(timeout=PAINTING)
    assert hands.page.evaluate(_MOVING) == 0

    hands.see_all(8)
    hands.page.locator(f"{DONE} .picture-open").first.click()
    expect(hands.page.locator("#viewer [data-full]")).to_be_visible()
    assert hands.page.evaluate(_MOVING) == 0


def test_a_script_in_a_name_is_only_text(open_browser: Open, stack: Stack) -> None:
    shown = exhibits.make(stack, mark=exhibits.HOSTILE)
    seller, watch = open_browser(of=shown.sellers[exhibits.SELLER])
    watch.expect(r"^(404|410): .*/(s/|nowhere)")
    page, seen = seller.new_page(), 0
    for _who, path in shown.pages.values():
        page.goto(path)
        assert page.evaluate("() => window.hit") is None, path
        seen += exhibits.HOSTILE in page.locator("body").inner_text()
    assert seen >= 8


def test_a_script_that_got_into_a_page_does_not_run(page: Page, watch: Watch) -> None:
    watch.expect("policy violated: script-src", "Content Security Policy")
    page.goto("/orders")

    page.evaluate(_INJECT)

    assert page.evaluate("() => window.hit") is None
    assert watch.faults == []
