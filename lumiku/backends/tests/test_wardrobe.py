"""Which clothes and hair free words stand for."""

import numpy as np
import pytest

from lumiku.backends import garment_words, wardrobe
from lumiku.backends.wardrobe import look


def colour(name: str) -> list[float]:
    return list(garment_words.rgb(garment_words.COLOURS[name]))


def cuts(style: str, **traits: str) -> dict[str, str]:
    return {slot: cloth.cut for slot, cloth in look({"style": style, **traits}).worn.items()}


def test_each_garment_that_is_named_has_its_own_colour() -> None:
    seen = look({"gender": "female", "style": "navy blazer, ivory blouse, maroon skirt, red heels"})

    assert list(seen.worn["jacket"].colour) == colour("navy")
    assert list(seen.top) == colour("ivory")
    assert list(seen.bottom) == colour("maroon")
    assert list(seen.shoes) == colour("red")


@pytest.mark.parametrize(
    ("english", "indonesian"),
    [
        ("white shirt, black trousers", "kemeja putih, celana hitam"),
        ("red hoodie with blue jeans", "hoodie merah dengan jin biru"),
        ("maroon kebaya, batik skirt and gold selendang", "kebaya marun, kain batik dan selendang emas"),
        ("green shorts, yellow jersey", "celana pendek hijau, jersi kuning"),
        ("white doctor coat, stethoscope", "jas dokter putih, stetoskop"),
    ],
)
def test_english_and_indonesian_words_mean_the_same_clothes(english: str, indonesian: str) -> None:
    one, other = (look({"gender": "female", "style": style}).worn for style in (english, indonesian))

    assert {slot: (cloth.cut, *cloth.colour) for slot, cloth in one.items()} == {
        slot: (cloth.cut, *cloth.colour) for slot, cloth in other.items()
    }


def test_a_colour_without_a_garment_is_that_of_the_outfit() -> None:
    assert list(look({"style": "casual grey"}).top) == colour("grey")
    assert list(look({"gender": "female", "style": "dress, emerald"}).top) == colour("emerald")


@pytest.mark.parametrize(
    ("style", "gender", "worn"),
    [
        ("sporty", "female", {"top": "tank", "bottom": "leggings"}),
        ("sporty", "male", {"top": "jersey", "bottom": "shorts"}),
        ("formal", "male", {"jacket": "suit", "top": "shirt", "bottom": "trousers"}),
        ("traditional", "female", {"top": "kebaya", "bottom": "kain"}),
        ("traditional", "male", {"top": "shirt"}),
        ("sari merah", "female", {"top": "sari", "bottom": "sari"}),
        ("kimono", "male", {"top": "kimono", "bottom": "kimono"}),
        ("something else", "male", {"top": "tee", "bottom": "trousers", "shoes": "sneakers"}),
    ],
)
def test_a_manner_or_one_garment_makes_an_outfit(style: str, gender: str, worn: dict[str, str]) -> None:
    assert worn.items() <= cuts(style, gender=gender).items()


def test_men_are_not_put_into_dresses_by_a_word() -> None:
    for style in ("dress", "kebaya", "red sari", "gamis"):
        assert not set(cuts(style, gender="male").values()) & wardrobe.WOMEN_ONLY, style


@pytest.mark.parametrize(
    ("words", "shape"),
    [("cream pashmina hijab", "pashmina"), ("mauve khimar", "khimar"), ("jilbab segi empat", "square"), ("bob", "")],
)
def test_hijabs_come_in_shapes(words: str, shape: str) -> None:
    assert look({"gender": "female", "hair_style": words}).cut("hijab") == shape


def test_whoever_wears_a_hijab_has_long_sleeves() -> None:
    for style in ("tank top", "white t-shirt", "red dress", ""):
        assert look({"gender": "female", "style": style, "hair_style": "hijab"}).sleeves == 2.0


@pytest.mark.parametrize(
    ("words", "cut"),
    [("short curly hair", "curly crop"), ("long wavy hair", "wavy"), ("sleek low bun", "low bun"), ("botak", "bald"),
     ("rambut panjang", "long"), ("shoulder-length curly hair", "curly"), ("sanggul", "low bun"), ("???", "short")],
)  # fmt: skip
def test_hair_styles_are_understood(words: str, cut: str) -> None:
    assert look({"gender": "male", "hair_style": words}).hair_style == cut


def test_tan_is_no_part_of_a_tank_top() -> None:
    assert list(look({"gender": "male", "style": "tank top"}).top) != colour("tan")


def test_age_shows_in_the_hair() -> None:
    young, old = (look({"age_range": age}).hair for age in ("young", "mature"))

    assert np.mean(old) > np.mean(young) + 0.3
