"""From a blurred guess of where a person is to a matte with sharp edges, in NumPy.

Two steps. On a picture small enough, colours decide what the guess leaves open (`matte_colours`), and a random walk
(Grady 2006) spreads what is decided up to the picture's own edges. At full size only a narrow band is left open;
there alpha is how far a pixel's colour lies between the person's and the ground's next to it.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pose_generator import matte_colours

Array = NDArray[np.float32]

WORK = 130_000
"""Pixels of the working picture."""
ROUNDS, SWEEPS = 2, 40
"""How often colours are asked, and how long each answer is spread."""
#: How far outside of the guess the person may go on, as a share of the longer side; DEEP times as far inside, nobody
#: doubts.
OPEN, DEEP = 0.035, 2
TRUST = 0.15
"""How much a pixel's own colour weighs against a neighbour that it hangs together with."""
BAND = 1.0
"""Half the width of the band that is left open at full size, pixels of the working picture."""
#: From this distance on two colours tell person and ground apart; alpha under FAINT, or over 1 - FAINT, is noise.
ALIKE, FAINT = 0.05, 0.08


def refined(picture: Image.Image, guess: Array, core: Array) -> Array:
    """Return alpha (height, width; 0 to 1) of the person in an RGB `picture`.

    `guess` is how likely a pixel is the person's, `core` is 1 where it surely is (bones), both of the picture's shape.
    """
    left, top, right, bottom = _box(guess)
    close = picture.crop((left, top, right, bottom))
    scale = min(1.0, (WORK / (close.width * close.height)) ** 0.5)
    size = (max(1, round(close.width * scale)), max(1, round(close.height * scale)))
    colours = unit(close.resize(size, Image.Resampling.BOX))
    near, bones = (resized(plane[top:bottom, left:right], size) for plane in (guess, core))
    alpha = np.zeros_like(guess)
    alpha[top:bottom, left:right] = _at_full_size(unit(close), _decided(colours, near, bones))
    return alpha


def unit(image: Image.Image) -> Array:
    """Return the picture's pixels as 0 to 1."""
    return np.asarray(image).astype(np.float32) / np.float32(255)


def resized(plane: Array, size: tuple[int, int]) -> Array:
    """Return the plane (height, width) as one of `size` (width, height), smoothly."""
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR), np.float32)


def _box(guess: Array) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the person with room for the ground beside it."""
    rows, columns = np.flatnonzero((guess > 0.3).any(axis=1)), np.flatnonzero((guess > 0.3).any(axis=0))
    room = int(0.08 * max(np.ptp(rows), np.ptp(columns))) + 8
    return (
        max(0, int(columns[0]) - room), max(0, int(rows[0]) - room),
        min(guess.shape[1], int(columns[-1]) + room + 1), min(guess.shape[0], int(rows[-1]) + room + 1),
    )  # fmt: skip


def _decided(colours: Array, guess: Array, core: Array) -> Array:
    """How likely each pixel of the working picture is the person's, 0 to 1, along the picture's edges."""
    reach = max(3, round(OPEN * max(guess.shape)))
    surely = (core > 0.5) & (guess > 0.6) | ~_spread(guess < 0.9, DEEP * reach)
    never = ~_spread(guess > 0.3, reach) & (guess < 0.1)
    open_ = ~surely & ~never
    leaning = _logit(np.clip(guess, 0.03, 0.95))
    links, likely = _links(colours), np.where(surely, 1, np.where(never, 0, 0.5)).astype(np.float32)
    for _round in range(ROUNDS):
        belief = _probability(leaning + matte_colours.evidence(colours, likely, open_))
        trust = np.where(open_, TRUST * np.abs(2 * belief - 1) ** 2 + 0.002, 1.0).astype(np.float32)
        likely = _settled(np.where(open_, belief, surely).astype(np.float32), trust, links)
        likely = _probability(10 * (likely - 0.5)).astype(np.float32)
    return likely


def _links(colours: Array) -> tuple[Array, Array]:
    """How firmly each pixel hangs together with the one to its right and the one below, 0 to 1."""
    steps = [np.square(np.diff(colours, axis=axis)).sum(axis=2) for axis in (1, 0)]
    usual = max(np.mean([step.mean() for step in steps]) * 0.5, 2e-5)
    right, below = (np.exp(-step / (2 * usual)) + 0.004 for step in steps)
    return np.pad(right, ((0, 0), (0, 1))).astype(np.float32), np.pad(below, ((0, 1), (0, 0))).astype(np.float32)


def _settled(belief: Array, trust: Array, links: tuple[Array, Array]) -> Array:
    """Let beliefs flow between linked pixels until each is the mean of its own and its neighbours'.

    A random walker with data, solved by over-relaxation on a chequerboard.
    """
    right, below = links
    left, above = np.roll(right, 1, axis=1), np.roll(below, 1, axis=0)
    total, own, settled = trust + right + left + below + above, trust * belief, belief.copy()
    dark = (np.indices(belief.shape).sum(axis=0) % 2).astype(bool)
    for step in range(2 * SWEEPS):
        around = right * np.roll(settled, -1, axis=1) + left * np.roll(settled, 1, axis=1)
        around += below * np.roll(settled, -1, axis=0) + above * np.roll(settled, 1, axis=0)
        moved = settled + np.float32(1.7) * ((own + around) / total - settled)
        settled = np.where(dark == bool(step % 2), moved, settled)
    return np.clip(settled, 0, 1)


def _at_full_size(colours: Array, decided: Array) -> Array:
    """Alpha of the full picture: in a narrow band, how far a colour lies from the ground's to the person's."""
    height, width = colours.shape[:2]
    scale = max(1.0, height / decided.shape[0])
    likely = resized(decided, (width, height))
    reach = max(2, round(BAND * scale))
    inside, outside = ~_spread(likely < 0.5, reach), ~_spread(likely > 0.5, reach)
    person, ground = (_carried(colours, sure, 4 * reach) for sure in (inside, outside))
    across = person - ground
    apart = np.square(across).sum(axis=2)
    between = ((colours - ground) * across).sum(axis=2) / (apart + 1e-6)
    certain = apart / (apart + ALIKE**2)
    mixed = certain * np.clip(between, 0, 1) + (1 - certain) * likely
    mixed = np.clip((mixed - FAINT) / (1 - 2 * FAINT), 0, 1)
    return np.where(inside, 1, np.where(outside, 0, mixed)).astype(np.float32)


def _carried(colours: Array, sure: NDArray[np.bool_], radius: int) -> Array:
    """The mean colour of what is `sure` within `radius`, (height, width, 3); worked out at half the size."""
    weight = sure.astype(np.float32)[..., None]
    known = np.concatenate([colours * weight, weight], axis=2)[::2, ::2]
    sums = box_mean(known, radius // 2)
    means = sums[..., :3] / np.maximum(sums[..., 3:], 1e-4)
    size = (sure.shape[1], sure.shape[0])
    return np.stack([resized(np.ascontiguousarray(means[..., band]), size) for band in range(3)], axis=2)


def _spread(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Grow the mask by `reach` pixels."""
    image = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(reach))
    return np.asarray(image) > 0


def box_mean(planes: Array, radius: int) -> Array:
    """Return the mean over a square of 2 `radius` + 1 pixels of (height, width, n); the edges are repeated."""
    side = 2 * radius + 1
    for axis in (0, 1):
        pad = [(0, 0)] * planes.ndim
        pad[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(planes, pad, "edge"), axis=axis, dtype=np.float64)
        ahead, behind = (np.take(sums, np.arange(start, start + planes.shape[axis]), axis=axis) for start in (side, 0))
        planes = ((ahead - behind) / side).astype(np.float32)
    return planes


def _logit(p: Array) -> Array:
    return np.log(p / (1 - p))


def _probability(logit: Array) -> Array:
    return (1 / (1 + np.exp(-logit))).astype(np.float32)
