"""Where to cut a picture: a crop never loses head, hands or feet that the picture has.

Joints end before the body does, so each carries a disc as large as what lies beyond it can reach in any direction:
a hand may be bent at the wrist, a foot may point anywhere. The discs scale with the body, whose size is told by the
limbs that the picture shortens least. What a window takes beyond the picture is for `surroundings` to fill. Nobody
known in the picture: then all of it is kept.

Everything here is in pixels of the picture, from its top left; a window may lie outside of it.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import Joint
from pose_generator.posing import kinematics, subject
from pose_generator.posing.detect import Detection
from pose_generator.posing.skeleton import FACE, INDEX

Place = tuple[float, float]
#: The 18 joints in OpenPose order, None for what the picture does not have.
Places = Sequence[Place | None]


@dataclass(frozen=True)
class Reach:
    """How far a body of 1.72 m goes beyond its joints, metres."""

    head: float
    """From the middle between the ears."""
    hand: float
    """From the wrist, or rather from `PALM` beyond it."""
    foot: float
    """From the ankle."""
    flesh: float
    """From any other joint."""


#: The most: 0.17 to a bare crown and some hair on it (a bun, a scarf); 0.19 to a finger tip, straight on or bent
#: aside; 0.19 to a toe of a long foot; and clothes. A little more than people have, whose limbs are not exactly as long
#: as supposed. Of 180 drawn figures from all sides, none went beyond it by more than 2 mm but by skirts and seats.
MOST: Final = Reach(head=0.20, hand=0.18, foot=0.20, flesh=0.14)
#: What a standing figure most likely fills: hair, half-open hands, soles.
LIKELY: Final = Reach(head=0.165, hand=0.12, foot=0.12, flesh=0.11)
#: A hand goes on from its forearm (0.25 m), by this much of it to the middle of what fingers reach.
PALM: Final = 0.16
#: Air round the body, as a share of its longer side.
AIR: Final = 0.04
#: How much of a product picture the person fills: of the height, and at most of the width.
FILLED, FILLED_ACROSS = 0.86, 0.92

HEAD_OVER_NECK: Final = 0.17
SEGMENTS: Final = tuple(
    (INDEX[f"{side}_{start}"], INDEX[f"{side}_{end}"])
    for side in ("right", "left")
    for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
) + tuple((INDEX["neck"], INDEX[name]) for name in ("nose", "right_hip", "left_hip", "right_shoulder", "left_shoulder"))
_REST: Final = kinematics.keypoints({})
LENGTHS: Final = {pair: float(np.linalg.norm(_REST[pair[0]] - _REST[pair[1]])) for pair in SEGMENTS}
FEET: Final = (INDEX["right_ankle"], INDEX["left_ankle"])
EARS: Final = (INDEX["right_ear"], INDEX["left_ear"])
PARTS: Final = {
    INDEX[f"{side}_{joint}"]: part
    for side in ("right", "left")
    for joint, part in (("wrist", "hand"), ("ankle", "foot"))
}


@dataclass(frozen=True)
class Box:
    """A rectangle, pixels; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> Place:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def contains(self, other: "Box") -> bool:
        """Return whether no part of `other` is outside, but for rounding."""
        low = min(other.left - self.left, other.top - self.top)
        return min(low, self.right - other.right, self.bottom - other.bottom) > -0.01

    def seen_from(self, left: float, top: float, scale: float) -> "Box":
        """Return it in the pixels of an image that begins at (left, top) and is `scale` times as large."""
        return Box(*(scale * (x - start) for x, start in zip(astuple(self), (left, top) * 2, strict=True)))

    def grown(self, by: float) -> "Box":
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def within(self, size: tuple[int, int]) -> "Box":
        """Return the part of it that a picture of `size` has."""
        width, height = size
        left, right = (min(max(x, 0.0), float(width)) for x in (self.left, self.right))
        top, bottom = (min(max(y, 0.0), float(height)) for y in (self.top, self.bottom))
        return Box(left, top, right, bottom)


def around_both(one: Box | None, other: Box | None) -> Box | None:
    """Return the smallest box round both; one that is None takes no room."""
    if not one or not other:
        return one or other
    low, high = (astuple(one)[:2], astuple(other)[:2]), (astuple(one)[2:], astuple(other)[2:])
    return Box(*map(min, *low), *map(max, *high))


def whole(size: tuple[int, int]) -> Box:
    """Return a picture of `size` (width, height) as a box."""
    return Box(0.0, 0.0, float(size[0]), float(size[1]))


def asked(joints: Sequence[Joint], size: tuple[int, int]) -> Places:
    """Return the joints that a backend was asked for, hidden ones too, as far as they are in a picture of `size`."""
    return _inside(np.array([joint[:2] for joint in joints], dtype=float), np.ones(len(joints), dtype=bool), size)


def found(person: Detection, size: tuple[int, int]) -> Places:
    """Return the joints of a detected person as far as they are in a picture of `size`."""
    return _inside(person.keypoints, person.presence > subject.PRESENT, size)


def body(places: Places, size: tuple[int, int], reach: Reach = MOST) -> Box | None:
    """Return what the body with its joints in `places` takes of a picture of `size`; None if it is not in it."""
    discs = around(places, reach)
    if not len(discs):
        return None
    low, high = (discs[:, :2] - discs[:, 2:]).min(axis=0), (discs[:, :2] + discs[:, 2:]).max(axis=0)
    box = Box(*map(float, low), *map(float, high))
    if not any(places[number] for number in FEET):  # a body whose feet are not in the picture goes on below it
        box = replace(box, bottom=float(size[1]))
    box = box.within(size)
    return box if box.width > 0 and box.height > 0 else None


def around(places: Places, reach: Reach = MOST) -> NDArray[np.float64]:
    """Return discs (N, 3) that hold the body: x, y and radius."""
    scale = pixels_per_metre(places)
    discs = [
        (*_middle(places, number, place), getattr(reach, PARTS.get(number, "flesh")))
        for number, place in enumerate(places)
        if place and number not in FACE
    ]
    if (head := _head(places, scale)) is not None:
        discs.append((*head, reach.head))
    result = np.array(discs, dtype=float).reshape(-1, 3)
    result[:, 2] *= scale
    return result


def pixels_per_metre(places: Places) -> float:
    """Return how large a body of 1.72 m stands in the picture: a limb towards the camera looks short, none looks long.

    The second largest of what the limbs say, so that one joint in the wrong place is not believed; 0 without a limb.
    """
    scales = [
        float(np.hypot(start[0] - end[0], start[1] - end[1])) / LENGTHS[pair]
        for pair in SEGMENTS
        if (start := places[pair[0]]) and (end := places[pair[1]])
    ]
    return sorted(scales)[-2:][0] if scales else 0.0


def covering(size: tuple[int, int], kept: Box | None, ratio: float) -> Box:
    """Return the window of `ratio` (width / height) that shows most of a picture and all of the box `kept`.

    It lies in the picture if one of that ratio can hold the box, otherwise it is as small as it can be.
    """
    largest, kept = min(size[0], size[1] * ratio), kept or whole(size)
    needed = kept.grown(AIR * max(kept.width, kept.height)).within(size)
    # Beside a body there is air within what it might reach; under it lies its shadow, and over it nothing is held out.
    if kept.width <= largest and needed.height <= largest / ratio:
        return _placed(size, replace(needed, left=kept.left, right=kept.right), largest, largest / ratio)
    width = max(needed.width, needed.height * ratio)
    return _placed(size, needed, width, width / ratio)


def centred(size: tuple[int, int], shown: Box | None, ratio: float, *, kept: Box | None = None) -> Box:
    """Return the window of `ratio` with the box `shown` in its middle, filling most of the height; never without
    `kept`."""
    if shown is None:
        return covering(size, kept, ratio)
    kept, (x, y) = kept or shown, shown.middle
    across, up = (
        2 * max(there - at, at - here) for at, here, there in ((x, kept.left, kept.right), (y, kept.top, kept.bottom))
    )
    width = max(shown.width / FILLED_ACROSS, shown.height / FILLED * ratio, across, up * ratio)
    height = width / ratio
    left = _beside_cut(x - width / 2, width, size[0], shown.left, shown.right)
    top = _beside_cut(y - height / 2, height, size[1], shown.top, shown.bottom)
    return Box(left, top, left + width, top + height)


def _inside(points: NDArray[np.float64], there: NDArray[np.bool_], size: tuple[int, int]) -> Places:
    inside = there & (points >= 0).all(axis=1) & (points < size).all(axis=1)
    return [(float(x), float(y)) if shown else None for (x, y), shown in zip(points, inside, strict=True)]


def _middle(places: Places, number: int, place: Place) -> Place:
    """The middle of what belongs to a joint: the joint, but for a hand."""
    elbow = places[number - 1] if PARTS.get(number) == "hand" else None
    if not elbow:
        return place
    return place[0] + PALM * (place[0] - elbow[0]), place[1] + PALM * (place[1] - elbow[1])


def _head(places: Places, scale: float) -> Place | None:
    """The middle of the head: between the ears, else of what is known of the face, else over the neck."""
    for joints in (EARS, FACE):
        known = [place for number in joints if (place := places[number])]
        if len(known) == len(joints) or (known and joints is FACE):
            return float(np.mean([x for x, _ in known])), float(np.mean([y for _, y in known]))
    neck = places[INDEX["neck"]]
    hips = [place for name in ("right_hip", "left_hip") if (place := places[INDEX[name]])]
    if not neck or not hips:
        return None
    up = np.subtract(neck, np.mean(hips, axis=0))
    up *= HEAD_OVER_NECK * scale / (float(np.linalg.norm(up)) or 1.0)
    return neck[0] + float(up[0]), neck[1] + float(up[1])


def _placed(size: tuple[int, int], needed: Box, width: float, height: float) -> Box:
    """A window round the box, as much of it in the picture as can be."""
    x, y = needed.middle
    left = _held(x - width / 2, size[0] - width)
    top = _held(y - height / 2, size[1] - height)
    return Box(left, top, left + width, top + height)


def _held(start: float, room: float) -> float:
    """`start` between 0 and `room`, which is negative for a window that is longer than the picture."""
    return min(max(start, min(0.0, room)), max(0.0, room))


def _beside_cut(start: float, length: float, side: int, low: float, high: float) -> float:
    """`start` moved so that a body which the picture cuts off at one edge is not shown to end beside it."""
    cut_low, cut_high = low <= 0.5, high >= side - 0.5
    if cut_high and not cut_low:
        return high - length
    return low if cut_low and not cut_high else start
