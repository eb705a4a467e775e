"""A drawn wall close behind whoever stands there: wood, brick, concrete or panelled plaster."""

import numpy as np

from lumiku.backends import scene_surfaces as surfaces
from lumiku.backends.scene_stage import Layer, Stage, mixed, noise, rgb, shaded
from lumiku.backends.scene_words import Place


def wall(stage: Stage, place: Place) -> None:
    """A wall of wood, brick, concrete or plaster close behind, and a floor that goes with it."""
    deep = 4.9
    base = stage.foot(deep)
    {"wood": _boards, "brick": _bricks, "concrete": _concrete}.get(place.material, _plaster)(stage, place, base, deep)
    surfaces.planks(stage, {"wood": "#A98A68", "brick": "#94765A"}.get(place.material, "#B4A28C"), base, contrast=0.06)
    if place.material == "concrete":
        surfaces.soil(stage, "#A9A8A5", base, rough=0.05, size=5)
    stage.shade(stage.width / 2, base, (4 * stage.width, 0.022 * stage.height), 0.34)
    side = 1 if place.number & 1 else -1
    light = "#FFB877" if place.hour in {"night", "sunset"} else "#FFF6E6"
    stage.glow(
        (0.5 + 0.32 * side) * stage.width, 0.16 * stage.height, (0.55 * stage.width, 0.50 * stage.height), light, 0.26
    )
    stage.image *= (1 + np.float32(0.10 * side) * stage.across)[..., None]


def _boards(stage: Stage, place: Place, base: int, deep: float) -> None:
    """Upright boards with grain and knots."""
    metre = stage.metre(deep)
    tone = mixed("#A67C55", place.colour, 0.75) if place.colour else "#A67C55"
    board = (np.arange(stage.width, dtype=np.float32) - stage.width / 2) / np.float32(0.19 * metre) + np.float32(40.5)
    number = np.floor(board).astype(int)
    tones = (stage.dice.random(100, np.float32) - 0.5) * np.float32(0.22)
    shifts = stage.dice.integers(0, 400, 100)
    grain = noise(stage.dice, 1024, stage.width, cells=(5, stage.width // 3), octaves=2)
    rows = (np.arange(base)[:, None] + shifts[number % 100][None, :]) % 1024
    veins = grain[rows, np.arange(stage.width)[None, :]] * np.float32(0.10)
    edge = np.abs(board - np.round(board)) * np.float32(0.19 * metre)
    seam = np.clip(1.6 - edge / np.float32(max(0.9, 0.007 * metre)), 0, 1) * np.float32(0.42)
    light = 1 + tones[number % 100][None, :] + veins - seam[None, :]
    stage.image[:base] = (rgb(tone) * stage.ambient)[None, None, :] * light[..., None]
    stage.soften(0, base, 0.9)


def _bricks(stage: Stage, place: Place, base: int, deep: float) -> None:
    """Bricks in running bond, each of its own tone, with pale joints."""
    metre = stage.metre(deep)
    tone = mixed("#A8644C", place.colour, 0.75) if place.colour else "#A8644C"
    rows = (base - np.arange(base, dtype=np.float32)[:, None]) / np.float32(0.085 * metre)
    course = np.floor(rows)
    columns = (np.arange(stage.width, dtype=np.float32)[None, :] - stage.width / 2) / np.float32(0.25 * metre) + 40
    columns = columns + np.float32(0.5) * (course % 2)
    table = (stage.dice.random((64, 128), np.float32) - 0.5) * np.float32(0.30)
    tones = table[course.astype(int) % 64, np.floor(columns).astype(int) % 128]
    gap = np.minimum(
        np.abs(columns - np.round(columns)) * np.float32(0.25 * metre),
        np.abs(rows - np.round(rows)) * np.float32(0.085 * metre),
    )
    joint = np.clip(1.7 - gap / np.float32(max(0.8, 0.007 * metre)), 0, 1)[..., None]
    rough = 0.07 * noise(stage.dice, base, stage.width, cells=(40, 40), octaves=3)
    brick = (rgb(tone) * stage.ambient)[None, None, :] * (1 + tones + rough)[..., None]
    mortar = rgb(mixed("#BFB3A5", tone, 0.25)) * stage.ambient * np.float32(0.92)
    stage.image[:base] = brick + (mortar - brick) * (joint * np.float32(0.75))
    stage.soften(0, base, 1.0)


def _concrete(stage: Stage, place: Place, base: int, deep: float) -> None:
    """Cast slabs with clouds, joints and the holes of the ties."""
    metre = stage.metre(deep)
    tone = mixed("#B3B2AF", place.colour, 0.5) if place.colour else "#B3B2AF"
    surfaces.wall(stage, tone, base, mottle=0.09)
    layer = Layer(stage)
    wide, tall = 1.5, 1.1
    for number in range(-3, 4):
        layer.slab(
            (number * wide - 0.008, number * wide + 0.008), (0, 5), deep, (shaded(tone, 0.72), shaded(tone, 0.66))
        )
    for level in range(5):
        layer.slab((-8, 8), (0.35 + level * tall, 0.365 + level * tall), deep, (shaded(tone, 0.72), shaded(tone, 0.72)))
        for number in range(-6, 7):
            layer.disc((number + 0.5) * wide / 2, 0.9 + level * tall, deep, 0.022, shaded(tone, 0.68))
    stage.lay(layer, 0.035 * metre * 0.4)


def _plaster(stage: Stage, place: Place, base: int, deep: float) -> None:
    """Painted plaster with panels."""
    surfaces.wall(stage, place.wall, base, mottle=0.045)
    layer = Layer(stage)
    for number in range(-3, 4):
        x = number * 1.25
        for low, high in ((1.0, 2.75), (0.22, 0.86)):
            for grow, tone in (
                (0.0, shaded(place.wall, 0.86)),
                (-0.022, shaded(place.wall, 1.07)),
                (-0.036, shaded(place.wall, 0.985)),
            ):
                layer.slab((x - 0.5 - grow, x + 0.5 + grow), (low - grow, high + grow), deep, (tone, tone))
    stage.lay(layer, 1.5)
