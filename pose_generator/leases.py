"""Leases: a worker that lives says so; one that does not is relieved.

One thread per process renews, every ten seconds and with one statement, the leases of all results in its hands, and
beats the heart of its worker. A result is renewed only until its call's deadline, so a hung thread cannot hold it for
ever.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from pose_generator.models import Process, Result, Status

log = logging.getLogger(__name__)

#: This process, as it signs its claims.
ME = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"

#: Until when the lease of which result and attempt is renewed.
_kept: dict[tuple[Any, int], float] = {}
_guard = threading.Lock()
_thread: threading.Thread | None = None
_worker = threading.Event()
_queues: list[str] = []


@contextmanager
def kept(result: Result) -> Iterator[None]:
    """Renew the lease of `result` while the block runs, up to the deadline of a call."""
    # A little beyond the call: storing and settling follow it.
    until = time.monotonic() + settings.TIMES["call_deadline"] + settings.TIMES["lease"]
    mine = (result.pk, result.attempt)
    with _guard:
        _kept[mine] = until
    _start_thread()
    try:
        yield
    finally:
        with _guard:
            _kept.pop(mine, None)


def renew() -> int:
    """Renew every lease in this process's hands; return how many are still its own."""
    now = time.monotonic()
    with _guard:
        mine = [pk for (pk, _attempt), until in _kept.items() if until > now]
    if not mine:
        return 0
    rows = Result.objects.filter(pk__in=mine, status=Status.PROCESSING, claimed_by=ME)
    return rows.update(lease_until=Now() + timedelta(seconds=settings.TIMES["lease"]))


def beat(kind: str, *, name: str, places: int = 0, queues: Sequence[str] = ()) -> None:
    """Write down that a process lives."""
    now = {"kind": kind, "places": places, "queues": list(queues), "beat_at": Now()}
    Process.objects.update_or_create(name=name, defaults=now)


def work_here(queues: Sequence[str]) -> None:
    """Say that this process is a worker that takes from these Celery queues, and keep saying so."""
    _queues[:] = queues
    _worker.set()
    _beat_as_worker()
    _start_thread()


def _beat_as_worker() -> None:
    beat(Process.Kind.WORKER, name=ME, places=settings.WORKER_CONCURRENCY, queues=_queues)


def stop_working() -> None:
    """Say that this worker takes no more; what it has in hand is still renewed until it is done."""
    _worker.clear()
    Process.objects.filter(name=ME).delete()


def _start_thread() -> None:
    global _thread
    with _guard:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="leases", daemon=True)
            _thread.start()


def _run() -> None:
    """The thread: sleep, renew, beat. Ends when there is nothing left to say."""
    while True:
        time.sleep(settings.TIMES["lease_renewal"])
        try:
            renew()
            if _worker.is_set():
                _beat_as_worker()
        except Exception as error:  # whatever it is, the next round tries again: other threads' work hangs on it
            log.warning("Leases were not renewed: %s", error)
        finally:
            connection.close()
        if _idle():
            return


def _idle() -> bool:
    """Whether the thread may end; decided under the guard, so that a result kept at this moment starts another."""
    global _thread
    with _guard:
        if _kept or _worker.is_set():
            return False
        _thread = None
        return True
