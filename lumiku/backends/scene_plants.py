"""What grows in drawn scenes: palms, hedges, flower beds, grass, and the light between leaves."""

import numpy as np

from lumiku.backends.scene_stage import Layer, Stage, mixed, rgb, shaded
from lumiku.backends.scene_words import Place

GREENS = ("#20382A", "#2F5236", "#466F42", "#64904F", "#8DB365", "#BAD488")
PALMS = ("#1F3B2B", "#2C5237", "#3F6E43", "#5C8B52")


def fronds(stage: Stage, side: int) -> None:
    """Fronds that hang into an upper corner, close to the lens and far out of focus."""
    layer, h = Layer(stage), stage.height
    root = (stage.width / 2 + side * (stage.width / 2 + 0.04 * h), -0.05 * h)
    for number, angle in enumerate(np.linspace(0.12, 1.25, 6)):
        reach = (0.34 + 0.08 * (number % 2)) * h
        _frond(layer, root, (-side * np.cos(angle), np.sin(angle)), reach, PALMS[number % 4])
    stage.lay(layer, 0.0075 * h)


def _frond(layer: Layer, root: tuple[float, float], way: tuple[float, float], reach: float, colour: str) -> None:
    """A feathered leaf that bends down under its weight."""
    along = np.linspace(0, 1, 16)
    x = root[0] + way[0] * reach * along
    y = root[1] + way[1] * reach * along + 0.22 * reach * along**2
    layer.draw.line(list(zip(x, y, strict=True)), fill=colour, width=max(1, round(reach * 0.014)))
    for place in range(2, 16):
        size = reach * 0.20 * np.sin(np.pi * (0.12 + 0.8 * along[place]))
        for turn in (-1, 1):
            tip = (
                x[place] + way[0] * size * 0.6 - turn * way[1] * size * 0.6,
                y[place] + way[1] * size * 0.6 + turn * way[0] * size * 0.6 + 0.35 * size,
            )
            layer.draw.polygon(
                [(x[place - 1], y[place - 1]), (x[place], y[place]), tip], fill=shaded(colour, 1.0 + 0.12 * turn)
            )


def palms(stage: Stage, side: int) -> None:
    """Palms at the edge of the fields."""
    layer = Layer(stage)
    for across, z, tall in ((0.56, 21.0, 7.2), (0.86, 17.0, 5.4), (0.72, 25.0, 9.6)):
        x = side * across * stage.half(z)
        crown, foot = stage.at(x - 0.5 * side, tall, z), stage.at(x, 0, z)
        middle = stage.at(x - 0.05 * side, tall * 0.5, z)
        layer.draw.line(
            [foot, middle, crown], fill="#6F6350", width=max(1, round(0.17 * stage.metre(z))), joint="curve"
        )
        for angle in np.linspace(-3.6, 0.45, 11):
            way = (float(np.cos(angle)), float(np.sin(angle) * 0.75))
            _frond(layer, crown, way, stage.scattered(1.7, 2.2) * stage.metre(z), PALMS[int(stage.scattered(0, 4))])
    stage.lay(layer, stage.radius(5))


def thicket(stage: Stage, z: float, top: float, pale: float) -> None:
    """Trees or a hedge from side to side, without gaps down to the ground."""
    layer = Layer(stage)
    tones = [mixed(tone, "#DDE8C8", pale) for tone in GREENS]
    half, step = stage.half(z) * 1.1, 0.42 * top + 1.2
    layer.slab((-half, half), (-0.6, 0.36 * top), z, (tones[2], tones[0]))
    for x in np.arange(-half, half + step, step):
        high = top * stage.scattered(0.55, 1.0)
        layer.leaves(float(x), 0.52 * high, z, (0.75 * step, 0.46 * high), tones, 42, size=1.5)
    stage.lay(layer, stage.radius(z) * 1.1)


def border(stage: Stage, z: float, tints: list[str]) -> None:
    """Shrubs with flowers on both sides, outside of where somebody stands."""
    layer = Layer(stage)
    inner = min(1.25 + 0.10 * z, stage.half(z) * 0.70)
    reach = max(0.7, stage.half(z) - inner)
    for side in (-1, 1):
        for share in (0.95, 0.55, 0.15):
            x = side * (inner + reach * share)
            size = stage.scattered(0.38, 0.62)
            layer.leaves(x, size * 0.55, z, (min(0.62, 0.5 * reach + 0.12), size * 0.8), GREENS, 64, size=1.25)
            for _ in range(11):
                flower = tints[int(stage.scattered(0, len(tints)))]
                layer.disc(
                    x + stage.scattered(-0.5, 0.5),
                    size * stage.scattered(0.35, 1.35),
                    z,
                    stage.scattered(0.025, 0.055),
                    flower,
                )
        stage.stand(side * (inner + reach * 0.5), z, reach * 1.3, 0.30)
    stage.lay(layer, stage.radius(z))


def sparkles(stage: Stage, colour: str, place: Place) -> None:
    """Light between leaves, as round as the lens makes it."""
    layer = Layer(stage)
    red, green, blue = (round(float(value) * 255) for value in rgb(colour))
    strength = 0.35 if place.hour == "night" else 1.0
    for x, y, size in stage.dice.random((34, 3)):
        radius = (0.006 + 0.016 * size) * stage.height
        column, row = x * stage.width, (0.04 + 0.5 * y) * stage.height
        alpha = round((26 + 60 * (1 - size)) * strength)
        layer.draw.ellipse(
            (column - radius, row - radius, column + radius, row + radius), fill=(red, green, blue, alpha)
        )
    stage.lay(layer, 1.6, is_glowing=True)


def tufts(stage: Stage, base: int, tones: tuple[str, ...], place: Place) -> None:
    """Grass that stands up before the camera, at the sides more than in the middle."""
    for middle, count in ((7.5, 260), (5.0, 220)):
        layer = Layer(stage)
        for across, size, lean, away in stage.dice.random((count, 4)):
            z = middle + (away - 0.5) * 3.2
            metre = stage.metre(z)
            x = np.copysign(0.34 + 0.72 * abs(across * 2 - 1), across - 0.5)
            tall = (0.08 + 0.20 * size) * abs(x) * metre
            column, row = stage.at(x * stage.half(z), 0, z)
            tone = tones[int(size * len(tones))]
            layer.draw.polygon(
                [
                    (column - 0.012 * metre, row),
                    (column + 0.012 * metre, row),
                    (column + (lean - 0.5) * tall * 0.7, row - tall),
                ],
                fill=tone,
            )
        stage.lay(layer, stage.radius(middle) + 0.2)
