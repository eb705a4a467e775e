"""A quote says what is hard to paint before anybody pays for it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from avatars.models import Avatar
from lumiku.testing import API, make_pose
from lumiku.users.models import User
from pose_generator.models import Pose, Project
from pose_generator.posing import kinematics

ACROSS = {"right_wrist": {"at": [0.12, 1.15, 0.22]}, "left_wrist": {"at": [-0.12, 1.2, 0.2]}}


@pytest.fixture
def crossed(db: None) -> Pose:
    return make_pose("crossed", keypoints=kinematics.keypoints({}, ACROSS).tolist())


@pytest.fixture
def avatar(alice: User) -> Avatar:
    return Avatar.objects.create(owner=alice, name="Sari", image="avatars/sari.png", traits={"gender": "female"})


def warned(client: APIClient, project: Project, poses: list[Pose], **more: Any) -> dict[str, str]:
    body = {
        "projectId": str(project.pk),
        "generationType": "GALLERY_REFERENCE",
        "selectedPoseIds": [str(pose.pk) for pose in poses],
        "batchSize": 2,
        **more,
    }
    answer = client.post(f"{API}/quote", body)
    assert answer.status_code == 200, answer.json()
    found = {warning["code"]: warning["message"] for warning in answer.json()["warnings"]}
    return {code: message for code, message in found.items() if code != "preview"}


def test_crossed_limbs_are_told_once_with_how_many_poses_have_them(
    as_alice: APIClient, project: Project, pose: Pose, crossed: Pose
) -> None:
    warnings = warned(as_alice, project, [pose, crossed], cameras=[{"yaw": 0}, {"yaw": 30}])

    assert warnings == {
        "limbs_crossed": "In 1 of 2 poses arms or legs cross, which image models often get wrong.",
    }


def test_a_back_view_with_an_avatar_is_told_and_without_one_it_is_not(
    as_alice: APIClient, project: Project, pose: Pose, avatar: Avatar
) -> None:
    behind = {"camera": {"yaw": 180}}

    known = warned(as_alice, project, [pose], avatarId=str(avatar.pk), **behind)
    unknown = warned(as_alice, project, [pose], **behind)

    assert "face_not_seen" in known
    assert unknown == {}


def test_no_ratio_loses_a_part_of_the_body(as_alice: APIClient, project: Project, pose: Pose) -> None:
    for ratio in ("1:1", "4:5", "3:4", "9:16", "16:9"):
        assert warned(as_alice, project, [pose], aspectRatio=ratio, camera={"pitch": 60}) == {}


def test_a_text_order_has_no_pose_to_advise_on(as_alice: APIClient, project: Project) -> None:
    text = {"projectId": str(project.pk), "generationType": "TEXT_DESCRIPTION", "textPrompt": "a woman in a garden"}

    codes = {warning["code"] for warning in as_alice.post(f"{API}/quote", text).json()["warnings"]}

    assert codes == {"no_pose", "preview"}
