"""The large surfaces of a drawn scene: floors in perspective, walls, skies, and what a smooth floor mirrors."""

import numpy as np
from PIL import Image, ImageFilter

from lumiku.backends.scene_stage import EYE, FIGURE, Plane, Stage, noise, rgb

#: Sky by the hour, from the zenith to the horizon.
SKIES = {
    "day": ("#5E9BD3", "#94C4E8", "#C9E2F1", "#EAF3F6"),
    "morning": ("#8DB2D6", "#BFD3E2", "#F3DFC8", "#FBEBD6"),
    "sunset": ("#54608F", "#A5789B", "#E79A80", "#FBC98C"),
    "night": ("#0D1633", "#16254A", "#2A3A66", "#46527C"),
    "cloudy": ("#A9B5BF", "#BFC8CE", "#D3D9DC", "#E2E5E6"),
}
#: What the hour does to every colour out of doors, and under a roof.
OUTDOORS = {
    "day": (1.0, 0.99, 0.97), "morning": (1.02, 0.96, 0.89), "sunset": (0.97, 0.78, 0.68), "night": (0.34, 0.39, 0.56),
    "cloudy": (0.90, 0.93, 0.96),
}  # fmt: skip
INDOORS = {
    "day": (1.0, 1.0, 1.0), "morning": (1.02, 0.98, 0.93), "sunset": (0.97, 0.84, 0.73), "night": (0.60, 0.56, 0.58),
    "cloudy": (0.93, 0.95, 0.97),
}  # fmt: skip


def ambient(hour: str, *, is_inside: bool) -> Plane:
    """The light that multiplies every colour at that hour."""
    return np.array((INDOORS if is_inside else OUTDOORS)[hour], np.float32)


def sky(stage: Stage, hour: str, bottom: int, *, tint: str | None = None, clouds: float = 0.5) -> None:
    """Fill the rows above `bottom`; the sky glows, so the ambient light does not touch it."""
    stops = np.stack([rgb(colour) for colour in SKIES[hour]])
    if tint:
        stops += (rgb(tint) * stops.mean(axis=1, keepdims=True) * np.float32(1.25) - stops) * np.float32(0.4)
    rows = np.linspace(0, len(stops) - 1, bottom, dtype=np.float32)
    bands = np.stack([np.interp(rows, range(len(stops)), stops[:, i]) for i in range(3)], axis=1)
    image = np.repeat(bands.astype(np.float32)[:, None, :], stage.width, axis=1)
    cells = (4, max(2, round(2.2 * stage.width / stage.height)))
    veil = np.clip(noise(stage.dice, bottom, stage.width, cells=cells, octaves=5) * 1.5 - 0.05, 0, 1)
    light = {"sunset": "#FFD3AE", "night": "#5B6790", "morning": "#FFF4E6"}.get(hour, "#FFFFFF")
    fading = np.linspace(0.9, 0.35, bottom, dtype=np.float32)[:, None]
    image += (rgb(light) - image) * (veil * fading * np.float32(clouds))[..., None]
    stage.image[:bottom] = image


def wall(stage: Stage, colour: str, bottom: int, *, mottle: float = 0.02) -> None:
    """An even wall above `bottom`, a little brighter in the upper middle, with the faint cloudiness of paint."""
    plane = noise(stage.dice, bottom, stage.width, cells=(3, 4), octaves=4) * np.float32(mottle)
    fall = 1.03 - 0.10 * np.linspace(0, 1, bottom, dtype=np.float32)[:, None] ** 2
    stage.image[:bottom] = (rgb(colour) * stage.ambient)[None, None, :] * (fall + plane)[..., None]


def rows_of(stage: Stage, top: int) -> tuple[Plane, Plane]:
    """Metres to the right, (rows, width), and away, (rows, 1), of every pixel of the floor below the row `top`."""
    below = np.arange(top, stage.height, dtype=np.float32)[:, None] + np.float32(0.5 - stage.horizon)
    away = np.float32(stage.focal * EYE) / np.maximum(below, 1)
    columns = np.arange(stage.width, dtype=np.float32)[None, :] + np.float32(0.5 - stage.width / 2)
    return columns * away / np.float32(stage.focal), away


def planks(stage: Stage, colour: str, top: int, *, wide: float = 0.16, contrast: float = 0.07) -> None:
    """Floorboards that run away from the camera, each of its own tone, with grain."""
    x, z = rows_of(stage, top)
    board = np.floor(x / np.float32(wide))
    along = z / np.float32(1.9) + _dice_of(board)
    tone = (_dice_of(board * 7 + np.floor(along) * 13) - 0.5) * np.float32(2 * contrast)
    grain = _sampled(stage, x * np.float32(26), z * np.float32(1.6)) * np.float32(contrast * 0.55)
    seam = _line(x / np.float32(wide), wide, z / stage.focal, 0.006) + _line(
        along, 1.9, z * z / stage.focal / EYE, 0.006
    )
    _floor(stage, colour, top, 1 + tone + grain - np.float32(0.17) * np.minimum(seam, 1))


def tiles(
    stage: Stage, colour: str, top: int, *, wide: float = 0.6, joint: float = -0.16, contrast: float = 0.025
) -> None:
    """Square tiles or slabs with joints; a positive `joint` is lighter than the tile."""
    x, z = rows_of(stage, top)
    across, along = x / np.float32(wide) + 0.5, z / np.float32(wide)
    tone = (_dice_of(np.floor(across) * 3 + np.floor(along) * 17) - 0.5) * np.float32(2 * contrast)
    veins = _sampled(stage, x * 5, z * 5) * np.float32(contrast * 0.8)
    seam = _line(across, wide, z / stage.focal, 0.012) + _line(along, wide, z * z / stage.focal / EYE, 0.012)
    _floor(stage, colour, top, 1 + tone + veins + np.float32(joint) * np.minimum(seam, 1))


def soil(stage: Stage, colour: str, top: int, *, rough: float = 0.08, size: float = 9.0) -> None:
    """Ground without a pattern: sand, grass, asphalt, carpet; `size` is grains per metre."""
    x, z = rows_of(stage, top)
    fine = _sampled(stage, x * np.float32(size), z * np.float32(size)) * np.float32(rough)
    wide = _sampled(stage, x * np.float32(size / 7), z * np.float32(size / 7)) * np.float32(rough * 0.8)
    _floor(stage, colour, top, 1 + fine * np.clip(FIGURE * 1.4 / z, 0, 1) + wide)


def mirrored(stage: Stage, base: int, strength: float, *, blur: float = 6.0) -> None:
    """Let the floor below the row `base` mirror what stands above it, less towards the camera."""
    depth = min(stage.height - base, base)
    if depth < 8:
        return
    stage_rows = stage.image[base - depth : base][::-1].copy()
    stage_rows = _soft(stage_rows, blur)
    share = np.linspace(1, 0.25, depth, dtype=np.float32)[:, None, None] * np.float32(strength)
    part = stage.image[base : base + depth]
    part += (stage_rows - part) * share


def sharpness(stage: Stage, top: int) -> None:
    """Bring the far part of the floor out of focus, row by row."""
    rows = stage.image[top:]
    soft = _soft(rows, 2.5)
    _, z = rows_of(stage, top)
    share = np.clip((z - FIGURE * 1.05) / np.float32(2.0), 0, 1)[..., None]
    rows += (soft - rows) * share


def _floor(stage: Stage, colour: str, top: int, factor: Plane) -> None:
    """Colour the floor; it darkens a little towards the wall and towards the viewer."""
    away = np.linspace(0, 1, stage.height - top, dtype=np.float32)[:, None]
    light = 0.90 + 0.14 * np.sin(np.pi * np.clip(away * 0.9 + 0.08, 0, 1))
    stage.image[top:] = (rgb(colour) * stage.ambient)[None, None, :] * (factor * light.astype(np.float32))[..., None]
    sharpness(stage, top)


def _line(place: Plane, period: float, pixel: Plane, thick: float) -> Plane:
    """1 on the lines at whole numbers of `place`, `thick` metres wide; thinner than a pixel they fade, not flicker."""
    distance = np.abs(place - np.round(place)) * np.float32(period)
    reach = np.maximum(pixel, np.float32(thick))
    faint = np.clip(np.float32(thick) / np.maximum(pixel, np.float32(1e-6)), 0, 1)
    return (np.clip(np.float32(1.5) - distance / reach, 0, 1) * faint).astype(np.float32)


def _dice_of(number: Plane) -> Plane:
    """A number from 0 to 1 that belongs to each whole number."""
    value = np.sin(number * np.float32(12.9898)) * np.float32(43758.547)
    rest: Plane = value - np.floor(value)
    return rest


def _sampled(stage: Stage, x: Plane, y: Plane) -> Plane:
    """Noise at places, about -1 to 1; it goes back and forth over one cloud, so it has no seams."""
    cloud = noise(stage.dice, 256, 256, cells=(64, 64), octaves=3)
    down, across = (np.asarray(place * 4, np.int32) & 511 for place in (y, x))
    found: Plane = cloud[np.minimum(down, 511 - down), np.minimum(across, 511 - across)]
    return found


def _soft(rows: Plane, radius: float) -> Plane:
    small = Image.fromarray((np.clip(rows, 0, 1) * 255 + 0.5).astype(np.uint8))
    return np.asarray(small.filter(ImageFilter.GaussianBlur(radius)), np.float32) * np.float32(1 / 255)


def haze(stage: Stage, base: int, hour: str, strength: float) -> None:
    """Pale air where far ground meets what is behind it."""
    tone = rgb(SKIES[hour][3]) * np.float32(0.75 if hour == "night" else 1.0)
    reach = 0.055 * stage.height
    top, bottom = max(0, round(base - 2.5 * reach)), min(stage.height, round(base + 2.5 * reach))
    rows = np.arange(top, bottom, dtype=np.float32)[:, None, None]
    share = np.exp(-(((rows - base) / np.float32(reach)) ** 2)) * np.float32(strength)
    part = stage.image[top:bottom]
    part += (tone - part) * share
