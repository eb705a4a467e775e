"""The provider stub's pictures: PNGs that differ by seed and cost next to nothing to make.

All rows of a size but the last sixteen are compressed once; a seed adds its own sixteen rows to a copy of that stream.
So a stub on the same two cores as the system under test does not become the thing that is measured.
"""

import functools
import hashlib
import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SEED_ROWS = 16
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture(width: int, height: int, seed: int) -> bytes:
    """Return an RGB PNG of `width` x `height` pixels: a standing figure and, below, colours that tell the seed."""
    head, stream = _prepared(width, height)
    tail = stream.copy()
    return head + _chunk(b"IDAT", tail.compress(_strip(width, seed)) + tail.flush()) + _chunk(b"IEND", b"")


@functools.cache
def black(width: int, height: int) -> bytes:
    """Return an all-black PNG, as a safety checker sends."""
    return encoded(Image.new("RGB", (width, height)), "PNG")


@functools.cache
def bomb() -> bytes:
    """Return a PNG of some 20 KB that unpacks to 13,000 x 13,000 pixels."""
    side = 13_000
    rows = zlib.compress(b"\0" * (side * (1 + (side + 7) // 8)), 9)
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return SIGNATURE + header + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


@functools.cache
def packed(size: int) -> bytes:
    """Return a gzip file that unpacks to `size` zero bytes, a thousandth of that itself."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(size // 2**20)) + packer.flush()


def encoded(image: Image.Image, picture_format: str) -> bytes:
    """Return `image` as a file of Pillow's format of that name."""
    buffer = io.BytesIO()
    image.save(buffer, picture_format)
    return buffer.getvalue()


@functools.cache
def figure(width: int, height: int) -> Image.Image:
    """Return a shaded standing figure before a gradient, RGB."""
    ground = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", [ground.point(lambda v, base=base: base + v // 3) for base in (90, 110, 140)])
    draw = ImageDraw.Draw(image)
    draw.ellipse([width * 0.43, height * 0.1, width * 0.57, height * 0.27], fill=(196, 152, 120))
    draw.rectangle([width * 0.37, height * 0.28, width * 0.63, height * 0.6], fill=(150, 40, 60))
    draw.rectangle([width * 0.4, height * 0.6, width * 0.6, height * 0.93], fill=(40, 44, 70))
    return image.filter(ImageFilter.GaussianBlur(width / 128))


@functools.cache
def _prepared(width: int, height: int) -> tuple[bytes, Any]:
    """Return all of the file up to the seed's rows, and the compressor to go on with."""
    pixels = np.asarray(figure(width, height)).astype(np.uint8)[: height - SEED_ROWS]
    left = np.zeros_like(pixels)
    left[:, 1:] = pixels[:, :-1]
    rows = np.full((height - SEED_ROWS, 1 + 3 * width), 1, np.uint8)  # 1: the filter "minus the pixel to the left"
    rows[:, 1:] = (pixels - left).reshape(len(rows), -1)
    stream = zlib.compressobj(1)
    data = stream.compress(rows.tobytes()) + stream.flush(zlib.Z_SYNC_FLUSH)
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return SIGNATURE + header + _chunk(b"IDAT", data), stream


def _strip(width: int, seed: int) -> bytes:
    colours = hashlib.sha256(str(seed).encode()).digest()[:24]
    row = b"\0" + b"".join(colours[i : i + 3] * (width // 8) for i in range(0, 24, 3))
    return row.ljust(1 + 3 * width, b"\0") * SEED_ROWS


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
