"""A person and a skeleton as two pictures in, one picture out: edit models at Hugging Face's inference providers.

Models such as Qwen-Image-Edit-2509 take several pictures in one call and read a drawn skeleton as a pose. Which picture
is what can be told to them only in words, so `instructed` puts a sentence about the pictures before the prompt. That is
the protocol of these models, as a control channel is another's; the request's own words follow it whole and unchanged.
"""

import base64
import re
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from PIL import Image

from lumiku.backends import ImageRequest, Painting, photos
from lumiku.backends.hosted import REFUSED
from lumiku.backends.huggingface import PROVIDERS, RoutedBackend, picture_bytes

MODEL = "Qwen/Qwen-Image-Edit-2509"
#: Models whose makers say that they read key-point maps; of others a pose is not promised.
READS_SKELETONS = re.compile(r"qwen-image-edit-2509", re.IGNORECASE)

SKELETON_ONLY = (
    "A photo of a person in exactly the pose of the skeleton in picture 1: every limb where the skeleton has it, the "
    "same place and size in the frame. Picture 1 shows the pose alone: none of its lines, dots or black ground is seen."
)
PERSON_ONLY = "The person of picture 1, with the same face, hair and build."
PERSON_AND_SKELETON = (
    "The person of picture 1 in exactly the pose of the skeleton in picture 2: every limb where the skeleton has it, "
    "the same place and size in the frame. The person keeps face, hair and build. Picture 2 shows the pose alone: none "
    "of its lines, dots or black ground is seen."
)


def instructed(prompt: str, *, person: bool, skeleton: bool) -> str:
    """Return `prompt` behind the sentence that tells the model which picture is what; the person comes first."""
    if not (person or skeleton):
        return prompt
    sentence = (PERSON_AND_SKELETON if person else SKELETON_ONLY) if skeleton else PERSON_ONLY
    return f"{sentence} {prompt}".rstrip()


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _uri(data: bytes) -> str:
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _fal(pictures: Sequence[str], request: ImageRequest) -> dict[str, Any]:
    size = {"width": request.width, "height": request.height}
    return {"image_url": pictures[0], "image_urls": pictures, "target_size": size, "seed": request.seed}


def _replicate(pictures: Sequence[str], request: ImageRequest) -> dict[str, Any]:
    size = {"aspect_ratio": "custom", "width": request.width, "height": request.height}
    return {"images": pictures, "input_images": pictures, **size, "seed": request.seed}


def _together(pictures: Sequence[str], request: ImageRequest) -> dict[str, Any]:
    size = {"width": request.width, "height": request.height}
    return {"reference_images": pictures, **size, "seed": request.seed}


def _wavespeed(pictures: Sequence[str], request: ImageRequest) -> dict[str, Any]:
    return {"images": pictures, "size": f"{request.width}*{request.height}", "seed": request.seed}


# How each provider takes several pictures, an exact size and a seed. hf-inference takes one picture only: left out.
DIALECTS: dict[str, Callable[[Sequence[str], ImageRequest], dict[str, Any]]] = {
    "fal-ai": _fal,
    "replicate": _replicate,
    "together": _together,
    "wavespeed": _wavespeed,
}


class HuggingFaceEditBackend(RoutedBackend):
    """An edit model at a provider that Hugging Face routes to: the avatar's photo and the skeleton as two pictures."""

    needs_picture = True
    typical_seconds = 20.0
    provider_setting = "HF_EDIT_PROVIDER"
    providers = {name: PROVIDERS[name] for name in DIALECTS}

    def __init__(self, *, token: str, model: str = MODEL, provider: str = "fal-ai", deadline: float = 90.0) -> None:
        """Take `model` (Hub id), which must take several pictures, at `provider`; `deadline` in seconds a call."""
        super().__init__(token=token, model=model, provider=provider, deadline=deadline)
        pose = {"control"} if READS_SKELETONS.search(model) else set()
        self.supports = frozenset({"reference", "seed", "scene"} | pose)

    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture of `request`, which must hold a skeleton or a person; codes as in RoutedBackend."""
        if not (request.control or request.reference):
            told = f"{self.label} edits pictures: it needs a skeleton or a photo of a person"
            raise self.error(REFUSED, told, request_id="")
        return super().paint(request)

    def _order(self, request: ImageRequest) -> bytes:
        files = [photos.jpeg(request.reference)] if request.reference else []
        files += [_png(request.control)] if request.control else []
        prompt = instructed(request.prompt, person=bool(request.reference), skeleton=bool(request.control))
        fields = DIALECTS[self._provider]([_uri(data) for data in files], request)
        return picture_bytes(self._client().image_to_image(files[0], prompt=prompt, **fields))
