"""One picture, from claim to settlement.

Nothing slow happens inside a transaction, and the database connection is given back while the backend paints:
hundreds of calls may wait for a provider, and none of them needs the database. A worker that dies after the picture
was stored costs nothing: the next attempt adopts the stored originals instead of paying again.

Where the backend's pictures are scored (see `scoring`), one that does not keep its pose is painted again with another
seed. Every painting is stored before it is looked at; the best is delivered.
"""

import io
import logging
import random
import threading
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from PIL import Image

from lumiku import backends, files, images
from lumiku.backends import BackendError, ImageRequest, Joint
from pose_generator import leases, originals, scoring, settlement
from pose_generator.models import Pause, Result
from pose_generator.originals import Original
from pose_generator.posing import camera, draw

log = logging.getLogger(__name__)

# Fifty answers at the same moment are finished a few at a time: the first makes room for the next call early.
_bench = threading.BoundedSemaphore(2)
BACKOFF_BASE, BACKOFF_CAP = 2.0, 120.0
ACCOUNT_PAUSE = 60.0
#: Repaints flip bits from this one on: their seeds are known, and no other picture of the order has them.
REPAINT_BIT = 20
#: No repaint begins after this share of a call's deadline: the lease is kept for one call and a little more.
LATEST_REPAINT = 0.5


@dataclass(frozen=True)
class Rendered:
    """A picture in storage, ready to be settled: what its row will say."""

    image: str
    thumbnail: str
    provider_request_id: str
    generation_time: float
    seed: int
    repaints: int = 0
    overlay: str = ""
    pose_score: int | None = None
    limb_scores: dict[str, int] | None = None
    pose_under_threshold: bool = False


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
    with leases.kept(result):
        try:
            rendered = make(result)
        except BackendError as error:
            _after(error, result)
        except PoseMismatch as mismatch:
            settlement.fail(result, "pose_mismatch", **mismatch.outcome)
        else:
            _deliver(result, rendered)


def make(result: Result) -> Rendered:
    """Return the best stored picture of a claimed result, an earlier attempt's or a new one.

    Raise BackendError, or PoseMismatch if the best is not good enough to be sold.
    """
    started_at = time.monotonic()
    rule = scoring.rule_of(result.generation.backend)
    stored = islice(originals.adopted(result), None if rule else 1)
    paintings = [_looked_at(original, result, rule) for original in stored] or [_paint(result, 0, rule)]
    if rule:
        _paint_again(result, paintings, rule, until=started_at + LATEST_REPAINT * settings.TIMES["call_deadline"])
    best = max(paintings, key=lambda painted: painted.verdict.score.total if painted.verdict else -1)
    judged = _judged(best, rule) | {"repaints": _repaints(paintings)}
    if rule and rule.under == "give_back" and judged["pose_under_threshold"]:
        raise PoseMismatch(judged)
    thumbnail, overlay = _made_of(result, best)
    return Rendered(
        image=best.original.name,
        thumbnail=thumbnail,
        overlay=overlay,
        provider_request_id=best.request_id,
        generation_time=round(time.monotonic() - started_at, 3),
        seed=_seed(result, best.original.repaint),
        **judged,
    )


def _paint(result: Result, repaint: int, rule: scoring.Rule | None) -> Painted:
    """Have the picture painted, store it, look at it; raise BackendError."""
    request = request_for(result, repaint=repaint)
    give_connection_back()
    painting = backends.get(result.generation.backend).paint(request)
    original = originals.put(result, repaint, painting.data, painting.image)
    return _looked_at(original, result, rule, painting.request_id)


def _looked_at(original: Original, result: Result, rule: scoring.Rule | None, request_id: str = "") -> Painted:
    """The original with its verdict, if its backend's pictures are scored."""
    with _bench:
        verdict = scoring.judge(original.image, _joints(result)) if rule else None
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
        except BackendError as error:
            log.warning("Result %s was not painted again: %s", result.pk, error)
            _heed(error, result.generation.backend)
            return


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


def _made_of(result: Result, best: Painted) -> tuple[str, str]:
    """Store the thumbnail and, of a scored picture, the overlay; return their names."""
    original, overlay = best.original, ""
    with _bench:
        thumbnail = files.put(f"{original.name.rpartition('.')[0]}-400.webp", images.thumbnail(original.image))
        if best.verdict:
            # Under this attempt's own number: one that died while it wrote may have left half an overlay.
            name = originals.named(result, f"{original.repaint}-overlay.webp")
            overlay = files.put(name, best.verdict.drawn_on(original.image))
    return thumbnail, overlay


def request_for(result: Result, *, repaint: int = 0) -> ImageRequest:
    """Return what the backend is asked for, complete: prompt, skeleton from the camera, person, ground, seed."""
    order = result.generation
    size = {"width": order.width, "height": order.height}
    joints = _joints(result)
    # A skeleton is 3 MB for as long as the call lasts: none for a backend that says it takes none.
    supports = backends.get(order.backend).supports
    return ImageRequest(
        prompt=result.prompt,
        **size,
        seed=_seed(result, repaint),
        control=draw.openpose(joints, **size) if joints and "control" in supports else None,
        joints=joints,
        reference=_photo(order.reference),
        traits=order.traits,
        background=order.background_color or None,
    )


def _joints(result: Result) -> tuple[Joint, ...]:
    """Return the pose's joints as the order's camera sees them; nothing for a text order."""
    if result.pose is None:
        return ()
    order = result.generation
    points = np.asarray(result.pose.keypoints, dtype=float)
    return camera.project(points, width=order.width, height=order.height, yaw=result.yaw, pitch=result.pitch)


def _seed(result: Result, repaint: int) -> int:
    return result.seed ^ (repaint << REPAINT_BIT)


def _photo(name: str) -> Image.Image | None:
    """Return the person's photo, unpacked only if the backend looks at it; uploads were made safe when they came."""
    data = files.read(name) if name else None
    return Image.open(io.BytesIO(data)) if data else None


def give_connection_back() -> None:
    """Return this thread's database connection to the pool, unless a test's transaction is open on it."""
    if not connection.in_atomic_block:
        connection.close()


def _deliver(result: Result, rendered: Rendered) -> None:
    order = result.generation
    delivered = settlement.succeed(
        result, **asdict(rendered), backend=order.backend, background_changed=bool(order.background_mode)
    )
    if not delivered:
        # Its picture stays in storage: the worker that relieved this one may be about to adopt it.
        log.info("Result %s was settled by another worker.", result.pk)


def _after(error: BackendError, result: Result) -> None:
    """Decide what a failed call means: wait without counting, wait and count, or fail."""
    _heed(error, result.generation.backend)
    if error.account:
        settlement.requeue(result, wait=ACCOUNT_PAUSE)
        return
    log.warning("Result %s, attempt %s: %s", result.pk, result.attempt, error)
    tries = result.busy_answers + 1
    if not error.retryable or tries >= settings.TRIES["busy"]:
        settlement.fail(result, error.code)
        return
    settlement.requeue(result, wait=backoff(tries, error.retry_after), busy_answers=tries)


def _heed(error: BackendError, backend: str) -> None:
    """Pause a backend whose key or money is at fault, or that asked for time."""
    if error.account:
        log.error("Backend %s is paused, its key or money at the provider is at fault: %s", backend, error)
        pause(backend, ACCOUNT_PAUSE, str(error))
    elif error.retry_after:
        pause(backend, error.retry_after, str(error))


def backoff(tries: int, retry_after: float | None) -> float:
    """Return seconds to wait: what the provider asked for or a growing random time, whichever is longer."""
    return max(retry_after or 0, random.uniform(0.5, min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (tries - 1))))


def pause(backend: str, seconds: float, reason: str) -> None:
    """Hand out nothing for this backend for a while."""
    until = Now() + timedelta(seconds=min(seconds, 600))
    _row, new = Pause.objects.get_or_create(backend=backend, defaults={"until": until, "reason": reason[:300]})
    if not new:  # a longer pause stands
        Pause.objects.filter(backend=backend, until__lt=until).update(until=until, reason=reason[:300])
