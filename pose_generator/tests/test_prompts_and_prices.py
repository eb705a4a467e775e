"""Words and prices: pure functions, on tables."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.tests.test_people import SARI
from lumiku import phrases
from pose_generator import prompts
from pose_generator.posing import library
from pose_generator.pricing import price
from pose_generator.settlement import closing_status
from pose_generator.tests import curated

PRICES = {"pose": 30, "background": 10}


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
            "a Javanese woman",
            "a market",
            "professional photography",
        )
    ]
    assert places == sorted(places)


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


def test_parts_are_parted_by_one_comma_whatever_their_ends_and_gaps() -> None:
    prompt = prompts.build(words="red dress,", pose="Walking: A step.", background=" a market. ")

    assert prompt == f"red dress, Walking: A step, a market, {prompts.QUALITY}"


def test_indonesian_words_reach_the_model_in_english() -> None:
    prompt = prompts.build(
        words="wanita berkebaya merah", background=prompts.ground("ai_generate", "pantai saat senja", "")
    )

    assert prompt.startswith("woman wearing red kebaya, background: beach at dusk, ")


LONG = {
    **SARI,
    "persona_background": "she sells flowers " * 27,
    "persona_personality": ["a very warm and patient person"] * 10,
}


@pytest.mark.parametrize("sign", ["w", "ab cd ", "batik, "])
def test_a_long_order_keeps_words_pose_and_background_and_stays_under_the_limit(sign: str) -> None:
    words = phrases.line((sign * 500)[:500])
    pose = phrases.line("Standing with a hand on the hip. " * 18)

    prompt = prompts.build(words=words, pose=pose, traits=LONG, background="background: a market")

    assert all(part in prompt for part in (words, pose, "background: a market", "a Javanese woman"))
    assert "she sells flowers" not in prompt
    assert phrases.tokens(prompt) <= phrases.MOST


def test_what_matters_least_goes_first() -> None:
    told = [prompts.build(words="red dress " * count, traits=LONG) for count in (1, 60, 100, 130)]
    kept = [[trait in prompt for trait in ("flowers", "patient", "brown eyes", "kebaya")] for prompt in told]

    assert kept[0] == [True, True, True, True]
    assert kept[2] == [False, False, True, True]
    assert all(
        before >= after for earlier, later in pairwise(kept) for before, after in zip(earlier, later, strict=True)
    )


# ---- The camera ----------------------------------------------------------------------------------------------------


def test_who_is_seen_from_behind_is_so_at_once_and_has_no_eyes() -> None:
    prompt = prompts.build(words="red dress", pose="Crossed arms", traits=SARI, yaw=180)

    assert prompt.startswith("seen from behind, red dress, Crossed arms, ")
    assert "eyes" not in prompt
    assert "skin texture" not in prompt
    assert "black hair" in prompt


@pytest.fixture(scope="module")
def poses() -> dict[str, library.PoseEntry]:
    return {pose.slug: pose for pose in curated.starter().poses}


def told(pose: library.PoseEntry, yaw: float) -> str:
    text = f"{pose.name['en']}: {pose.description['en']}"
    return prompts.build(pose=text, traits=SARI, yaw=yaw, keypoints=pose.keypoints)


@pytest.mark.parametrize(
    ("slug", "yaw", "view", "eyes"),
    [
        ("crossed-arms", 0, "", True),
        ("crossed-arms", 40, "three-quarter view", True),
        ("crossed-arms", 90, "seen from the side", True),
        ("crossed-arms", 180, "seen from behind", False),
        ("arms-in-v-from-behind", 0, "seen from behind", False),
        ("arms-in-v-from-behind", 180, "", True),
        ("writing-on-whiteboard", 150, "", True),
        ("neutral-side", 90, "", True),
        ("neutral-side", -90, "seen from behind", False),
        ("back-looking-over-left-shoulder", 0, "", True),
    ],
)
def test_a_camera_is_named_by_what_it_sees_of_the_pose(
    poses: dict[str, library.PoseEntry], slug: str, yaw: float, view: str, eyes: bool
) -> None:
    prompt = told(poses[slug], yaw)

    views = ("seen from behind", "three-quarter view from behind", "seen from the side", "three-quarter view")
    assert next((name for name in views if name in prompt), "") == view
    assert ("brown eyes" in prompt) is eyes


@pytest.mark.parametrize("yaw", [60, 90, 180, 270])
def test_from_another_side_no_pose_tells_of_the_camera_it_was_written_for(
    poses: dict[str, library.PoseEntry], yaw: float
) -> None:
    for pose in poses.values():
        text = prompts._without_camera(f"{pose.name['en']}: {pose.description['en']}")
        assert not re.search(
            r"from behind|from the side|the camera|side view|profile|(?:walking|turned) away", text, re.IGNORECASE
        ), text
        assert not re.search(r" ,|,,|: ,|  |^\W", text), text
        behind = told(pose, yaw).startswith(("seen from behind", "three-quarter view from behind"))
        assert behind is prompts.look(yaw, pose.keypoints).back


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("#FFFFFF", "white"),
        ("#000000", "black"),
        ("#ff0000", "red"),
        ("#232F52", "navy blue"),
        ("#FFC0CB", "pale pink"),
        ("#00FF00", "green"),
        ("#EDEBE8", "off-white"),
        ("#808000", "olive"),
        ("pink", "pink"),
    ],
)
def test_a_background_colour_is_named(code: str, name: str) -> None:
    assert prompts.ground("solid_color", "", code) == f"plain {name} studio background"


# ---- Prices --------------------------------------------------------------------------------------------------------


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
