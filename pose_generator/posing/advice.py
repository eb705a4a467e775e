"""What is worth knowing about a pose before it is paid for.

Painting models paint what a control image shows, and fail where it says little: outside the frame, where limbs cross,
or where a face is asked for and none is seen. Nothing is refused here; whoever orders is told.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import Joint
from pose_generator.posing import angles, visibility
from pose_generator.posing.skeleton import INDEX

Array = NDArray[np.float64]

OUT_OF_FRAME: Final = "joints_out_of_frame"
CROSSED: Final = "limbs_crossed"
NO_FACE: Final = "face_not_seen"
LEG: Final = ("hip", "knee", "ankle")
ARM: Final = ("shoulder", "elbow", "wrist")
#: A joint is on the other side when it is there by more than this many metres of an adult.
ACROSS: Final = 0.02
#: Crossed limbs are nearer to each other than this, metres of an adult: a leg that swings far before the other is not.
TOGETHER: Final = 0.15
#: What a face is known by; an ear is seen from behind, too.
FEATURES: Final = tuple(INDEX[name] for name in ("nose", "right_eye", "left_eye"))
SAMPLES: Final = np.linspace(0.0, 1.0, 8)[:, None]


def advice(keypoints: Array, joints: Sequence[Joint], *, width: int, height: int, has_face: bool) -> tuple[str, ...]:
    """Return the codes that hold for (18, 3) `keypoints` seen as `joints` on a `width` x `height` picture.

    `has_face` says that the person has a face to be recognised by: a photo or traits.
    """
    points = np.asarray(keypoints, dtype=float)
    pelvis, chest = angles.frames(points)
    found = {
        OUT_OF_FRAME: _out_of_frame(joints, width, height),
        CROSSED: _crossed(points, joints, pelvis[:, 0], LEG) or _crossed(points, joints, chest[:, 0], ARM),
        NO_FACE: has_face and not any(joints[number][3] for number in FEATURES),
    }
    return tuple(code for code, holds in found.items() if holds)


def _out_of_frame(joints: Sequence[Joint], width: int, height: int) -> bool:
    return any(shown and not (0 <= x < width and 0 <= y < height) for x, y, _, shown in joints)


def _crossed(points: Array, joints: Sequence[Joint], left: Array, chain: tuple[str, str, str]) -> bool:
    """Whether a joint of the right limb lies beyond its fellow, near the other limb, and the camera sees an end."""
    beyond = any(_beyond(points, name, left) for name in chain[1:])
    seen = any(joints[INDEX[f"{side}_{chain[2]}"]][3] for side in ("right", "left"))
    return beyond and seen and _gap(points, chain) < TOGETHER * visibility.size(points)


def _beyond(points: Array, name: str, left: Array) -> bool:
    """Whether the right joint stands to the left of the left one, as the body sees it."""
    apart = (points[INDEX[f"left_{name}"]] - points[INDEX[f"right_{name}"]]) @ left
    return bool(apart < -ACROSS * visibility.size(points))


def _gap(points: Array, chain: tuple[str, str, str]) -> float:
    """The smallest distance in metres between the middle lines of the right limb and the left one."""
    right, left = (_line(points[[INDEX[f"{side}_{name}"] for name in chain]]) for side in ("right", "left"))
    return float(np.linalg.norm(right[:, None] - left[None], axis=2).min())


def _line(joints: Array) -> Array:
    """Places along the two bones of a limb (3, 3), one after the other."""
    root, middle, end = joints
    return np.concatenate([root + SAMPLES * (middle - root), middle + SAMPLES * (end - middle)])
