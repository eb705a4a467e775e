"""Pictures that a provider makes as jobs: submitted, waited for, given up.

The job's id is on the result's row before anybody waits for it. So a worker that takes over goes on waiting for the
same job, and a long one need not keep a thread: it is left and collected later. A job belongs to the backend and the
repaint that the row names.
"""

import logging

from django.db import connection

from credits.work import OPEN
from lumiku import backends
from lumiku.backends import BackendError, ImageRequest, JobBackend, Painting, gate
from pose_generator.models import Result, Status

log = logging.getLogger(__name__)

#: How many jobs one run gives up.
BATCH = 50


def paint(backend: JobBackend, result: Result, request: ImageRequest, *, repaint: int) -> Painting:
    """Return the picture of a claimed result's job, of the one that is under way or of a new one.

    Raise BackendError (code "running": the job goes on) or gate.Closed.
    """
    if not (result.job and result.job_repaint == repaint):
        with gate.passed(result.backend, retry=bool(result.busy_answers)):
            job = backend.submit(request)
        _write_down(backend, result, job, repaint)
    with gate.passed(result.backend, resumed=True):
        return backend.collect(result.job, request)


def _write_down(backend: JobBackend, result: Result, job: str, repaint: int) -> None:
    """Put the job on the row; give it up again if the row is somebody else's by now."""
    mine = Result.objects.filter(pk=result.pk, status=Status.PROCESSING, attempt=result.attempt)
    written = mine.update(job=job, job_repaint=repaint)
    if not connection.in_atomic_block:
        connection.close()
    if not written:
        _stop(backend, result, job)
        raise BackendError("superseded", f"result {result.pk} was taken over", retryable=True)
    result.job, result.job_repaint = job, repaint


def stop_ended() -> int:
    """Give up the jobs of results that have ended without them; return how many."""
    stopped = 0
    for result in Result.objects.exclude(job="").exclude(status__in=OPEN).order_by("ended_at")[:BATCH]:
        if Result.objects.filter(pk=result.pk, job=result.job).update(job=""):
            stopped += 1
            backend = _job_backend(result.backend)
            if backend:
                _stop(backend, result, result.job)
    return stopped


def _stop(backend: JobBackend, result: Result, job: str) -> None:
    try:
        backend.stop(job)
    except BackendError as error:
        log.warning("Job %s of result %s may still run and cost money: %s", job, result.pk, error)


def _job_backend(name: str) -> JobBackend | None:
    try:
        backend = backends.get(name)
    except backends.UnknownBackend:
        return None
    return backend if isinstance(backend, JobBackend) else None
