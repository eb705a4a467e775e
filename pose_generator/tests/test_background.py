"""Backgrounds: what stays, what changes, and that nothing of the old ground shines through."""

from functools import cache

import numpy as np
import pytest
from PIL import Image

from pose_generator import background, matting
from pose_generator.tests import matte_truth

SIZE = 384
OLD = "#2FA84F"
"""A green that no person has: wherever it shows afterwards, it came from the old ground."""


@cache
def drawn() -> matte_truth.Figure:
    return matte_truth.figure("welcome-wave", {"gender": "female", "style": "red dress"}, width=SIZE, height=SIZE)


@cache
def picture() -> Image.Image:
    return drawn().on(matte_truth.ground(OLD, width=SIZE, height=SIZE))


@cache
def matte() -> Image.Image:
    return Image.fromarray((drawn().alpha * 255 + 0.5).astype(np.uint8))


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float32)


def greenness(image: Image.Image) -> np.ndarray:
    """How much more green than red and blue, for each pixel."""
    red, green, blue = (pixels(image.convert("RGB"))[..., band] for band in range(3))
    return green - np.maximum(red, blue)


@cache
def edge() -> np.ndarray:
    return (drawn().alpha > 0.05) & (drawn().alpha < 0.95)


def test_a_plain_colour_is_exact_away_from_the_person() -> None:
    after = background.solid_color(picture(), matte(), color="#F4F1EA")

    assert after.size == picture().size
    assert (pixels(after)[drawn().alpha == 0] == (0xF4, 0xF1, 0xEA)).all()


def test_the_person_keeps_their_own_pixels_on_a_plain_colour() -> None:
    after = background.solid_color(picture(), matte(), color="#FFFFFF")

    inside = pixels(matte()) == 255
    np.testing.assert_allclose(pixels(after)[inside], pixels(picture())[inside], atol=1)


def test_no_halo_of_the_old_ground_is_left_at_the_outline() -> None:
    after = background.solid_color(picture(), matte(), color="#FFFFFF")
    naive = Image.composite(picture(), Image.new("RGB", (SIZE, SIZE), "#FFFFFF"), matte())

    assert greenness(naive)[edge()].mean() > 5
    assert greenness(after)[edge()].mean() < 1
    ideal = pixels(drawn().on(np.ones((SIZE, SIZE, 3), np.float32)))
    above = edge() & (np.arange(SIZE)[:, None] < SIZE * 0.75)  # below it the drawing has its own shadow
    off, off_before = (np.abs(pixels(one) - ideal)[above].mean() for one in (after, naive))
    assert off < 0.7 * off_before


def test_a_shadow_holds_the_feet_and_leaves_the_rest_of_the_ground_alone() -> None:
    after = pixels(background.solid_color(picture(), matte(), color="#FFFFFF", shadow=True, joints=drawn().joints))

    feet = int(max(drawn().joints[ankle][1] for ankle in background.ANKLES))
    off = drawn().alpha == 0
    assert after[feet:][off[feet:]].min() < 215
    assert (after[: SIZE // 2][off[: SIZE // 2]] == 255).all()


def test_a_shadow_without_joints_lies_under_the_lowest_part() -> None:
    after = pixels(background.solid_color(picture(), matte(), color="#FFFFFF", shadow=True))

    lowest = int(np.flatnonzero((drawn().alpha > 0.5).any(axis=1))[-1])
    assert after[lowest + 1].min() < 230
    assert (after[: SIZE // 2][drawn().alpha[: SIZE // 2] == 0] == 255).all()


def test_a_transparent_picture_keeps_nothing_of_the_old_ground() -> None:
    after = background.transparent(picture(), matte())

    assert after.mode == "RGBA"
    assert after.getchannel("A").tobytes() == matte().tobytes()
    assert (pixels(after)[drawn().alpha == 0] == 0).all()
    assert greenness(after)[edge()].mean() < 12


def test_an_upload_covers_the_picture_without_being_bent() -> None:
    ground = Image.new("RGB", (SIZE * 3, SIZE), "#3355AA")
    ground.paste("#AA5533", (0, 0, SIZE, SIZE))

    after = pixels(background.upload(picture(), matte(), ground=ground))

    above = after[: SIZE // 3][drawn().alpha[: SIZE // 3] == 0]
    np.testing.assert_allclose(above, np.tile((0x33, 0x55, 0xAA), (len(above), 1)), atol=2)


def test_a_see_through_upload_is_laid_on_white() -> None:
    after = pixels(background.upload(picture(), matte(), ground=Image.new("RGBA", (300, 300), (0, 0, 0, 0))))

    assert after[5, 5].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("ground", "warmer"), [("#FFD9A0", 1), ("#A0C4FF", -1)])
def test_in_a_scene_the_person_comes_a_little_towards_its_light(ground: str, warmer: int) -> None:
    grey = Image.new("RGB", picture().size, "#808080")
    before = Image.composite(picture(), grey, matte())

    after = background.scene(before, matte(), ground=Image.new("RGB", (SIZE, SIZE), ground))

    inside = drawn().alpha > 0.99
    change = (pixels(after) - pixels(before))[inside].mean(axis=0)
    assert warmer * (change[0] - change[2]) > 2
    assert np.abs(change).max() < 32


def test_a_scene_has_a_shadow_at_the_feet() -> None:
    plain = Image.new("RGB", (SIZE, SIZE), "#C8C0B4")

    after = background.scene(picture(), matte(), ground=plain, joints=drawn().joints)

    off = drawn().alpha == 0
    assert (pixels(plain) - pixels(after))[off].max() > 30


def test_the_same_call_gives_the_same_picture_and_changes_no_argument() -> None:
    original, mask = picture().copy(), matte().copy()

    first, second = (background.transparent(original, mask).tobytes() for _time in range(2))

    assert first == second
    assert (original.tobytes(), mask.tobytes()) == (picture().tobytes(), matte().tobytes())


def test_an_empty_matte_leaves_the_ground_alone() -> None:
    nobody = Image.new("L", (SIZE, SIZE))

    after = background.solid_color(picture(), nobody, color="#123456", shadow=True)

    assert after.getcolors() == [(SIZE * SIZE, (0x12, 0x34, 0x56))]


def test_a_matte_is_kept_as_it_is() -> None:
    assert matting.decode(matting.encode(matte())).tobytes() == matte().tobytes()
