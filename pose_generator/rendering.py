"""One picture, from claim to settlement.

Nothing slow happens inside a transaction, and the database connection is given back while the backend paints:
hundreds of calls may wait for a provider, and none of them needs the database. A worker that dies after the picture
was stored costs nothing: the next attempt adopts the stored originals instead of paying again.

Where the backend's pictures are scored (see `scoring`), one that does not keep its pose is painted again with another
seed. Every painting is stored before it is looked at; the best is delivered.
"""

import logging
import time
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection

from lumiku import backends, files, leases
from lumiku.backends import BackendError, ImageRequest, JobBackend, Painting, gate
from lumiku.moderation import pictures
from lumiku.storages import StorageDown
from pose_generator import briefs, finishing, jobs, originals, scoring, setbacks, settlement
from pose_generator.models import Result
from pose_generator.originals import Original

log = logging.getLogger(__name__)

#: Seconds before its lease is given up in which a picture that is only in memory is no longer held for the storage.
MARGIN = 5.0
#: No repaint begins after this share of a call's deadline: the lease is kept for one call and a little more.
LATEST_REPAINT = 0.5


@dataclass(frozen=True)
class Painted:
    """An original and what was found in it."""

    original: Original
    request_id: str
    """The provider's, empty for one that was adopted."""
    verdict: scoring.Verdict | None


class PoseMismatch(Exception):
    """No painting kept the pose, and the operator does not sell such."""

    def __init__(self, outcome: dict[str, Any]) -> None:
        super().__init__("pose_mismatch")
        self.outcome = outcome
        """For the result's row."""


def render(result_id: Any) -> None:
    """Paint a result and settle it, unless it is taken or settled already.

    Any exception that `make` does not name is a bug: it is not caught, the lease runs out, and the sweeper lets another
    worker try.
    """
    result = settlement.start(result_id, by=leases.ME)
    if result is None:
        return
    # A little beyond the call: storing and settling follow it.
    with leases.kept(result, seconds=settings.TIMES["call_deadline"] + settings.TIMES["lease"]):
        try:
            outcome = make(result)
        except BackendError as error:
            setbacks.meet(error, result)
        except gate.Closed as closed:
            setbacks.wait_for(closed, result)
        except StorageDown:
            settlement.requeue(result, wait=setbacks.STORAGE_PAUSE)
        except PoseMismatch as mismatch:
            settlement.fail(result, "pose_mismatch", **mismatch.outcome)
        else:
            _deliver(result, outcome)


def make(result: Result) -> dict[str, Any]:
    """Store the best picture of a claimed result, an earlier attempt's or a new one; return what its row will say.

    Raise BackendError, gate.Closed, StorageDown, or PoseMismatch if the best is not good enough to be sold.
    """
    started_at = time.monotonic()
    rule = scoring.rule_of(result.backend)
    stored = islice(originals.adopted(result), None if rule else 1)
    paintings = [_looked_at(original, result, rule) for original in stored] or [_paint(result, 0, rule)]
    if rule:
        _paint_again(result, paintings, rule, until=started_at + LATEST_REPAINT * settings.TIMES["call_deadline"])
    best = max(paintings, key=lambda painted: painted.verdict.score.total if painted.verdict else -1)
    judged = _judged(best, rule) | {"repaints": _repaints(paintings)}
    if rule and rule.under == "give_back" and judged["pose_under_threshold"]:
        raise PoseMismatch(judged)
    safety = _safety(best)
    made = finishing.finish(result, best.original, best.verdict)
    return {
        "image": best.original.name,
        **made.files,
        "bytes": made.size,
        "background_changed": made.background_changed,
        "background_failed": made.background_failed,
        "provider_request_id": best.request_id,
        "generation_time": round(time.monotonic() - started_at, 3),
        "seed": briefs.seed(result, best.original.repaint),
        "digest": best.original.digest,
        "safety": safety,
        **judged,
    }


def _paint(result: Result, repaint: int, rule: scoring.Rule | None) -> Painted:
    """Have the picture painted, store it, look at it; raise BackendError, gate.Closed or StorageDown."""
    briefs.require_allowed(result)
    until = time.monotonic() + settings.TIMES["call_deadline"] + settings.TIMES["lease"] - MARGIN
    request = briefs.brief(result, repaint=repaint)
    give_connection_back()
    files.stop_if_down()
    painting = _painting(result, request, repaint)
    patience = until - time.monotonic()
    original = originals.put(result, repaint, painting.data, painting.image, patience=patience)
    return _looked_at(original, result, rule, painting.request_id)


def _painting(result: Result, request: ImageRequest, repaint: int) -> Painting:
    backend = backends.get(result.backend)
    if isinstance(backend, JobBackend):
        return jobs.paint(backend, result, request, repaint=repaint)
    with gate.passed(result.backend, retry=bool(result.busy_answers)):
        return backend.paint(request)


def _looked_at(original: Original, result: Result, rule: scoring.Rule | None, request_id: str = "") -> Painted:
    """The original with its verdict, if its backend's pictures are scored."""
    with finishing.bench:
        verdict = scoring.judge(original.image, briefs.joints(result)) if rule else None
    return Painted(original, request_id, verdict)


def _paint_again(result: Result, paintings: list[Painted], rule: scoring.Rule, *, until: float) -> None:
    """Add repaints to `paintings` while the rule asks for them; none begins after `until` (monotonic seconds).

    A repaint is a favour: a backend that has none to give does not cost the picture that is there.
    """
    while time.monotonic() < until:
        repaints = _repaints(paintings)
        if not rule.asks_for_another((painted.verdict for painted in paintings), repaints=repaints):
            return
        try:
            paintings.append(_paint(result, repaints + 1, rule))
        except (BackendError, gate.Closed) as error:
            log.warning("Result %s was not painted again: %s", result.pk, error)
            if isinstance(error, BackendError):
                setbacks.heed(error, result.backend)
            return


def _safety(best: Painted) -> str:
    """Return what the picture check says, or raise BackendError "moderated"; without one a picture is unchecked."""
    with finishing.bench:
        safety = pictures.check(best.original.image)
    if safety is pictures.Safety.REFUSED:
        raise BackendError("moderated", "the picture check refused it")
    return str(safety)


def _repaints(paintings: list[Painted]) -> int:
    return max(painted.original.repaint for painted in paintings)


def _judged(best: Painted, rule: scoring.Rule | None) -> dict[str, Any]:
    """What the row says about the pose of the picture."""
    score = best.verdict.score if best.verdict else None
    return {
        "pose_score": score.total if score else None,
        "limb_scores": score.limbs if score else None,
        "pose_under_threshold": bool(rule and rule.is_under(best.verdict)),
    }


def give_connection_back() -> None:
    """Return this thread's database connection to the pool, unless a test's transaction is open on it."""
    if not connection.in_atomic_block:
        connection.close()


def _deliver(result: Result, outcome: dict[str, Any]) -> None:
    if not settlement.succeed(result, **outcome, job=result.job):
        # Its picture stays in storage: the worker that relieved this one may be about to adopt it.
        log.info("Result %s was settled by another worker.", result.pk)
