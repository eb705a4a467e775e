"""Skirts, and whatever of a top, a jacket or an apron hangs below the waist: rings of cloth round both legs."""

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import fronts, fronts_over, limbs, prints
from lumiku.backends.anatomy import LEGS, Body, Pattern
from lumiku.backends.prints import Sheet, linear
from lumiku.backends.shapes import Array, Part, Taper

Vector = NDArray[np.float64]
Cut = Callable[[Array], Array]
#: Rings of cloth between waist and hem of a skirt.
RINGS = 9
#: Legs further apart than this (metres between the ankles) wear wide trousers under a tunic instead of a skirt.
STRIDE = 0.75
#: How far down the legs (1 knee, 2 ankle) a skirt goes, and how much it widens on the way, metres.
SKIRTS = {
    "dress": (1.18, 0.045), "skirt": (1.05, 0.045), "maxi": (1.86, 0.040), "gown": (2.04, 0.062),
    "gamis": (1.97, 0.055), "kain": (1.93, 0.010), "sari": (2.0, 0.036), "kimono": (1.94, 0.012),
}  # fmt: skip
#: The same of tops that are not tucked in.
TAILS = {"tee": 0.12, "jersey": 0.13, "hoodie": 0.10, "sweater": 0.10, "shirt": 0.20, "blouse": 0.16, "scrubs": 0.22,
         "kebaya": 0.30, "tunic": 0.62, "tank": 0.10}  # fmt: skip
#: The same of jackets.
COATS = {"blazer": 0.20, "suit": 0.22, "coat": 0.86, "open": 0.24}


#: What wide trousers add to whatever hangs over them, metres.
WIDE = {"wide": 0.026, "cargo": 0.020, "shorts": 0.014, "joggers": 0.010, "trousers": 0.008}


def is_worn(body: Body) -> bool:
    """Whether the figure wears a skirt: by its clothes, unless the legs are too far apart for one."""
    if body.look.cut("bottom") not in SKIRTS:
        return False
    knees, ankles = body.points[[9, 12]], body.points[[10, 13]]
    high = max(body.height(knee) for knee in knees) > max(body.height(hip) for hip in body.points[[8, 11]]) + 0.08
    apart = np.linalg.norm(ankles[0] - ankles[1]) / body.scale
    return bool(apart < STRIDE and np.linalg.norm(knees[0] - knees[1]) / body.scale < 0.62 and not high)


def parts(body: Body) -> list[Part]:
    """Skirt, tail of the top, tail of the jacket and apron, as far as they are worn."""
    look, made = body.look, []
    if is_worn(body):
        length, flare = SKIRTS[look.cut("bottom")]
        pleats = 0.25 if look.cut("bottom") in ("kain", "kimono") else 1.0
        made += _rings(body, length, flare, look.bottom, _skirt(body), pleats=pleats, there=uncovered(body))
    tail, wide = _tail(body), WIDE.get(look.cut("bottom"), 0.0)
    if tail:
        made += _rings(body, tail, 0.012, look.top, _tail_of(body), thick=0.104 + wide * 0.5, is_tail=True)
    if look.jacket is not None:
        cut = look.cut("jacket")
        made += _rings(
            body, _coat(body), 0.02, look.jacket, _tail_of(body), thick=0.108 + wide, there=_opening(body, cut),
            pleats=0.3, is_tail=True,
        )  # fmt: skip
    if "apron" in look.worn:
        cloth = look.worn["apron"]
        made += _rings(
            body, 0.86, 0.03, cloth.colour, _apron(body), thick=0.114 + wide, there=_before(body, 0.168), pleats=0.3
        )
    return made


def uncovered(body: Body) -> Cut | None:
    """What of trousers or a skirt is not under a tail: cloth that is never seen must not shine through."""
    look = body.look
    closed = look.jacket is not None and look.cut("jacket") not in fronts_over.OPEN
    tail = _coat(body) if closed else _tail(body)
    if tail < 0.06:
        return None
    edge = _edge(body, tail - 0.006)
    return lambda points: 1 - edge(points)


def _coat(body: Body) -> float:
    """How far the jacket goes down the legs."""
    return max(COATS[body.look.cut("jacket")], 0.40 if body.look.hijab is not None else 0.0)


def _tail(body: Body) -> float:
    look = body.look
    cut = look.cut("top")
    if cut in SKIRTS:
        return 0.0 if is_worn(body) else 0.62
    if fronts.is_tucked(look) or (look.jacket is not None and look.cut("jacket") not in fronts_over.OPEN):
        return 0.0
    length = TAILS.get(cut, 0.12)
    return max(length, 0.0 if look.cut("bottom") in SKIRTS else 0.45) if look.hijab is not None else length


def _rings(
    body: Body,
    length: float,
    flare: float,
    colour: Vector,
    pattern: Pattern | None,
    *,
    thick: float = 0.114,
    pleats: float = 1.0,
    is_tail: bool = False,
    there: Cut | None = None,
) -> list[Part]:
    """Rings of cloth round both legs at the same height of the leg, melted into one."""
    legs = [body.points[list(leg[:3])] for leg in LEGS]
    count = max(4, round(RINGS * length / 1.9))
    rings = []
    for step in range(count + 1):
        t = length * step / count
        right, left = (_down(leg, t) for leg in legs)
        radius = thick - 0.044 * min(1.0, t / 1.1) + flare * min(1.4, t)
        gather = (left - right) * 0.12 * max(0.0, 1 - t / 0.7)
        rings.append((right + gather, left - gather, radius * body.look.girth**0.5))
    if is_tail:
        rings.insert(0, _waist(body, thick))
    edge = _edge(body, length)
    s, tapers = body.scale, []
    for above, below in itertools.pairwise(rings):
        for share in (0.0, 0.33, 0.67, 1.0):
            a, b = (right + (left - right) * share for right, left, _ in (above, below))
            tapers.append(Taper(a, b, above[2] * s, below[2] * s))
    cut = limbs.both(edge, there)
    folds = _pleats(body, pleats)
    return [Part(tuple(tapers), colour, melt=0.04 * s, folds=folds, cut=cut, smooth=0.028 * s, pattern=pattern)]


def _waist(body: Body, thick: float) -> tuple[Vector, Vector, float]:
    """The ring from which a tail falls: a hand's breadth over the hips, as wide as the trunk is there."""
    apart, radius = (0.058, 0.072) if body.look.female else (0.070, 0.077)
    middle = body.hips + body.trunk[1] * 0.13 * body.scale
    aside = body.pelvis[0] * apart * body.look.girth * body.scale
    return middle - aside, middle + aside, (radius + max(0.0, thick - 0.104)) * body.look.girth


def _edge(body: Body, length: float) -> Cut:
    """The hem of what hangs so far down the legs."""
    legs = [body.points[list(leg[:3])] for leg in LEGS]
    places = [_down(leg, length) for leg in legs]
    ways = [place - _down(leg, length - 0.05) for place, leg in zip(places, legs, strict=True)]
    return limbs.hem(body, (places[0] + places[1]) / 2, ways[0] + ways[1])


def _down(leg: Vector, t: float) -> Vector:
    """The point of a leg at `t`: 0 hip, 1 knee, 2 ankle."""
    hip, knee, ankle = leg
    point: Vector = hip + (knee - hip) * t if t <= 1 else knee + (ankle - knee) * (t - 1)
    return point


def _pleats(body: Body, depth: float) -> Callable[[Array], Array]:
    """Folds that fall from the waist."""
    left = body.pelvis[0].astype(np.float32)
    hips = body.hips.astype(np.float32)

    def wave(points: Array) -> Array:
        local = (points - hips) / np.float32(body.scale)
        fall = np.sqrt((local * local).sum(axis=1))
        angle = (local @ left) / (np.float32(0.10) + np.float32(0.16) * fall)
        ridge = np.sin(angle * 9 + np.sin(angle * 4) * 1.2)
        deep = np.float32(0.34 * depth) * np.clip((fall - 0.12) / 0.5, 0, 1) * ridge
        return deep[:, None] * left

    return wave


def _before(body: Body, width: float) -> Cut:
    """What lies before the body, at most `width` metres from the middle."""
    hips, axes = body.hips.astype(np.float32), (body.pelvis / body.scale).astype(np.float32)

    def kept(points: Array) -> Array:
        u, _, w = ((points - hips) @ axes.T).T
        inside: Array = np.clip(0.5 + np.minimum(width - np.abs(u), w * 3) * np.float32(body.scale), 0, 1)
        return inside

    return kept


def _opening(body: Body, cut: str) -> Cut | None:
    """What an open jacket leaves free; None for a closed one."""
    if cut not in fronts_over.OPEN:
        return None
    front = _before(body, fronts_over.OPEN[cut])
    return lambda points: 1 - front(points)


def _skirt(body: Body) -> Pattern:
    """The colours of a skirt: its cloth, and what its cut has."""
    look = body.look
    cloth, detail = prints.of(body, look.worn["bottom"]), DETAILS.get(look.cut("bottom"))

    def paint(points: Array, colour: Array) -> Array:
        sheet = prints.sheet(body, points, cloth(points, colour))
        if detail:
            detail(body, sheet, points)
        if "sash" in look.worn:
            _sash_end(body, sheet)
        return sheet.shade

    return paint


def _tail_of(body: Body) -> Pattern:
    """The colours of a tail: those of the trunk go on, and a knitted hem."""
    look, cloth = body.look, fronts.of(body, is_tail=True)

    def paint(points: Array, colour: Array) -> Array:
        sheet = prints.sheet(body, points, cloth(points, colour))
        if look.cut("top") in ("hoodie", "sweater") and look.jacket is None:
            ribs = np.float32(0.0022) - np.abs((sheet.u / 0.011) % 1 - 0.5) * np.float32(0.011)
            sheet.lay(linear(look.top) * 0.78, np.where(sheet.v < -0.50, ribs, -1), around=True)
        return sheet.shade

    return paint


def _sash_end(body: Body, sheet: Sheet) -> None:
    """The end of a sash with its fringe, at the knees."""
    colour = linear(body.look.worn["sash"].colour)
    fringe = np.abs((sheet.u / 0.009) % 1 - 0.5) * 2
    end = sheet.v > np.where(fringe > 0.5, -0.93, -0.90)
    masked = Sheet(np.where(end & sheet.front, sheet.u, 9), sheet.v, sheet.front, sheet.shade, sheet.scale)
    fronts_over.lay_sash(masked, colour)
    sheet.shade = masked.shade


def _apron(body: Body) -> Pattern:
    cloth, colour = prints.of(body, body.look.worn["apron"]), linear(body.look.worn["apron"].colour)

    def paint(points: Array, shade: Array) -> Array:
        sheet = prints.sheet(body, points, cloth(points, shade))
        pocket = np.minimum(0.098 - sheet.side, 0.075 - np.abs(sheet.v + 0.60))
        sheet.lay(colour * 0.5, np.float32(0.002) - np.abs(pocket))
        sheet.lay(colour * 0.5, np.where(pocket > 0, np.float32(0.0018) - sheet.side, -1))
        return sheet.shade

    return paint


def _kain(body: Body, sheet: Sheet, points: Array) -> None:
    """Narrow pleats where the cloth ends, a little aside of the middle."""
    colour = linear(body.look.bottom)
    line = np.float32(0.0016) - np.abs(((sheet.u - 0.015) / 0.014) % 1 - 0.5) * np.float32(0.014)
    sheet.lay(colour * 0.30, np.where((sheet.u > 0.0) & (sheet.u < 0.058), line, -1))
    sheet.lay(np.array([0.62, 0.50, 0.32], np.float32), np.float32(0.003) - np.abs(sheet.u - 0.060))


def _sari(body: Body, sheet: Sheet, points: Array) -> None:
    """Pleats in the middle, and a border along the hem."""
    colour, border = linear(body.look.bottom), body.look.colour("border")
    gold = colour * 0.5 if border is None else linear(border)
    line = np.float32(0.0022) - np.abs((sheet.u / 0.021) % 1 - 0.5) * np.float32(0.021)
    sheet.lay(colour * 0.55, np.where((sheet.side < 0.085) & (sheet.v < -0.52), line, -1))
    height = (points @ body.upright.astype(np.float32) - np.float32(body.ground)) / np.float32(body.scale)
    sheet.lay(gold, np.float32(0.155) - height, around=True)
    sheet.lay(gold * 0.42, np.float32(0.003) - np.abs(height - 0.140), around=True)
    wave = np.abs((sheet.u / 0.03) % 1 - 0.5) * 0.03 + np.abs(height - 0.110)
    sheet.lay(gold * 0.42, np.float32(0.009) - wave, around=True)


def _kimono(body: Body, sheet: Sheet, points: Array) -> None:
    """The edge of the upper layer."""
    sheet.lay(linear(body.look.bottom) * 0.35, np.float32(0.0028) - np.abs(sheet.u + 0.065 + (sheet.v + 0.5) * 0.05))


DETAILS: dict[str, Callable[[Body, Sheet, Array], None]] = {"kain": _kain, "sari": _sari, "kimono": _kimono}
