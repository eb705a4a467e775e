"""Pixels to the bytes of a file: sRGB, nothing in it but the picture and its recipe.

A PNG says that it is sRGB; untagged JPEG and WebP are read as sRGB everywhere, and AVIF says it by itself. The recipe
is a sealed text (see `recipes`), in PNG a text chunk, elsewhere XMP.
"""

import io
import struct
import zlib
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pose_generator import recipes

CONTENT_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif"}
EXTENSIONS = {"jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif"}
#: From this quality on a JPEG keeps every pixel's own colour (4:4:4); below it four share one (4:2:0).
FULL_COLOUR = 90
#: Perceptual intent.
_SRGB = b"\x00"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Chunks that are the pixels themselves; what else there is describes them or tells stories.
_PIXELS = (b"PLTE", b"tRNS", b"IDAT")
#: With these the same numbers mean other colours, or the picture stands on its side.
_MEANING = (b"iCCP", b"gAMA", b"cHRM", b"cICP", b"eXIf", b"acTL")


def encode(image: Image.Image, kind: str, *, quality: int, dpi: int = 0, recipe: str = "") -> bytes:
    """Return an RGB or RGBA image as "jpeg" (RGB only), "png", "webp" or "avif"; `dpi` is written for prints."""
    options: dict[str, Any] = {"png": _png, "jpeg": _jpeg, "webp": _webp, "avif": _avif}[kind](quality)
    if dpi:
        options["dpi"] = (dpi, dpi)
    if recipe and kind != "png":
        options["xmp"] = recipes.xmp(recipe)
    if kind == "png" and recipe:
        options["pnginfo"].add_text(recipes.KEYWORD, recipe)
    out = io.BytesIO()
    image.save(out, kind.upper(), **options)
    return out.getvalue()


def relabelled(data: bytes, recipe: str = "") -> bytes | None:
    """Return the PNG in `data` with its pixels' bytes kept, marked as sRGB, with `recipe` as its only text.

    None if that is not possible: no whole PNG of 8 bits a channel, or one whose pixels mean other colours than sRGB.
    """
    chunks = _chunks(data)
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[0][1][8] != 8:
        return None
    if any(name in _MEANING for name, _body in chunks):
        return None
    text = [(b"tEXt", recipes.KEYWORD.encode() + b"\0" + recipe.encode())] if recipe else []
    pixels = [(name, body) for name, body in chunks if name in _PIXELS]
    return _SIGNATURE + b"".join(_chunk(*c) for c in [chunks[0], (b"sRGB", _SRGB), *text, *pixels, (b"IEND", b"")])


def _png(quality: int) -> dict[str, Any]:
    notes = PngInfo()
    notes.add(b"sRGB", _SRGB)
    return {"pnginfo": notes, "compress_level": 2}  # a sixth of the default's time, an eighth larger


def _jpeg(quality: int) -> dict[str, Any]:
    return {"quality": quality, "subsampling": 0 if quality >= FULL_COLOUR else 2}


def _webp(quality: int) -> dict[str, Any]:
    return {"quality": quality, "method": 3}


def _avif(quality: int) -> dict[str, Any]:
    return {"quality": quality, "speed": 8, "max_threads": 1}


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Name and body of every chunk of a PNG; nothing if it does not end as it should."""
    if not data.startswith(_SIGNATURE):
        return []
    at = len(_SIGNATURE)
    chunks: list[tuple[bytes, bytes]] = []
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        chunks.append((name, data[at + 8 : at + 8 + length]))
        at += 12 + length
        if name == b"IEND" and at <= len(data):
            return chunks
    return []


def _chunk(name: bytes, body: bytes) -> bytes:
    return b"".join((struct.pack(">I", len(body)), name, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))))
