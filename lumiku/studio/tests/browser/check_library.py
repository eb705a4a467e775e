"""Finding a pose, keeping it, and saying who wears what is sold."""

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from lumiku.studio.tests.browser.accounts import CREDITS
from lumiku.studio.tests.browser.hands import CARDS, PAINTING, Hands

PAGE = 24


def found(page: Page) -> Locator:
    return page.locator("#results [role=status] b")


def test_the_grid_goes_on_by_itself(page: Page) -> None:
    page.goto("/")
    expect(page.locator(CARDS)).to_have_count(PAGE)

    page.locator(CARDS).last.scroll_into_view_if_needed()
    page.locator("[data-more]").scroll_into_view_if_needed()

    expect(page.locator(CARDS).nth(PAGE)).to_be_attached()


def test_a_search_follows_the_typing_and_the_way_back(page: Page) -> None:
    page.goto("/")
    everything = found(page).inner_text()

    page.get_by_role("searchbox").press_sequentially("bag", delay=20)
    expect(found(page)).not_to_have_text(everything)
    expect(page).to_have_url(re.compile(r"\?search=bag$"))
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("bag")

    page.get_by_role("link", name="Clear filters").click()
    expect(found(page)).to_have_text(everything)


def test_a_kept_pose_is_found_again(page: Page) -> None:
    page.goto("/")
    heart = page.locator(".pose-heart").first
    name = page.locator(CARDS).first.get_attribute("aria-label") or ""
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")

    page.goto("/?favorites=true")

    expect(page.locator(CARDS)).to_have_count(1)
    expect(page.locator(CARDS)).to_have_attribute("aria-label", name)


def test_shift_picks_a_whole_row_and_a_slip_is_undone(page: Page) -> None:
    page.goto("/")
    page.locator(CARDS).nth(0).click()
    page.locator(CARDS).nth(4).click(modifiers=["Shift"])
    expect(page.locator("#picks")).to_contain_text("5 poses")

    page.get_by_role("button", name="Clear all").click()
    expect(page.locator(f'{CARDS}[aria-checked="true"]')).to_have_count(0)
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(f'{CARDS}[aria-checked="true"]')).to_have_count(5)


def test_a_photo_finds_the_poses_that_are_like_it(page: Page, tmp_path: Path) -> None:
    page.goto("/")
    page.locator(".pose-name").first.click()
    drawing = page.locator("[data-preview]").get_attribute("src") or ""
    photo = tmp_path / "photo.png"
    photo.write_bytes(page.request.get(drawing).body())
    with Image.open(photo) as picture:
        picture.convert("RGB").save(photo)

    page.goto("/poses/find")
    page.locator("[data-photo]").set_input_files(photo)

    expect(page.get_by_role("heading", name="Poses like it, the nearest first")).to_be_visible(timeout=PAINTING)
    expect(page.locator(CARDS).first).to_be_visible()


def test_a_ready_made_model_is_made_right_where_it_is_needed(hands: Hands) -> None:
    page = hands.page
    page.goto("/")
    hands.pick(1)
    hands.go_to_order()
    page.get_by_role("button", name="Ready-made").click()
    page.locator("#preset-dialog .person").nth(1).click()
    page.locator("#preset-dialog button[type=submit]").click()

    expect(page.locator("#preset-dialog")).to_be_hidden()
    expect(page.locator("#people input:checked")).to_have_count(1)
    expect(page.locator("#people img.person-face")).to_be_visible(timeout=PAINTING)
    expect(page.locator("[data-balance]").first).to_have_text(f"{CREDITS - 8:,}")
    hands.place()
    hands.see_all(1)


def test_a_wish_is_asked_for_and_waits(page: Page) -> None:
    page.goto("/wishes")
    page.get_by_role("link", name="Ask for a pose").first.click()
    page.get_by_label("What does the body do?").fill("Tying a headscarf in front of a mirror")
    page.get_by_role("button", name="Send the wish").click()

    page.goto("/wishes?show=mine")

    expect(page.get_by_text("Tying a headscarf in front of a mirror")).to_be_visible()
    expect(page.get_by_text("We are reading it")).to_be_visible()
