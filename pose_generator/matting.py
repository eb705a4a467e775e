"""The matte of the person in a picture: how much of each pixel is the person's.

One seam, two implementations, chosen by the setting MATTE. `local` works offline: the two networks that know what is
a person, one from the joints and one from the whole look, each blurred to 256 pixels, and the picture's own colours
and edges for the rest (`matte_edges`). `huggingface` asks a hosted model for image segmentation.
"""

import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from lumiku import images, vision
from lumiku.backends import Joint
from lumiku.errors import DomainError
from pose_generator import matte_edges
from pose_generator.posing import detect
from pose_generator.posing.skeleton import LIMBS

Array = NDArray[np.float64]
Plane = NDArray[np.float32]

SIDE = 256
"""Side of the networks' close-ups and masks, pixels."""
TRUNK = (2, 5, 11, 8)
#: Sizes as shares of the person's: the width of a bone, and how far from the body cloth and hair may reach.
BONE, CLOTH = 0.022, 0.12
#: How much the second network's opinion counts where the first sees nobody.
SECOND = 0.2
#: A matte with less than this share of the picture in it shows nobody.
LEAST = 0.002


class NobodyFound(DomainError):
    """There is no person in the picture."""

    code = "nobody_found"


class Matter(ABC):
    """Makes mattes. Instances are shared between threads."""

    @abstractmethod
    def cut(self, picture: Image.Image, *, joints: Sequence[Joint] = ()) -> Image.Image:
        """Return the matte of the largest person in an RGB picture: L, of its size, 255 where only the person is.

        `joints` (18, OpenPose order) say where the person was asked for, for pictures in which nobody is found unaided.
        Raises NobodyFound, and what the implementation says.
        """


@cache
def matter() -> Matter:
    """Return this process's matter: the one that the setting MATTE names."""
    if settings.MATTE == "huggingface":
        # Its library takes a while to import; who works offline does not wait for it.
        model = import_string("lumiku.backends.segmentation.HuggingFaceSegmentation")
        return HostedMatter(model(**settings.MATTE_OPTIONS))
    return LocalMatter()


def encode(matte: Image.Image) -> bytes:
    """Return a matte as PNG bytes (8 bits, grey)."""
    out = io.BytesIO()
    matte.save(out, "PNG", compress_level=6)
    return out.getvalue()


def decode(data: bytes) -> Image.Image:
    """Return the matte (L) in bytes that `encode` made; raises lumiku.images.UnusablePicture."""
    return images.decode(data).convert("L")


class LocalMatter(Matter):
    """Offline, about a third of a second of one core for a person who fills a picture of 1024 pixels."""

    def cut(self, picture: Image.Image, *, joints: Sequence[Joint] = ()) -> Image.Image:
        """See Matter; raises detect.VisionUnavailable where the weights are missing."""
        finder, picture = detect.detector(), picture.convert("RGB")
        people = finder.find(picture)
        if isinstance(finder, detect.BlazePose):
            places = people[0].keypoints if people else np.array([joint[:2] for joint in joints])
            if len(places):
                return _whole(_matte(picture, places, finder))
        raise _nobody()


class PersonModel(Protocol):
    """What finds the mask of people; `lumiku.backends.segmentation` has one."""

    def person(self, picture: Image.Image) -> Image.Image | None:
        """Return the mask (L, of the picture's size), None if nobody is there."""


class HostedMatter(Matter):
    """Asks a hosted model; a mask without soft edges is refined here."""

    def __init__(self, model: PersonModel) -> None:
        self._model = model

    def cut(self, picture: Image.Image, *, joints: Sequence[Joint] = ()) -> Image.Image:
        """See Matter; raises lumiku.backends.BackendError."""
        picture = picture.convert("RGB")
        mask = self._model.person(picture)
        if mask is None:
            raise _nobody()
        _whole(mask)
        return mask if _is_soft(mask) else _whole(_refined(picture, matte_edges.unit(mask)))


def _matte(picture: Image.Image, places: Array, finder: detect.BlazePose) -> Image.Image:
    """The matte of the person whose joints (18, 2) are at `places`."""
    by_joints, by_look = _by_joints(picture, places, finder), _by_look(picture, places)
    size = float(np.ptp(np.clip(places, 0, picture.size), axis=0).max())
    near = _image(by_joints).resize((SIDE, SIDE)).filter(ImageFilter.GaussianBlur(CLOTH * SIDE * size / picture.width))
    may_be = np.asarray(near.resize(picture.size), np.float32) > 12
    guess = np.where(may_be, by_joints + np.float32(SECOND) * by_look * (1 - by_joints), by_joints)
    bones = _bones(places, picture.size, size)
    if (guess > 0.5).mean() < LEAST:
        raise _nobody()
    alpha = matte_edges.refined(picture, guess, matte_edges.unit(bones))
    return _attached(_image(alpha), bones)


def _by_joints(picture: Image.Image, places: Array, finder: detect.BlazePose) -> Plane:
    """How likely each pixel is the person's by the network that knows joints, on a close-up turned upright."""
    hips, shoulders = places[[8, 11]].mean(axis=0), places[[2, 5]].mean(axis=0)
    up = shoulders - hips
    up = up / np.linalg.norm(up) if np.linalg.norm(up) > 1 else np.array([0.0, -1.0])
    region = detect._map_of(hips, hips + up * 1.1 * np.linalg.norm(places - hips, axis=1).max())
    _landmarks, flag, mask, _metres = finder._look(picture, region)
    if flag < detect.PERSON:
        raise _nobody()
    return _laid(mask, region, picture.size)


def _by_look(picture: Image.Image, places: Array) -> Plane:
    """The same by the network that knows hair and clothes, on an upright square round the person."""
    low, high = places.min(axis=0), places.max(axis=0)
    pixel = max(1.25 * float((high - low).max()) / SIDE, 0.05)
    left, top = (low + high) / 2 - pixel * SIDE / 2
    region = np.array([[pixel, 0.0, left], [0.0, pixel, top]])
    factor = max(1, int(pixel))
    finer = picture.reduce(factor) if factor > 1 else picture
    close = finer.transform(
        (SIDE, SIDE), Image.Transform.AFFINE, tuple((region / factor).ravel()), Image.Resampling.BILINEAR
    )
    (mask,) = _selfie().run(matte_edges.unit(close))
    return _laid(mask[0, :, :, 0], region, picture.size)


@cache
def _selfie() -> vision.Network:
    return vision.Network(vision.folder() / "selfie_segmentation.tflite")


def _laid(mask: NDArray[np.floating], region: Array, size: tuple[int, int]) -> Plane:
    """Lay a close-up's mask back on a picture of `size`; `region` maps the close-up's pixels to the picture's."""
    back = np.linalg.inv(np.vstack([region, (0.0, 0.0, 1.0)]))[:2]
    close = Image.fromarray(mask.astype(np.float32))
    laid = close.transform(size, Image.Transform.AFFINE, tuple(back.ravel()), Image.Resampling.BILINEAR)
    return np.array(laid, np.float32)


def _bones(places: Array, size: tuple[int, int], person: float) -> Image.Image:
    """L, 255 on thin limbs and the trunk between the joints."""
    drawn = Image.new("L", size)
    pen = ImageDraw.Draw(drawn)
    at = [(float(x), float(y)) for x, y in places]
    for a, b in LIMBS:
        pen.line([at[a], at[b]], fill=255, width=max(1, round(BONE * person)))
    pen.polygon([at[joint] for joint in TRUNK], fill=255)
    return drawn


def _attached(matte: Image.Image, bones: Image.Image) -> Image.Image:
    """Keep of the matte what hangs together with the bones: other people and specks are dropped."""
    small = (-(-matte.width // 6), -(-matte.height // 6))
    seen = matte.resize(small, Image.Resampling.BOX).point(lambda value: 255 if value > 40 else 0)
    grown, before = (
        ImageChops.darker(seen, bones.resize(small, Image.Resampling.BOX).point(lambda v: 255 if v else 0)),
        None,
    )
    while before != (before := grown.tobytes()):
        for _step in range(8):
            grown = ImageChops.darker(seen, grown.filter(ImageFilter.MaxFilter(3)))
    kept = grown.filter(ImageFilter.MaxFilter(3)).resize(matte.size, Image.Resampling.BILINEAR)
    return ImageChops.multiply(matte, kept.point(lambda value: min(255, value * 2)))


def _refined(picture: Image.Image, guess: Plane) -> Image.Image:
    core = _image(guess).filter(ImageFilter.MinFilter(9))
    return _image(matte_edges.refined(picture, guess, matte_edges.unit(core)))


def _is_soft(mask: Image.Image) -> bool:
    """Whether a mask has shades at its edges, more than a pixel's worth."""
    counts = mask.histogram()
    return sum(counts[16:240]) > 0.01 * sum(counts[16:])


def _whole(matte: Image.Image) -> Image.Image:
    """Return the matte if somebody is in it."""
    if sum(matte.histogram()[128:]) < LEAST * matte.width * matte.height:
        raise _nobody()
    return matte


def _image(plane: Plane) -> Image.Image:
    return Image.fromarray((np.clip(plane, 0, 1) * 255 + 0.5).astype(np.uint8))


def _nobody() -> NobodyFound:
    return NobodyFound(_("No person was found in the picture, so its background cannot be changed."))
