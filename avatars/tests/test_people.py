"""People in words: every trait is said, as people say it."""

from typing import Any

import pytest

from avatars import people, presets
from lumiku import phrases

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


@pytest.mark.parametrize("trait", SARI)
def test_every_trait_that_is_known_stands_in_the_prompt(trait: str) -> None:
    with_it = people.described(SARI)
    without = people.described({key: value for key, value in SARI.items() if key != trait})

    assert with_it != without
    value: Any = SARI[trait]
    words = {"female": "woman", "young": "20 to 30 years old"}.get(str(value), value)
    for word in words if isinstance(words, list) else [str(words)]:
        assert word in with_it


@pytest.mark.parametrize(
    ("traits", "phrase"),
    [
        ({"gender": "female"}, "a woman"),
        ({"gender": "male", "ethnicity": "Indonesian"}, "an Indonesian man"),
        ({"gender": "unisex", "ethnicity": "Asian"}, "an Asian person"),
        ({"gender": "female", "ethnicity": "Jawa"}, "a Javanese woman"),
        ({"gender": "female", "ethnicity": "orang Sunda"}, "a Sundanese woman"),
        ({"gender": "female", "ethnicity": "Javanese woman"}, "a Javanese woman"),
        ({"gender": "male", "ethnicity": "keturunan Tionghoa"}, "a man of Chinese descent"),
        ({"gender": "female", "ethnicity": "mixed Dutch and Javanese"}, "a mixed Dutch and Javanese woman"),
        ({"ethnicity": "Uzbek"}, "an Uzbek person"),
        ({"skin_tone": "sawo matang"}, "a person, tan brown skin"),
        ({"skin_tone": "kulit kuning langsat"}, "a person, light golden skin"),
        ({"skin_tone": "very fair"}, "a person, very fair skin"),
        ({"hair_style": "rambut hitam panjang"}, "a person, long black hair"),
        ({"hair_style": "keriting", "hair_color": "coklat tua"}, "a person, curly dark brown hair"),
        ({"hair_color": "rambut hitam"}, "a person, black hair"),
        ({"hair_style": "short"}, "a person, short hair"),
        ({"hair_style": "bob", "hair_color": "black"}, "a person, black hair in a bob"),
        ({"hair_style": "braids"}, "a person, hair in braids"),
        ({"hair_style": "updo", "hair_color": "grey"}, "a person, grey hair in an updo"),
        ({"hair_style": "kuncir kuda", "hair_color": "hitam"}, "a person, black hair in a ponytail"),
        ({"hair_style": "botak"}, "a person, bald head"),
        ({"hair_style": "hijab", "hair_color": "cream"}, "a person, wearing a cream hijab"),
        (
            {"hair_style": "kerudung putih", "style": "gamis"},
            "a person, wearing a white headscarf, wearing gamis dress",
        ),
        ({"eye_color": "coklat tua"}, "a person, dark brown eyes"),
        ({"eye_color": "green eyes"}, "a person, green eyes"),
        ({"body_type": "athletic"}, "a person, athletic build"),
        ({"body_type": "tubuh langsing"}, "a person, slim body"),
        ({"style": "kebaya"}, "a person, wearing kebaya"),
        ({"style": "wearing a navy blazer"}, "a person, wearing a navy blazer"),
        ({"style": "kemeja batik lengan panjang"}, "a person, wearing long-sleeved batik shirt"),
        ({"style": "business casual"}, "a person, wearing business casual clothes"),
        ({"style": "merah"}, "a person, wearing red clothes"),
        ({"age_range": "young", "persona_age": 24}, "a person, 20 to 30 years old, aged 24"),
        ({"age_range": "young", "persona_age": 62}, "a person, aged 62"),
        ({"persona_name": "Melati"}, "a person, named Melati"),
        ({"persona_personality": ["ramah", "ceria"]}, "a person, friendly and cheerful"),
        ({"persona_background": "a baker.\nFrom Solo"}, "a person, a baker. From Solo"),
        ({"style": "", "persona_personality": [], "hair_color": None}, ""),
        ({}, ""),
    ],
)
def test_a_person_is_told_as_people_say_it(traits: dict[str, Any], phrase: str) -> None:
    assert people.described(traits) == phrase


def test_a_portrait_shows_one_person_from_head_to_toe_in_a_studio() -> None:
    prompt = people.portrait(SARI)

    assert prompt.startswith("full-length studio portrait of one person, a Javanese woman, 20 to 30 years old, ")
    for said in ("medium brown skin", "long wavy black hair", "wearing kebaya", "facing the camera", "head to toe"):
        assert said in prompt
    assert "plain light background" in prompt


def test_what_the_persona_does_elsewhere_stays_out_of_the_studio() -> None:
    assert "florist" in people.described(SARI)
    assert "florist" not in people.portrait(SARI)


def test_a_portrait_of_nobody_in_particular_is_still_one_person() -> None:
    assert people.portrait({}).startswith("full-length studio portrait of one person, standing upright")


def test_the_longest_traits_leave_the_pose_and_the_studio_in_the_prompt() -> None:
    traits = dict.fromkeys(SARI, "gorgeous " * 5) | {"persona_personality": ["a very warm and patient soul"] * 10}

    prompt = people.portrait(traits | {"persona_age": 24, "gender": "female", "age_range": "young"})

    assert phrases.tokens(prompt) <= phrases.MOST
    assert "facing the camera" in prompt
    assert "plain light background" in prompt


@pytest.mark.parametrize("preset", presets.every(), ids=lambda preset: preset.slug)
def test_every_preset_has_a_prompt_of_its_own(preset: presets.Preset) -> None:
    prompt = people.portrait(preset.traits)

    assert [other.slug for other in presets.every() if people.portrait(other.traits) == prompt] == [preset.slug]
