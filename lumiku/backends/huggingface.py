"""FLUX at Hugging Face: text in, a picture out, through huggingface_hub's InferenceClient.

The call is bounded by `lumiku.backends.guard`, because the library bounds nothing. What the provider answered is judged
here and nowhere else: by the HTTP status where there is one, else by what broke. `text_to_image` takes neither a
skeleton nor a reference photo, so `supports` names neither. An answer is believed only when it decodes to a picture of
exactly the size that was ordered; a flat one is what a safety checker sends instead of a refusal.
"""

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

import httpcore2
import httpx2
from huggingface_hub import HfApi, InferenceClient, constants, get_session
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public, but not in its __all__
    build_hf_headers,
    hf_raise_for_status,
    parse_ratelimit_headers,
)

from lumiku import images
from lumiku.backends import BackendError, ImageBackend, ImageRequest, Painting, guard, transport

STEPS = 28
GUIDANCE = 3.5
SCHNELL_STEPS = 4  # the distilled model is made for one to four
CHECK_SECONDS = 10.0
MESSAGE_CHARACTERS = 2048
LONGEST_WAIT = 3600.0  # seconds; a provider that asks for more is asked again within the hour all the same

T = TypeVar("T")
ROUTER = "router.huggingface.co"


class Provider(NamedTuple):
    """Where a provider of the InferenceClient answers: its own API (for its own keys) and the pictures it links to."""

    api: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


# Left out: "auto" (price and behaviour would change under us) and zai-org (has no FLUX, and sleeps 5 s between polls).
PROVIDERS = {
    "hf-inference": Provider(),
    "fal-ai": Provider(("fal.run", "queue.fal.run"), ("fal.media",)),
    "nscale": Provider(("inference.api.nscale.com",)),
    "replicate": Provider(("api.replicate.com",), ("replicate.delivery",)),
    "together": Provider(("api.together.xyz",)),
    "wavespeed": Provider(("api.wavespeed.ai",), ("cdn.wavespeed.ai", "d1q70pf5vjeyhc.cloudfront.net")),
}

DEV_LICENCE = (
    "FLUX.1 [dev] non-commercial licence: pictures may be sold only if the provider that runs the model holds a "
    "commercial licence from Black Forest Labs."
)


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


class HuggingFaceBackend(ImageBackend):
    """A FLUX model at a provider that Hugging Face routes to, or at an endpoint of the operator's own."""

    supports = frozenset({"seed", "scene"})

    def __init__(self, *, token: str, model: str, provider: str, base_url: str, deadline: float = 90.0) -> None:
        """Take `model` (Hub id) at `provider` or, if given, what runs at `base_url`; `deadline` in seconds a call."""
        self._token = token.strip()
        self._model = model
        self._provider = provider
        self._base_url = base_url.strip()
        self._origin = _origin(self._base_url)
        self._deadline = deadline
        self.label = f"{model.rsplit('/', 1)[-1]} at {self._origin.host if self._origin else 'Hugging Face'}"
        self.licence = _licence(model)
        transport.install()

    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture of `request` with the provider's own bytes, or raise BackendError before the deadline.

        Codes: account, busy, unavailable, unreachable, timeout, bad_answer (all worth another try), refused, moderated.
        """
        self._require_settings()
        with guard.call(self._reach(), seconds=self._deadline) as call:
            data = self._bounded(call, lambda: self._order(request))
        return self._judged(data, request, call.request_id)

    def check(self) -> str:
        """Say that the provider takes our key (or that the endpoint answers), or raise BackendError. Orders nothing."""
        self._require_settings()
        with guard.call(self._reach(), seconds=min(self._deadline, CHECK_SECONDS)) as call:
            return self._bounded(call, self._probe_endpoint if self._base_url else self._probe_key)

    def _require_settings(self) -> None:
        if not re.fullmatch(r"[\x21-\x7e]*", self._token):
            raise _settings_error("HUGGINGFACE_API_KEY holds a space, a line break or a letter that no key has")
        if self._base_url and not self._origin:
            raise _settings_error("HF_BASE_URL must be an address that begins with https:// or http://")
        if not self._base_url and not self._token:
            raise _settings_error("set HUGGINGFACE_API_KEY to a token from huggingface.co/settings/tokens")
        if not self._base_url and self._provider not in PROVIDERS:
            raise _settings_error(f"set HF_PROVIDER to one of {', '.join(PROVIDERS)}")

    def _reach(self) -> guard.Reach:
        if self._origin:
            return guard.Reach(origin=self._origin, anonymous=not self._token)
        provider = PROVIDERS[self._provider]
        hub = urlsplit(constants.ENDPOINT).hostname or ""
        return guard.Reach(hosts=frozenset({ROUTER, hub, *provider.api}), pictures=provider.pictures)

    def _order(self, request: ImageRequest) -> bytes:
        schnell = "schnell" in self._model.lower()
        picture = self._client().text_to_image(
            request.prompt,
            width=request.width,
            height=request.height,
            seed=request.seed,
            num_inference_steps=SCHNELL_STEPS if schnell else STEPS,
            guidance_scale=0.0 if schnell else GUIDANCE,
        )
        # The library opens the answer's bytes lazily and keeps them; nothing is decoded before `lumiku.images` does.
        return cast(Any, picture).fp.getvalue()

    def _client(self) -> InferenceClient:
        if self._base_url:
            return InferenceClient(model=self._base_url, token=self._token or None)
        return InferenceClient(model=self._model, provider=cast(Any, self._provider), token=self._token)

    def _bounded(self, call: guard.Call, act: Callable[[], T]) -> T:
        """Run `act`, which talks to the provider, and turn whatever breaks it into a BackendError."""
        try:
            return act()
        except Exception as error:  # the library trips in many ways over a stranger's answer
            judged, told = verdict(error, call), f"{type(error).__name__}: {error}"
        # Raised outside of the handler: a chained exception would carry the provider's raw text into the log.
        said = call.text()
        message = told if said in told else f"{told} | {said}"
        raise self._error(judged, message, request_id=call.request_id, wait=retry_after(call.headers))

    def _judged(self, data: bytes, request: ImageRequest, request_id: str) -> Painting:
        try:
            image = images.decode(data, max_pixels=request.width * request.height)
        except images.UnusablePicture as error:
            raise self._error(BAD_ANSWER, str(error), request_id=request_id) from None
        if image.size != (request.width, request.height):
            told = f"{image.width} x {image.height} pixels instead of {request.width} x {request.height}"
            raise self._error(BAD_ANSWER, told, request_id=request_id)
        if images.is_flat(image):
            raise self._error(MODERATED, "a picture of one colour, as safety checkers send", request_id=request_id)
        return Painting(data=data, image=image.convert("RGB"), seed=request.seed, request_id=request_id)

    def _error(self, judged: Verdict, message: str, *, request_id: str, wait: float | None = None) -> BackendError:
        return BackendError(
            judged.code,
            scrub(message, self._token),
            retryable=judged.retryable,
            account=judged.account,
            retry_after=wait,
            request_id=scrub(request_id, self._token),
        )

    def _probe_endpoint(self) -> str:
        answer = get_session().get(self._base_url, headers=build_hf_headers(token=self._token or False))
        if answer.status_code in BY_STATUS or answer.status_code in (500, 502, 504):
            hf_raise_for_status(answer)
        return f"{self.label}: the endpoint answers."

    def _probe_key(self) -> str:
        if not self._token.startswith("hf_"):
            return f"{self.label}: a key of {self._provider}'s own is set; only a paid request could prove it."
        owner = HfApi().whoami(token=self._token)["name"]
        return f"{self.label} through {self._provider}: the key of {owner} is accepted."


def _origin(base_url: str) -> httpx2.URL | None:
    with contextlib.suppress(httpx2.InvalidURL):
        url = httpx2.URL(base_url)
        return url if url.scheme in guard.PORTS and url.host else None
    return None


def _settings_error(message: str) -> BackendError:
    return BackendError("account", message, retryable=True, account=True)


def _licence(model: str) -> str:
    if "schnell" in model.lower():
        return "Apache-2.0: pictures may be used commercially."
    if "flux.1-dev" in model.lower():
        return DEV_LICENCE
    return f"The terms on the page of the model {model} at Hugging Face."
