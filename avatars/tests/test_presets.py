"""Somebody to start from, in two languages; and what the avatars were used for."""

from typing import Any

import pytest
from django.contrib.staticfiles import finders
from rest_framework.test import APIClient

from avatars import presets
from avatars.models import Avatar, Portrait
from avatars.serializers import Traits
from avatars.tests.painters import *  # noqa: F403
from avatars.tests.painters import CREATOR, generate, nothing_moved, purse
from avatars.tests.test_avatars_api import upload
from lumiku import moderation
from lumiku.testing import client_of, order_for, sums_match, work
from lumiku.users.models import User
from pose_generator import generations
from pose_generator.models import Pose, Project


def from_preset(client: APIClient, preset: str = "hijabi-professional", **fields: Any) -> Any:
    body = {"presetId": preset, "backend": "painter", **fields}
    return client.post(f"{CREATOR}/avatars/from-preset", body)


def test_everybody_sees_nineteen_people_in_five_kinds() -> None:
    answer = client_of(None).get(f"{CREATOR}/presets")

    found = answer.json()["presets"]
    assert (answer.status_code, len(found), len({preset["id"] for preset in found})) == (200, 19, 19)
    assert {category["id"]: category["presetCount"] for category in answer.json()["categories"]} == {
        key: sum(preset["category"] == key for preset in found) for key in presets.CATEGORIES
    }
    assert all(preset["price"] == 8 for preset in found)
    assert all(set(preset["traits"]) <= {"gender", "ageRange", *found[0]["traits"]} for preset in found)


def test_names_come_in_the_language_of_the_reader() -> None:
    english, indonesian = (
        client_of(None).get(f"{CREATOR}/presets", headers={"Accept-Language": language}).json()["presets"]
        for language in ("en", "id")
    )

    assert english[0]["name"] == "Business woman"
    assert all(one["name"] != other["name"] for one, other in zip(english, indonesian, strict=True))
    assert all(one["description"] != other["description"] for one, other in zip(english, indonesian, strict=True))


def test_presets_of_one_kind_and_of_an_unknown_one() -> None:
    client = client_of(None)

    sports = client.get(f"{CREATOR}/presets?category=sports").json()["presets"]
    unknown = client.get(f"{CREATOR}/presets?category=space")

    assert {preset["category"] for preset in sports} == {"sports"}
    assert (unknown.status_code, list(unknown.json()["error"]["fields"])) == (400, ["category"])


@pytest.mark.parametrize("preset", presets.every(), ids=lambda preset: preset.slug)
def test_every_preset_is_valid_allowed_and_has_both_pictures(preset: presets.Preset) -> None:
    form = Traits(data=dict(preset.traits))

    assert form.is_valid(), form.errors
    assert set(form.validated_data) == set(preset.traits)
    assert preset.category in presets.CATEGORIES
    moderation.check(name=preset.name_en, **{key: str(value) for key, value in preset.traits.items()})
    for link in (preset.picture, preset.thumbnail):
        assert finders.find(link.removeprefix("/static/")), link


def test_alice_gets_a_preset_painted_for_eight_credits(as_alice: APIClient, alice: User) -> None:
    placed = from_preset(as_alice, hairColor="navy", seed=3)

    avatar = placed.json()["avatar"]
    assert (placed.status_code, placed.json()["creditCharged"], avatar["status"]) == (202, 8, "pending")
    assert (avatar["name"], avatar["sourceType"]) == (presets.get("hijabi-professional").name_en, "from_preset")
    assert (avatar["traits"]["hairColor"], avatar["traits"]["gender"]) == ("navy", "female")
    assert (Portrait.objects.get().preset, Portrait.objects.get().seed) == ("hijabi-professional", 3)

    work()

    assert (Avatar.objects.get().status, purse(alice)) == ("completed", (992, 0))
    sums_match()


def test_a_preset_may_have_another_name(as_alice: APIClient) -> None:
    assert from_preset(as_alice, name="Aisyah").json()["avatar"]["name"] == "Aisyah"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"preset": "nobody"}, "presetId"),
        ({"style": "porn actress"}, "style"),
        ({"backend": "nobody"}, "backend"),
        ({"gender": "robot"}, "gender"),
        ({"presetid": "artist"}, "presetid"),
    ],
)
def test_a_bad_order_of_a_preset_names_its_field_and_moves_nothing(
    as_alice: APIClient, alice: User, fields: dict[str, Any], field: str
) -> None:
    answer = from_preset(as_alice, **fields)

    assert (answer.status_code, field in answer.json()["error"]["fields"]) == (400, True)
    assert nothing_moved(alice)


def test_stats_say_what_there_is_what_it_cost_and_who_was_used_most(
    as_alice: APIClient, as_bob: APIClient, alice: User, project: Project, pose: Pose
) -> None:
    upload(as_alice)
    generate(as_alice)
    from_preset(as_alice)
    work()
    painted = Avatar.objects.get(source="text_to_image")
    for avatar in (painted, painted, Avatar.objects.get(source="uploaded")):
        generations.place(alice, order_for(project, [pose], avatar=avatar))

    stats = as_alice.get(f"{CREATOR}/stats").json()

    assert (stats["totalAvatars"], stats["creditsSpent"], stats["totalUsage"]) == (3, 20, 3)
    assert stats["bySource"] == {"uploaded": 1, "textToImage": 1, "fromPreset": 1}
    assert (stats["mostUsed"]["id"], stats["mostUsed"]["usageCount"]) == (str(painted.pk), 2)
    assert as_bob.get(f"{CREATOR}/stats").json() == {
        "totalAvatars": 0,
        "bySource": {"uploaded": 0, "textToImage": 0, "fromPreset": 0},
        "creditsSpent": 0,
        "totalUsage": 0,
        "mostUsed": None,
    }


def test_the_history_of_an_avatar_is_its_orders_newest_first(
    as_alice: APIClient, as_bob: APIClient, alice: User, project: Project, pose: Pose
) -> None:
    upload(as_alice)
    sari = Avatar.objects.get()
    first = generations.place(alice, order_for(project, [pose], avatar=sari, variations=2))
    work()
    second = generations.place(alice, order_for(project, [pose], avatar=sari))
    generations.place(alice, order_for(project, [pose]))

    answer = as_alice.get(f"{CREATOR}/avatars/{sari.pk}/usage-history").json()

    assert [
        (row["generationId"], row["status"], row["totalPoses"], row["posesCompleted"], row["version"])
        for row in answer["usage"]
    ] == [(str(second.pk), "pending", 1, 0, 1), (str(first.pk), "completed", 2, 2, 1)]
    assert answer["usage"][0]["projectId"] == str(project.pk)
    assert answer["pagination"]["total"] == 2
    assert len(as_alice.get(f"{CREATOR}/avatars/{sari.pk}/usage-history?limit=1").json()["usage"]) == 1
    assert as_bob.get(f"{CREATOR}/avatars/{sari.pk}/usage-history").status_code == 404
