"""Feet: how they stand, and the shoes on them."""

from collections.abc import Callable

import numpy as np

from lumiku.backends.anatomy import Body, Vector, unit, without
from lumiku.backends.prints import edge, linear
from lumiku.backends.shapes import Array, Part

#: Numbers of hip, knee and ankle, and the sign of their side.
Leg = tuple[int, int, int, float]


def sole(body: Body, leg: Leg) -> tuple[Vector, Vector]:
    """Unit vectors of a foot: down through the sole, and ahead to the toes."""
    hip, knee, ankle, _ = leg
    thigh, shin = unit(body.points[knee] - body.points[hip]), unit(body.points[ankle] - body.points[knee])
    bend = without(thigh, shin)
    front = body.pelvis[2] * max(0.0, 0.5 - float(np.linalg.norm(bend))) * 2 + bend * 2
    ahead = unit(without(front, shin))
    height = body.height(body.points[ankle])
    if height < 0.22 and float(shin @ body.upright) < -0.35:
        flat = unit(without(without(ahead, body.upright) + without(body.pelvis[2], body.upright) * 0.3, body.upright))
        drop = float(np.clip((height - 0.085) / 0.15, 0.0, 0.9))
        ahead = unit(flat - body.upright * drop / np.sqrt(1 - drop * drop))
        return unit(without(-body.upright, ahead)), ahead
    if height < 0.16:  # the shin lies on the ground: toes point on along it, or up if the figure lies on its back
        ahead = unit(ahead * 0.6 + shin * 0.5) if float(ahead @ body.upright) > 0.2 else unit(shin - body.upright * 0.1)
    else:
        ahead = unit(ahead + shin * 0.35)
    return unit(without(shin, ahead)), ahead


def shoe_parts(body: Body, leg: Leg) -> list[Part]:
    """A foot in the shoe of the look."""
    down, ahead = sole(body, leg)
    worn = body.look.worn["shoes"]
    slim = worn.cut in ("heels", "flats", "sandals", "bare", "tabi")
    side, s, ankle = np.cross(down, ahead), body.scale, body.points[leg[2]]
    # Toes point a little outwards, as in anybody who stands at ease.
    ahead = unit(ahead + side * 0.16 * -leg[3] * float(np.sign(side @ body.pelvis[0])) * -1)
    side = np.cross(down, ahead)
    heel = ankle + (down * 0.040 - ahead * 0.028) * s
    ball = ankle + (down * 0.050 + ahead * 0.105) * s
    toe = ankle + (down * 0.056 + ahead * (0.155 if slim else 0.162)) * s
    wide = 0.90 if slim else 1.0
    skin = body.look.skin if slim and worn.cut != "tabi" else worn.colour
    pattern = SHOES.get(worn.cut, _laced)(body, ankle, down, ahead, side)
    metric = np.array([side * 0.94, ahead, down * (1.25 if slim else 1.1)])
    point = 0.022 if worn.cut == "heels" else 0.029
    return [
        body.limb(heel, ball, 0.041 * wide, 0.043 * wide, skin, metric=metric, pattern=pattern, melt=0.02, gloss=0.06),
        body.limb(ball, toe, 0.043 * wide, point, skin, metric=metric, pattern=pattern, melt=0.02, gloss=0.06),
        body.limb(ankle, ankle + (down * 0.03 + ahead * 0.05) * s, 0.036 * wide, 0.036 * wide, skin,
                  pattern=pattern, melt=0.03),
    ]  # fmt: skip


Painter = Callable[[Array, Array], Array]


def _measured(body: Body, ankle: Vector, down: Vector, ahead: Vector, side: Vector) -> Callable[[Array], Array]:
    """Points as metres down from the ankle, ahead of it, and to the side: rows of a (3, n) array."""
    axes = (np.array([down, ahead, side]) / body.scale).astype(np.float32)
    return lambda points: axes @ (points - ankle.astype(np.float32)).T


def _laced(body: Body, ankle: Vector, down: Vector, ahead: Vector, side: Vector) -> Painter:
    """A closed shoe with a sole; a sneaker has a white one, and laces."""
    worn = body.look.worn["shoes"]
    sneaker, shoe = worn.cut == "sneakers" or worn.colour.mean() > 0.8, linear(worn.colour)
    under = np.full(3, 0.80, np.float32) if sneaker and worn.colour.mean() < 0.8 else shoe * (0.62 if sneaker else 0.35)
    lace = shoe * 0.72 if worn.colour.mean() > 0.6 else np.full(3, 0.78, np.float32)
    measured = _measured(body, ankle, down, ahead, side)

    def paint(points: Array, colour: Array) -> Array:
        d, a, across = measured(points)
        shade = np.broadcast_to(shoe, colour.shape)
        if sneaker:
            row = np.float32(0.0026) - np.abs((a / 0.014) % 1 - 0.5) * np.float32(0.014)
            lacing = np.where((a > 0.045) & (a < 0.105) & (np.abs(across) < 0.020) & (d < 0.05), row, -1)
            shade = edge(shade, lace, lacing, body.scale)
            shade = edge(shade, shoe * 0.8, np.float32(0.002) - np.abs(a - 0.122 + across * across * 8), body.scale)
        return edge(shade, under, d - np.float32(0.063 if not sneaker else 0.056), body.scale)

    return paint


def _pump(body: Body, ankle: Vector, down: Vector, ahead: Vector, side: Vector) -> Painter:
    """A shoe that leaves the instep free."""
    shoe, skin = linear(body.look.shoes), linear(body.look.skin)
    measured = _measured(body, ankle, down, ahead, side)

    def paint(points: Array, colour: Array) -> Array:
        d, a, across = measured(points)
        shade = np.broadcast_to(skin, colour.shape)
        rim = np.maximum(d - 0.036, np.minimum(a - 0.098 - across * across * 14, 1))
        shade = edge(shade, shoe, np.maximum(rim, -0.012 - a - (0.03 - d) * 0.5), body.scale)
        return edge(shade, shoe * 0.4, d - np.float32(0.070), body.scale)

    return paint


def _sandal(body: Body, ankle: Vector, down: Vector, ahead: Vector, side: Vector) -> Painter:
    """Two straps over a bare foot, and a sole."""
    strap, skin = linear(body.look.shoes), linear(body.look.skin)
    measured = _measured(body, ankle, down, ahead, side)

    def paint(points: Array, colour: Array) -> Array:
        d, a, across = measured(points)
        shade = _toes(np.broadcast_to(skin, colour.shape), skin, a, across, body.scale)
        for place, half in ((0.105, 0.016), (0.030, 0.011)):
            shade = edge(shade, strap, np.float32(half) - np.abs(a - place), body.scale)
        return edge(shade, strap * 0.5, d - np.float32(0.062), body.scale)

    return paint


def _bare(body: Body, ankle: Vector, down: Vector, ahead: Vector, side: Vector) -> Painter:
    skin, measured = linear(body.look.skin), _measured(body, ankle, down, ahead, side)

    def paint(points: Array, colour: Array) -> Array:
        _, a, across = measured(points)
        return _toes(np.broadcast_to(skin, colour.shape), skin, a, across, body.scale)

    return paint


def _toes(shade: Array, skin: Array, a: Array, across: Array, scale: float) -> Array:
    lines = np.float32(0.0013) - np.abs((across / 0.014) % 1 - 0.5) * np.float32(0.014)
    return edge(shade, skin * 0.55, np.where(a > 0.148 - across * across * 10, lines, -1), scale)


def _tabi(body: Body, ankle: Vector, down: Vector, ahead: Vector, side: Vector) -> Painter:
    """A white sock with a split toe in a straw sandal with red thongs."""
    sock, thong = linear(body.look.shoes), np.array([0.42, 0.04, 0.06], np.float32)
    measured = _measured(body, ankle, down, ahead, side)

    def paint(points: Array, colour: Array) -> Array:
        d, a, across = measured(points)
        shade = np.broadcast_to(sock, colour.shape)
        strap = np.float32(0.006) - np.abs(np.abs(across) - (0.150 - a) * 0.55)
        shade = edge(shade, thong, np.where((a > 0.06) & (a < 0.15) & (d < 0.05), strap, -1), body.scale)
        return edge(shade, np.array([0.62, 0.45, 0.24], np.float32), d - np.float32(0.058), body.scale)

    return paint


SHOES: dict[str, Callable[[Body, Vector, Vector, Vector, Vector], Painter]] = {
    "heels": _pump, "flats": _pump, "sandals": _sandal, "bare": _bare, "tabi": _tabi,
}  # fmt: skip
