"""Who is served next.

Only as many results are handed out as the living workers can take at once, over all orders; the rest waits as rows.
So a customer with 500 pictures never stands in a queue before one with four: each place that falls free goes to the
customer with the fewest pictures in hand, and among equals to the one who has waited longest. A lost message costs
one place until the sweeper rings again, and Redis never holds more than a windowful.
"""

import heapq
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, Min, OuterRef, Sum
from django.db.models.functions import Now

from pose_generator.models import Generation, Pause, Process, Result, Status

LOCK = 0x4C756D69  # one number for all processes: the bytes of "Lumi"


def places() -> int:
    """Return how many pictures the living workers take at once."""
    alive = Process.objects.filter(
        kind=Process.Kind.WORKER, beat_at__gt=Now() - timedelta(seconds=settings.TIMES["lease"])
    )
    return alive.aggregate(all=Sum("places"))["all"] or settings.WORKER_CONCURRENCY


def share(free: int, in_hand: Mapping[Any, int], waiting: Mapping[Any, tuple[datetime, int]]) -> dict[Any, int]:
    """Return how many of `free` places each waiting customer gets.

    `in_hand` is what each has in work already; `waiting` maps a customer to the age of the oldest order and the
    number of pictures that could start now. Pure.
    """
    heap = [(in_hand.get(owner, 0), since, str(owner), owner) for owner, (since, _) in waiting.items()]
    heapq.heapify(heap)
    shares: dict[Any, int] = {}
    while free and heap:
        running, since, name, owner = heapq.heappop(heap)
        shares[owner] = shares.get(owner, 0) + 1
        free -= 1
        if shares[owner] < waiting[owner][1]:
            heapq.heappush(heap, (running + 1, since, name, owner))
    return shares


@transaction.atomic
def take() -> list[Any]:
    """Mark the results that start next as rung and return their ids; the caller rings after the commit."""
    _one_at_a_time()
    rows = Result.objects.in_hand().values_list("generation__owner").annotate(number=Count("pk")).order_by()
    in_hand = dict(rows)
    free = places() - sum(in_hand.values())
    chosen: list[Any] = []
    waiting = _waiting(free) if free > 0 else {}
    while free > 0 and waiting:
        for owner, number in share(free, in_hand, waiting).items():
            ids = _locked(Result.objects.due().filter(pk__in=_next_of(owner, number)))
            Result.objects.filter(pk__in=ids).update(rung_at=Now())
            chosen += ids
            free -= len(ids)
            in_hand[owner] = in_hand.get(owner, 0) + len(ids)
            if len(ids) < number:
                del waiting[owner]
    return chosen


def _one_at_a_time() -> None:
    """Let one process choose at a time; SQLite's write lock does that by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _served() -> Any:
    """Open orders whose backend is not paused."""
    paused = Pause.objects.filter(backend=OuterRef("backend"), until__gt=Now())
    return Generation.objects.open().filter(~Exists(paused))


def _waiting(most: int) -> dict[Any, tuple[datetime, int]]:
    """Return for each customer with something due: since when, and how much (counted no further than `most`)."""
    due = Result.objects.due().filter(generation=OuterRef("pk"))
    owners = _served().filter(Exists(due)).values_list("owner").annotate(since=Min("created_at")).order_by()
    return {owner: (since, most) for owner, since in owners}


def _next_of(owner: Any, number: int) -> list[Any]:
    """Return the customer's next results: oldest order first, then in the order's own order."""
    ids: list[Any] = []
    due = Result.objects.due().filter(generation=OuterRef("pk"))
    for generation in _served().filter(Exists(due), owner=owner).order_by("created_at").values_list("pk", flat=True):
        rows = Result.objects.due().filter(generation=generation).order_by("number")
        ids += rows.values_list("pk", flat=True)[: number - len(ids)]
        if len(ids) >= number:
            break
    return ids


@transaction.atomic
def put_back(ids: list[Any]) -> None:
    """Un-ring results whose bell could not be sent."""
    rung = _locked(Result.objects.filter(pk__in=ids, status=Status.PENDING))
    Result.objects.filter(pk__in=rung).update(rung_at=None)


@transaction.atomic
def ring_again(*, all_of_them: bool = False) -> int:
    """Un-ring what was rung and not heard for a minute, or everything when the broker has lost its memory."""
    rung = Result.objects.filter(status=Status.PENDING, rung_at__isnull=False)
    if not all_of_them:
        rung = rung.filter(rung_at__lt=Now() - timedelta(seconds=settings.TIMES["ring_again"]))
    return Result.objects.filter(pk__in=_locked(rung)).update(rung_at=None)


def _locked(waiting: Any) -> list[Any]:
    """Lock waiting results in the order in which a cancel locks them, and return those that nobody else holds."""
    free = waiting.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    return list(free.values_list("pk", flat=True))
