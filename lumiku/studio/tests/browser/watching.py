"""What no page may do: log an error, break its policy, ask another host, or be answered with an error."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

#: Also where the browser stays silent, as for a blocked picture.
_TELL = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));"""
#: The browser's own line about an answer with an error; the answer itself is judged.
_ANSWERED = "Failed to load resource: the server responded with a status of"


class Watch:
    """Hears everything that happens in a browser context; `faults` are sentences, in the order they came.

    `expect` takes patterns of what a test brings about on purpose.
    """

    def __init__(self, context: BrowserContext, *, home: str) -> None:
        self._heard: list[str] = []
        self._expected: list[str] = []
        self._host = urlsplit(home).netloc
        context.add_init_script(_TELL)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._heard.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def expect(self, *patterns: str) -> None:
        """Take what matches one of these patterns for no fault."""
        self._expected += patterns

    @property
    def faults(self) -> list[str]:
        return [line for line in self._heard if not any(re.search(pattern, line) for pattern in self._expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_ANSWERED):
            self._heard.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme in ("http", "https", "ws", "wss") and asked.netloc != self._host:
            self._heard.append(f"another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._heard.append(f"{response.status}: {response.url}")
