"""Bodies of other proportions, and any pose on any of them.

A pose is what the joints do, so it moves to another body bone by bone: each keeps its direction and takes the new
length, and the figure is set on the ground again, tilted a little where hands and feet carry it together. That works
for written poses and for those found in photos alike, and never fails as a placement in metres could, which a shorter
arm does not reach.

The lengths follow the usual tables of segment lengths as shares of the stature (Drillis and Contini, in Winter,
"Biomechanics and Motor Control of Human Movement") with the known differences: a woman's shoulders are narrower and
her hips as wide on a smaller frame, a child's head is larger and its legs are shorter, tall people have long legs.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_generator.posing import balance, kinematics
from pose_generator.posing.kinematics import ADULT, SIDES, Proportions
from pose_generator.posing.skeleton import FACE, INDEX

Array = NDArray[np.float64]

#: By name; statures from 1.31 to 1.91 m. The library is written on `adult`.
BODIES: Final = {
    "adult": ADULT,
    "female": Proportions(
        hip_width=0.19, thigh=0.40, shin=0.38, ankle=0.076, lumbar=0.19, thorax=0.2755, shoulder_width=0.315,
        upper_arm=0.268, forearm=0.232, neck=0.096, skull=0.072,
    ),
    "male": Proportions(
        hip_width=0.185, thigh=0.437, shin=0.415, ankle=0.083, lumbar=0.208, thorax=0.3016, shoulder_width=0.375,
        upper_arm=0.298, forearm=0.263, neck=0.104, skull=0.078,
    ),
    "child": Proportions(
        hip_width=0.145, thigh=0.305, shin=0.29, ankle=0.058, lumbar=0.156, thorax=0.2262, shoulder_width=0.255,
        upper_arm=0.205, forearm=0.178, neck=0.088, skull=0.066,
    ),
    "tall": Proportions(
        hip_width=0.195, thigh=0.485, shin=0.465, ankle=0.092, lumbar=0.22, thorax=0.319, shoulder_width=0.37,
        upper_arm=0.325, forearm=0.285, neck=0.108, skull=0.081,
    ),
    "broad": Proportions(hip_width=0.235, shoulder_width=0.41),
}  # fmt: skip


def fit(keypoints: Array, body: Proportions, *, source: Proportions = ADULT) -> Array:
    """Return the (18, 3) keypoints in metres of the same pose on `body`, standing on the ground or as far above it.

    `source` are the proportions on which `keypoints` were made.
    """
    old = np.asarray(keypoints, dtype=float)
    new = old.copy()
    hips = (_at(old, "right_hip") + _at(old, "left_hip")) / 2
    pelvis = hips * (body.scale / source.scale)
    neck = pelvis + (_at(old, "neck") - hips) * (body.lumbar + body.thorax) / (source.lumbar + source.thorax)
    new[INDEX["neck"]] = neck
    for number in FACE:
        new[number] = neck + (old[number] - _at(old, "neck")) * body.head_scale / source.head_scale
    for side in SIDES:
        hip = pelvis + (_at(old, f"{side}_hip") - hips) * body.hip_width / source.hip_width
        _chain(new, old, (f"{side}_hip", f"{side}_knee", f"{side}_ankle"), hip, (body.thigh, body.shin))
        across = (_at(old, f"{side}_shoulder") - _at(old, "neck")) * body.shoulder_scale / source.shoulder_scale
        arm = (f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
        _chain(new, old, arm, neck + across, (body.upper_arm, body.forearm))
    new = _levelled(new, old, body)
    lift = kinematics.lowest(old, source.scale) * body.scale / source.scale
    new[:, 1] += lift - kinematics.lowest(new, body.scale)
    return new


def _chain(new: Array, old: Array, names: tuple[str, str, str], root: Array, lengths: tuple[float, float]) -> None:
    """Set the three joints of a limb in `new`: its bones keep their directions in `old`."""
    new[INDEX[names[0]]] = root
    for start, end, length in zip(names, names[1:], lengths, strict=False):
        bone = _at(old, end) - _at(old, start)
        new[INDEX[end]] = _at(new, start) + bone * (length / (float(np.linalg.norm(bone)) or 1.0))


def _levelled(new: Array, old: Array, body: Proportions) -> Array:
    """Tilt a figure on hands, elbows or knees until all that bore weight in `old` touches the ground again."""
    bearing = [name for name in balance.contacts(old) if name != "head"]
    if not any(name.endswith(("wrist", "elbow", "knee")) for name in bearing):
        return new
    heights = [_at(new, name)[1] - _at(old, name)[1] * body.scale for name in bearing]
    places = np.array([_at(new, name) for name in bearing])
    middle = places.mean(axis=0)
    flat = (places - middle)[:, [0, 2]]
    # The gentlest slope through what should touch; across a single line of supports nothing needs to tilt.
    (right, front), *_ = np.linalg.lstsq(flat, np.array(heights) - np.mean(heights), rcond=0.1)
    up = np.array([-right, 1.0, -front]) / np.sqrt(1.0 + right**2 + front**2)
    axis = np.cross(up, [0.0, 1.0, 0.0])
    cross = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    turn = np.eye(3) + cross + cross @ cross / (1.0 + up[1])
    levelled: Array = (new - middle) @ turn.T + middle
    return levelled


def _at(points: Array, name: str) -> Array:
    place: Array = points[INDEX[name]]
    return place
