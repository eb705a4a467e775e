"""Faces in a picture, found offline.

Two small networks of MediaPipe are asked, since each alone also sees faces in motorcycles and galaxies. The one for
faces up to five metres away proposes: it looks at the whole picture, and then at overlapping tiles of it, because the
face of somebody who is seen from head to toe, or stands in a group, is too small in the whole. Then both look at each
proposal from near and farther and in a mirror: a face stays a face, anything else does not. They were taught
by photos, yet find the preview's drawn faces too.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lumiku import vision

Boxes = NDArray[np.float64]
"""(n, 5): left, top, right and bottom edge in pixels, and the score, 0 to 1."""
Square = tuple[int, int, int]
"""Left and top edge and side in pixels; may reach out of the picture."""

#: Raised where this installation cannot look at pictures.
Unavailable = vision.Unavailable

PROPOSED, SURE = 0.5, 0.66
"""From these scores on a face is looked at again, and counts."""
LEAST = 0.3
"""A box of less is none."""
TILES = (1.0, 0.6, 0.35)
"""Sides of the tiles, as shares of the picture's longer side."""
OVERLAP = 0.3
"""The share of a tile that the next one sees again: few faces are cut by both."""
SMALLEST = 64
"""Side of the smallest tile in pixels; less would only be blown up."""
LARGEST = 2048
"""Longest side in pixels that is looked at; tiles of more are made small again anyway."""
NEAR, FAR = (2.0, 2.8, 4.0), (2.8, 4.0)
"""Sides of the second looks in sides of the box, for the network of near faces and for the other."""
SAME = 0.3
"""A box that shares so much of the union with the first one shows the same face."""
MOST = 20
"""So many proposals are looked at again: a crowd is a crowd."""


@dataclass(frozen=True)
class Face:
    """A face from the brows to the chin, as far as the picture shows it; fractions of the picture's width or height."""

    x: float
    """The left edge."""
    y: float
    """The top edge."""
    width: float
    height: float
    score: float
    """How sure the networks are, 0 to 1."""

    @property
    def prominence(self) -> float:
        """What decides whose picture this is: how large it is, and how surely a face."""
        return self.width * self.height * self.score


class _Detector:
    """One network with the places that its answers are offsets from."""

    def __init__(self, name: str, side: int, grids: tuple[tuple[int, int], ...]) -> None:
        self._network = vision.Network(vision.folder() / name)
        self._side = side
        self._centres = vision.anchors(side, grids)

    def look(self, picture: Image.Image, square: Square) -> Boxes:
        """Return the boxes in a square of an RGB picture, in the picture's pixels."""
        left, top, side = square
        corner = picture.crop((left, top, left + side, top + side))  # black where it reaches out
        close = corner.resize((self._side, self._side), Image.Resampling.BILINEAR)
        places, logits = self._network.run(np.asarray(close, np.float32) / 127.5 - 1.0)
        scores = vision.probability(logits[0, :, 0])
        kept = scores > LEAST
        middles = places[0, kept, :2] / self._side + self._centres[kept]
        halves = places[0, kept, 2:4] / self._side / 2
        edges = np.hstack([middles - halves, middles + halves]) * side + (left, top, left, top)
        return np.column_stack([edges, scores[kept]])


def find(image: Image.Image) -> list[Face]:
    """Return the faces in a picture, the most prominent first; none is an empty list. Raises Unavailable.

    Takes about an eighth of a second of one core, whatever the picture's size, and a fortieth for each face.
    """
    if not vision.is_ready(vision.FACES):
        raise Unavailable
    picture = image.convert("RGB")
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.BILINEAR)
    scored = [(box, _confirmed(picture, box)) for box in _proposals(picture)]
    faces = [_face(box, score, picture.size) for box, score in scored if score >= SURE]
    return sorted(faces, key=lambda face: -face.prominence)


@cache
def _near() -> _Detector:
    return _Detector(vision.FACES[0], 128, ((8, 2), (16, 6)))


@cache
def _far() -> _Detector:
    return _Detector(vision.FACES[1], 192, ((4, 1),))


def _proposals(picture: Image.Image) -> Boxes:
    """Return where faces may be, the surest first."""
    looks = [_far().look(picture, tile) for share in TILES for tile in _tiles(picture.size, share)]
    boxes = np.concatenate(looks)
    return _distinct(boxes[boxes[:, 4] >= PROPOSED])[:MOST]


def _tiles(size: tuple[int, int], share: float) -> Iterator[Square]:
    """Yield the overlapping squares of `share` of the longer side that cover a picture."""
    side = max(SMALLEST, round(max(size) * share))
    across, down = (_starts(length, side) for length in size)
    yield from ((left, top, side) for top in down for left in across)


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [(length - side) // 2]
    count = 1 + math.ceil((length - side) / (side * (1 - OVERLAP)))
    return [round(place) for place in np.linspace(0, length - side, count)]


def _distinct(boxes: Boxes) -> Boxes:
    """Return the surest box of each face: one half of which lies in a surer one shows the same."""
    boxes, kept = boxes[np.argsort(-boxes[:, 4], kind="stable")], []
    while len(boxes):
        shared = _shared(boxes[0], boxes) / np.minimum(_area(boxes[0]), _area(boxes))
        kept.append(boxes[0])
        boxes = boxes[1:][shared[1:] <= 0.5]
    return np.array(kept).reshape(-1, 5)


def _confirmed(picture: Image.Image, box: Boxes) -> float:
    """Return how sure both networks are of one box when they look at it again, each counting half."""
    near = [_seen_again(_near(), picture, box, width) for width in NEAR]
    far = [_seen_again(_far(), picture, box, width) for width in FAR]
    return (float(np.mean(near)) + float(np.mean(far))) / 2


def _seen_again(detector: _Detector, picture: Image.Image, box: Boxes, width: float) -> float:
    """Return the score of the face in the middle of a square `width` times the size of the box; 0 if there is none."""
    face = float(max(box[2:4] - box[:2]))
    middle, side = (box[:2] + box[2:4]) / 2, face * width
    left, top = middle - side / 2
    close = picture.crop((round(left), round(top), round(left + side), round(top + side)))
    wanted = np.array([side / 2 - face / 2, side / 2 - face / 2, side / 2 + face / 2, side / 2 + face / 2])
    scores = []
    for view in (close, ImageOps.mirror(close)):
        boxes = detector.look(view, (0, 0, view.width))
        shared = _shared(wanted, boxes)
        same = shared / (_area(wanted) + _area(boxes) - shared) > SAME
        scores.append(boxes[same, 4].max(initial=0.0))
    return float(np.mean(scores))


def _shared(box: Boxes, boxes: Boxes) -> NDArray[np.float64]:
    """Return how many square pixels `box` shares with each of `boxes`."""
    least, most = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:4], boxes[:, 2:4])
    return np.prod(np.clip(most - least, 0, None), axis=1)


def _area(boxes: Boxes) -> NDArray[np.float64]:
    return np.prod(boxes[..., 2:4] - boxes[..., :2], axis=-1)


def _face(box: Boxes, score: float, size: tuple[int, int]) -> Face:
    left, top, right, bottom = (float(edge) for edge in np.clip(box[:4] / (size * 2), 0, 1))
    return Face(x=left, y=top, width=right - left, height=bottom - top, score=score)
