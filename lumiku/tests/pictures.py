"""Picture bytes for tests: honest, loaded with private notes, or lying about their size."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

CANARY = b"CanaryCam-7F3A"
RNG = np.random.default_rng(20)


def photo(width: int = 320, height: int = 288, mode: str = "RGB") -> Image.Image:
    cells = RNG.integers(0, 256, (6, 7, Image.getmodebands(mode)), dtype=np.uint8)
    return Image.fromarray(cells.squeeze(), mode=None).convert(mode).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of_zeros(width: int, height: int, *extra: bytes, rows: int = 1) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes((3 * width + 1) * rows)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + pixels + chunk(b"IEND", b"")


def jpeg_with_size(width: int, height: int) -> bytes:
    data = bytearray(encoded(photo(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_with_canvas(width: int, height: int) -> bytes:
    data = bytearray(encoded(photo(mode="RGBA"), "WEBP", exif=b"Exif\0\0" + CANARY))
    assert data[12:16] == b"VP8X"
    data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def bytes_with_private_notes(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825).update({1: "S", 2: (6.0, 10.0, 31.0), 29: CANARY.decode()})
    options: dict[str, object] = {"exif": exif.tobytes(), "xmp": b"<x>" + CANARY + b"</x>"}
    if kind == "JPEG":
        options["comment"] = CANARY
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Camera", CANARY.decode())
        notes.add_itxt("XML:com.adobe.xmp", CANARY.decode())
        options = {"exif": exif.tobytes(), "pnginfo": notes}
    return encoded(photo(), kind, icc_profile=srgb_profile(), **options) + b"<script>" + CANARY


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """Return an sRGB profile whose red and green primaries have changed places."""
    data = bytearray(srgb_profile())
    entries = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    data[red + 4 : red + 12], data[green + 4 : green + 12] = data[green + 4 : green + 12], data[red + 4 : red + 12]
    return bytes(data)


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())
