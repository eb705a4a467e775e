"""What Celery runs: each task is an entry point with one domain call. Messages carry ids only."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import redis
from celery import group, shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from avatars.models import Portrait
from avatars.tasks import paint_portrait
from credits import jobs as paid
from lumiku import backends
from pose_generator import changing, jobs, processes, rendering, sweeping, window
from pose_generator.models import BackgroundChange

log = logging.getLogger(__name__)

_asked, _choosing = threading.Event(), threading.Lock()
_bell, _bell_waits = ThreadPoolExecutor(1, "bell"), threading.Event()

SENTINEL = "lumiku:sentinel"
#: When an avatar is looked at again whose backend has no workers just now.
NOBODY_THERE = timedelta(seconds=15)


@shared_task
def dispatch() -> None:
    """Fill the free places."""
    hand_out()
    hand_out_changes()
    hand_out_portraits()


@shared_task
def render_result(result_id: str) -> None:
    """Make one picture, then let the next one in."""
    try:
        rendering.render(result_id)
    finally:
        hand_out()


@shared_task
def change_background(change_id: str) -> None:
    """Make one new background, then let the next one in."""
    try:
        changing.run(change_id)
    finally:
        hand_out_changes()


@shared_task
def sweep() -> None:
    """Put right whatever crashed, was lost or is too late, then fill the free places."""
    sweeping.sweep(broker_lost=not _sentinel_stands())
    hand_out()
    hand_out_changes()
    hand_out_portraits()


@shared_task
def stop_jobs() -> None:
    """Give up at the providers what nobody waits for any more."""
    jobs.stop_ended()


@shared_task
def tidy() -> None:
    """Delete what nobody can ask for any more."""
    sweeping.tidy()


def ring() -> None:
    """After the commit, tell the workers that there is something to do; the sweeper finds it anyway.

    A thread of its own rings, since a Redis that hangs would hold up the request; one bell that waits is enough.
    """
    transaction.on_commit(_ring_soon, robust=True)


def _ring_soon() -> None:
    if not _bell_waits.is_set():
        _bell_waits.set()
        _bell.submit(_ring_now)


def _ring_now() -> None:
    _bell_waits.clear()
    try:
        dispatch.delay()
    except (OperationalError, redis.RedisError, OSError) as error:
        log.warning("The workers were not told of an order; the sweeper will find it: %s", error)


def hand_out() -> None:
    """Send one message for each result whose turn it is: a Celery group, one task per pose.

    Whoever comes while another thread of this process chooses leaves it to that one, which then chooses again.
    """
    _asked.set()
    while _asked.is_set() and _choosing.acquire(blocking=False):
        try:
            _asked.clear()
            if taken := window.take():
                transaction.on_commit(partial(_send, taken))
        finally:
            _choosing.release()


def hand_out_changes() -> None:
    """Send one message for each change of a background whose turn it is; orders keep half of the places."""
    ids = paid.take(BackgroundChange, most=max(1, window.places() // 2))
    try:
        group(change_background.s(str(pk)) for pk in ids).apply_async()
    except (OperationalError, redis.RedisError, OSError) as error:
        log.warning("The broker did not take %d messages: %s", len(ids), error)
        paid.put_back(BackgroundChange, ids)


def hand_out_portraits() -> None:
    """Send one message for each avatar whose turn it is to be painted; orders keep half of the places."""
    ids = paid.take(Portrait, most=max(1, window.places() // 2))
    painters = Portrait.objects.filter(pk__in=ids).values_list("pk", "backend")
    queues = {pk: backends.queue_of(backend) for pk, backend in painters}
    alive = {queue for queue in set(queues.values()) if window.places(queue)}
    # Those whose workers are away must not keep the places of the others.
    away = [pk for pk, queue in queues.items() if queue not in alive]
    Portrait.objects.filter(pk__in=away, status="pending").update(rung_at=None, due_at=Now() + NOBODY_THERE)
    try:
        group(paint_portrait.s(str(pk)).set(queue=queues[pk]) for pk in queues if pk not in away).apply_async()
    except (OperationalError, redis.RedisError, OSError) as error:
        log.warning("The broker did not take %d messages: %s", len(ids), error)
        paid.put_back(Portrait, ids)


def _send(taken: list[tuple[Any, str]]) -> None:
    try:
        group(render_result.s(str(pk)).set(queue=queue) for pk, queue in taken).apply_async()
    except (OperationalError, redis.RedisError, OSError) as error:
        log.warning("The broker did not take %d messages: %s", len(taken), error)
        window.put_back([pk for pk, _queue in taken])


def _sentinel_stands() -> bool:
    """Whether the broker still remembers us; a wiped Redis has lost every message."""
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        return True
    with redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        return not client.set(SENTINEL, "1", nx=True)


@worker_ready.connect
def announce(sender: Any, **kwargs: Any) -> None:
    """A worker that is up says so and asks for work."""
    backends.get(settings.IMAGE_BACKEND)  # its libraries load once now, not under fifty threads at the first order
    processes.work_here(list(sender.app.amqp.queues.consume_from))
    connection.close()  # this is the process's main thread, which has no other use for it
    dispatch.delay()


@worker_shutting_down.connect
def withdraw(**kwargs: Any) -> None:
    """A worker that is asked to end takes no more."""
    processes.stop_working()
    connection.close()
