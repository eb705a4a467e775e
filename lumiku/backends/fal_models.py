"""What fal.ai's FLUX models are asked for, what they obey and on which terms.

The input schema of `fal-ai/flux-general` is known to take a skeleton (`controlnet_unions`) and a photo
(`reference_image_url`); every other model gets the words, the size and the seed.
"""

import base64
import io
import re
from typing import Any

from PIL import Image

from lumiku.backends import ImageRequest, photos

OBEDIENT = frozenset({"fal-ai/flux-general"})
MODEL = re.compile(r"[A-Za-z0-9_][\w-]{0,63}/[A-Za-z0-9_][\w.-]{0,63}(/[A-Za-z0-9_][\w.-]{0,63}){0,3}", re.ASCII)

STEPS = 28
SCHNELL_STEPS = 4  # the distilled model is made for one to four
GUIDANCE = 3.5
CONTROL_PATH = "Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro"
CONTROL_SCALE = 0.7  # its model card recommends 0.3 to 0.8
CONTROL_END = 0.8  # the last steps are free to paint skin and cloth
REFERENCE_STRENGTH = 0.65  # the model's own default


def supported(model: str, *, reference: bool) -> frozenset[str]:
    """Return what a model obeys; `reference` says that the operator wants photos sent."""
    if model not in OBEDIENT:
        return frozenset({"seed", "scene"})
    return frozenset({"seed", "scene", "control"} | ({"reference"} if reference else set()))


def licence_of(model: str) -> str:
    """Return what a user must know of a model's terms before paying."""
    if "schnell" in model:
        return "Apache-2.0: pictures may be used commercially."
    if model in OBEDIENT or model == "fal-ai/flux/dev":
        return (
            "FLUX.1 [dev] run by fal.ai, which marks the model for commercial use on its page; fal.ai's terms of "
            "service apply."
        )
    return f"The terms on the page of the model {model} at fal.ai."


def app_of(model: str) -> str:
    """Return owner and app: the further parts of a model's id belong into the address of a submission only."""
    return "/".join(model.split("/")[:2])


def order(request: ImageRequest, *, model: str, supports: frozenset[str]) -> dict[str, Any]:
    """Return the JSON body that asks `model` for the picture of `request`, with what it `supports`."""
    body: dict[str, Any] = {
        "prompt": request.prompt,
        "image_size": {"width": request.width, "height": request.height},
        "seed": request.seed,
        "num_inference_steps": SCHNELL_STEPS if "schnell" in model else STEPS,
        "guidance_scale": GUIDANCE,
        "num_images": 1,
        "enable_safety_checker": True,
        "output_format": "png",
    }
    if request.control and "control" in supports:
        body["controlnet_unions"] = [{"path": CONTROL_PATH, "controls": [_pose(request.control)]}]
    if request.reference and "reference" in supports:
        body["reference_image_url"] = _uri("jpeg", photos.jpeg(request.reference))
        body["reference_strength"] = REFERENCE_STRENGTH
    return body


def _pose(skeleton: Image.Image) -> dict[str, Any]:
    return {
        "control_image_url": _uri("png", _png(skeleton)),
        "control_mode": "pose",
        "conditioning_scale": CONTROL_SCALE,
        "start_percentage": 0.0,
        "end_percentage": CONTROL_END,
    }


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
