"""`make bench-studio`: how fast and how heavy each page is, on a phone's screen, with an empty cache.

Times are milliseconds since the address was asked for, on this machine over loopback: first and largest contentful
paint; the shift is the sum of Chromium's layout-shift entries; bytes are what came over the wire, without pictures.
"""

from collections import Counter
from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession, sync_playwright

from lumiku.management.stack import Stack
from lumiku.studio.tests.browser import chromium, exhibits, stage
from lumiku.studio.tests.browser.exhibits import Exhibits

MOST_BYTES, MOST_SHIFT = 150_000, 0.1
PICTURES = ("Image", "Media")
_WATCH = """() => {
  window.figures = { paint: 0, largest: 0, shift: 0 };
  const watch = (type, act) =>
    new PerformanceObserver((list) => list.getEntries().forEach(act)).observe({ type, buffered: true });
  watch("paint", (entry) => { if (entry.name === "first-contentful-paint") figures.paint = entry.startTime; });
  watch("largest-contentful-paint", (entry) => { figures.largest = entry.startTime; });
  watch("layout-shift", (entry) => { if (!entry.hadRecentInput) figures.shift += entry.value; });
}"""
_SETTLED = "() => figures.largest > 0 && document.readyState === 'complete'"


@dataclass(frozen=True)
class Figures:
    """What one page took: milliseconds, layout shift, bytes over the wire without pictures, and of pictures."""

    paint: float
    largest: float
    shift: float
    bytes: int
    picture_bytes: int


def measure(browser: Browser, stack: Stack, shown: Exhibits, name: str) -> Figures:
    """Open one page in a fresh browser context and say what it took until it stood."""
    who, path = shown.pages[name]
    context = browser.new_context(
        base_url=stack.address, viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True
    )
    if seller := shown.sellers.get(who):
        context.add_cookies([{"name": "sessionid", "value": seller.session, "url": stack.address}])
    page = context.new_page()
    page.add_init_script(f"({_WATCH})()")
    came = _counting(context.new_cdp_session(page))
    page.goto(path, wait_until="load")
    page.wait_for_function(_SETTLED)
    seen = page.evaluate("() => window.figures")
    context.close()
    pictures = sum(came[kind] for kind in PICTURES)
    return Figures(seen["paint"], seen["largest"], seen["shift"], came.total() - pictures, pictures)


def _counting(session: CDPSession) -> Counter[str]:
    """Return the bytes over the wire by kind of resource, which go on growing."""
    came: Counter[str] = Counter()
    kinds: dict[str, str] = {}
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: came.update({kinds.get(event["requestId"], "Other"): int(event["encodedDataLength"])}),
    )
    session.send("Network.enable")
    return came


def _main() -> None:
    with stage.stack() as stack, sync_playwright() as playwright:
        shown = exhibits.make(stack)
        browser = chromium.launch(playwright)
        print(f"{'page':<18}{'first ms':>9}{'largest ms':>11}{'shift':>8}{'KB':>7}{'pictures KB':>13}")
        for name in shown.pages:
            took = measure(browser, stack, shown, name)
            heavy = "  too heavy" if took.bytes > MOST_BYTES else ""
            print(
                f"{name:<18}{took.paint:>9.0f}{took.largest:>11.0f}{took.shift:>8.3f}{took.bytes / 1000:>7.0f}"
                f"{took.picture_bytes / 1000:>13.0f}{heavy}",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    _main()
