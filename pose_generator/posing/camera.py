"""A studio camera: keypoints in metres become joints in pixels.

The camera stands `DISTANCE` metres away and looks at the middle of the figure, so that perspective is as mild as
with a portrait lens. The figure is laid out to fill the asked picture, whatever its ratio, with what surrounds the
joints (crown, hands, shoes) counted in: nothing of it is ever cut. Small poses are not blown up beyond `LARGEST` of
a standing figure.
"""

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import Joint
from pose_generator.posing.skeleton import FACE, INDEX

DISTANCE = 6.0
MARGIN = 0.065
#: The picture shows at least this many metres of height, so that a crouching figure does not become a giant.
LARGEST = 1.45
#: What the body has beyond a joint, in metres: hair over the ears, fingers beyond a wrist, a shoe round an ankle.
CROWN, HAND, SHOE, FLESH = 0.175, 0.19, 0.17, 0.10
#: A face joint is hidden when its direction from the middle of the head looks away from the camera by more than this.
AWAY = {"nose": -0.3, "right_eye": -0.2, "left_eye": -0.2, "right_ear": -0.35, "left_ear": -0.35}


def project(
    keypoints: NDArray[np.float64], *, width: int, height: int, yaw: float = 0.0, pitch: float = 0.0
) -> tuple[Joint, ...]:
    """Return the 18 joints of `keypoints` (18, 3; metres) on a `width` x `height` picture, as (x, y, z, visible).

    x and y are pixels from the top left, z pixels towards the camera from the middle of the figure. `yaw` walks the
    camera round the figure towards its left, `pitch` lifts it, both in degrees: yaw 180 shows the back.
    """
    points = np.asarray(keypoints, dtype=float)
    turned = _seen_from(points - points.mean(axis=0), yaw, pitch)
    outline = _seen_from(_outline(points) - points.mean(axis=0), yaw, pitch)
    flat = _perspective(outline)
    low, high = flat.min(axis=0), flat.max(axis=0)
    scale = min(
        width * (1 - 2 * MARGIN) / (high[0] - low[0]),
        height * (1 - 2 * MARGIN) / (high[1] - low[1]),
        height * (1 - 2 * MARGIN) / LARGEST,
    )
    middle = (low + high) / 2
    # Small figures stand a little below the middle: the ground is where a studio has it.
    drop = 0.3 * max(0.0, height * (1 - 2 * MARGIN) - scale * (high[1] - low[1]))
    visible = _visible(turned)
    return tuple(
        (
            float(width / 2 + scale * (x - middle[0])),
            float(height / 2 - scale * (y - middle[1]) + drop / 2),
            float(scale * z),
            visible.get(number, True),
        )
        for number, ((x, y), z) in enumerate(zip(_perspective(turned), turned[:, 2], strict=True))
    )


def _seen_from(points: NDArray[np.float64], yaw: float, pitch: float) -> NDArray[np.float64]:
    """Turn the world so that the camera looks along -z."""
    a, b = np.radians(yaw), np.radians(pitch)
    round_y = np.array([[np.cos(a), 0.0, -np.sin(a)], [0.0, 1.0, 0.0], [np.sin(a), 0.0, np.cos(a)]])
    round_x = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(b), -np.sin(b)], [0.0, np.sin(b), np.cos(b)]])
    turned: NDArray[np.float64] = points @ (round_x @ round_y).T
    return turned


def _perspective(points: NDArray[np.float64]) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = points[:, :2] * (DISTANCE / (DISTANCE - points[:, 2:3]))
    return flat


def _outline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points that bound the whole body: balls round the joints, beyond the hands and over the crown."""
    ears = (points[INDEX["right_ear"]] + points[INDEX["left_ear"]]) / 2
    balls = [(ears, CROWN)] + [(points[INDEX[f"{side}_ankle"]], SHOE) for side in ("right", "left")]
    for side in ("right", "left"):
        elbow, wrist = points[INDEX[f"{side}_elbow"]], points[INDEX[f"{side}_wrist"]]
        balls.append((wrist + (wrist - elbow) / (np.linalg.norm(wrist - elbow) or 1.0) * (HAND - 0.04), 0.04))
    balls += [(point, FLESH) for number, point in enumerate(points) if number not in FACE]
    around = np.concatenate([np.eye(3), -np.eye(3)])
    outline: NDArray[np.float64] = np.concatenate([centre + around * radius for centre, radius in balls])
    floor = points[:, 1].min() - 0.13
    outline[:, 1] = np.maximum(outline[:, 1], floor)
    return outline


def _visible(turned: NDArray[np.float64]) -> dict[int, bool]:
    """Which face joints the camera sees, by number."""
    middle = (turned[INDEX["right_ear"]] + turned[INDEX["left_ear"]]) / 2
    seen = {}
    for name, limit in AWAY.items():
        away = turned[INDEX[name]] - middle
        seen[INDEX[name]] = bool(away[2] / (float(np.linalg.norm(away)) or 1.0) > limit)
    return seen
