"""FLUX with a pose ControlNet at a Hugging Face Inference Endpoint of the operator's own.

What runs there is `lumiku/backends/handler`: it takes the skeleton and, if it was deployed with an IP-Adapter, the
avatar's photo, and says in each answer what it obeyed. An endpoint that sleeps answers 502 or 503 for the minutes that
it needs to start, and its first request wakes it: that is `busy` with a wait, not an outage.
"""

import base64
import binascii
import io
import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_noop
from huggingface_hub import get_session
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public, but not in its __all__
    build_hf_headers,
    hf_raise_for_status,
)
from PIL import Image

from lumiku.backends import BackendError, ImageRequest, Painting, guard, photos
from lumiku.backends.hosted import (
    ACCOUNT,
    BAD_ANSWER,
    BUSY,
    LONGEST_WAIT,
    MODERATED,
    REFUSED,
    UNAVAILABLE,
    HostedBackend,
    T,
    Verdict,
    origin_of,
    settings_error,
)

STEPS = 28
GUIDANCE = 3.5
CONTROL_SCALE = 0.9
CONTROL_END = 0.65  # share of the steps
CHECK_SECONDS = 20.0  # the handler answers one request after another, a picture may be before us
ASLEEP = (502, 503)
WAKE_SECONDS = 60.0  # a cold start takes minutes; eight tries a minute apart outlast most
MISPLACED = (404, 405)
PAUSED = "invalid state"  # what Hugging Face's proxy says, with 400, of an endpoint that its owner paused

#: What the handler's own errors mean for the order.
REFUSALS = {
    "bad_request": REFUSED,
    "not_obeyed": ACCOUNT,
    "busy": BUSY,
    "out_of_memory": BUSY,
    "failed": UNAVAILABLE,
}


class EndpointBackend(HostedBackend):
    """The handler at `url`, one picture a call."""

    typical_seconds = 20.0
    licence = gettext_noop(
        "FLUX.1 [dev] non-commercial licence, for the model and its ControlNet: pictures may be sold only if whoever "
        "runs the endpoint holds a commercial licence from Black Forest Labs."
    )

    def __init__(self, *, url: str, token: str, deadline: float = 90.0, reference: bool = False) -> None:
        """Take the endpoint's `url`; `deadline` in seconds a call; `reference`: it was deployed with an IP-Adapter."""
        super().__init__(token=token, deadline=deadline)
        self._url = url.strip()
        self._origin = origin_of(self._url)
        self._reference = reference
        self.supports = frozenset({"control", "seed", "scene"} | ({"reference"} if reference else set()))
        self.label = f"FLUX.1-dev with pose control at {self._origin.host if self._origin else 'your own endpoint'}"

    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture of `request`, or raise BackendError before the deadline.

        Codes: account, busy, unavailable, unreachable, timeout, bad_answer (all worth another try), refused, moderated.
        """
        parameters = self._parameters(request)
        answer, request_id = self._ask(request.prompt, parameters, seconds=self._deadline)
        if answer.get("flagged") is True:
            raise self.error(MODERATED, "the endpoint's safety checker objects", request_id=request_id)
        wanted = {"seed"} | ({"control"} if request.control else set())
        wanted |= {"reference"} if "reference_image" in parameters else set()
        if answer.get("seed") != request.seed or not wanted <= _words(answer.get("obeyed")):
            told = f"painted with seed {answer.get('seed')!r}, obeying {answer.get('obeyed')!r}"
            raise self.error(BAD_ANSWER, told, request_id=request_id)
        try:
            data = base64.b64decode(str(answer.get("image")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise self.error(BAD_ANSWER, f"no picture in base64: {error}", request_id=request_id) from None
        return self.painted(data, request, request_id)

    def check(self) -> str:
        """Say that the handler answers and obeys what the settings claim, or raise BackendError. Paints nothing.

        It wakes an endpoint that sleeps, and the minutes that one is awake are billed.
        """
        answer, _ = self._ask("", {"describe": True}, seconds=min(self._deadline, CHECK_SECONDS))
        obeyed = _words(answer.get("supports"))
        if not obeyed:
            raise settings_error("what answers at HF_ENDPOINT_URL is not the handler of lumiku/backends/handler")
        if not self.supports <= obeyed:
            missing = ", ".join(sorted(self.supports - obeyed))
            raise settings_error(f"the endpoint does not obey: {missing}; see IP_ADAPTER_MODEL in the handler's README")
        more = (
            " It could obey a photo too: set HF_ENDPOINT_REFERENCE=1." if "reference" in obeyed - self.supports else ""
        )
        return f"{self.label}: the handler answers.{more}"

    def _parameters(self, request: ImageRequest) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "width": request.width,
            "height": request.height,
            "seed": request.seed,
            "num_inference_steps": STEPS,
            "guidance_scale": GUIDANCE,
        }
        if request.control is not None:
            parameters["control_image"] = in_base64(png(request.control))
            parameters["controlnet_conditioning_scale"] = CONTROL_SCALE
            parameters["control_guidance_end"] = CONTROL_END
        if request.reference is not None and self._reference:
            parameters["reference_image"] = in_base64(photos.jpeg(request.reference))
        return parameters

    def _ask(self, prompt: str, parameters: dict[str, Any], *, seconds: float) -> tuple[dict[str, Any], str]:
        """Return the handler's answer, which is no error, and the id of the call."""
        self._require_settings()
        reach = guard.Reach(origin=self._origin, anonymous=not self._token)
        with guard.call(reach, seconds=seconds) as call:
            answer = self.bounded(call, lambda: self._post({"inputs": prompt, "parameters": parameters}))
        if not isinstance(answer, dict):
            raise self.error(BAD_ANSWER, f"a JSON {type(answer).__name__}", request_id=call.request_id)
        if answer.get("error") is not None:
            raise self._refusal(answer["error"], call.request_id)
        return answer, call.request_id

    def _require_settings(self) -> None:
        if not re.fullmatch(r"[\x21-\x7e]*", self._token):
            raise settings_error("HUGGINGFACE_API_KEY holds a space, a line break or a letter that no key has")
        if not self._origin:
            raise settings_error("HF_ENDPOINT_URL must be an address that begins with https:// or http://")

    def _post(self, body: dict[str, Any]) -> Any:
        headers = {**build_hf_headers(token=self._token or False), "accept": "application/json"}
        answer = get_session().post(self._url, json=body, headers=headers)
        hf_raise_for_status(answer)
        return answer.json()

    def bounded(self, call: guard.Call, act: Callable[[], T]) -> T:
        """Do as every hosted backend, but tell an endpoint that sleeps, is paused or is not there from other faults."""
        try:
            return super().bounded(call, act)
        except BackendError as error:
            judged = own_verdict(call)
            if judged is None:
                raise
            told, wait = str(error).partition(": ")[2], error.retry_after
        wait = WAKE_SECONDS if wait is None and call.status in ASLEEP else wait
        raise self.error(judged, told, request_id=call.request_id, wait=wait)

    def _refusal(self, error: Any, request_id: str) -> BackendError:
        """Return the error that the handler's own words are; they come from our own code but over the wire."""
        told = error if isinstance(error, dict) else {"message": error}
        judged = REFUSALS.get(str(told.get("code")), BAD_ANSWER)
        message = f"{told.get('code')} {told.get('field') or ''}: {told.get('message')}"
        return self.error(judged, message, request_id=request_id, wait=_wait(told.get("retry_after")))


def own_verdict(call: guard.Call) -> Verdict | None:
    """Judge the statuses that mean something else at an endpoint of one's own; None for all others."""
    if call.status in ASLEEP:
        return BUSY
    paused = call.status == 400 and PAUSED in call.text().lower()
    return ACCOUNT if paused or call.status in MISPLACED else None


def png(image: Image.Image) -> bytes:
    """Return the bytes of a PNG of `image`, pixel for pixel."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def in_base64(data: bytes) -> str:
    """Return `data` as it stands in JSON."""
    return base64.b64encode(data).decode("ascii")


def _words(value: Any) -> set[str]:
    return {word for word in value if isinstance(word, str)} if isinstance(value, list) else set()


def _wait(value: Any) -> float | None:
    """Return seconds (0 to an hour); None for what is no such number, NaN included."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return float(min(value, LONGEST_WAIT)) if known else None
