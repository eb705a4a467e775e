"""The pictures of a result as a backend sent them, in storage before anybody looks at them.

They are named `results/<id>/<attempt>-<repaint>` and never change, so each attempt finds what the ones before it left:
a worker that died after it stored a picture has not lost it, and nobody pays for it twice.
"""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from lumiku import files, images
from pose_generator.models import Result

EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
NAME = re.compile(rf"(\d+)-(\d+)\.(?:{'|'.join(EXTENSIONS.values())})")


@dataclass(frozen=True)
class Original:
    """A stored picture."""

    name: str
    image: Image.Image
    """The same, decoded, RGB."""
    repaint: int
    """Its place among the paintings of a result; 0 is the first."""
    digest: str
    """SHA-256 of its bytes, in hex."""
    size: int
    """Of its file, in bytes."""


def put(result: Result, repaint: int, data: bytes, image: Image.Image, *, patience: float = 0) -> Original:
    """Store the encoded picture `data`, which decodes to `image`, as a painting of this attempt.

    It is the only copy of what was paid for: a storage that is down is asked again for `patience` seconds.
    """
    name = files.put(named(result, f"{repaint}.{EXTENSIONS[_format_of(data)]}"), data, patience=patience)
    return _original(name, data, image, repaint)


def _original(name: str, data: bytes, image: Image.Image, repaint: int) -> Original:
    return Original(name, image, repaint, hashlib.sha256(data).hexdigest(), len(data))


def named(result: Result, ending: str) -> str:
    """Return the storage name of a file of this attempt."""
    return f"results/{result.pk}/{result.attempt}-{ending}"


def adopted(result: Result) -> Iterator[Original]:
    """Yield the whole originals that earlier attempts stored, the newest first."""
    if result.attempt < 2:
        return
    for name, repaint in _stored(result):
        data = files.read(name) or b""
        try:
            image = images.decode(data)
        except images.UnusablePicture:
            continue  # the worker died while it wrote
        if image.size == (result.generation.width, result.generation.height) and not images.is_flat(image):
            yield _original(name, data, image.convert("RGB"), repaint)


def _stored(result: Result) -> list[tuple[str, int]]:
    """The names of all stored originals and which repaint each is, the newest first."""
    folder = f"results/{result.pk}"
    names = [name.removeprefix(f"{folder}/") for name in files.names_in(folder)]
    found = [(int(match[1]), int(match[2]), match[0]) for match in map(NAME.fullmatch, names) if match]
    return [(f"{folder}/{name}", repaint) for _attempt, repaint, name in sorted(found, reverse=True)]


def _format_of(data: bytes) -> str:
    with Image.open(io.BytesIO(data), formats=list(EXTENSIONS)) as header:
        return header.format or ""
