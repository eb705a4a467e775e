"""An avatar that a backend paints, from the request to the photo, the money and the news."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from avatars import creation, painting
from avatars.models import Avatar, AvatarVersion, Portrait
from avatars.tests.painters import *  # noqa: F403
from avatars.tests.painters import CREATOR, Painter, again, generate, purse
from credits import jobs
from credits.models import Entry
from lumiku import files, images, moderation
from lumiku.backends import gate
from lumiku.moderation import pictures
from lumiku.testing import events_of, sums_match, work
from lumiku.users.models import User
from pose_generator import sweeping

DOWN = {"code": "unavailable", "retryable": True}


def kinds(user: User) -> list[str]:
    """Return what happened to the credits of the user's avatars, in order."""
    mine = Entry.objects.filter(account=user.pk, key__startswith="avatar:")
    return list(mine.order_by("created_at").values_list("kind", flat=True))


def test_alice_pays_ten_credits_and_sees_the_person_that_she_described(as_alice: APIClient, alice: User) -> None:
    placed = generate(as_alice, seed=7, backend="preview")

    answer = placed.json()
    avatar = answer["avatar"]
    assert (placed.status_code, answer["creditCharged"], answer["creditBalance"]) == (202, 10, 990)
    assert (avatar["status"], avatar["baseImageUrl"], avatar["version"]) == ("pending", None, 0)
    assert (avatar["sourceType"], avatar["traits"]["hairStyle"]) == ("text_to_image", "hijab")
    assert purse(alice) == (990, 10)

    work()

    shown = as_alice.get(f"{CREATOR}/avatars/{avatar['id']}").json()["avatar"]
    assert (shown["status"], shown["version"], shown["errorCode"]) == ("completed", 1, None)
    assert images.decode(files.read(files.name_in(shown["baseImageUrl"]) or "") or b"").size == (864, 1152)
    thumbnail = images.decode(files.read(files.name_in(shown["thumbnailUrl"]) or "") or b"")
    assert thumbnail.width == thumbnail.height
    assert [version["number"] for version in shown["versions"]] == [1]
    assert purse(alice) == (990, 0)
    assert kinds(alice) == ["hold", "capture"]
    assert set(Entry.objects.filter(key__startswith="avatar:").values_list("key", flat=True)) == {
        f"avatar:{avatar['id']}:hold",
        f"avatar:{avatar['id']}",
    }
    sums_match()


def test_one_event_tells_that_the_photo_has_come(as_alice: APIClient, alice: User) -> None:
    pk = generate(as_alice).json()["avatar"]["id"]

    work()

    (event,) = events_of(alice)
    told = event.data["avatar"]
    assert (event.name, event.data["error_code"]) == ("avatar-update", None)
    assert (told["id"], told["status"], told["usage_count"]) == (pk, "completed", 0)
    assert told["base_image_url"] == {"$file": Avatar.objects.get().image}


def test_the_backend_gets_words_traits_and_seed_and_nothing_to_copy(as_alice: APIClient, painter: Painter) -> None:
    generate(as_alice, seed=7)
    work()

    (request,) = painter.asked
    assert request.prompt.startswith("full-length studio portrait of one person, a woman, 20 to 30 years old")
    assert (request.seed, request.traits["hair_style"], request.width, request.height) == (7, "hijab", 864, 1152)
    assert (request.control, request.joints, request.reference) == (None, (), None)


@pytest.mark.parametrize("code", ["refused", "moderated"])
def test_what_the_backend_refuses_is_given_back_and_told(
    as_alice: APIClient, alice: User, painter: Painter, code: str
) -> None:
    painter.script = [{"code": code}]
    pk = generate(as_alice).json()["avatar"]["id"]

    work()

    avatar = as_alice.get(f"{CREATOR}/avatars/{pk}").json()["avatar"]
    assert (avatar["status"], avatar["errorCode"], avatar["baseImageUrl"]) == ("failed", code, None)
    assert avatar["errorMessage"]
    (event,) = events_of(alice)
    assert (event.name, event.data["error_code"], event.data["avatar"]["status"]) == ("avatar-update", code, "failed")
    assert purse(alice) == (1000, 0)
    assert kinds(alice) == ["hold", "release"]
    sums_match()


def test_a_busy_backend_is_asked_again_and_the_price_is_taken_once(
    as_alice: APIClient, alice: User, painter: Painter
) -> None:
    painter.script = [DOWN, DOWN]
    generate(as_alice)

    for _ in range(3):
        work()
        again()

    assert (Avatar.objects.get().status, Portrait.objects.get().busy_answers, len(painter.asked)) == ("completed", 2, 3)
    assert kinds(alice) == ["hold", "capture"]


def test_a_closed_gate_costs_no_try(as_alice: APIClient, painter: Painter) -> None:
    generate(as_alice)
    gate.close("painter", seconds=60, reason="maintenance")

    work()

    portrait = Portrait.objects.get()
    assert (portrait.status, portrait.busy_answers, painter.asked) == ("pending", 0, [])
    assert Avatar.objects.get().status == "pending"


def test_a_key_at_fault_costs_no_try(as_alice: APIClient, painter: Painter) -> None:
    painter.script = [{"code": "account", "retryable": True, "account": True}]
    generate(as_alice)

    work()

    assert (Portrait.objects.get().status, Portrait.objects.get().busy_answers) == ("pending", 0)


def test_a_backend_that_was_removed_gives_the_price_back(
    as_alice: APIClient, alice: User, painter: Painter, settings: Any
) -> None:
    generate(as_alice)
    settings.IMAGE_BACKENDS = {"preview": settings.IMAGE_BACKENDS["preview"]}

    work()

    assert (Avatar.objects.get().status, purse(alice)) == ("failed", (1000, 0))


def test_words_that_were_forbidden_since_reach_no_model(
    as_alice: APIClient, alice: User, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(as_alice, style="batik")
    monkeypatch.setattr(moderation, "classify", lambda text: "gore" if text == "batik" else None)

    work()

    assert (Avatar.objects.get().error_code, painter.asked, purse(alice)) == ("prompt_refused", [], (1000, 0))


def test_a_picture_that_the_check_refuses_is_not_shown_and_not_paid(
    as_alice: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "check", lambda picture: pictures.Safety.REFUSED)
    generate(as_alice)

    work()

    assert (Avatar.objects.get().error_code, Avatar.objects.get().image, purse(alice)) == ("moderated", "", (1000, 0))


def test_a_worker_that_dies_after_it_stored_the_photo_costs_no_second_painting(
    as_alice: APIClient, alice: User, painter: Painter
) -> None:
    generate(as_alice)
    lost = jobs.start(Portrait, Avatar.objects.get().pk, by="a worker")
    assert lost is not None
    outcome = painting.make(lost)
    Portrait.objects.update(lease_until=Now() - timedelta(seconds=1))

    sweeping.sweep(broker_lost=False)
    work()

    assert len(painter.asked) == 1
    assert not jobs.succeed(lost, **outcome)  # the fence: it was settled by another
    assert (Avatar.objects.get().status, AvatarVersion.objects.count()) == ("completed", 1)
    assert kinds(alice) == ["hold", "capture"]


def test_an_avatar_that_kills_three_workers_fails_and_is_given_back(as_alice: APIClient, alice: User) -> None:
    generate(as_alice)

    for _ in range(3):
        assert jobs.start(Portrait, Avatar.objects.get().pk, by="a worker") is not None
        Portrait.objects.update(lease_until=Now() - timedelta(seconds=1))
        sweeping.sweep(broker_lost=False)

    assert (Avatar.objects.get().error_code, purse(alice)) == ("worker_lost", (1000, 0))
    assert [event.name for event in events_of(alice)] == ["avatar-update"]


def test_what_still_waits_after_the_deadline_is_given_back(as_alice: APIClient, alice: User) -> None:
    generate(as_alice)
    Portrait.objects.update(deadline_at=Now() - timedelta(seconds=1))

    sweeping.sweep(broker_lost=False)

    assert (Avatar.objects.get().error_code, purse(alice)) == ("deadline", (1000, 0))


def test_an_avatar_that_is_deleted_while_it_waits_is_not_painted_and_not_paid(
    as_alice: APIClient, alice: User, painter: Painter
) -> None:
    pk = generate(as_alice).json()["avatar"]["id"]

    gone = as_alice.delete(f"{CREATOR}/avatars/{pk}")
    work()

    assert (gone.status_code, painter.asked, purse(alice)) == (204, [], (1000, 0))
    assert (Portrait.objects.get().status, Portrait.objects.get().error_code) == ("failed", "cancelled")
    assert as_alice.get(f"{CREATOR}/avatars").json()["avatars"] == []
    sums_match()


def test_an_avatar_that_is_deleted_while_it_is_painted_is_paid_and_goes(as_alice: APIClient, alice: User) -> None:
    generate(as_alice)
    portrait = jobs.start(Portrait, Avatar.objects.get().pk, by="a worker")
    assert portrait is not None
    outcome = painting.make(portrait)

    creation.discard(Avatar.objects.get())
    assert jobs.succeed(portrait, **outcome)
    sweeping.tidy()

    assert (purse(alice), kinds(alice)) == ((990, 0), ["hold", "capture"])
    assert Avatar.objects.get().image == ""
    assert files.names_in("avatars") == []


def test_an_avatar_that_was_deleted_is_not_begun_again(as_alice: APIClient, alice: User, painter: Painter) -> None:
    painter.script = [DOWN]
    generate(as_alice)
    portrait = jobs.start(Portrait, Avatar.objects.get().pk, by="a worker")
    assert portrait is not None
    creation.discard(Avatar.objects.get())
    jobs.requeue(portrait, wait=0)

    work()

    assert (Portrait.objects.get().error_code, painter.asked, purse(alice)) == ("cancelled", [], (1000, 0))
