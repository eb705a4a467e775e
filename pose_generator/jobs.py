"""Pictures that a provider makes as jobs: submitted, waited for, given up.

The job's id is on the result's row before anybody waits for it. So a worker that takes over goes on waiting for the
same job, and a long one need not keep a thread: it is left and collected later. A job belongs to the backend and the
repaint that the row names.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from credits.work import OPEN
from lumiku import backends
from lumiku.backends import BackendError, ImageRequest, JobBackend, Painting, gate
from pose_generator.models import Result, Status

log = logging.getLogger(__name__)

#: How many jobs one run gives up, and after how many seconds it begins no other.
BATCH, STOPPING = 50, 5.0
#: How often a job's id is tried to be written down.
WRITES = 3


def paint(backend: JobBackend, result: Result, request: ImageRequest, *, repaint: int) -> Painting:
    """Return the picture of a claimed result's job, of the one that is under way or of a new one.

    Raise BackendError (code "running": the job goes on) or gate.Closed. `result.job` is empty once it was collected.
    """
    if not (result.job and result.job_repaint == repaint):
        with gate.passed(result.backend, retry=bool(result.busy_answers), submits=True):
            job = backend.submit(request)
        _write_down(backend, result, job, repaint)
    with gate.passed(result.backend, resumed=True):
        painting = backend.collect(result.job, request)
    result.job = ""
    return painting


def _write_down(backend: JobBackend, result: Result, job: str, repaint: int) -> None:
    """Put the job on the row; give it up again if that cannot be done or the row is somebody else's by now."""
    mine = Result.objects.filter(pk=result.pk, status=Status.PROCESSING, attempt=result.attempt)
    try:
        written = _insisted(lambda: mine.update(job=job, job_repaint=repaint))
    except DatabaseError:
        _stop(backend, result, job)
        raise
    if not written:
        _stop(backend, result, job)
        raise BackendError("superseded", f"result {result.pk} was taken over", retryable=True)
    result.job, result.job_repaint = job, repaint


def _insisted(write: Callable[[], int]) -> int:
    """Return what `write` does to the database, tried again on a new connection: a job that nobody knows is lost."""
    if connection.in_atomic_block:  # a test's
        return write()
    for tries_left in reversed(range(WRITES)):
        try:
            return write()
        except OperationalError:
            if not tries_left:
                raise
            time.sleep(1)
        finally:
            connection.close()
    raise AssertionError("unreachable")


def stop_ended() -> int:
    """Give up the jobs of results that have ended without them; return how many. Ends after a few seconds."""
    until, stopped = time.monotonic() + STOPPING, 0
    ended = Result.objects.exclude(job="").exclude(status__in=OPEN).order_by("ended_at")
    for result in ended[:BATCH]:
        if time.monotonic() > until:
            break
        backend = _job_backend(result.backend)
        if backend is None or _stop(backend, result, result.job) or _is_old(result):
            if backend is None:
                log.warning("Job %s of result %s is left alone: %s is gone.", result.job, result.pk, result.backend)
            stopped += Result.objects.filter(pk=result.pk, job=result.job).update(job="")
    return stopped


def _is_old(result: Result) -> bool:
    """Whether a job ended so long ago that it is over at the provider, too."""
    return result.ended_at is not None and result.ended_at < timezone.now() - timedelta(hours=1)


def _stop(backend: JobBackend, result: Result, job: str) -> bool:
    """Give a job up at its provider; False if it could not be told."""
    try:
        backend.stop(job)
    except BackendError as error:
        log.warning("Job %s of result %s may still run and cost money: %s", job, result.pk, error)
        return False
    return True


def _job_backend(name: str) -> JobBackend | None:
    try:
        backend = backends.get(name)
    except backends.UnknownBackend:
        return None
    return backend if isinstance(backend, JobBackend) else None
