"""People in a picture: two small networks find each body and its joints, offline and on the processor.

The networks are MediaPipe's BlazePose (a detector of bodies, and the joints of one body cut out upright), run by
LiteRT without MediaPipe itself, whose package would pin half of ours. The detector was made for one person, so each
body that was found is painted over and the rest is searched again. The weights come by `fetch_vision_models`; where
they are not, `detector()` answers with one that says so, and everything else works.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from lumiku import vision

Array = NDArray[np.float64]

#: The network's landmark for each of our 18 joints; the neck, which it has not, is the middle of the shoulders.
LANDMARKS = (0, -1, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
SHOULDERS, HIPS = [11, 12], [23, 24]
#: Sides of the two networks' input pictures.
WHOLE, CLOSE = 224, 256
#: How many people are looked for: one to use, and one more to know that there are several.
PEOPLE = 3
#: A candidate and a person count from these on (probabilities).
CANDIDATE, PERSON = 0.5, 0.5
#: A region round a body has this many times the radius that the network says.
ROOM = 1.25


@dataclass(frozen=True)
class Detection:
    """A person in a picture."""

    keypoints: Array
    """(18, 2): x and y in pixels, OpenPose order; may lie outside of the picture."""
    confidence: Array
    """(18,), 0 to 1: how likely the joint is seen rather than hidden."""
    presence: Array
    """(18,), 0 to 1: how likely the joint lies within the picture, seen or hidden."""
    depth: Array
    """(18,): the network's guess of z in pixels, towards the camera from the middle of the hips."""
    flag: float
    """How likely this is a person at all, 0 to 1."""
    cut: float = 0.0
    """The share of the body's height at which it touches the left or right edge of the picture, 0 to 1."""

    @property
    def size(self) -> float:
        """Height or width of what the joints span, whichever is more, in pixels."""
        return float(np.ptp(self.keypoints, axis=0).max())


class Detector(Protocol):
    """Finds people. Instances are shared between threads."""

    def find(self, image: Image.Image) -> list[Detection]:
        """Return the people in an RGB picture, the largest first; none is an empty list."""


#: What is raised where nobody can be looked for.
VisionUnavailable = vision.Unavailable


class Blind:
    """The detector of an installation without weights."""

    def find(self, image: Image.Image) -> list[Detection]:
        """Raise VisionUnavailable."""
        raise VisionUnavailable


@cache
def detector() -> Detector:
    """Return this process's detector: BlazePose where LiteRT and the weights are, else Blind."""
    return BlazePose(vision.folder()) if vision.is_ready(vision.PEOPLE) else Blind()


class BlazePose:
    """The two networks with their weights from `folder`. One picture at a time runs through each."""

    def __init__(self, folder: Path) -> None:
        self._bodies = vision.Network(folder / "pose_detection.tflite")
        self._joints = vision.Network(folder / "pose_landmark_full.tflite")

    def find(self, image: Image.Image) -> list[Detection]:
        """Return the people in an RGB picture, the largest first; none is an empty list."""
        picture = image.convert("RGB")
        scale = max(picture.size) / WHOLE
        small = picture.resize([max(1, round(side / scale)) for side in picture.size], Image.Resampling.BILINEAR)
        covered = Image.new("L", small.size)
        found: list[Detection] = []
        while len(found) < PEOPLE and (region := self._region(small)) is not None:
            person, mask = self._person(picture, region * scale, small.size)
            if person.flag < PERSON or _lies_in(covered, person.keypoints / scale):
                break
            found.append(person)
            covered = ImageChops.lighter(covered, mask)
            small = _painted_over(small, covered)
        return sorted(found, key=lambda person: -person.size)

    def _region(self, small: Image.Image) -> Array | None:
        """Return the (2, 3) map from the close-up's pixels to those of `small`, round the surest body, or None."""
        left, top = ((WHOLE - side) // 2 for side in small.size)
        boxed = Image.new("RGB", (WHOLE, WHOLE))
        boxed.paste(small, (left, top))
        places, scores = self._bodies.run(np.asarray(boxed, np.float32) / 127.5 - 1.0)
        best = int(scores[0, :, 0].argmax())
        if vision.probability(scores[0, best, 0]) < CANDIDATE:
            return None
        hips, edge = places[0, best, 4:8].reshape(2, 2) + _anchors()[best] * WHOLE - (left, top)
        return _map_of(hips, edge)

    def _person(self, picture: Image.Image, region: Array, small: tuple[int, int]) -> tuple[Detection, Image.Image]:
        """Return the person in the region and where it is on a picture of the size `small` (255)."""
        hips, edge = _mapped(region, self._look(picture, region)[0][33:35, :2])
        region = _map_of(hips, edge)  # the second look is centred by the first
        body, flag, mask, metres = self._look(picture, region)
        laid = _on_picture(mask, region * (small[0] / picture.width), small)
        person = replace(_detection(body, flag, metres, region), cut=_cut(laid))
        return person, laid.filter(ImageFilter.MaxFilter(7))

    def _look(self, image: Image.Image, region: Array) -> tuple[Array, float, Array, Array]:
        """Return landmarks (39, 5) in the close-up, the person flag, the mask (256, 256) and landmarks in metres."""
        factor = max(1, int(np.linalg.norm(region[:, 0])))
        finer = image.reduce(factor) if factor > 1 else image
        close = finer.transform(
            (CLOSE, CLOSE), Image.Transform.AFFINE, tuple((region / factor).ravel()), Image.Resampling.BILINEAR
        )
        places, flag, mask, _heat, metres = self._joints.run(np.asarray(close, np.float32) / 255.0)
        return (
            places.reshape(39, 5).astype(float),
            float(flag[0, 0]),
            vision.probability(mask[0, :, :, 0]),
            metres.reshape(39, 3).astype(float),
        )


@cache
def _anchors() -> Array:
    """The (2254, 2) centres, 0 to 1, that the detector's places are offsets from: three grids, coarser and coarser."""
    return vision.anchors(WHOLE, ((8, 2), (16, 2), (32, 6)))


def _map_of(hips: Array, edge: Array) -> Array:
    """The (2, 3) map from close-up to picture: a square round `hips`, turned so that `edge` is straight above them."""
    up = edge - hips
    pixel = 2 * ROOM * up / CLOSE  # one pixel of the close-up, upwards
    across = np.array([-pixel[1], pixel[0]])
    return np.column_stack([across, -pixel, hips - (across - pixel) * CLOSE / 2])


def _mapped(region: Array, points: Array) -> Array:
    return points @ region[:, :2].T + region[:, 2]


def _detection(body: Array, flag: float, metres: Array, region: Array) -> Detection:
    places = _mapped(region, body[:33, :2])
    turned = metres[:33, :2] @ region[:, :2].T  # as long as the map's pixels, so only ratios count
    scale = float(np.linalg.norm(np.ptp(places, axis=0)) / (np.linalg.norm(np.ptp(turned, axis=0)) or 1.0))
    depth = -metres[:33, 2] * scale * float(np.linalg.norm(region[:, 0]))
    return Detection(
        keypoints=_eighteen(places),
        confidence=_eighteen(vision.probability(body[:33, 3])),
        presence=_eighteen(vision.probability(body[:33, 4])),
        depth=_eighteen(depth - depth[HIPS].mean()),
        flag=flag,
    )


def _eighteen(landmarks: Array) -> Array:
    """Pick our joints from the network's 33."""
    joints = landmarks[list(LANDMARKS)]
    joints[1] = landmarks[SHOULDERS].mean(axis=0)
    return joints


def _on_picture(mask: Array, region: Array, size: tuple[int, int]) -> Image.Image:
    """Lay the close-up's mask back on a picture of `size`: where the person is, 255."""
    back = np.linalg.inv(np.vstack([region, (0.0, 0.0, 1.0)]))[:2]
    close = Image.fromarray((mask > 0.3).astype(np.uint8) * 255)
    return close.transform(size, Image.Transform.AFFINE, tuple(back.ravel()), Image.Resampling.NEAREST)


def _cut(mask: Image.Image) -> float:
    """Of the rows that the person is in, the share in which the person touches the left or right edge."""
    rows = np.asarray(mask) > 0
    rows = rows[rows.any(axis=1)]
    return float(max(rows[:, 0].mean(), rows[:, -1].mean())) if len(rows) else 0.0


def _painted_over(small: Image.Image, covered: Image.Image) -> Image.Image:
    """Fill what is covered with the colours around it, softly: a silhouette would be found again."""
    around = small.copy()
    around.putalpha(ImageChops.invert(covered))
    fill = around.convert("RGBa").filter(ImageFilter.GaussianBlur(20)).convert("RGBA").convert("RGB")
    return Image.composite(fill, small, covered)


def _lies_in(covered: Image.Image, places: Array) -> bool:
    """Whether most of the joints are on what was found before: the same person again."""
    width, height = covered.size
    inside = [covered.getpixel((int(x), int(y))) for x, y in places if 0 <= x < width and 0 <= y < height]
    return not inside or sum(map(bool, inside)) > len(inside) / 2
