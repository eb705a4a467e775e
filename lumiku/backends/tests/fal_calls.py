"""Calls of the fal backend for tests: a queue on loopback, a backend that asks it, and what came of a call."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lumiku.backends import BackendError, ImageRequest, Painting, fal
from lumiku.backends.fal import FalBackend
from lumiku.backends.tests.fal_stub import FalStub

#: The fixtures, for `conftest.py`; everything else is imported by name.
__all__ = ["queue"]

SECRET = "5ecretCanary0123456789abcdef"
KEY = f"1d-0f-the-key-canary:{SECRET}"
DEADLINE = 2.0
FLUX = "fal-ai/flux-general"


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[FalStub]:
    """A queue that takes KEY; looks at its jobs begin a tenth of the usual time apart and go on growing."""
    monkeypatch.setattr(fal, "FIRST_PAUSE", 0.05)
    with FalStub(token=KEY) as running:
        yield running


def backend(
    base_url: str = "", *, token: str = KEY, model: str = FLUX, deadline: float = DEADLINE, **options: Any
) -> FalBackend:
    return FalBackend(token=token, model=model, base_url=base_url, deadline=deadline, **options)


def request(seed: int = 7, width: int = 512, height: int = 640, **pictures: Any) -> ImageRequest:
    return ImageRequest(prompt="a woman in a red dress", width=width, height=height, seed=seed, **pictures)


def failure(act: Callable[[], Any]) -> tuple[BackendError, float]:
    """Return the error of an act and the seconds it took."""
    began = time.monotonic()
    with pytest.raises(BackendError) as caught:
        act()
    return caught.value, time.monotonic() - began


def collected(queue: FalStub, painter: FalBackend | None = None) -> Painting:
    """Submit and collect: return the painting."""
    painter = painter or backend(queue.url)
    return painter.collect(painter.submit(request()), request())


def collect_failure(queue: FalStub, painter: FalBackend | None = None) -> tuple[BackendError, float]:
    """Submit, then return the error of collecting and the seconds that took."""
    painter = painter or backend(queue.url)
    job = painter.submit(request())
    return failure(lambda: painter.collect(job, request()))
