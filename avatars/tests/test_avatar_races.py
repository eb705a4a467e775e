"""Avatars at the same moment: one outcome, one capture or release, and no version twice."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from avatars import creation, painting
from avatars.models import Avatar, AvatarVersion, Portrait
from avatars.tests.painters import *  # noqa: F403
from avatars.tests.painters import CREATOR, SARI
from credits import audits, jobs
from credits.models import Account, Entry
from lumiku.events.models import Event
from lumiku.testing import client_of, in_threads, picture

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]


def end_at_once(avatar: Avatar) -> list[Any]:
    """Let two workers, its owner and the sweeper end an avatar's portrait; return what they raised."""
    acts = [
        partial(painting.run, avatar.pk),
        partial(painting.run, avatar.pk),
        partial(creation.discard, avatar),
        partial(jobs.sweep, Portrait, broker_lost=True),
    ]
    return in_threads(len(acts), lambda number: acts[number]())


def test_two_workers_a_sweeper_and_a_deletion_end_one_portrait_once(committing: None, make_user: Any) -> None:
    for round_ in range(5):
        carol = make_user(f"carol{round_}", amount=10)
        avatar = creation.generate(carol, name="Sari", traits={}, backend="painter")

        assert end_at_once(avatar) == [None] * 4

        portrait = Portrait.objects.get(pk=avatar.pk)
        kind = {"completed": "capture", "failed": "release"}[portrait.status]
        entries = Entry.objects.filter(key__startswith=f"avatar:{avatar.pk}").order_by("created_at")
        assert list(entries.values_list("kind", flat=True)) == ["hold", kind]
        assert AvatarVersion.objects.filter(avatar=avatar.pk).count() == (portrait.status == "completed")
        assert Event.objects.filter(stream=carol.pk).count() == 1
        assert Account.objects.get(pk=carol.pk).held == 0
    assert list(audits.faults()) == []


def test_of_twenty_orders_at_once_with_credits_for_three_exactly_three_are_taken(
    committing: None, make_user: Any
) -> None:
    carol = make_user("carol", amount=39)
    clients = [client_of(carol) for _ in range(20)]
    body = {**SARI, "backend": "painter"}

    answers = in_threads(20, lambda number: clients[number].post(f"{CREATOR}/avatars/generate", body).status_code)

    assert Counter(answers) == {202: 3, 402: 17}
    assert (Avatar.objects.count(), Portrait.objects.count()) == (3, 3)
    assert list(audits.faults()) == []


def test_one_key_sent_ten_times_at_once_orders_one_avatar(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=100)
    clients = [client_of(carol) for _ in range(10)]
    body, headers = {**SARI, "backend": "painter"}, {"Idempotency-Key": "once"}

    answers = in_threads(
        10, lambda number: clients[number].post(f"{CREATOR}/avatars/generate", body, headers=headers).json()
    )

    assert all(answer == answers[0] for answer in answers)
    assert (Avatar.objects.count(), Account.objects.get(pk=carol.pk).held) == (1, 10)


def test_photos_that_come_at_once_are_versions_of_their_own(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=100)
    avatar = creation.upload(carol, picture(), name="Sari", traits={})
    sent = [picture(seed=number) for number in range(4)]

    changed = in_threads(4, lambda number: creation.change(avatar, name="Sari", traits={}, data=sent[number]))

    assert [problem for problem in changed if isinstance(problem, Exception)] == []
    assert sorted(avatar.versions.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    avatar.refresh_from_db()
    assert avatar.versions.get(number=5).image == avatar.image
    assert Account.objects.get(pk=carol.pk).available == 90
    assert list(audits.faults()) == []
