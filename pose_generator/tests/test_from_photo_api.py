"""POST library/from-photo: a photo or key points become alice's own pose."""

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from PIL import Image
from rest_framework.test import APIClient

from lumiku.testing import API, client_of, make_pose, picture, work
from lumiku.users.models import User
from pose_generator.models import Generation, Pose, Project
from pose_generator.posing import camera, detect, kinematics
from pose_generator.tests.test_posing_detect import needs_vision, photo

PATH = f"{API}/library/from-photo"
ARMS_OUT = kinematics.keypoints({"shoulders": [0, 80, 0]})


@pytest.fixture(autouse=True)
def _library(db: None) -> None:
    make_pose("standing")


@pytest.fixture
def _blind(monkeypatch, tmp_path) -> Any:
    monkeypatch.setattr("django.conf.settings.VISION_MODELS", str(tmp_path / "empty"))
    detect.detector.cache_clear()
    yield
    detect.detector.cache_clear()


def file_of(image: Image.Image, kind: str = "JPEG") -> SimpleUploadedFile:
    out = io.BytesIO()
    image.save(out, kind)
    return SimpleUploadedFile("holiday.jpg", out.getvalue(), content_type="image/jpeg")


def skeleton(keypoints: np.ndarray = ARMS_OUT) -> dict[str, Any]:
    joints = camera.project(keypoints, width=512, height=640)
    return {"people": [{"pose_keypoints_2d": [number for x, y, *_ in joints for number in (x, y, 1)]}]}


def mine(user: User) -> Any:
    return Pose.objects.filter(owner=user)


@needs_vision
def test_a_photo_becomes_the_callers_own_pose(as_alice: APIClient, alice: User) -> None:
    answer = as_alice.post(PATH, {"file": file_of(photo()), "name": "Summer catalogue"}, format="multipart")

    assert answer.status_code == 201
    shown = answer.json()["pose"]
    assert (shown["name"], shown["isPublic"], shown["sourceType"]) == ("Summer catalogue", False, "user_contributed")
    pose = mine(alice).get()
    assert shown["id"] == str(pose.pk)
    assert np.shape(pose.keypoints) == (18, 3)


@needs_vision
@pytest.mark.parametrize(
    ("image", "code"),
    [
        (Image.new("RGB", (480, 600), "#7A8B6C"), "no_person"),
        (photo().crop((0, 0, 480, 300)), "incomplete_body"),
    ],
)
def test_a_photo_without_one_whole_person_is_refused(
    as_alice: APIClient, alice: User, image: Image.Image, code: str
) -> None:
    answer = as_alice.post(PATH, {"file": file_of(image)}, format="multipart")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert not mine(alice).exists()


@needs_vision
def test_a_photo_of_several_people_says_how_many(as_alice: APIClient, alice: User) -> None:
    both = Image.new("RGB", (960, 600))
    both.paste(photo(), (0, 0))
    both.paste(photo(yaw=30), (480, 0))

    answer = as_alice.post(PATH, {"file": file_of(both)}, format="multipart")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["people"]) == (400, "several_people", 2)
    assert not mine(alice).exists()


@pytest.mark.usefixtures("_blind")
def test_without_vision_models_a_photo_is_a_503_and_key_points_still_work(as_alice: APIClient, alice: User) -> None:
    photo_answer = as_alice.post(PATH, {"file": file_of(photo())}, format="multipart")
    points_answer = as_alice.post(PATH, {"openpose": skeleton()})

    assert (photo_answer.status_code, photo_answer.json()["error"]["code"]) == (503, "vision_unavailable")
    assert photo_answer["Retry-After"] == "3600"
    assert points_answer.status_code == 201
    assert mine(alice).count() == 1


def test_openpose_json_becomes_a_pose_that_looks_like_it(as_alice: APIClient, alice: User) -> None:
    as_alice.post(PATH, {"openpose": skeleton()})

    kept = np.array(mine(alice).get().keypoints)
    assert np.abs(kept[:, :2] - ARMS_OUT[:, :2] + (ARMS_OUT - kept).mean(axis=0)[:2]).max() < 0.05


def test_coco_key_points_become_a_pose(as_alice: APIClient, alice: User) -> None:
    joints = camera.project(ARMS_OUT, width=512, height=640)
    ours = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
    numbers = [number for joint in ours for number in (*joints[joint][:2], 2)]

    answer = as_alice.post(PATH, {"coco": {"keypoints": numbers}, "category": "editorial"})

    assert answer.status_code == 201
    assert answer.json()["pose"]["category"]["slug"] == "editorial"


def test_the_pose_can_be_ordered_at_once(as_alice: APIClient, alice: User, project: Project) -> None:
    made = as_alice.post(PATH, {"openpose": skeleton()}).json()["pose"]
    body = {"projectId": str(project.pk), "generationType": "GALLERY_REFERENCE", "selectedPoseIds": [made["id"]]}

    placed = as_alice.post(f"{API}/generate", {**body, "batchSize": 1})
    work()

    assert placed.status_code == 202
    assert Generation.objects.get().results.get().status == "completed"


def test_strangers_neither_see_nor_order_it(as_alice: APIClient, as_bob: APIClient, bob: User) -> None:
    made = as_alice.post(PATH, {"openpose": skeleton(), "name": "Secret"}).json()["pose"]
    project = Project.objects.create(owner=bob, name="Bob's")
    body = {"projectId": str(project.pk), "generationType": "GALLERY_REFERENCE", "selectedPoseIds": [made["id"]]}

    seen = as_bob.get(f"{API}/library/{made['id']}")
    listed = as_bob.get(f"{API}/library?search=Secret").json()["poses"]
    ordered = as_bob.post(f"{API}/generate", body)

    assert (seen.status_code, listed, ordered.status_code) == (404, [], 400)


def test_its_drawings_open_by_signed_links_only(as_alice: APIClient) -> None:
    made = as_alice.post(PATH, {"openpose": skeleton()}).json()["pose"]
    links = [made[name] for name in ("previewImageUrl", "thumbnailUrl", "controlnetImageUrl")]

    signed = [client_of(None).get(link).status_code for link in links]
    bare = [client_of(None).get(link.split("?")[0]).status_code for link in links]

    assert (signed, bare) == ([200] * 3, [404] * 3)


def test_an_unnamed_pose_has_a_name_in_both_languages(as_alice: APIClient, alice: User) -> None:
    as_alice.post(PATH, {"openpose": skeleton()}, headers={"Accept-Language": "id"})

    pose = mine(alice).get()
    with translation.override("en"):
        assert pose.name_en == "My pose"
    assert pose.name_id


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "file"),
        ({"openpose": {"people": []}, "coco": {}}, "file"),
        ({"openpose": {"people": [{"pose_keypoints_2d": [1, 2, 3]}]}}, "openpose"),
        ({"coco": {"keypoints": "x"}}, "coco"),
        ({"coco": 5}, "coco"),
        ({"openpose": skeleton(), "category": "fashion"}, "category"),
        ({"openpose": skeleton(), "category": "no\0where"}, "category"),
        ({"openpose": skeleton(), "name": "x" * 101}, "name"),
        ({"openpose": skeleton(), "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(as_alice: APIClient, alice: User, body: dict[str, Any], field: str) -> None:
    answer = as_alice.post(PATH, body)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert not mine(alice).exists()


def test_a_refused_name_keeps_nothing(as_alice: APIClient, alice: User) -> None:
    answer = as_alice.post(PATH, {"openpose": skeleton(), "name": "nude woman on a bed"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "prompt_refused")
    assert not mine(alice).exists()


@pytest.mark.parametrize(
    ("data", "status"), [(b"GIF89a not a photo", 415), (picture(300, 400)[:2000], 400), (picture(100, 100), 400)]
)
def test_a_file_that_is_no_good_photo_is_refused(as_alice: APIClient, alice: User, data: bytes, status: int) -> None:
    answer = as_alice.post(PATH, {"file": SimpleUploadedFile("a.jpg", data)}, format="multipart")

    assert answer.status_code == status
    assert not mine(alice).exists()


def test_too_many_in_a_minute_are_a_429(as_alice: APIClient, alice: User, settings: Any) -> None:
    settings.LIMITS_ON, settings.LIMITS = True, {**settings.LIMITS, "uploads_per_minute": 1}
    as_alice.post(PATH, {"openpose": skeleton()})

    answer = as_alice.post(PATH, {"openpose": skeleton()})

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert mine(alice).count() == 1


def test_without_a_token_it_is_a_401() -> None:
    answer = client_of(None).post(PATH, {"openpose": skeleton()})

    assert answer.status_code == 401
    assert not Pose.objects.exclude(owner=None).exists()
