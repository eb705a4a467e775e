"""What a picture says of its making is read back, and nothing else is believed."""

from dataclasses import replace

import pytest
from django.core.signing import Signer
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from lumiku.tests.pictures import encoded, photo
from pose_generator import encodings, recipes
from pose_generator.recipes import NoRecipe, Recipe

RECIPE = Recipe(
    kind="GALLERY_REFERENCE",
    project="4d2c1f6e-0000-4000-8000-000000000001",
    pose="4d2c1f6e-0000-4000-8000-000000000002",
    pose_version="9f3a11",
    avatar="4d2c1f6e-0000-4000-8000-000000000003",
    avatar_version="2",
    backend="huggingface",
    seed=2**31 - 1,
    prompt='seorang wanita berhijab, <b>"studio"</b> & lampu – 😀',
    words="kebaya merah",
    yaw=45.0,
    pitch=-15.0,
    aspect_ratio="4:5",
    background_mode="solid_color",
    background_color="#FFEEDD",
    score=87,
)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_a_recipe_is_read_back_from_every_type_of_file_as_it_was_written(kind):
    data = encodings.encode(photo(), kind, quality=90, recipe=recipes.sealed(RECIPE))

    assert recipes.found_in(data) == RECIPE


def test_the_same_recipe_is_sealed_alike():
    assert recipes.sealed(RECIPE) == recipes.sealed(replace(RECIPE))


def test_a_recipe_becomes_the_order_of_that_one_picture():
    assert RECIPE.body() == {
        "project_id": RECIPE.project,
        "generation_type": "GALLERY_REFERENCE",
        "selected_pose_ids": [RECIPE.pose],
        "batch_size": 1,
        "text_prompt": "kebaya merah",
        "avatar_id": RECIPE.avatar,
        "use_background_changer": True,
        "background_mode": "solid_color",
        "background_color": "#FFEEDD",
        "seed": 2**31 - 1,
        "camera": {"yaw": 45.0, "pitch": -15.0},
        "aspect_ratio": "4:5",
        "backend": "huggingface",
    }


def test_a_recipe_of_words_alone_asks_for_no_pose_and_no_background():
    body = Recipe(kind="TEXT_DESCRIPTION", project="p", backend="preview", seed=0, prompt="x", words="berdiri").body()

    assert body["variation_count"] == 1
    assert body["seed"] == 0
    assert not {"selected_pose_ids", "batch_size", "avatar_id", "use_background_changer"} & set(body)


def test_an_editor_may_write_the_packet_anew_as_an_attribute():
    line = recipes.sealed(RECIPE)

    assert recipes.found_in(f"<rdf:Description lumiku:recipe = '{line}'/>".encode()) == RECIPE


@pytest.mark.parametrize("at", [0, 5, 40, -44, -1])
def test_a_recipe_with_one_letter_changed_is_none(at):
    line = recipes.sealed(RECIPE)
    forged = line[:at] + ("A" if line[at] != "A" else "B") + (line[at + 1 :] if at != -1 else "")

    with pytest.raises(NoRecipe):
        recipes.found_in(f"lumiku:recipe>{forged}<".encode())


def test_a_recipe_of_another_installation_is_none_and_one_of_an_older_key_is_read():
    with override_settings(SECRET_KEY="x" * 50):
        line = recipes.sealed(RECIPE)

    with pytest.raises(NoRecipe):
        recipes.found_in(f"lumiku:recipe>{line}<".encode())
    with override_settings(SECRET_KEY_FALLBACKS=["x" * 50]):
        assert recipes.found_in(f"lumiku:recipe>{line}<".encode()) == RECIPE


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"seed": -1},
        {"seed": 2**31},
        {"seed": True},
        {"seed": "4"},
        {"yaw": 1e9},
        {"pitch": None},
        {"score": 101},
        {"prompt": "x" * 6001},
        {"words": ["a"]},
        {"pose": 7},
        {"surprise": 1},
    ],
)
def test_even_a_sealed_recipe_keeps_to_its_bounds(wrong):
    told = {"version": 1, "kind": "k", "project": "p", "backend": "b", "seed": 1, "prompt": "x"} | wrong
    line = Signer(salt="lumiku.recipes").sign_object(told)

    with pytest.raises(NoRecipe):
        recipes.found_in(f"lumiku:recipe>{line}<".encode())


@pytest.mark.parametrize("told", [[], "text", 4, None])
def test_something_else_that_is_sealed_is_no_recipe(told):
    line = Signer(salt="lumiku.recipes").sign_object(told)

    with pytest.raises(NoRecipe):
        recipes.found_in(f"lumiku:recipe>{'x' * 20}{line}<".encode())
    with pytest.raises(NoRecipe):
        recipes.found_in(f"lumiku:recipe>{line}<".encode())


def test_a_false_recipe_before_the_true_one_hides_nothing():
    false = b"lumiku:recipe>" + b"A" * 40 + b":" + b"B" * 43 + b"<"

    assert recipes.found_in(3 * false + recipes.xmp(recipes.sealed(RECIPE))) == RECIPE


def test_very_many_false_recipes_cost_no_time():
    false = b"lumiku:recipe>" + b"A" * 11_000 + b":" + b"B" * 43

    with pytest.raises(NoRecipe):
        recipes.found_in(false * 900)


@pytest.mark.timeout(5)
def test_ten_megabytes_that_nearly_look_like_a_recipe_are_read_in_no_time():
    with pytest.raises(NoRecipe):
        recipes.found_in(b"lumiku:recipe>" * 700_000)
    with pytest.raises(NoRecipe):
        recipes.found_in(b"lumiku:recipe" + b" " * 10_000_000)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_answered(before, after):
    with pytest.raises(NoRecipe):
        recipes.found_in(before + b"lumiku:recipe>" + after)


def test_a_photo_from_elsewhere_has_no_recipe():
    with pytest.raises(NoRecipe):
        recipes.found_in(encoded(photo(), "JPEG"))


def test_what_is_too_long_is_shortened_so_that_it_can_be_read_back():
    long = replace(RECIPE, prompt="x" * 9000)

    assert recipes.found_in(recipes.xmp(recipes.sealed(long))).prompt == "x" * 6000
