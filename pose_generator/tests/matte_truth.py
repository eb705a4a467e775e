"""How good a matte is: drawn figures whose exact alpha is known, set over photos and plain grounds.

    python -m pose_generator.tests.matte_truth [--out FOLDER]

prints a line for each pair of clothes and ground, and for two real photos whose masks were drawn by hand.

A figure is drawn twice, on black and on white: the first is its light alone, the second less the first is what its
ground shows through, shadow included; its coverage is the drawing's own. So a figure stands in any photo exactly as it
was drawn, its shadow on the ground.
"""

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import django
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from lumiku.backends import Joint, mannequin
from lumiku.backends.anatomy import Body
from lumiku.backends.garments import dressed_parts
from lumiku.backends.heads import head_parts
from lumiku.backends.shapes import Canvas
from lumiku.backends.wardrobe import look
from pose_generator import matting
from pose_generator.posing import camera, library
from pose_generator.tests import curated

Array = NDArray[np.float32]

KEY = np.array([0.5, 0.55, 0.75])
GROUNDS, PEOPLE = (Path(__file__).parent / name for name in ("grounds", "people"))
POSES = (
    "neutral-front", "hand-on-hip", "crossed-arms", "star-arms-and-legs-wide", "easy-walk", "catwalk",
    "cheering-fists-up-one-knee-lifted", "forward-lunge-hands-on-hips", "over-the-shoulder", "welcome-wave",
    "touching-scarf", "kneeling-on-one-knee",
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """Clothes and what is behind them."""

    name: str
    traits: Mapping[str, Any]
    grounds: tuple[str, ...]
    """Colours (#RRGGBB) or names of photos, taken in turn."""


PAIRS = (
    Pair("white on white", {"gender": "female", "style": "gamis putih", "hair_style": "hijab putih"}, ("#FFFFFF",)),
    Pair("dark on dark", {"gender": "male", "style": "black suit", "hair_color": "black"}, ("#1C1D21",)),
    Pair("red on photos", {"gender": "female", "style": "red dress"}, ("rocket", "coffee", "wall")),
    Pair("grey on photos", {"gender": "male", "style": "casual grey"}, ("wall", "rocket", "coffee")),
)


@dataclass(frozen=True)
class Figure:
    """A drawn person without a ground."""

    light: Array
    """(height, width, 3): the person's own colours, times alpha; 0 to 1."""
    through: Array
    """(height, width, 3): how much of the ground is seen, its shadow included; 0 to 1."""
    alpha: Array
    """(height, width), 0 to 1, exact."""
    joints: tuple[Joint, ...]

    def on(self, ground: Array) -> Image.Image:
        """Return the person standing in `ground` (height, width, 3; 0 to 1), RGB."""
        picture = self.light + self.through * ground
        return Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))


def figure(slug: str, traits: Mapping[str, Any], *, width: int = 1024, height: int = 1024) -> Figure:
    """Return the pose `slug` of the library as a person with `traits`."""
    joints = camera.project(np.asarray(_poses()[slug].keypoints), width=width, height=height)
    black, white = (
        mannequin.paint(joints, np.full((height, width, 3), value, np.float32), traits=traits, key=KEY)
        for value in (0, 1)
    )
    light, through = black.astype(np.float32), (white - black).astype(np.float32)
    return Figure(light, through, _coverage(joints, traits, black.shape), joints)


def ground(name: str, *, width: int = 1024, height: int = 1024) -> Array:
    """Return a plain colour or a photo, (height, width, 3), 0 to 1."""
    if name.startswith("#"):
        image = Image.new("RGB", (width, height), name)
    else:
        path = GROUNDS / f"{name}.jpg"
        image = ImageOps.fit(Image.open(path).convert("RGB"), (width, height), Image.Resampling.BICUBIC)
    return np.asarray(image).astype(np.float32) / np.float32(255)


def photo(name: str) -> tuple[Image.Image, Array, NDArray[np.bool_]]:
    """Return a real photo (RGB), its mask drawn by hand (0 or 1), and where that mask counts."""
    image = Image.open(PEOPLE / f"{name}.jpg").convert("RGB")
    shapes = json.loads((PEOPLE / "masks.json").read_text())[name]
    person, either = (_filled(shapes[kind], image.size) for kind in ("person", "ignore"))
    return image, person.astype(np.float32), ~either


def cut(picture: Image.Image, joints: Sequence[Joint] = ()) -> tuple[Array, float]:
    """Return the local matte of `picture`, 0 to 1, and the seconds of CPU that it took."""
    began = time.process_time()
    matte = matting.LocalMatter().cut(picture, joints=joints)
    return np.asarray(matte).astype(np.float32) / np.float32(255), time.process_time() - began


def iou(alpha: Array, truth: Array) -> float:
    """Intersection over union of what is more person than not."""
    found, real = alpha > 0.5, truth > 0.5
    return float((found & real).sum() / max(1, (found | real).sum()))


def edge_error(alpha: Array, truth: Array) -> float:
    """Mean |alpha - truth| over the pixels within some 6 pixels of the true outline."""
    mask = Image.fromarray((truth * 255).astype(np.uint8))
    band = np.asarray(mask.filter(ImageFilter.MaxFilter(13))) > np.asarray(mask.filter(ImageFilter.MinFilter(13)))
    return float(np.abs(alpha - truth)[band].mean())


def report(out: Path | None) -> None:
    """Print the figures of every pair and photo; keep the mattes in `out`."""
    print(f"{'':28}{'IoU mean':>9}{'least':>7}{'  of':32}{'edge':>6}{'SAD':>8}{'CPU ms':>8}")
    for pair in PAIRS:
        rows = []
        for number, slug in enumerate(POSES):
            drawn = figure(slug, pair.traits)
            picture = drawn.on(ground(pair.grounds[number % len(pair.grounds)]))
            found, seconds = cut(picture, drawn.joints)
            sad = float(np.abs(found - drawn.alpha).sum()) / 1000
            rows.append((iou(found, drawn.alpha), edge_error(found, drawn.alpha), sad, seconds * 1000, slug))
            _keep(out, f"{pair.name}-{slug}", picture, found)
        _line(pair.name, rows)
    for name in ("astronaut", "cameraman"):
        image, truth, counts = photo(name)
        found, seconds = cut(image)
        error = float(np.abs(found - truth)[counts].sum()) / 1000
        _line(name, [(iou(found * counts, truth * counts), float("nan"), error, seconds * 1000, "")])
        _keep(out, name, image, found)


def _line(name: str, rows: list[tuple[float, float, float, float, str]]) -> None:
    means = [float(np.mean([row[column] for row in rows])) for column in range(4)]
    least = min(rows)
    figures = f"{means[1]:6.3f}{means[2]:8.2f}{means[3]:8.0f}"
    print(f"{name:28}{means[0]:9.3f}{least[0]:7.3f}  {least[4]:30}{figures}", flush=True)


def _keep(out: Path | None, name: str, picture: Image.Image, found: Array) -> None:
    if out:
        out.mkdir(parents=True, exist_ok=True)
        picture.save(out / f"{name}.png")
        Image.fromarray((found * 255).astype(np.uint8)).save(out / f"{name}-matte.png")


def _filled(polygons: Sequence[Sequence[Sequence[float]]], size: tuple[int, int]) -> NDArray[np.bool_]:
    mask = Image.new("1", size)
    for polygon in polygons:
        ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in polygon], fill=1)
    return np.asarray(mask)


@cache
def _poses() -> Mapping[str, library.PoseEntry]:
    return {entry.slug: entry for entry in curated.starter().poses}


def _coverage(joints: Sequence[Joint], traits: Mapping[str, Any], shape: tuple[int, ...]) -> Array:
    body = Body(joints, look(traits))
    canvas = Canvas(0, 0, shape[1], shape[0])
    parts = [*mannequin.seat_parts(body), *dressed_parts(body), *head_parts(body)]
    for part in sorted(parts, key=lambda part: part.order):
        canvas.put(part)
    return canvas.layers[:, 8].reshape(shape[:2])


def main() -> None:
    """Run the report."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lumiku.settings")
    django.setup()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="a folder for pictures and mattes, to be looked at")
    report(parser.parse_args().out)


if __name__ == "__main__":
    main()
