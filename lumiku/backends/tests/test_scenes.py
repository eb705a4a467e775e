import time

import numpy as np
import pytest

from lumiku.backends import scene_words, scenes

SIZES = [(288, 512), (512, 288)]
#: Words that people write, and the kind of place that they mean.
MEANT = {
    "modern café": "cafe",
    "pantai saat matahari terbenam": "beach",
    "green garden": "garden",
    "taman bunga": "garden",
    "city street": "street",
    "jalan kota di malam hari": "street",
    "white photo studio": "studio",
    "living room": "living_room",
    "ruang tamu minimalis": "living_room",
    "kamar tidur putih": "bedroom",
    "office": "office",
    "ruang rapat kantor": "office",
    "mosque courtyard": "mosque",
    "pelataran masjid": "mosque",
    "mountains": "mountains",
    "pegunungan berkabut": "mountains",
    "sawah di Ubud": "field",
    "market": "market",
    "pasar malam": "market",
    "wooden wall": "wall",
    "dinding bata merah": "wall",
    "gym": "gym",
    "pusat kebugaran": "gym",
    "butik": "shop",
    "something nobody has a name for": "room",
    "": "room",
}


def ground(words, width=256, height=256, seed=7, **more):
    return scenes.paint(words, width, height, seed=seed, **more).ground


def mean(words, **more):
    return ground(words, **more).mean(axis=(0, 1))


@pytest.mark.parametrize(("words", "kind"), MEANT.items())
def test_words_in_both_languages_name_their_place(words, kind):
    assert scene_words.read(words).kind == kind


def test_every_kind_of_place_is_drawn_and_every_drawing_can_be_asked_for():
    assert set(scene_words.PLACES) | {"room"} == set(scenes.KINDS)


def test_no_phrase_stands_for_two_places():
    phrases = [phrase for phrases in scene_words.PLACES.values() for phrase in phrases]

    assert len(phrases) == len(set(phrases))
    assert all(scene_words.plain(phrase) == phrase for phrase in phrases)


def test_the_longest_phrase_decides_and_parts_of_words_do_not():
    assert scene_words.read("taman").kind == "garden"
    assert scene_words.read("kebun teh").kind == "field"
    assert scene_words.read("office building on a city street").kind == "street"
    assert scene_words.read("barbershop pinkish seafood").kind == "room"


def test_hour_colour_and_material_are_read_beside_the_place():
    place = scene_words.read("DINDING kayu, Biru Muda — senja")

    assert (place.kind, place.hour, place.material) == ("wall", "sunset", "wood")
    assert place.colour == scene_words.COLOURS["biru muda"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", scenes.KINDS)
def test_every_place_is_a_picture_of_the_asked_size_with_something_to_see(kind, size):
    picture = ground(scene_words.PLACES.get(kind, ("quiet",))[0], *size)

    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert 0.15 < picture.mean() < 0.97
    assert np.ptp(picture.mean(axis=2)) > 0.12


@pytest.mark.parametrize("kind", scenes.KINDS)
def test_the_same_words_and_seed_give_the_same_picture_and_another_seed_another(kind):
    words = scene_words.PLACES.get(kind, ("quiet",))[0]

    first, again, other = (ground(words, seed=seed) for seed in (7, 7, 8))

    assert (first == again).all()
    assert (first != other).any()


def test_other_words_without_a_place_give_a_room_of_another_colour():
    colours = {scene_words.read(words).wall for words in ("calm", "tenang", "elegant", "anggun", "simple", "rapi")}

    assert len(colours) > 2


@pytest.mark.parametrize("place", ["beach", "city street", "mosque", "mountains", "cafe", "market", "bedroom"])
def test_night_is_darker_than_day_and_sunset_is_warmer(place):
    day, night, sunset = (mean(f"{place} {hour}") for hour in ("siang", "malam", "senja"))

    assert night.mean() < 0.92 * day.mean()
    assert sunset[0] / sunset[2] > day[0] / day[2] * 1.05


@pytest.mark.parametrize("place", ["studio", "living room", "wall", "ruang yang tenang"])
def test_a_colour_word_paints_the_walls(place):
    pink, blue = mean(f"pink {place}"), mean(f"{place} biru")

    assert pink[0] > pink[2]
    assert blue[2] > blue[0]


def test_below_the_horizon_is_floor_wherever_the_horizon_is():
    sea = [ground("beach", seed=3, horizon=horizon) for horizon in (0.5, 0.62)]

    rows = [int(np.argmax(np.abs(np.diff(picture[:, :80].mean(axis=(1, 2)))))) for picture in sea]
    assert rows[1] > rows[0] + 12


def test_soft_skies_and_walls_show_no_bands():
    for words in ("photo studio", "pantai", "langit malam gunung"):
        column = (ground(words, 512, 512)[10:200, 40] * 255 + 0.5).astype(np.uint8)

        # A band is a run of one value; grain breaks every run.
        runs = np.diff(np.flatnonzero(np.diff(column[:, 1].astype(int)) != 0))
        assert runs.max() < 14, words


@pytest.mark.parametrize("words", ["", " ", "🙂", "x" * 5000, "\x00\n\t", "pantai " * 200, "ＣＡＦÉ"])
def test_whatever_the_words_are_a_place_is_drawn(words):
    assert ground(words, 64, 64).shape == (64, 64, 3)


@pytest.mark.parametrize("size", [(16, 512), (512, 16)])
@pytest.mark.parametrize("kind", scenes.KINDS)
def test_odd_sizes_are_drawn_too(kind, size):
    assert ground(scene_words.PLACES.get(kind, ("quiet",))[0], *size).shape == (size[1], size[0], 3)


def test_the_cost_hardly_grows_with_the_size():
    def cost(size):
        began = time.thread_time()
        ground("mosque", size, size)
        return time.thread_time() - began

    small, large = (min(cost(size) for _ in range(3)) for size in (512, 1024))

    assert large < 2.5 * small + 0.03
