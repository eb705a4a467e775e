"""Every page, with real content and empty: nothing wrong in the console, nothing too wide or heavy, none shut out.

axe-core comes with axe-playwright-python and is run through the debugger, since our policy takes no script from a test.
"""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page

from lumiku.management.stack import Stack
from lumiku.studio.tests.browser import exhibits, figures
from lumiku.studio.tests.browser.conftest import SHAPES
from lumiku.studio.tests.browser.exhibits import Exhibits
from lumiku.studio.tests.browser.watching import Watch

Open = Callable[..., tuple[BrowserContext, Watch]]
GRAVE = ("serious", "critical")
_TOO_WIDE = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width && box.right > innerWidth + 1 && getComputedStyle(element).position !== "fixed";
}).slice(0, 3).map((element) => element.outerHTML.slice(0, 120))"""
_SCROLLS = "() => document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def shown(stack: Stack) -> Exhibits:
    return exhibits.make(stack)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("who", [exhibits.VISITOR, exhibits.SELLER, exhibits.NEWCOMER])
def test_every_page_is_whole_for_everybody(
    open_browser: Open, shape: dict[str, Any], shown: Exhibits, who: str, theme: str
) -> None:
    # Without motion, so that axe does not meet colours that are on their way.
    context, watch = open_browser(of=shown.sellers.get(who), color_scheme=theme, reduced_motion="reduce", **shape)
    watch.expect(r"^404: .*/nowhere", r"^(404|410): .*/s/")
    page = context.new_page()
    faults: list[str] = []
    for name, (owner, path) in shown.pages.items():
        if owner == who:
            heard = len(watch.faults)
            page.goto(path)
            page.wait_for_load_state("load")
            faults += [f"{name}: {fault}" for fault in [*_faults(page), *watch.faults[heard:]]]
    assert not faults, "\n".join(faults)


def test_indonesian_fits_the_smallest_phone(open_browser: Open, shown: Exhibits) -> None:
    faults: list[str] = []
    for who in (exhibits.VISITOR, exhibits.SELLER, exhibits.NEWCOMER):
        context, watch = open_browser(of=shown.sellers.get(who), locale="id-ID", **SHAPES["phone"])
        watch.expect(r"^(404|410): .*/(s/|nowhere)")
        page = context.new_page()
        for name, (owner, path) in shown.pages.items():
            if owner == who:
                page.goto(path)
                faults += [f"{name}: {fault}" for fault in _wide(page)]
    assert not faults, "\n".join(faults)


def test_every_page_is_light_and_stands_still(chrome: Browser, stack: Stack, shown: Exhibits) -> None:
    took = {name: figures.measure(chrome, stack, shown, name) for name in shown.pages}

    assert [name for name, page in took.items() if page.bytes > figures.MOST_BYTES] == []
    assert [name for name, page in took.items() if page.shift > figures.MOST_SHIFT] == []


def _faults(page: Page) -> list[str]:
    return [*_without_heading(page), *_wide(page), *_shut_out(page)]


def _without_heading(page: Page) -> list[str]:
    headings = page.locator("h1").count()
    return [] if headings == 1 else [f"{headings} headings of the first level"]


def _wide(page: Page) -> list[str]:
    return [f"too wide: {page.evaluate(_TOO_WIDE)}"] if page.evaluate(_SCROLLS) else []


def _shut_out(page: Page) -> list[str]:
    """Return what axe holds for serious or critical."""
    page.evaluate(f"() => {{ {AXE_SCRIPT} }}")
    found = page.evaluate("() => axe.run({ resultTypes: ['violations'] })")
    return [
        f"{fault['impact']} {fault['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]!r})"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"][:3]
    ]
