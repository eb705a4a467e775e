"""Chromium from the machine's own packages: found, installed by apt where that can be, and started.

Playwright drives it and downloads no browser of its own. `python -m lumiku.studio.tests.browser.chromium` installs.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
#: No sandbox since tests run as root in containers; no call of the browser's own to anybody.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
MISSING = "The browser tests need Chromium: install the package chromium (Debian) or Google Chrome."
FIRST_START = 120_000  # milliseconds; the very first start of a fresh machine reads everything from the disk


def path() -> str | None:
    """Return where Chromium is, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without a window; raise RuntimeError where there is none."""
    found = path()
    if found is None:
        raise RuntimeError(MISSING)
    return playwright.chromium.launch(executable_path=found, args=FLAGS, timeout=FIRST_START)


def install() -> str | None:
    """Install Chromium by apt unless it is there; return the sentence to read if it is still missing."""
    if path() is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=False)
    return None if path() else MISSING


if __name__ == "__main__":
    sys.exit(install())
