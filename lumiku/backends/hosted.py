"""What every hosted backend does alike: a bounded call, its failure judged, its answer not believed.

Each call runs within `lumiku.backends.guard`. What the provider answered is judged here and nowhere else: by the HTTP
status where there is one, else by what broke. An answer is believed only when it decodes to a picture of exactly the
size that was ordered; a flat one is what a safety checker sends instead of a refusal.
"""

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeVar

import httpcore2
import httpx2
from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]  # public, not in its __all__

from lumiku import images
from lumiku.backends import BackendError, ImageBackend, ImageRequest, Painting, guard, transport

MESSAGE_CHARACTERS = 2048
LONGEST_WAIT = 3600.0  # seconds; a provider that asks for more is asked again within the hour all the same

T = TypeVar("T")


class Verdict(NamedTuple):
    """What a failure means for the order."""

    code: str
    retryable: bool = True
    account: bool = False


ACCOUNT = Verdict("account", account=True)
BAD_ANSWER = Verdict("bad_answer")
BUSY = Verdict("busy")
MODERATED = Verdict("moderated", retryable=False)
REFUSED = Verdict("refused", retryable=False)
TIMEOUT = Verdict("timeout")
UNAVAILABLE = Verdict("unavailable")
UNREACHABLE = Verdict("unreachable")

BY_STATUS = {401: ACCOUNT, 402: ACCOUNT, 403: ACCOUNT, 408: TIMEOUT, 425: BUSY, 429: BUSY, 503: BUSY, 529: BUSY}
BY_KIND: tuple[tuple[type[Exception], Verdict], ...] = (
    (guard.DeadlinePassed, TIMEOUT),
    (guard.Breach, BAD_ANSWER),
    (httpcore2.TimeoutException, TIMEOUT),
    (httpcore2.ProtocolError, UNREACHABLE),
    (httpcore2.NetworkError, UNREACHABLE),
    (TimeoutError, TIMEOUT),  # replicate, when the model is cold
    (ConnectionError, UNREACHABLE),
    (json.JSONDecodeError, BAD_ANSWER),
)


def verdict(error: Exception, call: guard.Call) -> Verdict:
    """Judge what ended `call`: the status of the latest answer counts first, then the kind of `error`."""
    if call.status >= 500:
        return BY_STATUS.get(call.status, UNAVAILABLE)
    # What is refused before anything was ordered are our own settings, such as a model that the provider lacks.
    if call.status >= 400:
        return BY_STATUS.get(call.status, REFUSED if call.ordered else ACCOUNT)
    for kind, judged in BY_KIND:
        if isinstance(error, kind):
            return judged
    return BAD_ANSWER if call.ordered or not isinstance(error, ValueError) else ACCOUNT


def retry_after(headers: httpx2.Headers, *, now: datetime | None = None) -> float | None:
    """Return the seconds (0 to an hour) that the provider asks us to wait, None if it does not say.

    Read from Retry-After (seconds or an HTTP date), else from the reset time of a used-up `ratelimit` header.
    """
    value = headers.get("retry-after", "").strip()
    seconds = _seconds(value, now or datetime.now(UTC)) if value else None
    if seconds is None:
        limit = parse_ratelimit_headers(headers)
        seconds = limit.reset_in_seconds if limit and limit.remaining == 0 else None
    return None if seconds is None else min(max(float(seconds), 0.0), LONGEST_WAIT)


def _seconds(value: str, now: datetime) -> float | None:
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()


def scrub(text: str, token: str) -> str:
    """Return `text` fit for a log: one line, at most 2,048 characters, without `token` or what looks like a key."""
    if token:
        text = text.replace(token, "[key]")
    text = re.sub(r"\bhf_\w+|(?<=Bearer )\S+|(?<=Key )\S+", "[key]", text)
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MESSAGE_CHARACTERS]


class HostedBackend(ImageBackend):
    """A backend that is asked over the network."""

    def __init__(self, *, token: str, deadline: float) -> None:
        """Take the key, and the seconds that a call may last."""
        self._token = token.strip()
        self._deadline = deadline
        transport.install()

    def bounded(self, call: guard.Call, act: Callable[[], T]) -> T:
        """Run `act`, which talks to the provider, and turn whatever breaks it into a BackendError."""
        try:
            return act()
        except Exception as error:  # the library trips in many ways over a stranger's answer
            judged, told = verdict(error, call), f"{type(error).__name__}: {error}"
        # Raised outside of the handler: a chained exception would carry the provider's raw text into the log.
        said = call.text()
        message = told if said in told else f"{told} | {said}"
        raise self.error(judged, message, request_id=call.request_id, wait=retry_after(call.headers))

    def painted(self, data: bytes, request: ImageRequest, request_id: str) -> Painting:
        """Return the painting that an answer's bytes are, or raise BackendError if they are not what was ordered."""
        try:
            image = images.decode(data, max_pixels=request.width * request.height)
        except images.UnusablePicture as error:
            raise self.error(BAD_ANSWER, str(error), request_id=request_id) from None
        if image.size != (request.width, request.height):
            told = f"{image.width} x {image.height} pixels instead of {request.width} x {request.height}"
            raise self.error(BAD_ANSWER, told, request_id=request_id)
        if images.is_flat(image):
            raise self.error(MODERATED, "a picture of one colour, as safety checkers send", request_id=request_id)
        return Painting(data=data, image=image.convert("RGB"), seed=request.seed, request_id=request_id)

    def error(self, judged: Verdict, message: str, *, request_id: str, wait: float | None = None) -> BackendError:
        """Return the error for a verdict; `message` is scrubbed."""
        return BackendError(
            judged.code,
            scrub(message, self._token),
            retryable=judged.retryable,
            account=judged.account,
            retry_after=wait,
            request_id=scrub(request_id, self._token),
        )


def origin_of(base_url: str) -> httpx2.URL | None:
    """Return the address that an operator configured, None if it is none."""
    with contextlib.suppress(httpx2.InvalidURL):
        url = httpx2.URL(base_url)
        return url if url.scheme in guard.PORTS and url.host else None
    return None


def settings_error(message: str) -> BackendError:
    """Return the error that says which of our own settings is wrong."""
    return BackendError("account", message, retryable=True, account=True)
