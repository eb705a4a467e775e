"""Drawings of a pose: the figure that people pick it by, its thumbnail and its skeleton, named by their content."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumiku import backends, files, images
from lumiku.backends import ImageRequest
from pose_generator.posing import camera, draw

Array = NDArray[np.float64]

#: Raised when the drawings change, so that every picture gets a new name.
VERSION = 3
PREVIEW_SIZE = (640, 800)
SKELETON_SIZE = (1024, 1024)
STUDIO = "#EDEBE8"


def names(stem: str) -> dict[str, str]:
    """Return the storage names of a pose's drawings, by the model's fields."""
    return {"preview": f"{stem}.webp", "thumbnail": f"{stem}-400.webp", "skeleton": f"{stem}-openpose.png"}


def put(stem: str, points: Array, traits: Mapping[str, Any]) -> dict[str, str]:
    """Draw the pose (18 x 3 metres) as a person with `traits`, and its skeleton, and store them below `stem`."""
    named, picture = names(stem), figure(points, traits)
    files.put(named["preview"], _encoded(picture, "WEBP", quality=85, method=2))
    files.put(named["thumbnail"], images.thumbnail(picture))
    files.put(named["skeleton"], _encoded(skeleton(points), "PNG", compress_level=3))
    return named


def figure(points: Array, traits: Mapping[str, Any]) -> Image.Image:
    """Return the pose as a drawn person in a studio, RGB."""
    width, height = PREVIEW_SIZE
    joints = camera.project(points, width=width, height=height)
    request = ImageRequest(
        prompt="", width=width, height=height, seed=1, joints=joints, traits=traits, background=STUDIO
    )
    return backends.get("preview").paint(request).image.convert("RGB")


def skeleton(points: Array) -> Image.Image:
    """Return the pose as an OpenPose control image, RGB."""
    width, height = SKELETON_SIZE
    return draw.openpose(camera.project(points, width=width, height=height), width=width, height=height)


def _encoded(picture: Image.Image, format: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()
