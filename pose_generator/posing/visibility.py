"""Which joints a camera sees: the control image leaves the others out.

The figure is filled with balls along its bones, about as thick as flesh is. A joint is hidden when the core of a ball
(`CORE` of its radius) covers it on the way to the camera and the middle of the ball lies before the joint by more
than `CLOSE`: a hand on the belly is seen, a hand behind the back is not. What is half covered or touched (an elbow
under the other arm's hand) stays, because the detectors that labelled the training pictures find it too. Neck,
shoulders and hips are always drawn: they lie inside the body, and those detectors place them by its outline. Joints
of the face are hidden too when they look away.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_generator.posing.kinematics import ADULT
from pose_generator.posing.skeleton import FACE, INDEX

Array = NDArray[np.float64]

#: A face joint is hidden when its direction from the middle of the head looks away from the camera by more than this.
AWAY: Final = {"nose": -0.3, "right_eye": -0.2, "left_eye": -0.2, "right_ear": -0.35, "left_ear": -0.35}
#: How much of a ball's radius hides, and from how near it does not (metres of an adult).
CORE, CLOSE = 0.75, 0.11
#: Bones as (start, end, radius at the start, radius at the end), metres of an adult.
BONES: Final = tuple(
    (INDEX[f"{side}_{start}"], INDEX[f"{side}_{end}"], thick, thin)
    for side in ("right", "left")
    for start, end, thick, thin in (
        ("shoulder", "elbow", 0.05, 0.04),
        ("elbow", "wrist", 0.04, 0.03),
        ("hip", "knee", 0.08, 0.055),
        ("knee", "ankle", 0.05, 0.04),
    )
)
HEAD: Final = 0.09
#: How far a hand reaches beyond its wrist, as a share of the forearm, and how thick it is in metres.
PALM, PALM_RADIUS = 0.36, 0.035
STEPS: Final = np.linspace(0.0, 1.0, 9)
TRUNK_STEPS: Final = np.linspace(0.0, 0.9, 6)
#: Joints that the body can hide.
LIMBS: Final = tuple(
    INDEX[f"{side}_{name}"] for side in ("right", "left") for name in ("elbow", "wrist", "knee", "ankle")
)
COVERED: Final = np.array([*LIMBS, *FACE])
NOTHING: Final = -1


def visible(points: Array, camera: Array) -> NDArray[np.bool_]:
    """Return (18,) flags of the joints `points` (18, 3) that a camera at `camera` (3,) sees; both in metres."""
    seen = np.ones(len(points), dtype=bool)
    seen[COVERED] = ~_covered(points, camera)
    seen[list(FACE)] &= _facing(points, camera)
    return seen


def size(points: Array) -> float:
    """Return how large the body of (18, 3) points is, 1 for an adult: its trunk is what no pose shortens much."""
    hips = (points[INDEX["right_hip"]] + points[INDEX["left_hip"]]) / 2
    return float(np.linalg.norm(points[INDEX["neck"]] - hips)) / (ADULT.lumbar + ADULT.thorax)


def _covered(points: Array, camera: Array) -> NDArray[np.bool_]:
    """Which of the joints `COVERED` lie behind flesh that is not their own."""
    centres, radii, owners = _flesh(points)
    joints = points[COVERED]
    way = camera - joints
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    offset = centres[None] - joints[:, None]
    before = np.einsum("jbi,ji->jb", offset, way)
    aside = np.sqrt(np.maximum((offset**2).sum(axis=2) - before**2, 0.0))
    others = (owners[None] != COVERED[:, None, None]).all(axis=2)
    # The head does not hide its own face here: whether that looks away is told by its direction.
    others[len(LIMBS) :] &= owners[:, 0] != INDEX["nose"]
    hidden: NDArray[np.bool_] = (others & (before > CLOSE * size(points)) & (aside < CORE * radii)).any(axis=1)
    return hidden


def _flesh(points: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    """Centres (N, 3) and radii (N,) of the balls in metres, and the two joints (N, 2) that each belongs to."""
    parts = [_bone(points, *bone) for bone in BONES]
    parts += [_hand(points, side) for side in ("right", "left")]
    parts += [_trunk(points), _head(points)]
    centres, radii, owners = (np.concatenate(column) for column in zip(*parts, strict=True))
    return centres, radii * size(points), owners


def _bone(points: Array, start: int, end: int, thick: float, thin: float) -> tuple[Array, Array, NDArray[np.int64]]:
    line = points[start] + STEPS[:, None] * (points[end] - points[start])
    return line, thick + STEPS * (thin - thick), np.tile([start, end], (len(STEPS), 1))


def _hand(points: Array, side: str) -> tuple[Array, Array, NDArray[np.int64]]:
    elbow, wrist = INDEX[f"{side}_elbow"], INDEX[f"{side}_wrist"]
    palm = points[wrist] + (points[wrist] - points[elbow]) * PALM
    return palm[None], np.array([PALM_RADIUS]), np.array([[elbow, wrist]])


def _trunk(points: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    """Three columns, from the hips to the neck and to below the shoulders: wider than deep, as a trunk is."""
    hips = (points[INDEX["right_hip"]] + points[INDEX["left_hip"]]) / 2
    shoulders = (points[INDEX["right_shoulder"]], points[INDEX["left_shoulder"]])
    inner = [points[INDEX["neck"]] + 0.6 * (shoulder - points[INDEX["neck"]]) for shoulder in shoulders]
    lines = [
        (hips, points[INDEX["neck"]]),
        (points[INDEX["right_hip"]], inner[0]),
        (points[INDEX["left_hip"]], inner[1]),
    ]
    centres = np.concatenate([low + TRUNK_STEPS[:, None] * (high - low) for low, high in lines])
    return centres, np.full(len(centres), 0.10), np.full((len(centres), 2), NOTHING)


def _head(points: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    middle = (points[INDEX["right_ear"]] + points[INDEX["left_ear"]]) / 2
    return middle[None], np.array([HEAD]), np.full((1, 2), INDEX["nose"])


def _facing(points: Array, camera: Array) -> NDArray[np.bool_]:
    """Which face joints, in the order of `FACE`, look towards the camera rather than away."""
    middle = (points[INDEX["right_ear"]] + points[INDEX["left_ear"]]) / 2
    towards = (camera - middle) / (np.linalg.norm(camera - middle) or 1.0)
    away = points[list(FACE)] - middle
    lengths = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    facing: NDArray[np.bool_] = away @ towards / lengths > np.array(list(AWAY.values()))
    return facing
