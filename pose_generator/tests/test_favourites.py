"""Favourites: what alice marks she finds again, nobody else can mark for her, and twice is the same as once."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from lumiku.testing import API, events_of, in_threads, make_pose, order_for, work
from lumiku.users.models import User
from pose_generator import favourites, generations
from pose_generator.models import FavoritePose, FavoriteResult, Generation, Pose, Project

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def generation(alice: User, project: Project, pose: Pose) -> Generation:
    return generations.place(alice, order_for(project, [pose], variations=3))


def shown(client: APIClient, pose: Pose) -> tuple[int, bool]:
    body = client.get(f"{API}/library/{pose.pk}").json()["pose"]
    return body["favoriteCount"], body["isFavorite"]


class TestPoses:
    def test_marking_twice_counts_once_and_unmarking_twice_is_fine(self, as_alice: APIClient, pose: Pose) -> None:
        codes = [as_alice.put(f"{API}/library/{pose.pk}/favorite").status_code for _ in range(2)]
        marked = shown(as_alice, pose)
        codes += [as_alice.delete(f"{API}/library/{pose.pk}/favorite").status_code for _ in range(2)]

        assert codes == [204] * 4
        assert (marked, shown(as_alice, pose)) == ((1, True), (0, False))

    def test_everybody_counts_and_each_sees_their_own_mark(
        self, as_alice: APIClient, as_bob: APIClient, pose: Pose, make_user: Any
    ) -> None:
        favourites.keep_pose(make_user("carol"), pose)
        as_bob.put(f"{API}/library/{pose.pk}/favorite")

        assert (shown(as_alice, pose), shown(as_bob, pose)) == ((2, False), (2, True))

    def test_favorites_filters_the_library(self, as_alice: APIClient, as_bob: APIClient, pose: Pose) -> None:
        other = make_pose("walking")
        as_alice.put(f"{API}/library/{pose.pk}/favorite")
        as_bob.put(f"{API}/library/{other.pk}/favorite")

        found = as_alice.get(f"{API}/library?favorites=true").json()

        assert [row["id"] for row in found["poses"]] == [str(pose.pk)]
        assert found["pagination"]["total"] == 1
        assert as_alice.get(f"{API}/library?favorites=false").json()["pagination"]["total"] == 2

    def test_a_pose_that_is_like_another_says_that_it_is_a_favourite(self, as_alice: APIClient, pose: Pose) -> None:
        other = make_pose("walking")
        as_alice.put(f"{API}/library/{other.pk}/favorite")

        found = as_alice.get(f"{API}/library/{pose.pk}/similar").json()["poses"]

        assert [(row["pose"]["id"], row["pose"]["isFavorite"]) for row in found] == [(str(other.pk), True)]

    def test_a_private_pose_of_bobs_cannot_be_marked_by_alice(self, as_alice: APIClient, bob: User) -> None:
        private = make_pose("bobs", owner=bob, is_public=False)

        answers = [as_alice.put(f"{API}/library/{pk}/favorite") for pk in (private.pk, UNKNOWN)]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["error"] == answers[1].json()["error"]
        assert not FavoritePose.objects.exists()

    @pytest.mark.parametrize("query", ["favorites=true", "favorites=true&sort=popular", "recent=true&sort=name"])
    def test_a_page_with_favourites_takes_four_queries(
        self, as_alice: APIClient, alice: User, query: str, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(24):
            favourites.keep_pose(alice, make_pose(f"pose-{number}"))

        with django_assert_max_num_queries(4):
            as_alice.get(f"{API}/library?category=fashion&{query}")


class TestResults:
    def test_a_marked_picture_says_so_wherever_it_is_shown(self, as_alice: APIClient, generation: Generation) -> None:
        work()
        marked = generation.results.get(number=1)

        codes = [as_alice.put(f"{API}/poses/{marked.pk}/favorite").status_code for _ in range(2)]

        assert codes == [204, 204]
        assert as_alice.get(f"{API}/poses/{marked.pk}").json()["pose"]["isFavorite"] is True
        order = as_alice.get(f"{API}/generations/{generation.pk}").json()["generation"]["poses"]
        results = as_alice.get(f"{API}/generations/{generation.pk}/results").json()["results"]
        for listed in (order, results):
            assert [row["isFavorite"] for row in listed] == [False, True, False]

    def test_unmarking_takes_it_away_and_twice_is_fine(self, as_alice: APIClient, generation: Generation) -> None:
        marked = generation.results.get(number=1)
        favourites.keep_result(marked)

        codes = [as_alice.delete(f"{API}/poses/{marked.pk}/favorite").status_code for _ in range(2)]

        assert codes == [204, 204]
        assert not FavoriteResult.objects.exists()

    @pytest.mark.parametrize("method", ["put", "delete"])
    def test_a_picture_of_alices_is_404_for_bob(self, as_bob: APIClient, generation: Generation, method: str) -> None:
        hers = generation.results.get(number=1)
        favourites.keep_result(hers)
        before = list(FavoriteResult.objects.values())

        answers = [getattr(as_bob, method)(f"{API}/poses/{pk}/favorite") for pk in (hers.pk, UNKNOWN)]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["error"] == answers[1].json()["error"]
        assert list(FavoriteResult.objects.values()) == before

    def test_a_picture_marked_while_it_waits_is_marked_in_its_event(self, alice: User, generation: Generation) -> None:
        favourites.keep_result(generation.results.get(number=2))
        work()

        told = {
            event.data["pose"]["number"]: event.data["pose"]["is_favorite"]
            for event in events_of(alice)
            if event.data["type"] == "progress"
        }

        assert told == {0: False, 1: False, 2: True}

    def test_a_list_of_pictures_reads_its_marks_at_once(
        self, as_alice: APIClient, generation: Generation, django_assert_num_queries: Any
    ) -> None:
        path = f"{API}/generations/{generation.pk}/results"
        with django_assert_num_queries(4):  # the caller, the order, its pictures, their marks
            as_alice.get(path)
        for result in generation.results.all():
            favourites.keep_result(result)

        with django_assert_num_queries(4):
            as_alice.get(path)


def test_what_an_account_marked_can_be_forgotten(alice: User, bob: User, generation: Generation, pose: Pose) -> None:
    for user in (alice, bob):
        favourites.keep_pose(user, pose)
    favourites.keep_result(generation.results.get(number=0))

    favourites.forget(alice)

    assert list(FavoritePose.objects.values_list("user", flat=True)) == [bob.pk]
    assert not FavoriteResult.objects.exists()


@pytest.mark.postgres
def test_marking_ten_times_at_once_is_one_mark(committing: None, alice: User, pose: Pose) -> None:
    answers = in_threads(10, lambda _number: favourites.keep_pose(alice, pose))

    assert answers == [None] * 10
    assert FavoritePose.objects.count() == 1
