"""From order to settlement with the preview backend: outcome, credits and news change together."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from avatars.models import Avatar
from credits.models import Entry
from lumiku import backends, files, images
from lumiku.backends import BackendError, ImageBackend, ImageRequest, Painting, gate
from lumiku.backends.preview import PreviewBackend
from lumiku.testing import events_of, make_pose, order_for, picture, sums_match, work
from lumiku.users.models import User
from pose_generator import briefs, generations, rendering, settlement
from pose_generator.models import Generation, Pause, Pose, Project, Result


@dataclass
class Scripted(ImageBackend):
    """Paints like preview, but raises what the script says first, and keeps what it was asked for."""

    script: list[BackendError]
    requests: list[ImageRequest]
    supports = PreviewBackend.supports

    def paint(self, request: ImageRequest) -> Painting:
        self.requests.append(request)
        if self.script:
            raise self.script.pop(0)
        return PreviewBackend().paint(request)

    def check(self) -> str:
        return "Scripted."


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """The backend `preview` of this test, with a script."""
    scripted = Scripted([], [])
    monkeypatch.setattr(backends, "get", lambda name: scripted)
    return scripted


def lose_worker(result: Result) -> None:
    """Let the lease of a claimed result run out, as the sweeper finds it."""
    Result.objects.filter(pk=result.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert settlement.lose_lease(result)


def kinds(user: User) -> list[str]:
    return [event.data["type"] for event in events_of(user)]


def test_alice_pays_for_two_pictures_and_hears_of_each(alice: User, project: Project, pose: Pose) -> None:
    generation = generations.place(alice, order_for(project, [pose], variations=2))

    assert alice.account.entries.filter(kind="hold").get().held == 60
    assert work() == 2

    generation.refresh_from_db()
    assert generation.status == "completed"
    assert kinds(alice) == ["started", "progress", "progress", "completed"]
    assert [entry.kind for entry in Entry.objects.filter(hold=generation.hold)] == ["capture", "capture"]
    sums_match()


def test_a_picture_is_stored_whole_with_its_thumbnail(alice: User, project: Project, pose: Pose) -> None:
    generations.place(alice, order_for(project, [pose], aspect_ratio="4:5"))

    work()

    result = Result.objects.get()
    assert images.decode(files.read(result.image) or b"").size == (896, 1120)
    assert max(images.decode(files.read(result.thumbnail) or b"").size) == 400
    assert (result.backend, result.attempt, result.error_code) == ("preview", 1, "")
    assert result.generation_time is not None


def test_traits_photo_and_skeleton_reach_the_backends_door(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    photo = files.put("avatars/a/1.png", picture(300, 400))
    traits = {"gender": "female", "ethnicity": "Javanese", "hair_style": "hijab", "persona_name": "Sari"}
    avatar = Avatar.objects.create(owner=alice, name="Sari", traits=traits, image=photo, thumbnail=photo)
    order = order_for(project, [pose], avatar=avatar, text_prompt="red batik dress", cameras=[(170.0, 0.0)])

    generations.place(alice, order)
    work()

    request = backend.requests[0]
    for words in ("red batik dress", pose.name_en, "Javanese", "hijab", "Sari", "seen from behind"):
        assert words in request.prompt
    assert request.reference is not None
    assert request.reference.size == (300, 400)
    assert request.traits == traits
    assert request.control is not None
    assert request.control.size == (1024, 1024)
    assert request.control.getextrema() != ((0, 0), (0, 0), (0, 0))
    assert len(request.joints) == 18


def test_every_picture_has_a_seed_of_its_own_and_an_order_can_be_made_again(
    alice: User, project: Project, pose: Pose
) -> None:
    first = generations.place(alice, order_for(project, [pose], variations=3, seed=41))
    again = generations.place(alice, order_for(project, [pose], variations=3, seed=41))
    work()

    made = [list(row.results.order_by("number")) for row in (first, again)]
    assert [result.seed for result in made[0]] == [41, 42, 43]
    pictures = [[files.read(result.image) for result in results] for results in made]
    assert pictures[0] == pictures[1]
    assert len(set(pictures[0])) == 3


def test_a_refused_picture_fails_and_its_credits_come_back_at_once(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    backend.script = [BackendError("moderated")]
    generation = generations.place(alice, order_for(project, [pose], variations=2))

    work()

    generation.refresh_from_db()
    alice.account.refresh_from_db()
    assert generation.status == "partial"
    assert (alice.account.available, alice.account.held) == (970, 0)
    assert kinds(alice) == ["started", "progress", "progress", "partial"]
    assert events_of(alice)[-1].data["credit_refunded"] == 30
    sums_match()


def test_a_busy_backend_is_asked_again_later_and_paid_once(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    backend.script = [BackendError("busy", retryable=True)]
    generations.place(alice, order_for(project, [pose]))

    work()
    waiting = Result.objects.get()
    assert (waiting.status, waiting.busy_answers) == ("pending", 1)
    assert waiting.due_at is not None
    assert waiting.due_at > timezone.now()
    Result.objects.update(due_at=None)
    work()

    delivered = Result.objects.get()
    assert (delivered.status, delivered.attempt) == ("completed", 2)
    assert Entry.objects.filter(kind="capture").count() == 1
    sums_match()


def test_after_eight_busy_answers_the_credits_come_back(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    backend.script = [BackendError("busy", retryable=True) for _ in range(20)]
    generations.place(alice, order_for(project, [pose]))

    for _ in range(12):
        Result.objects.filter(status="pending").update(due_at=None)
        work()

    result = Result.objects.get()
    assert (result.status, result.error_code, len(backend.requests)) == ("failed", "busy", 8)
    sums_match()


def test_retry_after_pauses_the_backend_for_everybody(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    backend.script = [BackendError("busy", retryable=True, retry_after=30)]
    generations.place(alice, order_for(project, [pose], variations=3))

    work()

    # All three were handed out in one windowful; those that met the closed gate wait without having tried.
    assert gate.states(["preview"])["preview"].cause == "busy"
    waiting = Result.objects.filter(status="pending", due_at__gt=timezone.now())
    assert sorted(waiting.values_list("busy_answers", flat=True)) == [0, 0, 1]
    assert len(backend.requests) == 1
    Result.objects.update(due_at=None)
    assert work() == 0


def test_a_fault_of_our_own_key_uses_up_no_tries_and_pauses_the_backend(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    backend.script = [BackendError("account", retryable=True, account=True)]
    generations.place(alice, order_for(project, [pose]))

    work()

    result = Result.objects.get()
    assert (result.status, result.busy_answers, result.lost_leases) == ("pending", 0, 0)
    assert Pause.objects.get().reason.startswith("account")
    assert alice.account.entries.count() == 2  # the grant and the hold


def test_cancelling_gives_back_what_waits_and_finishes_what_is_painted(
    alice: User, project: Project, pose: Pose
) -> None:
    generation = generations.place(alice, order_for(project, [pose], variations=5))
    in_work = settlement.start(Result.objects.earliest("number").pk, by="test")
    assert in_work is not None

    generations.cancel(generation)
    stopped = Result.objects.filter(status="cancelled").count()
    rendered = rendering.make(in_work)
    settlement.succeed(in_work, image=rendered["image"], thumbnail=rendered["thumbnail"])

    generation.refresh_from_db()
    alice.account.refresh_from_db()
    assert stopped == 4
    assert (generation.status, alice.account.available, alice.account.held) == ("cancelled", 970, 0)
    assert kinds(alice) == ["started", "progress", "cancelled"]
    assert events_of(alice)[-1].data["credit_refunded"] == 120
    sums_match()


def test_cancelling_twice_or_after_the_end_is_refused_and_moves_nothing(
    alice: User, project: Project, pose: Pose
) -> None:
    generation = generations.place(alice, order_for(project, [pose]))
    generations.cancel(generation)

    with pytest.raises(generations.WrongState):
        generations.cancel(generation)

    alice.account.refresh_from_db()
    assert alice.account.available == 1000
    sums_match()


def test_a_picture_that_comes_back_busy_after_a_cancel_is_not_painted_again(
    alice: User, project: Project, pose: Pose
) -> None:
    generation = generations.place(alice, order_for(project, [pose]))
    in_work = settlement.start(Result.objects.get().pk, by="test")
    assert in_work is not None
    generations.cancel(generation)

    settlement.requeue(in_work, wait=5, busy_answers=1)

    generation.refresh_from_db()
    assert (Result.objects.get().status, generation.status) == ("cancelled", "cancelled")
    sums_match()


def test_only_the_failed_are_ordered_again_with_new_seeds(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    backend.script = [BackendError("moderated"), BackendError("refused")]
    generation = generations.place(alice, order_for(project, [pose, make_pose("walking")], variations=2))
    work()
    generation.refresh_from_db()

    again = generations.retry(alice, generation)
    work()

    again.refresh_from_db()
    assert (again.total, again.status, again.retry_of) == (2, "completed", generation)
    assert {row.pose_id for row in again.results.all()} == {
        row.pose_id for row in generation.results.filter(status="failed")
    }
    assert again.seed != generation.seed
    sums_match()


def test_there_is_nothing_to_retry_in_a_running_or_a_whole_order(alice: User, project: Project, pose: Pose) -> None:
    generation = generations.place(alice, order_for(project, [pose]))
    with pytest.raises(generations.WrongState):
        generations.retry(alice, generation)
    work()
    generation.refresh_from_db()

    with pytest.raises(generations.WrongState):
        generations.retry(alice, generation)

    assert Generation.objects.count() == 1


def test_a_message_that_comes_a_hundred_times_paints_once(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    generations.place(alice, order_for(project, [pose]))
    pk = Result.objects.get().pk

    for _ in range(100):
        rendering.render(pk)

    assert len(backend.requests) == 1
    assert kinds(alice) == ["started", "progress", "completed"]
    sums_match()


def test_a_worker_that_was_given_up_for_dead_cannot_overwrite_its_successor(
    alice: User, project: Project, pose: Pose
) -> None:
    generations.place(alice, order_for(project, [pose]))
    pk = Result.objects.get().pk
    zombie = settlement.start(pk, by="zombie")
    assert zombie is not None
    lose_worker(zombie)
    successor = settlement.start(pk, by="successor")
    assert successor is not None
    late, fresh = rendering.make(zombie), rendering.make(successor)

    rendering._deliver(zombie, late)
    rendering._deliver(successor, fresh)

    delivered = Result.objects.get()
    assert (delivered.status, delivered.image) == ("completed", fresh["image"])
    assert files.read(fresh["image"])
    sums_match()


def test_a_stored_original_of_an_earlier_attempt_is_adopted_and_not_paid_for_again(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    generations.place(alice, order_for(project, [pose]))
    first = settlement.start(Result.objects.get().pk, by="killed after storing")
    assert first is not None
    stored = rendering.make(first)
    lose_worker(first)

    work()

    assert len(backend.requests) == 1
    assert Result.objects.get().image == stored["image"]
    sums_match()


def test_half_a_picture_of_an_earlier_attempt_is_not_adopted(
    alice: User, project: Project, pose: Pose, backend: Scripted
) -> None:
    generations.place(alice, order_for(project, [pose]))
    first = settlement.start(Result.objects.get().pk, by="killed while storing")
    assert first is not None
    whole = PreviewBackend().paint(briefs.brief(first)).data
    files.put(f"results/{first.pk}/1-0.png", whole[: len(whole) // 2])
    lose_worker(first)

    work()

    assert len(backend.requests) == 1
    assert Result.objects.get().image.endswith("/2-0.png")


def test_a_text_order_goes_without_a_skeleton(alice: User, project: Project, backend: Scripted) -> None:
    order = order_for(project, [], kind="TEXT_DESCRIPTION", text_prompt="holding a cup of coffee", variations=2)

    generation = generations.place(alice, order)
    work()

    assert generation.total == 2
    assert {request.control for request in backend.requests} == {None}
    assert Result.objects.filter(status="completed").count() == 2


def test_a_bug_in_a_backend_is_loud_and_the_order_survives_it(
    alice: User, project: Project, pose: Pose, monkeypatch: Any
) -> None:
    generations.place(alice, order_for(project, [pose]))
    monkeypatch.setattr(PreviewBackend, "paint", lambda self, request: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        work()

    assert Result.objects.get().status == "processing"  # until its lease runs out
