"""Who is served next.

Only as many results are handed out as the living workers can take at once, over all orders; the rest waits as rows.
So a customer with 500 pictures never stands in a queue before one with four: each place that falls free goes to the
customer with the fewest pictures in hand, and among equals to the one who has waited longest. A lost message costs
one place until the sweeper rings again, and Redis never holds more than a windowful.

Customers whose plan has a higher priority come first as a class; that rule holds within it. A customer whose order has
waited or run for two minutes is in the highest class that waits, whatever the plan. So plans start first, but however
many of them come, everybody takes part in the equal shares after two minutes, and nobody waits for ever.

Each Celery queue has its own workers and so its own places; a backend whose gate is closed gets nothing, one that is
being probed a single picture, one with a limit no more than that.
"""

import heapq
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from credits import plans
from lumiku import backends
from lumiku.backends import gate
from pose_generator.models import Generation, Pause, Process, Result, Status

AGED = timedelta(minutes=2)
LOCK = 0x4C756D69  # one number for all processes: the bytes of "Lumi"


def places(queue: str = backends.DEFAULT_QUEUE) -> int:
    """Return how many pictures the living workers of a Celery queue take at once."""
    alive = Process.objects.filter(
        kind=Process.Kind.WORKER, beat_at__gt=Now() - timedelta(seconds=settings.TIMES["lease"])
    )
    rows = alive.values_list("places", "queues")
    # A worker of the release before names no queue; one that has several shares its places among them.
    named = [(number, queues or [backends.DEFAULT_QUEUE]) for number, queues in rows]
    found = sum(max(1, number // len(queues)) for number, queues in named if queue in queues)
    return found or (settings.WORKER_CONCURRENCY if queue == backends.DEFAULT_QUEUE else 0)


def ranks(waiting: Mapping[Any, tuple[datetime, int]], priorities: Mapping[Any, int], now: datetime) -> dict[Any, int]:
    """Return the class of each waiting customer, the lowest number first: the plan's, or the best for the old. Pure."""
    best = max((priorities.get(owner, 0) for owner in waiting), default=0)
    return {
        owner: -(best if now - since >= AGED else priorities.get(owner, 0)) for owner, (since, _) in waiting.items()
    }


def share(
    free: int,
    in_hand: Mapping[Any, int],
    waiting: Mapping[Any, tuple[datetime, int]],
    ranks: Mapping[Any, int] = MappingProxyType({}),
) -> dict[Any, int]:
    """Return how many of `free` places each waiting customer gets.

    `in_hand` is what each has in work already; `waiting` maps a customer to the age of the oldest order and the
    number of pictures that could start now; `ranks` to a class, the lowest of which is served first. Pure.
    """
    heap = [
        (ranks.get(owner, 0), in_hand.get(owner, 0), since, str(owner), owner) for owner, (since, _) in waiting.items()
    ]
    heapq.heapify(heap)
    shares: dict[Any, int] = {}
    while free and heap:
        rank, running, since, name, owner = heapq.heappop(heap)
        shares[owner] = shares.get(owner, 0) + 1
        free -= 1
        if shares[owner] < waiting[owner][1]:
            heapq.heappush(heap, (rank, running + 1, since, name, owner))
    return shares


def take() -> list[tuple[Any, str]]:
    """Mark the results that start next as rung and return their ids with the queue of each; the caller rings after the
    commit.
    """
    gates = gate.states(settings.IMAGE_BACKENDS)  # asked before the transaction: it goes over the network
    with transaction.atomic():
        _one_at_a_time()
        rooms = _rooms(gates)
        barred = {name for name, state in gates.items() if state.cause == "operator" and state.most == 0}
        return [(pk, queue) for queue in _queues() for pk in _fill(queue, rooms, barred)]


def _rooms(gates: Mapping[str, gate.State]) -> dict[str, int | None]:
    """Return how many more pictures each backend may get now, None without limit; those that get none are left out."""
    paused = set(Pause.objects.filter(until__gt=Now()).values_list("backend", flat=True))
    rooms = {name: state.most for name, state in gates.items()}
    for name, most in rooms.items():
        if most:
            # A job that is collected asks for nothing, so it cannot be what a half-open gate waits for.
            counted = {"job": ""} if gates[name].cause else {}
            rooms[name] = most - Result.objects.in_hand().filter(backend=name, **counted).count()
    return {name: room for name, room in rooms.items() if (room is None or room > 0) and name not in paused}


def _queues() -> list[str]:
    return sorted({backends.queue_of(name) for name in settings.IMAGE_BACKENDS})


def _in_hand(each: str, **which: Any) -> dict[Any, int]:
    """Return how many results are in hand for each value of the field `each`."""
    return dict(Result.objects.in_hand().filter(**which).values_list(each).annotate(number=Count("pk")).order_by())


def _fill(queue: str, rooms: dict[str, int | None], barred: set[str]) -> list[Any]:
    """Mark results for the free places of a queue's workers; what is taken is taken out of `rooms`.

    Not even the jobs of the `barred` backends are collected.
    """
    mine = [name for name in settings.IMAGE_BACKENDS if backends.queue_of(name) == queue]
    free = places(queue) - sum(_in_hand("backend", backend__in=mine).values())
    in_hand = _in_hand("generation__owner")
    chosen: list[Any] = []
    mine = [name for name in mine if name not in barred]
    waiting = _waiting(free, _served(mine, rooms)) if free > 0 else {}
    classes = ranks(waiting, plans.priorities(waiting), timezone.now()) if waiting else {}
    while free > 0 and waiting:
        for owner, number in share(free, in_hand, waiting, classes).items():
            wanted = locked(Result.objects.due().filter(pk__in=_next_of(owner, number, _served(mine, rooms))))
            ids = _within(rooms, wanted)
            Result.objects.filter(pk__in=ids).update(rung_at=Now())
            chosen += ids
            free -= len(ids)
            in_hand[owner] = in_hand.get(owner, 0) + len(ids)
            # Who was held up by a full backend may still have something for another one.
            if len(wanted) < number:
                del waiting[owner]
    return chosen


def _served(mine: Sequence[str], rooms: Mapping[str, int | None]) -> Q:
    """What may start now: pictures for backends that have room, and jobs to be collected, which ask for nothing."""
    return Q(backend__in=[name for name in mine if name in rooms]) | (Q(backend__in=mine) & ~Q(job=""))


def _within(rooms: dict[str, int | None], ids: list[Any]) -> list[Any]:
    """Return those of `ids` for which their backend has room, and take them out of it; a full one is left out."""
    if None in rooms.values() and len(set(rooms.values())) == 1:
        return ids
    kept = []
    for pk, name, job in Result.objects.filter(pk__in=ids).order_by("number").values_list("pk", "backend", "job"):
        if job:
            kept.append(pk)
        elif name in rooms:
            kept.append(pk)
            _take_place(rooms, name)
    return kept


def _take_place(rooms: dict[str, int | None], name: str) -> None:
    room = rooms.get(name)
    if room is not None:
        rooms[name] = room - 1
        if room <= 1:
            del rooms[name]


def _one_at_a_time() -> None:
    """Let one process choose at a time; SQLite's write lock does that by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _waiting(most: int, served: Q) -> dict[Any, tuple[datetime, int]]:
    """Return for each customer with something due: since when, and how much (counted no further than `most`)."""
    due = Result.objects.due().filter(served, generation=OuterRef("pk"))
    orders = Generation.objects.open().filter(Exists(due))
    owners = orders.values_list("owner").annotate(since=Min("created_at")).order_by()
    return {owner: (since, most) for owner, since in owners}


def _next_of(owner: Any, number: int, served: Q) -> list[Any]:
    """Return the customer's next results: oldest order first, then in the order's own order."""
    ids: list[Any] = []
    due = Result.objects.due().filter(served)
    orders = Generation.objects.open().filter(Exists(due.filter(generation=OuterRef("pk"))), owner=owner)
    for generation in orders.order_by("created_at").values_list("pk", flat=True):
        rows = due.filter(generation=generation).order_by("number")
        ids += rows.values_list("pk", flat=True)[: number - len(ids)]
        if len(ids) >= number:
            break
    return ids


@transaction.atomic
def put_back(ids: list[Any]) -> None:
    """Un-ring results whose bell could not be sent."""
    rung = locked(Result.objects.filter(pk__in=ids, status=Status.PENDING))
    Result.objects.filter(pk__in=rung).update(rung_at=None)


@transaction.atomic
def ring_again(*, all_of_them: bool = False) -> int:
    """Un-ring what was rung and not heard for a minute, or everything when the broker has lost its memory."""
    rung = Result.objects.filter(status=Status.PENDING, rung_at__isnull=False)
    if not all_of_them:
        rung = rung.filter(rung_at__lt=Now() - timedelta(seconds=settings.TIMES["ring_again"]))
    return Result.objects.filter(pk__in=locked(rung)).update(rung_at=None)


def locked(waiting: Any) -> list[Any]:
    """Lock waiting results in the order in which a cancel locks them, and return those that nobody else holds."""
    free = waiting.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    return list(free.values_list("pk", flat=True))
