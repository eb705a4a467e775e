"""A user's stream: numbered in commit order, without gaps, the same by every road."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from rest_framework.test import APIClient

from lumiku.events import stream
from lumiku.events.models import Event
from lumiku.testing import events_of, in_threads
from lumiku.users.models import User


def append(user: User, number: int = 1, **data: Any) -> None:
    for index in range(number):
        with transaction.atomic():
            stream.append(user.pk, "pose-update", {"index": index, **data})


def age(user: User, **ago: int) -> None:
    """Make all of the user's events old; the table refuses changes, so they are written anew."""
    rows = list(Event.objects.filter(stream=user.pk))
    for row in rows:
        row.created_at -= timedelta(**ago)
    Event.objects.filter(stream=user.pk).delete()
    Event.objects.bulk_create(rows)


def test_numbers_rise_by_one_for_each_user_on_their_own(alice: User, bob: User) -> None:
    append(alice, 3)
    append(bob, 2)

    assert [event.seq for event in events_of(alice)] == [1, 2, 3]
    assert [event.seq for event in events_of(bob)] == [1, 2]


def test_an_event_needs_the_transaction_whose_news_it_is(committing: None, make_user: Any) -> None:
    carol = make_user("carol")

    with pytest.raises(transaction.TransactionManagementError):
        stream.append(carol.pk, "pose-update", {})


def test_news_of_what_was_rolled_back_is_never_told(alice: User) -> None:
    append(alice)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        stream.append(alice.pk, "pose-update", {})
        1 / 0  # noqa: B018

    append(alice)
    assert [event.seq for event in events_of(alice)] == [1, 2]


def test_events_cannot_be_changed(alice: User) -> None:
    append(alice)

    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        Event.objects.update(name="something-else")


@pytest.mark.postgres
def test_eight_writers_at_once_leave_no_gap(committing: None, make_user: Any) -> None:
    carol = make_user("carol")

    in_threads(8, lambda index: append(carol, 25))

    assert len(events_of(carol)) == 200


def test_rest_reads_on_from_the_last_seq(as_alice: APIClient, alice: User) -> None:
    append(alice, 3)

    first = as_alice.get("/api/events?after=1").json()
    nothing = as_alice.get(f"/api/events?after={first['seq']}").json()

    assert [event["seq"] for event in first["events"]] == [2, 3]
    assert first["events"][0]["event"] == "pose-update"
    assert first["events"][0]["timestamp"].endswith("Z")
    assert nothing == {"events": [], "seq": 3}


def test_bob_reads_nothing_of_alices(as_bob: APIClient, alice: User, bob: User) -> None:
    append(alice, 3)

    assert as_bob.get("/api/events").json()["events"] == []


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30])
def test_a_cursor_that_is_no_number_is_a_400(as_alice: APIClient, after: str) -> None:
    assert as_alice.get(f"/api/events?after={after}").status_code == 400


def test_a_cursor_from_another_life_is_told_to_start_anew(as_alice: APIClient, alice: User) -> None:
    append(alice, 3)

    events = as_alice.get("/api/events?after=99").json()["events"]

    assert [(event["event"], event["seq"]) for event in events] == [("stream-reset", 3)]


def test_links_are_signed_when_an_event_is_shown(as_alice: APIClient, alice: User) -> None:
    append(alice, picture={"$file": "results/a/1-0.png"}, nothing=None)

    data = as_alice.get("/api/events").json()["events"][0]["data"]

    assert data["picture"].startswith("/media/results/a/1-0.png?expires=")
    assert data["nothing"] is None


def test_old_events_go_but_a_users_newest_thousand_stay(alice: User, settings: Any) -> None:
    settings.EVENTS_KEPT_AT_LEAST = 3
    append(alice, 10)
    age(alice, days=8)

    assert stream.prune() == 7
    assert [frame["event"] for frame in stream.page(alice.pk, 2)] == ["stream-reset"]
    assert [frame["seq"] for frame in stream.page(alice.pk, 7)] == [8, 9, 10]


def test_young_events_are_not_pruned(alice: User, settings: Any) -> None:
    settings.EVENTS_KEPT_AT_LEAST = 0
    append(alice, 10)
    age(alice, days=6)

    assert stream.prune() == 0
