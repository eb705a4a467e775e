"""What a backend is asked for: the brief of one picture, complete, and whether its words may still be used."""

import io
from typing import Any

import numpy as np
from PIL import Image

from lumiku import backends, files, moderation
from lumiku.backends import BackendError, ImageRequest, Joint
from pose_generator.models import Generation, Result
from pose_generator.posing import camera, draw

#: Repaints flip bits from this one on: their seeds are known, and no other picture of the order has them.
REPAINT_BIT = 20


def brief(result: Result, *, repaint: int = 0) -> ImageRequest:
    """Return what the backend is asked for, complete: prompt, skeleton from the camera, person, ground, seed."""
    order = result.generation
    points = joints(result)
    # A skeleton is 3 MB for as long as the call lasts: none for a backend that says it takes none.
    control = points and "control" in backends.get(result.backend).supports
    return ImageRequest(
        prompt=result.prompt,
        width=order.width,
        height=order.height,
        seed=seed(result, repaint),
        control=draw.openpose(points, width=order.width, height=order.height) if control else None,
        joints=points,
        reference=_photo(order.reference),
        traits=order.traits,
        background=order.background_color or None,
        scene=(order.background_prompt or "photo studio") if order.background_mode == "ai_generate" else "",
    )


def joints(result: Result) -> tuple[Joint, ...]:
    """Return the pose's joints as the order's camera sees them; nothing for a text order."""
    if result.pose is None:
        return ()
    order = result.generation
    points = np.asarray(result.pose.keypoints, dtype=float)
    return camera.project(points, width=order.width, height=order.height, yaw=result.yaw, pitch=result.pitch)


def seed(result: Result, repaint: int) -> int:
    """Return the seed of a repaint; 0 is the painting that was ordered."""
    return result.seed ^ (repaint << REPAINT_BIT)


def _photo(name: str) -> Image.Image | None:
    """Return the person's photo, unpacked only if the backend looks at it; uploads were made safe when they came."""
    data = files.read(name) if name else None
    return Image.open(io.BytesIO(data)) if data else None


def require_allowed(result: Result) -> None:
    """Return if the words of a picture pass moderation as it is now, perhaps stricter than when they were ordered.

    Raise BackendError "prompt_refused": nothing reaches a model any more.
    """
    if any(moderation.classify(text) for text in (result.prompt, *texts(result.generation)) if text):
        raise BackendError("prompt_refused")


def texts(order: Generation) -> list[str]:
    """Return every text of an order that its owner wrote and a model reads."""
    return [order.text_prompt, order.background_prompt, *map(_words, order.traits.values())]


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
