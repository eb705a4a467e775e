"""Joint angles of any 18 keypoints, wherever they come from: the library, a photo, a customer's JSON.

A pose is described by what its joints do, so it does not matter where the figure stands, which way it faces or how
tall it is. Each limb is seen in the frame of the body part that carries it: pelvis for the legs, chest for arms and
head. 18 points do not tell how the bend of the trunk is shared between hips and spine: hip flexion is measured
against the line from the hips to the neck.

The distance between two poses is a mean over twelve joints. Shoulders and hips count the angle between the two
directions of the limb; elbows and knees the angle between forearms or shins after one upper limb was carried on to the
other by the shortest way, which takes in bending and turning without the gimbal lock of written angles.
"""

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pose_generator.posing.skeleton import INDEX, JOINTS

Array = NDArray[np.float64]

SIDES: Final = {"right": -1.0, "left": 1.0}
UP: Final = np.array([0.0, 1.0, 0.0])
#: Rows of the (13, 3) directions behind the vector.
ROWS: Final = (
    "trunk", "spine", "neck", "face", "ears",
    "right_upper_arm", "left_upper_arm", "right_forearm", "left_forearm",
    "right_thigh", "left_thigh", "right_shin", "left_shin",
)  # fmt: skip
#: Length of the vector form.
SIZE: Final = 3 * len(ROWS)
#: Lines from the right to the left of the body: a mirror turns them round.
LINES: Final = ("spine", "ears")
#: The nose lies this much below the ears, in degrees.
NOSE_DROP: Final = np.degrees(np.arctan2(0.012, 0.115))
#: A raised arm takes its shoulder along, by this share of the shoulder's width at most (see `kinematics`).
SHRUG: Final = 0.06 / 0.34
#: Below this flexion in degrees an elbow or knee is straight, and the turn of the limb above it cannot be seen.
STRAIGHT: Final = 20.0


def measure(keypoints: Array) -> dict[tuple[str, str], float]:
    """Return the angles of (18, 3) keypoints in degrees by (joint, angle); the figure may face anywhere.

    pelvis: flexion, sideways (of the trunk against the vertical); spine: sideways, rotation; head (with the neck):
    flexion, sideways, rotation; elbows and knees: flexion; shoulders and hips: elevation (away from hanging),
    flexion, abduction, extension (behind the body), adduction (across it), and rotation inwards, which is missing
    where the limb is straight. Signs are those of `kinematics`.
    """
    points = np.asarray(keypoints, dtype=float)
    pelvis, chest = frames(points)
    up = pelvis.T @ UP
    _, lean, turn = _trunk_angles(pelvis.T @ chest)
    found = {
        ("pelvis", "flexion"): _degrees(np.arctan2(-up[2], up[1])),
        ("pelvis", "sideways"): _degrees(np.arcsin(np.clip(-up[0], -1, 1))),
        ("spine", "sideways"): lean,
        ("spine", "rotation"): turn,
    }
    head = _trunk_angles(chest.T @ _head(points))
    found |= {("head", name): value for name, value in zip(("flexion", "sideways", "rotation"), head, strict=True)}
    for side, sign in SIDES.items():
        found |= _limb(points, side, sign, ("shoulder", "elbow", "wrist"), chest, bends=1.0)
        found |= _limb(points, side, sign, ("hip", "knee", "ankle"), pelvis, bends=-1.0)
    return found


def frames(points: Array) -> tuple[Array, Array]:
    """Return the frames of pelvis and chest, each (3, 3) with columns left, up, front in the keypoints' own frame."""
    hips = (_at(points, "right_hip") + _at(points, "left_hip")) / 2
    trunk = _unit(_at(points, "neck") - hips)
    pelvis = _frame(_at(points, "left_hip") - _at(points, "right_hip"), trunk)
    shoulders = {side: _at(points, f"{side}_shoulder") for side in SIDES}
    width = float(np.linalg.norm(shoulders["left"] - shoulders["right"]))
    for side in SIDES:
        arm = _unit(_at(points, f"{side}_elbow") - shoulders[side])
        shoulders[side] = shoulders[side] - trunk * SHRUG * width * max(0.0, float(arm @ trunk) + 0.15) / 1.15
    return pelvis, _frame(shoulders["left"] - shoulders["right"], trunk)


def vector(keypoints: Array) -> Array:
    """Return the pose as (39,) numbers in a fixed order: 13 unit vectors, free of place, heading and body size."""
    points = np.asarray(keypoints, dtype=float)
    pelvis, chest = frames(points)
    ears = (_at(points, "right_ear") + _at(points, "left_ear")) / 2
    rows = [
        pelvis.T @ UP,
        pelvis.T @ chest[:, 0],
        chest.T @ _unit(ears - _at(points, "neck")),
        chest.T @ _unit(_at(points, "nose") - ears),
        chest.T @ _unit(_at(points, "left_ear") - _at(points, "right_ear")),
    ]
    for frame, chain in ((chest, ("shoulder", "elbow", "wrist")), (pelvis, ("hip", "knee", "ankle"))):
        for start, end in pairwise(chain):
            rows += [frame.T @ _unit(_at(points, f"{s}_{end}") - _at(points, f"{s}_{start}")) for s in SIDES]
    return np.concatenate(rows)


def mirror(keypoints: Array) -> Array:
    """Return the (18, 3) keypoints of the mirrored pose: left and right change places."""
    swapped = [INDEX[_other_side(name)] for name in JOINTS]
    mirrored: Array = np.asarray(keypoints, dtype=float)[swapped] * np.array([-1.0, 1.0, 1.0])
    return mirrored


def mirror_vector(vectors: Array) -> Array:
    """Return the vector form (..., 39) of the mirrored poses."""
    rows = np.asarray(vectors, dtype=float).reshape(*np.shape(vectors)[:-1], len(ROWS), 3)
    swapped = rows[..., [ROWS.index(_other_side(name)) for name in ROWS], :]
    signs = np.array([[1.0, -1.0, -1.0] if name in LINES else [-1.0, 1.0, 1.0] for name in ROWS])
    mirrored: Array = (swapped * signs).reshape(np.shape(vectors))
    return mirrored


def distance(one: Array, other: Array) -> float:
    """Return the mean joint-angle distance of two (18, 3) poses in degrees, the nearer of plain and mirrored."""
    return float(distances(vector(one), vector(other)[None])[0])


def distances(one: Array, many: Array) -> Array:
    """Return the (N,) distances in degrees from the vector (39,) to each of (N, 39), mirrored poses included."""
    mirrored = mirror_vector(np.asarray(one, dtype=float))
    nearer: Array = np.minimum(_plain_distances(one, many), _plain_distances(mirrored, many))
    return nearer


def _plain_distances(one: Array, many: Array) -> Array:
    """The mean over twelve joints; `face` and `ears` together are the head."""
    a = np.asarray(one, dtype=float).reshape(len(ROWS), 3)
    b = np.asarray(many, dtype=float).reshape(-1, len(ROWS), 3)
    carried = np.broadcast_to(a, b.shape).copy()
    for upper, lower in (("upper_arm", "forearm"), ("thigh", "shin")):
        for side in SIDES:
            above, below = ROWS.index(f"{side}_{upper}"), ROWS.index(f"{side}_{lower}")
            carried[:, below] = _carried(a[below], a[above], b[:, above])
    apart = np.degrees(np.arccos(np.clip((carried * b).sum(axis=2), -1.0, 1.0)))
    face, ears = ROWS.index("face"), ROWS.index("ears")
    apart[:, face] = np.maximum(apart[:, face], apart[:, ears])
    mean: Array = np.delete(apart, ears, axis=1).mean(axis=1)
    return mean


def _carried(lower: Array, upper: Array, uppers: Array) -> Array:
    """Turn `lower` (3,) by the shortest rotation that takes `upper` (3,) to each of `uppers` (N, 3)."""
    axis = np.cross(upper, uppers)
    cosine = uppers @ upper
    once = np.cross(axis, lower)
    turned: Array = lower + once + np.cross(axis, once) / np.maximum(1.0 + cosine, 1e-6)[:, None]
    return turned


def _limb(
    points: Array, side: str, sign: float, chain: tuple[str, str, str], frame: Array, *, bends: float
) -> dict[tuple[str, str], float]:
    """The angles of one arm (`bends` to the front: 1) or leg (-1) in the frame of what carries it."""
    root, middle, end = (f"{side}_{name}" for name in chain)
    upper = frame.T @ _unit(_at(points, middle) - _at(points, root))
    lower = frame.T @ _unit(_at(points, end) - _at(points, middle))
    outwards = _degrees(np.arcsin(np.clip(sign * upper[0], -1, 1)))
    bent = _between(upper, lower)
    found = {
        (middle, "flexion"): bent,
        (root, "elevation"): _between(upper, -UP),
        (root, "flexion"): _degrees(np.arctan2(upper[2], -upper[1])),
        (root, "abduction"): outwards,
        (root, "extension"): _degrees(np.arcsin(np.clip(-upper[2], -1, 1))),
        (root, "adduction"): -outwards,
    }
    if bent > STRAIGHT:
        # Carried back to a hanging limb, the lower half points to the front (arm) or back (leg) when it is not turned.
        rest = _carried(lower, upper, -UP[None])[0]
        found[(root, "rotation")] = _degrees(np.arctan2(-bends * sign * rest[0], bends * rest[2]))
    return found


def _head(points: Array) -> Array:
    """The frame of the head, columns left, up, front."""
    left, right = _at(points, "left_ear"), _at(points, "right_ear")
    sideways = _unit(left - right)
    up = _unit(np.cross(_at(points, "nose") - (left + right) / 2, sideways))
    raw = np.column_stack([sideways, up, np.cross(sideways, up)])
    c, s = np.cos(np.radians(NOSE_DROP)), np.sin(np.radians(NOSE_DROP))
    frame: Array = raw @ np.array([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]])
    return frame


def _trunk_angles(turn: Array) -> tuple[float, float, float]:
    """Flexion, sideways and rotation in degrees of a (3, 3) rotation, in the order in which `kinematics` turns."""
    flexion = np.arcsin(np.clip(-turn[1, 2], -1, 1))
    sideways, rotation = np.arctan2(-turn[1, 0], turn[1, 1]), np.arctan2(turn[0, 2], turn[2, 2])
    return _degrees(flexion), _degrees(sideways), _degrees(rotation)


def _frame(left: Array, up: Array) -> Array:
    """Columns left (exact), up (as near as it can be), front."""
    left = _unit(left)
    front = _unit(np.cross(left, up))
    return np.column_stack([left, np.cross(front, left), front])


def _between(one: Array, other: Array) -> float:
    return _degrees(np.arccos(np.clip(one @ other, -1.0, 1.0)))


def _degrees(radians: Any) -> float:
    return float(np.degrees(radians))


def _unit(way: Array) -> Array:
    unit: Array = way / (float(np.linalg.norm(way)) or 1.0)
    return unit


def _at(points: Array, name: str) -> Array:
    place: Array = points[INDEX[name]]
    return place


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name[5:]
    return "left_" + name[6:] if name.startswith("right_") else name
