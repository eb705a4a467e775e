"""Clothes: what covers trunk and legs, and what is painted on a top (neck lines, lapels, waistbands)."""

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import limbs
from lumiku.backends.anatomy import ARMS, LEGS, NECK, Body, Pattern
from lumiku.backends.shapes import Array, Part, Taper

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: Rings of cloth between waist and hem of a skirt.
RINGS = 9
#: Legs further apart than this (metres between the ankles) wear wide trousers under a tunic instead of a skirt.
STRIDE = 0.75
#: Width and depth of neck lines by outfit, metres.
NECK_LINES = {"sport": (0.085, 0.12), "kebaya": (0.07, 0.16), "suit": (0.044, 0.040)}


def dressed_parts(body: Body) -> list[Part]:
    """Trunk, arms, hands, legs and shoes in the clothes of the body's look."""
    look = body.look
    sleeve = look.top if look.jacket is None else look.jacket
    parts = body.trunk_parts(_top(body), ease=0.012 if look.jacket is not None or look.hijab is not None else 0.004)
    for arm in ARMS:
        parts += limbs.arm_parts(body, arm, sleeve, look.skin) + limbs.hand_parts(body, arm, look.skin)
    for leg in LEGS:
        parts += _leg(body, leg) + limbs.shoe_parts(body, leg, look.shoes)
    return parts + _skirt(body)


def _leg(body: Body, leg: tuple[int, int, int, float]) -> list[Part]:
    look = body.look
    if look.outfit == "sport":
        return limbs.leg_parts(
            body, leg, look.bottom, look.skin, 1.95 if look.female or look.hijab is not None else 0.8, 0.004
        )
    if look.hijab is not None and not _skirted(body):
        return limbs.leg_parts(body, leg, look.bottom, look.skin, 2.0, 0.034)
    if _skirted(body):
        return limbs.leg_parts(body, leg, look.skin, look.skin, 0.0, 0.0)
    return limbs.leg_parts(body, leg, look.bottom, look.skin, 1.97, 0.016 if look.female else 0.024)


def _skirted(body: Body) -> bool:
    """Whether the figure wears a skirt: by its outfit, unless the legs are too far apart for one."""
    if body.look.outfit not in ("dress", "skirt", "kebaya"):
        return False
    knees, ankles = body.points[[9, 12]], body.points[[10, 13]]
    high = max(body.height(knee) for knee in knees) > max(body.height(hip) for hip in body.points[[8, 11]]) + 0.08
    apart = np.linalg.norm(ankles[0] - ankles[1]) / body.scale
    return bool(apart < STRIDE and np.linalg.norm(knees[0] - knees[1]) / body.scale < 0.62 and not high)


def _skirt(body: Body) -> list[Part]:
    """Rings of cloth round both legs at the same height of the leg, melted into one."""
    look = body.look
    if not _skirted(body):
        return _tunic(body) if look.jacket is not None or look.hijab is not None else []
    length = 1.90 if look.hijab is not None or look.outfit == "kebaya" else (1.18 if look.outfit == "dress" else 1.05)
    return _rings(body, length, 0.045 if look.outfit != "kebaya" else 0.015, look.bottom)


def _tunic(body: Body) -> list[Part]:
    if body.look.jacket is not None and body.look.hijab is None:
        return _rings(body, 0.20, 0.0, body.look.jacket)
    return _rings(body, 0.62, 0.03, body.look.top if body.look.jacket is None else body.look.jacket)


def _rings(body: Body, length: float, flare: float, colour: Vector) -> list[Part]:
    legs = [body.points[list(leg[:3])] for leg in LEGS]
    count = max(4, round(RINGS * length / 1.9))
    folds = _pleats(body)
    rings = []
    for step in range(count + 1):
        t = length * step / count
        right, left = (_down(leg, t) for leg in legs)
        radius = 0.114 - 0.044 * min(1.0, t / 1.1) + flare * min(1.4, t)
        gather = (left - right) * 0.12 * max(0.0, 1 - t / 0.7)
        rings.append((right + gather, left - gather, radius * body.look.girth**0.5))
    ends = [_down(leg, length) - _down(leg, length - 0.05) for leg in legs]
    edge = limbs.hem(body, (rings[-1][0] + rings[-1][1]) / 2, ends[0] + ends[1])
    s, tapers = body.scale, []
    for above, below in itertools.pairwise(rings):
        for share in (0.0, 0.33, 0.67, 1.0):
            a, b = (right + (left - right) * share for right, left, _ in (above, below))
            tapers.append(Taper(a, b, above[2] * s, below[2] * s))
    return [Part(tuple(tapers), colour, melt=0.04 * s, folds=folds, cut=edge, smooth=0.028 * s)]


def _down(leg: Vector, t: float) -> Vector:
    """The point of a leg at `t`: 0 hip, 1 knee, 2 ankle."""
    hip, knee, ankle = leg
    point: Vector = hip + (knee - hip) * t if t <= 1 else knee + (ankle - knee) * (t - 1)
    return point


def _pleats(body: Body) -> Callable[[Array], Array]:
    """Folds that fall from the waist."""
    left, _front = (axis.astype(np.float32) for axis in (body.pelvis[0], body.pelvis[2]))
    hips = body.hips.astype(np.float32)

    def wave(points: Array) -> Array:
        local = (points - hips) / np.float32(body.scale)
        fall = np.sqrt((local * local).sum(axis=1))
        angle = (local @ left) / (np.float32(0.10) + np.float32(0.16) * fall)
        depth = np.float32(0.34) * np.clip((fall - 0.12) / 0.5, 0, 1) * np.sin(angle * 9 + np.sin(angle * 4) * 1.2)
        return depth[:, None] * left

    return wave


def _top(body: Body) -> Pattern:
    """The colours of a clothed trunk: cloth with its neck line, jacket and shirt, or waistband."""
    look, scale = body.look, body.scale
    height = float(np.linalg.norm(body.points[NECK] - body.hips))
    origin, axes = body.hips.astype(np.float32), body.trunk.astype(np.float32)
    cloth, skin, bottom = (_linear(colour) for colour in (look.top, look.skin, look.bottom))
    wide, deep = NECK_LINES.get(look.outfit, (0.078, 0.065))
    tucked = look.jacket is None and look.outfit != "dress" and look.hijab is None

    def paint(points: Array, colour: Array) -> Array:
        local = (points - origin) @ axes.T
        u, v, front = local[:, 0] / scale, (local[:, 1] - height) / scale, local[:, 2] > 0
        shade = np.broadcast_to(cloth, colour.shape)
        if look.jacket is not None:
            shade = _jacket(shade, _linear(look.jacket), u, v, front, scale, tie=not look.female)
        elif tucked:
            hem = np.float32(0.105 - height / scale)
            shade = _edge(shade, bottom, hem - v, scale)
            shade = _edge(shade, bottom * 0.6, np.float32(0.0025) - np.abs(v - hem + 0.03), scale)
        neck = 1 - np.hypot(u / wide, np.minimum(v - 0.03, 0) / (deep + 0.03))
        neck = np.where(front | (v > -0.005), neck * wide, -1)
        if look.outfit == "suit":
            shade = _edge(shade, cloth * 0.72, 0.004 - np.abs(neck), scale)
        return _edge(shade, skin, np.maximum(neck, np.minimum(v - 0.032, 0.062 - np.abs(u))), scale)

    return paint


def _jacket(shade: Array, jacket: Array, u: Array, v: Array, front: Flags, scale: float, *, tie: bool) -> Array:
    """A jacket open in a V over the shirt `shade`, with lapels and two buttons; u and v are metres from the neck."""
    side = np.abs(u)
    opening = np.where(front, np.clip((v + 0.36) * 0.20, -0.01, 0.062), -1)
    if tie:
        knot = np.float32(0.013) + np.clip(-v - 0.06, 0, 0.3) * np.float32(0.05)
        shade = _edge(shade, jacket * 0.7, np.where(front & (v < -0.035), knot - side, -1), scale)
    shade = _edge(shade, jacket, side - opening, scale)
    lapel = np.float32(0.0022) - np.abs(side - np.clip((v + 0.36) * 0.36, 0, 0.125))
    shade = _edge(shade, jacket * 0.45, np.where(front & (v > -0.34) & (side > opening), lapel, -1), scale)
    buttons = np.float32(0.007) - np.minimum(np.hypot(u - 0.006, v + 0.385), np.hypot(u - 0.006, v + 0.455))
    return _edge(shade, jacket * 0.35, np.where(front, buttons, -1), scale)


def _linear(colour: Vector) -> Array:
    """The colour in linear light, as the canvas keeps it."""
    return (colour**2).astype(np.float32)


def _edge(below: Array, above: Array, inside: Array, scale: float) -> Array:
    """Lay the colour `above` where `inside` (metres within its outline) is positive."""
    share = np.clip(0.5 + inside * scale, 0, 1).astype(np.float32)[:, None]
    return below + (above.astype(np.float32) - below) * share
