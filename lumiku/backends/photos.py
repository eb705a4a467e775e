"""A person's photo as it leaves the house: small, without metadata, on white where it was transparent."""

import threading
from io import BytesIO

from PIL import Image

# Longest side in pixels and JPEG quality of a photo; the next pair is taken when the file would be too large.
PHOTO_STEPS = ((1024, 90), (1024, 75), (768, 75), (512, 75), (512, 40))
# One library sends a single photo up to four times under the names that models know it by: 1.4 MB as base64.
MAX_PHOTO_BYTES = 256 * 1024

# Photos are made smaller one after another: two hundred large ones at the same moment would fill gigabytes.
_turn = threading.Lock()


def jpeg(image: Image.Image) -> bytes:
    """Return `image` as a JPEG of at most 1024 pixels a side and 256 KB, without metadata."""
    with _turn:
        small = _within(image, PHOTO_STEPS[0][0])
    for side, quality in PHOTO_STEPS:
        data = _jpeg(_within(small, side), quality)
        if len(data) <= MAX_PHOTO_BYTES:
            break
    return data


def _within(image: Image.Image, side: int) -> Image.Image:
    """Return an RGB copy of `image`, made smaller if it is longer than `side` pixels, with nothing attached to it."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    copy = _opaque(image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))
    copy.info = {}  # a comment would be written into the file
    return copy


def _opaque(image: Image.Image) -> Image.Image:
    if "A" not in image.getbands():
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
