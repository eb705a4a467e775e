"""How fast things go, from rows."""

from math import ceil
from typing import Any

from django.db.models import Avg

from lumiku import backends
from lumiku.backends import ImageBackend
from pose_generator import window
from pose_generator.models import Generation, Result, Status

SAMPLE = 50


def seconds_each(backend: str) -> float:
    """Return how long one picture took lately, in seconds."""
    latest = Result.objects.filter(status=Status.COMPLETED, backend=backend).order_by("-ended_at")[:SAMPLE]
    mean = Result.objects.filter(pk__in=latest.values("pk")).aggregate(mean=Avg("generation_time"))["mean"]
    try:
        return mean or backends.get(backend).typical_seconds
    except backends.UnknownBackend:  # it was removed from the settings while its orders wait
        return ImageBackend.typical_seconds


def estimate(pictures: int, *, backend: str) -> int:
    """Return how many seconds an order of `pictures` would take if it were placed now.

    Places are shared by customers, not by orders in line, so what others have waiting counts by head and not by length.
    """
    others = Generation.objects.open().values("owner").distinct().count()
    places = max(1, window.places(backends.queue_of(backend)) // (others + 1))
    return max(1, ceil(ceil(pictures / places) * seconds_each(backend)))


def time_left(generation: Any) -> int | None:
    """Return the seconds until a running order ends, or None when it has ended; `generation` comes with counts."""
    if not generation.is_open:
        return None
    left = generation.total - generation.completed_count - generation.failed_count - generation.cancelled_count
    places = max(1, window.places(backends.queue_of(generation.backend)))
    return max(1, ceil(ceil(left / places) * seconds_each(generation.backend)))


def queue_position(generation: Generation) -> int | None:
    """Return how many older orders still have pictures waiting; None when nothing of this one waits."""
    if not generation.results.filter(status=Status.PENDING).exists():
        return None
    return Generation.objects.open().filter(created_at__lt=generation.created_at).count()
