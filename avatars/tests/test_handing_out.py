"""Avatars wait their turn beside the orders, each for the workers of its own backend."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from avatars import tasks
from avatars.models import Avatar, Portrait
from avatars.tests.painters import *  # noqa: F403
from avatars.tests.painters import generate
from lumiku import leases
from pose_generator import processes
from pose_generator import tasks as workers
from pose_generator.models import Process


class Broker:
    """Takes messages, as pairs of queue and avatar, or is away."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.is_away = False

    def group(self, signatures: Iterable[Any]) -> "Broker":
        self._offered = [(task.options["queue"], task.args[0]) for task in signatures]
        return self

    def apply_async(self) -> None:
        if self.is_away:
            raise OSError("the broker is away")
        self.messages += self._offered


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(workers, "group", broker.group)
    return broker


def test_avatars_take_half_of_the_places_and_each_message_names_one(
    as_alice: APIClient, broker: Broker, settings: Any
) -> None:
    settings.WORKER_CONCURRENCY = 4
    for _ in range(3):
        generate(as_alice)

    workers.hand_out_portraits()
    workers.hand_out_portraits()

    oldest = Avatar.objects.order_by("created_at").values_list("pk", flat=True)[:2]
    assert len(broker.messages) == 2
    assert set(broker.messages) == {("celery", str(pk)) for pk in oldest}


def test_a_backend_with_a_queue_of_its_own_gets_its_message_there(
    as_alice: APIClient, broker: Broker, settings: Any
) -> None:
    settings.IMAGE_BACKENDS["painter"]["QUEUE"] = "gpu"
    processes.beat(Process.Kind.WORKER, name=leases.ME, places=2, queues=["gpu"])
    generate(as_alice)

    workers.hand_out_portraits()

    assert broker.messages == [("gpu", str(Avatar.objects.get().pk))]


def test_one_whose_workers_are_away_keeps_no_place_from_the_others(
    as_alice: APIClient, broker: Broker, settings: Any
) -> None:
    settings.WORKER_CONCURRENCY = 2
    settings.IMAGE_BACKENDS["painter"]["QUEUE"] = "gpu"
    generate(as_alice)
    generate(as_alice, backend="preview")

    workers.hand_out_portraits()
    workers.hand_out_portraits()

    assert broker.messages == [("celery", str(Avatar.objects.get(portrait__backend="preview").pk))]
    waiting = Portrait.objects.get(backend="painter")
    assert (waiting.status, waiting.rung_at) == ("pending", None)
    assert waiting.due_at is not None
    assert waiting.due_at < timezone.now() + timedelta(seconds=20)


def test_what_the_broker_did_not_take_is_sent_later(as_alice: APIClient, broker: Broker) -> None:
    generate(as_alice)
    broker.is_away = True
    workers.hand_out_portraits()
    assert Portrait.objects.get().rung_at is None

    broker.is_away = False
    workers.hand_out_portraits()

    assert len(broker.messages) == 1


def test_whoever_has_painted_lets_the_next_one_in(as_alice: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(tasks, "bells", [lambda: rung.append(Avatar.objects.get().status)])
    generate(as_alice)

    tasks.paint_portrait(str(Avatar.objects.get().pk))

    assert rung == ["pending", "completed"]


def test_the_workers_hear_of_avatars_through_the_bell_of_the_orders() -> None:
    assert workers.ring in tasks.bells
