"""One stack and one Chromium for all; a fresh browser context and a fresh seller for each test.

Whatever a test is about, it fails when a page logs an error, breaks its policy, asks another host or is answered with
an error that the test did not announce (`watch.expect`).
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from lumiku.management.stack import Stack
from lumiku.studio.tests.browser import accounts, chromium, stage
from lumiku.studio.tests.browser.accounts import Seller
from lumiku.studio.tests.browser.hands import PATIENCE, Hands
from lumiku.studio.tests.browser.watching import Watch

SHAPES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1280, "height": 860}},
}
MADE_AT_ONCE = 20


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(autouse=True)
def _fast_and_private() -> None:
    """Settings of the test's own process say nothing here: the stack has its own."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with stage.stack() as running:
        yield running


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    if chromium.path() is None:
        pytest.skip(chromium.MISSING)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(params=list(SHAPES))
def shape(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Phone and desktop, one after the other."""
    return SHAPES[request.param]


@pytest.fixture(scope="session")
def _pool(stack: Stack) -> Iterator[Seller]:
    def sellers() -> Iterator[Seller]:
        while True:
            yield from accounts.make(stack, MADE_AT_ONCE)

    return sellers()


@pytest.fixture
def alice(_pool: Iterator[Seller]) -> Seller:
    """A seller with 5,000 credits who has done nothing yet."""
    return next(_pool)


@pytest.fixture
def open_browser(stack: Stack, chrome: Browser) -> Iterator[Callable[..., tuple[BrowserContext, Watch]]]:
    """Return how to open a browser context, as `of` a seller or of a visitor; in the end nothing may be wrong."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_one(*, of: Seller | None = None, **options: Any) -> tuple[BrowserContext, Watch]:
        context = chrome.new_context(**{"base_url": stack.address, "locale": "en-US", **SHAPES["desktop"], **options})
        context.set_default_timeout(PATIENCE)
        if of:
            context.add_cookies([{"name": "sessionid", "value": of.session, "url": stack.address}])
        opened.append((context, Watch(context, home=stack.address)))
        return opened[-1]

    yield open_one
    for context, _watch in opened:
        context.close()
    assert [fault for _context, watch in opened for fault in watch.faults] == []


@pytest.fixture
def browser_of_alice(
    open_browser: Callable[..., tuple[BrowserContext, Watch]], alice: Seller, shape: dict[str, Any]
) -> tuple[BrowserContext, Watch]:
    return open_browser(of=alice, **shape)


@pytest.fixture
def context(browser_of_alice: tuple[BrowserContext, Watch]) -> BrowserContext:
    """Alice's browser, as a phone and as a desktop."""
    return browser_of_alice[0]


@pytest.fixture
def watch(browser_of_alice: tuple[BrowserContext, Watch]) -> Watch:
    """What goes wrong in Alice's browser."""
    return browser_of_alice[1]


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def hands(page: Page) -> Hands:
    return Hands(page)
