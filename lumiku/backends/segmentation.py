"""The mask of the people in a picture, from a hosted model for image segmentation.

Models of this task answer with named masks: some with one of what stands out, some with a "person", some with
"Upper-clothes", "Hair" and "Background". None of it is believed: masks are few, decoded as any stranger's picture is,
and must have the picture's shape. Written to huggingface_hub's client; no model was asked with a paid key yet.
"""

import base64
import io
import json

from huggingface_hub.inference._providers import get_provider_helper
from PIL import Image, ImageChops, ImageOps

from lumiku import images
from lumiku.backends import BackendError, ImageRequest, Painting, guard
from lumiku.backends.hosted import BAD_ANSWER, settings_error
from lumiku.backends.huggingface import HuggingFaceBackend

PROVIDERS = ("hf-inference", "fal-ai")
MOST = 64
"""Masks that one answer may have."""
PERSON = frozenset({"person", "people", "human", "man", "woman", "foreground", "mask"})
GROUND = frozenset({"background", "other", "others", "label_0"})
MAX_PIXELS = 16_800_000
SLANT = 0.02
"""By how much a mask's proportions may differ from the picture's."""


class HuggingFaceSegmentation(HuggingFaceBackend):
    """A segmentation model at a provider that Hugging Face routes to (hf-inference, fal-ai), or at an own endpoint.

    It shares keys, bounds and errors with the backend that paints, and paints nothing itself.
    """

    supports = frozenset()

    def paint(self, request: ImageRequest) -> Painting:
        """Refuse: masks are no paintings."""
        raise BackendError("refused", "a segmentation model paints nothing")

    def _require_settings(self) -> None:
        super()._require_settings()
        if not self._base_url and self._provider not in PROVIDERS:
            raise settings_error(f"set MATTE_PROVIDER to one of {', '.join(PROVIDERS)}")

    def person(self, picture: Image.Image) -> Image.Image | None:
        """Return the mask of all people in an RGB picture (L, of its size), None if there are none.

        Raises BackendError with the codes of `paint` in HuggingFaceBackend.
        """
        self._require_settings()
        data = io.BytesIO()
        picture.save(data, "PNG", compress_level=1)
        with guard.call(self._reach(), seconds=self._deadline) as call:
            answer = self.bounded(call, lambda: self._ask(data.getvalue()))
        try:
            return _joined(answer, picture.size)
        except (images.UnusablePicture, _Unlike) as error:
            raise self.error(BAD_ANSWER, str(error), request_id=call.request_id) from None

    def _ask(self, data: bytes) -> list[tuple[str, bytes]]:
        """Return each mask's name in small letters and its bytes."""
        client = self._client()
        # What `client.image_segmentation` does, but for its end: it decodes the stranger's masks without limits.
        helper = get_provider_helper(client.provider, task="image-segmentation", model=client.model)
        order = helper.prepare_request(
            inputs=data, parameters={}, headers=client.headers, model=client.model, api_key=client.token
        )
        answer = helper.get_response(client._inner_post(order), order)
        masks = json.loads(answer) if isinstance(answer, bytes) else answer
        return [(str(one["label"]).strip().lower(), base64.b64decode(one["mask"])) for one in masks[: MOST + 1]]


class _Unlike(ValueError):
    """The masks do not fit the picture."""


def _joined(answer: list[tuple[str, bytes]], size: tuple[int, int]) -> Image.Image | None:
    if len(answer) > MOST:
        raise _Unlike(f"more than {MOST} masks")
    named = [one for one in answer if one[0] in PERSON] or [one for one in answer if one[0] not in GROUND]
    people: Image.Image | None = None
    for _label, data in named:
        mask = _fitted(images.decode(data, max_pixels=MAX_PIXELS), size)
        people = mask if people is None else ImageChops.lighter(people, mask)
    return people if people is not None and people.getbbox() else None


def _fitted(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a mask as L of `size`: the alpha of a picture that was cut out, else its brightness."""
    if abs(mask.width * size[1] / (mask.height * size[0]) - 1) > SLANT:
        raise _Unlike(f"a mask of {mask.width} x {mask.height} pixels for a picture of {size[0]} x {size[1]}")
    grey = mask.getchannel("A") if mask.mode == "RGBA" else ImageOps.grayscale(mask)
    return grey if grey.size == size else grey.resize(size, Image.Resampling.BILINEAR)
