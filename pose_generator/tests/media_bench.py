"""CPU per step of a picture's way, at 1024 x 1024: `python -m pose_generator.tests.media_bench`.

The picture is a drawn figure with a photo's noise, so that encoders have as much to do as with a model's answer. Each
figure is the median of several runs in CPU milliseconds of this process, all threads together; what other processes
do meanwhile costs caches and clock, and shows.
"""

import io
import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import django
import numpy as np
from PIL import Image, ImageDraw

from lumiku import images
from pose_generator import archive, crops, encodings, export_sheets, exports, matting, surroundings
from pose_generator.posing import library

RUNS = 7
FOUR = ("instagram_feed", "instagram_story", "shopee_product", "facebook_post")
#: CPU milliseconds that a step may take.
ALLOWED = {"decode, check, thumbnail": 60.0, "four exports": 150.0, "matte": 1000.0}

Steps = Iterator[tuple[str, Callable[[], object]]]


def main() -> None:
    """Print a line for each step; slower than allowed is marked."""
    drawn, joints = next(export_sheets.pictures(library.load()))
    picture = _noisy(drawn)
    data = _bytes(picture, "PNG", compress_level=6)
    source = exports.Source(picture, data, crops.asked(joints, picture.size))
    print(f"{'step':<44}{'CPU ms':>8}{'allowed':>9}")
    _report(_arriving(picture, data))
    _report(_exporting(source))
    _report(_encoding(picture, data))
    _report(iter([("matte", lambda: matting.LocalMatter().cut(picture, joints=joints))]))


def measured(step: Callable[[], object], runs: int = RUNS) -> float:
    """Return CPU milliseconds of one run, the median; the first run warms up and does not count."""
    step()
    costs = []
    for _run in range(runs):
        before = time.process_time()
        step()
        costs.append(1000 * (time.process_time() - before))
    return statistics.median(costs)


def _report(steps: Steps) -> None:
    for name, step in steps:
        cost, allowed = measured(step), ALLOWED.get(name)
        late = "  slower than allowed" if allowed and cost > allowed else ""
        print(f"{name:<44}{cost:>8.1f}{allowed or '':>9}{late}")


def _arriving(picture: Image.Image, data: bytes) -> Steps:
    def all_three() -> None:
        image = images.decode(data)
        images.is_flat(image)
        images.thumbnail(image)

    yield "decode a PNG", partial(images.decode, data)
    yield "decode a JPEG", partial(images.decode, _bytes(picture, "JPEG", quality=95))
    yield "decode a WebP", partial(images.decode, _bytes(picture, "WEBP", quality=90))
    yield "check that it shows something", partial(images.is_flat, picture)
    yield "thumbnail (WebP, 400)", partial(images.thumbnail, picture)
    yield "decode, check, thumbnail", all_three


def _exporting(source: exports.Source) -> Steps:
    def export(*names: str, **known: Any) -> None:
        fresh = exports.Source(source.picture, source.data, source.places, **known)
        for name in names:
            exports.render(fresh, exports.FORMATS[name])

    for name in exports.FORMATS:
        yield f"export {name}", partial(export, name)
    yield "four exports", partial(export, *FOUR)
    white = {"ground": "#E0E0E0", "matte": _oval(source.picture.size)}
    yield "two shops' exports, set on white", partial(export, "shopee_product", "tokopedia_product", **white)
    small = source.picture.resize((630, 630))
    yield "ground beyond the edge (1200 x 630)", partial(surroundings.extended, small, (1200, 630), (285, 0))


def _encoding(picture: Image.Image, data: bytes) -> Steps:
    for kind in ("jpeg", "png", "webp", "avif"):
        yield f"encode {kind}", partial(encodings.encode, picture, kind, quality=90)
    yield "ZIP of 20 originals", partial(_packed, data)


def _packed(data: bytes) -> int:
    pictures = (
        archive.Picture(folder="original", name="Pose", number=number, extension="png", read=lambda: data)
        for number in range(20)
    )
    return sum(map(len, archive.stream(pictures, about={}, at=datetime(2026, 1, 1, tzinfo=UTC))))


def _noisy(drawn: Image.Image) -> Image.Image:
    noise = np.random.default_rng(5).normal(0, 3, (*drawn.size, 3))
    return Image.fromarray(np.clip(np.asarray(drawn) + noise, 0, 255).astype(np.uint8))


def _oval(size: tuple[int, int]) -> Image.Image:
    """Where a standing person would be, as a matte."""
    matte = Image.new("L", size)
    ImageDraw.Draw(matte).ellipse((0.3 * size[0], 0.08 * size[1], 0.7 * size[0], 0.92 * size[1]), fill=255)
    return matte


def _bytes(picture: Image.Image, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lumiku.settings")
    django.setup()
    main()
