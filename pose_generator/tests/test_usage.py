"""Popularity, what was used last, and a user's figures: counted by orders, from rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation
from rest_framework.test import APIClient

from credits import ledger
from credits.models import Entry
from lumiku.backends import BackendError
from lumiku.testing import API, make_pose, order_for, sums_match, work
from lumiku.users.models import User
from pose_generator import generations
from pose_generator.models import Generation, Pose, Project, Result

EMPTY = {
    "totalPosesGenerated": 0,
    "totalProjects": 0,
    "recentGenerations": 0,
    "creditUsage": {"totalSpent": 0, "last30Days": 0, "averagePerGeneration": 0},
    "topUsedPoses": [],
}


def listed(client: APIClient, query: str, **headers: str) -> list[str]:
    body = client.get(f"{API}/library?{query}", headers=headers).json()
    return [Pose.objects.get(pk=row["id"]).slug for row in body["poses"]]


def order(user: User, project: Project, *poses: Pose, days_ago: int = 0, **fields: Any) -> Generation:
    placed = generations.place(user, order_for(project, list(poses), **fields))
    Generation.objects.filter(pk=placed.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    return placed


@pytest.fixture
def poses(db: None) -> list[Pose]:
    return [make_pose(slug) for slug in ("one", "two", "three")]


class TestOrderOfTheLibrary:
    def test_popular_counts_orders_of_everybody_and_not_pictures(
        self, as_alice: APIClient, alice: User, bob: User, project: Project, poses: list[Pose]
    ) -> None:
        one, two, three = poses
        his = Project.objects.create(owner=bob, name="Bob's")
        order(alice, project, one, variations=5)
        order(alice, project, two, three)
        order(bob, his, three)
        for _ in range(5):  # looking does not make popular
            as_alice.get(f"{API}/library/{one.pk}")
            as_alice.get(f"{API}/library/{two.pk}/skeleton.png")

        rows = as_alice.get(f"{API}/library?sort=popular").json()["poses"]

        assert [row["usageCount"] for row in rows] == [2, 1, 1]
        assert rows[0]["id"] == str(three.pk)

    def test_the_newest_come_first(self, as_alice: APIClient, poses: list[Pose]) -> None:
        Pose.objects.filter(slug="two").update(created_at=timezone.now() + timedelta(days=1))

        assert listed(as_alice, "sort=newest") == ["two", "three", "one"]

    def test_names_are_sorted_in_the_language_of_the_request(self, as_alice: APIClient) -> None:
        make_pose("a", name_en="sitting", name_id="Duduk")
        make_pose("b", name_en="Arms crossed", name_id="Tangan bersedekap")
        make_pose("c", name_en="Leaning", name_id="")

        english, indonesian = listed(as_alice, "sort=name"), listed(as_alice, "sort=name", **{"Accept-Language": "id"})
        translation.activate("en")

        assert (english, indonesian) == (["b", "c", "a"], ["a", "c", "b"])

    @pytest.mark.parametrize("query", ["sort=votes", "recent=yes", "favorites=1"])
    def test_what_is_not_offered_is_a_400_that_names_it(self, as_alice: APIClient, query: str) -> None:
        answer = as_alice.get(f"{API}/library?{query}")

        assert answer.status_code == 400
        assert query.partition("=")[0] in answer.json()["error"]["fields"]


class TestRecentlyUsed:
    def test_the_callers_last_used_poses_come_first_and_nobody_elses(
        self, as_alice: APIClient, as_bob: APIClient, alice: User, project: Project, poses: list[Pose]
    ) -> None:
        one, two, _three = poses
        order(alice, project, two, days_ago=1)
        order(alice, project, one, days_ago=2)
        order(alice, project, one, days_ago=9)

        assert listed(as_alice, "recent=true") == ["two", "one"]
        assert listed(as_alice, "recent=true&sort=popular") == ["one", "two"]
        assert listed(as_bob, "recent=true") == []

    def test_an_order_that_was_deleted_is_forgotten(
        self, as_alice: APIClient, alice: User, project: Project, poses: list[Pose]
    ) -> None:
        placed = order(alice, project, poses[0])
        work()
        generations.discard(placed)

        assert listed(as_alice, "recent=true") == []

    def test_only_the_newest_orders_are_looked_at(
        self, as_alice: APIClient, alice: User, project: Project, poses: list[Pose], monkeypatch: Any
    ) -> None:
        monkeypatch.setattr("pose_generator.usage.RECENT_ORDERS", 1)
        order(alice, project, poses[0], days_ago=1)
        order(alice, project, poses[1])

        assert listed(as_alice, "recent=true") == ["two"]


class TestStats:
    def test_who_did_nothing_has_zeros(self, as_alice: APIClient, as_bob: APIClient, project: Project) -> None:
        assert as_bob.get(f"{API}/stats").json() == EMPTY
        assert as_alice.get(f"{API}/stats").json() == {**EMPTY, "totalProjects": 1}

    def test_the_figures_are_those_of_the_rows_and_the_ledger(
        self, as_alice: APIClient, alice: User, staff: User, project: Project, poses: list[Pose]
    ) -> None:
        one, two, _three = poses
        order(alice, project, one, two)
        order(alice, project, one, variations=3, days_ago=8)
        work()
        refunded = Entry.objects.filter(kind="capture").first()
        assert refunded is not None
        ledger.refund(refunded, actor=staff, note="Six fingers")

        shown = as_alice.get(f"{API}/stats").json()

        assert (shown["totalPosesGenerated"], shown["totalProjects"], shown["recentGenerations"]) == (5, 1, 1)
        assert shown["creditUsage"] == {"totalSpent": 120, "last30Days": 120, "averagePerGeneration": 60}
        assert [(row["poseName"], row["usageCount"]) for row in shown["topUsedPoses"]] == [("One", 2), ("Two", 1)]
        assert set(shown["topUsedPoses"][0]) == {"poseId", "poseName", "usageCount", "previewUrl"}
        sums_match()

    def test_what_failed_was_neither_generated_nor_spent(
        self, as_alice: APIClient, alice: User, project: Project, pose: Pose, monkeypatch: Any
    ) -> None:
        def refuse(*_args: Any) -> None:
            raise BackendError("moderated")

        monkeypatch.setattr("lumiku.backends.preview.PreviewBackend.paint", refuse)
        order(alice, project, pose)
        work()

        shown = as_alice.get(f"{API}/stats").json()

        assert Result.objects.get().status == "failed"
        assert (shown["totalPosesGenerated"], shown["creditUsage"]["totalSpent"]) == (0, 0)

    def test_deleted_orders_count_and_avatars_do_not(
        self, as_alice: APIClient, alice: User, project: Project, pose: Pose
    ) -> None:
        placed = order(alice, project, pose)
        work()
        generations.discard(placed)
        hold = ledger.hold(alice, 2, key="avatar:x:hold")
        ledger.capture(hold, 2, key="avatar:x")

        shown = as_alice.get(f"{API}/stats").json()

        assert (shown["totalPosesGenerated"], shown["creditUsage"]["totalSpent"]) == (1, 30)

    def test_a_pose_that_was_retired_is_not_suggested(
        self, as_alice: APIClient, alice: User, project: Project, poses: list[Pose]
    ) -> None:
        order(alice, project, *poses)
        Pose.objects.filter(slug="two").retire()

        shown = as_alice.get(f"{API}/stats").json()["topUsedPoses"]

        assert sorted(row["poseName"] for row in shown) == ["One", "Three"]

    def test_the_figures_take_seven_queries(
        self, as_alice: APIClient, alice: User, project: Project, poses: list[Pose],
        django_assert_max_num_queries: Any,
    ) -> None:  # fmt: skip
        order(alice, project, *poses)

        with django_assert_max_num_queries(7):
            as_alice.get(f"{API}/stats")
