"""What a flat skeleton leaves open, guessed: joints that were not found, the figure's scale, the depth of each limb.

Joints that are missing follow the other side. Depths come from foreshortening; their sign from anatomy: the nose says
where the body faces, knees go to the front and shins to the back of them, forearms to the front.
"""

import numpy as np
from numpy.typing import NDArray

from pose_generator.posing.kinematics import ADULT
from pose_generator.posing.skeleton import FACE, INDEX

Array = NDArray[np.float64]

#: The limbs' bones from the trunk outwards: (near joint, far joint, metres).
LIMBS = [
    (2, 3, ADULT.upper_arm), (3, 4, ADULT.forearm), (5, 6, ADULT.upper_arm), (6, 7, ADULT.forearm),
    (8, 9, ADULT.thigh), (9, 10, ADULT.shin), (11, 12, ADULT.thigh), (12, 13, ADULT.shin),
]  # fmt: skip
TRUNK = ADULT.lumbar + ADULT.thorax
#: The same joint on the other side.
OTHER = {2: 5, 5: 2, 3: 6, 6: 3, 4: 7, 7: 4, 8: 11, 11: 8, 9: 12, 12: 9, 10: 13, 13: 10}
#: A limb is taken to lie in the picture's plane when it looks at least this long: people's proportions differ.
PLANE = 0.93
#: An upper arm that points further out of the picture than this points to the front, else its elbow stands back.
REACHING = 0.45
NOSE, NECK, HEAD = INDEX["nose"], INDEX["neck"], 0.19


def filled(keypoints: Array, known: NDArray[np.bool_]) -> Array:
    """Return the (18, 2) places with the unknown ones guessed: a limb runs along the other side's, else it hangs."""
    places, known = keypoints.astype(float).copy(), known.copy()
    for one, other in ((2, 5), (8, 11)):
        _beside(places, known, one, other)
    if not known[NECK]:
        places[NECK] = places[[2, 5]].mean(axis=0)
    unit = _trunk(places) / TRUNK
    for near, far, length in LIMBS:
        if known[far]:
            continue
        twins = [OTHER[near], OTHER[far]]
        along = places[twins[1]] - places[twins[0]] if known[twins].all() else np.array([0.0, length * unit])
        places[far] = places[near] + along
    face = [joint for joint in FACE if known[joint]]
    middle = places[face].mean(axis=0) if face else places[NECK] - (0.0, HEAD * unit)
    places[[joint for joint in FACE if not known[joint]]] = middle
    return places


def _beside(places: Array, known: NDArray[np.bool_], one: int, other: int) -> None:
    """Set the one of a pair that is unknown: across the neck if that is known, else behind the other."""
    for missing, there in ((one, other), (other, one)):
        if not known[missing]:
            across = 2 * places[NECK] - places[there] if known[NECK] and missing in (2, 5) else places[there]
            places[missing] = across


def _trunk(places: Array) -> float:
    """Length from the middle of the hips to the middle of the shoulders."""
    return float(np.linalg.norm(places[[2, 5]].mean(axis=0) - places[[8, 11]].mean(axis=0)))


def pixels_per_metre(places: Array, depth: Array | None) -> float:
    """Return the scale of the picture: from lengths in space where depths are given, else from the longest looks."""
    points = np.column_stack([places, depth]) if depth is not None else places
    ratios = [float(np.linalg.norm(points[far] - points[near])) / length for near, far, length in LIMBS]
    ratios += [_trunk(points) / TRUNK] * 2
    # Without depths a limb only ever looks too short; the very longest may be a slip or long for its body.
    scale = np.median(ratios) if depth is not None else np.sort(ratios)[-3:].mean()
    return max(float(scale), 1e-6)


def depths(flat: Array, known: NDArray[np.bool_]) -> Array:
    """Return the (18,) depths in metres, towards the camera, of joints at `flat` (18, 2; metres, y up)."""
    z = np.zeros(18)
    turned = _turned(flat, known)
    for right, left, wide in ((2, 5, ADULT.shoulder_width), (8, 11, ADULT.hip_width)):
        half = turned * _hidden(flat[left] - flat[right], wide) / 2
        z[left], z[right] = half, -half
    front = _front(flat)
    bow = front * _hidden(flat[NECK] - flat[[8, 11]].mean(axis=0), TRUNK)
    z[[1, 2, 5, *FACE]] += bow
    for near, far, length in LIMBS:
        deep = _hidden(flat[far] - flat[near], length)
        z[far] = z[near] + front * deep * _side(near, deep / length)
    z[NOSE] += 0.1 * front
    z[[14, 15]] += 0.08 * front
    return z


def _hidden(way: Array, length: float) -> float:
    """How far a bone of `length` metres that shows `way` (2,) reaches towards the camera or away."""
    return float(np.sqrt(max(0.0, (PLANE * length) ** 2 - float(way @ way))))


def _turned(flat: Array, known: NDArray[np.bool_]) -> float:
    """1 when the left side is the nearer one, which is when the nose points to the left of the picture; else -1."""
    ears = [joint for joint in (16, 17) if known[joint]]
    middle = flat[ears].mean(axis=0) if ears else flat[NECK]
    if not known[NOSE]:
        return 1.0 if known[17] and not known[16] else -1.0
    return 1.0 if flat[NOSE, 0] < middle[0] else -1.0


def _front(flat: Array) -> float:
    """1 when the body's front is turned to the camera, -1 when its back is."""
    width = float(flat[5, 0] - flat[2, 0] + flat[11, 0] - flat[8, 0])
    return -1.0 if width < -0.1 else 1.0


def _side(near: int, steep: float) -> float:
    """Whether the bone from `near` goes to the front (1) or the back (-1) of the body."""
    if near in (9, 12):
        return -1.0
    if near in (2, 5):
        return 1.0 if steep > REACHING else -1.0
    return 1.0
