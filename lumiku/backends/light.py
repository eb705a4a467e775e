"""Light on a canvas of solids: a key light with cast shadows, fill, sky, rim, and dark creases where surfaces meet.

Shadows and creases are read from the depth buffer alone, at a quarter of the size: a pixel is in a crease when its
neighbourhood is nearer than itself, in shadow when something nearer stands between it and the light.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumiku.backends.shapes import FAR, Array, Canvas, blur

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Light:
    """Directions towards the key light; the fill comes from the other side."""

    key: Vector
    strength: float = 1.0


def light_up(picture: Array, canvas: Canvas, light: Light, scale: float) -> None:
    """Lay the lit canvas on `picture` (RGB 0 to 1); `scale` is pixels per metre, for the reach of shadows."""
    key = (light.key / np.linalg.norm(light.key)).astype(np.float32)
    shadow, crease = (plane.reshape(-1) for plane in _occlusion(canvas, key, scale))
    pixels = np.flatnonzero(canvas.layers[:, 8])
    layers, shadow, crease = canvas.layers[pixels], shadow[pixels], crease[pixels]
    normal = layers[:, 1:4]
    normal = normal / (np.sqrt(np.einsum("ij,ij->i", normal, normal)) + np.float32(1e-6))[:, None]
    direct = np.clip((normal @ key) * np.float32(0.8) + np.float32(0.2), 0, 1) * shadow
    fill = np.clip(normal @ _unit(-key[0], 0.1, 0.65), 0, 1)
    sky = np.float32(0.5) + np.float32(0.5) * normal[:, 1]
    rim = np.clip(1 - normal[:, 2], 0, 1) ** 3 * np.clip(np.float32(0.55) + np.float32(0.45) * normal[:, 1], 0, 1)
    ambient = (np.float32(0.17) + np.float32(0.14) * sky + np.float32(0.20) * fill) * crease
    amount = ambient + np.float32(0.80 * light.strength) * direct * (np.float32(0.55) + np.float32(0.45) * crease)
    shine = np.clip(normal @ _unit(key[0], key[1], key[2] + 1.0), 0, 1) ** 24 * layers[:, 7] * shadow
    lit = layers[:, 4:7] * amount[:, None] + (np.float32(0.07) * rim * crease + shine)[:, None]
    rows, columns = pixels // canvas.width + canvas.top, pixels % canvas.width + canvas.left
    behind = picture[rows, columns]
    picture[rows, columns] = behind + (np.sqrt(np.clip(lit, 0, 1)) - behind) * layers[:, 8:9]


def _unit(x: float, y: float, z: float) -> Array:
    vector = np.array([x, y, z], np.float32)
    return vector / np.sqrt((vector * vector).sum())


def _occlusion(canvas: Canvas, key: Array, scale: float) -> tuple[Array, Array]:
    """Cast shadows and creases, 0 dark to 1 open, worked out at a quarter of the size."""
    step = 4
    z = np.ascontiguousarray(canvas.z[step // 2 :: step, step // 2 :: step])
    reach = scale / step
    filled = z > FAR / 2
    floor = np.where(filled, z, z[filled].min() if filled.any() else 0)
    crease = np.ones_like(z)
    masses = np.stack([np.where(filled, z, 0), filled.astype(np.float32)], axis=2)
    for radius, weight in ((0.035, 0.5), (0.10, 0.4)):
        around = blur(masses, radius * reach)
        higher = around[..., 0] / np.maximum(around[..., 1], np.float32(0.05)) - z
        crease -= np.float32(weight) * np.clip(higher / np.float32(radius * scale * 1.1), 0, 1) * filled
    shadow = _cast(floor, key, reach, scale)
    mass = blur(filled.astype(np.float32), 1) + np.float32(1e-3)
    # Averaged over the figure only: a ground that bleeds into its outline would show as a saw.
    planes = (blur(plane * filled, 1) / mass for plane in (shadow, np.clip(crease, 0.25, 1)))
    dark, open_ = (enlarged(plane, canvas.z.shape, step) for plane in planes)
    return dark, open_


def enlarged(image: Array, shape: tuple[int, int], step: int) -> Array:
    """Return `image` (2-D) grown `step` times, smoothly, and cut to `shape`."""
    rows, columns = (-(-size // step) for size in shape)
    padded = np.pad(image, ((0, rows - image.shape[0]), (0, columns - image.shape[1])), "edge")
    grown = Image.fromarray(padded).resize((columns * step, rows * step), Image.Resampling.BILINEAR)
    return np.asarray(grown, np.float32)[: shape[0], : shape[1]]


def _cast(floor: Array, key: Array, reach: float, scale: float) -> Array:
    """How much of the key light arrives: march from each pixel towards it over the depth map."""
    shadow = np.ones_like(floor)
    for far in np.linspace(0.02, 0.30, 12):
        across, up = round(key[0] * far * reach), round(key[1] * far * reach)
        blocker = _shifted(floor, -up, across)
        height = blocker - floor - np.float32(key[2] * far * scale)
        thin = np.float32(0.16 * scale)
        hidden = np.clip(height / np.float32(0.015 * scale), 0, 1) * np.clip(2 - height / thin, 0, 1)
        shadow = np.minimum(shadow, 1 - np.float32(0.75) * hidden)
    return shadow


def _shifted(image: Array, down: int, right: int) -> Array:
    """The image whose pixel (r, c) is the old (r + down, c + right); what comes from outside is the lowest depth."""
    moved = np.full_like(image, image.min())
    rows, columns = image.shape
    top, left = max(0, -down), max(0, -right)
    bottom, end = min(rows, rows - down), min(columns, columns - right)
    if top < bottom and left < end:
        moved[top:bottom, left:end] = image[top + down : bottom + down, left + right : end + right]
    return moved
