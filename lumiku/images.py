"""Untrusted bytes to a safe picture.

Whatever a user or a provider sends is bytes until `decode` has returned. The header is read and judged before a pixel
is decoded, so a small file cannot ask for gigabytes; Pillow would only warn, and making errors of its warnings is not
thread-safe, so the three decoders are called directly and the sizes checked here. What costs time without being pixels
(endless scans, chunks, profiles) has a limit too. A picture leaves upright, in sRGB, as RGB or RGBA, without metadata:
everything behind this door deals with plain pixels. A user's upload is always encoded anew; its bytes are never kept.
"""

import hashlib
import re
import struct
import threading
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, cast

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from lumiku.errors import DomainError

# Pictures are unpacked one after another: two hundred answers at the same moment would fill gigabytes.
_turn = threading.Lock()
MAX_PIXELS = 16_800_000
MAX_UPLOAD_BYTES = 10_000_000
UPLOAD_SIDES = (256, 4096)
"""Shortest and longest side of an upload in pixels."""

_ANY_SIDES = (1, 65_535)
_MAX_PROFILE_BYTES = 4_000_000
# A tiny JPEG can ask for thousands of passes over all its pixels; cameras and editors write about ten.
_MAX_JPEG_SCANS = 64
_MAX_PNG_CHUNKS = 20_000
_JPEG_MARKER = re.compile(rb"\xff+([\x01\x02-\xcf\xd8-\xfe])")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112  # the EXIF tag


class UnusablePicture(DomainError):
    """The bytes are not a picture that can be used; the sentence says what to send instead."""

    code = "unusable_picture"


class TooLarge(UnusablePicture):
    """More bytes than an upload may have."""

    code = "too_large"
    status = 413


class UnsupportedMediaType(UnusablePicture):
    """Neither JPEG nor PNG nor WebP, judged by content; names and declared types are ignored."""

    code = "unsupported_media_type"
    status = 415


@dataclass(frozen=True)
class CleanPicture:
    """An upload made safe: encoded anew, upright, sRGB, nothing in it but pixels."""

    data: bytes
    image: Image.Image
    """The pixels before they were encoded into `data`: RGB, or RGBA if anything is transparent."""
    width: int
    height: int
    extension: Literal["jpg", "png"]
    content_type: Literal["image/jpeg", "image/png"]
    digest: str
    """SHA-256 of `data`, hexadecimal."""


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, sides: tuple[int, int] = _ANY_SIDES) -> Image.Image:
    """Return the complete picture in JPEG, PNG or WebP bytes: upright, sRGB, RGB or RGBA, no metadata.

    `max_pixels` bounds width times height, `sides` each side (shortest, longest), in pixels, before any pixel is
    decoded. The caller bounds the bytes. Raises UnusablePicture (truncated, broken, animated, too many pixels, wrong
    sides) or its subclass UnsupportedMediaType; nothing else, whatever the bytes are.
    """
    kind = _kind(data)
    try:
        with _turn:
            return _plain(_loaded(kind, data, max_pixels, sides))
    except UnusablePicture:
        raise
    except Exception as error:
        # Decoders answer hostile bytes with errors of any type (struct, zlib, Value, OS, Syntax, Memory, Recursion).
        raise _broken() from error


def clean_upload(data: bytes) -> CleanPicture:
    """Return a user's upload made safe: JPEG of quality 92 if opaque, else PNG.

    At most 10 MB, 256 to 4096 pixels a side, 16.8 megapixels. Raises TooLarge (413), UnsupportedMediaType (415) or
    UnusablePicture (400).
    """
    if len(data) > MAX_UPLOAD_BYTES:
        raise TooLarge(
            _("The picture is larger than %(megabytes)d MB. Save it smaller or as JPEG and try again.")
            % {"megabytes": MAX_UPLOAD_BYTES // 1_000_000}
        )
    image = decode(data, sides=UPLOAD_SIDES)
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    encoded = BytesIO()
    if image.mode == "RGB":
        image.save(encoded, "JPEG", quality=92)
    else:
        image = _without_hidden_colours(image)
        image.save(encoded, "PNG", compress_level=1)  # twice as fast, a seventh larger
    opaque = image.mode == "RGB"
    return CleanPicture(
        data=encoded.getvalue(),
        image=image,
        width=image.width,
        height=image.height,
        extension="jpg" if opaque else "png",
        content_type="image/jpeg" if opaque else "image/png",
        digest=hashlib.sha256(encoded.getbuffer()).hexdigest(),
    )


def thumbnail(image: Image.Image, *, side: int = 400) -> bytes:
    """Return `image` as WebP whose longest side is at most `side` pixels; a smaller picture keeps its size."""
    small = image if image.mode in ("RGB", "RGBA") else image.convert("RGB")
    small = small.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=1.0)
    encoded = BytesIO()
    small.save(encoded, "WEBP", quality=85, method=2)
    return encoded.getvalue()


def is_flat(image: Image.Image) -> bool:
    """Return whether `image` shows nothing: black or any one colour, but for the noise of compression.

    Safety checkers of providers answer with such pictures. Averaging over a 24 x 24 grid removes noise and keeps even
    dark real structure: measured, noisy flat pictures span at most 4 of 255 levels, the darkest real ones at least 6.
    """
    premultiplied = image.convert("RGBa" if "A" in image.getbands() else "RGB")
    small = premultiplied.resize((24, 24), Image.Resampling.BOX)
    spans = [cast("tuple[float, float]", band.getextrema()) for band in small.split()]
    return all(highest - lowest <= 5 for lowest, highest in spans)


def _kind(data: bytes) -> str:
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == _PNG_SIGNATURE:
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    raise UnsupportedMediaType(_("This is not a JPEG, PNG or WebP picture. Convert it to one of these and try again."))


def _broken() -> UnusablePicture:
    return UnusablePicture(_("The picture is damaged or incomplete. Save it again or choose another one."))


def _loaded(kind: str, data: bytes, max_pixels: int, sides: tuple[int, int]) -> Image.Image:
    image = _opened(kind, data, max_pixels, sides)
    _check_size(image.size, max_pixels, sides)
    if getattr(image, "n_frames", 1) > 1:
        raise UnusablePicture(_("The picture is animated. Send a single picture."))
    if len(image.info.get("icc_profile") or b"") > _MAX_PROFILE_BYTES:
        raise UnusablePicture(_("The colour profile in the picture is too large. Save it as sRGB and try again."))
    image.load()
    return image


def _opened(kind: str, data: bytes, max_pixels: int, sides: tuple[int, int]) -> ImageFile.ImageFile:
    """Return the picture with its header read only."""
    if kind == "JPEG":
        _check_jpeg_scans(data)
        # Called directly, a phone's JPEG with a second picture behind the first (MPO) is still the JPEG people see.
        return JpegImageFile(BytesIO(data))
    if kind == "PNG":
        _check_png_chunks(data)
        return PngImageFile(BytesIO(data))
    # This decoder allocates the whole canvas when it is made.
    _check_size(_webp_size(data), max_pixels, sides)
    return WebPImageFile(BytesIO(data))


def _check_size(size: tuple[int, int], max_pixels: int, sides: tuple[int, int]) -> None:
    width, height = size
    shortest, longest = sides
    if not shortest <= min(size) <= max(size) <= longest:
        raise UnusablePicture(
            _("The picture has %(width)d x %(height)d pixels; each side must have %(shortest)d to %(longest)d.")
            % {"width": width, "height": height, "shortest": shortest, "longest": longest}
        )
    if width * height > max_pixels:
        raise UnusablePicture(
            _("The picture has %(width)d x %(height)d pixels; at most %(megapixels).1f megapixels are possible.")
            % {"width": width, "height": height, "megapixels": max_pixels / 1_000_000}
        )


def _check_jpeg_scans(data: bytes) -> None:
    """Follow the markers of the first picture in `data`; inside the scans themselves a marker never occurs."""
    at, scans = 2, 0
    while (marker := _JPEG_MARKER.search(data, at)) and marker[1] != b"\xd9":
        scans += marker[1] == b"\xda"
        if scans > _MAX_JPEG_SCANS:
            raise _broken()
        has_length = marker[1] > b"\x01" and not b"\xd0" <= marker[1] <= b"\xd8"
        at = marker.end() + (int.from_bytes(data[marker.end() : marker.end() + 2], "big") if has_length else 0)


def _check_png_chunks(data: bytes) -> None:
    """Walk to the end mark and check every chunk; Pillow does not look at the check sums of pixel data."""
    view, at = memoryview(data), len(_PNG_SIGNATURE)
    for _chunk in range(_MAX_PNG_CHUNKS):
        length, name = struct.unpack_from(">I4s", view, at)
        end = at + 8 + length
        if struct.unpack_from(">I", view, end)[0] != zlib.crc32(view[at + 4 : end]):
            raise _broken()
        if name == b"IEND":
            return
        at = end + 4
    raise _broken()


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return width and height of the canvas in pixels; an unknown first chunk has none and is broken."""
    first = data[12:16]
    if first == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if first == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if first == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise _broken()


def _plain(image: Image.Image) -> Image.Image:
    """Return a new image, upright, RGB or RGBA in sRGB, with nothing attached to it."""
    orientation = _orientation(image)
    plain = _in_srgb(_eight_bits(image))
    if orientation in _UPRIGHT:
        plain = plain.transpose(_UPRIGHT[orientation])
    plain.info = {}
    return plain


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1  # a damaged note about the picture does not make the picture unusable


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion clips instead of scaling
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in ("1", "P", "LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return a copy of `image` as RGB or RGBA, converted by its profile if it has one that fits."""
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    profile = image.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=target)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a damaged or foreign profile: the numbers are read as sRGB, as browsers do
        else:
            if converted is not None:
                return converted
    return image.convert(target)


def _without_hidden_colours(image: Image.Image) -> Image.Image:
    """Return `image` with the colours under wholly transparent pixels made black: people do not know they are there."""
    clear = image.getchannel("A").point([255] + [0] * 255)
    image.paste((0, 0, 0, 0), mask=clear)
    return image
