"""The courtyard of a mosque, drawn: marble, pointed arches, a dome and minarets."""

import numpy as np

from lumiku.backends import scene_nature as nature
from lumiku.backends import scene_surfaces as surfaces
from lumiku.backends.scene_stage import Layer, Stage, mixed, shaded
from lumiku.backends.scene_town import LAMP
from lumiku.backends.scene_words import Place


def courtyard(stage: Stage, place: Place) -> None:
    """A marble courtyard before an arcade, a dome and minarets behind."""
    deep = 13.0
    base = stage.foot(deep)
    surfaces.sky(stage, place.hour, base + 1, tint=None, clouds=0.45)
    nature.sun(stage, place, 0.5 + (0.28 if place.number & 1 else -0.28), 0.55)
    is_dark = place.hour in {"night", "sunset"}
    stone = mixed("#EFE7DA", place.colour, 0.25) if place.colour else "#EFE7DA"
    dome = place.colour or "#7FA9A0"
    _dome(stage, stone, dome)
    _arcade(stage, stone, deep, is_dark)
    surfaces.tiles(stage, mixed("#EDE6DA", stone, 0.4), base, wide=1.0, joint=-0.07)
    surfaces.mirrored(stage, base, 0.40, blur=5)
    stage.shade(stage.width / 2, base, (4 * stage.width, 0.010 * stage.height), 0.25)


def _dome(stage: Stage, stone: str, dome: str) -> None:
    layer, z = Layer(stage), 40.0
    for side in (-1, 1):
        at = side * min(10.5, stage.half(z) * 0.83)
        layer.column(at, (0, 14.2), z, 1.25, (shaded(stone, 1.0), shaded(stone, 0.72)))
        layer.slab((at - 1.0, at + 1.0), (11.2, 11.6), z, (stone, shaded(stone, 0.8)))
        layer.slab((at - 0.85, at + 0.85), (13.9, 14.3), z, (stone, shaded(stone, 0.8)))
        layer.polygon([(at - 0.66, 14.2, z), (at + 0.66, 14.2, z), (at, 17.0, z)], dome)
    layer.column(0, (0, 9.1), z, 8.6, (shaded(stone, 0.98), shaded(stone, 0.74)))
    for number in range(-4, 5):
        layer.slab(
            (number * 0.95 - 0.18, number * 0.95 + 0.18),
            (7.6, 8.6),
            z,
            (shaded(stone, 0.68), shaded(stone, 0.6)),
            round_by=0.18,
        )
    layer.slab((-4.4, 4.4), (8.9, 9.2), z, (shaded(stone, 1.06), shaded(stone, 0.8)))
    _bulb(layer, 9.1, z, 4.1, dome)
    stage.lay(layer, stage.radius(z) * 0.6)


def _bulb(layer: Layer, low: float, z: float, reach: float, colour: str) -> None:
    """An onion dome, its light from the left, with a spire."""
    heights = np.linspace(0, 1, 26)
    widths = reach * np.where(
        heights < 0.32,
        0.93 + 0.07 * np.sin(heights / 0.32 * np.pi / 2),
        np.cos((heights - 0.32) / 0.68 * np.pi / 2) ** 0.72,
    )
    for number in range(14):
        share = number / 13
        scale, shift = 1 - 0.85 * share, -0.32 * reach * share
        outline = [
            (shift + way * w * scale, low + h * reach * 1.22, z)
            for way, hs in ((-1, range(26)), (1, range(25, -1, -1)))
            for h, w in ((heights[i], widths[i]) for i in hs)
        ]
        layer.polygon(outline, shaded(colour, 0.74 + 0.42 * share))
    layer.slab((-0.06, 0.06), (low + reach * 1.2, low + reach * 1.2 + 1.3), z, ("#D9B866", "#A98A44"))


def _arcade(stage: Stage, stone: str, deep: float, is_dark: bool) -> None:
    """Pointed arches on slender columns, dark behind, lit by lamps in the evening."""
    half, wide, tall = stage.half(deep) + 2, 1.95, 3.35
    front, hollow = Layer(stage), Layer(stage)
    front.slab((-half, half), (-0.4, tall), deep, (shaded(stone, 1.02), shaded(stone, 0.90)))
    front.slab((-half, half), (tall - 0.34, tall - 0.24), deep, (shaded(stone, 0.86), shaded(stone, 0.94)))
    front.slab((-half, half), (tall - 0.10, tall + 0.16), deep, (shaded(stone, 1.08), shaded(stone, 0.84)))
    stage.lay(front, stage.radius(deep) * 0.8)
    inner = "#C99A62" if is_dark else mixed(stone, "#8E7F70", 0.62)
    rims = Layer(stage)
    count = int(half / wide) + 1
    for number in range(-count, count + 1):
        rims.polygon(_arch(number * wide, wide * 0.455, 2.86, deep), shaded(stone, 1.07))
        hollow.polygon(_arch(number * wide, wide * 0.375, 2.66, deep), inner)
        hollow.polygon(_arch(number * wide, wide * 0.26, 2.05, deep), shaded(inner, 0.90 if not is_dark else 1.12))
    stage.lay(rims, stage.radius(deep) * 0.7)
    stage.lay(hollow, stage.radius(deep) * 0.7, is_glowing=is_dark)
    for number in range(-count, count + 1):
        column, row = stage.at(number * wide, 0.0, deep)
        if is_dark:
            stage.glow(
                column, stage.at(0, 2.0, deep)[1], (0.8 * stage.metre(deep), 1.3 * stage.metre(deep)), LAMP, 0.35
            )
        else:
            stage.glow(column, row, (0.7 * stage.metre(deep), 0.9 * stage.metre(deep)), "#FFF4E2", 0.22)


def _arch(x: float, reach: float, tall: float, z: float) -> list[tuple[float, float, float]]:
    """The outline of an opening whose top is two arcs that meet in a point."""
    radius = 1.55 * reach
    turns = np.linspace(0, np.arccos((radius - reach) / radius), 12)
    spring = tall - radius * float(np.sin(turns[-1]))
    rise = [(radius * float(np.cos(t)) - (radius - reach), spring + radius * float(np.sin(t))) for t in turns]
    right = [(x + across, up, z) for across, up in rise]
    left = [(x - across, up, z) for across, up in reversed(rise)]
    return [(x + reach, -0.4, z), *right, *left, (x - reach, -0.4, z)]
