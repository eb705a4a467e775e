"""A studio camera: keypoints in metres become joints in pixels.

The camera looks at the middle of the figure from `DISTANCE` metres unless it is told where to stand, so that
perspective is as mild as with a portrait lens. Without a focal length the photographer zooms: the figure is laid out
to fill the asked picture, whatever its ratio, with what surrounds the joints (crown, hands, shoes) counted in, so
nothing of it is ever cut, and small poses are not blown up beyond `LARGEST` of a standing figure. With a focal length
the lens decides, and a lens that is too long cuts (see `advice`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import Joint
from pose_generator.posing import visibility
from pose_generator.posing.skeleton import FACE, INDEX, JOINTS

Array = NDArray[np.float64]

DISTANCE = 6.0
MARGIN = 0.065
#: The picture shows at least this many metres of height, so that a crouching figure does not become a giant.
LARGEST = 1.45
#: What the body has beyond a joint, in metres: hair over the ears, fingers beyond a wrist, a shoe round an ankle.
CROWN, HAND, SHOE, FLESH = 0.175, 0.19, 0.17, 0.10
#: Diagonal of the 36 x 24 mm picture that "35 mm equivalent" compares with.
FILM = float(np.hypot(36.0, 24.0))
#: The lens stays at least this many metres before the nearest part of the figure.
NEAREST = 0.3
#: Number of the joint that takes a joint's place when left and right change.
OTHER_SIDE = tuple(
    INDEX[
        f"left_{name[6:]}" if name.startswith("right_") else f"right_{name[5:]}" if name.startswith("left_") else name
    ]
    for name in JOINTS
)


class TooNear(ValueError):
    """The camera would stand in the figure; the message says how far away it must be."""


@dataclass(frozen=True)
class Framing:
    """A camera before a figure, with the picture laid out; see `framing`."""

    turn: Array
    """(3, 3) rotation after which the camera looks along -z."""
    pivot: Array
    """The place that the camera turns round, (3,) metres."""
    distance: float
    scale: float
    """Pixels per metre at the distance of the pivot."""
    shift: tuple[float, float]
    """Where the pivot stands on the picture, pixels."""

    def pixels(self, points: Array) -> Array:
        """Return (N, 3) places: x and y in pixels from the top left, z in pixels towards the camera."""
        turned = self.turned(points)
        flat = _perspective(turned, self.distance)
        x, y = self.shift
        return np.column_stack([x + self.scale * flat[:, 0], y - self.scale * flat[:, 1], self.scale * turned[:, 2]])

    def turned(self, points: Array) -> Array:
        """Return (N, 3) metres as the camera sees them: x right, y up, z near, from the pivot."""
        turned: Array = (points - self.pivot) @ self.turn.T
        return turned


def project(
    keypoints: Array,
    *,
    width: int,
    height: int,
    yaw: float = 0.0,
    pitch: float = 0.0,
    distance: float = DISTANCE,
    focal: float | None = None,
    mirror: bool = False,
) -> tuple[Joint, ...]:
    """Return the 18 joints of `keypoints` (18, 3; metres) on a `width` x `height` picture, as (x, y, z, visible).

    x and y are pixels from the top left, z pixels towards the camera from the middle of the figure. `yaw` walks the
    camera round the figure towards its left, `pitch` lifts it, both in degrees: yaw 180 shows the back. `distance` is
    in metres, `focal` in millimetres as on 35 mm film; None lays the figure out. `mirror` flips the picture: its left
    hand becomes a right hand. Raises TooNear for a camera in the figure.
    """
    points = np.asarray(keypoints, dtype=float)
    view = framing(points, width=width, height=height, yaw=yaw, pitch=pitch, distance=distance, focal=focal)
    seen = visibility.visible(view.turned(points), np.array([0.0, 0.0, distance]))
    places = view.pixels(points)
    if mirror:
        places, seen = places[list(OTHER_SIDE)], seen[list(OTHER_SIDE)]
        places[:, 0] = width - places[:, 0]
    return tuple((float(x), float(y), float(z), bool(shown)) for (x, y, z), shown in zip(places, seen, strict=True))


def framing(
    points: Array,
    *,
    width: int,
    height: int,
    yaw: float = 0.0,
    pitch: float = 0.0,
    distance: float = DISTANCE,
    focal: float | None = None,
) -> Framing:
    """Return how a camera sees whatever stands where the figure `points` (18, 3; metres) is; see `project`."""
    turn, pivot = _rotation(yaw, pitch), points.mean(axis=0)
    outline = (_outline(points) - pivot) @ turn.T
    nearest = float(outline[:, 2].max()) + NEAREST
    if distance < nearest:
        raise TooNear(f"the camera stands {distance:g} m away; this pose needs {nearest:.1f} m")
    flat = _perspective(outline, distance)
    low, high = flat.min(axis=0), flat.max(axis=0)
    if focal is None:
        scale, (x, y) = _laid_out(low, high, width, height)
    else:
        scale, (x, y) = focal / FILM * float(np.hypot(width, height)) / distance, (width / 2, height / 2)
    middle = (low + high) / 2
    return Framing(turn, pivot, distance, scale, (x - scale * float(middle[0]), y + scale * float(middle[1])))


def _laid_out(low: Array, high: Array, width: int, height: int) -> tuple[float, tuple[float, float]]:
    """The scale at which the outline fills the picture, and where its middle goes, pixels."""
    room = 1 - 2 * MARGIN
    across, tall = high - low
    scale = float(min(width * room / across, height * room / tall, height * room / LARGEST))
    # Small figures stand a little below the middle: the ground is where a studio has it.
    drop = 0.3 * max(0.0, height * room - scale * float(tall))
    return scale, (width / 2, height / 2 + drop / 2)


def _rotation(yaw: float, pitch: float) -> Array:
    """The rotation of the world after which the camera looks along -z."""
    a, b = np.radians(yaw), np.radians(pitch)
    round_y = np.array([[np.cos(a), 0.0, -np.sin(a)], [0.0, 1.0, 0.0], [np.sin(a), 0.0, np.cos(a)]])
    round_x = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(b), -np.sin(b)], [0.0, np.sin(b), np.cos(b)]])
    rotation: Array = round_x @ round_y
    return rotation


def _perspective(points: Array, distance: float) -> Array:
    flat: Array = points[:, :2] * (distance / (distance - points[:, 2:3]))
    return flat


def _outline(points: Array) -> Array:
    """Points that bound the whole body: balls round the joints, beyond the hands and over the crown."""
    ears = (points[INDEX["right_ear"]] + points[INDEX["left_ear"]]) / 2
    balls = [(ears, CROWN)] + [(points[INDEX[f"{side}_ankle"]], SHOE) for side in ("right", "left")]
    for side in ("right", "left"):
        elbow, wrist = points[INDEX[f"{side}_elbow"]], points[INDEX[f"{side}_wrist"]]
        balls.append((wrist + (wrist - elbow) / (np.linalg.norm(wrist - elbow) or 1.0) * (HAND - 0.04), 0.04))
    balls += [(point, FLESH) for number, point in enumerate(points) if number not in FACE]
    around = np.concatenate([np.eye(3), -np.eye(3)])
    outline: Array = np.concatenate([centre + around * radius for centre, radius in balls])
    floor = points[:, 1].min() - 0.13
    outline[:, 1] = np.maximum(outline[:, 1], floor)
    return outline
