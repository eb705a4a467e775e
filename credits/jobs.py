"""Paid work that stands alone: held when it is placed, captured or released when it ends, told to its owner.

For what is not one of an order's many pictures (a new background, an avatar that is made). The row is a `Job`; how it
ends is one transaction here: status, credits and news. Few are in hand at once, one customer's after another's, so
that they never take the workers' places from the orders.

Locks, always in this order: what the job changes, the job, Account, Stream.
"""

import logging
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.db.models import Count, F, Q, Window
from django.db.models.functions import Now, RowNumber

from credits import ledger
from credits.models import Entry
from credits.work import OPEN, Status, Work, WorkQuerySet
from lumiku.events import stream

log = logging.getLogger(__name__)

ALWAYS = Q()
BATCH = 100


class Job(Work):
    """A piece of work with a price of its own."""

    #: The first word of its entries' keys.
    KIND: ClassVar[str]

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    price = models.PositiveIntegerField()
    hold = models.OneToOneField(Entry, models.PROTECT, null=True, blank=True, related_name="+")
    deadline_at = models.DateTimeField()

    class Meta(Work.Meta):
        abstract = True

    def lock(self) -> None:
        """Lock what the job will change, before the job itself."""

    def deliver(self) -> None:
        """Change what the job is about, inside the transaction that ends it well; `self` is fresh."""

    def news(self) -> tuple[str, dict[str, Any]]:
        """Return the event that tells the owner how the job stands, as its name and data."""
        raise NotImplementedError  # each kind says its own; a model cannot be an abstract base class


AnyJob = TypeVar("AnyJob", bound=Job)


def place(job: AnyJob) -> AnyJob:
    """Hold the price and write the job, in the caller's transaction; raise InsufficientCredits."""
    job.deadline_at = Now() + timedelta(seconds=settings.TIMES["order_deadline"])
    if job.price:
        job.hold = ledger.hold(job.owner, job.price, key=f"{job.KIND}:{job.pk}:hold")
    job.save(force_insert=True)
    return job


def start(model: type[AnyJob], pk: Any, *, by: str) -> AnyJob | None:
    """Claim a waiting job; None when there is nothing to claim."""
    if not _rows(model).claim(pk, by=by):
        return None
    return model._default_manager.select_related("owner").get(pk=pk)


def succeed(job: Job, **outcome: Any) -> bool:
    """Deliver a job and capture its price; False when somebody else settled or claimed it since."""
    return _settle(job, Status.COMPLETED, **outcome)


def fail(job: Job, code: str, **outcome: Any) -> bool:
    """Give a job up and release its price; False when somebody else settled or claimed it since."""
    return _settle(job, Status.FAILED, error_code=code, **outcome)


def requeue(job: Job, *, wait: float, provided: Q = ALWAYS, **changed: Any) -> bool:
    """Let a claimed job wait `wait` seconds for its next attempt; False when it is not the caller's any more."""
    due_at = Now() + timedelta(seconds=wait) if wait else None
    freed = {"status": Status.PENDING, "lease_until": None, "claimed_by": "", "rung_at": None, "due_at": due_at}
    return bool(_mine(job, provided).update(**freed, **changed))


def lose_lease(job: Job) -> bool:
    """Free a job whose worker is gone, or fail it when it has cost too many workers; a renewed lease stands."""
    lost, run_out = job.lost_leases + 1, Q(lease_until__lt=Now())
    if lost >= settings.TRIES["lost_lease"]:
        return _settle(job, Status.FAILED, provided=run_out, error_code="worker_lost")
    return requeue(job, wait=0, provided=run_out, lost_leases=lost)


def busy(job: Job, code: str, *, retryable: bool, retry_after: float | None = None) -> bool:
    """Let a job whose call failed be tried again, up to as often as a picture, or give it up."""
    tries = job.busy_answers + 1
    if not retryable or tries >= settings.TRIES["busy"]:
        return fail(job, code)
    return requeue(job, wait=max(retry_after or 0, random.uniform(0.5, 2.0 * 2**tries)), busy_answers=tries)


@transaction.atomic
def take(model: type[Job], *, most: int) -> list[Any]:
    """Mark the jobs that start next as rung and return their ids: at most `most` in hand, each customer in turn."""
    rows = _rows(model)
    free = most - rows.in_hand().count()
    if free <= 0:
        return []
    turn = Window(RowNumber(), partition_by=[F("owner")], order_by=[F("created_at").asc()])
    in_turn = rows.due().annotate(turn=turn).order_by("turn", "created_at").values_list("pk", flat=True)
    free_rows = rows.filter(pk__in=list(in_turn[:free]), rung_at=None).order_by("pk")
    ids = list(free_rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    rows.filter(pk__in=ids).update(rung_at=Now())
    return ids


def put_back(model: type[Job], ids: list[Any]) -> None:
    """Un-ring jobs whose bell could not be sent."""
    model._default_manager.filter(pk__in=ids, status=Status.PENDING).update(rung_at=None)


def sweep(model: type[Job], *, broker_lost: bool) -> None:
    """Relieve dead workers, give late jobs up, and ring again for what was not heard."""
    rows = model._default_manager
    for job in rows.filter(status=Status.PROCESSING, lease_until__lt=Now())[:BATCH]:
        _swept(job, lose_lease)
    for job in rows.filter(status=Status.PENDING, deadline_at__lt=Now())[:BATCH]:
        _swept(job, partial(fail, code="deadline"))
    rung = rows.filter(status=Status.PENDING, rung_at__isnull=False)
    if not broker_lost:
        rung = rung.filter(rung_at__lt=Now() - timedelta(seconds=settings.TIMES["ring_again"]))
    rung.update(rung_at=None)


def _swept(job: Job, settle: Callable[[Job], bool]) -> None:
    """Settle a job; one that cannot be settled now holds up neither the others nor the orders."""
    try:
        settle(job)
    except DatabaseError:
        log.exception("%s %s could not be swept; the next sweep tries again.", type(job).__name__, job.pk)


def running(model: type[Job], user: Any) -> int:
    """Return how many jobs of this kind a customer has waiting or in work."""
    return model._default_manager.filter(owner=user, status__in=OPEN).aggregate(all=Count("pk"))["all"]


def moves(job: Job) -> Iterator[Entry]:
    """Yield what the job's hold has become so far, the hold first."""
    if job.hold:
        yield job.hold
        yield from Entry.objects.filter(hold=job.hold).order_by("created_at", "pk")


def _rows(model: type[Job]) -> WorkQuerySet[Any]:
    return WorkQuerySet(model)


def _mine(job: Job, provided: Q) -> Any:
    """The row as the caller knows it: another status or another attempt means it is somebody else's now."""
    return type(job)._default_manager.filter(provided, pk=job.pk, status=job.status, attempt=job.attempt)


@transaction.atomic
def _settle(job: Job, status: Status, *, provided: Q = ALWAYS, **outcome: Any) -> bool:
    job.lock()
    ended = {"status": status, "ended_at": Now(), "lease_until": None, "rung_at": None, "due_at": None}
    if not _mine(job, provided).update(**ended, **outcome):
        return False
    fresh = type(job)._default_manager.select_related("owner", "hold").get(pk=job.pk)
    if status == Status.COMPLETED:
        fresh.deliver()
    if fresh.hold:
        move = ledger.capture if status == Status.COMPLETED else ledger.release
        move(fresh.hold, fresh.price, key=f"{job.KIND}:{job.pk}")
    stream.append(fresh.owner.pk, *fresh.news())
    return True
