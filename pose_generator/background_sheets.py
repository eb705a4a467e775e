"""Contact sheets of the backgrounds: twelve poses in each mode, cut out by the local matte, to be looked at."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from lumiku import backends
from lumiku.backends import ImageRequest, Joint
from pose_generator import background, matting
from pose_generator.posing import camera, library

COLUMNS, TILE, SIDE = 6, (220, 275), (832, 1040)
POSES = (
    "neutral-front", "hand-on-hip", "crossed-arms", "star-arms-and-legs-wide", "easy-walk", "catwalk",
    "cheering-fists-up-one-knee-lifted", "forward-lunge-hands-on-hips", "over-the-shoulder", "welcome-wave",
    "touching-scarf", "kneeling-on-one-knee",
)  # fmt: skip
WORN: tuple[Mapping[str, Any], ...] = (
    {"gender": "female", "style": "red dress", "hair_style": "long"},
    {"gender": "male", "style": "casual white", "hair_color": "black"},
    {"gender": "female", "style": "gamis putih", "hair_style": "hijab krem"},
    {"gender": "male", "style": "navy blazer", "skin_tone": "dark"},
)
STUDIO = ("#EDEBE8", "#FFFFFF", "#C9D3DC", "#3B3F46")
Person = tuple[Image.Image, Image.Image, Sequence[Joint]]


def sheets() -> Iterator[tuple[str, Image.Image]]:
    """Yield each mode's name with its sheet: before the change, and after it."""
    people = [_person(number, slug) for number, slug in enumerate(POSES)]
    yield "original", _sheet([picture for picture, _matte, _joints in people])
    for name, change in _modes().items():
        yield name, _sheet([change(*person) for person in people])


def _modes() -> dict[str, Callable[[Image.Image, Image.Image, Sequence[Joint]], Image.Image]]:
    room, beach = _room(), _beach()
    return {
        "solid-color": lambda picture, matte, joints: background.solid_color(
            picture, matte, color="#F6D9C4", shadow=True, joints=joints
        ),
        "transparent": lambda picture, matte, joints: _on_squares(background.transparent(picture, matte)),
        "upload": lambda picture, matte, joints: background.upload(picture, matte, ground=room, joints=joints),
        "scene": lambda picture, matte, joints: background.scene(picture, matte, ground=beach, joints=joints),
    }


def _person(number: int, slug: str) -> Person:
    entry = next(entry for entry in library.load().poses if entry.slug == slug)
    joints = camera.project(np.asarray(entry.keypoints, dtype=float), width=SIDE[0], height=SIDE[1])
    worn, studio = WORN[number % len(WORN)], STUDIO[number // 3 % len(STUDIO)]
    request = ImageRequest(
        prompt="", width=SIDE[0], height=SIDE[1], seed=number, joints=joints, traits=worn, background=studio
    )
    picture = backends.get("preview").paint(request).image.convert("RGB")
    return picture, matting.LocalMatter().cut(picture, joints=joints), joints


def _sheet(pictures: list[Image.Image]) -> Image.Image:
    rows = -(-len(pictures) // COLUMNS)
    paper = Image.new("RGB", (COLUMNS * TILE[0], rows * TILE[1]), "#FFFFFF")
    for number, picture in enumerate(pictures):
        tile = picture.resize(TILE, Image.Resampling.LANCZOS)
        paper.paste(tile, (number % COLUMNS * TILE[0], number // COLUMNS * TILE[1]))
    return paper


def _on_squares(picture: Image.Image) -> Image.Image:
    """Lay a transparent picture on the chequers that image editors show."""
    small = (np.indices((picture.height // 26, picture.width // 26)).sum(axis=0) % 2 * 40 + 215).astype(np.uint8)
    ground = Image.fromarray(small).resize(picture.size, Image.Resampling.NEAREST).convert("RGB")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _room() -> Image.Image:
    """A room as a seller might send one, wider than the picture: a wall, a window's light, boards."""
    wall = np.full((900, 1400, 3), (214, 203, 188), np.float32)
    y, x = np.mgrid[:900, :1400].astype(np.float32)
    wall *= (0.80 + 0.25 * np.exp(-(((x - 300) / 420) ** 2) - ((y - 250) / 380) ** 2))[..., None]
    boards = 0.92 + 0.08 * np.sin((x - 700) / (y - 500).clip(60) * 24)
    wall[640:] = ((120, 88, 62) * boards[640:, :, None] * (0.75 + (y[640:, :, None] - 640) / 900)).clip(0, 255)
    room = Image.fromarray(wall.clip(0, 255).astype(np.uint8))
    ImageDraw.Draw(room).rectangle((0, 626, 1400, 640), fill="#F0E8DC")
    return room


def _beach() -> Image.Image:
    """An evening at the sea, as a backend might paint it."""
    y = np.linspace(0, 1, 1040, dtype=np.float32)[:, None]
    stops = {
        0.0: (92, 128, 190),
        0.42: (250, 190, 130),
        0.46: (60, 98, 128),
        0.66: (110, 140, 150),
        0.70: (205, 172, 132),
    }
    places, colours = list(stops), np.array(list(stops.values()), np.float32)
    lines = np.stack([np.interp(y[:, 0], places, colours[:, band]) for band in range(3)], axis=1)
    grain = np.random.default_rng(7).normal(0, 4, (1040, 832, 1)) * (y[..., None] > 0.42)
    return Image.fromarray((lines[:, None, :] + grain).clip(0, 255).astype(np.uint8))
