"""One piece of news for many: each gets the next number of their own stream, in the transaction or not at all."""

import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from lumiku.events import stream
from lumiku.events.models import Event
from lumiku.testing import events_of, in_threads
from lumiku.users.models import User
from pose_generator import circulars


@pytest.fixture
def crowd(make_user: Any) -> list[User]:
    return [make_user(f"user{number}") for number in range(6)]


def test_everybody_gets_the_next_number_of_their_own_stream(crowd: list[User]) -> None:
    with transaction.atomic():
        stream.append(crowd[0].pk, "before", {})

    with transaction.atomic():
        circulars.send([user.pk for user in crowd] * 2, "news", {"n": 1})
    with transaction.atomic():
        stream.append(crowd[1].pk, "after", {})

    assert [event.name for event in events_of(crowd[0])] == ["before", "news"]
    assert [event.name for event in events_of(crowd[1])] == ["news", "after"]
    assert [event.data for event in events_of(crowd[5])] == [{"n": 1}]


def test_news_of_what_did_not_happen_is_not_told(crowd: list[User]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        circulars.send([user.pk for user in crowd], "news", {})
        raise ZeroDivisionError

    assert not Event.objects.exists()
    assert [stream.head(user.pk) for user in crowd] == [0] * 6


def test_news_outside_of_a_transaction_is_refused(committing: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        circulars.send([], "news", {})


def test_a_crowd_takes_as_many_statements_as_one(crowd: list[User]) -> None:
    counts = []
    for users in (crowd[:1], crowd):
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            circulars.send([user.pk for user in users], "news", {})
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_more_than_a_chunk_is_told_too(crowd: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circulars, "CHUNK", 2)

    with transaction.atomic():
        circulars.send([user.pk for user in crowd], "news", {})

    assert Event.objects.count() == 6


def test_each_is_rung_after_the_commit_with_a_copy_of_the_event(
    crowd: list[User], settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    layer: Any = get_channel_layer()

    async def joined() -> str:
        channel = await layer.new_channel()
        await layer.group_add(stream.group_of(crowd[3].pk), channel)
        return channel

    channel = async_to_sync(joined)()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        circulars.send([user.pk for user in crowd], "news", {"n": 1})
    message = async_to_sync(layer.receive)(channel)

    assert message == {"type": "events.appended", "event": stream.after(crowd[3].pk, 0)[0]}


def test_bells_that_nobody_takes_do_not_undo_the_news(
    crowd: list[User], settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    layer = "channels_redis.pubsub.RedisPubSubChannelLayer"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": layer, "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}}
    monkeypatch.setattr(circulars, "RINGING", 0.5)

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        circulars.send([user.pk for user in crowd], "news", {})

    assert Event.objects.count() == 6


@pytest.mark.postgres
def test_circulars_and_single_events_at_once_leave_no_gap_and_no_deadlock(committing: None, make_user: Any) -> None:
    crowd = [make_user(f"user{number}") for number in range(6)]
    lock = threading.Lock()
    errors: list[Any] = []

    def tell(number: int) -> None:
        for turn in range(10):
            users = [user.pk for user in (crowd if (number + turn) % 2 else reversed(crowd))]
            with transaction.atomic():
                if number < 6:
                    circulars.send(users, "news", {})
                else:
                    stream.append(crowd[turn % 6].pk, "single", {})

    for answer in in_threads(8, tell):
        with lock:
            errors += [answer] if answer is not None else []

    assert errors == []
    assert [sum(event.name == "news" for event in events_of(user)) for user in crowd] == [60] * 6
