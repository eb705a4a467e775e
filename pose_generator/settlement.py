"""The only way a result ends.

Outcome, credits and news change in one transaction. Worker, sweeper, cancel and operator all come through here; the
first conditional UPDATE wins and the others change nothing. Capture and release share the key `result:<id>`, which is
also that of a daily pose given back. The row lock on the generation makes exactly one settlement the last, and the last
one closes the generation.

Locks, always in this order: Generation, Result, Account or QuotaDay, Stream.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from credits import ledger, quota
from credits.models import Entry
from lumiku.events import stream
from pose_generator import wire
from pose_generator.models import Generation, Result, Status

NEWS = "pose-generation-update"
ALWAYS = Q()


def succeed(result: Result, *, background_failed: bool = False, **outcome: Any) -> bool:
    """Deliver a picture and capture its price; False when somebody else settled or claimed it since.

    If only its background failed, the price of that is given back.
    """
    if not background_failed:
        return _settle(result, Status.COMPLETED, ledger.capture, **outcome)
    return _settle(result, Status.COMPLETED, _capture_without(result), error_code="background_failed", **outcome)


def _capture_without(result: Result) -> Callable[..., Entry]:
    """Return a move that captures a price without the background's share, which it releases."""

    def move(hold: Entry, price: int, *, key: str) -> Entry:
        if result.background_price:
            ledger.release(hold, result.background_price, key=f"{key}:background")
        return ledger.capture(hold, price - result.background_price, key=key)

    return move


def fail(result: Result, code: str, **outcome: Any) -> bool:
    """Give a picture up and release its price; False when somebody else settled or claimed it since."""
    return _settle(result, Status.FAILED, ledger.release, error_code=code, **outcome)


@transaction.atomic
def start(result_id: Any, *, by: str) -> Result | None:
    """Claim a waiting result and tell its owner if the order begins with it; None when there is nothing to claim."""
    generation_id = Result.objects.filter(pk=result_id).values_list("generation", flat=True).first()
    if generation_id is None:
        return None
    first = Generation.objects.filter(pk=generation_id, status=Status.PENDING)
    if first.update(status=Status.PROCESSING, started_at=Now()):
        generation = Generation.objects.get(pk=generation_id)
        if not Result.objects.claim(result_id, by=by):
            transaction.set_rollback(True)
            return None
        stream.append(generation.owner_id, NEWS, wire.progress(generation, {}, kind="started"))
    elif not Result.objects.claim(result_id, by=by):
        return None
    result = Result.objects.select_related("generation", "pose").get(pk=result_id)
    result.backend = result.backend or result.generation.backend  # ordered through the release before
    return result


@transaction.atomic
def requeue(result: Result, *, wait: float, provided: Q = ALWAYS, **changed: Any) -> bool:
    """Let a claimed result wait `wait` seconds for its next attempt, or cancel it if its order was cancelled meanwhile.

    `changed` are new values of its counters of tries, its backend, its job; `provided` must still hold of the row.
    False when it is not the caller's any more.
    """
    generation = Generation.objects.select_for_update(no_key=True).get(pk=result.generation_id)
    if generation.cancel_requested_at:
        return _settle(result, Status.CANCELLED, ledger.release, provided=provided, error_code="cancelled")
    return bool(
        _mine(result, provided).update(
            status=Status.PENDING,
            lease_until=None,
            claimed_by="",
            rung_at=None,
            due_at=Now() + timedelta(seconds=wait) if wait else None,
            **changed,
        )
    )


def lose_lease(result: Result) -> bool:
    """Free a result whose worker is gone, or fail it when it has cost too many workers; a renewed lease stands."""
    lost = result.lost_leases + 1
    run_out = Q(lease_until__lt=Now())
    if lost >= settings.TRIES["lost_lease"]:
        return _settle(result, Status.FAILED, ledger.release, provided=run_out, error_code="worker_lost")
    return requeue(result, wait=0, provided=run_out, lost_leases=lost)


@transaction.atomic
def cancel(generation: Generation) -> bool:
    """Stop what waits and give it back; what is being painted is finished and paid. False if the order has ended."""
    generation = Generation.objects.select_for_update(no_key=True).get(pk=generation.pk)
    if not generation.is_open:
        return False
    generation.cancel_requested_at = generation.cancel_requested_at or timezone.now()
    generation.save(update_fields=["cancel_requested_at"])
    waiting = dict(
        Result.objects.select_for_update(no_key=True)
        .filter(generation=generation, status=Status.PENDING)
        .order_by("pk")
        .values_list("pk", "price")
    )
    Result.objects.filter(pk__in=waiting).update(
        status=Status.CANCELLED, error_code="cancelled", ended_at=Now(), rung_at=None, due_at=None
    )
    if generation.hold and waiting:
        ledger.release_many(generation.hold, {f"result:{pk}": price for pk, price in waiting.items()})
    elif waiting:
        quota.give_back(f"generation:{generation.pk}", [f"result:{pk}" for pk in waiting])
    _close_if_last(generation, _counts(generation))
    return True


def _mine(result: Result, provided: Q) -> Any:
    """The row as the caller knows it: another status or another attempt means it is somebody else's now."""
    return Result.objects.filter(provided, pk=result.pk, status=result.status, attempt=result.attempt)


@transaction.atomic
def _settle(
    result: Result, status: Status, move: Callable[..., Entry], *, provided: Q = ALWAYS, **outcome: Any
) -> bool:
    generation = (
        Generation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("hold")
        .get(pk=result.generation_id)
    )
    outcome = {"error_code": _remark(result, outcome.get("digest", "")), **outcome}
    if not _mine(result, provided).update(
        status=status, ended_at=Now(), lease_until=None, rung_at=None, due_at=None, **outcome
    ):
        return False
    if generation.hold:
        move(generation.hold, result.price, key=f"result:{result.pk}")
    elif status != Status.COMPLETED:
        quota.give_back(f"generation:{generation.pk}", [f"result:{result.pk}"])
    counts = _counts(generation)
    if status != Status.CANCELLED:
        told = wire.pose(Result.objects.get(pk=result.pk))
        news = wire.progress(generation, counts, kind="progress", eta_seconds=_eta(generation, counts), pose=told)
        stream.append(generation.owner_id, NEWS, news)
    _close_if_last(generation, counts)
    return True


def _remark(result: Result, digest: str) -> str:
    """Return the code of what is odd about a picture: a provider may send an answer that was meant for another call."""
    same = Result.objects.filter(generation=result.generation_id, digest=digest).exclude(pk=result.pk)
    return "duplicate" if digest and same.exists() else ""


def _counts(generation: Generation) -> dict[str, int]:
    rows = Result.objects.filter(generation=generation).order_by().values("status").annotate(number=Count("pk"))
    return {row["status"]: row["number"] for row in rows}


def _eta(generation: Generation, counts: dict[str, int]) -> int | None:
    """Seconds until the rest is done at the pace so far."""
    done = sum(counts.get(status, 0) for status in (Status.COMPLETED, Status.FAILED))
    if not generation.started_at or not done:
        return None
    elapsed = (timezone.now() - generation.started_at).total_seconds()
    left = counts.get(Status.PENDING, 0) + counts.get(Status.PROCESSING, 0)
    return round(elapsed / done * left)


def closing_status(counts: dict[str, int]) -> Status:
    """Return how an order ended whose results stand like this."""
    if counts.get(Status.CANCELLED):
        return Status.CANCELLED
    if not counts.get(Status.FAILED):
        return Status.COMPLETED
    return Status.PARTIAL if counts.get(Status.COMPLETED) else Status.FAILED


def _close_if_last(generation: Generation, counts: dict[str, int]) -> None:
    if counts.get(Status.PENDING) or counts.get(Status.PROCESSING):
        return
    generation.status = closing_status(counts)
    generation.completed_at = timezone.now()
    generation.save(update_fields=["status", "completed_at"])
    news = wire.progress(
        generation, counts, kind=generation.status, eta_seconds=0, credit_refunded=_returned(generation)
    )
    stream.append(generation.owner_id, NEWS, news)


def _returned(generation: Generation) -> int:
    entries = Entry.objects.given_back().filter(hold=generation.hold_id, hold__isnull=False)
    return entries.aggregate(total=Sum("available"))["total"] or 0
