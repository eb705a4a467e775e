"""What becomes of a picture whose call failed: it waits, it is tried again, another backend gets it, or it is given up.

Waiting costs no try where nothing was tried: a closed gate, our own key or money at fault, a job that goes on. A pose
moves on to the next backend of its plan's list when its own is closed or has failed for good, only to one that obeys
all that the first does for this order, and never to preview. The price stays the agreed one.
"""

import logging
import random
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from lumiku.backends import BackendError, gate
from pose_generator import fallback, settlement
from pose_generator.models import Pause, Result

log = logging.getLogger(__name__)

BACKOFF_BASE, BACKOFF_CAP = 2.0, 120.0
ACCOUNT_PAUSE = 60.0
#: Seconds until a job that goes on is asked for again.
JOB_PAUSE = 5.0
#: Seconds, uncounted, for a picture that cannot be stored now; it is painted again only if it was not stored at all.
STORAGE_PAUSE = 30.0
#: Seconds after which a picture that met a closed gate is looked at again.
LONGEST_WAIT = 15.0
#: Asking another backend for the same would be shopping for a weaker safety filter.
FINAL = {"moderated", "prompt_refused"}


def meet(error: BackendError, result: Result) -> None:
    """Decide what a failed call means for a claimed result."""
    heed(error, result.backend)
    if error.code == "running":
        settlement.requeue(result, wait=JOB_PAUSE)
    elif error.account:
        if not _moved_on(result):
            settlement.requeue(result, wait=ACCOUNT_PAUSE)
    else:
        log.warning("Result %s, attempt %s: %s", result.pk, result.attempt, error)
        _try_again(error, result)


def _try_again(error: BackendError, result: Result) -> None:
    # Whoever asks for all whether the backend answers again must not pay for it with a try of its own.
    tries = result.busy_answers + (not error.is_probe)
    if error.retryable and tries < settings.TRIES.get(error.code, settings.TRIES["busy"]):
        settlement.requeue(result, wait=backoff(tries, error.retry_after), busy_answers=tries, job="")
    elif error.code == "prompt_refused":
        settlement.fail(result, error.code)  # a job that is under way is given up by `jobs.stop_ended`
    elif error.code in FINAL or not _moved_on(result, after_job=True):
        settlement.fail(result, error.code, job="")


def wait_for(closed: gate.Closed, result: Result) -> None:
    """Let a claimed result wait until its backend's gate opens, or give it to the next one if that may take long."""
    if closed.cause in fallback.CLOSED and _moved_on(result):
        return
    # No longer: the gate may be opened by hand, and what waits is not handed out while it is closed anyway.
    settlement.requeue(result, wait=min(closed.wait, LONGEST_WAIT))


def _moved_on(result: Result, *, after_job: bool = False) -> bool:
    """Give the result to the next backend; False if there is none, or a job of this one is under way."""
    if result.job and not after_job:
        return False
    other = fallback.next_of(result)
    if other is None:
        return False
    log.warning("Result %s moves on from %s to %s.", result.pk, result.backend, other)
    settlement.requeue(result, wait=0, backend=other, busy_answers=0, job="")
    return True


def heed(error: BackendError, backend: str) -> None:
    """Let people read that a backend's key or money is at fault; the gate has closed it already."""
    if not error.account:
        return
    until = Now() + timedelta(seconds=ACCOUNT_PAUSE)
    told: dict[str, Any] = {"until": until, "reason": str(error)[:300]}
    _row, new = Pause.objects.get_or_create(backend=backend, defaults=told)
    if not new:  # a longer pause stands
        Pause.objects.filter(backend=backend, until__lt=until).update(**told)


def backoff(tries: int, retry_after: float | None) -> float:
    """Return seconds to wait: what the provider asked for or a growing random time, whichever is longer."""
    return max(
        min(retry_after or 0, gate.LONGEST),
        random.uniform(0.5, min(BACKOFF_CAP, BACKOFF_BASE * 2 ** max(0, tries - 1))),
    )
