"""A pose of one's own can be deleted; the library's and other people's cannot."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from lumiku import files
from lumiku.testing import API, make_pose, order_for, work
from lumiku.users.models import User
from pose_generator import discarded_poses, favourites, generations
from pose_generator.models import Pose, Project, Result

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def own(alice: User) -> Pose:
    name = files.put(f"poses/{alice.pk}/x.webp", b"a drawing")
    return make_pose("alices", owner=alice, is_public=False, preview=name, thumbnail=name)


def test_a_deleted_pose_is_gone_at_once_and_its_drawings_with_the_next_tidying(as_alice: APIClient, own: Pose) -> None:
    answer = as_alice.delete(f"{API}/library/{own.pk}")
    found = as_alice.get(f"{API}/library/{own.pk}"), as_alice.delete(f"{API}/library/{own.pk}")

    forgotten = discarded_poses.forget(), discarded_poses.forget()

    assert answer.status_code == 204
    assert [answer.status_code for answer in found] == [404, 404]
    assert as_alice.get(f"{API}/library").json()["poses"] == []
    assert forgotten == (1, 0)
    assert not files.exists(own.preview)


def test_an_order_that_was_placed_with_it_is_still_painted(
    as_alice: APIClient, alice: User, project: Project, own: Pose
) -> None:
    generations.place(alice, order_for(project, [own]))
    as_alice.delete(f"{API}/library/{own.pk}")
    discarded_poses.forget()

    work()

    assert Result.objects.get().status == "completed"


def test_a_deleted_pose_leaves_the_favourites(as_alice: APIClient, alice: User, own: Pose) -> None:
    favourites.keep_pose(alice, own)
    as_alice.delete(f"{API}/library/{own.pk}")

    assert as_alice.get(f"{API}/library?favorites=true").json()["poses"] == []


def test_what_is_not_ones_own_is_404_and_stays(as_bob: APIClient, own: Pose, pose: Pose) -> None:
    answers = [as_bob.delete(f"{API}/library/{pk}") for pk in (own.pk, pose.pk, UNKNOWN)]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({str(answer.json()["error"]) for answer in answers}) == 1
    assert not Pose.objects.exclude(retired_at=None).exists()


def test_tidying_leaves_living_poses_and_retired_ones_of_the_library(own: Pose, db: None) -> None:
    name = files.put("library/retired.webp", b"a drawing")
    make_pose("retired", preview=name, retired_at=timezone.now())

    assert discarded_poses.forget() == 0
    assert files.exists(name)
    assert files.exists(own.preview)
