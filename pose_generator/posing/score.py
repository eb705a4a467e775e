"""How well a painted person keeps the asked pose, 0 to 100.

Two measures, half of the score each. Object key-point similarity (COCO's: how far each joint is from its place, in
units of how exactly people can tell that joint) sees where things are; the turns of the limbs see what the body does,
wherever it stands. Both are means over the body; from that of the limbs, the two worst take half, because a pose with
one wrong arm is another pose.

A model need not paint the figure where and as large as it was asked: the asked joints are first moved and scaled
on to the found ones. They are not rotated and not mirrored, since a figure that leans or shows its other side is
wrong. Joints that the camera would not see, that the picture cuts off or that the detector is unsure of are not
counted, and with too few of them there is no score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import Joint
from pose_generator.posing.skeleton import FACE, INDEX

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: A joint is found from this confidence on.
SURE: Final = 0.5
#: The joints of arms, legs and trunk. The neck is none of COCO's: detectors place it between the shoulders.
BODY: Final = np.array([number for number in range(18) if number not in FACE and number != INDEX["neck"]])
#: COCO's standard deviations of annotators, as shares of the body's size.
SIGMAS: Final = np.array(
    [0.026, 0.079, 0.079, 0.072, 0.062, 0.079, 0.072, 0.062, 0.107, 0.087, 0.089, 0.107, 0.087, 0.089,
     0.025, 0.025, 0.035, 0.035]
)  # fmt: skip
#: The five joints of the face tell as much as two of the body.
FACE_WEIGHT: Final = 0.4
#: COCO's size of a body (the root of its area) over the length of trunk, thigh and shin together.
SIZE: Final = 0.55
#: At least this many joints of the body, and this share of those that should be seen, must be found.
FEWEST, ENOUGH = 6, 2 / 3
#: The turn of a limb, in degrees, at which it has lost two fifths (one standard deviation).
TURN: Final = 25.0
#: How many limbs are "the worst".
WORST: Final = 2
#: Places beyond the 18 joints: middles of the shoulders, of the hips and of the face.
CHEST, PELVIS, HEAD = 18, 19, 20
SHOULDERS: Final = (INDEX["right_shoulder"], INDEX["left_shoulder"])
HIPS: Final = (INDEX["right_hip"], INDEX["left_hip"])
#: What is scored, by the places that it runs between.
LIMBS: Final = {"head": (CHEST, HEAD), "trunk": (PELVIS, CHEST), "shoulders": SHOULDERS, "hips": HIPS} | {
    f"{side}_{limb}": (INDEX[f"{side}_{start}"], INDEX[f"{side}_{end}"])
    for limb, start, end in (
        ("upper_arm", "shoulder", "elbow"),
        ("forearm", "elbow", "wrist"),
        ("thigh", "hip", "knee"),
        ("shin", "knee", "ankle"),
    )
    for side in ("right", "left")
}


@dataclass(frozen=True)
class Score:
    """How well a pose was kept."""

    total: int
    """0 to 100."""
    limbs: dict[str, int]
    """0 to 100 by name of LIMBS; limbs that could not be seen are missing."""
    asked: Array
    """(18, 2): the asked joints moved and scaled on to the found ones, pixels of the picture."""
    counted: Flags
    """(18,): joints that were compared."""


def score(asked: Sequence[Joint], found: Array, confidence: Array, *, size: tuple[int, int]) -> Score | None:
    """Return how well `found` (18, 2; pixels) keeps the pose `asked` (18 joints, pixels), or None if too little shows.

    `confidence` (18,) is from 0 to 1; `size` is (width, height) of the picture in pixels, of both.
    """
    joints = np.array([joint[:3] for joint in asked], dtype=float)
    wanted = np.array([joint[3] for joint in asked]) & _inside(joints[:, :2], size)
    counted = wanted & (np.asarray(confidence) >= SURE) & _inside(found, size)
    seen = BODY[counted[BODY]]
    if len(seen) < max(FEWEST, ENOUGH * wanted[BODY].sum()) or not np.ptp(found[seen], axis=0).any():
        return None
    laid = _laid_over(joints, found, seen)
    turns = _turns(places(laid, counted), places(np.asarray(found, dtype=float), counted), _known(counted))
    limbs = {name: float(np.exp(-((turn / TURN) ** 2) / 2)) for name, turn in turns.items()}
    total = (_similarity(laid, found, counted) + _of_body(list(limbs.values()))) / 2
    return Score(_percent(total), {name: _percent(value) for name, value in limbs.items()}, laid[:, :2], counted)


def _inside(points: Array, size: tuple[int, int]) -> Flags:
    inside: Flags = np.all((points >= 0) & (points <= size), axis=1)
    return inside


def _laid_over(joints: Array, found: Array, seen: NDArray[np.int64]) -> Array:
    """Return `joints` (18, 3) moved and scaled so that those `seen` lie as widely round the same middle as the found.

    The scale is the ratio of the spreads: a least-squares fit would shrink a wrong pose until it fits.
    """
    middle, place = joints[seen, :2].mean(axis=0), found[seen].mean(axis=0)
    scale = np.linalg.norm(found[seen] - place) / (np.linalg.norm(joints[seen, :2] - middle) or 1.0)
    laid: Array = (joints - [*middle, 0.0]) * scale + [*place, 0.0]
    return laid


def _similarity(laid: Array, found: Array, counted: Flags) -> float:
    """COCO's object key-point similarity, 0 to 1, of the joints that are counted."""
    reach = 2 * SIGMAS * SIZE * _body_length(laid)
    near = np.exp(-((np.linalg.norm(laid[:, :2] - found, axis=1) / reach) ** 2) / 2)
    weights = np.where(np.isin(np.arange(18), FACE), FACE_WEIGHT, 1.0) * counted
    weights[INDEX["neck"]] = 0.0
    return float(weights @ near / weights.sum())


def _body_length(joints: Array) -> float:
    """Trunk, thigh and shin of (18, 3) joints in a row, pixels; depths make it the same from every side."""
    spots = places(joints, np.ones(18, dtype=bool))
    legs = [_length(spots, f"{side}_{limb}") for side in ("right", "left") for limb in ("thigh", "shin")]
    return _length(spots, "trunk") + sum(legs) / 2


def _length(spots: Array, limb: str) -> float:
    start, end = LIMBS[limb]
    return float(np.linalg.norm(spots[end] - spots[start]))


def places(points: Array, counted: Flags) -> Array:
    """Return `points` (18, n) and behind them CHEST, PELVIS and HEAD: (21, n).

    HEAD is the middle of those joints of the face that are `counted` (18,).
    """
    face = [joint for joint in FACE if counted[joint]] or [*FACE]
    middles = [points[list(joints)].mean(axis=0) for joints in (SHOULDERS, HIPS, face)]
    return np.concatenate([points, middles])


def _known(counted: Flags) -> Flags:
    """Which of the 21 places are compared."""
    return np.append(
        counted, [counted[list(SHOULDERS)].all(), counted[list(HIPS)].all(), bool(counted[list(FACE)].any())]
    )


def _turns(laid: Array, found: Array, known: Flags) -> dict[str, float]:
    """Degrees by which each limb was turned, from (21, 3) and (21, 2) places: 2 asin(d / 2), d between its ends.

    d is measured in the limb's own length, so one that points at the camera and looks short has no say in a direction
    that nobody can tell, and one that should look short but does not counts as turned.
    """
    turns = {}
    for name, (start, end) in LIMBS.items():
        length = _length(laid, name)
        if known[start] and known[end] and length > 0:
            apart = np.linalg.norm((laid[end] - laid[start])[:2] - (found[end] - found[start])) / length
            turns[name] = float(np.degrees(2 * np.arcsin(min(1.0, float(apart) / 2))))
    return turns


def _of_body(limbs: list[float]) -> float:
    """The mean of all limbs and the mean of the worst, half and half."""
    return float(np.mean(limbs) + np.mean(sorted(limbs)[:WORST])) / 2


def _percent(share: float) -> int:
    return round(100 * share)
