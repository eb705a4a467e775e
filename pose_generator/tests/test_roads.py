"""Which backend makes a picture: queues, gates, moving on, and jobs that outlive the worker that began them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from credits.models import Entry
from lumiku import backends
from lumiku.backends import BackendError, ImageBackend, ImageRequest, JobBackend, Painting, gate
from lumiku.backends.preview import PreviewBackend
from lumiku.errors import Invalid
from lumiku.testing import order_for, sums_match, work
from lumiku.users.models import User
from pose_generator import generations, jobs, orders, sweeping, window
from pose_generator.models import Pause, Pose, Process, Project, Result

OBEYS = frozenset({"control", "seed", "traits", "background", "scene", "reference"})
ACCOUNT = {"code": "account", "retryable": True, "account": True}


@dataclass
class Painter(ImageBackend):
    """Paints like preview, or fails as its script says."""

    script: list[Any] = field(default_factory=list)
    painted: list[int] = field(default_factory=list)
    supports = OBEYS

    def paint(self, request: ImageRequest) -> Painting:
        step = self.script.pop(0) if self.script else None
        if step:
            raise BackendError(**step)
        self.painted.append(request.seed)
        return PreviewBackend().paint(request)

    def check(self) -> str:
        return "ready"


class Poor(Painter):
    """Takes no skeleton."""

    supports = frozenset({"seed", "scene"})


class Idle(Painter, JobBackend):
    """Takes a job and has it ready when somebody sets `ready`."""

    supports = OBEYS

    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[int] = []
        self.stopped: list[str] = []
        self.ready = False
        self.lost = False

    def submit(self, request: ImageRequest) -> str:
        self.submitted.append(request.seed)
        return f"job-{len(self.submitted)}"

    def collect(self, job: str, request: ImageRequest) -> Painting:
        if self.lost:
            self.lost = False
            raise BackendError("lost", retryable=True)
        if not self.ready:
            raise BackendError("running", retryable=True)
        return Painter.paint(self, request)

    def stop(self, job: str) -> None:
        self.stopped.append(job)

    paint = JobBackend.paint


@pytest.fixture
def roads(settings: Any) -> Iterator[dict[str, Any]]:
    """Three backends that obey all, one that does not, one for jobs, and one on a queue of its own."""
    kinds = {"first": Painter, "second": Painter, "poor": Poor, "idle": Idle, "gpu": Painter}
    entries: dict[str, Any] = {name: {"BACKEND": f"{__name__}.{kind.__name__}"} for name, kind in kinds.items()}
    entries["gpu"]["QUEUE"] = "gpu"
    settings.IMAGE_BACKENDS = {**settings.IMAGE_BACKENDS, **entries}
    settings.FALLBACKS = {"default": ["first", "poor", "preview", "second"]}
    backends.get.cache_clear()
    gate.forget(entries)
    yield {name: backends.get(name) for name in kinds}
    backends.get.cache_clear()


def again() -> None:
    """Let what waits for a later time be due now."""
    Result.objects.filter(status="pending").update(due_at=None)


def test_a_pose_moves_on_to_one_that_obeys_as_much_and_the_price_stays(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    roads["first"].script = [{"code": "refused"}]
    generation = generations.place(alice, order_for(project, [pose], backend="first"))

    work()

    result = Result.objects.get()
    # Not "poor", which takes no skeleton, and not preview, which draws mannequins.
    assert (result.status, result.backend, result.price) == ("completed", "second", 30)
    assert generation.backend == "first"
    sums_match()


def test_a_pose_without_skeleton_may_go_to_a_backend_that_takes_none(
    alice: User, project: Project, roads: dict[str, Any]
) -> None:
    roads["first"].script = [{"code": "refused"}]
    generations.place(alice, order_for(project, [], kind="TEXT_DESCRIPTION", text_prompt="xyzzy", backend="first"))

    work()

    assert Result.objects.get().backend == "poor"


def test_a_refusal_by_the_safety_filter_is_not_taken_to_another_backend(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    roads["first"].script = [{"code": "moderated"}]
    generations.place(alice, order_for(project, [pose], backend="first"))

    work()

    result = Result.objects.get()
    assert (result.status, result.backend, result.error_code) == ("failed", "first", "moderated")
    assert roads["second"].painted == []
    sums_match()


def test_what_waits_for_a_closed_backend_moves_on_with_the_next_sweep(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generations.place(alice, order_for(project, [pose], variations=3, backend="first"))
    gate.close("first", seconds=60, reason="maintenance")

    assert work() == 0
    sweeping.sweep(broker_lost=False)
    work()

    assert set(Result.objects.values_list("status", "backend")) == {("completed", "second")}


def test_the_last_of_the_list_waits_rather_than_going_back(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    roads["second"].script = [ACCOUNT]
    generations.place(alice, order_for(project, [pose], backend="second"))

    work()

    result = Result.objects.get()
    assert (result.status, result.backend, result.busy_answers) == ("pending", "second", 0)
    assert Pause.objects.get().backend == "second"


def test_a_closed_gate_hands_out_nothing_and_a_half_open_one_a_single_picture(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any], settings: Any
) -> None:
    settings.FALLBACKS = {}
    generations.place(alice, order_for(project, [pose], variations=4, backend="first"))
    gate.close("first", seconds=60, reason="maintenance")
    assert window.take() == []

    gate.close("first", seconds=0, reason="over")

    assert len(window.take()) == 1
    assert window.take() == []


def test_a_limit_of_a_backend_leaves_the_places_to_the_others(
    alice: User, bob: User, project: Project, pose: Pose, roads: dict[str, Any], settings: Any
) -> None:
    settings.WORKER_CONCURRENCY = 5
    settings.IMAGE_BACKENDS["first"]["LIMITS"] = {"parallel": 2}
    generations.place(alice, order_for(project, [pose], variations=5, backend="first"))
    generations.place(bob, order_for(Project.objects.create(owner=bob, name="B"), [pose], variations=5))

    taken = Result.objects.filter(pk__in=[pk for pk, _queue in window.take()])

    assert sorted(taken.values_list("backend", flat=True)) == ["first", "first", "preview", "preview", "preview"]


def test_a_queue_has_workers_and_places_of_its_own(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    Process.objects.create(name="here", kind="worker", places=2, queues=["celery"], beat_at=Now())
    Process.objects.create(name="there", kind="worker", places=1, queues=["gpu"], beat_at=Now())
    generations.place(alice, order_for(project, [pose], variations=5, backend="gpu"))
    generations.place(alice, order_for(project, [pose], variations=5, backend="first"))

    taken = window.take()

    assert sorted(queue for _pk, queue in taken) == ["celery", "celery", "gpu"]
    assert Result.objects.filter(backend="gpu", rung_at__isnull=False).count() == 1


def test_a_job_is_written_down_left_and_collected_later(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generations.place(alice, order_for(project, [pose], backend="idle"))
    work()
    waiting = Result.objects.get()
    assert (waiting.status, waiting.job, waiting.busy_answers) == ("pending", "job-1", 0)

    roads["idle"].ready = True
    again()
    work()

    result = Result.objects.get()
    assert (result.status, result.job, roads["idle"].submitted) == ("completed", "", [result.seed])
    sums_match()


def test_a_worker_that_takes_over_waits_for_the_same_job(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generations.place(alice, order_for(project, [pose], backend="idle"))
    work()
    # As if the worker had been killed while it waited.
    Result.objects.update(status="processing", lease_until=timezone.now() - timedelta(seconds=1), due_at=None)
    roads["idle"].ready = True

    sweeping.sweep(broker_lost=False)
    work()

    assert Result.objects.get().status == "completed"
    assert len(roads["idle"].submitted) == 1


def test_a_job_that_the_provider_has_lost_is_ordered_anew(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generations.place(alice, order_for(project, [pose], backend="idle"))
    work()
    roads["idle"].ready = roads["idle"].lost = True

    for _ in range(2):
        again()
        work()

    assert Result.objects.get().status == "completed"
    assert len(roads["idle"].submitted) == 2


def test_a_job_that_nobody_waits_for_any_more_is_given_up_at_the_provider(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generation = generations.place(alice, order_for(project, [pose], backend="idle"))
    work()
    generations.cancel(generation)

    assert jobs.stop_ended() == 1
    assert jobs.stop_ended() == 0

    assert roads["idle"].stopped == ["job-1"]
    assert Entry.objects.get(kind="release").available == 30
    sums_match()


def test_words_that_are_not_allowed_any_more_reach_no_model(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    generation = generations.place(alice, order_for(project, [pose], backend="first"))
    type(generation).objects.update(text_prompt="a naked woman")

    work()

    result = Result.objects.get()
    assert (result.status, result.error_code, roads["first"].painted) == ("failed", "prompt_refused", [])
    sums_match()


def test_the_same_picture_twice_in_an_order_is_flagged_and_not_hidden(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = PreviewBackend().paint(ImageRequest(prompt="", width=1024, height=1024, seed=1))
    monkeypatch.setattr(roads["first"], "paint", lambda request: one)
    generations.place(alice, order_for(project, [pose], variations=2, backend="first"))

    work()

    assert list(Result.objects.order_by("ended_at").values_list("status", "error_code")) == [
        ("completed", ""),
        ("completed", "duplicate"),
    ]


def test_an_order_is_warned_while_its_backend_is_closed(
    alice: User, project: Project, pose: Pose, roads: dict[str, Any]
) -> None:
    order = order_for(project, [pose], backend="first")
    gate.close("first", seconds=60, reason="maintenance")

    assert "backend_waits" in {warning["code"] for warning in orders.warnings(order)}


def test_a_backend_that_only_changes_pictures_refuses_an_order_without_any(
    alice: User, project: Project, roads: dict[str, Any]
) -> None:
    roads["first"].needs_picture = True
    order = order_for(project, [], kind="TEXT_DESCRIPTION", text_prompt="xyzzy", backend="first")

    with pytest.raises(Invalid) as refusal:
        generations.quote(alice, order)

    assert "backend" in (refusal.value.fields or {})
    assert not Entry.objects.filter(kind="hold").exists()
