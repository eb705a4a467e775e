"""A stage for drawn scenes: a pinhole camera, layers that go out of focus with distance, and light.

Everything is drawn at about a quarter of a megapixel, blurred as a portrait lens would, and enlarged at the end with
a fine grain, so the cost hardly depends on the asked size and soft gradients show no bands. Places are metres: x to
the right of the middle, y up from the floor, z away from the camera; whoever is set in stands at `FIGURE`.
"""

import math
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Plane = NDArray[np.float32]
Place3 = tuple[float, float, float]
#: Pixels that a scene is worked out on.
PIXELS = 480 * 480
#: Height of the camera and distance of the figure, metres; focal length and blur at infinity as shares of the height.
EYE, FIGURE, FOCAL, BLUR = 0.68, 3.0, 1.5, 0.017

#: From 0 to 255, down and across.
DOWNWARDS = Image.linear_gradient("L").resize((1, 256), Image.Resampling.NEAREST)
SIDEWAYS = DOWNWARDS.transpose(Image.Transpose.ROTATE_90)


def rgb(code: str) -> Plane:
    """The colour #RRGGBB as three floats, 0 to 1."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)


@lru_cache(4096)
def mixed(one: str, other: str, share: float) -> str:
    """The colour `share` of the way from one to the other."""
    return code(rgb(one) + (rgb(other) - rgb(one)) * np.float32(share))


def code(colour: Plane) -> str:
    """#RRGGBB of three floats."""
    return "#" + "".join(f"{round(float(min(max(value, 0.0), 1.0)) * 255):02X}" for value in colour)


@lru_cache(4096)
def shaded(colour: str, factor: float) -> str:
    """The colour `factor` times as bright."""
    return code(rgb(colour) * np.float32(factor))


def noise(dice: np.random.Generator, rows: int, columns: int, *, cells: tuple[int, int], octaves: int = 4) -> Plane:
    """Soft fractal noise, (rows, columns), about -1 to 1; `cells` are the coarsest knots down and across."""
    total, weight = np.zeros((rows, columns), np.float32), 1.0
    for octave in range(octaves):
        down, across = min(rows, cells[0] << octave), min(columns, cells[1] << octave)
        knots = dice.random((down + 1, across + 1), np.float32) * 2 - 1
        grown = Image.fromarray(knots).resize((columns, rows), Image.Resampling.BICUBIC)
        total += np.asarray(grown, np.float32) * np.float32(weight)
        weight *= 0.5
    return total / np.float32(1.5)


class Stage:
    """A picture in the making, and the camera before it."""

    def __init__(self, width: int, height: int, *, horizon: float, dice: np.random.Generator, ambient: Plane) -> None:
        """`horizon` is a share of the height; `ambient` multiplies every colour that does not glow."""
        size = math.sqrt(PIXELS / (width * height))
        self.width, self.height = max(24, round(width * size)), max(24, round(height * size))
        self.horizon = horizon * self.height
        self.focal = FOCAL * self.height
        self.dice = dice
        self.ambient = ambient
        self.image: Plane = np.zeros((self.height, self.width, 3), np.float32)

    def at(self, x: float, y: float, z: float) -> tuple[float, float]:
        """The pixel of a place."""
        return self.width / 2 + self.focal * x / z, self.horizon + self.focal * (EYE - y) / z

    def metre(self, z: float) -> float:
        """Pixels of a metre at that distance."""
        return self.focal / z

    def half(self, z: float) -> float:
        """Metres from the middle to the edge of the picture at that distance."""
        return self.width / 2 * z / self.focal

    def foot(self, z: float) -> int:
        """The row where the floor is that far away."""
        return min(self.height - 1, max(0, round(self.at(0, 0, z)[1])))

    def radius(self, z: float) -> float:
        """How far out of focus that distance is, pixels."""
        return 0.8 + BLUR * self.height * max(0.0, 1 - FIGURE / z)

    def scattered(self, low: float, high: float) -> float:
        """A number between the two, by the dice."""
        return float(self.dice.uniform(low, high))

    @cached_property
    def across(self) -> Plane:
        """-1 at the left edge to 1 at the right, (1, width)."""
        return np.linspace(-1, 1, self.width, dtype=np.float32)[None, :]

    @cached_property
    def down(self) -> Plane:
        """0 at the top to 1 at the bottom, (height, 1)."""
        return np.linspace(0, 1, self.height, dtype=np.float32)[:, None]

    def fade(self, colours: Sequence[str], top: int, bottom: int) -> None:
        """Fill rows with a gradient, lit by the ambient light."""
        rows = np.linspace(0, len(colours) - 1, max(bottom - top, 1), dtype=np.float32)
        stops = np.stack([rgb(colour) for colour in colours])
        bands = np.stack([np.interp(rows, range(len(colours)), stops[:, i]) for i in range(3)], axis=1)
        self.image[top:bottom] = (bands.astype(np.float32) * self.ambient)[: bottom - top, None, :]

    def lay(
        self, layer: "Layer", blur: float, *, is_glowing: bool = False, light: tuple[float, float, float] | None = None
    ) -> None:
        """Put a layer over the picture, `blur` pixels out of focus, in the ambient light or in a `light` of its own."""
        margin = int(3 * blur) + 2
        box = layer.image.getbbox()
        if box is None:
            return
        left, top = max(0, box[0] - margin), max(0, box[1] - margin)
        right, bottom = min(self.width, box[2] + margin), min(self.height, box[3] + margin)
        soft = _blurred(layer.image.crop((left, top, right, bottom)).convert("RGBa"), blur)
        values = np.asarray(soft, np.float32) * np.float32(1 / 255)
        part = self.image[top:bottom, left:right]
        part *= 1 - values[..., 3:]
        if is_glowing:
            part += values[..., :3]
        else:
            part += values[..., :3] * (np.array(light, np.float32) if light else self.ambient)

    def glow(self, x: float, y: float, spread: tuple[float, float], colour: str, strength: float) -> None:
        """Let light fall round a pixel: `spread` is its reach across and down, pixels."""
        part, spot = self._spot(x, y, spread)
        part += (1 - np.minimum(part, 1)) * (spot * (rgb(colour) * np.float32(strength)))

    def shade(self, x: float, y: float, spread: tuple[float, float], strength: float) -> None:
        """Darken softly round a pixel."""
        part, spot = self._spot(x, y, spread)
        part *= 1 - np.float32(strength) * spot

    def _spot(self, x: float, y: float, spread: tuple[float, float]) -> tuple[Plane, Plane]:
        """The part of the picture round a pixel, and how much of a soft spot falls on each of its pixels."""
        sides = []
        for size, middle, reach in ((self.height, y, spread[1]), (self.width, x, spread[0])):
            start, end = (min(size, max(0, round(middle + way * 2.4 * reach))) for way in (-1, 1))
            places = np.arange(start, end, dtype=np.float32) - np.float32(middle)
            sides.append((start, end, np.exp(-((places / np.float32(reach)) ** 2)) - np.float32(0.003)))
        (top, bottom, rows), (left, right, columns) = sides
        return self.image[top:bottom, left:right], np.maximum(rows[:, None] * columns[None, :], 0)[..., None]

    def stand(self, x: float, z: float, wide: float, strength: float = 0.5) -> None:
        """The soft shadow on the floor of something `wide` metres across."""
        column, row = self.at(x, 0, z)
        self.shade(column, row, (0.62 * wide * self.metre(z) + 2, 0.10 * self.metre(z) + 1.5), strength)

    def soften(self, top: int, bottom: int, radius: float) -> None:
        """Blur rows of the picture; what is beyond them stays."""
        rows = self.image[max(0, top) : bottom]
        small = Image.fromarray((np.clip(rows, 0, 1) * 255 + 0.5).astype(np.uint8))
        soft = np.asarray(small.filter(ImageFilter.GaussianBlur(radius)), np.float32) * np.float32(1 / 255)
        rows[...] = soft

    def finish(self, width: int, height: int, *, vignette: float = 0.10, grain: float = 0.004) -> Plane:
        """The picture in its full size, (height, width, 3), 0 to 1, with grain that hides the steps of 8 bits."""
        edge = 1 - np.float32(vignette) * (self.across**2 * 0.6 + (2 * self.down - 1) ** 2 * 0.4)
        # Dithered before it is enlarged in 8 bits, a third of the cost of floats, and grained after.
        dither = np.tile(
            self.dice.random((128, 128, 1), np.float32), (-(-self.height // 128), -(-self.width // 128), 1)
        )
        image = np.clip(self.image * edge[..., None], 0, 1) * np.float32(254.99)
        small = Image.fromarray((image + dither[: self.height, : self.width]).astype(np.uint8))
        full = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), np.float32)
        tile = np.float32(grain) * self.dice.standard_normal((256, 256, 1), np.float32)
        spread = np.tile(tile, (-(-height // 256), -(-width // 256), 1))[:height, :width]
        full = full * np.float32(1 / 255)
        full += spread
        return np.clip(full, 0, 1, out=full)


def _blurred(image: Image.Image, blur: float) -> Image.Image:
    """The image out of focus; a wide blur is worked out at half the size, where it costs a quarter."""
    if blur < 2.5 or min(image.size) < 16:
        return image.filter(ImageFilter.GaussianBlur(blur))
    small = image.reduce(2).filter(ImageFilter.GaussianBlur(blur / 2))
    return small.resize(image.size, Image.Resampling.BILINEAR, box=(0, 0, image.width / 2, image.height / 2))


class Layer:
    """Things at one distance, drawn sharp; `Stage.lay` brings them out of focus."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.image = Image.new("RGBA", (stage.width, stage.height))
        self.draw = ImageDraw.Draw(self.image)

    def polygon(self, corners: Sequence[Place3], colour: str) -> None:
        """A flat face between places."""
        self.draw.polygon([self.stage.at(*corner) for corner in corners], fill=colour)

    def slab(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        z: float,
        colours: tuple[str, str],
        *,
        round_by: float = 0.0,
    ) -> None:
        """An upright board, from its upper to its lower colour; `round_by` metres rounds its corners."""
        (left, top), (right, bottom) = self.stage.at(x[0], y[1], z), self.stage.at(x[1], y[0], z)
        self._faded((left, top, right, bottom), colours, is_across=False, radius=round_by * self.stage.metre(z))

    def column(self, x: float, y: tuple[float, float], z: float, wide: float, colours: tuple[str, str]) -> None:
        """A round upright, from its lit to its dark side."""
        (left, top), (right, bottom) = self.stage.at(x - wide / 2, y[1], z), self.stage.at(x + wide / 2, y[0], z)
        self._faded((left, top, right, bottom), colours, is_across=True, radius=0)

    def _faded(
        self, box: tuple[float, float, float, float], colours: tuple[str, str], *, is_across: bool, radius: float
    ) -> None:
        left, top = (max(-2 * self.stage.width, round(value)) for value in box[:2])
        wide, tall = min(round(box[2]) - left, 4 * self.stage.width), round(box[3]) - top
        if wide < 1 or tall < 1 or left >= self.stage.width or left + wide <= 0:
            return
        if min(wide, tall) < 4:
            self.draw.rectangle((left, top, left + wide - 1, top + tall - 1), fill=mixed(*colours, 0.5))
            return
        ramp = (SIDEWAYS if is_across else DOWNWARDS).resize((wide, tall), Image.Resampling.NEAREST)
        first, second = (Image.new("RGBA", (wide, tall), colour) for colour in colours)
        mask = None
        if radius >= 1:
            mask = Image.new("L", (wide, tall))
            ImageDraw.Draw(mask).rounded_rectangle((0, 0, wide - 1, tall - 1), radius=radius, fill=255)
        self.image.paste(Image.composite(second, first, ramp), (left, top), mask)

    def box(self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], colour: str) -> None:
        """A block: its front, the side towards the middle, and its top where the camera sees it."""
        near, far = z
        if x[0] > 0 or x[1] < 0:
            side = x[0] if x[0] > 0 else x[1]
            self.polygon(
                [(side, y[0], near), (side, y[1], near), (side, y[1], far), (side, y[0], far)], shaded(colour, 0.78)
            )
        if y[1] < EYE:
            top = [(x[0], y[1], near), (x[1], y[1], near), (x[1], y[1], far), (x[0], y[1], far)]
            self.polygon(top, shaded(colour, 1.16))
        self.slab(x, y, near, (shaded(colour, 1.03), shaded(colour, 0.88)))

    def disc(self, x: float, y: float, z: float, radius: float, colour: str) -> None:
        """A round spot; radius in metres."""
        column, row = self.stage.at(x, y, z)
        reach = radius * self.stage.metre(z)
        self.draw.ellipse((column - reach, row - reach, column + reach, row + reach), fill=colour)

    def leaves(
        self,
        x: float,
        y: float,
        z: float,
        reach: tuple[float, float],
        tones: Sequence[str],
        count: int,
        *,
        size: float = 1.0,
    ) -> None:
        """Foliage round a place, `reach` metres across and up: dark behind and below, light above."""
        metre, dice = self.stage.metre(z), self.stage.dice
        column, row = self.stage.at(x, y, z)
        spots = np.clip(dice.standard_normal((count, 2)) * 0.46, -1, 1)
        sizes = size * dice.uniform(0.05, 0.13, count) * min(reach) * metre + 1.2
        order = np.linspace(0, 1, count)
        lift = np.clip(order * 0.75 - spots[:, 1] * 0.22 + dice.uniform(-0.15, 0.2, count), 0, 0.999)
        for (across, down), radius, light in zip(spots, sizes, lift, strict=True):
            centre, middle = column + across * reach[0] * metre, row + down * reach[1] * metre
            tone = tones[int(light * len(tones))]
            self.draw.ellipse(
                (centre - radius, middle - radius * 0.8, centre + radius, middle + radius * 0.8), fill=tone
            )
