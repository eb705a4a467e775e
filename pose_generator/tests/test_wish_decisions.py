"""Deciding wishes: one way through the states, one decision at a time, and everybody concerned hears of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from lumiku.errors import DomainError, Invalid
from lumiku.events.models import Event
from lumiku.testing import events_of, in_threads, make_pose
from lumiku.users.models import User
from pose_generator import wishes
from pose_generator.models import Pose, PoseRequest, Vote


@pytest.fixture
def wish(alice: User) -> PoseRequest:
    return wishes.ask(alice, title="Kneeling with a basket", description="For my batik bags.")


@pytest.fixture
def approved(wish: PoseRequest) -> PoseRequest:
    wishes.approve(wish)
    return wish


def status_of(wish: PoseRequest) -> str:
    wish.refresh_from_db()
    return wish.status


class TestDeciding:
    def test_a_wish_goes_its_way_and_asker_and_voters_hear_of_each_step(
        self, alice: User, bob: User, make_user: Any, wish: PoseRequest, pose: Pose
    ) -> None:
        stranger = make_user("carol")
        wishes.approve(wish)
        wishes.vote(bob, wish.pk)
        wishes.start(wish)
        wishes.complete(wish, pose=pose)

        assert [(event.name, event.data["status"]) for event in events_of(alice)] == [
            ("wish-update", "approved"),
            ("wish-update", "in_progress"),
            ("wish-update", "completed"),
        ]
        assert [event.data["status"] for event in events_of(bob)] == ["in_progress", "completed"]
        assert events_of(stranger) == []
        assert events_of(bob)[1].data == {
            "request_id": str(wish.pk),
            "title": "Kneeling with a basket",
            "status": "completed",
            "votes": 2,
            "reason": None,
            "pose_id": str(pose.pk),
        }

    def test_the_news_come_over_the_wire_as_the_contract_has_them(
        self, as_alice: APIClient, approved: PoseRequest
    ) -> None:
        told = as_alice.get("/api/events?after=0").json()["events"][0]

        assert (told["event"], told["data"]["requestId"]) == ("wish-update", str(approved.pk))

    def test_an_asker_who_took_the_vote_back_hears_of_it_all_the_same(self, alice: User, wish: PoseRequest) -> None:
        wishes.unvote(alice, wish.pk)

        wishes.reject(wish, reason="We have one like it.")

        assert [event.data["reason"] for event in events_of(alice)] == ["We have one like it."]

    def test_an_account_that_was_given_up_is_not_told(self, alice: User, bob: User, approved: PoseRequest) -> None:
        wishes.vote(bob, approved.pk)
        User.objects.update(is_active=False)

        wishes.start(approved)

        assert (len(events_of(alice)), len(events_of(bob))) == (1, 0)

    def test_so_many_voters_are_told_and_no_more(
        self, alice: User, make_user: Any, approved: PoseRequest, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(wishes, "MOST_TOLD", 3)
        voters = [make_user(f"user{number}") for number in range(4)]
        for voter in voters:
            wishes.vote(voter, approved.pk)

        wishes.start(approved)

        assert [len(events_of(user)) for user in (alice, *voters)] == [2, 1, 1, 0, 0]

    @pytest.mark.parametrize(
        ("status", "allowed"),
        [
            ("pending", {"approve", "reject"}),
            ("approved", {"start", "reject"}),
            ("in_progress", {"complete", "reject"}),
            ("completed", set()),
            ("rejected", set()),
        ],
    )
    def test_only_the_next_steps_can_be_taken(
        self, alice: User, wish: PoseRequest, pose: Pose, status: str, allowed: set[str]
    ) -> None:
        moves: dict[str, Callable[[], None]] = {
            "approve": lambda: wishes.approve(wish),
            "start": lambda: wishes.start(wish),
            "complete": lambda: wishes.complete(wish, pose=pose),
            "reject": lambda: wishes.reject(wish, reason="No."),
        }
        stands: dict[str, Any] = {"status": status, "reason": "", "pose": None}
        ends: dict[str, dict[str, Any]] = {"completed": {"pose": pose}, "rejected": {"reason": "Before"}}
        stands |= ends.get(status, {})

        taken = set()
        for name, move in moves.items():
            PoseRequest.objects.filter(pk=wish.pk).update(**stands)
            Event.objects.all().delete()
            try:
                move()
                taken.add(name)
            except DomainError as refusal:
                assert refusal.code == "wrong_state"
                assert status_of(wish) == status
                assert not Event.objects.exists()

        assert taken == allowed

    def test_a_rejection_needs_a_reason_and_a_completion_a_pose_that_all_can_see(
        self, alice: User, approved: PoseRequest
    ) -> None:
        wishes.start(approved)
        private = make_pose("alices", owner=alice, is_public=False)

        with pytest.raises(Invalid):
            wishes.reject(approved, reason="  ")
        with pytest.raises(Invalid):
            wishes.complete(approved, pose=private)

        assert status_of(approved) == "in_progress"

    @pytest.mark.parametrize(
        "change", [{"status": "completed"}, {"status": "rejected"}, {"reason": "No."}], ids=["pose", "reason", "open"]
    )
    def test_the_database_refuses_a_half_decided_wish(self, wish: PoseRequest, change: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            PoseRequest.objects.filter(pk=wish.pk).update(**change)

    @pytest.mark.postgres
    def test_operators_at_the_same_moment_make_one_decision(
        self, committing: None, alice: User, wish: PoseRequest
    ) -> None:
        acts = [lambda: wishes.approve(wish), lambda: wishes.reject(wish, reason="No.")] * 4

        answers = in_threads(8, lambda number: acts[number]())

        # Rejecting what was approved before is fine, so one or two decisions are made; each is told once.
        made = [answer for answer in answers if answer is None]
        assert {getattr(answer, "code", None) for answer in answers} == {None, "wrong_state"}
        assert [event.data["status"] for event in events_of(alice)] in (["rejected"], ["approved", "rejected"])
        assert len(made) == len(events_of(alice))


def test_a_given_up_account_leaves_its_votes_and_what_only_it_saw(
    alice: User, bob: User, approved: PoseRequest
) -> None:
    wishes.ask(alice, title="Still waiting")
    hidden = wishes.ask(alice, title="Refused")
    wishes.reject(hidden, reason="No.")
    wishes.vote(bob, approved.pk)

    wishes.forget(alice)

    assert list(PoseRequest.objects.values_list("title", flat=True)) == ["Kneeling with a basket"]
    assert list(Vote.objects.values_list("user", flat=True)) == [bob.pk]
