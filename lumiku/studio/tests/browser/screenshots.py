"""`make screenshots`: every page with real content, at 360 and 1280 pixels, light and dark, to be looked at.

python -m lumiku.studio.tests.browser.screenshots [folder] [--only name ...] [--lang id]
"""

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from lumiku.management.stack import BASE_DIR, Stack
from lumiku.studio.tests.browser import chromium, exhibits, stage
from lumiku.studio.tests.browser.exhibits import SELLER, Exhibits
from lumiku.studio.tests.browser.hands import HEAD, PAINTING, Hands

WIDTHS = {"phone": (360, 780), "desktop": (1280, 860)}
THEMES = ("light", "dark")
#: Pages without an end, or with something that stays at the edge of the window; of others the whole is shown.
AS_SEEN = ("welcome", "library", "picking", "ordering", "arriving", "viewer")
BEST = (
    "welcome-desktop-light", "picking-desktop-light", "ordering-desktop-light", "arriving-desktop-dark",
    "order-done-desktop-light", "viewer-desktop-light", "library-phone-dark", "picking-phone-light",
    "ordering-phone-light", "arriving-phone-dark", "viewer-phone-light", "pose-phone-light", "shared-phone-dark",
)  # fmt: skip
LOADED = "() => [...document.images].every((image) => image.complete || image.loading === 'lazy')"


def take(folder: Path, *, only: list[str], language: str) -> Iterator[Path]:
    """Start a stack, fill it, and yield each picture (PNG) as it is written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with stage.stack() as stack, sync_playwright() as playwright:
        shown = exhibits.make(stack)
        browser = chromium.launch(playwright)
        for (shape, size), theme in product(WIDTHS.items(), THEMES):
            for name, page in _pages(browser, stack, shown, size=size, theme=theme, only=only, language=language):
                path = folder / f"{name}-{shape}-{theme}.png"
                page.screenshot(path=path, full_page=name not in AS_SEEN)
                yield path
        browser.close()


def _pages(
    browser: Browser,
    stack: Stack,
    shown: Exhibits,
    *,
    size: tuple[int, int],
    theme: str,
    only: list[str],
    language: str,
) -> Iterator[tuple[str, Page]]:
    for who in dict.fromkeys(owner for owner, _path in shown.pages.values()):
        context = browser.new_context(
            base_url=stack.address, viewport={"width": size[0], "height": size[1]}, has_touch=size[0] < 600,
            color_scheme="dark" if theme == "dark" else "light", locale=language, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(PAINTING)
        if seller := shown.sellers.get(who):
            context.add_cookies([{"name": "sessionid", "value": seller.session, "url": stack.address}])
        page = context.new_page()
        for name, (owner, path) in shown.pages.items():
            if owner == who and (not only or name in only):
                page.goto(path, wait_until="load")
                page.wait_for_function(LOADED)
                yield name, page
        if who == SELLER:
            yield from ((name, page) for name in _doing(page) if not only or name in only)
        context.close()


def _doing(page: Page) -> Iterator[str]:
    """Go through an order, and stop where there is something to see."""
    hands = Hands(page)
    page.goto("/")
    page.evaluate("() => localStorage.clear()")
    page.reload()
    hands.pick(4)
    yield "picking"
    hands.go_to_order()
    hands.vary(2)
    yield "ordering"
    hands.place()
    page.locator('#pictures > [data-status="completed"]').first.wait_for()
    yield "arriving"
    page.locator(f'{HEAD}[data-status="completed"]').wait_for()
    page.locator("#pictures .picture-open").first.click()
    page.locator("#viewer [data-full]").wait_for()
    page.wait_for_function(LOADED)
    yield "viewer"


def keep_best(taken: Path, folder: Path) -> None:
    """Write the pictures that the documentation shows, small, as WebP."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in BEST:
        with Image.open(taken / f"{name}.png") as picture:
            shown = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, picture.width * 2)))
            shown.save(folder / f"{name}.webp", "WEBP", quality=80, method=6)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Take a picture of every page of the studio.")
    parser.add_argument("folder", nargs="?", type=Path, default=BASE_DIR / "out" / "studio")
    parser.add_argument("--only", nargs="*", default=[], help="names of pages, as in the file names")
    parser.add_argument("--lang", default="en", choices=["en", "id"])
    parser.add_argument("--docs", action="store_true", help="also renew the small ones under docs/studio")
    asked = parser.parse_args()
    for path in take(asked.folder, only=asked.only, language=asked.lang):
        print(path, flush=True)
    if asked.docs:
        keep_best(asked.folder, BASE_DIR / "docs" / "studio")


if __name__ == "__main__":
    _main()
