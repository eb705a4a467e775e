"""A pose as a small drawing that goes into a page: which way the body turns when a camera moves round it.

Not the control image: limbs as thick as limbs, what is behind fainter than what is in front, in the page's own colours,
so that a seller sees a person and not a diagram.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lumiku.backends import Joint
from pose_generator.posing import camera
from pose_generator.posing.skeleton import INDEX

#: The drawing, in its own units: fine enough for whole numbers.
WIDTH, HEIGHT = 144, 192
SEAM = 2
HEAD, NOSE = 0.115, 0.028  # metres
#: Limbs as (start, end, thickness in metres).
LIMBS = tuple(
    (INDEX[f"{side}_{start}"], INDEX[f"{side}_{end}"], thick)
    for side in ("right", "left")
    for start, end, thick in (
        ("shoulder", "elbow", 0.095),
        ("elbow", "wrist", 0.08),
        ("hip", "knee", 0.135),
        ("knee", "ankle", 0.105),
    )
)
TRUNK = tuple(INDEX[name] for name in ("right_shoulder", "left_shoulder", "left_hip", "right_hip"))
FACE = ("right_ear", "left_ear")


@dataclass(frozen=True)
class Limb:
    """A thick line, in the drawing's units."""

    path: str
    """As SVG has it: "M12 34L56 78"."""
    width: int
    is_behind: bool
    """Farther from the camera than the trunk."""

    @property
    def edge(self) -> int:
        """How wide it is with a seam round it, which sets it off from what it covers."""
        return self.width + 2 * SEAM


@dataclass(frozen=True)
class Figure:
    """What is drawn, from back to front: limbs behind, trunk, neck and head, limbs in front."""

    behind: tuple[Limb, ...]
    trunk: str
    """The corners of a polygon."""
    seam: int
    """How thick the outline of the trunk is."""
    neck: Limb
    head: tuple[int, int, int]
    """Centre and radius."""
    nose: tuple[int, int, int] | None
    """The same, when the face is seen."""
    before: tuple[Limb, ...]


def drawn(keypoints: ArrayLike, *, yaw: float, pitch: float) -> Figure:
    """Return the drawing of (18, 3) keypoints in metres from a camera at `yaw` and `pitch` degrees."""
    points = np.asarray(keypoints, dtype=float)
    joints = camera.project(points, width=WIDTH, height=HEIGHT, yaw=yaw, pitch=pitch)
    scale = camera.framing(points, width=WIDTH, height=HEIGHT, yaw=yaw, pitch=pitch).scale
    middle = float(np.mean([joints[number][2] for number in TRUNK]))
    limbs = [_limb(joints[start], joints[end], thick * scale, middle) for start, end, thick in LIMBS]
    head = _centre([joints[INDEX[name]] for name in FACE])
    return Figure(
        behind=tuple(limb for limb in limbs if limb.is_behind),
        trunk=" ".join(f"{joints[number][0]:.0f},{joints[number][1]:.0f}" for number in TRUNK),
        seam=round(0.07 * scale),
        neck=_line(_centre([joints[number] for number in TRUNK[:2]]), head, 0.09 * scale),
        head=_disc(head, HEAD * scale),
        nose=_disc(joints[INDEX["nose"]], NOSE * scale) if joints[INDEX["nose"]][3] else None,
        before=tuple(limb for limb in limbs if not limb.is_behind),
    )


def _limb(start: Joint, end: Joint, width: float, middle: float) -> Limb:
    return _line(start, end, width, is_behind=(start[2] + end[2]) / 2 < middle)


def _line(start: Sequence[float], end: Sequence[float], width: float, *, is_behind: bool = False) -> Limb:
    return Limb(f"M{start[0]:.0f} {start[1]:.0f}L{end[0]:.0f} {end[1]:.0f}", round(width), is_behind)


def _centre(joints: Sequence[Joint]) -> tuple[float, float]:
    x, y = np.mean([joint[:2] for joint in joints], axis=0)
    return float(x), float(y)


def _disc(centre: Sequence[float], radius: float) -> tuple[int, int, int]:
    return round(centre[0]), round(centre[1]), round(radius)
