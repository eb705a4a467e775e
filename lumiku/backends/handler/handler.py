"""A Hugging Face Inference Endpoint that paints a person in an asked pose: FLUX.1-dev with a pose ControlNet.

The endpoint's server imports this file, makes one `EndpointHandler(path)` and calls it with each request's JSON body.
What the handler returns is sent as JSON with status 200; what it raises is sent with status 400 and its text. So
nothing is raised here: a failure is an answer with an `error` that says what was wrong, whether it is worth another try
and nothing about this machine. The models are in `flux_painter.py`; nothing outside of this folder is needed.
"""

import base64
import contextlib
import io
import logging
import secrets
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from PIL import Image

PROMPT_CHARACTERS = 5000
MULTIPLE = 16  # pixels; the model's smallest patch
MAX_PIXELS = 2_097_152  # what FLUX.1-dev was trained for
MAX_REFERENCE_PIXELS = 16_800_000
MAX_BASE64 = 14_000_000  # characters, about 10 MB
FORMATS = ("PNG", "JPEG", "WEBP")
TURN_SECONDS = 60.0  # how long a request may wait for the one before it
BUSY_SECONDS = 10.0
FOREVER = ("bad_request", "not_obeyed")  # codes that another try does not change

logger = logging.getLogger(__name__)


class Bounds(NamedTuple):
    """What a number may be, both ends included; a default of type int admits whole numbers only."""

    least: float
    most: float
    default: float


NUMBERS = {
    "width": Bounds(256, 2048, 1024),
    "height": Bounds(256, 2048, 1024),
    "seed": Bounds(0, 2**63 - 1, 0),
    "num_inference_steps": Bounds(1, 50, 28),
    "guidance_scale": Bounds(0.0, 20.0, 3.5),
    "controlnet_conditioning_scale": Bounds(0.0, 2.0, 0.9),
    "control_guidance_end": Bounds(0.0, 1.0, 0.65),
    "ip_adapter_scale": Bounds(0.0, 2.0, 0.7),
}
PICTURES = ("control_image", "reference_image")


class Refusal(Exception):
    """A request that is not painted; the sentence is the caller's to read."""

    def __init__(self, code: str, message: str, *, field: str = "", retry_after: float | None = None) -> None:
        """Take a `code` (bad_request, not_obeyed, busy, out_of_memory, failed); `retry_after` is in seconds."""
        super().__init__(message)
        self.code = code
        self.field = field
        self.retry_after = retry_after

    def answer(self) -> dict[str, Any]:
        """Return the body that tells the caller."""
        told = {"code": self.code, "message": str(self), "field": self.field, "retry_after": self.retry_after}
        return {"error": {**told, "retryable": self.code not in FOREVER}}


@dataclass(frozen=True)
class Order:
    """One picture to paint, complete and within bounds."""

    prompt: str
    width: int
    height: int
    seed: int
    steps: int
    guidance: float
    control: Image.Image | None
    """OpenPose skeleton, RGB, `width` x `height` pixels."""
    control_scale: float
    control_end: float
    """Share of the steps after which the skeleton is let go, 0 to 1."""
    reference: Image.Image | None
    """A photo of the person, RGB."""
    reference_scale: float


class Painter(Protocol):
    """What `load` returns."""

    supports: frozenset[str]
    """What it obeys, of "control", "reference", "seed" and "scene"."""

    def __call__(self, order: Order) -> tuple[Image.Image, bool | None]:
        """Return the picture, exactly of its size, and whether a safety checker objects; None: no checker has looked.

        Called by one thread at a time.
        """


def load(path: str) -> Painter:
    """Return the painter whose weights may lie in the folder `path`; tests put another one in its place."""
    # The server puts this folder on the path of modules.
    import flux_painter

    return flux_painter.load(path)


class EndpointHandler:
    """What the endpoint's server calls."""

    def __init__(self, path: str = "") -> None:
        """Load the models; `path` is the folder that the model repository was copied to."""
        self._paint: Painter = load(path)
        self._turn = threading.Lock()

    def __call__(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the picture that a request asks for, or an `error`; raises nothing, whatever the request is.

        With `{"inputs": "", "parameters": {"describe": true}}`: only what this endpoint obeys, at once.
        """
        try:
            parameters = _parameters(data)
            if parameters.get("describe") is True:
                return {"supports": sorted(self._paint.supports)}
            return self._answer(read(data, parameters))
        except Refusal as refusal:
            return refusal.answer()
        except Exception as error:
            # The trace is for the endpoint's log; it holds paths and settings.
            logger.exception("no picture")
            return _failure(error).answer()

    def _answer(self, order: Order) -> dict[str, Any]:
        """Paint `order` when it is its turn."""
        asked = {"seed", "scene"} | {name for name in ("control", "reference") if getattr(order, name) is not None}
        for name in sorted(asked - {"seed", "scene"} - self._paint.supports):
            raise Refusal("not_obeyed", f"this endpoint obeys no {name} picture", field=f"{name}_image")
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise Refusal("busy", "another picture is being painted", retry_after=BUSY_SECONDS)
        try:
            image, flagged = self._paint(order)
        finally:
            self._turn.release()
        return {
            "image": None if flagged else encoded(image),
            "seed": order.seed,
            "obeyed": sorted(asked & self._paint.supports),
            "flagged": flagged,
        }


def _failure(error: Exception) -> Refusal:
    """Judge what broke in the pipeline."""
    # torch's own class is not named here: without torch this file must be importable too.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        with contextlib.suppress(Exception):
            sys.modules["torch"].cuda.empty_cache()
        return Refusal("out_of_memory", "the graphics card has too little memory left", retry_after=BUSY_SECONDS)
    return Refusal("failed", "the picture could not be painted; the endpoint's log says why")


# ---- Requests ------------------------------------------------------------------------------------------------------


def _parameters(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping) or not isinstance(data.get("parameters", {}), Mapping):
        raise Refusal("bad_request", "the request and its parameters must be objects", field="parameters")
    return data.get("parameters", {})


def read(data: Mapping[str, Any], parameters: Mapping[str, Any]) -> Order:
    """Return the order that a request's body is, or raise Refusal."""
    for name in parameters:
        if name not in NUMBERS and name not in PICTURES and name != "describe":
            raise Refusal("bad_request", "there is no such parameter", field=str(name)[:40])
    prompt = data.get("inputs")
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > PROMPT_CHARACTERS:
        told = f"inputs must be a prompt of 1 to {PROMPT_CHARACTERS} characters"
        raise Refusal("bad_request", told, field="inputs")
    numbers = {name: _number(parameters, name) for name in NUMBERS}
    width, height = int(numbers["width"]), int(numbers["height"])
    if width % MULTIPLE or height % MULTIPLE or width * height > MAX_PIXELS:
        told = f"width and height must be multiples of {MULTIPLE}, of at most {MAX_PIXELS} pixels together"
        raise Refusal("bad_request", told, field="width")
    return Order(
        prompt=prompt,
        width=width,
        height=height,
        seed=secrets.randbelow(2**31) if parameters.get("seed") is None else int(numbers["seed"]),
        steps=int(numbers["num_inference_steps"]),
        guidance=float(numbers["guidance_scale"]),
        control=_control(parameters, (width, height)),
        control_scale=float(numbers["controlnet_conditioning_scale"]),
        control_end=float(numbers["control_guidance_end"]),
        reference=_picture(parameters, "reference_image", MAX_REFERENCE_PIXELS),
        reference_scale=float(numbers["ip_adapter_scale"]),
    )


def _number(parameters: Mapping[str, Any], name: str) -> float:
    least, most, default = NUMBERS[name]
    value = parameters.get(name)
    if value is None:
        return default
    kinds = int if isinstance(default, int) else (int, float)
    # A comparison with NaN is false, so NaN is refused too.
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        kind = "a whole number" if kinds is int else "a number"
        raise Refusal("bad_request", f"{name} must be {kind} from {least} to {most}", field=name)
    return value


def _control(parameters: Mapping[str, Any], size: tuple[int, int]) -> Image.Image | None:
    picture = _picture(parameters, "control_image", size[0] * size[1])
    if picture is not None and picture.size != size:
        raise Refusal("bad_request", "control_image must be of the picture's own size", field="control_image")
    return picture


def _picture(parameters: Mapping[str, Any], name: str, max_pixels: int) -> Image.Image | None:
    """Return the RGB picture that is the base64 text `parameters[name]`, None if there is none."""
    value = parameters.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_BASE64:
        raise Refusal("bad_request", f"{name} must be base64 of at most {MAX_BASE64} characters", field=name)
    try:
        image = Image.open(io.BytesIO(base64.b64decode(value, validate=True)), formats=FORMATS)
        if image.width * image.height <= max_pixels:
            return image.convert("RGB")
    except Exception:
        # Decoders answer hostile bytes with errors of any type.
        told = f"{name} must be a PNG, JPEG or WebP picture in base64"
        raise Refusal("bad_request", told, field=name) from None
    raise Refusal("bad_request", f"{name} must have at most {max_pixels} pixels", field=name)


def encoded(image: Image.Image) -> str:
    """Return `image` as a PNG in base64."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
