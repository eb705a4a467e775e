"""What a failed call costs: a try, nothing, or the job that is already paid for."""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from lumiku.backends import gate
from lumiku.testing import order_for, sums_match, work
from lumiku.users.models import User
from pose_generator import fallback, generations, jobs, sweeping, window
from pose_generator.models import Generation, Pause, Pose, Project, Result
from pose_generator.tests.test_roads import *  # noqa: F403
from pose_generator.tests.test_roads import again

DOWN = {"code": "unavailable", "retryable": True}


def test_whoever_probes_for_all_does_not_pay_with_a_try(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any], settings: Any
) -> None:
    settings.FALLBACKS = {}
    generations.place(alice, order_for(project, [pose], backend="first"))
    gate.close("first", seconds=0, reason="half-open")
    roads["first"].script = [DOWN] * 12

    for _ in range(12):
        gate.close("first", seconds=0, reason="half-open")
        again()
        work()

    assert Result.objects.get().busy_answers == 0
    gate.open("first")
    again()
    work()
    assert Result.objects.get().status == "completed"


def test_a_closing_by_hand_holds_nothing_longer_than_it_lasts(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any], settings: Any
) -> None:
    settings.FALLBACKS = {}
    generations.place(alice, order_for(project, [pose], variations=3, backend="first"))
    taken = window.take()
    gate.close("first", seconds=86_400, reason="maintenance")

    for pk, _queue in taken:
        from pose_generator import rendering

        rendering.render(pk)

    latest = Result.objects.order_by("-due_at").values_list("due_at", flat=True)[0]
    assert latest is not None
    assert latest < timezone.now() + timedelta(seconds=20)


def test_a_job_is_not_handed_out_while_an_operator_keeps_the_gate_shut(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generations.place(alice, order_for(project, [pose], backend="idle"))
    work()
    again()
    gate.close("idle", seconds=60, reason="maintenance")

    assert window.take() == []


def test_a_job_that_hangs_does_not_keep_the_next_order_from_probing(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any], settings: Any
) -> None:
    settings.FALLBACKS = {}
    generations.place(alice, order_for(project, [pose], variations=2, backend="idle"))
    work()
    lease = Now() + timedelta(seconds=60)
    Result.objects.update(status="processing", lease_until=lease, due_at=None)
    generations.place(alice, order_for(project, [pose], backend="idle"))
    gate.close("idle", seconds=0, reason="half-open")

    assert len(window.take()) == 1


def test_jobs_that_all_fail_close_the_gate_though_each_was_taken(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any], settings: Any
) -> None:
    settings.FALLBACKS = {}
    settings.WORKER_CONCURRENCY = 1
    roads["idle"].ready = True
    roads["idle"].script = [DOWN] * 40
    generations.place(alice, order_for(project, [pose], variations=20, backend="idle"))

    for _ in range(20):
        again()
        if not work():
            break

    assert gate.states(["idle"])["idle"].cause == "outage"
    assert len(roads["idle"].submitted) <= 20


def test_words_that_are_refused_later_leave_the_job_to_be_given_up(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generation = generations.place(alice, order_for(project, [pose], backend="idle"))
    work()
    Generation.objects.filter(pk=generation.pk).update(text_prompt="a naked woman")
    again()
    work()

    assert Result.objects.get().error_code == "prompt_refused"
    assert jobs.stop_ended() == 1
    assert roads["idle"].stopped == ["job-1"]
    sums_match()


def test_an_answer_that_is_never_right_is_not_bought_eight_times(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any], settings: Any
) -> None:
    settings.FALLBACKS = {}
    roads["first"].script = [{"code": "bad_answer", "retryable": True}] * 8
    generations.place(alice, order_for(project, [pose], backend="first"))

    for _ in range(8):
        again()
        work()

    assert Result.objects.get().error_code == "bad_answer"
    assert len(roads["first"].script) == 5


def test_a_pose_does_not_move_to_a_backend_that_an_operator_has_paused(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    Pause.objects.create(backend="second", until=Now() + timedelta(hours=1), reason="by hand")
    generations.place(alice, order_for(project, [pose], backend="first"))
    gate.close("first", seconds=60, reason="maintenance")

    assert fallback.move_on() == 0


def test_a_half_open_backend_takes_a_pose_over(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    gate.close("second", seconds=0, reason="half-open", cause="outage")
    roads["first"].script = [{"code": "refused"}]
    generations.place(alice, order_for(project, [pose], backend="first"))

    work()

    assert Result.objects.get().backend == "second"


def test_a_backend_that_was_removed_gives_its_poses_to_the_next_or_back(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any], settings: Any
) -> None:
    generations.place(alice, order_for(project, [pose], backend="gpu"))
    settings.IMAGE_BACKENDS = {name: entry for name, entry in settings.IMAGE_BACKENDS.items() if name != "gpu"}

    sweeping.sweep(broker_lost=False)
    work()
    assert Result.objects.get().backend == "first"

    settings.FALLBACKS = {}
    Result.objects.update(backend="gpu")
    generations.place(alice, order_for(project, [pose], backend="first"))
    Result.objects.filter(status="pending").update(backend="gpu")
    sweeping.sweep(broker_lost=False)
    assert Result.objects.get(error_code="unavailable").status == "failed"
    sums_match()


def test_what_the_release_before_ordered_is_painted(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generations.place(alice, order_for(project, [pose], variations=2, backend="first"))
    Result.objects.update(backend="")

    sweeping.sweep(broker_lost=False)
    work()

    assert set(Result.objects.values_list("status", "backend")) == {("completed", "first")}
