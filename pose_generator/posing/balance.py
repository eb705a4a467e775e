"""Does the body carry itself, and does any limb go through it?

Weight: the segments have the masses of Winter ("Biomechanics and Motor Control of Human Movement", table 4.1, after
Dempster). What touches the ground spans the support; the centre of mass must stand over it, give or take a hand's
breadth, because feet are not among the 18 points. A seat carries whoever is tagged as sitting, a wall or table whoever
leans; a stride, a leap or a dance is carried by its movement.

Limbs: the body is some hundred balls along its bones. Neighbours share flesh and touching is wanted (a hand on the
hip), so only balls that sink into each other deeper than flesh gives way are refused.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_generator.posing.angles import SIDES, frames
from pose_generator.posing.kinematics import ADULT, CLEARANCE, lowest
from pose_generator.posing.skeleton import INDEX

Array = NDArray[np.float64]

#: Share of the body's mass and place of its centre along the segment (Winter); both sides together weigh 1.
SEGMENTS: Final = (
    ("neck", "ears", 0.081, 1.0), ("neck", "hips", 0.497, 0.50),
    ("shoulder", "elbow", 0.028, 0.436), ("elbow", "wrist", 0.022, 0.682),
    ("hip", "knee", 0.100, 0.433), ("knee", "ankle", 0.061, 0.606),
)  # fmt: skip
#: A joint bears weight when its skin is at most this far from the ground; metres of an adult, as everything here.
TOUCH: Final = 0.035
#: A heel that is lifted up to here leaves the ball of the foot on the ground.
TIPTOE: Final = 0.13
HEEL, TOES, FOOT_HALF = 0.06, 0.19, 0.045
FINGERS: Final = 0.12
#: How far outside its support the centre of mass may be: feet turn and knees give more than 18 points show.
TOLERANCE: Final = 0.08
#: Tags that say what carries the weight besides the ground.
SEATED: Final = frozenset({"sits", "sitting", "seated", "seat", "chair"})
LEANING: Final = frozenset({"leans", "leaning", "wall"})
MOVING: Final = frozenset({
    "dynamic", "walk", "walking", "run", "running", "sprint", "jog", "stride", "jump", "leap", "dance", "kick", "twirl",
    "spin",
})  # fmt: skip

#: Radius of each limb at its start and end, for an adult.
THICKNESS: Final = {
    ("shoulder", "elbow"): (0.050, 0.040),
    ("elbow", "wrist"): (0.040, 0.026),
    ("hip", "knee"): (0.080, 0.052),
    ("knee", "ankle"): (0.050, 0.036),
}
HEAD, CHEST, FLANK = 0.095, 0.105, 0.085
#: How far two parts may press into each other, as a share of both their radii: 1 is axis on axis. A folded body lays
#: its belly on its thighs.
GIVES: Final = {"lap": 0.60, "trunk": 0.42, "limbs": 0.60}
BALLS: Final = 9


@dataclass(frozen=True)
class Overlap:
    """Two parts of the body that share space, `depth` metres deep."""

    one: str
    other: str
    depth: float

    def __str__(self) -> str:
        return f"{self.one} goes {100 * self.depth:.0f} cm deep into {self.other}"


def problems(keypoints: Array, *, tags: Collection[str] = (), dynamic: bool = False) -> list[str]:
    """Return in words what is wrong with weight and limbs of (18, 3) keypoints in metres; empty when nothing is."""
    points = np.asarray(keypoints, dtype=float)
    found = [str(overlap) for overlap in overlaps(points)]
    if dynamic or MOVING & set(tags):
        return found
    seated, height = bool(SEATED & set(tags)), lowest(points, size(points))
    if height > TOUCH and not seated:
        found.append(f"floats {100 * height:.0f} cm above the ground: tag it jump or dynamic, or leave out lift")
    if LEANING & set(tags):
        return found
    outside, carriers = off_balance(points, seated=seated)
    if outside > TOLERANCE:
        by = ", ".join(carriers) or "nothing touches the ground"
        found.append(
            f"the weight is {100 * outside:.0f} cm outside of what carries it ({by}), {100 * TOLERANCE:.0f} cm is the "
            "most: shift the pelvis, or tag it sits, leans or dynamic"
        )
    return found


def centre_of_mass(points: Array) -> Array:
    """Return the (3,) centre of mass of (18, 3) keypoints."""
    centre = np.zeros(3)
    for start, end, mass, along in SEGMENTS:
        for side in SIDES:
            a, b = _place(points, start, side), _place(points, end, side)
            weight = mass / 2 if start == "neck" else mass
            centre += weight * (a + along * (b - a))
    return centre


def contacts(points: Array, *, seated: bool = False) -> dict[str, Array]:
    """Return what bears weight: by name, the (n, 2) places (x, z) where it touches the ground or the seat."""
    scale = size(points)
    ground = lowest(points, scale)
    found: dict[str, Array] = {}
    for side in SIDES:
        for joint in ("knee", "hip", "elbow", "shoulder"):
            place = points[INDEX[f"{side}_{joint}"]]
            low = place[1] - CLEARANCE[joint] * scale - ground <= TOUCH * scale
            if low or (seated and joint == "hip"):
                found[f"{side}_{joint}"] = _round(place, CLEARANCE[joint])
        wrist = points[INDEX[f"{side}_wrist"]]
        if wrist[1] - CLEARANCE["wrist"] * scale - ground <= TOUCH * scale:
            fingers = _level(wrist - points[INDEX[f"{side}_elbow"]]) * FINGERS
            found[f"{side}_wrist"] = np.concatenate([_round(wrist, 0.03), _round(wrist + fingers, 0.03)])
        height = points[INDEX[f"{side}_ankle"], 1] - CLEARANCE["ankle"] * scale - ground
        if height <= TIPTOE * scale:
            found[f"{side}_ankle"] = _foot(points, side, flat=bool(height <= TOUCH * scale))
    ears = (points[INDEX["right_ear"]] + points[INDEX["left_ear"]]) / 2
    if ears[1] - 0.11 * scale - ground <= TOUCH * scale:
        found["head"] = _round(ears, 0.05)
    return found


def off_balance(points: Array, *, seated: bool = False) -> tuple[float, list[str]]:
    """Return how many metres the centre of mass lies outside of its support (0 inside), and what supports it."""
    found = contacts(points, seated=seated)
    if not found:
        return float("inf"), []
    mass = centre_of_mass(points)[[0, 2]]
    return _outside(mass, np.concatenate(list(found.values()))), sorted(found)


def overlaps(points: Array) -> list[Overlap]:
    """Return every two parts of (18, 3) keypoints that are deeper in each other than flesh gives way."""
    parts = _parts(np.asarray(points, dtype=float))
    found = []
    for one, other in combinations(parts, 2):
        if (one, other) not in _NEIGHBOURS:
            depth, share = _deepest(parts[one], parts[other])
            if share > GIVES[_kind(one, other)]:
                found.append(Overlap(other.replace("_", " "), one.replace("_", " "), depth))
    return found


def size(points: Array) -> float:
    """Return how large the figure is against an adult, by the bones of its legs."""
    legs = [
        float(np.linalg.norm(points[INDEX[f"{side}_{a}"]] - points[INDEX[f"{side}_{b}"]]))
        for side in SIDES
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]
    return sum(legs) / (2 * (ADULT.thigh + ADULT.shin))


def _parts(points: Array) -> dict[str, tuple[Array, Array]]:
    """Centres (n, 3) and radii (n,) of the balls of each part of the body."""
    scale = size(points)
    _, chest = frames(points)
    ears = (points[INDEX["right_ear"]] + points[INDEX["left_ear"]]) / 2
    neck, hips = points[INDEX["neck"]], _place(points, "hips", "left")
    columns = [_balls(hips, neck - (neck - hips) * 0.12, CHEST * scale, CHEST * scale)]
    for side in SIDES:
        hip, shoulder = points[INDEX[f"{side}_hip"]], points[INDEX[f"{side}_shoulder"]]
        top = neck + (shoulder - neck) * 0.55 - chest[:, 1] * 0.08 * scale
        columns.append(_balls(hip + (hips - hip) * 0.15, top, FLANK * scale, FLANK * scale))
    parts = {
        "trunk": (np.concatenate([c for c, _ in columns]), np.concatenate([r for _, r in columns])),
        "head": (ears[None] + chest[:, 1] * 0.02 * scale, np.array([HEAD * scale])),
    }
    for (start, end), (thick, thin) in THICKNESS.items():
        for side in SIDES:
            a, b = points[INDEX[f"{side}_{start}"]], points[INDEX[f"{side}_{end}"]]
            parts[f"{side}_{_NAMES[start]}"] = _balls(a, b, thick * scale, thin * scale)
    # Where a limb starts it belongs to the trunk.
    for side in SIDES:
        for name in ("upper_arm", "thigh"):
            centres, radii = parts[f"{side}_{name}"]
            parts[f"{side}_{name}"] = centres[4:], radii[4:]
    return parts


_NAMES: Final = {"shoulder": "upper_arm", "elbow": "forearm", "hip": "thigh", "knee": "shin"}
#: Parts that meet in a joint: their limits keep them apart.
_NEIGHBOURS: Final = frozenset(
    {("trunk", "head")}
    | {(f"{side}_{a}", f"{side}_{b}") for side in SIDES for a, b in (("upper_arm", "forearm"), ("thigh", "shin"))}
)


def _kind(one: str, other: str) -> str:
    if one in ("trunk", "head"):
        return "lap" if other.endswith("thigh") else "trunk"
    return "limbs"


def _deepest(one: tuple[Array, Array], other: tuple[Array, Array]) -> tuple[float, float]:
    """How deep two parts are in each other where it is worst: in metres and as a share of their radii."""
    reach = one[1][:, None] + other[1][None]
    depths = reach - np.linalg.norm(one[0][:, None] - other[0][None], axis=2)
    worst = np.unravel_index((depths / reach).argmax(), depths.shape)
    return float(depths[worst]), float(depths[worst] / reach[worst])


def _balls(start: Array, end: Array, thick: float, thin: float) -> tuple[Array, Array]:
    along = np.linspace(0.0, 1.0, BALLS)
    return start + along[:, None] * (end - start), thick + along * (thin - thick)


def _place(points: Array, name: str, side: str) -> Array:
    if name in ("ears", "hips"):
        place: Array = (points[INDEX[f"right_{name[:-1]}"]] + points[INDEX[f"left_{name[:-1]}"]]) / 2
        return place
    return points[INDEX["neck" if name == "neck" else f"{side}_{name}"]]


def _foot(points: Array, side: str, *, flat: bool) -> Array:
    """The corners of a sole, or of its ball, ahead of the ankle: where the knee points, or else the hips."""
    hip, knee, ankle = (points[INDEX[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
    pelvis, _ = frames(points)
    bend = knee - (hip + ankle) / 2
    ahead = _level(bend) if np.hypot(bend[0], bend[2]) > 0.06 else _level(pelvis[:, 2])
    aside = np.array([ahead[2], 0.0, -ahead[0]]) * FOOT_HALF
    back, front = (-HEEL, TOES) if flat else (0.08, TOES - 0.03)
    corners = [ankle + ahead * length + width for length in (back, front) for width in (aside, -aside)]
    return np.array(corners)[:, [0, 2]]


def _round(place: Array, radius: float) -> Array:
    return place[[0, 2]] + radius * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


def _level(way: Array) -> Array:
    """The horizontal direction of `way`, length 1; nothing for a vertical one."""
    flat = np.array([way[0], 0.0, way[2]])
    level: Array = flat / (float(np.linalg.norm(flat)) or 1.0)
    return level


def _outside(place: Array, support: Array) -> float:
    """Distance of `place` (2,) from the convex hull of `support` (n, 2), 0 inside.

    The hull lies on this side of a line in every direction, so the largest gap over all directions is the distance.
    """
    turns = np.radians(np.arange(0.0, 360.0, 2.0))
    ways = np.stack([np.cos(turns), np.sin(turns)])
    gaps = place @ ways - (support @ ways).max(axis=0)
    return max(0.0, float(gaps.max()))
