"""Drawn scenes under a roof where people live and sit: studio, living room, bedroom, café."""

import numpy as np

from lumiku.backends import scene_furniture as furniture
from lumiku.backends import scene_surfaces as surfaces
from lumiku.backends.scene_furniture import WALL
from lumiku.backends.scene_stage import Layer, Stage, mixed, noise, rgb, shaded
from lumiku.backends.scene_words import Place


def studio(stage: Stage, place: Place) -> None:
    """A seamless backdrop with a soft pool of light."""
    colour = place.colour or ("#ECEAE6" if place.kind == "studio" else place.wall)
    floor = stage.foot(4.6)
    rise = 1 / (1 + np.exp(-(stage.down * stage.height - floor) / (0.045 * stage.height)))
    light = 0.97 - 0.05 * stage.across**2 + 0.02 * noise(stage.dice, stage.height, stage.width, cells=(3, 3), octaves=3)
    upper, lower = rgb(colour), rgb(mixed(shaded(colour, 0.96), "#FFFFFF", 0.06))
    stage.image[...] = (upper + (lower - upper) * rise[..., None]) * light[..., None] * stage.ambient
    # A faint turn of shade where wall becomes floor.
    stage.shade(stage.width / 2, floor - 0.01 * stage.height, (stage.width, 0.05 * stage.height), 0.045)
    side = stage.scattered(-0.15, 0.15)
    stage.glow(
        (0.5 + side) * stage.width, 0.40 * stage.height, (0.42 * stage.width, 0.38 * stage.height), "#FFFFFF", 0.42
    )
    stage.glow(0.5 * stage.width, 0.93 * stage.height, (0.36 * stage.width, 0.10 * stage.height), "#FFFFFF", 0.22)


def room(stage: Stage, place: Place) -> None:
    """A bare room in the words' own colour, with the light of a window falling on the wall."""
    base = stage.foot(WALL - 1.2)
    surfaces.wall(stage, place.wall, base, mottle=0.025)
    surfaces.planks(stage, mixed("#B79B7C", place.wall, 0.25), base, contrast=0.05)
    skirting(stage, mixed(place.wall, "#FFFFFF", 0.45), WALL - 1.2)
    panes(stage, side=1 if place.number & 256 else -1)
    surfaces.mirrored(stage, base, 0.10, blur=9)


def living_room(stage: Stage, place: Place) -> None:
    """A sofa under a picture, a window with curtains, a plant and a lamp."""
    base, side = stage.foot(WALL), 1 if place.number & 1 else -1
    tone = place.colour or "#DCD3C5"
    surfaces.wall(stage, tone, base)
    surfaces.planks(stage, "#B08A66", base)
    half = stage.half(WALL)
    furniture.window(
        stage, place, x=side * half * 0.62, wide=min(1.7, half * 0.75), curtain=mixed(tone, "#FFFFFF", 0.65)
    )
    furniture.pictures(stage, -side * half * 0.52, tone)
    skirting(stage, mixed(tone, "#FFFFFF", 0.55), WALL)
    furniture.rug(stage, mixed(tone, "#F3EDE2", 0.7), 4.3)
    furniture.sofa(stage, -side * stage.half(5.6) * 0.60, mixed("#7C8A86", tone, 0.2), 5.6)
    furniture.plant(stage, side * stage.half(5.3) * 0.93, 5.3, 1.0)
    furniture.lamp(stage, -side * stage.half(6.2) * 0.10, 6.2, place)
    surfaces.mirrored(stage, base, 0.07, blur=7)
    daylight(stage, place, side)


def bedroom(stage: Stage, place: Place) -> None:
    """A made bed with a headboard, bedside lamps and a window."""
    base, side = stage.foot(WALL), 1 if place.number & 1 else -1
    tone = place.colour or "#D9CEC4"
    surfaces.wall(stage, tone, base)
    surfaces.planks(stage, "#A98564", base)
    half = stage.half(WALL)
    furniture.window(
        stage, place, x=side * half * 0.66, wide=min(1.6, half * 0.66), curtain=mixed(tone, "#FFFFFF", 0.7)
    )
    skirting(stage, mixed(tone, "#FFFFFF", 0.5), WALL)
    furniture.rug(stage, mixed(tone, "#F5F0E8", 0.75), 4.3)
    x, wide = -side * stage.half(6.0) * 0.42, min(2.0, stage.half(6.0) * 1.1)
    stage.stand(x, 5.2, wide * 1.15, 0.45)
    bed = Layer(stage)
    head = mixed("#8E7A68", tone, 0.25)
    bed.slab(
        (x - wide * 0.56, x + wide * 0.56), (0.2, 1.25), 6.4, (shaded(head, 1.05), shaded(head, 0.85)), round_by=0.12
    )
    for across in (-0.27, 0.27):
        middle = x + across * wide
        bed.slab((middle - 0.23 * wide, middle + 0.23 * wide), (0.55, 0.98), 6.2, ("#FBF8F3", "#DAD2C7"), round_by=0.16)
    bed.slab((x - wide / 2, x + wide / 2), (0.05, 0.64), 5.4, ("#F4EFE7", "#CFC5B8"), round_by=0.10)
    cover = mixed("#A9B5A8", tone, 0.35)
    bed.slab(
        (x - wide * 0.51, x + wide * 0.51), (0.04, 0.60), 5.2, (shaded(cover, 1.08), shaded(cover, 0.80)), round_by=0.09
    )
    stage.lay(bed, stage.radius(5.6))
    furniture.lamp(stage, x + side * wide * 0.75, 6.3, place, tall=1.05)
    daylight(stage, place, side)


def cafe(stage: Stage, place: Place) -> None:
    """A counter with shelves behind, hanging lamps, a tall window, small tables."""
    deep, side = 7.4, 1 if place.number & 1 else -1
    base = stage.foot(deep)
    tone = place.colour or ("#5E7068", "#8A6A58", "#6C7480")[place.number % 3]
    surfaces.wall(stage, mixed(tone, "#EFE6DA", 0.25), base)
    surfaces.planks(stage, "#A07A58", base, contrast=0.09)
    half = stage.half(deep)
    furniture.window(stage, place, x=side * half * 0.74, wide=min(2.2, half * 0.72), z=deep, tall=(0.25, 2.75), bars=3)
    furniture.shelves(stage, -side * half * 0.45, min(2.6, half * 1.0), deep)
    furniture.counter(stage, -side * stage.half(6.6) * 0.52, min(3.2, stage.half(6.6) * 1.15), 6.6)
    surfaces.mirrored(stage, base, 0.16, blur=8)
    for x, z in (
        (side * stage.half(5.4) * 0.66, 5.4),
        (-side * stage.half(4.4) * 0.98, 4.4),
        (side * stage.half(4.3) * 1.02, 4.3),
    ):
        furniture.table(stage, x, z, mixed("#6B4A34", tone, 0.1))
    for number in range(4):
        x = -side * stage.half(6.0) * (0.95 - 0.42 * number)
        furniture.pendant(stage, x, 2.05 + 0.10 * (number % 2), 6.0)
    daylight(stage, place, side)


def skirting(stage: Stage, colour: str, z: float) -> None:
    """A board where the wall meets the floor, and the dark of the corner."""
    half = stage.half(z) * 1.05
    layer = Layer(stage)
    layer.slab((-half, half), (0.0, 0.10), z, (colour, shaded(colour, 0.86)))
    stage.lay(layer, stage.radius(z))
    stage.shade(stage.width / 2, stage.foot(z), (4 * stage.width, 0.016 * stage.height), 0.22)


def panes(stage: Stage, *, side: int) -> None:
    """The slanting light of a window that is out of the picture."""
    layer = Layer(stage)
    h, middle = stage.height, stage.width / 2 + side * 0.14 * min(stage.width, stage.height)
    for column in range(2):
        for row in range(3):
            left, top = middle + (column - 1) * 0.21 * h, (0.14 + row * 0.165) * h
            slant = side * 0.16 * h
            corners = [
                (left, top),
                (left + 0.19 * h, top - 0.06 * h),
                (left + 0.19 * h, top + 0.09 * h),
                (left, top + 0.15 * h),
            ]
            layer.draw.polygon([(x + slant * (y / h - 0.4), y) for x, y in corners], fill=(255, 246, 228, 74))
    stage.lay(layer, 0.011 * h, is_glowing=True)


def daylight(stage: Stage, place: Place, side: int) -> None:
    """More light on the window's side of the room, and on the floor before it."""
    if place.hour == "night":
        return
    fall = 1 + np.float32(0.07 * side) * stage.across
    stage.image *= fall[..., None]
    stage.glow(
        (0.5 + 0.28 * side) * stage.width, 0.88 * stage.height, (0.33 * stage.width, 0.09 * stage.height),
        "#FFD9A8" if place.hour == "sunset" else "#FFFAF0", 0.16,
    )  # fmt: skip
