"""A picture of ours says how it was made, and the answer can be ordered as it stands."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from avatars.models import Avatar
from lumiku import files
from lumiku.testing import API, order_for, picture, work
from lumiku.users.models import User
from pose_generator import generations
from pose_generator.models import BackgroundChange, Generation, Pose, Project, Result


def ask(client: APIClient, data: bytes) -> Any:
    file = SimpleUploadedFile("picture.jpg", data, content_type="image/jpeg")
    return client.post(f"{API}/generations/from-file", {"file": file}, format="multipart")


def exported(result: Result, name: str = "instagram_feed") -> bytes:
    return files.read(result.exports[name]) or b""


@pytest.fixture
def avatar(alice: User) -> Avatar:
    photo = files.put("avatars/a/1.png", picture(300, 400))
    return Avatar.objects.create(owner=alice, name="Sari", image=photo, thumbnail=photo)


@pytest.fixture
def made(alice: User, project: Project, pose: Pose, avatar: Avatar) -> Result:
    """A picture with everything that an order can say."""
    order = order_for(
        project,
        [pose],
        avatar=avatar,
        variations=2,
        cameras=[(30.0, 10.0)],
        text_prompt="red batik dress",
        aspect_ratio="4:5",
        export_formats=["instagram_feed", "original"],
    )
    generations.place(alice, order)
    work()
    return Result.objects.get(number=1)


@pytest.mark.parametrize("name", ["instagram_feed", "original"])
def test_an_exported_picture_becomes_the_order_that_makes_it_again(
    as_alice: APIClient, made: Result, project: Project, pose: Pose, avatar: Avatar, name: str
) -> None:
    answer = ask(as_alice, exported(made, name))

    assert answer.status_code == 200
    assert answer.json() == {
        "order": {
            "projectId": str(project.pk),
            "generationType": "GALLERY_REFERENCE",
            "selectedPoseIds": [str(pose.pk)],
            "batchSize": 1,
            "textPrompt": "red batik dress",
            "avatarId": str(avatar.pk),
            "seed": 8,
            "camera": {"yaw": 30.0, "pitch": 10.0},
            "aspectRatio": "4:5",
            "backend": "preview",
        },
        "warnings": [],
    }


def test_the_order_makes_the_same_picture_and_asking_orders_nothing(as_alice: APIClient, made: Result) -> None:
    order = ask(as_alice, exported(made)).json()["order"]
    assert Generation.objects.count() == 1

    placed = as_alice.post(f"{API}/generate", order)
    work()

    assert placed.status_code == 202
    again = Result.objects.get(generation=placed.json()["generationId"])
    assert files.read(again.image) == files.read(made.image)


def test_what_is_gone_is_left_out_and_said(
    as_alice: APIClient, made: Result, project: Project, pose: Pose, avatar: Avatar, settings: Any
) -> None:
    now = timezone.now()
    Project.objects.update(discarded_at=now)
    Avatar.objects.update(discarded_at=now)
    Pose.objects.update(retired_at=now)

    answer = ask(as_alice, exported(made)).json()

    codes = [warning["code"] for warning in answer["warnings"]]
    assert codes == ["project_id_left_out", "selected_pose_ids_left_out", "avatar_id_left_out"]
    assert all(warning["message"] for warning in answer["warnings"])
    assert not {"projectId", "selectedPoseIds", "avatarId"} & set(answer["order"])
    assert answer["order"]["textPrompt"] == "red batik dress"


def test_a_stranger_learns_no_ids_of_alices(as_bob: APIClient, made: Result, pose: Pose) -> None:
    order = ask(as_bob, exported(made)).json()["order"]

    assert not {"projectId", "avatarId"} & set(order)
    assert order["selectedPoseIds"] == [str(pose.pk)]  # of the library


def test_a_text_order_comes_back_as_its_words(as_alice: APIClient, alice: User, project: Project) -> None:
    words = order_for(project, [], kind="TEXT_DESCRIPTION", text_prompt="a red dress", export_formats=["original"])
    generations.place(alice, words)
    work()

    order = ask(as_alice, exported(Result.objects.get(), "original")).json()["order"]

    assert (order["generationType"], order["textPrompt"], order["variationCount"]) == (
        "TEXT_DESCRIPTION",
        "a red dress",
        1,
    )
    assert as_alice.post(f"{API}/quote", order).status_code == 200


def test_a_painted_ground_is_in_the_order(as_alice: APIClient, alice: User, project: Project, pose: Pose) -> None:
    colored = {"background_mode": "solid_color", "background_color": "#FF8800", "export_formats": ["original"]}
    generations.place(alice, order_for(project, [pose], **colored))
    work()

    order = ask(as_alice, exported(Result.objects.get(), "original")).json()["order"]

    assert (order["useBackgroundChanger"], order["backgroundMode"]) == (True, "solid_color")
    assert order["backgroundColor"] == "#FF8800"
    assert as_alice.post(f"{API}/quote", order).json()["total"] == 40


def test_a_later_ground_of_ones_own_cannot_be_in_the_file_and_is_said(
    as_alice: APIClient, alice: User, made: Result
) -> None:
    output = files.put(f"results/{made.pk}/change-1-1.png", files.read(made.image) or b"")
    now = timezone.now()
    ended = {"status": "completed", "deadline_at": now, "ended_at": now}
    BackgroundChange.objects.create(owner=alice, result=made, mode="upload", output=output, price=10, **ended)
    Result.objects.update(output=output, background_mode="upload", background_changed=True, exports={})
    as_alice.post(f"{API}/poses/{made.pk}/regenerate-export", {"format": "original"})
    made.refresh_from_db()

    answer = ask(as_alice, exported(made, "original")).json()

    assert [warning["code"] for warning in answer["warnings"]] == ["background_mode_left_out"]
    assert not {"backgroundMode", "useBackgroundChanger"} & set(answer["order"])


@pytest.mark.parametrize("data", [picture(300, 300), b"no picture at all", b"lumiku:recipe\0" + b"a" * 60])
def test_a_file_that_is_not_ours_is_a_400_with_a_sentence(as_alice: APIClient, db: None, data: bytes) -> None:
    answer = ask(as_alice, data)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no_recipe")
    assert "exported here" in answer.json()["error"]["message"]


def test_no_file_is_a_400_and_no_token_a_401(as_alice: APIClient) -> None:
    assert as_alice.post(f"{API}/generations/from-file", {}, format="multipart").status_code == 400
    assert APIClient().post(f"{API}/generations/from-file", {}, format="multipart").status_code == 401
