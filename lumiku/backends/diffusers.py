"""FLUX on a graphics card of our own, through the library diffusers.

torch and diffusers are imported by the first picture, in its worker, and never by the web process: neither making the
backend nor asking what it obeys needs them. The weights are loaded once per process, by a thread of its own, since
that takes minutes and no order may wait so long. A process uses one card and paints one picture at a time; several
cards are several workers, each with its own CUDA_VISIBLE_DEVICES.

The avatar's photo has no road into these pipelines yet, so `supports` does not name it.
"""

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from huggingface_hub import try_to_load_from_cache
from PIL import Image

from lumiku import images
from lumiku.backends import BackendError, ImageBackend, ImageRequest, Painting, huggingface, pipelines
from lumiku.backends.hosted import scrub, settings_error

PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "sentencepiece")
POSE_CONTROLNET = "Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro-2.0"
NO_CONTROLNET = "none"
LOADING_WAIT = 30.0  # seconds until an order that met a loading model asks again
DEV_LICENCE = (
    "FLUX.1 [dev] non-commercial licence: pictures may be sold only if the operator of this installation holds a "
    "commercial licence from Black Forest Labs."
)

# A process has one card and room for the weights once, however many backends, made by however many threads, use them.
_turn = threading.Lock()
_door = threading.Lock()
_loader = threading.Lock()  # the libraries cannot load two models at the same time
_loadings: "dict[Weights, Future[pipelines.Pipelines]]" = {}


class Weights(NamedTuple):
    """What is loaded, and where it works; see `pipelines.load`."""

    model: str
    controlnet: str
    device: str
    offload: bool


class DiffusersBackend(ImageBackend):
    """FLUX.1-dev (or schnell) with a pose ControlNet on the card of the worker's machine."""

    typical_seconds = 20.0

    def __init__(
        self,
        *,
        model: str,
        controlnet: str = "",
        token: str = "",
        device: str = "cuda",
        offload: bool = False,
        deadline: float = 90.0,
    ) -> None:
        """Take `model` and `controlnet` (Hub ids or folders) and the seconds that one picture may last.

        Without `controlnet` it is the one that fits: Union Pro 2.0 for dev, none for schnell; "none" leaves it out.
        `token` is the Hub's, for gated weights. `offload` keeps in the card's memory only the part that works.
        """
        model = model.strip()
        self._weights = Weights(model, _controlnet_for(model, controlnet.strip()), device, offload)
        self._token = token.strip()
        self._deadline = deadline
        self.supports = frozenset({"seed", "scene"} | ({"control"} if self._weights.controlnet else set()))
        self.label = f"{Path(model).name or 'FLUX'} on our own graphics card"
        self.licence = _licence_of(self._weights)

    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture of `request` as PNG, or raise BackendError at most one step after the deadline.

        Codes: account (our settings, our machine), busy (loading, another picture, no memory), timeout, unavailable,
        bad_answer (all worth another try), moderated.
        """
        ends_at = time.monotonic() + self._deadline
        self._require_settings()
        loaded = self._loaded(ends_at)
        with _my_turn(ends_at):
            image = self._bounded(lambda: loaded.paint(request, ends_at=ends_at))
        return _painting(image, request)

    def check(self) -> str:
        """Say that packages, card and weights are here (or that the weights will be fetched), or raise BackendError."""
        self._require_settings()
        card = _card(self._weights.device)
        wanted = {self._weights.model: "model_index.json", self._weights.controlnet: "config.json"}
        absent = [name for name, index in wanted.items() if name and not _is_here(name, index)]
        later = f"; {' and '.join(absent)} will be fetched for the first picture" if absent else ""
        return f"{self.label}: {card}{later}."

    def _require_settings(self) -> None:
        if not self._weights.model:
            raise settings_error("set DIFFUSERS_MODEL to a folder or to a model such as black-forest-labs/FLUX.1-dev")
        for name in (self._weights.model, self._weights.controlnet):
            if name and not (Path(name).is_dir() or re.fullmatch(r"[\w.-]+/[\w.-]+", name)):
                raise settings_error(f"{name} is neither a folder nor the name of a model")
        missing = [name for name in PACKAGES if find_spec(name) is None]
        if missing:
            told = f"{', '.join(missing)} cannot be found here; run: pip install --requirement requirements-gpu.txt"
            raise settings_error(told)

    def _loaded(self, ends_at: float) -> pipelines.Pipelines:
        """Return the pipelines; the first caller has them loaded, all wait until their deadline."""
        with _door:
            loading = _loadings.get(self._weights)
            # What failed is tried again: the operator may have mended it meanwhile.
            if loading is None or (loading.done() and loading.exception()):
                loading = _loadings[self._weights] = Future()
                threading.Thread(target=self._load, args=(loading,), name="load-flux", daemon=True).start()
        if not wait([loading], timeout=_left(ends_at)).done:
            raise BackendError("busy", "the model is being loaded", retryable=True, retry_after=LOADING_WAIT)
        return loading.result()

    def _load(self, loading: "Future[pipelines.Pipelines]") -> None:
        try:
            _card(self._weights.device)
            with _loader:
                loading.set_result(pipelines.load(*self._weights, token=self._token))
        except Exception as error:  # whatever stands in the way of loading is the operator's matter
            told = f"{self._weights.model} could not be loaded: {type(error).__name__}: {error}"
            loading.set_exception(settings_error(scrub(told, self._token)))

    def _bounded(self, act: Callable[[], Image.Image]) -> Image.Image:
        """Run `act`, which paints, and turn whatever breaks it into a BackendError."""
        import torch

        try:
            return act()
        except pipelines.OutOfTime:
            failure = BackendError("timeout", "the deadline passed while it painted", retryable=True)
        except torch.OutOfMemoryError as error:
            failure = BackendError("busy", scrub(f"no memory: {error}", self._token), retryable=True)
        except Exception as error:  # drivers break in many ways
            told = scrub(f"{type(error).__name__}: {error}", self._token)
            failure = BackendError("unavailable", told, retryable=True)
        # Only now, since the error's own frames held tensors.
        with suppress(RuntimeError):  # a driver that broke off answers nothing any more
            torch.cuda.empty_cache()
        raise failure


@contextmanager
def _my_turn(ends_at: float) -> Iterator[None]:
    if not _turn.acquire(timeout=_left(ends_at)):
        raise BackendError("busy", "the graphics card paints another picture", retryable=True)
    try:
        yield
    finally:
        _turn.release()


def _painting(image: Image.Image, request: ImageRequest) -> Painting:
    if image.size != (request.width, request.height):
        told = f"{image.width} x {image.height} pixels instead of {request.width} x {request.height}"
        raise BackendError("bad_answer", told, retryable=True)
    if images.is_flat(image):
        raise BackendError("moderated", "a picture of one colour")
    encoded = io.BytesIO()
    image.save(encoded, "PNG", compress_level=3)
    return Painting(data=encoded.getvalue(), image=image, seed=request.seed)


def _controlnet_for(model: str, controlnet: str) -> str:
    if not controlnet and "schnell" not in model.lower():
        return POSE_CONTROLNET
    return "" if controlnet == NO_CONTROLNET else controlnet


def _licence_of(weights: Weights) -> str:
    """The terms, without the folders of our machine."""
    if "flux.1-dev" in f"{weights.model} {weights.controlnet}".lower():
        return DEV_LICENCE
    if "schnell" in weights.model.lower() and not weights.controlnet:
        return huggingface.licence_of(weights.model)
    names = " and ".join(Path(name).name for name in (weights.model, weights.controlnet) if name)
    return f"The terms of {names}: ask the operator of this installation."


def _card(device: str) -> str:
    """Say what `device` is, or raise BackendError if it cannot be used."""
    import torch

    if not device.startswith("cuda"):
        return "on the processor, which is for trials only"
    if not torch.cuda.is_available():
        raise settings_error("torch finds no graphics card here: look at the driver and at CUDA_VISIBLE_DEVICES")
    card = torch.cuda.get_device_properties(device)
    return f"{card.name} with {card.total_memory / 2**30:.0f} GB is ready"


def _is_here(name: str, index: str) -> bool:
    """Say whether the weights are a folder, or were fetched before as far as their `index` tells."""
    return Path(name).is_dir() or isinstance(try_to_load_from_cache(name, index), str)


def _left(ends_at: float) -> float:
    return max(ends_at - time.monotonic(), 0.0)
