"""Soft solids on a canvas, in NumPy: depth, normals and colours of tapered limbs, then light.

Every part of a figure is one *tapered limb*: the hull of two balls, perhaps flattened by a 3 x 3 metric. Seen from
the front its surface has a closed form, so a part costs about thirty array operations on its bounding box and
nothing else. Parts meet in a depth buffer with a smooth maximum, which melts a forearm into an elbow instead of
cutting them against each other.

Coordinates are pixels: x to the right, y UP, z towards the viewer; the origin is the top left of the canvas.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: float32 on the canvas: half the memory traffic of doubles, and more than a pixel needs.
Array = NDArray[np.floating[Any]]
Vector = NDArray[np.float64]
FAR = np.float32(-1e6)


@dataclass(frozen=True)
class Taper:
    """The hull of a ball at `a` (radius `ra`) and one at `b` (radius `rb`), pixels."""

    a: Vector
    b: Vector
    ra: float
    rb: float
    metric: Vector | None = None
    """3 x 3 matrix that maps offsets into a space where it is round; None: it is round."""

    @property
    def spread(self) -> Vector:
        """How far a ball of radius 1 reaches in x, y and z."""
        return np.ones(3) if self.metric is None else np.sqrt(np.diag(np.linalg.inv(self.metric.T @ self.metric)))


@dataclass(frozen=True)
class Part:
    """One solid: tapers that follow each other, with one colour and one cloth."""

    tapers: tuple[Taper, ...]
    colour: Vector
    """RGB, 0 to 1."""
    melt: float = 4.0
    """Pixels of depth over which this part flows into what is there already."""
    gloss: float = 0.0
    pattern: Callable[[Array, Array], Array] | None = None
    """(points (n, 3), colour) -> colours (n, 3)."""
    cut: Callable[[Array], Array] | None = None
    """points (n, 3) -> how much of the part is there, 0 to 1: openings, hair lines."""
    folds: Callable[[Array], Array] | None = None
    """points (n, 3) -> what to add to the normals (n, 3): cloth."""
    smooth: float = 0.0
    """Pixels over which normals are evened out, for solids that are made of many tapers."""
    layer: float | None = None
    """Parts are laid from small to large; None: by their depth."""

    @property
    def order(self) -> float:
        if self.layer is not None:
            return self.layer
        return float(np.mean([taper.a[2] + taper.b[2] for taper in self.tapers])) / 2


@dataclass
class Canvas:
    """Depth (FAR where empty), normals, colours (linear light), coverage and gloss of what was put on it so far."""

    left: int
    """Column and row of the picture where the canvas begins."""
    top: int
    width: int
    height: int
    layers: Array = field(init=False)
    """One row per pixel: depth, normal (3), colour (3), gloss, coverage."""

    def __post_init__(self) -> None:
        self.layers = np.zeros((self.height * self.width, 9), np.float32)
        self.layers[:, 0] = FAR

    @property
    def z(self) -> Array:
        """Depth, (height, width)."""
        return self.layers[:, 0].reshape(self.height, self.width)

    def put(self, part: Part) -> None:
        """Lay one part into the buffers; what is behind them stays hidden."""
        boxes = [self._box(taper) for taper in part.tapers]
        if not any(boxes):
            return
        top, left = (min(box[axis].start for box in boxes if box) for axis in (0, 1))
        shape = tuple(max(box[axis].stop for box in boxes if box) - start for axis, start in ((0, top), (1, left)))
        planes = np.zeros((5, *shape), np.float32)
        planes[0] = FAR
        for taper, box in zip(part.tapers, boxes, strict=True):
            if box:
                rows, columns = (
                    slice(side.start - start, side.stop - start) for side, start in zip(box, (top, left), strict=True)
                )
                _sweep(taper, *self._grid(box, taper.a), planes[:, rows, columns])
        if part.smooth >= 1:
            _even(planes, part.smooth)
        rows_put, columns_put = np.nonzero(planes[4])
        if len(rows_put):
            self._merge(part, rows_put + top, columns_put + left, planes[:, rows_put, columns_put])

    def _box(self, taper: Taper) -> tuple[slice, slice] | None:
        spread = taper.spread[:2]
        low = np.minimum(taper.a[:2] - taper.ra * spread, taper.b[:2] - taper.rb * spread) - 1
        high = np.maximum(taper.a[:2] + taper.ra * spread, taper.b[:2] + taper.rb * spread) + 2
        left, right = max(0, int(low[0]) - self.left), min(self.width, int(high[0]) + 1 - self.left)
        top, bottom = max(0, int(-high[1]) - self.top), min(self.height, int(-low[1]) + 1 - self.top)
        return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None

    def _grid(self, box: tuple[slice, slice], origin: Vector) -> tuple[Array, Array]:
        x = np.arange(box[1].start, box[1].stop, dtype=np.float32) + np.float32(self.left + 0.5 - origin[0])
        y = -np.arange(box[0].start, box[0].stop, dtype=np.float32) - np.float32(self.top + 0.5 + origin[1])
        return x[None, :], y[:, None]

    def _merge(self, part: Part, rows: NDArray[np.intp], columns: NDArray[np.intp], planes: Array) -> None:
        pixels = rows * self.width + columns
        old = self.layers[pixels]
        near = planes[0] > old[:, 0] - np.float32(part.melt)
        rows, columns, pixels, old, planes = rows[near], columns[near], pixels[near], old[near], planes[:, near]
        depth, normal, cover = planes[0], planes[1:4].T, planes[4]
        points = np.empty((len(pixels), 3), np.float32)
        points[:, 0], points[:, 1], points[:, 2] = columns + (self.left + 0.5), -rows - (self.top + 0.5), depth
        if part.cut:
            cover = cover * part.cut(points)
        if part.folds:
            normal = normal + part.folds(points)
        ahead = depth - old[:, 0]
        share = (np.clip(0.5 + 0.5 * ahead / np.float32(part.melt), 0, 1) * cover)[:, None]
        # Colours meet sharply where surfaces melt: cloth ends, it does not fade into skin.
        crisp = (np.clip(0.5 + ahead, 0, 1) * cover)[:, None]
        colour = np.broadcast_to((part.colour**2).astype(np.float32), normal.shape)
        if part.pattern:
            colour = part.pattern(points, colour)
        new = np.empty_like(old)
        new[:, 0] = np.where(cover > 0.5, np.maximum(depth, old[:, 0]), old[:, 0])
        new[:, 1:4] = old[:, 1:4] + (normal - old[:, 1:4]) * share
        new[:, 4:7] = old[:, 4:7] + (colour - old[:, 4:7]) * crisp
        new[:, 7] = old[:, 7] + (np.float32(part.gloss) - old[:, 7]) * crisp[:, 0]
        new[:, 8] = old[:, 8] + (1 - old[:, 8]) * cover
        self.layers[pixels] = new


def _even(planes: Array, radius: float) -> None:
    """Smooth normals and depth of a part (depth, normal, coverage), so that edges between tapers do not show."""
    there = planes[4] > 0
    mass = np.maximum(blur(there.astype(np.float32), radius, passes=1), np.float32(1e-3))
    depth = blur(np.where(there, planes[0], 0), radius, passes=1) / mass
    planes[0] = np.where(there, depth, FAR)
    for axis in (1, 2, 3):
        planes[axis] = blur(planes[axis], radius, passes=1)
    planes[1:4] /= np.sqrt(planes[1] ** 2 + planes[2] ** 2 + planes[3] ** 2) + np.float32(1e-6)


def _sweep(taper: Taper, x: Array, y: Array, planes: Array) -> None:
    """Lay one taper into a view of the planes (depth, normal, coverage) of its part."""
    lower = np.eye(3) if taper.metric is None else _lower_factor(taper.metric)
    along, reach = _across(taper, lower, x, y)
    depth, *normal = _surface(taper, lower, x, y, along)
    ahead = (depth > planes[0]) & (reach > -0.5)
    np.copyto(planes[0], depth, where=ahead)
    for axis in range(3):
        np.copyto(planes[axis + 1], normal[axis], where=ahead)
    np.maximum(planes[4], np.clip(reach + np.float32(0.5), 0, 1), out=planes[4])


def _lower_factor(metric: Vector) -> Vector:
    """The lower triangular T with T'T = M'M: it keeps the line of sight of a pixel straight ahead."""
    flip = np.eye(3)[::-1]
    return (flip @ np.linalg.cholesky(flip @ (metric.T @ metric) @ flip) @ flip).T


def _across(part: Taper, lower: Vector, x: Array, y: Array) -> tuple[Array, Array]:
    """Where along the limb (0 to 1) each pixel is closest, and how many pixels it lies inside the outline."""
    u, v = np.float32(lower[0, 0]) * x, np.float32(lower[1, 0]) * x + np.float32(lower[1, 1]) * y
    axis, thinning = lower @ (part.b - part.a), part.rb - part.ra
    square = float(axis[0] ** 2 + axis[1] ** 2 - thinning**2)
    if square <= 1e-3:
        nearer = 1.0 if part.rb > part.ra else 0.0
        along: Array = np.full(np.broadcast_shapes(u.shape, v.shape), nearer, np.float32)
    else:
        along = (u * np.float32(axis[0]) + v * np.float32(axis[1]) + np.float32(part.ra * thinning)) / np.float32(
            square
        )
        along = np.clip(along, 0, 1)
    du, dv = u - along * np.float32(axis[0]), v - along * np.float32(axis[1])
    distance = np.sqrt(du * du + dv * dv) + np.float32(1e-6)
    inside = np.float32(part.ra) + along * np.float32(thinning) - distance
    slope_x = (du * np.float32(lower[0, 0]) + dv * np.float32(lower[1, 0])) / distance
    slope_y = dv * np.float32(lower[1, 1]) / distance
    return along, inside / (np.sqrt(slope_x * slope_x + slope_y * slope_y) + np.float32(1e-6))


def _surface(part: Taper, lower: Vector, x: Array, y: Array, flat: Array) -> tuple[Array, Array, Array, Array]:
    """Depth and unit normals (x, y, z) at pixels whose outline parameter is `flat`: the nearest ball wins."""
    t = lower.astype(np.float32)
    u, v = t[0, 0] * x, t[1, 0] * x + t[1, 1] * y
    axis = (lower @ (part.b - part.a)).astype(np.float32)
    thinning = np.float32(part.rb - part.ra)
    square = float(axis[0] ** 2 + axis[1] ** 2 - thinning**2)
    along: Array = flat
    if square > 1e-3:
        peak = (u * axis[0] + v * axis[1] + np.float32(part.ra) * thinning) / square
        room = (part.ra + peak * thinning) ** 2 - (u - peak * axis[0]) ** 2 - (v - peak * axis[1]) ** 2
        along = peak + axis[2] * np.sqrt(np.maximum(room, 0) / (square * (square + axis[2] ** 2)))
        along = np.clip(along, 0, 1)
    elif axis[2] > 0:
        along = np.ones_like(flat)
    radius = np.float32(part.ra) + along * thinning
    du, dv = u - along * axis[0], v - along * axis[1]
    dw = np.sqrt(np.maximum(radius * radius - du * du - dv * dv, 0))
    depth = (along * axis[2] + dw - t[2, 0] * x - t[2, 1] * y) / t[2, 2] + np.float32(part.a[2])
    nx, ny, nz = t[0, 0] * du + t[1, 0] * dv + t[2, 0] * dw, t[1, 1] * dv + t[2, 1] * dw, t[2, 2] * dw
    length = 1 / (np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-6))
    return depth, nx * length, ny * length, nz * length


def blur(image: Array, radius: float, *, passes: int = 2) -> Array:
    """Return `image` (rows, columns, ...) blurred by box passes each way, `radius` in pixels."""
    size = max(1, round(radius))
    for _ in range(passes):
        for axis in (0, 1):
            image = _box_blur(image, size, axis)
    return image


def _box_blur(image: Array, size: int, axis: int) -> Array:
    pad = [(0, 0)] * image.ndim
    pad[axis] = (size + 1, size)
    total = np.cumsum(np.pad(image, pad, "edge"), axis=axis)
    width = np.float32(2 * size + 1)
    if axis == 0:
        return (total[2 * size + 1 :] - total[: -(2 * size + 1)]) / width
    return (total[:, 2 * size + 1 :] - total[:, : -(2 * size + 1)]) / width
