"""The skeleton of a pose from any camera, over HTTP: public as the library is, private as the user's own."""

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from rest_framework.test import APIClient

from lumiku.testing import API, UPRIGHT, client_of, make_pose
from lumiku.users.models import User
from pose_generator import skeletons
from pose_generator.models import Pose
from pose_generator.posing import camera, draw

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def anyone() -> APIClient:
    return client_of(None)


@pytest.fixture
def own(alice: User) -> Pose:
    return make_pose("own", owner=alice, is_public=False)


def path(pose: Pose, query: str = "") -> str:
    return f"{API}/library/{pose.pk}/skeleton.png?{query}"


def opened(answer: Any) -> Image.Image:
    return Image.open(io.BytesIO(answer.content))


def drawings() -> list[str]:
    return default_storage.listdir("library")[1] if default_storage.exists("library") else []


def test_anyone_gets_the_control_image_from_the_asked_camera(anyone: APIClient, pose: Pose) -> None:
    answer = anyone.get(path(pose, "yaw=35&pitch=-5&size=512"))

    expected = draw.openpose(camera.project(UPRIGHT, width=512, height=512, yaw=35, pitch=-5), width=512, height=512)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert opened(answer).tobytes() == expected.tobytes()


def test_what_is_left_out_or_empty_is_as_in_an_order(anyone: APIClient, pose: Pose) -> None:
    plain = anyone.get(path(pose))
    empty = anyone.get(path(pose, "yaw=&pitch=&size=&mirror=&format="))

    assert opened(plain).size == (1024, 1024)
    assert empty.content == plain.content


def test_a_mirrored_skeleton_is_another_picture_and_webp_shows_the_same_as_png(anyone: APIClient, pose: Pose) -> None:
    plain, mirrored, webp = (
        anyone.get(path(pose, f"size=256&yaw=30{more}")) for more in ("", "&mirror=true", "&format=webp")
    )

    assert opened(mirrored).tobytes() != opened(plain).tobytes()
    assert webp["Content-Type"] == "image/webp"
    assert opened(webp).convert("RGB").tobytes() == opened(plain).tobytes()


def test_an_img_that_accepts_pictures_only_is_served(anyone: APIClient, pose: Pose) -> None:
    answer = anyone.get(path(pose), headers={"Accept": "image/avif,image/webp,image/png"})

    assert answer.status_code == 200


def test_it_is_drawn_once_for_those_who_ask_again_and_never_stored(anyone: APIClient, pose: Pose) -> None:
    first = anyone.get(path(pose, "yaw=-35"))
    drawn = skeletons._drawn.cache_info().misses

    again = anyone.get(path(pose, "yaw=325"))

    assert again.content == first.content
    assert skeletons._drawn.cache_info().misses == drawn
    assert drawings() == []


def test_a_cache_may_keep_it_and_a_browser_that_has_it_gets_304(anyone: APIClient, pose: Pose) -> None:
    first = anyone.get(path(pose))

    again = anyone.get(path(pose), headers={"If-None-Match": first["ETag"]})

    assert first["Cache-Control"] == "public, max-age=86400, immutable"
    assert (again.status_code, again.content) == (304, b"")
    assert (again["ETag"], again["Cache-Control"]) == (first["ETag"], first["Cache-Control"])


def test_a_pose_that_changed_has_another_tag(anyone: APIClient, pose: Pose) -> None:
    first = anyone.get(path(pose))
    pose.keypoints = [[x, y, z + 0.1 * y] for x, y, z in UPRIGHT]
    pose.save()

    again = anyone.get(path(pose), headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 200
    assert again["ETag"] != first["ETag"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("yaw=7", "yaw"),
        ("yaw=365", "yaw"),
        ("pitch=62", "pitch"),
        ("pitch=-65", "pitch"),
        ("size=1000", "size"),
        ("size=1600", "size"),
        ("size=192", "size"),
        ("size=huge", "size"),
        ("mirror=perhaps", "mirror"),
        ("format=gif", "format"),
    ],
)
def test_a_camera_that_does_not_exist_is_a_400_that_names_the_field(
    anyone: APIClient, pose: Pose, query: str, field: str
) -> None:
    answer = anyone.get(path(pose, query))

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert drawings() == []


def test_a_private_pose_is_shown_to_its_owner_and_kept_nowhere(as_alice: APIClient, own: Pose) -> None:
    answer = as_alice.get(path(own))

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, max-age=300"
    assert drawings() == []


def test_to_everybody_else_a_private_a_retired_and_an_unknown_pose_look_the_same(
    anyone: APIClient, as_bob: APIClient, own: Pose
) -> None:
    retired = make_pose("retired", retired_at="2026-01-01T00:00:00Z")

    answers = [client.get(path(pose)) for client in (anyone, as_bob) for pose in (own, retired, Pose(pk=UNKNOWN))]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["error"]["message"] for answer in answers} == {"There is nothing here, or it is not yours."}
