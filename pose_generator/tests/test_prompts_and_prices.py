"""Words and prices: pure functions, on tables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_generator import prompts
from pose_generator.pricing import price
from pose_generator.settlement import closing_status

PRICES = {"pose": 30, "background": 10}
SARI = {
    "gender": "female",
    "age_range": "young",
    "ethnicity": "Javanese",
    "body_type": "slim",
    "skin_tone": "medium brown",
    "hair_style": "long wavy",
    "hair_color": "black",
    "eye_color": "brown",
    "style": "kebaya",
    "persona_name": "Sari",
    "persona_age": 24,
    "persona_personality": ["warm", "calm"],
    "persona_background": "a florist from Solo",
}


def test_the_prompt_keeps_the_products_order() -> None:
    prompt = prompts.build(
        words="batik dress",
        pose="Arms crossed: A person with crossed arms.",
        traits=SARI,
        background="background: a market",
        yaw=90,
    )

    places = [
        prompt.index(words)
        for words in (
            "batik dress",
            "Arms crossed",
            "seen from the side",
            "a woman",
            "a market",
            "professional photography",
        )
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("trait", SARI)
def test_every_trait_that_is_known_stands_in_the_prompt(trait: str) -> None:
    with_it = prompts.person(SARI)
    without = prompts.person({key: value for key, value in SARI.items() if key != trait})

    assert with_it != without
    value: Any = SARI[trait]
    words = {"female": "a woman", "young": "20 to 30 years old"}.get(str(value), value)
    for word in words if isinstance(words, list) else [str(words)]:
        assert word in with_it


@pytest.mark.parametrize(
    ("yaw", "pitch", "view"),
    [
        (0, 0, ""),
        (10, 5, ""),
        (35, 0, "three-quarter view"),
        (-35, 0, "three-quarter view"),
        (325, 0, "three-quarter view"),
        (90, 0, "seen from the side"),
        (270, 0, "seen from the side"),
        (140, 0, "three-quarter view from behind"),
        (180, 0, "seen from behind"),
        (-180, 20, "seen from behind, high camera angle"),
        (0, -20, "low camera angle"),
    ],
)
def test_the_camera_is_put_into_words(yaw: float, pitch: float, view: str) -> None:
    assert prompts.view(yaw, pitch) == view


@pytest.mark.parametrize(
    ("traits", "phrase"),
    [
        ({"hair_style": "hijab", "hair_color": "cream"}, "cream hijab"),
        ({"hair_style": "short"}, "short hair"),
        ({"hair_color": "rambut hitam"}, "rambut hitam"),
        ({}, ""),
    ],
)
def test_hair_is_named_as_people_say_it(traits: dict[str, str], phrase: str) -> None:
    assert prompts._hair(traits) == phrase


@given(pictures=st.integers(1, 500), background=st.booleans())
def test_an_order_costs_the_sum_of_its_pictures(pictures: int, background: bool) -> None:
    quoted = price(pictures, background=background, prices=PRICES)

    assert quoted.total == sum(quoted.each for _ in range(pictures)) == pictures * (40 if background else 30)


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({"completed": 3}, "completed"),
        ({"completed": 2, "failed": 1}, "partial"),
        ({"failed": 3}, "failed"),
        ({"completed": 2, "cancelled": 1}, "cancelled"),
        ({"failed": 2, "cancelled": 1}, "cancelled"),
        ({"cancelled": 3}, "cancelled"),
    ],
)
def test_an_order_closes_as_the_contract_says(counts: dict[str, int], status: str) -> None:
    assert closing_status(counts) == status
