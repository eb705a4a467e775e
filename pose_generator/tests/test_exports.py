"""The registry of product.md, and files that are exactly what it says."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from lumiku.errors import Invalid
from lumiku.tests.pictures import CANARY, bytes_with_private_notes, encoded, photo
from pose_generator import crops, exports, recipes, surroundings, watermarks
from pose_generator.posing import camera, kinematics
from pose_generator.watermarks import BadWatermark, Watermark

SIZE = (512, 512)
GROUND = "#5A8C46"
LINE = recipes.sealed(recipes.Recipe(kind="TEXT_DESCRIPTION", project="p", backend="preview", seed=4, prompt="é"))


@pytest.fixture(scope="module")
def places():
    return crops.asked(camera.project(kinematics.keypoints({}), width=SIZE[0], height=SIZE[1]), SIZE)


@pytest.fixture(scope="module")
def figure():
    """A dark ellipse where the person stands, as an alpha."""
    across, down = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    inside = ((across - 256) / 70) ** 2 + ((down - 262) / 216) ** 2 < 1
    return Image.fromarray((inside * 255).astype(np.uint8))


@pytest.fixture(scope="module")
def on_plain(figure):
    picture = Image.new("RGB", SIZE, GROUND)
    picture.paste((40, 20, 60), mask=figure)
    return picture


def render(picture, wanted, *, recipe="", watermark=None, data=b"", **known):
    """The export of a picture of which that is known."""
    return exports.render(exports.Source(picture, data, **known), wanted, recipe=recipe, watermark=watermark)


def opened(export):
    return Image.open(io.BytesIO(export.data))


def pixels(export):
    return np.asarray(opened(export).convert("RGB"), dtype=int)


@pytest.mark.parametrize(
    ("name", "width", "height", "kind", "quality"),
    [
        ("instagram_feed", 1080, 1080, "jpeg", 85),
        ("instagram_portrait", 1080, 1350, "jpeg", 85),
        ("instagram_story", 1080, 1920, "jpeg", 90),
        ("tiktok", 1080, 1920, "jpeg", 90),
        ("shopee_product", 1000, 1000, "jpeg", 95),
        ("tokopedia_product", 1200, 1200, "jpeg", 95),
        ("lazada_product", 1000, 1000, "jpeg", 95),
        ("facebook_post", 1200, 630, "jpeg", 85),
        ("twitter_post", 1200, 675, "jpeg", 85),
        ("linkedin_post", 1200, 627, "jpeg", 85),
        ("print_4x6", 1800, 1200, "png", None),
        ("print_a4", 2480, 3508, "png", None),
        ("original", 512, 512, "png", None),
    ],
)
def test_a_file_is_of_the_size_type_and_quality_that_the_registry_says(
    name, width, height, kind, quality, on_plain, places
):
    export = render(on_plain, exports.FORMATS[name], places=places)

    image = opened(export)
    assert image.size == (width, height) == (export.width, export.height)
    assert image.format == kind.upper()
    assert export.content_type == f"image/{kind}"
    if quality:
        assert image.quantization == Image.open(io.BytesIO(encoded(photo(), "JPEG", quality=quality))).quantization
        full = [component[1:3] for component in image.layer] == [(1, 1)] * 3
        assert full == (quality >= 90)


def test_there_are_thirteen_formats_in_four_sets():
    assert len(exports.FORMATS) == 13
    assert set(exports.SETS) == {"social_media", "ecommerce", "print", "all"}
    assert exports.SETS["all"] == tuple(exports.FORMATS)
    assert exports.SETS["ecommerce"] == ("shopee_product", "tokopedia_product", "lazada_product")
    assert len(exports.SETS["social_media"]) == 7


def test_names_of_formats_and_sets_become_formats_once_in_the_order_of_the_registry():
    formats = exports.resolve(["print", "tiktok", "ecommerce", "shopee_product", "print_a4"])

    names = [wanted.name for wanted in formats]
    assert names == ["tiktok", "shopee_product", "tokopedia_product", "lazada_product", "print_4x6", "print_a4"]
    assert exports.resolve([]) == ()


def test_names_that_nobody_knows_are_all_named():
    with pytest.raises(exports.UnknownFormats) as refusal:
        exports.resolve(["tiktok", "myspace", "print", "fax"])

    assert refusal.value.names == ["myspace", "fax"]
    assert "myspace, fax" in refusal.value.fields["export_formats"][0]


def test_formats_that_come_out_alike_can_share_a_file_and_others_cannot():
    made_as = [wanted.made_as for wanted in exports.FORMATS.values()]

    assert exports.FORMATS["tiktok"].made_as == exports.FORMATS["instagram_story"].made_as
    assert exports.FORMATS["shopee_product"].made_as == exports.FORMATS["lazada_product"].made_as
    assert len(set(made_as)) == 11


@pytest.mark.parametrize("name", ["tokopedia_product", "facebook_post", "original"])
def test_the_same_picture_gives_the_same_bytes(name, on_plain, places):
    one, two = (render(on_plain, exports.FORMATS[name], places=places, recipe=LINE).data for _ in range(2))

    assert one == two


# ---- Product pictures ----------------------------------------------------------------------------------------------


def test_a_product_picture_on_a_plain_ground_is_on_white_once_the_person_is_known(on_plain, figure):
    shown = pixels(render(on_plain, exports.FORMATS["tokopedia_product"], matte=figure))

    assert (shown[[0, -1]] >= 254).all()
    assert (shown[:, [0, -1]] >= 254).all()
    dark = (shown.sum(axis=2) < 300).nonzero()
    assert 0.80 <= (dark[0].max() - dark[0].min()) / 1200 <= 0.90
    assert (dark[0].max() + dark[0].min()) / 2 == pytest.approx(600, abs=3)
    assert (dark[1].max() + dark[1].min()) / 2 == pytest.approx(600, abs=3)
    assert np.abs(shown[600, 600] - (40, 20, 60)).max() <= 3


def test_the_outline_of_a_person_on_white_has_nothing_of_the_plain_ground_left(on_plain, figure):
    soft = figure.filter(ImageFilter.GaussianBlur(2))
    picture = Image.composite(Image.new("RGB", SIZE, (40, 20, 60)), Image.new("RGB", SIZE, GROUND), soft)

    shown = pixels(render(picture, exports.FORMATS["tokopedia_product"], matte=soft))

    # Between the person's violet and white green is never the strongest, as it is in the old ground.
    assert (shown[..., 1] - np.minimum(shown[..., 0], shown[..., 2])).max() < 12


def test_a_product_picture_without_a_matte_keeps_its_plain_ground_and_goes_on_in_exactly_its_colour(on_plain, places):
    wide = exports.custom(1600, 400, "png")

    shown = pixels(render(on_plain, wide, places=places))

    assert (shown[:, :300] == np.array((0x5A, 0x8C, 0x46))).all()
    assert (shown[:, -300:] == np.array((0x5A, 0x8C, 0x46))).all()


def test_a_transparent_ground_is_white_as_jpeg_and_in_a_shop_and_stays_transparent_as_png(on_plain, figure, places):
    cut_out = on_plain.copy()
    cut_out.putalpha(figure)

    jpeg = render(cut_out, exports.FORMATS["facebook_post"], places=places)
    shop = render(cut_out, exports.FORMATS["shopee_product"], places=places)
    prints = opened(render(cut_out, exports.FORMATS["print_4x6"], places=places))

    assert (pixels(jpeg)[:, :100] >= 254).all()
    assert (pixels(shop)[:40] >= 254).all()
    assert prints.mode == "RGBA"
    assert prints.getpixel((0, 0))[3] == 0
    assert prints.getchannel("A").getextrema() == (0, 255)


# ---- Ground beyond the edge ----------------------------------------------------------------------------------------


def test_the_picture_itself_is_not_changed_where_its_ground_goes_on():
    picture = photo(300, 300)

    extended = surroundings.extended(picture, (700, 500), (150, 90))

    assert extended.size == (700, 500)
    assert np.array_equal(np.asarray(extended)[90:390, 150:450], np.asarray(picture))


def test_the_ground_goes_on_without_a_seam():
    picture = photo(300, 300)

    extended = np.asarray(surroundings.extended(picture, (700, 300), (150, 0)), dtype=int)

    inside = np.abs(np.diff(extended[:, 150:450], axis=1)).mean()
    for column in (149, 449):
        assert np.abs(extended[:, column + 1] - extended[:, column]).mean() <= inside


def test_nobody_appears_twice(figure):
    picture = photo(*SIZE).point(lambda value: 128 + value // 4)
    picture.paste((255, 0, 0), mask=figure)
    person = crops.Box(186, 46, 326, 478)

    extended = np.asarray(surroundings.extended(picture, (1500, 900), (494, 200), person=person), dtype=int)

    red = (extended[..., 0] > 220) & (extended[..., 1] < 60)
    down, across = red.nonzero()
    assert (across.min(), across.max()) >= (494 + 186, 0)
    assert across.max() <= 494 + 326
    assert down.min() >= 200 + 46
    assert down.max() <= 200 + 478


def test_a_ground_is_plain_with_the_noise_of_a_jpeg_and_not_with_a_gradient():
    noisy = Image.open(io.BytesIO(encoded(Image.new("RGB", SIZE, GROUND), "JPEG", quality=80)))
    gradient = Image.linear_gradient("L").resize(SIZE).convert("RGB")

    assert surroundings.plain(noisy) != ""
    assert surroundings.plain(Image.new("RGB", SIZE, GROUND)) == GROUND
    assert surroundings.plain(gradient) == ""


# ---- What a file says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif"])
def test_nothing_is_in_a_file_but_the_picture_and_its_recipe(kind, on_plain):
    bare = render(on_plain, exports.custom(200, 200, kind))
    told = render(on_plain, exports.custom(200, 200, kind), recipe=LINE)

    noise = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background", "timestamp", "duration", "srgb"}
    assert set(opened(bare).info) - noise == set()
    assert b"lumiku" not in bare.data
    assert LINE.encode() in told.data
    assert recipes.found_in(told.data).seed == 4
    assert set(opened(told).info) - noise == ({recipes.KEYWORD} if kind == "png" else {"xmp"})


def test_prints_say_that_they_have_300_dots_an_inch_and_png_that_it_is_srgb(on_plain, places):
    image = opened(render(on_plain, exports.FORMATS["print_4x6"], places=places))

    assert [round(value) for value in image.info["dpi"]] == [300, 300]
    assert image.info["srgb"] == 0


def test_an_original_keeps_the_bytes_of_its_pixels_and_loses_every_note(on_plain):
    source = encoded(on_plain, "PNG", compress_level=9)

    export = render(on_plain, exports.FORMATS["original"], data=source, recipe=LINE)

    at = source.index(b"IDAT")
    assert source[at : at + 400] in export.data
    assert recipes.found_in(export.data).prompt == "é"
    assert np.array_equal(pixels(export), np.asarray(on_plain))


def test_an_original_with_private_notes_or_another_profile_is_written_anew():
    source = bytes_with_private_notes("PNG")
    picture = photo()

    export = render(picture, exports.FORMATS["original"], data=source)

    assert CANARY not in export.data
    assert np.array_equal(pixels(export), np.asarray(picture))


@pytest.mark.parametrize(
    "source", [b"", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 2**31, b"IHDR")]
)
def test_an_original_does_not_trust_its_source(source, on_plain):
    assert opened(render(on_plain, exports.FORMATS["original"], data=source)).size == SIZE


# ---- Sizes of one's own --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif"])
def test_a_size_of_ones_own_is_made_in_every_type(kind, on_plain, places):
    export = render(on_plain, exports.custom(640, 65, kind, quality=70), places=places)

    assert opened(export).size == (640, 65)
    assert opened(export).format == kind.upper()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [((63, 100), "width"), ((100, 4097), "height"), ((100, 100, "gif"), "type"), ((100, 100, "png"), "quality")],
)
def test_a_size_that_cannot_be_made_is_refused_with_the_field(arguments, field):
    with pytest.raises(Invalid) as refusal:
        exports.custom(*arguments, quality=0 if field == "quality" else 90)

    assert list(refusal.value.fields) == [field]


@settings(max_examples=25, deadline=None)
@given(
    size=st.tuples(st.integers(16, 300), st.integers(16, 300)),
    wanted=st.tuples(st.integers(64, 400), st.integers(64, 400)),
)
def test_any_picture_becomes_any_size(size, wanted):
    export = render(photo(*size), exports.custom(*wanted, "png"))

    assert opened(export).size == wanted


# ---- Watermarks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", list(watermarks.POSITIONS))
def test_a_mark_stands_where_it_was_asked_for_and_nowhere_else(position):
    plain = Image.new("RGB", (600, 400), "#808080")
    mark = Watermark(logo=Image.new("RGBA", (40, 20), "red"), position=position, size=0.2, opacity=1.0)

    marked = np.asarray(watermarks.marked(plain, mark), dtype=int)

    down, across = (np.abs(marked - 128).sum(axis=2) > 100).nonzero()
    middle = ((across.min() + across.max()) / 2 / 600, (down.min() + down.max()) / 2 / 400)
    assert across.max() - across.min() + 1 == pytest.approx(120, abs=2)
    for where, share in zip(middle, watermarks.POSITIONS[position], strict=True):
        assert (where < 0.35, abs(where - 0.5) < 0.01, where > 0.65)[round(2 * share)]


def test_a_mark_lets_as_much_through_as_it_was_asked_to():
    mark = Watermark(logo=Image.new("RGBA", (40, 20), "white"), position="center", opacity=0.5)

    marked = watermarks.marked(Image.new("RGB", (400, 400)), mark)

    assert marked.getpixel((200, 200)) == pytest.approx((127, 127, 127), abs=2)


@pytest.mark.parametrize("ground", ["#FFFFFF", "#000000", "#FF9900"])
def test_a_text_can_be_read_on_any_ground(ground):
    picture = Image.new("RGB", (800, 800), ground)

    marked = np.asarray(watermarks.marked(picture, Watermark(text="Toko Budi", opacity=1.0)).convert("L"), dtype=int)

    corner = marked[600:, 500:]
    assert np.ptp(corner) > 90
    assert np.ptp(marked[:400]) == 0


def test_accents_are_left_off_and_letters_that_cannot_be_drawn_are_named():
    assert Watermark(text="Café  Señor\n2026").text == "Cafe Senor 2026"
    with pytest.raises(BadWatermark) as refusal:
        Watermark(text="店 shop")
    assert "店" in refusal.value.fields["text"][0]


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(min_size=1, max_size=61), size=st.floats(0.05, 0.8), position=st.sampled_from([*watermarks.POSITIONS])
)
def test_any_text_is_drawn_or_refused(text, size, position):
    try:
        mark = Watermark(text=text, size=size, position=position)
    except BadWatermark:
        return
    assert watermarks.marked(Image.new("RGB", (120, 90)), mark).size == (120, 90)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"text": "a", "logo": Image.new("L", (1, 1))},
        {"text": "a", "position": "left"},
        {"text": "a", "opacity": 0},
        {"text": "a", "size": float("nan")},
        {"text": "x" * 61},
        {"text": "\u200b"},
    ],
)
def test_a_mark_that_cannot_be_is_refused(wrong):
    with pytest.raises(BadWatermark):
        Watermark(**wrong)


def test_an_original_is_never_marked(on_plain):
    plain, marked = (
        render(on_plain, exports.FORMATS["original"], watermark=mark).data for mark in (None, Watermark(text="Toko"))
    )
    assert plain == marked
    social = exports.FORMATS["instagram_feed"]
    assert render(on_plain, social).data != render(on_plain, social, watermark=Watermark(text="T")).data
