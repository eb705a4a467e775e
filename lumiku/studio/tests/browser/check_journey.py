"""A shop owner's whole way, from the first look to a link that has ended, on a phone and at a desk."""

import re
import secrets
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from lumiku.studio.tests.browser.accounts import PASSWORD
from lumiku.studio.tests.browser.hands import DONE, PAINTING, TILES, Hands
from lumiku.studio.tests.browser.watching import Watch

Open = Callable[..., tuple[BrowserContext, Watch]]


def test_a_visitor_becomes_a_seller_whose_pictures_are_seen_and_hidden_again(
    open_browser: Open, shape: dict[str, Any], tmp_path: Path
) -> None:
    context, _watch = open_browser(**shape)
    page = context.new_page()
    hands = Hands(page)

    picks_before_registering(hands)
    registers_from_the_log_in(hands)
    expect(page.locator("#place")).to_contain_text("Order 2 pictures")
    hands.place()
    hands.see_all(2)
    expect(page.locator("[data-balance]").first).to_have_text("40")

    opens_a_picture(page)
    changes_its_background(page)
    exports_it(page, tmp_path)
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    assert len(downloads_all(page, tmp_path)) >= 2

    address = shares_both(page)
    guest, guest_watch = open_browser(**shape)
    sees_the_share(guest.new_page(), address)
    ends_the_share(page)
    guest_watch.expect(r"^(404|410): ")
    finds_it_ended(guest.new_page(), address)


def picks_before_registering(hands: Hands) -> None:
    hands.page.goto("/")
    hands.pick(2)
    expect(hands.page.locator("#picks")).to_contain_text("2 poses")
    hands.click("#picks [data-order]")
    expect(hands.page).to_have_url(re.compile(r"/log-in\?next="))


def registers_from_the_log_in(hands: Hands) -> None:
    hands.click(hands.page.locator("main").get_by_role("link", name="Start free"))
    hands.register(f"{secrets.token_hex(5)}@example.com", PASSWORD)
    hands.page.wait_for_url("**/order")


def opens_a_picture(page: Page) -> None:
    page.locator(f"{DONE} .picture-open").first.click()
    expect(page.locator("#viewer [data-full]")).to_be_visible()


def changes_its_background(page: Page) -> None:
    page.locator('#viewer [data-fold="background"] > summary').click()
    page.locator("#viewer .ground-form button.primary").click()
    expect(page.locator('#viewer [data-toggle="compare"]')).to_be_visible(timeout=PAINTING)
    page.locator('#viewer [data-toggle="compare"]').click()
    expect(page.get_by_label("How much of the original is seen")).to_be_visible()


def exports_it(page: Page, folder: Path) -> None:
    if not page.locator('#viewer [data-fold="files"]').get_attribute("open"):
        page.locator('#viewer [data-fold="files"] > summary').click()
    with page.expect_download() as waiting:
        page.locator("#viewer .format-button").first.click()
    waiting.value.save_as(folder / waiting.value.suggested_filename)
    assert (folder / waiting.value.suggested_filename).stat().st_size > 10_000


def downloads_all(page: Page, folder: Path) -> list[str]:
    page.get_by_role("link", name="Download all").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download ZIP").click()
    waiting.value.save_as(folder / "all.zip")
    return [name for name in zipfile.ZipFile(folder / "all.zip").namelist() if not name.endswith((".json", ".csv"))]


def shares_both(page: Page) -> str:
    page.get_by_role("button", name="Select", exact=True).click()
    for tile in page.locator(f"{TILES} .picture-open").all():
        tile.click()
    expect(page.locator("[data-selected]")).to_have_text("2")
    page.locator("#selection").get_by_role("button", name="Share").click()
    page.get_by_label("Title").fill("New hijab collection")
    page.get_by_role("button", name="Make a link to 2 pictures").click()
    return page.locator("[data-share-address]").first.input_value()


def sees_the_share(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("New hijab collection")
    expect(page.locator(".shared-tile img")).to_have_count(2)
    page.locator(".shared-tile a").first.click()
    expect(page.locator("#lightbox")).to_be_visible()


def ends_the_share(page: Page) -> None:
    page.get_by_role("button", name="End link").click()
    page.locator("dialog[open]").get_by_role("button", name="End link").click()
    expect(page.get_by_role("heading", name="Ended")).to_be_visible()


def finds_it_ended(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link has ended")
    expect(page.locator("img")).to_have_count(0)


def test_four_clicks_lead_from_registration_to_the_first_picture(open_browser: Open, shape: dict[str, Any]) -> None:
    context, _watch = open_browser(**shape)
    hands = Hands(context.new_page())
    hands.page.goto("/register")

    hands.register(f"{secrets.token_hex(5)}@example.com", PASSWORD)
    hands.pick(1)
    hands.go_to_order()
    hands.place()
    hands.see_all(1)

    assert hands.clicks <= 4
