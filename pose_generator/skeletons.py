"""Control images of a pose from any camera, as pictures to look at or to feed to a model elsewhere.

Those of the library are public, so anybody may ask for any of some hundred thousand views: they are cached by whoever
asks (the tag says everything that a picture shows) and the latest are kept in memory. None is stored: drawing takes 6
to 41 ms, and strangers could fill a disk.
"""

import hashlib
import io
import json
from dataclasses import astuple, dataclass, replace
from functools import lru_cache

import numpy as np

from pose_generator.models import Pose
from pose_generator.posing import camera, draw

#: Raised when the drawing changes, so that every picture gets a new name.
DRAWING = 1
KEPT = 256  # pictures of some 20 KB
SETTINGS = {"png": {"compress_level": 6}, "webp": {"lossless": True, "method": 2}}


@dataclass(frozen=True, kw_only=True)
class View:
    """A camera and the square picture that it takes."""

    yaw: int = 0
    """Degrees, as `camera.project` has it; so is `pitch`."""
    pitch: int = 0
    size: int = 1024
    """Pixels a side."""
    mirror: bool = False
    format: str = "png"
    """One of `SETTINGS`."""


def tag(pose: Pose, view: View) -> str:
    """Return 32 letters and digits that differ wherever the picture may differ."""
    told = json.dumps([DRAWING, pose.keypoints, view.yaw % 360, *astuple(view)[1:]])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def picture(pose: Pose, view: View) -> bytes:
    """Return the encoded control image, from memory if it was drawn lately."""
    return _drawn(tag(pose, view), json.dumps(pose.keypoints), replace(view, yaw=view.yaw % 360))


@lru_cache(maxsize=KEPT)
def _drawn(name: str, keypoints: str, view: View) -> bytes:
    """Draw; `name` says all that the picture shows and so keeps it apart from the others."""
    size = {"width": view.size, "height": view.size}
    points = np.asarray(json.loads(keypoints), dtype=float)
    joints = camera.project(points, **size, yaw=view.yaw, pitch=view.pitch, mirror=view.mirror)
    out = io.BytesIO()
    draw.openpose(joints, **size).save(out, view.format.upper(), **SETTINGS[view.format])
    return out.getvalue()
