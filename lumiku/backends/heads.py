"""Heads: neck and a calm, friendly face, under hair (`hair`) or a scarf (`veils`)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import hair, scalp, veils
from lumiku.backends.anatomy import NECK, Body
from lumiku.backends.shapes import Array, Part
from lumiku.backends.wardrobe import Look

Vector = NDArray[np.float64]


def head_parts(body: Body) -> list[Part]:
    """Neck, face, and what is worn on the head, in the order in which they cover each other."""
    worn = veils.parts(body) if body.look.hijab is not None else hair.parts(body)
    depth = float(body.head[0][2])
    return [replace(part, layer=depth) for part in (*_neck(body), *_face(body), *worn)]


def _neck(body: Body) -> list[Part]:
    thick = 0.047 if body.look.female else 0.060
    root = body.points[NECK] + body.trunk[1] * 0.01 * body.scale
    top, skin = scalp.at(body, (0, -0.02, -0.012)), body.look.skin
    return [body.limb(root, top, thick * 1.05, thick * 0.95, skin, melt=0.03, gloss=0.05)]


def _face(body: Body) -> list[Part]:
    skin, pattern, female = body.look.skin, _features(body), body.look.female
    _, axes = body.head
    oval = np.diag([1.25, 0.92, 0.98]) @ axes
    narrow = 0.95 if female else 1.06

    def solid(
        a: scalp.Place, b: scalp.Place, ra: float, rb: float, melt: float = 0.02, metric: Vector | None = None
    ) -> Part:
        ends = scalp.at(body, a), scalp.at(body, b)
        return body.limb(*ends, ra, rb, skin, melt=melt, metric=metric, pattern=pattern, gloss=0.06)

    nose = 0.0105 if female else 0.0125
    parts = [
        solid((0, 0.040, 0.0), (0, 0.040, 0.0), 0.095, 0.095, metric=oval),
        solid((0, 0.005, 0.030), (0, -0.062, 0.044), 0.070 * narrow, 0.045 * narrow, 0.03),
        solid((0, -0.066, 0.058), (0, -0.080, 0.066), 0.029 * narrow, (0.020 if female else 0.025), 0.025),
        solid((0, 0.026, 0.093), (0, -0.008, 0.104), 0.0065, nose, 0.010),
        solid((0, -0.049, 0.085), (0, -0.051, 0.086), 0.013, 0.012, 0.010),
    ]
    for sign in (-1, 1):
        wing = (sign * 0.0088, -0.011, 0.098)
        parts.append(solid(wing, wing, nose * 0.62, nose * 0.62, 0.006))
        if body.look.hijab is None:
            ear = (sign * 0.074, 0.006, -0.004)
            parts.append(solid(ear, ear, 0.028, 0.028, metric=np.diag([2.6, 1.0, 1.7]) @ axes))
        cheek = (sign * 0.034, -0.014, 0.056)
        parts.append(solid(cheek, cheek, 0.031, 0.031, 0.014))
    return parts


def _features(body: Body) -> Callable[[Array, Array], Array]:
    """Eyes, brows, lips, lines of age and glasses, painted on the front of the head."""
    look = body.look
    skin, female = look.skin**2, look.female
    lips = skin * (np.array([0.86, 0.42, 0.46]) if female else np.array([0.84, 0.62, 0.60]))
    grey = float(look.hair.mean()) > 0.5 and look.aged
    brow = look.hair**2 * (0.7 if grey else 0.5) + skin * 0.10 if look.hair.mean() < 0.45 or grey else skin * 0.30
    white = np.array([0.70, 0.68, 0.66]) * (0.44 + 0.75 * float(skin.mean()))
    glasses = look.colour("glasses")

    def paint(points: Array, colour: Array) -> Array:
        u, v, w = scalp.local(body, points)
        soft, front = np.float32(0.9 / body.scale), w > 0.02
        layers = _sideburns(u, v, w, look) if look.hair_style in scalp.CROPPED and look.hijab is None else []
        layers += [*_cheeks(u, v, skin, female=female), *_eyes(u, v, soft, (skin, look.eyes**2, white), female=female)]
        layers += [*_brows(u, v, soft, brow, female=female), *_mouth(u, v, soft, lips, skin)]
        if look.aged:
            layers += _lines(u, v, skin)
        if glasses is not None:
            layers += _glasses(u, v, soft, glasses**2)
        for tone, strength in layers:
            share = (strength * front).astype(np.float32)[:, None]
            colour = colour + (tone.astype(np.float32) - colour) * share
        return colour

    return paint


Layers = list[tuple[Vector, Array]]


def _sideburns(u: Array, v: Array, w: Array, look: Look) -> Layers:
    """A little hair before the ears."""
    inside = np.minimum(np.minimum(np.abs(u) - 0.056 - np.clip(0.01 - v, 0, 1) * 0.2, v + 0.012), 0.060 - w)
    return [(look.hair**2 * 0.75 + look.skin**2 * 0.25, 0.9 * np.clip(0.5 + inside * 500, 0, 1))]


def _cheeks(u: Array, v: Array, skin: Vector, *, female: bool) -> Layers:
    side = np.abs(u)
    glow = np.clip(1 - ((side - 0.040) / 0.026) ** 2 - ((v + 0.016) / 0.022) ** 2, 0, 1)
    under = np.clip(1 - (u / 0.012) ** 2 - ((v + 0.026) / 0.008) ** 2, 0, 1)
    nostril = np.clip(1 - ((side - 0.0062) / 0.0042) ** 2 - ((v + 0.0195) / 0.0024) ** 2, 0, 1)
    return [(skin * np.array([1.0, 0.70, 0.68]), (0.45 if female else 0.22) * glow), (skin * 0.62, 0.45 * under),
            (skin * 0.22, 0.75 * nostril)]  # fmt: skip


def _eyes(u: Array, v: Array, soft: np.float32, tones: tuple[Vector, Vector, Vector], *, female: bool) -> Layers:
    """Almond eyes that look ahead, a lid over them, lashes, a glint."""
    skin, iris, white = tones
    side = np.abs(u)
    x, y = side - 0.0325, v - 0.0265 - (side - 0.0325) * 0.10
    height = np.float32(0.0062 if female else 0.0054)
    lens = _disc(x, y, 0.0150, float(height), soft)
    lid = _disc(x, y - 0.0016, 0.0168, float(height) + 0.0020, soft)
    crease = _disc(x, y - 0.0052, 0.0170, float(height) + 0.0022, soft)
    lash = _disc(x - 0.0016, y - 0.0024, 0.0176, float(height) + 0.0022, soft) if female else lid
    return [
        (skin * 0.62, 0.55 * crease), (skin * 0.09, 0.95 * lash),
        (white, lens), (white * 0.55, lens * np.clip((y - 0.0015) / 0.004, 0, 1) * 0.8),
        (iris, lens * _disc(side - 0.0320, v - 0.0268, 0.0068, 0.0068, soft)),
        (iris * 0.08, lens * _disc(side - 0.0320, v - 0.0268, 0.0034, 0.0034, soft)),
        (np.ones(3), 0.85 * _disc(u - np.sign(u) * 0.0320 - 0.0022, v - 0.0290, 0.0016, 0.0016, soft)),
    ]  # fmt: skip


def _brows(u: Array, v: Array, soft: np.float32, tone: Vector, *, female: bool) -> Layers:
    side = np.abs(u)
    arch = (side - 0.036) / 0.020
    rise = v - (0.0475 if female else 0.0455) + 0.0042 * arch * arch - 0.0010 * arch
    thick = (0.0026 if female else 0.0040) * np.clip(1.15 - 0.45 * arch, 0.3, 1.3)
    inside = np.minimum(thick - np.abs(rise), 0.021 - np.abs(side - 0.035))
    return [(tone, 0.9 * np.clip(0.5 + inside / soft / 1.4, 0, 1))]


def _mouth(u: Array, v: Array, soft: np.float32, lips: Vector, skin: Vector) -> Layers:
    """Lips that smile with closed mouth."""
    line = v + 0.0530 - 11.0 * u * u  # up at the corners
    upper = np.minimum(0.0052 * (1 - (np.abs(u) / 0.0245) ** 2) - 0.0012 * np.exp(-((u / 0.004) ** 2)) - line, line)
    lower = np.minimum(0.0075 * (1 - (np.abs(u) / 0.0215) ** 2) + line, -line)
    corner = np.clip(1 - ((np.abs(u) - 0.0262) / 0.0030) ** 2 - ((v + 0.0462) / 0.0038) ** 2, 0, 1)
    seam = np.minimum(0.0010 - np.abs(line), 0.0250 - np.abs(u))
    chin = np.clip(1 - (u / 0.016) ** 2 - ((v + 0.0665) / 0.0042) ** 2, 0, 1)
    return [
        (lips * 0.86, np.clip(0.5 + upper / soft, 0, 1)), (lips * 1.06, np.clip(0.5 + lower / soft, 0, 1)),
        (lips * 0.32, 0.9 * np.clip(0.5 + seam / soft, 0, 1)), (skin * 0.55, 0.55 * corner), (skin * 0.72, 0.4 * chin),
    ]  # fmt: skip


def _lines(u: Array, v: Array, skin: Vector) -> Layers:
    """From the nose to the mouth, beside the eyes and over the brow."""
    side, fine = np.abs(u), np.float32(0.0011)
    cheek = fine * 1.4 - np.abs(side - 0.0185 - (-0.016 - v) * 0.36 - 6 * np.clip(-0.016 - v, 0, 1) ** 2)
    cheek = np.where((v < -0.018) & (v > -0.058), cheek, -1)
    crow = fine - np.abs(np.abs(v - 0.027) - np.clip(side - 0.050, 0, 1) * 0.5 - 0.001)
    crow = np.where((side > 0.052) & (side < 0.064), crow, -1)
    brow = fine - np.abs((v - 0.070 - 2.0 * u * u) % 0.0115 - 0.00575)
    brow = np.where((v > 0.066) & (v < 0.100) & (side < 0.040), brow, -1)
    bag = np.where(v < 0.019, fine - np.abs(np.hypot((side - 0.033) / 1.6, v - 0.026) - 0.0105), -1)
    return [(skin * 0.50, strength * np.clip(0.5 + inside * 700, 0, 1)) for inside, strength in
            ((cheek, 0.75), (crow, 0.5), (brow, 0.45), (bag, 0.45))]  # fmt: skip


def _glasses(u: Array, v: Array, soft: np.float32, frame: Vector) -> Layers:
    """Round lenses with a bridge and temples."""
    side = np.abs(u)
    far = np.hypot(side - 0.0335, v - 0.0250)
    ring = 0.0017 - np.abs(far - 0.0225)
    bridge = np.minimum(0.0014 - np.abs(v - 0.0290 + 25 * u * u), 0.0118 - side)
    temple = np.minimum(0.0015 - np.abs(v - 0.030), side - 0.0555)
    glass = np.clip((0.0225 - far) / soft, 0, 1) * 0.10
    inside = np.maximum(np.maximum(ring, bridge), temple)
    return [(np.ones(3), glass), (frame, np.clip(0.5 + inside / soft, 0, 1))]


def _disc(x: Array, y: Array, rx: float, ry: float, soft: np.float32) -> Array:
    """1 inside the ellipse, 0 outside, with an edge `soft` wide."""
    distance = (np.sqrt((x / np.float32(rx)) ** 2 + (y / np.float32(ry)) ** 2) - 1) * np.float32(min(rx, ry))
    inside: Array = np.clip(0.5 - distance / soft, 0, 1)
    return inside
