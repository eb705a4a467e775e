"""Small orders at the router's providers, for tests of what is answered."""

import time

import pytest
from PIL import Image

from lumiku.backends import BackendError, ImageBackend, ImageRequest
from lumiku.backends.huggingface import HuggingFaceBackend
from lumiku.backends.huggingface_edit import HuggingFaceEditBackend

KEY = "hf_SecretCanary0123456789"
DEADLINE = 5.0
SHORT = 0.6  # for what ends at the deadline only
WORDS = ["fal-ai", "hf-inference", "nscale", "replicate", "together", "wavespeed"]
PICTURES = ["fal-ai", "replicate", "together", "wavespeed"]


def painter(provider: str = "fal-ai", *, words: bool = False, deadline: float = DEADLINE) -> ImageBackend:
    """Return the backend that paints at `provider` from pictures, or from words alone."""
    if words:
        model = "acme/painter" if provider == "replicate" else "black-forest-labs/FLUX.1-dev"
        return HuggingFaceBackend(token=KEY, model=model, provider=provider, base_url="", deadline=deadline)
    model = "black-forest-labs/FLUX.2-dev" if provider == "replicate" else "Qwen/Qwen-Image-Edit-2509"
    return HuggingFaceEditBackend(token=KEY, model=model, provider=provider, deadline=deadline)


def request(seed: int = 7) -> ImageRequest:
    control = Image.new("RGB", (512, 640))
    return ImageRequest(prompt="a woman", width=512, height=640, seed=seed, control=control)


def failure(backend: ImageBackend) -> tuple[BackendError, float]:
    """Return the error of one call and the seconds it took."""
    began = time.monotonic()
    with pytest.raises(BackendError) as caught:
        backend.paint(request())
    return caught.value, time.monotonic() - began
