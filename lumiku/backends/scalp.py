"""The head under the hair: its places, the cap of hair on the skull with its hair line and parting, and single locks.

Places are metres of the head: towards its left, up and forward from the middle between the ears.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lumiku.backends.anatomy import Body
from lumiku.backends.shapes import Array, Part

Vector = NDArray[np.float64]
Place = tuple[float, float, float]

#: Cuts that leave the ears and the neck free.
CROPPED = frozenset({"short", "fade", "undercut", "curly crop", "thinning"})
#: Cuts whose long hair is drawn back.
TIED = frozenset({"bun", "ponytail"})


def at(body: Body, place: Place) -> Vector:
    """Return a place of the head in pixels."""
    middle, axes = body.head
    point: Vector = middle + np.asarray(place) @ axes * body.scale
    return point


def local(body: Body, points: Array) -> tuple[Array, Array, Array]:
    """Return points in metres of the head: towards its left, up, forward."""
    middle, axes = body.head
    found = (points - middle.astype(np.float32)) @ (axes.T / body.scale).astype(np.float32)
    return found[:, 0], found[:, 1], found[:, 2]


def lock(body: Body, balls: Sequence[tuple[Vector, float]], *, melt: float = 0.022, even: float = 0.006) -> Part:
    smooth = even * body.scale
    return body.sweep(balls, body.look.hair, melt=melt, gloss=0.16, folds=strands(body), smooth=smooth)


def cap(body: Body, style: str) -> list[Part]:
    """Hair as it lies on the skull."""
    _, axes = body.head
    shape, look = np.diag([1.20, 0.95, 0.97]) @ axes, body.look
    made = []
    if style in ("fade", "undercut", "thinning"):  # shaved or thin: the skin shines through
        low = at(body, (0, 0.048, -0.012))
        thick = 0.85 if style == "thinning" else 0.62
        shade = np.sqrt(look.hair**2 * thick + look.skin**2 * (1 - thick))
        line = _hair_line(body, "thinning" if style == "thinning" else "short")
        made.append(body.limb(low, low, 0.1015, 0.1015, shade, melt=0.02, metric=shape, cut=line, folds=strands(body)))
        if style == "thinning":
            return made
    volume = {"short": 0.003, "fade": 0.003, "undercut": 0.004}.get(style, 0.006)
    middle = at(body, (0, 0.056 if style in CROPPED else 0.052, -0.010))
    line = _hair_line(body, "high" if made else style)
    made.append(
        body.limb(middle, middle, 0.103 + volume, 0.103 + volume, look.hair, melt=0.02, metric=shape, cut=line,
                  gloss=0.10, folds=strands(body), pattern=_parting(body, style))
    )  # fmt: skip
    return made


def _hair_line(body: Body, style: str) -> Callable[[Array], Array]:
    """Where the cap ends over forehead, temples and neck."""
    cropped = style in CROPPED or style == "high"
    middle, slant, bow = {"thinning": (0.120, 0.05, 5.0), "high": (0.098, 0.02, 3.0)}.get(
        style, (0.094, 0.06, 6.5) if cropped else (0.108, 0.42, 4.0)
    )

    def there(points: Array) -> Array:
        u, v, w = local(body, points)
        soft = np.float32(1.4 / body.scale)
        ragged = np.float32(0.0007) * np.sin(u * 430) + np.float32(0.0006) * np.sin(u * 910 + 1)
        aside = np.abs(u + (0.018 if cropped else 0.0))
        forehead = ragged + np.float32(middle) - aside * np.float32(slant) - np.float32(bow) * u * u
        if cropped and not body.look.female:  # higher over the temples, then down to the ears
            corner = np.abs(u) - np.float32(0.036)
            forehead = ragged + np.float32(middle - 0.008) + np.float32(0.16) * np.minimum(np.abs(u), 0.036)
            forehead = forehead - np.float32(42) * np.clip(corner, 0, 1) ** 2
        low = {"high": 0.062}.get(style, 0.022 if cropped else -0.015)
        edge = np.where(w > 0.040, forehead, np.float32(low))
        slope = np.clip((w - 0.005) / 0.035, 0, 1)
        nape = np.float32(-0.030 if style != "high" else 0.045)
        back = nape + np.float32(0.050 if cropped else 0.02) * np.clip((w + 0.05) / 0.06, 0, 1)
        if cropped or style in TIED:  # beside the ears nothing stands out
            back = np.where(np.abs(u) > 0.060, np.maximum(back, low + 0.03 * (not cropped)), back)
        line = back + (np.maximum(forehead, edge) - back) * slope
        # At the very sides it goes down to the ears: nobody looks between hair and head.
        line = line - np.clip((np.abs(u) - 0.064) / 0.008, 0, 1) * np.clip(line - np.float32(low), 0, 1)
        kept: Array = np.clip(0.5 + (v - line) / soft, 0, 1)
        return kept

    return there


def _parting(body: Body, style: str) -> Callable[[Array, Array], Array]:
    """A line where the hair is parted: in the middle of long hair, aside in short."""
    place = {"short": 0.038, "bob": 0.026}.get(style, 0.0)
    hair, skin = body.look.hair**2, body.look.skin**2
    tone = (hair * 0.45 + skin * 0.55).astype(np.float32)

    def paint(points: Array, colour: Array) -> Array:
        if style in ("curly", "curly crop", "bun", "ponytail", "fade", "undercut"):
            return colour
        u, v, w = local(body, points)
        inside = np.float32(0.0011) - np.abs(u - place)
        inside = np.where((w > -0.02) & (v > 0.08), inside, -1)
        share = 0.6 * np.clip(0.5 + inside * np.float32(body.scale), 0, 1)[:, None]
        return colour + (tone - colour) * share.astype(np.float32)

    return paint


def strands(body: Body) -> Callable[[Array], Array]:
    _, axes = body.head
    across = axes[0].astype(np.float32)

    def wave(points: Array) -> Array:
        u, v, w = local(body, points)
        strength = np.float32(0.20) * np.sin(u * 300 + np.sin(w * 60) * 1.5) + np.float32(0.14) * np.sin(
            u * 720 + v * 40
        )
        return strength[:, None] * across

    return wave
