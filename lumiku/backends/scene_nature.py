"""Drawn scenes under the open sky without houses: beach, garden, mountains, rice field."""

import numpy as np

from lumiku.backends import scene_plants as plants
from lumiku.backends import scene_surfaces as surfaces
from lumiku.backends.scene_stage import Layer, Plane, Stage, mixed, noise, rgb
from lumiku.backends.scene_words import Place


def beach(stage: Stage, place: Place) -> None:
    """Sky, a band of sea with glints, wet sand and dry sand."""
    far, shore = round(stage.horizon), stage.foot(7.5)
    surfaces.sky(stage, place.hour, far + 1, tint=place.colour, clouds=0.55)
    side = 1 if place.number & 1 else -1
    sun(stage, place, 0.5 + 0.24 * side, 0.80)
    _sea(stage, place, far, shore)
    surfaces.soil(stage, "#E2CBA4", shore, rough=0.05, size=14)
    _wet_sand(stage, place, shore)
    _foam(stage, shore)
    if place.hour in {"sunset", "morning"}:
        _path_of_light(stage, (0.5 + 0.24 * side) * stage.width, far, shore)
    plants.fronds(stage, -side)
    surfaces.haze(stage, far, place.hour, 0.35)


def garden(stage: Stage, place: Place) -> None:
    """A path between shrubs and flowers, trees behind, light between the leaves."""
    far = stage.foot(13)
    surfaces.sky(stage, place.hour, far + 1, clouds=0.3)
    light, side = surfaces.SKIES[place.hour][3], 1 if place.number & 1 else -1
    for z, top, pale in ((34.0, 13.0, 0.50), (22.0, 5.6, 0.30), (14.0, 1.25, 0.05)):
        plants.thicket(stage, z, top, pale)
    plants.sparkles(stage, light, place)
    surfaces.soil(stage, "#86A35E", far, rough=0.13, size=16)
    _path(stage, far, wide=0.80)
    _dapples(stage, far, place)
    stage.soften(far - 5, far + 6, 2.4)
    tints = (
        (place.colour, "#F6D9DD", "#FFF6E6")
        if place.colour not in {None, "#7FA380"}
        else ("#E58FA5", "#F7D6DF", "#FFF3DC")
    )
    for z in (10.5, 7.5, 5.2):
        plants.border(stage, z, [tint for tint in tints if tint])
    if place.hour in {"day", "morning", "sunset"}:
        stage.glow(
            (0.5 + 0.22 * side) * stage.width,
            0.10 * stage.height,
            (0.45 * stage.width, 0.42 * stage.height),
            light,
            0.50,
        )


def mountains(stage: Stage, place: Place) -> None:
    """Ridges that pale with distance, mist in the valleys, a meadow."""
    base = stage.foot(22)
    surfaces.sky(stage, place.hour, base + 1, tint=place.colour, clouds=0.6)
    side = 1 if place.number & 1 else -1
    sun(stage, place, 0.5 + 0.26 * side, 0.62)
    pale = _mist(place.hour)
    for number, (top, rough, colour) in enumerate(
        ((0.20, 0.17, "#7C93AE"), (0.36, 0.11, "#66838F"), (0.47, 0.075, "#557A6B"), (0.55, 0.045, "#4C7350"))
    ):
        colour = mixed(colour, pale, 0.62 - 0.17 * number)
        ridge(stage, top, rough, colour, base, pale)
    stage.soften(0, base, 0.0042 * stage.height)
    surfaces.soil(stage, "#8EA65A", base, rough=0.15, size=11)
    surfaces.haze(stage, base, place.hour, 0.5)
    plants.tufts(stage, base, ("#5E7C3E", "#7B9A4C", "#A5BC66", "#C7D289"), place)


def field(stage: Stage, place: Place) -> None:
    """Rice terraces, palms and a far volcano; a grass path."""
    base = stage.foot(11)
    surfaces.sky(stage, place.hour, base + 1, tint=place.colour, clouds=0.6)
    side = 1 if place.number & 1 else -1
    sun(stage, place, 0.5 + 0.26 * side, 0.66)
    pale = _mist(place.hour)
    ridge(stage, 0.30, 0.13, mixed("#7F96AC", pale, 0.5), base, pale)
    ridge(stage, 0.47, 0.05, mixed("#5E8268", pale, 0.28), base, pale)
    for number in range(7):
        tone = mixed(("#86AE4C", "#A9C662")[number % 2], pale, 0.36 - 0.055 * number)
        _terrace(stage, 0.455 + 0.031 * number + 0.0016 * number**2, tone, base)
    stage.soften(0, base, 0.0038 * stage.height)
    plants.palms(stage, -side)
    surfaces.soil(stage, "#8FB050", base, rough=0.16, size=12)
    surfaces.haze(stage, base, place.hour, 0.3)
    _path(stage, base, colour="#C2AC82", wide=0.55)
    plants.tufts(stage, base, ("#4F7A35", "#74A045", "#9CC25A", "#C6DB84"), place)


def sun(stage: Stage, place: Place, across: float, down: float) -> None:
    """The sun low in the sky, or the moon; `down` is a share of the way to the horizon."""
    x, y, h = across * stage.width, down * stage.horizon, stage.height
    if place.hour in {"sunset", "morning"}:
        tone = "#FFB067" if place.hour == "sunset" else "#FFE3B0"
        stage.glow(x, y, (0.80 * h, 0.34 * h), tone, 0.50)
        stage.glow(x, y, (0.22 * h, 0.19 * h), "#FFD596", 0.60)
        _ball(stage, x, y, 0.036 * h, "#FFF6DD")
    elif place.hour == "night":
        _stars(stage)
        stage.glow(x, 0.2 * h, (0.20 * h, 0.20 * h), "#9FB2E8", 0.30)
        _ball(stage, x, 0.2 * h, 0.026 * h, "#F3F1E2")
    elif place.hour == "day":
        stage.glow(x, 0.0, (0.7 * h, 0.4 * h), "#FFFFFF", 0.40)


def ridge(stage: Stage, top: float, rough: float, colour: str, base: int, mist: str) -> None:
    """A line of hills: `top` and `rough` are shares of the height; its foot fades into mist."""
    knots = max(2, round(2.6 * stage.width / stage.height))
    line = noise(stage.dice, 2, stage.width, cells=(1, knots), octaves=5)[0]
    crest = (top * (stage.horizon / stage.height) / 0.6 - line * rough) * stage.height
    start = min(max(0, int(crest.min()) - 2), base - 2)
    below = np.arange(start, base, dtype=np.float32)[:, None] - crest[None, :].astype(np.float32)
    deep = np.clip(below / np.float32(0.24 * stage.height), 0, 1)[..., None]
    body = rgb(colour) * stage.ambient * _folds(stage, base - start)
    body += (rgb(mist) - body) * (np.float32(0.55) * deep)
    part = stage.image[start:base]
    part += (body - part) * np.clip(below / np.float32(2.2) + np.float32(0.5), 0, 1)[..., None]


def _folds(stage: Stage, rows: int) -> Plane:
    """Light and shade of ravines that run down aslant, (rows, width, 1), about 1."""
    cloud = noise(stage.dice, rows, stage.width, cells=(4, 14), octaves=3)
    aslant = (np.arange(stage.width)[None, :] + np.arange(rows)[:, None] * 3 // 5) % (2 * stage.width)
    found = np.take_along_axis(cloud, np.minimum(aslant, 2 * stage.width - 1 - aslant), axis=1)
    return 1 + np.float32(0.06) * found[..., None]


def _mist(hour: str) -> str:
    """The colour of far air."""
    return mixed(surfaces.SKIES[hour][2], "#B4C6D6", {"morning": 0.6, "sunset": 0.15}.get(hour, 0.0))


def _ball(stage: Stage, x: float, y: float, radius: float, colour: str) -> None:
    layer = Layer(stage)
    layer.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    stage.lay(layer, 0.18 * radius + 0.8, is_glowing=True)


def _stars(stage: Stage) -> None:
    layer = Layer(stage)
    for x, y, light in stage.dice.random((90, 3)):
        column, row, size = x * stage.width, y**1.5 * 0.75 * stage.horizon, 0.25 + 0.55 * light**4
        layer.draw.ellipse(
            (column - size, row - size, column + size, row + size), fill=(220, 228, 255, round(60 + 150 * light))
        )
    stage.lay(layer, 0.7, is_glowing=True)


def _sea(stage: Stage, place: Place, far: int, shore: int) -> None:
    deep = {"day": "#2F86A8", "morning": "#6E9FB0", "sunset": "#5C6C96", "night": "#33486F", "cloudy": "#7E97A3"}
    sky, colour = surfaces.SKIES[place.hour], deep[place.hour]
    near = mixed(colour, {"day": "#7FCBC4", "night": "#5B719C"}.get(place.hour, sky[2]), 0.75)
    rows = np.linspace(0, 1, shore - far, dtype=np.float32)[:, None, None]
    first, second = rgb(mixed(colour, sky[3], 0.18)), rgb(near)
    if place.hour == "night":
        first, second = first * np.float32(0.62), second * np.float32(0.62)
    waves = noise(stage.dice, shore - far, stage.width, cells=(max(2, (shore - far) // 3), 7), octaves=3)[..., None]
    light = rgb(sky[3]) * np.float32(1.02)
    stage.image[far:shore] = first + (second - first) * rows
    glint = np.clip(waves - np.float32(0.22), 0, 1) * (np.float32(0.55) - np.float32(0.25) * rows)
    stage.image[far:shore] += (light - stage.image[far:shore]) * glint - np.clip(-waves, 0, 1) * np.float32(0.05)
    stage.soften(far - 3, far + 4, 1.6)


def _wet_sand(stage: Stage, place: Place, shore: int) -> None:
    """Close to the water the sand is dark and mirrors the sky."""
    depth = min(round(0.075 * stage.height), stage.height - shore)
    line = noise(stage.dice, 2, stage.width, cells=(1, 3), octaves=3)[0] * np.float32(0.25)
    rows = np.linspace(0, 1, depth, dtype=np.float32)[:, None] + line[None, :]
    share = np.clip(1.05 - rows, 0, 1)[..., None] * np.float32(0.75)
    wet = (rgb("#B59C78") * stage.ambient + rgb(surfaces.SKIES[place.hour][2])) / 2
    part = stage.image[shore : shore + depth]
    part += (wet - part) * share


def _foam(stage: Stage, shore: int) -> None:
    for offset, strength in ((-0.006, 0.85), (-0.030, 0.4), (-0.052, 0.25)):
        line = noise(stage.dice, 2, stage.width, cells=(1, 3), octaves=4)[0] * np.float32(0.010 * stage.height)
        middle = shore + offset * stage.height + line
        start, end = max(0, int(middle.min()) - 12), min(stage.height, int(middle.max()) + 13)
        rows = np.arange(start, end, dtype=np.float32)[:, None]
        thick = np.float32(0.0042 * stage.height) * (
            1 + 0.5 * noise(stage.dice, 2, stage.width, cells=(1, 12), octaves=3)[0]
        )
        band = np.exp(-(((rows - middle[None, :]) / np.maximum(thick, 0.5)) ** 2))[..., None] * np.float32(strength)
        part = stage.image[start:end]
        part += (rgb("#FFFDF8") * (stage.ambient * np.float32(0.6) + np.float32(0.4)) - part) * band


def _path_of_light(stage: Stage, x: float, far: int, shore: int) -> None:
    depth = shore + round(0.05 * stage.height) - far
    rows = np.linspace(0, 1, depth, dtype=np.float32)[:, None]
    columns = np.arange(stage.width, dtype=np.float32)[None, :]
    beam = np.exp(-(((columns - x) / ((0.035 + 0.07 * rows) * stage.height)) ** 2))
    ripple = np.clip(noise(stage.dice, depth, stage.width, cells=(depth // 3, 8), octaves=2) * 0.9 + 0.55, 0, 1)
    part = stage.image[far : far + depth]
    part += (rgb("#FFE0AE") - part) * (beam * ripple * (1 - 0.55 * rows) * np.float32(0.9))[..., None]


def _terrace(stage: Stage, top: float, colour: str, base: int) -> None:
    """A bank of rice: a bright edge that follows the hill, darker below."""
    line = noise(stage.dice, 2, stage.width, cells=(1, 2), octaves=3)[0]
    edge = (top * (stage.horizon / stage.height) / 0.6 + line * 0.016) * stage.height + 0.06 * stage.height
    start, end = max(0, int(edge.min()) - 2), min(base, int(edge.max() + 0.09 * stage.height))
    if start >= end:
        return
    rows = np.arange(start, end, dtype=np.float32)[:, None]
    below = rows - edge[None, :].astype(np.float32)
    cells = (max(2, (end - start) // 4), stage.width // 8)
    straw = noise(stage.dice, end - start, stage.width, cells=cells, octaves=2) * np.float32(0.08)
    light = np.float32(1.10) - np.float32(0.55) * np.clip(below / np.float32(0.05 * stage.height), 0, 1) + straw
    body = (rgb(colour) * stage.ambient)[None, None, :] * light[..., None]
    part = stage.image[start:end]
    part += (body - part) * np.clip(below / np.float32(1.6) + np.float32(0.5), 0, 1)[..., None]


def _path(stage: Stage, far: int, *, colour: str = "#D8CBB2", wide: float = 0.95) -> None:
    x, z = surfaces.rows_of(stage, far)
    bend = np.float32(0.75) * np.sin((z - 3.0) * np.float32(0.42)) * np.clip(z - 3.0, 0, 1)
    ragged = np.float32(0.09) * noise(stage.dice, stage.height - far, 2, cells=(24, 1), octaves=3)[:, :1]
    edge = np.clip((wide + ragged - np.abs(x - bend)) / (0.12 + 0.015 * z), 0, 1)[..., None]
    grit = 1 + 0.07 * noise(stage.dice, stage.height - far, stage.width, cells=(50, 60), octaves=3)[..., None]
    part = stage.image[far:]
    part += (rgb(colour) * stage.ambient * grit - part) * edge * np.float32(0.92)


def _dapples(stage: Stage, far: int, place: Place) -> None:
    """Spots of sun on the ground."""
    if place.hour not in {"day", "morning", "sunset"}:
        return
    cloud: Plane = noise(stage.dice, stage.height - far, stage.width, cells=(8, 9), octaves=3)
    part = stage.image[far:]
    part *= 1 + np.float32(0.13) * np.tanh(cloud * np.float32(2.2))[..., None]
