"""The sweeper: dead workers are relieved, late pictures given back, and two sweepers do no harm."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from avatars import creation, keeping
from avatars.models import Avatar
from lumiku import files, leases, usage
from lumiku.testing import events_of, in_threads, make_pose, order_for, picture, sums_match, work
from lumiku.users.models import User
from pose_generator import generations, projects, refunds, settlement, sweeping, window
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

    with leases.kept(result, seconds=60):
        Result.objects.update(lease_until=Now() + timedelta(seconds=1))
        assert leases.renew() == 1
    sweeping.sweep(broker_lost=False)

    fresh = Result.objects.get()
    assert fresh.status == "processing"
    assert fresh.lease_until is not None
    assert result.lease_until is not None
    assert leases.renew() == 0


def test_a_lease_that_was_renewed_after_the_sweeper_looked_stands(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose]))
    lose_worker(Result.objects.get())
    seen = Result.objects.get()
    Result.objects.update(lease_until=Now() + timedelta(seconds=30))

    assert not settlement.lose_lease(seen)
    assert Result.objects.get().status == "processing"


def test_one_result_that_cannot_be_swept_does_not_hold_up_the_others(
    alice: User, project: Project, pose: Pose, monkeypatch: pytest.MonkeyPatch
) -> None:
    generations.place(alice, order_for(project, [pose], variations=3))
    for result in Result.objects.order_by("number"):
        lose_worker(result)
    stuck = Result.objects.earliest("lease_until").pk
    whole = settlement.lose_lease

    def lose(result: Result) -> bool:
        if result.pk == stuck:
            raise OperationalError("deadlock detected")
        return whole(result)

    monkeypatch.setattr(settlement, "lose_lease", lose)
    sweeping.sweep(broker_lost=False)

    assert Result.objects.filter(status="pending").count() == 2
    assert Process.objects.get().kind == "sweeper"


def test_photos_of_a_discarded_avatar_go_when_no_running_order_needs_them(
    alice: User, project: Project, pose: Pose
) -> None:
    photo = files.put("avatars/a/1.png", picture())
    avatar = Avatar.objects.create(owner=alice, name="Sari", image=photo, thumbnail=photo)
    Avatar.objects.filter(pk=avatar.pk).update(image=files.put(f"avatars/{avatar.pk}/1.png", picture()))
    avatar.refresh_from_db()
    generations.place(alice, order_for(project, [pose], avatar=avatar))
    creation.discard(avatar)

    kept = (keeping.forget_discarded(), files.exists(avatar.image))
    work()
    gone = (keeping.forget_discarded(), files.exists(avatar.image))

    assert (kept, gone) == ((0, True), (1, False))


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


@pytest.mark.postgres
def test_cancelling_while_the_sweeper_rings_again_never_deadlocks(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=20_000)
    project = Project.objects.create(owner=carol, name="C")
    pose = make_pose("standing")

    for _ in range(4):
        generation = generations.place(carol, order_for(project, [pose], variations=100))
        generation.results.update(rung_at=Now() - timedelta(seconds=90))
        acts = [partial(settlement.cancel, generation), window.ring_again, window.ring_again, window.take]
        outcomes = in_threads(4, partial(call_one_of, acts))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]

    sums_match()


@pytest.mark.postgres
def test_a_retry_and_a_refund_of_the_same_order_never_deadlock(
    committing: None, make_user: Any, no_limits: None
) -> None:
    carol, operator = make_user("carol", amount=20_000), make_user("olga", is_staff=True, is_superuser=True)
    project = Project.objects.create(owner=carol, name="C")
    pose = make_pose("standing")

    for _ in range(10):
        generation = generations.place(carol, order_for(project, [pose], variations=2))
        first, second = (settlement.start(pk, by="w") for pk in generation.results.values_list("pk", flat=True))
        assert first and second
        settlement.succeed(first, image="results/x.png", thumbnail="results/x.webp")
        settlement.fail(second, "refused")
        captures = list(refunds.captures_of(generation))
        acts = [
            partial(generations.retry, carol, generation),
            partial(refunds.refund, captures, actor=operator, note="Six fingers"),
        ]
        outcomes = in_threads(2, partial(call_one_of, acts))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]


@pytest.mark.postgres
def test_an_order_never_hides_in_a_project_that_is_deleted_at_the_same_moment(
    committing: None, make_user: Any, no_limits: None
) -> None:
    carol = make_user("carol", amount=20_000)
    pose = make_pose("standing")

    for _ in range(10):
        project = Project.objects.create(owner=carol, name="C")
        acts = [
            partial(projects.discard, project),
            partial(generations.place, carol, order_for(project, [pose])),
            partial(generations.place, carol, order_for(project, [pose])),
        ]
        in_threads(3, partial(call_one_of, acts))
        project.refresh_from_db()
        hidden = Generation.objects.filter(project=project, discarded_at__isnull=False)
        assert not hidden.open().exists()
        assert not (project.discarded_at and project.generations.open().exists())


def test_pictures_older_than_the_operator_keeps_them_go_and_the_books_stay(
    alice: User, project: Project, pose: Pose, settings: Any
) -> None:
    settings.RETENTION_DAYS = 30
    old = generations.place(alice, order_for(project, [pose]))
    work()
    Generation.objects.filter(pk=old.pk).update(completed_at=timezone.now() - timedelta(days=31))
    generations.place(alice, order_for(project, [pose]))
    work()

    assert sweeping.discard_the_old() == 1
    sweeping.forget_discarded()

    result = old.results.get()
    assert (result.image, result.bytes) == ("", 0)
    assert files.names_in(f"results/{result.pk}") == []
    assert Result.objects.exclude(generation=old).get().bytes > 0
    sums_match()


def test_a_full_shop_is_told_before_anything_is_charged(
    alice: User, project: Project, pose: Pose, settings: Any
) -> None:
    generations.place(alice, order_for(project, [pose]))
    work()
    settings.STORAGE_LIMIT = 1000

    with pytest.raises(usage.StorageFull):
        generations.place(alice, order_for(project, [pose]))

    assert alice.account.entries.filter(kind="hold").count() == 1
