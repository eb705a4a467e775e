"""Bytes that are no picture, lie about themselves or cost too much; every one of them is made here."""

import random
import time
import tracemalloc
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from lumiku import images
from lumiku.tests.pictures import (
    bytes_with_private_notes,
    chunk,
    encoded,
    jpeg_with_size,
    photo,
    png_of_zeros,
    webp_with_canvas,
)

FOREIGN: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "one byte": lambda: b"\xff",
    "gif": lambda: encoded(photo(), "GIF"),
    "animated gif": lambda: encoded(photo(), "GIF", save_all=True, append_images=[photo()]),
    "bmp": lambda: encoded(photo(), "BMP"),
    "tiff": lambda: encoded(photo(), "TIFF"),
    "ico": lambda: encoded(photo(), "ICO"),
    "pdf": lambda: encoded(photo(), "PDF"),
    "jpeg behind a pdf": lambda: b"%PDF-1.4\n" + encoded(photo(), "JPEG"),
    "eps": lambda: encoded(photo(), "EPS"),
    "avif": lambda: encoded(photo(), "AVIF"),
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "html": lambda: b"<!doctype html><script>alert(1)</script>",
    "psd": lambda: b"8BPS\0\1" + bytes(40),
    "zip": lambda: b"PK\3\4" + bytes(60),
    "wav": lambda: b"RIFF\x24\0\0\0WAVEfmt ",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_another_kind_is_refused_by_its_content(name):
    with pytest.raises(images.UnsupportedMediaType) as refusal:
        images.clean_upload(FOREIGN[name]())

    assert (refusal.value.code, refusal.value.status) == ("unsupported_media_type", 415)
    assert "PNG" in refusal.value.message


def test_ten_megabytes_are_accepted_and_one_byte_more_is_not():
    data = encoded(photo(), "JPEG")

    images.clean_upload(data.ljust(images.MAX_UPLOAD_BYTES, b"\0"))

    with pytest.raises(images.TooLarge) as refusal:
        images.clean_upload(data.ljust(images.MAX_UPLOAD_BYTES + 1, b"\0"))
    assert (refusal.value.code, refusal.value.status) == ("too_large", 413)


@pytest.mark.parametrize(("width", "height", "fits"), [(256, 256, True), (255, 300, False), (300, 255, False)])
def test_an_upload_has_at_least_256_pixels_a_side(width, height, fits):
    data = encoded(photo(width, height), "PNG")

    if fits:
        assert images.clean_upload(data).width == width
    else:
        with pytest.raises(images.UnusablePicture, match="256 to 4096"):
            images.clean_upload(data)


def test_an_upload_has_at_most_4096_pixels_a_side():
    images.clean_upload(encoded(photo(4096, 256), "JPEG"))

    with pytest.raises(images.UnusablePicture, match="256 to 4096"):
        images.clean_upload(encoded(photo(4097, 256), "JPEG"))


HUGE: dict[str, Callable[[], bytes]] = {
    "png 13000": lambda: png_of_zeros(13_000, 13_000, rows=200),
    "png 65535": lambda: png_of_zeros(65_535, 65_535),
    "png 2^31": lambda: png_of_zeros(2**31 - 1, 2**31 - 1, rows=0),
    "jpeg 65500": lambda: jpeg_with_size(65_500, 65_500),
    "jpeg 13000": lambda: jpeg_with_size(13_000, 13_000),
    "webp 16383": lambda: webp_with_canvas(16_383, 16_383),
    "webp 2^24": lambda: webp_with_canvas(2**24, 200),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_bomb_is_refused_from_its_header(name):
    data = HUGE[name]()
    tracemalloc.start()
    started = time.perf_counter()

    with pytest.raises(images.UnusablePicture) as refusal:
        images.decode(data)

    seconds, (_, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (refusal.value.code, refusal.value.status) == ("unusable_picture", 400)
    assert "pixels" in refusal.value.message
    assert seconds < 0.5 and peak < 20_000_000


def test_the_number_of_pixels_is_the_callers_choice():
    data = encoded(photo(320, 288), "PNG")

    assert images.decode(data, max_pixels=320 * 288).size == (320, 288)
    with pytest.raises(images.UnusablePicture, match="320 x 288"):
        images.decode(data, max_pixels=320 * 288 - 1)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind):
    data = encoded(photo(), kind, save_all=True, append_images=[photo(), photo()], duration=50)

    with pytest.raises(images.UnusablePicture, match="animated"):
        images.decode(data)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_picture_is_refused(kind, share):
    data = encoded(photo(), kind)

    with pytest.raises(images.UnusablePicture):
        images.decode(data[: int(len(data) * share)])


def test_a_png_whose_check_sum_is_wrong_is_refused():
    data = bytearray(encoded(photo(), "PNG"))
    data[data.index(b"IDAT") - 4 + 8 + int.from_bytes(data[data.index(b"IDAT") - 4 : data.index(b"IDAT")], "big")] ^= 1

    with pytest.raises(images.UnusablePicture, match="damaged"):
        images.decode(bytes(data))


@cache
def bomb() -> bytes:
    return zlib.compress(bytes(80_000_000), 9)


STUFFED: dict[str, Callable[[], bytes]] = {
    "text": lambda: png_of_zeros(256, 256, chunk(b"zTXt", b"note\0\0" + bomb()), rows=256),
    "international text": lambda: png_of_zeros(256, 256, chunk(b"iTXt", b"note\0\1\0\0\0" + bomb()), rows=256),
    "profile": lambda: png_of_zeros(256, 256, chunk(b"iCCP", b"icc\0\0" + bomb()), rows=256),
    "chunks": lambda: png_of_zeros(256, 256, *[chunk(b"tEXt", b"a\0b")] * 30_000, rows=256),
}


@pytest.mark.parametrize("name", STUFFED)
def test_a_bomb_in_text_or_profile_is_refused(name):
    data = STUFFED[name]()
    started = time.perf_counter()

    with pytest.raises(images.UnusablePicture):
        images.decode(data)

    assert time.perf_counter() - started < 1


def test_a_jpeg_of_endless_scans_is_refused():
    data = encoded(photo(2048, 2048), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    scan = data[start:-2]
    started = time.perf_counter()

    with pytest.raises(images.UnusablePicture, match="damaged"):
        images.decode(data[:start] + scan * 2_000 + b"\xff\xd9")

    assert time.perf_counter() - started < 0.5
    assert images.decode(data).size == (2048, 2048)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's remarks on mutilated EXIF
def test_a_hundred_mutations_of_each_kind_are_a_picture_or_a_refusal():
    dice = random.Random(5)
    outcomes = {"picture": 0, "refused": 0}

    for kind in ("JPEG", "PNG", "WEBP"):
        honest = bytes_with_private_notes(kind)
        for _ in range(100):
            started = time.perf_counter()
            outcomes[_outcome(_mutated(honest, dice))] += 1
            assert time.perf_counter() - started < 2

    assert outcomes["refused"] > 100 and outcomes["picture"] > 20


def _mutated(data: bytes, dice: random.Random) -> bytes:
    mutant = bytearray(data)
    for _ in range(dice.choice((1, 1, 3, 20))):
        at = int(len(mutant) * dice.random() ** 3)  # mostly the headers
        if dice.random() < 0.2:
            del mutant[at : at + dice.randrange(1, 50)]
        else:
            mutant[at : at + 1] = dice.randbytes(dice.choice((1, 1, 1, 4)))
    return bytes(mutant)


def _outcome(data: bytes) -> str:
    try:
        image = images.decode(data)
    except images.UnusablePicture:
        return "refused"
    assert image.mode in ("RGB", "RGBA") and image.width * image.height <= images.MAX_PIXELS
    return "picture"


def test_many_threads_get_the_same_verdicts():
    work = [encoded(photo(), "JPEG"), HUGE["png 13000"](), STUFFED["text"](), encoded(photo(), "WEBP")] * 8

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(_outcome, work))

    assert outcomes == ["picture", "refused", "refused", "picture"] * 8
