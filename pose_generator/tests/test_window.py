"""Who is served next: places are shared by customers, not by the length of their orders."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from hypothesis import given
from hypothesis import strategies as st

from lumiku.testing import in_threads, order_for
from lumiku.users.models import User
from pose_generator import generations, rendering, window
from pose_generator.models import Pause, Pose, Process, Project, Result

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def waiting(**customers: int) -> dict[str, tuple[datetime, int]]:
    """Customers in the order in which they came, with how much each has waiting."""
    return {name: (NOON + timedelta(seconds=age), number) for age, (name, number) in enumerate(customers.items())}


def test_a_place_goes_to_the_customer_with_the_fewest_in_hand() -> None:
    assert window.share(1, {"alice": 5}, waiting(alice=500, bob=4)) == {"bob": 1}


def test_among_equals_it_goes_to_the_one_who_has_waited_longest() -> None:
    assert window.share(1, {}, waiting(alice=500, bob=4)) == {"alice": 1}


def test_a_customer_alone_gets_every_place() -> None:
    assert window.share(5, {}, waiting(alice=500)) == {"alice": 5}


@given(
    free=st.integers(0, 50),
    customers=st.dictionaries(
        st.text("abcdefgh", min_size=1, max_size=3), st.tuples(st.integers(0, 20), st.integers(1, 30))
    ),
)
def test_places_are_never_wasted_nor_given_twice(free: int, customers: dict[str, tuple[int, int]]) -> None:
    in_hand = {name: running for name, (running, _) in customers.items()}
    due = {name: (NOON, number) for name, (_, number) in customers.items()}

    shares = window.share(free, in_hand, due)

    assert sum(shares.values()) == min(free, sum(number for _, number in due.values()))
    assert all(shares[name] <= due[name][1] for name in shares)
    for poor in due:
        # Nobody who still waits has two fewer than somebody who was served.
        if shares.get(poor, 0) < due[poor][1] and sum(shares.values()) == free:
            mine = in_hand.get(poor, 0) + shares.get(poor, 0)
            assert all(in_hand.get(name, 0) + shares[name] <= mine + 1 for name in shares if name != poor)


def test_no_more_is_handed_out_than_the_workers_take(alice: User, project: Project, pose: Pose, settings: Any) -> None:
    settings.WORKER_CONCURRENCY = 5
    generations.place(alice, order_for(project, [pose], variations=10))

    assert len(window.take()) == 5
    assert window.take() == []


def test_living_workers_are_counted_and_dead_ones_are_not(
    alice: User, project: Project, pose: Pose, settings: Any
) -> None:
    Process.objects.create(name="alive", kind="worker", places=3, beat_at=Now())
    Process.objects.create(name="dead", kind="worker", places=50, beat_at=Now() - timedelta(minutes=2))
    generations.place(alice, order_for(project, [pose], variations=10))

    assert len(window.take()) == 3


def test_bob_does_not_stand_behind_alices_long_order(
    alice: User, bob: User, project: Project, pose: Pose, settings: Any
) -> None:
    settings.WORKER_CONCURRENCY = 4
    generations.place(alice, order_for(project, [pose], variations=10))
    taken = window.take()
    generations.place(bob, order_for(Project.objects.create(owner=bob, name="Bob's"), [pose], variations=2))

    for pk, _queue in taken[:2]:
        rendering.render(pk)
    served = Result.objects.filter(pk__in=[pk for pk, _queue in window.take()])

    assert {result.generation.owner for result in served.select_related("generation__owner")} == {bob}


def test_places_that_one_customer_cannot_use_go_to_another(
    alice: User, bob: User, project: Project, pose: Pose, settings: Any
) -> None:
    settings.WORKER_CONCURRENCY = 6
    generations.place(alice, order_for(project, [pose], variations=1))
    generations.place(bob, order_for(Project.objects.create(owner=bob, name="Bob's"), [pose], variations=9))

    assert len(window.take()) == 6


def test_a_paused_backend_hands_out_nothing_until_its_time(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))
    pause = Pause.objects.create(backend="preview", until=Now() + timedelta(seconds=60), reason="busy")

    assert window.take() == []
    Pause.objects.filter(pk=pause.pk).update(until=Now() - timedelta(seconds=1))
    assert len(window.take()) == 1


def test_what_was_rung_and_not_heard_is_rung_again_after_a_minute(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))
    rung = window.take()

    assert window.ring_again() == 0
    Result.objects.update(rung_at=Now() - timedelta(seconds=61))
    assert window.ring_again() == 1
    assert window.take() == rung


def test_a_wiped_broker_has_everything_rung_again_at_once(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose], variations=3))
    window.take()

    assert window.ring_again(all_of_them=True) == 3


@pytest.mark.postgres
def test_eight_choosers_at_once_hand_out_each_picture_once_and_no_more_than_fit(
    committing: None, make_user: Any, settings: Any
) -> None:
    from lumiku.testing import make_pose

    settings.WORKER_CONCURRENCY = 20
    carol = make_user("carol", amount=3000)
    project = Project.objects.create(owner=carol, name="C")
    generations.place(carol, order_for(project, [make_pose("standing")], variations=100))

    taken = [pk for ids in in_threads(8, lambda index: window.take()) for pk, _queue in ids]

    assert len(taken) == len(set(taken)) == 20
