"""What the demo decides and checks: which poses, which names, and whether the pictures and the sums are right.

Pure: answers of the API and bytes in, values out. The demo is a proof only if a wrong sum or a wrong picture fails it.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils.text import slugify
from PIL import Image, UnidentifiedImageError

#: Sub-categories whose poses look nothing like each other: standing, sitting, balancing, running.
CONTRASTS = ("product-modeling", "sitting-relaxed", "yoga-wellness", "running-cardio")
SIZE = (1024, 1024)
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}


class DemoError(Exception):
    """The demo cannot go on or proved something wrong; the message is one sentence for a person."""


def choose_poses(library: Sequence[Mapping[str, Any]], *, number: int = len(CONTRASTS)) -> list[Mapping[str, Any]]:
    """Return `number` poses of `library` (as the API shows them) that a woman without a plan may order.

    No two are of one category while there are other categories. Raise DemoError if there are too few.
    """
    suitable = [pose for pose in library if not pose["isPremium"] and pose["genderSuitability"] != "male"]
    first: dict[str, Mapping[str, Any]] = {}
    for pose in suitable:
        first.setdefault(pose["category"]["slug"], pose)
    wanted = [first[slug] for slug in CONTRASTS if slug in first]
    # `dict` keeps the order and drops repetitions.
    ranked = dict.fromkeys(pose["id"] for pose in [*wanted, *first.values(), *suitable])
    if len(ranked) < number:
        raise DemoError(f"The library has {len(ranked)} poses to order and the demo needs {number}: restore its files")
    by_id = {pose["id"]: pose for pose in suitable}
    return [by_id[pk] for pk in list(ranked)[:number]]


def portrait(preview: bytes) -> bytes:
    """Return head and shoulders of a library preview (a standing figure) as a JPEG fit to be an avatar's photo."""
    figure = _opened(preview, "the preview of a pose")
    width, height = figure.size
    side = max(256, width // 2)
    left, top = (width - side) // 2, height // 25
    encoded = io.BytesIO()
    figure.convert("RGB").crop((left, top, left + side, top + side)).save(encoded, "JPEG", quality=92)
    return encoded.getvalue()


def checked_picture(data: bytes, *, seen: set[bytes], what: str) -> str:
    """Return the file suffix for the bytes of a finished picture, and remember the digest of its pixels in `seen`.

    Raise DemoError unless it is whole, of 1024 x 1024 pixels, and unlike every picture seen before.
    """
    image = _opened(data, what)
    if image.size != SIZE:
        raise DemoError(f"{what} has {image.width} x {image.height} pixels instead of {SIZE[0]} x {SIZE[1]}")
    pixels = hashlib.sha256(image.convert("RGB").tobytes()).digest()
    if pixels in seen:
        raise DemoError(f"{what} is the same as another one; this is a bug of Lumiku or of the backend")
    seen.add(pixels)
    return _SUFFIXES[image.format or ""]


def _opened(data: bytes, what: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=list(_SUFFIXES))
        image.load()
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise DemoError(f"{what} cannot be opened: {error}") from error
    return image


def file_name(result: Mapping[str, Any], pose_name: str) -> str:
    """Return the name, without suffix, for a picture: its place in the order, its pose, its variation."""
    return f"{result['number'] + 1:02}-{slugify(pose_name) or 'pose'}-{result['variation']}"


def check_archive(archive: Path, *, pictures: int, formats: Sequence[str]) -> None:
    """Raise DemoError unless a ZIP holds `pictures` whole pictures in each of `formats`."""
    with zipfile.ZipFile(archive) as content:
        if broken := content.testzip():
            raise DemoError(f"{broken} in {archive.name} is broken")
        names = content.namelist()
    for wanted in formats:
        found = sum(name.startswith(f"{wanted}/") for name in names)
        if found != pictures:
            raise DemoError(f"{archive.name} has {found} pictures of {wanted} instead of {pictures}")


def check_receipt(receipt: Mapping[str, Any], *, price: int, before: int, after: Mapping[str, Any]) -> None:
    """Raise DemoError, naming the sums, unless the receipt, the quoted price and the balances fit together.

    `before` is what could be spent before the order, `after` the answer of `/api/credits/balance` after it.
    """
    lines = receipt["poses"]
    returned = receipt["released"] + receipt["refunded"]
    sums = {
        "quoted = held": (price, receipt["held"]),
        "held = paid + released": (receipt["held"], receipt["captured"] + receipt["released"]),
        "prices = held": (sum(line["price"] for line in lines), receipt["held"]),
        "paid for the pictures = paid": (sum(line["captured"] for line in lines), receipt["captured"]),
        "given back for the pictures = given back": (sum(line["givenBack"] for line in lines), returned),
        "balance before - held + given back = balance after": (before - receipt["held"] + returned, after["balance"]),
        "still held = 0": (receipt["stillHeld"] + after["held"], 0),
    }
    wrong = [f"{name} ({left} and {right})" for name, (left, right) in sums.items() if left != right]
    if wrong:
        raise DemoError(f"The sums do not match: {'; '.join(wrong)}; this is a bug of Lumiku, please report it")
