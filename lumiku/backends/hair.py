"""Hair in twelve cuts: what grows or hangs from the cap on the skull (`scalp`)."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import scalp
from lumiku.backends.anatomy import NECK, Body, unit
from lumiku.backends.scalp import Place, at, lock
from lumiku.backends.shapes import Part, Taper

Vector = NDArray[np.float64]

#: A lock of long hair beside the face, from the parting down: place and radius.
LOCK = (
    (0.012, 0.146, 0.030, 0.018),
    (0.046, 0.120, 0.046, 0.021),
    (0.072, 0.072, 0.040, 0.022),
    (0.083, 0.020, 0.018, 0.024),
    (0.086, -0.03, -0.002, 0.026),
)


def parts(body: Body) -> list[Part]:
    """The hair of the look."""
    style = body.look.hair_style
    return [] if style == "bald" else [*scalp.cap(body, style), *GROWN.get(style, _nothing)(body)]


def _nothing(body: Body) -> list[Part]:
    return []


def _swept(body: Body) -> list[Part]:
    """Short hair combed over from its parting."""
    made = []
    for back in (0.062, 0.040, 0.014, -0.016):
        rise = 0.144 - 3.0 * max(0.0, back - 0.01) ** 2
        balls = [(0.044, rise - 0.016, back - 0.004), (0.012, rise + 0.001, back), (-0.026, rise - 0.006, back),
                 (-0.058, rise - 0.038, back - 0.010)]  # fmt: skip
        radii = (0.020, 0.024, 0.022, 0.016)
        made.append(lock(body, [(at(body, p), r) for p, r in zip(balls, radii, strict=True)], melt=0.035, even=0.010))
    return made


def _top(body: Body) -> list[Part]:
    """Long hair on top of shaved sides, thrown forward and aside."""
    made = []
    for number, x in enumerate(np.linspace(-0.040, 0.048, 6)):
        jitter = 0.004 * np.sin(number * 2.4)
        balls = [(x * 0.8, 0.132, -0.060), (x, 0.148 + jitter, -0.010), (x - 0.008, 0.138 + jitter, 0.046),
                 (x - 0.026, 0.108 + jitter, 0.082)]  # fmt: skip
        radii = (0.022, 0.025, 0.021, 0.007)
        made.append(lock(body, [(at(body, p), r) for p, r in zip(balls, radii, strict=True)], melt=0.012, even=0.004))
    return made


def _sphere(count: int) -> Iterator[Vector]:
    """Directions that lie evenly around, from the top down."""
    for number in range(count):
        height = 1 - 2 * (number + 0.5) / count
        turn = number * 2.39996
        wide = np.sqrt(1 - height * height)
        yield np.array([wide * np.cos(turn), height, wide * np.sin(turn)])


def _curls(body: Body, places: Sequence[tuple[Place, float]], gloss: float = 0.05) -> list[Part]:
    """Many small balls as one solid."""
    s = body.scale
    tapers = [Taper(at(body, place), at(body, place), size * s, size * s) for place, size in places]
    return [Part(tuple(tapers), body.look.hair, melt=0.004 * s, gloss=gloss)]


def _short_curls(body: Body) -> list[Part]:
    places = []
    for number, way in enumerate(_sphere(230)):
        x, y, z = way * (0.092, 0.108, 0.106) + (0, 0.052, -0.010)
        if y > (0.104 - 5.0 * x * x if z > 0.03 else 0.045 + 0.4 * max(z, 0)) and not (z < 0 and y < 0.0):
            places.append(((float(x), float(y), float(z)), 0.0130 + 0.003 * np.sin(number * 1.7)))
    return _curls(body, places)


def _long_curls(body: Body) -> list[Part]:
    places = []
    for number, way in enumerate(_sphere(330)):
        swell = 1.0 + 0.05 * np.sin(number * 2.1)
        x, y, z = way * np.array([0.118, 0.150, 0.112]) * swell + (0, 0.012, -0.022)
        lift = 0.125 - 3.5 * x * x
        if (
            y > (lift if z > 0.03 and abs(x) < 0.072 else -0.16)
            and (z < 0.045 or y > 0.06)
            and (y > -0.04 or abs(x) > 0.070)
        ):
            places.append(((float(x), float(y), float(z)), 0.019 + 0.004 * np.sin(number * 1.3)))
    return _curls(body, places)


def _falling(body: Body) -> Vector:
    """Where hair hangs: half as the head is held, half straight down."""
    return unit(-body.head[1][1] - body.upright)


def _curtain(body: Body, length: float, *, wave: float = 0.0) -> list[Part]:
    """Hair behind the neck, and locks beside the face down to `length` metres under the chin."""
    fall, (_, axes), s = _falling(body), body.head, body.scale
    flat = np.array([axes[0] * 0.88, axes[1], axes[2] * 1.5])
    back = at(body, (0, 0.01, -0.052))
    width = 0.090 if length < 0.2 else 0.082
    end = back + (fall * length - axes[2] * 0.045) * s
    made = [
        body.limb(
            back, end, 0.094, width, body.look.hair, melt=0.02, gloss=0.10, metric=flat, folds=scalp.strands(body)
        )
    ]
    for sign in (-1, 1):
        for depth, push in ((0.0, 0.0), (0.024, 0.010)):
            side = [(at(body, (sign * (x + push), y, z - depth)), r) for x, y, z, r in LOCK]
            made.append(
                lock(body, [*side, *_hanging(side[-1], fall, axes, sign, length, wave, s)], melt=0.03, even=0.014)
            )
    return made


def _hanging(
    root: tuple[Vector, float], fall: Vector, axes: Vector, sign: int, length: float, wave: float, scale: float
) -> list[tuple[Vector, float]]:
    """The end of a lock, in waves of so many metres."""
    start, thick = root
    steps = np.linspace(0, 1, 9 if wave else 3)[1:]
    balls = []
    for share in steps:
        aside = wave * np.sin(share * 9.5) + (0.004 if length < 0.2 else -0.002) * share
        place = start + (fall * length * 0.86 * share + axes[0] * sign * aside + axes[2] * 0.020 * share) * scale
        balls.append((place, thick * (1.0 + 0.10 * np.sin(share * 3.0) - 0.45 * share * (length > 0.2))))
    return balls


def _bob(body: Body) -> list[Part]:
    return _curtain(body, 0.10)


def _long(body: Body) -> list[Part]:
    return _curtain(body, 0.32)


def _wavy(body: Body) -> list[Part]:
    return _curtain(body, 0.30, wave=0.011)


def _bun(body: Body) -> list[Part]:
    knot = at(body, (0, 0.178, -0.040))
    return [body.limb(knot, knot, 0.046, 0.046, body.look.hair, melt=0.012, gloss=0.10, folds=scalp.strands(body))]


def _low_bun(body: Body) -> list[Part]:
    """A knot at the neck, with hair full over the ears."""
    knot = at(body, (0, -0.002, -0.118))
    made = [body.limb(knot, knot, 0.056, 0.056, body.look.hair, melt=0.012, gloss=0.10, folds=scalp.strands(body))]
    for sign in (-1, 1):
        balls = [(0.010, 0.148, 0.020), (0.050, 0.122, 0.040), (0.077, 0.070, 0.026), (0.080, 0.030, -0.010),
                 (0.055, 0.006, -0.075)]  # fmt: skip
        made.append(lock(body, [(at(body, (x * sign, y, z)), 0.020) for x, y, z in balls]))
    return made


def _ponytail(body: Body) -> list[Part]:
    root, fall, axes = at(body, (0, 0.075, -0.105)), _falling(body), body.head[1]
    middle = root + (fall * 0.10 - axes[2] * 0.05) * body.scale
    return [lock(body, [(root, 0.030), (middle, 0.036), (middle + fall * 0.20 * body.scale, 0.012)])]


def _braid(body: Body) -> list[Part]:
    """A plait over the left shoulder."""
    made = _low_bun(body)[1:]
    trunk, s = body.trunk, body.scale
    start = at(body, (0.052, -0.030, -0.052))
    over = body.points[NECK] + (trunk[0] * 0.078 + trunk[2] * 0.085 - trunk[1] * 0.015) * s
    end = over + (trunk[2] * 0.050 - trunk[1] * 0.26) * s
    for number, share in enumerate(np.linspace(0, 1, 15)):
        line = (
            start + (over - start) * min(1.0, share / 0.3) if share < 0.3 else over + (end - over) * (share - 0.3) / 0.7
        )
        shift = trunk[0] * (0.0085 if number % 2 else -0.0085) * s
        slant = (trunk[0] * (-0.013 if number % 2 else 0.013) - trunk[1] * 0.014) * s
        size = 0.0195 * (1 - 0.35 * share)
        made.append(lock(body, [(line + shift, size), (line + shift + slant, size * 0.8)], melt=0.003, even=0.0))
    tie = body.limb(end, end - trunk[1] * 0.012 * s, 0.0125, 0.0125, np.array([0.72, 0.56, 0.24]), melt=0.002)
    return [*made, tie, lock(body, [(end - trunk[1] * 0.02 * s, 0.012), (end - trunk[1] * 0.06 * s, 0.004)])]


GROWN: dict[str, Callable[[Body], list[Part]]] = {
    "short": _swept, "undercut": _top, "curly crop": _short_curls, "curly": _long_curls,
    "bob": _bob, "long": _long, "wavy": _wavy, "bun": _bun, "low bun": _low_bun, "ponytail": _ponytail,
    "braid": _braid,
}  # fmt: skip
