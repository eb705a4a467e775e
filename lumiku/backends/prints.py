"""What is printed on cloth: batik, flowers, lace, stripes, specks of paint, and the border of a sari.

A print is a function of two lengths on the body in metres, across it and down it. It is laid on from the front and
gathered a little with depth, so that it does not stretch into lines at the sides.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumiku.backends.anatomy import NECK, Body, Pattern
from lumiku.backends.garment_words import Cloth
from lumiku.backends.shapes import Array

Vector = NDArray[np.float64]
Layer = tuple[Array, Array]
"""A colour in linear light and how far inside of its shape each point lies, metres."""

PETALS = ("#E8A0B4", "#F0DFC8", "#D8636F")
SPECKS = ("#D9534F", "#E8B84A", "#4F8FBF", "#F1EFEA")


@dataclass
class Sheet:
    """Points of the trunk and the colours that they have so far."""

    u: Array
    v: Array
    front: NDArray[np.bool_]
    shade: Array
    """Linear light, (n, 3)."""
    scale: float

    @property
    def side(self) -> Array:
        side: Array = np.abs(self.u)
        return side

    def lay(self, colour: Array, inside: Array, *, around: bool = False) -> None:
        """Paint `colour` (linear light) where `inside` (metres) is positive: on the front, or all around."""
        shape = inside if around else np.where(self.front, inside, -1)
        self.shade = edge(self.shade, colour, shape, self.scale)


def sheet(body: Body, points: Array, shade: Array) -> Sheet:
    """Return points of a figure as a sheet that is measured from its neck."""
    local = (points - body.points[NECK].astype(np.float32)) @ (body.trunk.T / body.scale).astype(np.float32)
    return Sheet(local[:, 0], local[:, 1], local[:, 2] > 0, shade, body.scale)


def of(body: Body, cloth: Cloth) -> Pattern:
    """Return what colours the points of a part that is made of `cloth`; a plain cloth gives its colour."""
    draw = DRAWN.get(cloth.print)
    base = linear(cloth.colour)
    if draw is None:
        return lambda points, _: np.broadcast_to(base, points.shape)

    def paint(points: Array, _: Array) -> Array:
        u, v = _laid(body, points)
        shade = np.broadcast_to(base, points.shape)
        for colour, inside in draw(u, v, cloth.colour):
            shade = edge(shade, colour, inside, body.scale)
        return shade

    return paint


def linear(colour: Vector) -> Array:
    """The colour in linear light, as the canvas keeps it."""
    return (colour**2).astype(np.float32)


def edge(below: Array, above: Array, inside: Array, scale: float) -> Array:
    """Lay the colour `above` where `inside` (metres within its outline) is positive."""
    share = np.clip(0.5 + inside * scale, 0, 1).astype(np.float32)[:, None]
    return below + (above.astype(np.float32) - below) * share


def _laid(body: Body, points: Array) -> tuple[Array, Array]:
    local = (points - body.points[NECK].astype(np.float32)) @ (body.trunk.T / body.scale).astype(np.float32)
    return local[:, 0] * (1 + np.float32(2.5) * np.abs(local[:, 2])), local[:, 1]


def _batik(u: Array, v: Array, colour: Vector) -> list[Layer]:
    """Kawung: four seeds round each crossing of a slanted grid, a dot between them."""
    size = np.float32(0.052)
    x, y = (u / size) % 1 - np.float32(0.5), (v / size) % 1 - np.float32(0.5)
    along, across = (np.abs(x) + np.abs(y)) / np.float32(1.4142), (np.abs(x) - np.abs(y)) / np.float32(1.4142)
    seed = (1 - np.hypot((along - 0.36) / 0.24, across / 0.13)) * 0.13 * size
    core = (1 - np.hypot((along - 0.36) / 0.12, across / 0.035)) * 0.035 * size
    dot = (np.float32(0.07) - np.hypot(x, y)) * size
    light = linear(colour * 0.25 + np.array([0.93, 0.84, 0.66]) * 0.75)
    return [(light, seed), (linear(colour * 0.55), core), (linear(np.array([0.80, 0.62, 0.36])), dot)]


def _floral(u: Array, v: Array, colour: Vector) -> list[Layer]:
    """Flowers of five petals, strewn."""
    layers: list[Layer] = []
    for number, petal in enumerate(PETALS):
        cell, shift = np.float32(0.19), np.float32(number * 0.37)
        column, row = np.floor(u / cell + shift), np.floor(v / cell + shift * 2)
        chance = _noise(column * 3 + number, row * 5)
        turn, size = chance * 6.3, (0.026 + 0.016 * _noise(column + 9, row + number)).astype(np.float32)
        x = (u / cell + shift - column - 0.3 - 0.4 * _noise(column, row)) * cell
        y = (v / cell + shift * 2 - row - 0.3 - 0.4 * _noise(row, column)) * cell
        far, angle = np.hypot(x, y), np.arctan2(y, x) + turn
        outline = size * (0.72 + 0.28 * np.abs(np.cos(angle * 2.5)))
        tone = linear(_rgb(petal) * 0.9 + colour * 0.1)
        layers += [(tone, outline - far), (linear(np.array([0.86, 0.70, 0.36])), size * 0.22 - far)]
    return layers


def _lace(u: Array, v: Array, colour: Vector) -> list[Layer]:
    """Small blossoms and dots, tone on tone."""
    light = linear(np.clip(colour * 1.28 + 0.07, 0, 1))
    x, y = (u / 0.036) % 1 - 0.5, (v / 0.036 + 0.5 * np.floor(u / 0.036)) % 1 - 0.5
    far, angle = np.hypot(x, y), np.arctan2(y, x)
    return [(light, (0.27 * (0.65 + 0.35 * np.abs(np.cos(angle * 2))) - far) * 0.036)]


def _paint(u: Array, v: Array, colour: Vector) -> list[Layer]:
    """Specks and smears of paint."""
    layers: list[Layer] = []
    for number, speck in enumerate(SPECKS):
        cell = np.float32(0.085)
        column, row = np.floor(u / cell + number * 0.41), np.floor(v / cell + number * 0.73)
        chance = _noise(column + number * 7, row)
        x = (u / cell + number * 0.41 - column - 0.25 - 0.5 * chance) * cell
        y = (v / cell + number * 0.73 - row - 0.25 - 0.5 * _noise(row, column + number)) * cell
        size = np.clip(chance - 0.45, 0, 1) * 0.036
        far = np.hypot(x * (0.7 + chance), y) + 0.0022 * np.sin(np.arctan2(y, x) * 5 + chance * 20)
        layers.append((linear(_rgb(speck)), np.where(chance > 0.45, size - far, -1)))
    return layers


def _stripes(u: Array, v: Array, colour: Vector) -> list[Layer]:
    light = linear(np.ones(3) * 0.94 if colour.mean() < 0.6 else colour * 0.5)
    return [(light, np.float32(0.006) - np.abs((v / 0.036) % 1 - 0.5) * np.float32(0.036))]


def _noise(a: Array, b: Array) -> Array:
    """A number from 0 to 1 that belongs to two whole ones."""
    wave = np.sin(a * np.float32(12.9898) + b * np.float32(78.233)) * np.float32(437.585)
    return wave - np.floor(wave)


def _rgb(code: str) -> Vector:
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255


DRAWN: dict[str, Callable[[Array, Array, Vector], list[Layer]]] = {
    "batik": _batik, "floral": _floral, "lace": _lace, "paint": _paint, "stripes": _stripes,
}  # fmt: skip
