"""Poses that are like a pose: whatever it comes as, and nothing of anybody else's."""

from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from lumiku import backends
from lumiku.backends import ImageRequest
from lumiku.testing import API, client_of, make_pose, picture
from lumiku.users.models import User
from pose_generator import neighbours
from pose_generator.models import Pose
from pose_generator.posing import angles, camera, kinematics
from pose_generator.tests.test_posing_detect import needs_vision

UNKNOWN = "00000000-0000-4000-8000-000000000000"
SEARCH = f"{API}/library/search-by-pose"
SHAPES: dict[str, dict[str, Any]] = {
    "upright": {},
    "arm-up": {"left_shoulder": [170, 10, 0]},
    "arms-wide": {"shoulders": [0, 90, 0]},
    "squat": {"pelvis": 20, "hips": [90, 15, 0], "knees": 110},
    "sitting": {"hips": [90, 8, 0], "knees": 90, "elbows": 30},
    "stride": {"left_hip": 35, "right_hip": -20, "right_knee": 40, "left_elbow": 60},
}


def shape(name: str) -> Any:
    return kinematics.keypoints(SHAPES[name])


@pytest.fixture
def gallery(db: None) -> dict[str, Pose]:
    return {name: make_pose(name, keypoints=shape(name).round(4).tolist()) for name in SHAPES}


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [entry["pose"]["name"] for entry in answer.json()["poses"]]


def openpose(points: Any, **view: Any) -> dict[str, Any]:
    joints = camera.project(points, width=512, height=512, **view)
    return {"people": [{"pose_keypoints_2d": [value for x, y, _, _ in joints for value in (x, y, 1.0)]}]}


def test_a_pose_finds_itself_first_then_the_nearest(as_alice: APIClient, gallery: dict[str, Pose]) -> None:
    answer = as_alice.post(SEARCH, {"poseId": str(gallery["squat"].pk), "limit": 3})

    distances = [entry["distance"] for entry in answer.json()["poses"]]
    assert names(answer)[0] == "Squat"
    assert distances[0] == 0
    assert distances == sorted(distances)
    assert len(distances) == 3


def test_similar_poses_are_the_others_nearest_first(as_alice: APIClient, gallery: dict[str, Pose]) -> None:
    answer = as_alice.get(f"{API}/library/{gallery['upright'].pk}/similar?limit=2")

    assert len(names(answer)) == 2
    assert "Upright" not in names(answer)


@pytest.mark.parametrize("name", SHAPES)
def test_openpose_json_finds_the_pose_it_was_drawn_from(
    as_alice: APIClient, gallery: dict[str, Pose], name: str
) -> None:
    answer = as_alice.post(SEARCH, {"openpose": openpose(shape(name), yaw=15), "limit": 1})

    assert names(answer) == [gallery[name].name]


def test_the_openpose_json_of_a_mirrored_pose_finds_the_pose(as_alice: APIClient, gallery: dict[str, Pose]) -> None:
    answer = as_alice.post(SEARCH, {"openpose": openpose(angles.mirror(shape("stride")), yaw=20), "limit": 1})

    assert names(answer) == ["Stride"]


def test_coco_key_points_find_the_pose(as_alice: APIClient, gallery: dict[str, Pose]) -> None:
    joints = camera.project(shape("arms-wide"), width=512, height=512)
    order = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)

    answer = as_alice.post(SEARCH, {"coco": {"keypoints": [v for i in order for v in (*joints[i][:2], 2)]}, "limit": 1})

    assert names(answer) == ["Arms Wide"]


def photo_of(points: Any) -> SimpleUploadedFile:
    joints = camera.project(points, width=512, height=640, yaw=15)
    drawn = backends.get("preview").paint(ImageRequest(prompt="", width=512, height=640, seed=1, joints=joints))
    return SimpleUploadedFile("photo.png", drawn.data, content_type="image/png")


@needs_vision
@pytest.mark.parametrize("name", ["arms-wide", "sitting"])
def test_a_photo_finds_the_pose_of_the_person_in_it(as_alice: APIClient, gallery: dict[str, Pose], name: str) -> None:
    answer = as_alice.post(SEARCH, {"file": photo_of(shape(name)), "limit": 1}, format="multipart")

    assert names(answer) == [gallery[name].name]
    assert Pose.objects.count() == len(SHAPES)


@needs_vision
def test_a_photo_of_nobody_is_refused(as_alice: APIClient, gallery: dict[str, Pose]) -> None:
    noise = SimpleUploadedFile("noise.png", picture(), content_type="image/png")

    answer = as_alice.post(SEARCH, {"file": noise}, format="multipart")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no_person")


def test_a_users_own_poses_are_found_by_their_owner_only(
    as_alice: APIClient, as_bob: APIClient, alice: User, gallery: dict[str, Pose]
) -> None:
    make_pose("mine", owner=alice, is_public=False, keypoints=shape("sitting").tolist())
    body = {"openpose": openpose(shape("sitting"))}

    hers, his = (names(client.post(SEARCH, body)) for client in (as_alice, as_bob))

    assert {"Mine", "Sitting"} == set(hers[:2])
    assert "Mine" not in his


def test_nobody_searches_without_a_token(gallery: dict[str, Pose]) -> None:
    anyone = client_of(None)

    assert anyone.post(SEARCH, {"poseId": str(gallery["squat"].pk)}).status_code == 401
    assert anyone.get(f"{API}/library/{gallery['squat'].pk}/similar").status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "poseId"),
        ({"poseId": UNKNOWN}, "poseId"),
        ({"poseId": "no-id"}, "poseId"),
        ({"poseId": UNKNOWN, "coco": {}}, "poseId"),
        ({"openpose": {"people": "many"}}, "openpose"),
        ({"coco": {"keypoints": [1, 2, 3]}}, "coco"),
        ({"openpose": openpose(shape("squat")), "limit": 51}, "limit"),
        ({"openpose": openpose(shape("squat")), "limits": 5}, "limits"),
    ],
)
def test_what_cannot_be_searched_by_is_a_400_that_names_the_field(
    as_alice: APIClient, gallery: dict[str, Pose], body: dict[str, Any], field: str
) -> None:
    answer = as_alice.post(SEARCH, body)

    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]


def test_a_strangers_private_pose_is_unknown(as_bob: APIClient, alice: User) -> None:
    own = make_pose("own", owner=alice, is_public=False)

    searched = as_bob.post(SEARCH, {"poseId": str(own.pk)})

    assert searched.status_code == 400
    assert as_bob.get(f"{API}/library/{own.pk}/similar").status_code == 404


def test_the_index_is_kept_until_the_library_changes(gallery: dict[str, Pose]) -> None:
    first, again = neighbours.library(), neighbours.library()
    gallery["squat"].keypoints = shape("stride").tolist()
    gallery["squat"].save()
    changed = neighbours.library()
    Pose.objects.filter(pk=gallery["upright"].pk).update(retired_at="2026-01-01T00:00:00Z")
    retired = neighbours.library()

    assert first is again
    assert changed.nearest(shape("stride"), 2)[1].distance == pytest.approx(0, abs=0.1)
    assert gallery["upright"].pk in changed.ids
    assert gallery["upright"].pk not in retired.ids


def test_a_search_takes_few_queries_however_many_it_finds(
    as_alice: APIClient, gallery: dict[str, Pose], django_assert_max_num_queries: Any
) -> None:
    neighbours.library()
    for number in range(20):
        make_pose(f"more-{number}", keypoints=(np.array(shape("squat")) * (1 + number / 100)).tolist())

    with django_assert_max_num_queries(6):
        answer = as_alice.get(f"{API}/library/{gallery['squat'].pk}/similar?limit=25")

    assert len(names(answer)) == 25
