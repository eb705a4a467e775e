"""What lies beyond the edge of a picture, for formats that need more ground than there is.

A plain ground goes on in exactly its colour, and nothing transparent stays nothing. Any other ground is mirrored at
the edge, only as deep as nobody stands in it, and grows softer with the distance, as what is out of focus does: no
seam, no second person, and no repetition that one could see.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pose_generator.crops import Box

Pixels = NDArray[np.uint8]

#: How many of 255 levels a ground may differ along the edge and still be plain: noise of compression.
PLAIN = 8
#: Depth of the border that is looked at, as a share of the shorter side.
BORDER = 0.01
#: The mirrored ground is at least this deep, as a share of the side; shallower it would be stripes anyway.
SHALLOWEST = 0.02
#: How much softer the ground is than the picture: the blur's radius as a share of the distance from the edge. Growing
#: with the distance it has no line at which it begins, and what is mirrored is gone before it is known again.
SOFTENING = 0.16
#: The blur grows in steps, each twice as far away as the one before: pixels, and the share of the whole for the last.
NEAREST, STEP, FARTHEST = 16, 2, 0.25


def plain(picture: Image.Image) -> str:
    """Return the colour (#RRGGBB) of the ground of an RGB picture if it is one colour all along the edge, else ""."""
    depth = max(1, round(BORDER * min(picture.size)))
    pixels = np.asarray(picture)
    rows = [pixels[:depth].reshape(-1, 3), pixels[-depth:].reshape(-1, 3)]
    border = np.concatenate([*rows, pixels[:, :depth].reshape(-1, 3), pixels[:, -depth:].reshape(-1, 3)])
    if int(np.ptp(border, axis=0).max()) > PLAIN:
        return ""
    return "#{:02X}{:02X}{:02X}".format(*(int(value) for value in np.median(border, axis=0)))


def extended(
    picture: Image.Image, size: tuple[int, int], at: tuple[int, int], *, person: Box | None = None, ground: str = ""
) -> Image.Image:
    """Return a picture of `size` with `picture` (RGB or RGBA) at `at` and its ground going on beyond it.

    `person` is the box that the ground is not taken from; `ground` is a plain colour (#RRGGBB) to go on with.
    """
    if picture.mode == "RGBA" or ground:
        paper = Image.new(picture.mode, size, ground if picture.mode == "RGB" else (0, 0, 0, 0))
        paper.paste(picture, at)
        return paper
    pixels = np.asarray(picture)
    for axis in (1, 0):
        taken = ((person.left, person.right), (person.top, person.bottom))[1 - axis] if person else None
        pixels = _longer(pixels, axis, size[1 - axis], at[1 - axis], taken)
    return Image.fromarray(pixels)


def _longer(pixels: Pixels, axis: int, length: int, start: int, taken: tuple[float, float] | None) -> Pixels:
    """The picture (height, width, 3) from `start` on in one that is `length` long along the axis, ground beside it.

    The ground is mirrored to and fro as deep as nobody stands there (`taken`: from, to).
    """
    side = pixels.shape[axis]
    shallowest = max(1, round(SHALLOWEST * side))
    low, high = (int(taken[0]), int(side - taken[1])) if taken else (side, side)
    before = _to_and_fro(start, min(side, max(shallowest, low)))
    after = side - 1 - _to_and_fro(length - start - side, min(side, max(shallowest, high)))
    parts = [np.flip(_softened(np.take(pixels, before, axis), axis), axis)] if len(before) else []
    parts.append(pixels)
    parts += [_softened(np.take(pixels, after, axis), axis)] if len(after) else []
    return np.concatenate(parts, axis) if len(parts) > 1 else pixels


def _to_and_fro(length: int, deep: int) -> NDArray[np.intp]:
    steps = np.arange(length) % (2 * deep)
    return np.where(steps < deep, steps, 2 * deep - 1 - steps)


def _softened(mirrored: Pixels, axis: int) -> Pixels:
    """The mirrored ground, from the picture's edge outwards along the axis, softer and softer."""
    sharp, ground = Image.fromarray(mirrored), Image.fromarray(mirrored)
    length, farthest = mirrored.shape[axis], FARTHEST * max(mirrored.shape[:2])
    near, far = 0, NEAREST
    while near < length:
        last = far * STEP > farthest
        radius = SOFTENING * far
        # What lies nearer stays as it is; what lies beyond the next step will be softer still.
        until = length if last else min(length, far * STEP)
        band = max(0, int(near - 3 * radius)), min(length, int(until + 3 * radius))
        soft = _part(_blurred(_part(sharp, axis, *band), radius), axis, near - band[0], until - band[0])
        weight = np.clip((np.arange(near, until, dtype=np.float32) - near) / (far - near), 0, 1) * 255
        mask = Image.fromarray(weight.astype(np.uint8)[None] if axis else weight.astype(np.uint8)[:, None])
        ground.paste(soft, (near, 0) if axis else (0, near), mask.resize(soft.size, Image.Resampling.NEAREST))
        if last:
            break
        near, far = far, far * STEP
    return np.asarray(ground)


def _part(image: Image.Image, axis: int, start: int, end: int) -> Image.Image:
    return image.crop((start, 0, end, image.height) if axis else (0, start, image.width, end))


def _blurred(picture: Image.Image, radius: float) -> Image.Image:
    """A Gaussian blur; wide ones are made small, where they cost little."""
    factor = max(1, int(radius / 2))
    small = picture.reduce(factor).filter(ImageFilter.GaussianBlur(radius / factor))
    # The last row and column of the small picture may stand for fewer pixels than `factor`.
    box = (0.0, 0.0, picture.width / factor, picture.height / factor)
    return small.resize(picture.size, Image.Resampling.BICUBIC, box=box)
