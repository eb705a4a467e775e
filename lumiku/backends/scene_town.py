"""Drawn scenes out of doors among buildings: street and market."""

import itertools

import numpy as np

from lumiku.backends import scene_nature as nature
from lumiku.backends import scene_plants as plants
from lumiku.backends import scene_surfaces as surfaces
from lumiku.backends.scene_stage import Layer, Stage, mixed, rgb, shaded
from lumiku.backends.scene_words import Place

FRONTS = ("#C9B9A4", "#B7A79A", "#9FA8AE", "#D6C7B0", "#A98F7C", "#BFC3C2", "#8E979E")
LAMP = "#FFD08A"


def street(stage: Stage, place: Place) -> None:
    """House fronts that run into the distance, trees, lamps, a paved street."""
    base = stage.foot(40)
    surfaces.sky(stage, place.hour, base + 1, clouds=0.4)
    if place.hour != "night":
        nature.sun(stage, place, 0.5, 0.72)
    is_dark = place.hour in {"night", "sunset"}
    edge = max(1.9, min(3.4, stage.half(9.0)))
    _end_of_street(stage, place)
    surfaces.haze(stage, base, place.hour, 0.35)
    surfaces.tiles(stage, mixed("#A5A19B", place.colour or "#A5A19B", 0.12), base, wide=0.8, joint=-0.10)
    stage.soften(base - 5, base + 6, 2.2)
    _fronts(stage, edge, place, is_dark)
    for z in (22.0, 12.0):
        _trees(stage, edge * 0.86, z, place)
    _street_lamps(stage, ((-edge * 0.70, 14.0), (edge * 0.70, 9.0)), is_dark)
    if is_dark:
        _lights(stage, base, place)
        _wet_light(stage, edge, base)


def market(stage: Stage, place: Place) -> None:
    """Stalls with awnings and fruit on both sides, strings of bulbs."""
    base = stage.foot(22)
    surfaces.sky(stage, place.hour, base + 1, clouds=0.3)
    is_dark = place.hour in {"night", "sunset"}
    _end_of_street(stage, place)
    surfaces.tiles(stage, "#B0A290", base, wide=0.5, joint=-0.12, contrast=0.05)
    cloths = (("#C8553D", "#F2E6D2"), ("#3F7A6B", "#F2E6D2"), ("#D99A3C", "#F7EEDD"), ("#4C6A92", "#F0E8DA"))
    if place.colour:
        cloths = ((place.colour, "#F5ECDD"), *cloths[:3])
    for number, z in enumerate((15.0, 11.0, 8.2, 6.2)):
        edge = min(1.35 + 0.05 * z, stage.half(z) * 0.52)
        stalls = Layer(stage)
        for side in (-1, 1):
            _stall(stalls, side, edge, z, cloths[(number + (side > 0) + place.number) % len(cloths)])
        stage.lay(stalls, stage.radius(z), light=(1.0, 0.80, 0.60) if is_dark else None)
        if is_dark:
            _stall_light(stage, edge, z)
    _bulbs(stage, is_dark)
    if is_dark:
        surfaces.mirrored(stage, base, 0.15, blur=9)
        stage.glow(0.5 * stage.width, 0.62 * stage.height, (0.7 * stage.width, 0.24 * stage.height), "#FFBE74", 0.10)


def _end_of_street(stage: Stage, place: Place) -> None:
    """What closes the view: pale houses and trees far away."""
    pale, layer = surfaces.SKIES[place.hour][3], Layer(stage)
    at = -stage.half(60)
    while at < stage.half(60):
        wide, tall = stage.scattered(3, 8), stage.scattered(5, 13)
        tone = mixed(FRONTS[int(stage.scattered(0, len(FRONTS)))], pale if place.hour != "night" else "#8A93B8", 0.5)
        layer.slab((at, at + wide), (-1.5, tall), 60, (tone, shaded(tone, 0.9)))
        at += wide
    for _ in range(7):
        x = stage.scattered(-0.5, 0.5) * stage.half(50)
        layer.leaves(x, 2.4, 50, (3.0, 3.2), [mixed(tone, pale, 0.4) for tone in plants.GREENS[1:]], 60)
    stage.lay(layer, stage.radius(60))


def _fronts(stage: Stage, edge: float, place: Place, is_dark: bool) -> None:
    """Both sides of the street, from far to near, each house with its windows and cornice."""
    borders = [40.0, 27.0, 18.0, 12.0, 7.6, 4.6]
    glow = (0.62, 0.55, 0.56) if place.hour == "night" else None
    lit = Layer(stage)
    for number, (far, near) in enumerate(itertools.pairwise(borders)):
        houses, lit = Layer(stage), lit if number % 3 else Layer(stage)
        for side in (-1, 1):
            colour = _front_colour(place, number, side, far)
            tall = stage.scattered(6.5, 11.0)
            _house(houses, side * edge, (near, far), tall, colour)
            _windows(houses, lit, side * edge, (near, far), tall, is_dark)
        stage.lay(houses, stage.radius((near + far) / 2), light=glow)
        # Lit windows of some houses at once: near fronts never hide far ones.
        if number in {2, 4}:
            stage.lay(lit, stage.radius((near + far) / 2) * 1.1, is_glowing=True)


def _front_colour(place: Place, number: int, side: int, far: float) -> str:
    """Each house has its own colour; far ones are paler, those away from the light darker."""
    colour = FRONTS[(number * 3 + (side > 0) * 2 + place.number) % len(FRONTS)]
    if place.colour and number % 3 == 0:
        colour = mixed(colour, place.colour, 0.6)
    if place.hour != "night":
        colour = mixed(colour, surfaces.SKIES[place.hour][3], 0.35 * min(1.0, far / 40))
    return shaded(colour, 1.04 if side < 0 else 0.84)


def _house(layer: Layer, x: float, depth: tuple[float, float], tall: float, colour: str) -> None:
    near, far = depth
    # A little longer than it is: no sky shows between two soft edges.
    far *= 1.05
    for low, high, factor in ((0.0, tall, 1.0), (tall - 0.3, tall, 1.12), (0.0, 0.35, 0.72), (2.95, 3.1, 1.15)):
        layer.polygon([(x, low, near), (x, high, near), (x, high, far), (x, low, far)], shaded(colour, factor))


def _windows(dull: Layer, bright: Layer, x: float, depth: tuple[float, float], tall: float, is_dark: bool) -> None:
    """Columns of windows over shops; in the evening some are lit, and drawn on the layer that glows."""
    near, far = depth
    for column in range(4):
        start, end = (near + (far - near) * (column + share) / 4 for share in (0.22, 0.78))
        levels = [(0.5, 2.55), *((float(low), float(low) + 1.5) for low in np.arange(3.7, tall - 1.6, 2.5))]
        for number, (low, high) in enumerate(levels):
            chance = (0.62, 0.38) if is_dark else (0.35, 0.0)
            is_lit = dull.stage.scattered(0, 1) < chance[min(number, 1)]
            tone = ("#FFD9A0" if is_lit else "#39404C") if is_dark else ("#E9D3AE" if is_lit else "#66737E")
            layer = bright if is_lit and is_dark else dull
            layer.polygon([(x, low, start), (x, high, start), (x, high, end), (x, low, end)], tone)


def _trees(stage: Stage, x: float, z: float, place: Place) -> None:
    """A tree on either side."""
    layer = Layer(stage)
    pale = surfaces.SKIES[place.hour][3] if place.hour != "night" else "#33446A"
    tones = [mixed(tone, pale, min(0.45, z / 60)) for tone in plants.GREENS]
    for at, away in ((-x, z), (x, z * 1.08)):
        stage.stand(at, away, 1.0, 0.35)
        layer.column(at, (0, 2.3), away, 0.15, ("#7A6654", "#4E4036"))
        layer.leaves(at, 3.1, away, (1.15, 1.25), tones, 80, size=1.3)
    stage.lay(layer, stage.radius(z) * 0.9)


def _street_lamps(stage: Stage, places: tuple[tuple[float, float], ...], is_dark: bool) -> None:
    posts, bulbs = Layer(stage), Layer(stage)
    for x, z in places:
        posts.slab((x - 0.035, x + 0.035), (0, 3.1), z, ("#3F444A", "#2E3236"))
        posts.slab((x - 0.16, x + 0.16), (3.08, 3.13), z, ("#3F444A", "#2E3236"))
        bulbs.disc(x, 3.3, z, 0.17, "#FFF3D8" if is_dark else "#F4F1EA")
    stage.lay(posts, stage.radius(11))
    stage.lay(bulbs, stage.radius(11), is_glowing=is_dark)
    for x, z in places if is_dark else ():
        stage.glow(*stage.at(x, 3.3, z), (1.5 * stage.metre(z), 1.5 * stage.metre(z)), LAMP, 0.5)


def _wet_light(stage: Stage, edge: float, base: int) -> None:
    """What shop fronts throw on the street."""
    for side in (-1, 1):
        for z, strength in ((16.0, 0.45), (9.0, 0.40), (5.5, 0.32)):
            column, row = stage.at(side * edge * 0.8, 0, z)
            stage.glow(column, row, (1.1 * stage.metre(z), 0.22 * stage.metre(z)), "#FFBE78", strength)
    stage.glow(0.5 * stage.width, base + 4, (0.10 * stage.width, 0.09 * stage.height), "#FFD7A0", 0.5)


def _lights(stage: Stage, base: int, place: Place) -> None:
    """Lights far away, as discs of the lens."""
    tones = ("#FFD08A", "#FFB97A", "#FFE9C4", "#FFD9A4", place.colour or "#FFC890")
    layer = Layer(stage)
    for x, y, size in stage.dice.random((30, 3)):
        tone = rgb(tones[int(size * 997) % len(tones)])
        radius = (0.005 + 0.013 * size) * stage.height
        column = stage.width / 2 + (x - 0.5) * (0.20 + 0.75 * y) * stage.width
        row = base - (0.015 + 0.22 * y * y) * stage.height
        red, green, blue = (round(float(value) * 255) for value in tone)
        layer.draw.ellipse(
            (column - radius, row - radius, column + radius, row + radius),
            fill=(red, green, blue, round(50 + 100 * (1 - size))),
        )
    stage.lay(layer, 1.5, is_glowing=True)


def _stall(stall: Layer, side: int, edge: float, z: float, cloth: tuple[str, str]) -> None:
    """A table with crates of fruit under a striped awning; `edge` is its inner end."""
    wide = 2.4
    left, right = (edge, edge + wide) if side > 0 else (-edge - wide, -edge)
    stall.stage.stand((left + right) / 2, z, wide * 1.1, 0.45)
    for x in (left + 0.05, right - 0.05):
        stall.slab((x - 0.03, x + 0.03), (0, 2.15), z, ("#8A6B4E", "#5E4733"))
    back = mixed(cloth[0], "#E9DCC6", 0.55)
    stall.slab((left, right), (0.0, 2.5), z + 0.9, (shaded(back, 0.62), shaded(back, 0.80)))
    for number in range(4):
        x = left + (number + 0.5) * wide / 4
        stall.slab(
            (x - 0.13, x + 0.13),
            (1.45, 1.98),
            z + 0.7,
            (shaded(cloth[number % 2], 0.90), shaded(cloth[number % 2], 0.66)),
            round_by=0.06,
        )
    stall.slab((left, right), (0.06, 0.80), z - 0.1, ("#9A7650", "#664A31"))
    stall.slab((left - 0.04, right + 0.04), (0.78, 0.84), z - 0.15, ("#B98F63", "#7E5C3D"))
    _fruit(stall, (left, right), z)
    stripes = 10
    for number in range(stripes):
        start, end = (left - 0.15 + (wide + 0.3) * share / stripes for share in (number, number + 1))
        tone = cloth[number % 2]
        stall.polygon(
            [(start, 2.62, z + 0.7), (end, 2.62, z + 0.7), (end, 2.12, z - 0.45), (start, 2.12, z - 0.45)], tone
        )
        stall.slab((start, end), (1.95, 2.13), z - 0.45, (shaded(tone, 0.92), shaded(tone, 0.78)), round_by=0.05)


def _stall_light(stage: Stage, edge: float, z: float) -> None:
    """A lamp in each of two stalls, and what it throws on the ground."""
    metre = stage.metre(z)
    for side in (-1, 1):
        column, row = stage.at(side * (edge + 1.2), 1.6, z)
        stage.glow(column, row, (0.9 * metre, 0.5 * metre), LAMP, 0.30)
        column, row = stage.at(side * edge, 0, z - 0.4)
        stage.glow(column, row, (1.2 * metre, 0.25 * metre), LAMP, 0.28)


def _fruit(layer: Layer, span: tuple[float, float], z: float) -> None:
    """Crates of fruit on three steps that rise towards the back."""
    tones = ("#D9472F", "#E8912D", "#E9C33B", "#7FA63C", "#B23A48", "#8C5A86", "#4F8A3C", "#F0B48A")
    wide = (span[1] - span[0]) / 5
    for step in (2, 1, 0):
        low, away = 0.84 + 0.19 * step, z - 0.12 + 0.20 * step
        for number in range(5):
            left, tone = span[0] + number * wide, tones[int(layer.stage.scattered(0, len(tones)))]
            for column in range(4):
                for row in (1, 0):
                    x = left + wide * (0.16 + 0.19 * column + 0.10 * row)
                    layer.disc(
                        x,
                        low + 0.11 + 0.07 * row,
                        away,
                        0.058,
                        shaded(tone, layer.stage.scattered(0.85, 1.1) * (0.92 + 0.14 * row)),
                    )
            layer.slab((left + 0.015, left + wide - 0.015), (low, low + 0.11), away, ("#CDA878", "#8F6C4A"))


def _bulbs(stage: Stage, is_dark: bool) -> None:
    """Strings of bulbs from side to side."""
    wires, bulbs, halos = Layer(stage), Layer(stage), Layer(stage)
    for z, high in ((9.5, 3.25), (7.0, 3.0), (5.4, 2.75)):
        half = min(3.2, stage.half(z) * 1.2)
        x = np.linspace(-half, half, 25)
        y = high - 0.42 * (1 - (x / half) ** 2)
        wires.draw.line([stage.at(float(a), float(b), z) for a, b in zip(x, y, strict=True)], fill="#4A423A", width=1)
        for a, b in list(zip(x, y, strict=True))[1::3]:
            bulbs.disc(float(a), float(b) - 0.06, z, 0.055, "#FFEFCB" if is_dark else "#FFF6E2")
            halos.disc(float(a), float(b) - 0.06, z, 0.13, f"{LAMP}A0")
    stage.lay(wires, 1.7)
    if is_dark:
        stage.lay(halos, 0.022 * stage.height, is_glowing=True)
    stage.lay(bulbs, stage.radius(7), is_glowing=True)
