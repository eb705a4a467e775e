"""Hijabs in three shapes: a square scarf pinned under the chin, a pashmina thrown over a shoulder, a long khimar."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import prints, scalp
from lumiku.backends.anatomy import NECK, Body, Pattern
from lumiku.backends.shapes import Array, Part

Vector = NDArray[np.float64]
Veil = Callable[..., Part]
#: How far below the neck the cloth reaches before the breast, metres, and how round its hem is.
HEMS = {"square": (0.235, 1.6), "pashmina": (0.175, 2.4), "khimar": (0.44, 1.1)}


def parts(body: Body) -> list[Part]:
    """The scarf over head, throat and shoulders."""
    shape = body.look.cut("hijab")
    cloth, (_, axes) = body.look.veil, body.head
    folds, opening, trunk, s = _drape(body), _opening(body), body.trunk, body.scale

    def veil(a: Vector, b: Vector, ra: float, rb: float, metric: Vector | None = None, cut: object = None) -> Part:
        return body.limb(a, b, ra, rb, cloth, melt=0.04, metric=metric, cut=cut, folds=folds, pattern=_rim(body))

    crown, jaw = scalp.at(body, (0, 0.042, -0.008)), scalp.at(body, (0, -0.045, 0.022))
    cheeks, lining = scalp.at(body, (0, -0.045, 0.047)), scalp.at(body, (0, 0.000, 0.042))
    throat = body.points[NECK] + (trunk[1] * 0.055 + trunk[2] * 0.012) * s
    made = [
        veil(lining, lining, 0.086, 0.086, np.diag([1.0, 0.80, 8.0]) @ axes),
        veil(cheeks, cheeks, 0.082, 0.082, np.diag([1.0, 1.0, 8.0]) @ axes),
        veil(crown, crown, 0.114, 0.114, np.diag([1.26, 0.95, 0.98]) @ axes, opening),
        veil(crown, jaw, 0.092, 0.084, None, opening),
        veil(jaw - axes[2] * 0.010 * s, throat, 0.080, 0.084, None, opening),
    ]
    return [*made, *_cape(body, veil, throat, HEMS[shape][0]), *ENDS[shape](body, veil)]


def _cape(body: Body, veil: Veil, throat: Vector, length: float) -> list[Part]:
    """What lies on breast, back and shoulders."""
    trunk, s, spine = body.trunk, body.scale, body.points[NECK] - body.hips
    flat, edge = np.array([trunk[0], trunk[1] * 1.3, trunk[2] * 1.50]), _hem(body)
    chest = body.hips + spine * 0.80 + trunk[2] * 0.030 * s
    made = [veil(throat, chest, 0.084, 0.205, flat, edge)]
    if length > 0.3:  # over the arms, to the waist
        waist = body.hips + spine * 0.16 + trunk[2] * 0.020 * s
        made.append(veil(chest, waist, 0.195, 0.222, np.array([trunk[0], trunk[1] * 1.6, trunk[2] * 1.55]), edge))
    for shoulder in (2, 5):
        tip = throat * 0.22 + body.points[shoulder] * 0.78
        made.append(veil(throat - trunk[1] * 0.02 * s, tip, 0.084, 0.064, None, edge))
    return made


def _pinned(body: Body, veil: Veil) -> list[Part]:
    """A pin under the chin."""
    pin = body.points[NECK] + (body.trunk[1] * -0.012 + body.trunk[2] * 0.112) * body.scale
    gold = np.array([0.80, 0.66, 0.36])
    return [body.limb(pin, pin, 0.0075, 0.0075, gold, melt=0.002, gloss=0.4)]


def _thrown(body: Body, veil: Veil) -> list[Part]:
    """The long end over the left shoulder, and a fold that crosses the throat."""
    trunk, s = body.trunk, body.scale
    neck = body.points[NECK]
    shoulder = neck + (trunk[0] * 0.105 + trunk[1] * 0.035 + trunk[2] * 0.065) * s
    breast = neck + (trunk[0] * 0.112 - trunk[1] * 0.11 + trunk[2] * 0.135) * s
    end = neck + (trunk[0] * 0.100 - trunk[1] * 0.35 + trunk[2] * 0.130) * s
    metric = np.array([trunk[0], trunk[1], trunk[2] * 2.2])
    cross = neck + (trunk[0] * -0.085 + trunk[1] * 0.045 + trunk[2] * 0.062) * s
    middle = neck + (trunk[1] * 0.012 + trunk[2] * 0.098) * s
    fold = [(cross, 0.034), (middle, 0.036), (shoulder, 0.042)]
    colour, folds = body.look.veil, _drape(body)
    hanging = [(shoulder, 0.044), (breast, 0.050), (end, 0.056)]
    return [
        body.sweep(hanging, colour * 0.97, metric=metric, melt=0.01, folds=_pleats(body), smooth=0.01 * s,
                   cut=_end(body, 0.36)),
        body.sweep(fold, colour, melt=0.016, folds=folds, smooth=0.008 * s),
    ]  # fmt: skip


def _plain(body: Body, veil: Veil) -> list[Part]:
    return []


def _hem(body: Body) -> Callable[[Array], Array]:
    """The hem of the scarf: an arc or a point over breast and back."""
    neck, axes = body.points[NECK].astype(np.float32), (body.trunk / body.scale).astype(np.float32)
    shape = body.look.cut("hijab")
    length, bow = HEMS[shape]

    def kept(points: Array) -> Array:
        u, v, _ = ((points - neck) @ axes.T).T
        line = np.abs(u) * np.float32(0.75) if shape == "square" else np.float32(bow) * u * u
        inside: Array = np.clip(0.5 + (v + np.float32(length) - line) * np.float32(body.scale), 0, 1)
        return inside

    return kept


def _end(body: Body, length: float) -> Callable[[Array], Array]:
    neck, up = body.points[NECK].astype(np.float32), (body.trunk[1] / body.scale).astype(np.float32)
    return lambda points: np.clip(0.5 + ((points - neck) @ up + np.float32(length)) * np.float32(body.scale), 0, 1)


def _opening(body: Body) -> Callable[[Array], Array]:
    """The oval in which the face shows."""

    def there(points: Array) -> Array:
        u, v, w = scalp.local(body, points)
        oval = (np.sqrt((u / 0.058) ** 2 + ((v + 0.006) / 0.088) ** 2) - 1) * np.float32(0.059 * body.scale)
        kept: Array = np.where(w > 0.01, np.clip(0.5 + oval, 0, 1), 1).astype(np.float32)
        return kept

    return there


def _rim(body: Body) -> Pattern:
    """The stitched hem of the scarf, a shade darker."""
    neck, axes = body.points[NECK].astype(np.float32), (body.trunk / body.scale).astype(np.float32)
    shape = body.look.cut("hijab")
    (length, bow), tone = HEMS[shape], prints.linear(body.look.veil * 0.86)

    def paint(points: Array, colour: Array) -> Array:
        u, v, _ = ((points - neck) @ axes.T).T
        line = np.abs(u) * np.float32(0.75) if shape == "square" else np.float32(bow) * u * u
        return prints.edge(colour, tone, np.float32(0.007) - np.abs(v + np.float32(length) - line), body.scale)

    return paint


def _drape(body: Body) -> Callable[[Array], Array]:
    """Soft folds that hang in arcs under the chin."""
    up = body.head[1][1].astype(np.float32)
    deep = {"pashmina": 0.26, "square": 0.16, "khimar": 0.12}[body.look.cut("hijab")]

    def wave(points: Array) -> Array:
        u, v, _w = scalp.local(body, points)
        below = np.clip((-v - 0.05) / 0.08, 0, 1)
        arc = np.sin((v - 2.6 * u * u - 0.5 * u) * (95 if deep > 0.2 else 62))
        return (np.float32(deep) * below * arc)[:, None] * up

    return wave


def _pleats(body: Body) -> Callable[[Array], Array]:
    left, neck = body.trunk[0].astype(np.float32), body.points[NECK].astype(np.float32)
    return lambda points: (
        (np.float32(0.22) * np.sin((points - neck) @ left * np.float32(190 / body.scale)))[:, None] * left
    )


ENDS: dict[str, Callable[[Body, Veil], list[Part]]] = {"square": _pinned, "pashmina": _thrown, "khimar": _plain}
