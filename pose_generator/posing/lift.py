"""From joints on a picture to a body in space: the figure that, seen by our camera, looks like the picture.

A flat picture leaves the depth of each limb open but for its sign: a limb of known length that looks short points
towards the camera or away. Where a network guessed the depths they decide; else the body does (which way it faces,
knees and elbows that bend one way only). Both are only a start. Then one least-squares fit asks for everything at
once: joints where the picture has them, bones as long as the figure's, depths as guessed, no knee bent forwards.
"""

import numpy as np
from numpy.typing import NDArray

from pose_generator.posing import camera, guess
from pose_generator.posing.kinematics import ADULT, CLEARANCE, FACE
from pose_generator.posing.skeleton import INDEX

Array = NDArray[np.float64]

LIMBS = guess.LIMBS
_FACE_POINTS = {INDEX[name]: np.array(place) for name, place in FACE.items()}
_FACE_PAIRS = [(a, b) for a in _FACE_POINTS for b in _FACE_POINTS if a < b]
#: Bones of one length, as (joint, joint, metres).
BONES = [
    *LIMBS,
    (8, 11, ADULT.hip_width),
    *((a, b, float(np.linalg.norm(_FACE_POINTS[a] - _FACE_POINTS[b]))) for a, b in _FACE_PAIRS),
]
#: Distances that bending and shrugging change, as (joint, joint, shortest, longest) in metres.
RANGES = [
    (2, 5, 0.31, 0.345), (1, 2, 0.165, 0.185), (1, 5, 0.165, 0.185), (1, 8, 0.37, 0.505), (1, 11, 0.37, 0.505),
    (1, 16, 0.12, 0.215), (1, 17, 0.12, 0.215), (1, 0, 0.14, 0.28),
]  # fmt: skip
#: How far off each demand may be before it counts as much as the others, in metres.
PLACE, DEPTH, GUESSED_DEPTH, BONE, KNEE = 0.02, 0.08, 0.14, 0.004, 0.02
ROUNDS = 25


def lift(keypoints: Array, confidence: Array, depth: Array | None = None) -> Array:
    """Return (18, 3) keypoints in metres of the adult figure that looks like `keypoints` (18, 2; pixels, y down).

    `confidence` (18,) weighs the joints from 0 (unknown, guessed from the others) to 1; `depth` (18,) are guesses of
    z in pixels towards the camera. The figure faces the camera as the person does: seen from yaw 0 it looks like the
    picture. It stands on the ground y = 0, its middle at x = z = 0. At least the shoulders, hips, knees and ankles
    must be known on one side.
    """
    places = guess.filled(keypoints, confidence > 0)
    metres = 1.0 / guess.pixels_per_metre(places, depth)
    start = np.column_stack([places[:, 0], -places[:, 1]]) * metres
    start -= start.mean(axis=0)
    heights = guess.depths(start, confidence > 0) if depth is None else depth * metres
    slack = GUESSED_DEPTH if depth is None else DEPTH
    fitted = _fitted(start, heights - heights.mean(), np.clip(confidence, 0.02, 1.0), slack)
    return _grounded(_exact(fitted))


def _fitted(flat: Array, heights: Array, weights: Array, slack: float) -> Array:
    """Return the (18, 3) points that meet all demands best: Levenberg-Marquardt from the start that is given.

    The unknowns are the 54 coordinates, how much the picture is to be enlarged, and its shift.
    """
    unknowns = np.concatenate([np.column_stack([flat, heights]).ravel(), [1.0, 0.0, 0.0]])
    weights = weights.copy()
    weights[INDEX["neck"]] *= 0.3  # the picture's neck is the middle of the shoulders, which lifted arms raise
    damping, now = 1e-2, _demands(unknowns[None], flat, heights, weights, slack)[0]
    for _round in range(ROUNDS):
        slopes = _slopes(unknowns, now, flat, heights, weights, slack)
        square = slopes.T @ slopes
        step = np.linalg.solve(square + damping * np.diag(np.diag(square) + 1e-9), -slopes.T @ now)
        then = _demands((unknowns + step)[None], flat, heights, weights, slack)[0]
        gain = float(now @ now - then @ then)
        if gain > 0:
            unknowns, now, damping = unknowns + step, then, damping / 4
        else:
            damping *= 8
        if 0 <= gain < 1e-4 * float(now @ now) or damping > 1e8:
            break
    return unknowns[:54].reshape(18, 3)


def _slopes(unknowns: Array, now: Array, flat: Array, heights: Array, weights: Array, slack: float) -> Array:
    """The derivatives of all demands, (demands, 57), by small steps taken all at once."""
    small = 1e-6
    moved = _demands(unknowns + small * np.eye(len(unknowns)), flat, heights, weights, slack)
    slopes: Array = (moved - now).T / small
    return slopes


def _demands(unknowns: Array, flat: Array, heights: Array, weights: Array, slack: float) -> Array:
    """How far each of n guesses (n, 57) is from what is asked, (n, demands); 1 is as far as it may be."""
    points = unknowns[:, :54].reshape(-1, 18, 3)
    size, shift = unknowns[:, 54, None, None], unknowns[:, None, 55:]
    nearer = camera.DISTANCE / (camera.DISTANCE - points[:, :, 2:])
    off = (points[:, :, :2] * nearer - size * flat - shift) * weights[:, None] / PLACE
    deep = (points[:, :, 2] - size[:, 0] * heights) / slack
    return np.concatenate(
        [
            off.reshape(len(points), -1),
            deep,
            (_lengths(points, BONES) - [length for _, _, length in BONES]) / BONE,
            _outside(points),
            _knees(points),
            points.mean(axis=1) / BONE,
        ],
        axis=1,
    )


def _lengths(points: Array, pairs: list[tuple[int, int, float]]) -> Array:
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    lengths: Array = np.linalg.norm(points[:, second] - points[:, first], axis=-1)
    return lengths


def _outside(points: Array) -> Array:
    """How far distances are out of their ranges."""
    lengths = _lengths(points, [(a, b, low) for a, b, low, _high in RANGES])
    low, high = (np.array([row[column] for row in RANGES]) for column in (2, 3))
    outside: Array = (np.maximum(lengths - high, 0.0) + np.minimum(lengths - low, 0.0)) / BONE
    return outside


def _knees(points: Array) -> Array:
    """How far the shins stand to the front of the thighs. A thigh that is spread sideways has no front: 0."""
    hips = points[:, 11] - points[:, 8]
    hips = hips / (np.linalg.norm(hips, axis=-1, keepdims=True) + 1e-9)
    ahead = []
    for hip, knee, ankle in ((8, 9, 10), (11, 12, 13)):
        front = np.cross(hips, points[:, hip] - points[:, knee]) / ADULT.thigh
        shin = points[:, ankle] - points[:, knee]
        ahead.append(np.maximum(np.sum(front * shin, axis=-1), 0.0) / KNEE)
    return np.stack(ahead, axis=1)


def _exact(points: Array) -> Array:
    """Return the points with the limbs' bones exactly as long as the figure's, from the trunk outwards."""
    exact = points.copy()
    for near, far, length in LIMBS:
        way = points[far] - points[near]
        exact[far] = exact[near] + way * (length / (float(np.linalg.norm(way)) or 1.0))
    return exact


def _grounded(points: Array) -> Array:
    """Return the points over the origin, with the lowest skin, sole or seat on the ground."""
    lowest = min(
        points[INDEX[f"{side}_{joint}"], 1] - thick for joint, thick in CLEARANCE.items() for side in ("right", "left")
    )
    middle = points.mean(axis=0)
    grounded: Array = points - [middle[0], lowest, middle[2]]
    return grounded
