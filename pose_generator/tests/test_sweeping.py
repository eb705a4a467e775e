"""The sweeper: dead workers are relieved, late pictures given back, and two sweepers do no harm."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models.functions import Now

from lumiku import files
from lumiku.testing import events_of, in_threads, make_pose, order_for, sums_match, work
from lumiku.users.models import User
from pose_generator import generations, leases, settlement, sweeping
from pose_generator.models import Generation, Pose, Process, Project, Result


def call_one_of(racers: list[Any], index: int) -> Any:
    return racers[index]()


def lose_worker(result: Result) -> None:
    """Claim a result and let its lease run out."""
    assert settlement.start(result.pk, by="dead") is not None
    Result.objects.filter(pk=result.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_a_dead_workers_picture_is_made_by_another(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))
    lose_worker(Result.objects.get())

    sweeping.sweep(broker_lost=False)
    work()

    result = Result.objects.get()
    assert (result.status, result.attempt, result.lost_leases) == ("completed", 2, 1)
    sums_match()


def test_a_living_workers_lease_is_left_alone_and_renewed(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))
    result = settlement.start(Result.objects.get().pk, by=leases.ME)
    assert result is not None

    with leases.kept(result):
        Result.objects.update(lease_until=Now() + timedelta(seconds=1))
        assert leases.renew() == 1
    sweeping.sweep(broker_lost=False)

    fresh = Result.objects.get()
    assert fresh.status == "processing"
    assert fresh.lease_until is not None
    assert result.lease_until is not None
    assert leases.renew() == 0


def test_a_picture_that_kills_three_workers_fails_and_is_given_back(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))

    for _ in range(3):
        lose_worker(Result.objects.get())
        sweeping.sweep(broker_lost=False)

    result = Result.objects.get()
    alice.account.refresh_from_db()
    assert (result.status, result.error_code, alice.account.available) == ("failed", "worker_lost", 1000)
    assert events_of(alice)[-1].data["type"] == "failed"
    sums_match()


def test_what_still_waits_after_the_deadline_is_given_back(alice: User, project: Project, pose: Pose) -> None:
    generation = generations.place(alice, order_for(project, [pose], variations=3))
    Generation.objects.update(deadline_at=Now() - timedelta(seconds=1))

    sweeping.sweep(broker_lost=False)

    generation.refresh_from_db()
    assert generation.status == "failed"
    assert set(Result.objects.values_list("error_code", flat=True)) == {"deadline"}
    sums_match()


def test_the_sweeper_beats_its_heart(db: None) -> None:
    sweeping.sweep(broker_lost=False)

    assert Process.objects.get().kind == "sweeper"


def test_discarded_pictures_lose_their_files_and_keep_their_rows(alice: User, project: Project, pose: Pose) -> None:
    generation = generations.place(alice, order_for(project, [pose]))
    work()
    name = Result.objects.get().image
    generation.refresh_from_db()
    generations.discard(generation)

    sweeping.tidy()

    assert files.read(name) is None
    assert Result.objects.get().status == "completed"
    sums_match()


@pytest.mark.parametrize("status", ["pending", "processing", "failed", "cancelled"])
def test_the_database_refuses_to_leave_a_terminal_state(alice: User, project: Project, pose: Pose, status: str) -> None:
    generations.place(alice, order_for(project, [pose]))
    work()

    with pytest.raises(DatabaseError, match="terminal_status_absorbs"), transaction.atomic():
        Result.objects.update(status=status, ended_at=None, lease_until=Now())


def test_the_database_refuses_a_completed_picture_without_an_image(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))

    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.update(status="completed", ended_at=Now())


def test_the_database_refuses_the_same_number_twice_in_an_order(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose], variations=2))

    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.update(number=0)


@pytest.mark.postgres
def test_worker_sweeper_and_cancel_racing_for_one_picture_end_it_once(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=3000)
    project = Project.objects.create(owner=carol, name="C")
    pose = make_pose("standing")

    for _ in range(12):
        generation = generations.place(carol, order_for(project, [pose]))
        result = settlement.start(generation.results.get().pk, by="worker")
        assert result is not None
        racers = [
            partial(settlement.succeed, result, image="results/x.png", thumbnail="results/x.webp"),
            partial(settlement.fail, result, "refused"),
            partial(settlement.lose_lease, result),
            partial(settlement.cancel, generation),
        ]
        outcomes = in_threads(4, partial(call_one_of, racers))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        Generation.objects.filter(pk=generation.pk, status__in=["pending", "processing"]).update(
            deadline_at=Now() - timedelta(seconds=1)
        )
        sweeping.fail_the_late()

    assert not Result.objects.open().exists()
    closings = [event for event in events_of(carol) if event.data["type"] not in ("started", "progress")]
    assert len(closings) == 12
    sums_match()
