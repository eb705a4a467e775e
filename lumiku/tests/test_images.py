"""What users and providers may send, and what becomes of it."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from lumiku import images
from lumiku.tests.pictures import CANARY, bytes_with_private_notes, difference, encoded, photo, swapped_profile

# ---- What is accepted ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_honest_picture_is_decoded_completely(kind):
    original = photo()

    image = images.decode(encoded(original, kind))

    assert (image.mode, image.size) == ("RGB", (320, 288))
    assert difference(image, original) < (0.01 if kind == "PNG" else 6)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_comes_out_upright(kind, orientation):
    upright = Image.new("RGB", (300, 400), "white")
    upright.paste("red", (0, 0, 150, 200))
    upright.paste("blue", (150, 200, 300, 400))
    turned = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_270],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    stored = upright
    for step in turned:
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = images.clean_upload(encoded(stored, kind, exif=exif.tobytes()))

    assert (picture.width, picture.height) == (300, 400)
    assert difference(picture.image, upright) < 6
    assert not Image.open(io.BytesIO(picture.data)).getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_camera_profile_and_trailing_bytes_are_gone(kind):
    hostile = bytes_with_private_notes(kind)
    assert CANARY in hostile

    picture = images.clean_upload(hostile)

    assert CANARY not in picture.data
    assert b"<script>" not in picture.data
    assert picture.image.info == {}
    again = Image.open(io.BytesIO(picture.data))
    assert not {"exif", "icc_profile", "xmp", "comment", "photoshop"} & set(again.info)


def test_an_embedded_thumbnail_of_the_uncropped_photo_is_gone():
    inner = encoded(Image.new("RGB", (64, 64), "red"), "JPEG", comment=CANARY)
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + inner
    hostile = encoded(photo(), "JPEG", exif=exif)
    assert hostile.count(b"\xff\xd8\xff") == 2

    picture = images.clean_upload(hostile)

    assert picture.data.count(b"\xff\xd8\xff") == 1
    assert CANARY not in picture.data


def test_a_picture_behind_the_picture_of_a_phone_is_dropped():
    pair = encoded(photo(), "MPO", save_all=True, append_images=[Image.new("RGB", (320, 288), "red")])

    picture = images.clean_upload(pair)

    assert getattr(Image.open(io.BytesIO(picture.data)), "n_frames", 1) == 1


def test_a_colour_profile_is_applied_before_it_is_dropped():
    data = encoded(Image.new("RGB", (300, 300), (250, 10, 10)), "PNG", icc_profile=swapped_profile())

    red, green, _ = images.decode(data).getpixel((5, 5))

    assert green > 200 > red


def test_a_damaged_colour_profile_does_not_cost_the_picture():
    original = photo()

    image = images.decode(encoded(original, "PNG", icc_profile=b"not a profile"))

    assert difference(image, original) < 0.01


def test_print_colours_become_screen_colours():
    data = encoded(Image.new("CMYK", (300, 300), (0, 255, 255, 0)), "JPEG")

    picture = images.clean_upload(data)

    assert picture.image.mode == "RGB"
    red, green, blue = picture.image.getpixel((9, 9))
    assert red > 220 and green < 60 and blue < 60


def test_sixteen_bit_grey_is_scaled_not_clipped():
    ramp = np.repeat(np.linspace(0, 65_535, 256).astype(np.uint16)[None, :], 256, axis=0)

    image = images.decode(encoded(Image.fromarray(ramp), "PNG"))

    assert image.mode == "RGB"
    assert [image.getpixel((x, 0))[0] for x in (0, 64, 128, 255)] == [0, 64, 128, 255]


@pytest.mark.parametrize(
    ("mode", "transparent", "expected"), [("P", None, "RGB"), ("P", 0, "RGBA"), ("L", None, "RGB"), ("1", None, "RGB")]
)
def test_palettes_and_greys_become_plain_pixels(mode, transparent, expected):
    original = photo(mode="L").convert(mode)
    options = {} if transparent is None else {"transparency": transparent}

    image = images.decode(encoded(original, "PNG", **options))

    assert image.mode == expected
    assert difference(image.convert("RGB"), original.convert("RGB")) < 0.01


def test_transparency_is_kept_and_what_it_hides_is_not():
    secret = photo(mode="RGBA")
    secret.putalpha(0)
    secret.paste((200, 30, 30, 255), (0, 0, 100, 100))

    picture = images.clean_upload(encoded(secret, "PNG"))

    pixels = np.asarray(Image.open(io.BytesIO(picture.data)))
    assert (picture.extension, picture.content_type) == ("png", "image/png")
    assert pixels[50, 50].tolist() == [200, 30, 30, 255]
    assert not pixels[150:, 150:].any()


def test_an_alpha_channel_that_hides_nothing_is_stored_as_jpeg():
    picture = images.clean_upload(encoded(photo(mode="RGB").convert("RGBA"), "PNG"))

    assert (picture.image.mode, picture.extension) == ("RGB", "jpg")
    assert Image.open(io.BytesIO(picture.data)).format == "JPEG"


def test_the_digest_names_the_stored_bytes():
    data = encoded(photo(), "PNG")

    first, again = images.clean_upload(data), images.clean_upload(data)

    assert first.digest == again.digest and len(first.digest) == 64
    assert first.digest != images.clean_upload(encoded(photo(), "PNG")).digest


# ---- Thumbnails and flat pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1024, 768), (400, 300)), ((600, 4000), (60, 400)), ((120, 90), (120, 90)), ((4000, 2), (400, 1))],
)
def test_a_thumbnail_is_a_webp_with_a_longest_side_of_400(size, expected):
    data = images.thumbnail(photo(*size))

    small = Image.open(io.BytesIO(data))
    assert (small.format, small.size) == ("WEBP", expected)
    assert len(data) < 60_000


def test_a_thumbnail_shows_the_same_picture_and_leaves_the_original_alone():
    original = photo(2000, 1500, "RGBA")

    small = Image.open(io.BytesIO(images.thumbnail(original)))

    assert original.size == (2000, 1500)
    assert small.mode == "RGBA"
    assert difference(small.convert("RGB"), original.convert("RGB").resize((400, 300))) < 15


def _dark_scene(number: int) -> Image.Image:
    """Return a picture spanning some 7 to 36 of 255 levels: a lit gradient or a figure of a few shades in the dark."""
    dice = np.random.default_rng(number)
    size = int(dice.choice([256, 384, 512]))
    down, across = np.mgrid[0:size, 0:size] / size
    if number % 2:
        level = dice.uniform(14, 30) * (down * dice.uniform(0.5, 1) + across * dice.uniform(0, 0.5))
    else:
        centre, radius = dice.uniform(0.3, 0.7, 2), dice.uniform(0.05, 0.3)
        inside = (down - centre[0]) ** 2 + ((across - centre[1]) * 2) ** 2 < radius**2
        level = dice.uniform(0, 6) + inside * dice.uniform(9, 28)
    pixels = np.clip(level + dice.normal(0, 2, (size, size)), 0, 255)
    return Image.fromarray((pixels[..., None] * dice.uniform(0.8, 1, 3)).astype(np.uint8))


def _flat_answer(number: int) -> Image.Image:
    """Return one colour (black every second time) as a provider would send it: noisy, compressed."""
    dice = np.random.default_rng(number)
    colour = np.zeros(3) if number % 2 else dice.uniform(0, 255, 3)
    size = int(dice.choice([256, 320, 512]))
    noisy = np.clip(colour + dice.normal(0, dice.uniform(0, 3), (size, size, 3)), 0, 255).astype(np.uint8)
    return images.decode(encoded(Image.fromarray(noisy), "JPEG", quality=int(dice.integers(40, 95))))


def test_no_dark_picture_with_something_in_it_is_called_flat():
    flagged = [number for number in range(200) if images.is_flat(_dark_scene(number))]

    print(f"dark pictures called flat: {len(flagged)} of 200")
    assert flagged == []


def test_every_flat_answer_is_found_under_its_noise():
    missed = [number for number in range(50) if not images.is_flat(_flat_answer(number))]

    print(f"flat pictures missed: {len(missed)} of 50")
    assert missed == []


def test_an_empty_cut_out_is_flat_whatever_its_hidden_colours_are():
    empty, cut_out = photo(mode="RGBA"), Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    empty.putalpha(0)
    cut_out.paste((0, 0, 0, 255), (100, 100, 180, 260))

    assert images.is_flat(empty)
    assert not images.is_flat(cut_out)


def test_a_blurred_photo_is_not_flat():
    assert not images.is_flat(photo(512, 512).filter(ImageFilter.GaussianBlur(20)))
