"""A studio mannequin in any pose: 18 joints and traits in, a shaded picture out.

It stands for the photograph until a model paints one, so what matters is that the pose is understood at a glance:
arms before the trunk are before it, cast a shadow on it and end in hands. Everything is computed, nothing is drawn
from files: solids (`shapes`), a body round the joints (`anatomy`), a head (`heads`), clothes by the traits
(`wardrobe`, `garments`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import Joint
from lumiku.backends.anatomy import LEGS, NECK, Body, unit, without
from lumiku.backends.garments import dressed_parts
from lumiku.backends.heads import head_parts
from lumiku.backends.light import Light, enlarged, light_up
from lumiku.backends.shapes import Array, Canvas, Part, Taper
from lumiku.backends.wardrobe import look

Vector = NDArray[np.float64]
SEAT_COLOUR = np.array([0.80, 0.77, 0.73])
#: How much of the body's weight sits between two joints.
WEIGHTS = (
    (NECK, 8, 0.24), (NECK, 11, 0.24), (0, NECK, 0.08), (8, 9, 0.11), (11, 12, 0.11), (9, 10, 0.06), (12, 13, 0.06),
    (2, 4, 0.05), (5, 7, 0.05),
)  # fmt: skip


def paint(joints: Sequence[Joint], ground: Array, *, traits: Mapping[str, Any], key: Vector) -> Array:
    """Return `ground` (height, width, 3; RGB 0 to 1) with the figure and its shadow; `key` points to the light."""
    body = Body(joints, look(traits))
    height, width = ground.shape[:2]
    parts = [*seat_parts(body), *dressed_parts(body), *head_parts(body)]
    left, top, right, bottom = _frame(parts, width, height)
    canvas = Canvas(left, top, right - left, bottom - top)
    for part in sorted(parts, key=lambda part: part.order):
        canvas.put(part)
    picture = ground * _shadow(body, parts, width, height)[..., None]
    light_up(picture, canvas, Light(key), body.scale)
    return picture


def _frame(parts: Sequence[Part], width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the part of the picture that the figure needs."""
    balls = [ball for part in parts for ball in _balls(part)]
    left = max(0, int(min(centre[0] - spread[0] for centre, spread in balls)) - 3)
    top = max(0, int(min(-centre[1] - spread[1] for centre, spread in balls)) - 3)
    right = min(width, int(max(centre[0] + spread[0] for centre, spread in balls)) + 4)
    bottom = min(height, int(max(-centre[1] + spread[1] for centre, spread in balls)) + 4)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _balls(part: Part) -> list[tuple[Vector, Vector]]:
    """Centres, and how far each ball reaches in x, y and z, pixels."""
    first = part.tapers[0]
    return [(first.a, first.ra * first.spread), *((taper.b, taper.rb * taper.spread) for taper in part.tapers)]


def seat_parts(body: Body) -> list[Part]:
    """A round block under the hips of a figure that would fall without one."""
    drop = body.height(body.hips) - 0.10
    if drop < 0.22 or _balanced(body):
        return []
    up, s = body.upright, body.scale
    back = body.hips - body.pelvis[2] * 0.02 * s
    top = back - up * 0.105 * s
    foot = top - up * drop * s
    across = unit(np.array([up[1], -up[0], 0.0]))
    metric = np.array([across, up * 8.0, np.cross(across, up)])
    inset = 0.21 / 8.0 * s
    block = Taper(foot + up * inset, top - up * inset, 0.21 * s, 0.21 * s, metric)
    return [Part((block,), SEAT_COLOUR, melt=2.0)]


def _balanced(body: Body) -> bool:
    """Whether the figure lies, bends or leaps, or has its weight over what touches the ground."""
    if float(body.trunk[1] @ body.upright) < 0.5:
        return True
    weight = sum((body.points[a] + body.points[b]) / 2 * share for a, b, share in WEIGHTS)
    touching = [body.points[leg[2]] for leg in LEGS if body.height(body.points[leg[2]]) < 0.25]
    touching += [point for point in body.points[[4, 7, 9, 12, 3, 6]] if body.height(point) < 0.12]
    if not touching:
        return True
    ahead = unit(without(body.pelvis[2], body.upright))
    spots = np.array([((spot - weight) @ ahead, (spot - weight) @ np.cross(body.upright, ahead)) for spot in touching])
    low, high = spots.min(axis=0) / body.scale, spots.max(axis=0) / body.scale
    # Heels reach 7 cm behind the ankles, toes 20 cm before them.
    return bool(low[0] < 0.07 and high[0] > -0.20 and low[1] < 0.15 and high[1] > -0.15)


def _shadow(body: Body, parts: Sequence[Part], width: int, height: int) -> Array:
    """How bright the ground stays, 0 to 1: dark and crisp where something touches it, wide and faint below the rest."""
    step = 8
    mask = np.zeros((-(-height // step), -(-width // step)), np.float32)
    y, x = (axis.astype(np.float32) for axis in np.ogrid[: mask.shape[0], : mask.shape[1]])
    for centre, spread in [ball for part in parts for ball in _balls(part)[::2]]:
        lift = max(0.0, body.height(centre) - spread[1] / body.scale)
        strength = 0.55 * np.exp(-lift / 0.07) + 0.03 * np.exp(-lift / 0.7)
        if strength < 0.012:
            continue
        wide = (spread[0] + (0.012 + 0.12 * lift) * body.scale) * 1.15 / step
        row = (-centre[1] + lift * body.scale + spread[1] * 0.8) / step
        flat = (0.35 * min(spread[0], spread[2]) + (0.01 + 0.05 * lift) * body.scale) / step
        spot = np.exp(-(((x - centre[0] / step) / wide) ** 2)) * np.exp(-(((y - row) / flat) ** 2))
        mask += np.float32(strength) * spot.astype(np.float32) * (1 - mask)
    return 1 - np.float32(0.55) * enlarged(mask, (height, width), step)
