"""The wish board: alice asks, bob votes, operators decide, and whoever is concerned hears of it."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from lumiku.events.models import Event
from lumiku.testing import API, client_of, in_threads
from lumiku.users.models import User
from pose_generator import wishes
from pose_generator.models import Pose, PoseRequest, Vote

BOARD = f"{API}/requests"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def wish(alice: User) -> PoseRequest:
    return wishes.ask(alice, title="Kneeling with a basket", description="For my batik bags.")


@pytest.fixture
def approved(wish: PoseRequest) -> PoseRequest:
    wishes.approve(wish)
    return wish


def board(client: APIClient, query: str = "") -> list[dict[str, Any]]:
    return client.get(f"{BOARD}?{query}").json()["requests"]


class TestAsking:
    def test_a_wish_waits_for_an_operator_and_has_its_askers_vote(self, as_alice: APIClient, pose: Pose) -> None:
        body = {"title": "  Kneeling   with a basket ", "description": "For my bags.", "category": "editorial"}

        answer = as_alice.post(BOARD, body)

        assert answer.status_code == 201
        shown = answer.json()["request"]
        assert set(shown) == {
            "id",
            "title",
            "description",
            "categoryId",
            "status",
            "votes",
            "voted",
            "isMine",
            "reason",
            "poseId",
            "createdAt",
            "updatedAt",
        }
        assert (shown["title"], shown["status"], shown["votes"]) == ("Kneeling with a basket", "pending", 1)
        assert (shown["voted"], shown["isMine"], shown["reason"], shown["poseId"]) == (True, True, None, None)
        assert shown["categoryId"] == str(pose.category_id)
        assert board(as_alice) == [shown]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "title"),
            ({"title": "x"}, "title"),
            ({"title": "   a  "}, "title"),
            ({"title": "x" * 101}, "title"),
            ({"title": "Sitting", "description": "x" * 501}, "description"),
            ({"title": "Sitting", "category": "unknown"}, "category"),
            ({"title": "Sitting", "category": UNKNOWN}, "category"),
            ({"title": "Sitting", "votes": 100}, "votes"),
            ({"title": "nude woman porn"}, "title"),
            ({"title": "Sitting", "description": "nude woman porn"}, "description"),
        ],
    )
    def test_a_bad_wish_is_a_400_that_names_its_field(
        self, as_alice: APIClient, body: dict[str, Any], field: str
    ) -> None:
        answer = as_alice.post(BOARD, body)

        assert answer.status_code == 400
        assert field in answer.json()["error"]["fields"]
        assert not PoseRequest.objects.exists()

    def test_a_sixth_open_wish_is_refused_until_one_has_ended(self, as_alice: APIClient, alice: User) -> None:
        asked = [wishes.ask(alice, title=f"Pose {number}") for number in range(5)]

        refused = as_alice.post(BOARD, {"title": "Pose six"})
        wishes.reject(asked[0], reason="We have one like it.")
        taken = as_alice.post(BOARD, {"title": "Pose six"})

        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_many_wishes")
        assert taken.status_code == 201

    def test_the_same_wish_is_not_taken_twice_while_it_is_open(
        self, as_alice: APIClient, as_bob: APIClient, wish: PoseRequest
    ) -> None:
        again = as_alice.post(BOARD, {"title": "kneeling with a BASKET"})
        bobs = as_bob.post(BOARD, {"title": "Kneeling with a basket"})
        wishes.reject(wish, reason="Not now.")
        later = as_alice.post(BOARD, {"title": "Kneeling with a basket"})

        assert (again.status_code, again.json()["error"]["code"]) == (409, "asked_already")
        assert (bobs.status_code, later.status_code) == (201, 201)

    @pytest.mark.postgres
    def test_ten_wishes_at_once_are_five(self, committing: None, alice: User) -> None:
        answers = in_threads(10, lambda number: wishes.ask(alice, title=f"Pose {number}"))

        assert sorted(getattr(answer, "code", "taken") for answer in answers) == ["taken"] * 5 + ["too_many_wishes"] * 5
        assert PoseRequest.objects.count() == Vote.objects.count() == 5


class TestBoard:
    def test_what_waits_or_was_rejected_is_seen_by_its_asker_alone(
        self, as_alice: APIClient, as_bob: APIClient, alice: User, wish: PoseRequest
    ) -> None:
        rejected = wishes.ask(alice, title="Flying")
        wishes.reject(rejected, reason="Nobody flies.")

        assert board(as_bob) == []
        assert {row["status"]: row["reason"] for row in board(as_alice)} == {
            "pending": None,
            "rejected": "Nobody flies.",
        }

    def test_nobody_learns_who_asked_or_voted(
        self, as_bob: APIClient, alice: User, bob: User, make_user: Any, approved: PoseRequest
    ) -> None:
        carol = make_user("carol")
        wishes.vote(carol, approved.pk)
        wishes.vote(bob, approved.pk)
        wishes.start(approved)

        told = json.dumps([board(as_bob), [event.data for event in Event.objects.filter(stream=bob.pk)]])

        assert "Kneeling" in told
        for person in (alice, carol):
            assert not any(str(word) in told for word in (person.email, person.name, person.pk, person.pk.hex))

    def test_the_board_is_sorted_by_votes_or_newest_and_filtered(
        self, as_alice: APIClient, as_bob: APIClient, bob: User, make_user: Any, approved: PoseRequest
    ) -> None:
        newer = wishes.ask(bob, title="Yoga tree")
        wishes.approve(newer)
        wishes.vote(make_user("carol"), approved.pk)
        wishes.ask(bob, title="Bob's secret")

        def titles(query: str) -> list[str]:
            return [row["title"] for row in board(as_alice, query)]

        assert titles("") == titles("sort=votes") == ["Kneeling with a basket", "Yoga tree"]
        assert titles("sort=newest") == ["Yoga tree", "Kneeling with a basket"]
        assert titles("mine=true") == ["Kneeling with a basket"]
        assert titles("status=pending") == []
        assert [row["title"] for row in board(as_bob, "status=pending")] == ["Bob's secret"]

    @pytest.mark.parametrize("query", ["status=done", "sort=name", "mine=1", "limit=101"])
    def test_what_is_not_offered_is_a_400_that_names_it(self, as_alice: APIClient, query: str) -> None:
        answer = as_alice.get(f"{BOARD}?{query}")

        assert answer.status_code == 400
        assert query.partition("=")[0] in answer.json()["error"]["fields"]

    def test_a_page_takes_three_queries_however_many_wishes_it_shows(
        self, as_bob: APIClient, make_user: Any, django_assert_num_queries: Any
    ) -> None:
        for number in range(20):
            wishes.approve(wishes.ask(make_user(f"user{number}"), title=f"Pose {number}"))

        with django_assert_num_queries(3):
            body = as_bob.get(BOARD).json()

        assert (len(body["requests"]), body["pagination"]["total"]) == (20, 20)

    def test_the_board_wants_a_token(self, db: None) -> None:
        assert client_of(None).get(BOARD).status_code == 401


class TestVoting:
    def test_two_votes_of_bob_count_once_and_can_be_taken_back_twice(
        self, as_bob: APIClient, approved: PoseRequest
    ) -> None:
        path = f"{BOARD}/{approved.pk}/vote"

        codes = [as_bob.put(path).status_code for _ in range(2)]
        voted = board(as_bob)[0]
        codes += [as_bob.delete(path).status_code for _ in range(2)]
        withdrawn = board(as_bob)[0]

        assert codes == [204] * 4
        assert (voted["votes"], voted["voted"], voted["isMine"]) == (2, True, False)
        assert (withdrawn["votes"], withdrawn["voted"]) == (1, False)

    @pytest.mark.parametrize("method", ["put", "delete"])
    def test_a_wish_that_bob_does_not_see_is_404_for_him(
        self, as_bob: APIClient, wish: PoseRequest, method: str
    ) -> None:
        answers = [getattr(as_bob, method)(f"{BOARD}/{pk}/vote") for pk in (wish.pk, UNKNOWN)]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["error"] == answers[1].json()["error"]
        assert Vote.objects.count() == 1

    def test_a_wish_that_is_fulfilled_takes_no_new_votes_and_keeps_the_old(
        self, as_alice: APIClient, as_bob: APIClient, approved: PoseRequest, pose: Pose
    ) -> None:
        wishes.start(approved)
        wishes.complete(approved, pose=pose)

        new, old = (client.put(f"{BOARD}/{approved.pk}/vote") for client in (as_bob, as_alice))

        assert (new.status_code, new.json()["error"]["code"]) == (409, "wrong_state")
        assert old.status_code == 204
        assert Vote.objects.count() == 1

    @pytest.mark.postgres
    def test_ten_votes_of_bob_at_once_are_one(self, committing: None, bob: User, approved: PoseRequest) -> None:
        answers = in_threads(10, lambda _number: wishes.vote(bob, approved.pk))

        assert answers == [None] * 10
        assert Vote.objects.filter(user=bob).count() == 1
