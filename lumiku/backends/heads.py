"""Heads: a calm face, hair in six cuts, or a hijab."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lumiku.backends.anatomy import NECK, Body, unit
from lumiku.backends.shapes import Array, Part

Vector = NDArray[np.float64]

#: A lock of long hair beside the face, from the parting down: left, up, forward and radius in metres of the head.
LOCK = (
    (0.030, 0.118, 0.035, 0.020),
    (0.062, 0.082, 0.036, 0.022),
    (0.078, 0.035, 0.022, 0.023),
    (0.084, -0.02, 0.006, 0.024),
)


def head_parts(body: Body) -> list[Part]:
    """Neck, face, and what is worn on the head, in the order in which they cover each other."""
    worn = _hijab(body) if body.look.hijab is not None else _hair(body)
    depth = float(body.head[0][2])
    return [replace(part, layer=depth) for part in (*_neck(body), *_face(body), *worn)]


def _local(body: Body, points: Array) -> tuple[Array, Array, Array]:
    """Points in metres of the head: towards its left, up, forward from the middle between the ears."""
    middle, axes = body.head
    local = (points - middle.astype(np.float32)) @ (axes.T / body.scale).astype(np.float32)
    return local[:, 0], local[:, 1], local[:, 2]


def _at(body: Body, left: float, up: float, forward: float) -> Vector:
    middle, axes = body.head
    place: Vector = middle + (axes[0] * left + axes[1] * up + axes[2] * forward) * body.scale
    return place


def _neck(body: Body) -> list[Part]:
    thick = 0.050 if body.look.female else 0.060
    root = body.points[NECK] + body.trunk[1] * 0.01 * body.scale
    return [
        body.limb(root, _at(body, 0, -0.02, -0.012), thick * 1.05, thick * 0.95, body.look.skin, melt=0.03, gloss=0.05)
    ]


def _face(body: Body) -> list[Part]:
    skin, pattern = body.look.skin, _features(body)
    _, axes = body.head
    oval = np.diag([1.25, 0.92, 0.98]) @ axes
    narrow = 1.0 if body.look.female else 1.06

    def solid(a: Vector, b: Vector, ra: float, rb: float, melt: float = 0.02, metric: Vector | None = None) -> Part:
        return body.limb(a, b, ra, rb, skin, melt=melt, metric=metric, pattern=pattern, gloss=0.06)

    skull = _at(body, 0, 0.040, 0.0)
    parts = [
        solid(skull, skull, 0.095, 0.095, metric=oval),
        solid(_at(body, 0, 0.005, 0.030), _at(body, 0, -0.062, 0.044), 0.070 * narrow, 0.046 * narrow, 0.03),
        solid(_at(body, 0, -0.066, 0.058), _at(body, 0, -0.080, 0.066), 0.030 * narrow, 0.024 * narrow, 0.025),
        solid(_at(body, 0, 0.026, 0.093), _at(body, 0, -0.010, 0.106), 0.007, 0.0125, 0.010),
        solid(_at(body, 0, -0.049, 0.085), _at(body, 0, -0.051, 0.086), 0.013, 0.012, 0.010),
    ]
    for sign in (-1, 1):
        if body.look.hijab is None:
            ear = _at(body, sign * 0.074, 0.006, -0.004)
            parts.append(solid(ear, ear, 0.030, 0.030, metric=np.diag([2.6, 1.0, 1.7]) @ axes))
        cheek = _at(body, sign * 0.034, -0.014, 0.056)
        parts.append(solid(cheek, cheek, 0.031, 0.031, 0.014))
    return parts


def _features(body: Body) -> Callable[[Array, Array], Array]:
    """Eyes, brows and lips, painted on the front of the head."""
    look = body.look
    skin = look.skin**2
    lips = skin * (np.array([0.82, 0.46, 0.48]) if look.female else np.array([0.82, 0.60, 0.58]))
    lid, brow = skin * 0.22, look.hair**2 * 0.8 + skin * 0.12
    eyes, white = look.eyes**2, np.array([0.66, 0.65, 0.64]) * (0.62 + 0.55 * float(skin.mean()))
    blush = skin * np.array([1.0, 0.72, 0.70])

    def paint(points: Array, colour: Array) -> Array:
        u, v, w = _local(body, points)
        soft = np.float32(0.9 / body.scale)
        side, front = np.abs(u), w > 0.02
        arch = (side - 0.032) / 0.0165
        lens = _disc(side - 0.032, v - 0.0268, 0.0146, 0.0054, soft)
        layers = (
            (blush, 0.35 * np.clip(1 - ((side - 0.040) / 0.024) ** 2 - ((v + 0.020) / 0.022) ** 2, 0, 1)),
            (lid, 0.85 * _disc(side - 0.0325, v - 0.0282, 0.0162, 0.0070, soft)),
            (white, lens),
            (eyes, lens * _disc(side - 0.0318, v - 0.0278, 0.0074, 0.0074, soft)),
            (eyes * 0.1, lens * _disc(side - 0.0318, v - 0.0278, 0.0032, 0.0032, soft)),
            (np.ones(3), 0.7 * _disc(side - 0.0298, v - 0.0296, 0.0016, 0.0016, soft)),
            (brow, _disc(side - 0.034, v - 0.0500 + 0.0040 * arch * arch, 0.0210, 0.0036, soft)),
            (lips, _disc(u, v + 0.0515 - 3.0 * u * u, 0.0235, 0.0078, soft)),
            (lips * 0.45, _disc(u, v + 0.0508 - 4.0 * u * u, 0.0215, 0.0013, soft)),
        )
        for tone, strength in layers:
            share = (strength * front).astype(np.float32)[:, None]
            colour = colour + (tone.astype(np.float32) - colour) * share
        return colour

    return paint


def _disc(x: Array, y: Array, rx: float, ry: float, soft: np.float32) -> Array:
    """1 inside the ellipse, 0 outside, with an edge `soft` wide."""
    distance = (np.sqrt((x / np.float32(rx)) ** 2 + (y / np.float32(ry)) ** 2) - 1) * np.float32(min(rx, ry))
    inside: Array = np.clip(0.5 - distance / soft, 0, 1)
    return inside


def _hair(body: Body) -> list[Part]:
    if body.look.hair_style == "bald":
        return []
    style = body.look.hair_style
    short = style == "short"
    colour, (_, axes) = body.look.hair, body.head
    volume = 0.002 if short and not body.look.female else 0.006
    cap = _at(body, 0, 0.052 + (0.008 if short else 0.0), -0.010)
    cut = _hair_line(body, short=short)
    shape = np.diag([1.22, 0.95, 0.97]) @ axes

    def lock(a: Vector, b: Vector, ra: float, rb: float, metric: Vector | None = None, cut: object = None) -> Part:
        return body.limb(a, b, ra, rb, colour, melt=0.02, gloss=0.10, metric=metric, cut=cut, folds=_strands(body))

    parts = [lock(cap, cap, 0.103 + volume, 0.103 + volume, shape, cut)]
    if style == "bun":
        knot = _at(body, 0, 0.105, -0.095)
        parts.append(lock(knot, knot, 0.046, 0.046))
    elif style == "ponytail":
        root, fall = _at(body, 0, 0.075, -0.105), _falling(body)
        middle = root + (fall * 0.10 - axes[2] * 0.05) * body.scale
        parts += [lock(root, middle, 0.030, 0.036), lock(middle, middle + fall * 0.20 * body.scale, 0.036, 0.012)]
    elif style in ("bob", "long"):
        parts += _curtain(body, lock, 0.12 if style == "bob" else 0.30)
    return parts


def _falling(body: Body) -> Vector:
    """Where hair hangs: half as the head is held, half straight down."""
    return unit(-body.head[1][1] - body.upright)


def _curtain(body: Body, lock: Callable[..., Part], length: float) -> list[Part]:
    fall, (_, axes) = _falling(body), body.head
    flat = np.array([axes[0] * 0.90, axes[1], axes[2] * 1.5])
    back, s = _at(body, 0, 0.01, -0.045), body.scale
    parts = [lock(back, back + (fall * length - axes[2] * 0.015) * s, 0.092, 0.084 if length < 0.2 else 0.072, flat)]
    for sign in (-1, 1):
        side = [(_at(body, sign * x, y, z), r) for x, y, z, r in LOCK]
        end = side[-1][0] + (fall * max(0.05, length - 0.07) - axes[2] * 0.020 - axes[0] * sign * 0.004) * s
        parts.append(body.sweep([*side, (end, 0.022)], body.look.hair, melt=0.012, gloss=0.10, folds=_strands(body)))
    return parts


def _hair_line(body: Body, *, short: bool) -> Callable[[Array], Array]:
    """Where the cap of hair ends over forehead, temples and neck."""

    def there(points: Array) -> Array:
        u, v, w = _local(body, points)
        soft = np.float32(1.2 / body.scale)
        ragged = np.float32(0.0014) * np.sin(u * 260) + np.float32(0.0009) * np.sin(u * 610 + 1)
        forehead = ragged + np.float32(0.092) - np.abs(u + 0.018) * np.float32(0.16) - np.float32(7.5) * u * u
        edge = np.where(w > 0.035, forehead, np.float32(0.028) if short else np.float32(-0.015))
        slope = np.clip((w - 0.010) / 0.030, 0, 1)
        nape = np.float32(-0.035) + np.float32(0.055 if short else 0.02) * np.clip((w + 0.05) / 0.06, 0, 1)
        line = nape + (np.maximum(forehead, edge) - nape) * slope
        kept: Array = np.clip(0.5 + (v - line) / soft, 0, 1)
        return kept

    return there


def _strands(body: Body) -> Callable[[Array], Array]:
    _, axes = body.head
    across = axes[0].astype(np.float32)

    def wave(points: Array) -> Array:
        u, v, w = _local(body, points)
        strength = np.float32(0.16) * np.sin(u * 300 + np.sin(w * 60) * 1.5) + np.float32(0.09) * np.sin(
            u * 720 + v * 40
        )
        return strength[:, None] * across

    return wave


def _hijab(body: Body) -> list[Part]:
    cloth, (_, axes) = body.look.veil, body.head
    folds, opening = _drape(body), _opening(body)
    spine = body.points[NECK] - body.hips
    trunk = body.trunk

    def veil(a: Vector, b: Vector, ra: float, rb: float, metric: Vector | None = None, cut: object = None) -> Part:
        return body.limb(a, b, ra, rb, cloth, melt=0.04, metric=metric, cut=cut, folds=folds)

    crown = _at(body, 0, 0.042, -0.008)
    jaw = _at(body, 0, -0.045, 0.022)
    cheeks = _at(body, 0, -0.045, 0.047)
    lining = _at(body, 0, 0.000, 0.042)
    throat = body.points[NECK] + (trunk[1] * 0.055 + trunk[2] * 0.012) * body.scale
    chest = body.hips + spine * 0.80 + trunk[2] * 0.030 * body.scale
    flat = np.array([trunk[0], trunk[1] * 1.3, trunk[2] * 1.50])
    edge = _drape_edge(body)
    parts = [
        veil(lining, lining, 0.086, 0.086, np.diag([1.0, 0.80, 8.0]) @ axes),
        veil(cheeks, cheeks, 0.082, 0.082, np.diag([1.0, 1.0, 8.0]) @ axes),
        veil(crown, crown, 0.114, 0.114, np.diag([1.26, 0.95, 0.98]) @ axes, opening),
        veil(crown, jaw, 0.092, 0.084, None, opening),
        veil(jaw - axes[2] * 0.010 * body.scale, throat, 0.080, 0.084, None, opening),
        veil(throat, chest, 0.084, 0.205, flat, edge),
    ]
    for shoulder in (2, 5):
        tip = throat * 0.22 + body.points[shoulder] * 0.78
        parts.append(veil(throat - trunk[1] * 0.02 * body.scale, tip, 0.084, 0.064, None, edge))
    return parts


def _drape_edge(body: Body) -> Callable[[Array], Array]:
    """The hem of the scarf: an arc over breast and back."""
    neck, axes = body.points[NECK].astype(np.float32), (body.trunk / body.scale).astype(np.float32)

    def kept(points: Array) -> Array:
        u, v, _ = ((points - neck) @ axes.T).T
        inside: Array = np.clip(0.5 + (v + 0.20 - 2.4 * u * u) * np.float32(body.scale), 0, 1)
        return inside

    return kept


def _opening(body: Body) -> Callable[[Array], Array]:
    """The oval in which the face shows."""

    def there(points: Array) -> Array:
        u, v, w = _local(body, points)
        oval = (np.sqrt((u / 0.058) ** 2 + ((v + 0.006) / 0.088) ** 2) - 1) * np.float32(0.059 * body.scale)
        kept: Array = np.where(w > 0.01, np.clip(0.5 + oval, 0, 1), 1).astype(np.float32)
        return kept

    return there


def _drape(body: Body) -> Callable[[Array], Array]:
    """Soft folds that hang in arcs under the chin."""
    _, axes = body.head
    up = axes[1].astype(np.float32)

    def wave(points: Array) -> Array:
        u, v, _w = _local(body, points)
        below = np.clip((-v - 0.05) / 0.08, 0, 1)
        arc = np.sin((v - 2.6 * u * u - 0.5 * u) * 95)
        return (np.float32(0.26) * below * arc)[:, None] * up

    return wave
