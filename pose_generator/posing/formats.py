"""Skeletons that other programs wrote: OpenPose JSON (18 or 25 points) and COCO key points (17) become our 18.

Read strictly: a list that is one number short would put every joint in the wrong place, so it is refused and the
message says which list and what is wrong with it. Coordinates may be in any unit; only their shape counts.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from lumiku.errors import Invalid
from pose_generator.posing import subject

Array = NDArray[np.float64]

#: Where each of our 18 joints stands in a list, by how many points it has; -1 is the middle of the shoulders.
OPENPOSE = {18: tuple(range(18)), 25: (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)}
COCO = {17: (0, -1, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)}
NECK, SHOULDERS = 1, [2, 5]
#: Beyond this no picture reaches; it keeps sums and squares finite.
FARTHEST = 1e6


def openpose(written: Any) -> tuple[Array, Array]:
    """Return ((18, 2) places, y down, (18,) confidence 0 to 1) of {"people": [{"pose_keypoints_2d": [...]}]}.

    With "canvas_width" and "canvas_height", places from 0 to 1 are shares of the canvas. Raises Invalid (field
    "openpose"), NoPerson, SeveralPeople or IncompleteBody.
    """
    people = _list(written, "people", "openpose")
    person = _only([entry for entry in people if _has_points(entry, "pose_keypoints_2d")], "openpose")
    points = _points(person["pose_keypoints_2d"], OPENPOSE, "openpose", "people[].pose_keypoints_2d")
    canvas = [written.get(side) for side in ("canvas_width", "canvas_height")]
    if all(_is_number(side) and side > 0 for side in canvas) and points[:, :2].max() <= 1:
        points[:, :2] *= np.array(canvas, dtype=float)
    return _judged(points[:, :2], points[:, 2], "openpose")


def coco(written: Any) -> tuple[Array, Array]:
    """Return the same of {"keypoints": [x, y, v, ...]} or {"annotations": [{"keypoints": [...]}]}.

    v is 0 (not labelled), 1 (labelled, hidden) or 2 (seen), or a score from 0 to 1. Raises Invalid (field "coco"),
    NoPerson, SeveralPeople or IncompleteBody.
    """
    single = isinstance(written, Mapping) and "keypoints" in written
    people = [written] if single else _list(written, "annotations", "coco")
    person = _only([entry for entry in people if _has_points(entry, "keypoints")], "coco")
    points = _points(person["keypoints"], COCO, "coco", "keypoints")
    return _judged(points[:, :2], points[:, 2] / (2.0 if points[:, 2].max() > 1 else 1.0), "coco")


def _list(written: Any, key: str, field: str) -> list[Any]:
    entries = written.get(key) if isinstance(written, Mapping) else None
    if not isinstance(entries, list):
        raise _invalid(field, _("A list called %(key)s is needed.") % {"key": key})
    return entries


def _has_points(entry: Any, key: str) -> bool:
    """Whether somebody is there: programs write empty or all-zero people too."""
    points = entry.get(key) if isinstance(entry, Mapping) else None
    return bool(points) and (not isinstance(points, list) or any(points))


def _only(people: list[Any], field: str) -> Any:
    if not people:
        raise subject.NoPerson(_("No person with key points was found in %(field)s.") % {"field": field})
    if len(people) > 1:
        raise subject.several(len(people))
    return people[0]


def _points(numbers: Any, orders: Mapping[int, tuple[int, ...]], field: str, name: str) -> Array:
    """Return (18, 3): x, y and confidence as written, in our order."""
    if not isinstance(numbers, list) or len(numbers) not in {3 * count for count in orders}:
        wanted = _(" or ").join(f"{3 * count} ({count} × 3)" for count in orders)
        has = len(numbers) if isinstance(numbers, list) else 0
        sentence = _("%(name)s has %(has)d numbers; it needs %(wanted)s: x, y and confidence of each.")
        raise _invalid(field, sentence % {"name": name, "has": has, "wanted": wanted})
    for place, number in enumerate(numbers):
        if not _is_number(number):
            sentence = _("%(name)s[%(place)d] is not a number that a picture can have.")
            raise _invalid(field, sentence % {"name": name, "place": place})
    points = np.array(numbers, dtype=float).reshape(-1, 3)
    order = orders[len(points)]
    mine = points[list(order)]
    if order[NECK] < 0:
        mine[NECK] = mine[SHOULDERS].mean(axis=0)
        mine[NECK, 2] = mine[SHOULDERS, 2].min()
    return mine


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -FARTHEST <= value <= FARTHEST


def _judged(places: Array, confidence: Array, field: str) -> tuple[Array, Array]:
    """Refuse what is no body; joints without confidence are unknown, wherever they were written."""
    sure = np.clip(confidence, 0.0, 1.0)
    subject.refuse_incomplete(sure > 0, np.ones(18, dtype=bool))
    extent = float(np.ptp(places[sure > 0], axis=0).max())
    trunk = places[[2, 5]][sure[[2, 5]] > 0].mean(axis=0) - places[[8, 11]][sure[[8, 11]] > 0].mean(axis=0)
    if extent < 1e-6 or math.hypot(*trunk) < 0.02 * extent:
        raise _invalid(field, _("The joints lie on one spot; no body can be made of them."))
    return places, sure


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: [sentence]})
