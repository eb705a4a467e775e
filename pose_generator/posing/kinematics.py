"""Forward kinematics: joint angles that a person can write by hand become 18 keypoints in metres.

The figure's frame is right-handed: x towards its LEFT hand, y up, z to the front; the ground is y = 0. At rest it
stands upright with hanging arms. An angle is a number (elbows and knees: flexion) or [flexion, sideways, rotation]
in degrees:

- pelvis, spine, neck, head: flexion bends forward, sideways leans and rotation turns towards the figure's own left;
- shoulders, hips: flexion lifts to the front, sideways (abduction) lifts outwards, rotation is inwards.

"shoulders", "elbows", "hips", "knees" set both sides. Where a hand or foot must touch something, angles are
guesswork, so `placement` says where it is: {"at": [x, y, z], "from": joint, "towards": [x, y, z]}, the last being
where the elbow or knee points. Without "from" the place is absolute; with it, it is an offset in the frame of the
chest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose_generator.posing.skeleton import INDEX, JOINTS

Vector = NDArray[np.float64]
Angles = Mapping[str, Any]
Placement = Mapping[str, Any]

SIDES = {"right": -1.0, "left": 1.0}
AXIAL = ("pelvis", "spine", "neck", "head")
PAIRED = ("shoulder", "elbow", "hip", "knee")
ENDS = ("wrist", "ankle")
PLURALS = {f"{name}s": name for name in (*PAIRED, *ENDS)}


class BadPose(ValueError):
    """The angles or the placement cannot be read or reached; the message names the joint."""


@dataclass(frozen=True)
class Proportions:
    """Lengths of the figure in metres, between joint centres."""

    hip_width: float = 0.19
    thigh: float = 0.42
    shin: float = 0.40
    ankle: float = 0.08
    """Height of the ankle joint over the sole."""
    lumbar: float = 0.20
    thorax: float = 0.29
    shoulder_width: float = 0.34
    upper_arm: float = 0.285
    forearm: float = 0.25
    neck: float = 0.10
    skull: float = 0.075
    """From the top of the neck to the middle of the ears."""

    @property
    def stature(self) -> float:
        """Height of the crown of the standing figure."""
        crown = 0.135 * self.head_scale
        return _hip_height(self) + self.lumbar + self.thorax + self.neck + self.skull + crown

    @property
    def scale(self) -> float:
        """How large the body is against an adult of 1.70 m, by its legs."""
        return (self.thigh + self.shin) / 0.82

    @property
    def shoulder_scale(self) -> float:
        """How broad the shoulders are against an adult's."""
        return self.shoulder_width / 0.34

    @property
    def head_scale(self) -> float:
        """How large the head is against an adult's."""
        return self.skull / 0.075


ADULT = Proportions()

#: How thick the body is round each joint, in metres: what keeps it above the ground.
CLEARANCE = {"ankle": 0.08, "knee": 0.055, "hip": 0.10, "wrist": 0.03, "elbow": 0.045, "shoulder": 0.08, "ear": 0.06}
#: A face that is turned to the ground stays this far above it.
NOSE_CLEARANCE = 0.03
#: Places on the head, from the middle between the ears.
FACE = {
    "nose": (0.0, -0.012, 0.115),
    "right_eye": (-0.032, 0.03, 0.088),
    "left_eye": (0.032, 0.03, 0.088),
    "right_ear": (-0.074, 0.0, 0.0),
    "left_ear": (0.074, 0.0, 0.0),
}


def keypoints(
    angles: Angles, placement: Placement | None = None, *, proportions: Proportions = ADULT
) -> NDArray[np.float64]:
    """Return the (18, 3) keypoints in metres, OpenPose order, standing, sitting or lying on the ground y = 0.

    `placement` may hold "pelvis" ([x, y, z]), "lift" (metres above the ground, for jumps) and ends of limbs. Raises
    BadPose for an unknown joint, a value that is no angle, or a place that the limb cannot reach.
    """
    angles = both_sides(angles)
    placement = both_sides(placement or {})
    _refuse_unknown(angles, placement)
    points = {"pelvis": np.asarray(placement.get("pelvis", (0.0, _hip_height(proportions), 0.0)), dtype=float)}
    pelvis = _turn(angles, "pelvis")
    chest = _trunk(points, angles, pelvis, proportions)
    for end in ("ankle", "wrist"):
        _limbs(points, angles, placement, end, pelvis if end == "ankle" else chest, chest, proportions)
    result = np.array([points[name] for name in JOINTS])
    result[:, 1] += float(placement.get("lift", 0.0)) - lowest(result, proportions.scale)
    return result


def both_sides(values: Mapping[str, Any]) -> dict[str, Any]:
    """Spread "elbows" to right_elbow and left_elbow; a single side that is written too wins."""
    spread: dict[str, Any] = {}
    for name, value in values.items():
        if name in PLURALS:
            spread[f"left_{PLURALS[name]}"] = value
            spread[f"right_{PLURALS[name]}"] = _mirrored(value) if isinstance(value, dict) else value
    return spread | {name: value for name, value in values.items() if name not in PLURALS}


def _mirrored(place: Mapping[str, Any]) -> dict[str, Any]:
    mirrored = dict(place)
    for key in ("at", "towards"):
        if key in place:
            mirrored[key] = [-place[key][0], *place[key][1:]]
    if "from" in place:
        mirrored["from"] = place["from"].replace("left_", "right_")
    return mirrored


def _refuse_unknown(angles: Angles, placement: Placement) -> None:
    known = {*AXIAL, *(f"{side}_{name}" for side in SIDES for name in PAIRED)}
    ends = {"pelvis", "lift", *(f"{side}_{name}" for side in SIDES for name in ENDS)}
    for name in [*(set(angles) - known), *(set(placement) - ends)]:
        raise BadPose(f"{name}: no such joint")


def _turn(angles: Angles, name: str) -> Vector:
    """The rotation of a joint of the trunk: bend, then lean, then turn, all in the frame below it."""
    flexion, sideways, rotation = triple(angles, name)
    return _about_y(rotation) @ _about_x(flexion) @ _about_z(-sideways)


def triple(angles: Angles, name: str) -> tuple[float, float, float]:
    value = angles.get(name, 0.0)
    numbers = value if isinstance(value, (list, tuple)) else (value,)
    if not 1 <= len(numbers) <= 3 or not all(isinstance(n, (int, float)) for n in numbers):
        raise BadPose(f"{name}: {value!r} is neither a number nor [flexion, sideways, rotation]")
    flexion, sideways, rotation = (*map(float, numbers), 0.0, 0.0)[:3]
    return flexion, sideways, rotation


def _hip_height(size: Proportions) -> float:
    return size.thigh + size.shin + size.ankle


def _trunk(points: dict[str, Vector], angles: Angles, pelvis: Vector, size: Proportions) -> Vector:
    """Set hips, neck, shoulders and face; return the frame of the chest. The spine bends in two places."""
    flexion, sideways, rotation = (angle / 2 for angle in triple(angles, "spine"))
    half = _about_y(rotation) @ _about_x(flexion) @ _about_z(-sideways)
    waist = pelvis @ half
    chest = waist @ half
    up = np.array([0.0, 1.0, 0.0])
    points["neck"] = points["pelvis"] + waist @ up * size.lumbar + chest @ up * size.thorax
    for side, sign in SIDES.items():
        points[f"{side}_hip"] = points["pelvis"] + pelvis @ np.array([sign * size.hip_width / 2, 0.0, 0.0])
        across = np.array([sign * 0.17, -0.01, 0.0]) * size.shoulder_scale
        points[f"{side}_shoulder"] = points["neck"] + chest @ across
    neck = chest @ _turn(angles, "neck")
    head = neck @ _turn(angles, "head")
    throat = np.array([0.0, size.neck, 0.025 * size.head_scale])
    middle = points["neck"] + neck @ throat + head @ np.array([0.0, size.skull, 0.01 * size.head_scale])
    for name, place in FACE.items():
        points[name] = middle + head @ np.array(place) * size.head_scale
    return chest


def _limbs(
    points: dict[str, Vector],
    angles: Angles,
    placement: Placement,
    end: str,
    frame: Vector,
    chest: Vector,
    size: Proportions,
) -> None:
    """Set the two elbows and wrists, or knees and ankles: by their angles, else by the place of the end."""
    root, middle = ("hip", "knee") if end == "ankle" else ("shoulder", "elbow")
    lengths = (size.thigh, size.shin) if end == "ankle" else (size.upper_arm, size.forearm)
    sides = sorted(
        SIDES, key=lambda side: list(placement).index(f"{side}_{end}") if f"{side}_{end}" in placement else -1
    )
    for side in sides:
        start = points[f"{side}_{root}"]
        if f"{side}_{end}" in placement:
            target, towards = _target(points, placement[f"{side}_{end}"], f"{side}_{end}", chest)
            raised = target - start
            if end == "wrist":
                start = points[f"{side}_{root}"] = start + _shrug(raised, chest, size)
            bent, tip = _reach(start, target, towards, lengths, f"{side}_{end}")
        else:
            upper = frame @ _limb_turn(angles, f"{side}_{root}", SIDES[side])
            flexion = triple(angles, f"{side}_{middle}")[0]
            lower = upper @ _about_x(flexion if end == "ankle" else -flexion)
            if end == "wrist":
                start = points[f"{side}_{root}"] = start + _shrug(-upper[:, 1], chest, size)
            bent = start - upper[:, 1] * lengths[0]
            tip = bent - lower[:, 1] * lengths[1]
        points[f"{side}_{middle}"], points[f"{side}_{end}"] = bent, tip


def _limb_turn(angles: Angles, name: str, sign: float) -> Vector:
    flexion, sideways, rotation = triple(angles, name)
    return _about_x(-flexion) @ _about_z(sign * sideways) @ _about_y(-sign * rotation)


def _shrug(arm: Vector, chest: Vector, size: Proportions) -> Vector:
    """How far a raised arm lifts its shoulder: the blade follows above the horizontal, up to about 6 cm."""
    rise = float(arm @ chest[:, 1]) / (float(np.linalg.norm(arm)) or 1.0)
    return chest[:, 1] * 0.06 * size.shoulder_scale * max(0.0, rise + 0.15) / 1.15


def _target(points: dict[str, Vector], place: Mapping[str, Any], name: str, chest: Vector) -> tuple[Vector, Vector]:
    """Where the end of a limb shall be and where its elbow or knee shall point, both in the figure's frame."""
    default = (0.0, 0.0, 1.0) if name.endswith("ankle") else (0.0, -1.0, -0.3)
    at, towards = np.asarray(place["at"], dtype=float), np.asarray(place.get("towards", default), dtype=float)
    if "from" not in place:
        return at, towards
    if place["from"] not in points:
        raise BadPose(f"{name}: from {place['from']!r} is not set yet or no joint")
    return points[place["from"]] + chest @ at, chest @ towards


def _reach(
    start: Vector, target: Vector, towards: Vector, lengths: tuple[float, float], name: str
) -> tuple[Vector, Vector]:
    """Two bones from `start` to `target`: the middle joint (pointing `towards`) and the end."""
    upper, lower = lengths
    way = target - start
    distance = float(np.linalg.norm(way))
    if distance > upper + lower + 0.03 or distance < 0.05:
        raise BadPose(f"{name}: {distance:.2f} m from its root, the limb reaches 0.05 to {upper + lower:.2f} m")
    along = way / distance
    # A limb that is asked for a hair too much stays a hair short of straight.
    distance = min(distance, upper + lower - 1e-4)
    shift = (upper**2 - lower**2 + distance**2) / (2 * distance)
    aside = towards - along * float(towards @ along)
    aside /= float(np.linalg.norm(aside)) or 1.0
    bent = start + along * shift + aside * np.sqrt(max(0.0, upper**2 - shift**2))
    return bent, start + along * distance


def lowest(points: NDArray[np.float64], scale: float = 1.0) -> float:
    """Return the height of the lowest skin, sole or seat of (18, 3) keypoints in metres: 0 on the ground.

    `scale` is how large the body is against an adult (`Proportions.scale`).
    """
    heights = [points[INDEX[f"{side}_{name}"], 1] - skin * scale for name, skin in CLEARANCE.items() for side in SIDES]
    return float(min(*heights, points[INDEX["nose"], 1] - NOSE_CLEARANCE * scale))


def _about_x(degrees: float) -> Vector:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _about_y(degrees: float) -> Vector:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _about_z(degrees: float) -> Vector:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
