"""What goes wrong round avatars: a button pressed twice, an account closed meanwhile, a backend away for hours."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from avatars import creation, keeping, painting
from avatars.models import Avatar, AvatarVersion, Portrait
from avatars.tests.painters import *  # noqa: F403
from avatars.tests.painters import Painter, again, purse
from credits import audits, jobs
from credits.models import Entry
from lumiku import files
from lumiku.testing import PASSWORD, events_of, in_threads, picture
from lumiku.users import closing
from lumiku.users.models import User


def form(once: str, **fields: Any) -> dict[str, Any]:
    """Return what the page sends for an avatar of a photo."""
    photo = SimpleUploadedFile("sari.png", picture(), "image/png")
    return {"way": "photo", "name": "Sari", "file": photo, "once": once, **fields}


def test_a_photo_whose_button_is_pressed_twice_is_one_avatar_and_paid_once(client: Client, alice: User) -> None:
    client.force_login(alice)
    led = {client.post("/avatars/new", form("a"))["Location"] for _press in range(2)}
    assert (len(led), Avatar.objects.count(), purse(alice)) == (1, 1, (998, 0))
    assert len(files.names_in(f"avatars/{Avatar.objects.get().pk}")) == 2


def test_another_name_or_another_page_is_another_avatar(client: Client, alice: User) -> None:
    client.force_login(alice)
    for sent in (form("a"), form("a", name="Ani"), form("b")):
        assert client.post("/avatars/new", sent).status_code == 302
    assert (Avatar.objects.count(), purse(alice)) == (3, (994, 0))


def test_the_key_of_alice_gives_bob_an_avatar_of_his_own(alice: User, bob: User) -> None:
    made = [creation.upload(user, picture(), name="Sari", traits={}, once="a") for user in (alice, bob)]
    assert [avatar.owner for avatar in made] == [alice, bob]
    assert (purse(alice), purse(bob)) == ((998, 0), (998, 0))


@pytest.mark.postgres
@pytest.mark.timeout(120)
def test_one_photo_sent_eight_times_at_once_is_one_avatar(committing: None, make_user: Any) -> None:
    carol, data = make_user("carol", amount=100), picture()

    made = in_threads(8, lambda _number: creation.upload(carol, data, name="Sari", traits={}, once="a"))

    assert {avatar.pk for avatar in made} == {Avatar.objects.get().pk}
    assert purse(carol) == (98, 0)
    assert len(files.names_in(f"avatars/{made[0].pk}")) == 2 and AvatarVersion.objects.count() == 1
    assert list(audits.faults()) == []


def test_one_that_cannot_be_swept_now_holds_up_no_other(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, late = (creation.generate(alice, name=name, traits={}, backend="painter") for name in ("Stuck", "Late"))
    Portrait.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    lock = Portrait.lock

    def held(portrait: Portrait) -> None:
        if portrait.pk == stuck.pk:
            raise OperationalError("canceling statement due to lock timeout")
        lock(portrait)

    monkeypatch.setattr(Portrait, "lock", held)
    jobs.sweep(Portrait, broker_lost=False)

    assert (Portrait.objects.get(pk=late.pk).status, Portrait.objects.get(pk=stuck.pk).status) == ("failed", "pending")
    assert purse(alice) == (990, 10)


def test_a_gate_that_stays_closed_until_the_deadline_gives_everything_back(alice: User, painter: Painter) -> None:
    avatar = creation.generate(alice, name="Sari", traits={}, backend="painter")
    painter.script = [{"code": "unavailable", "account": True}] * 30
    for _round in range(20):
        again()
        painting.run(avatar.pk)
    portrait = Portrait.objects.get(pk=avatar.pk)
    assert (portrait.status, portrait.busy_answers, portrait.lost_leases) == ("pending", 0, 0)

    Portrait.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    jobs.sweep(Portrait, broker_lost=False)

    assert purse(alice) == (1000, 0)
    assert [event.name for event in events_of(alice)] == ["avatar-update"]
    assert Entry.objects.filter(key=f"avatar:{avatar.pk}", kind="release").count() == 1


def test_an_account_that_closes_while_it_is_painted_leaves_no_photo_and_no_words(
    alice: User, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    avatar = creation.generate(alice, name="Sari", traits={"persona_name": "Sari"}, backend="painter")
    paint = Painter.paint

    def leaving(self: Painter, request: Any) -> Any:
        closing.close(User.objects.get(pk=alice.pk), password=PASSWORD, address="127.0.0.1")
        return paint(self, request)

    monkeypatch.setattr(Painter, "paint", leaving)
    painting.run(avatar.pk)
    assert Portrait.objects.get(pk=avatar.pk).status == "completed"
    keeping.forget_discarded()
    assert closing.discard(alice.pk)

    assert files.names_in(f"avatars/{avatar.pk}") == []
    row, portrait = Avatar.objects.get(pk=avatar.pk), Portrait.objects.get(pk=avatar.pk)
    assert (row.name, row.traits, row.image, portrait.prompt, portrait.traits) == ("", {}, "", "", {})
    assert events_of(alice) == [] and list(audits.faults()) == []
