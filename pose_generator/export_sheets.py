"""Contact sheets of the export formats: the same poses in each, to be looked at."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from lumiku import backends
from lumiku.backends import ImageRequest, Joint
from pose_generator import crops, exports
from pose_generator.crops import Places
from pose_generator.posing import camera, detect
from pose_generator.posing.library import Library

#: Poses that are hard to cut: wide, tall, low, lying, on the move, seen from all sides.
SHOWN = (
    ("neutral-front", 0), ("hand-on-hip", 30), ("crossed-arms", 0), ("star-arms-and-legs-wide", 0),
    ("catwalk", 0), ("cheering-fists-up-one-knee-lifted", 0), ("forward-lunge-hands-on-hips", 90),
    ("over-the-shoulder", 180), ("welcome-wave", 0), ("touching-scarf", 0), ("kneeling-on-one-knee", 45), ("boat", 90),
)  # fmt: skip
PEOPLE = (
    {"gender": "female", "style": "red dress", "hair_style": "long"},
    {"gender": "male", "style": "casual grey"},
    {"gender": "female", "style": "gamis biru", "hair_style": "hijab"},
)
COLUMNS, TILE, GAP = 6, 200, 6
PAPER = "#C9C9C9"
SIZE = (1024, 1024)


def pictures(library: Library, *, background: str | None = None) -> Iterator[tuple[Image.Image, tuple[Joint, ...]]]:
    """Yield the pictures (RGB, 1024 x 1024) and the joints that were asked for, drawn by the preview backend."""
    entries = {entry.slug: entry for entry in library.poses}
    for number, (slug, yaw) in enumerate(SHOWN):
        joints = camera.project(np.asarray(entries[slug].keypoints), width=SIZE[0], height=SIZE[1], yaw=yaw)
        request = ImageRequest(
            prompt="",
            width=SIZE[0],
            height=SIZE[1],
            seed=number,
            joints=joints,
            traits=PEOPLE[number % len(PEOPLE)],
            background=background,
        )
        yield backends.get("preview").paint(request).image, joints


def places_of(picture: Image.Image, joints: Sequence[Joint], *, looks: bool) -> Places | None:
    """Return the joints asked for or, if the picture is looked at, those found in it; None if nobody is."""
    if not looks:
        return crops.asked(joints, picture.size)
    people = detect.detector().find(picture)
    return crops.found(people[0], picture.size) if people else None


def sheet(made: Sequence[tuple[Image.Image, Places | None]], wanted: exports.Format) -> Image.Image:
    """Return the pictures with their joints as exports of one format, small, side by side."""
    tiles = [
        _tile(_opened(exports.render(exports.Source(picture, places=places), wanted).data)) for picture, places in made
    ]
    width, height = (max(getattr(tile, side) for tile in tiles) + GAP for side in ("width", "height"))
    paper = Image.new("RGB", (COLUMNS * width + GAP, -(-len(tiles) // COLUMNS) * height + GAP), PAPER)
    for number, tile in enumerate(tiles):
        paper.paste(tile, (GAP + number % COLUMNS * width, GAP + number // COLUMNS * height))
    return paper


def _tile(image: Image.Image) -> Image.Image:
    image.thumbnail((TILE, TILE * 2), Image.Resampling.LANCZOS)
    return image.convert("RGB")


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))
