"""Which processes live: workers with their places and queues, and the sweeper."""

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db.models.functions import Now

from lumiku import leases
from pose_generator.models import Process


def beat(kind: str, *, name: str, places: int = 0, queues: Sequence[str] = ()) -> None:
    """Write down that a process lives."""
    now = {"kind": kind, "places": places, "queues": list(queues), "beat_at": Now()}
    Process.objects.update_or_create(name=name, defaults=now)


def work_here(queues: Sequence[str]) -> None:
    """Say that this process is a worker that takes from these Celery queues, and keep saying so."""
    places = settings.WORKER_CONCURRENCY
    leases.keep_saying(partial(beat, Process.Kind.WORKER, name=leases.ME, places=places, queues=queues))


def stop_working() -> None:
    """Say that this worker takes no more; what it has in hand is still renewed until it is done."""
    leases.fall_silent()
    Process.objects.filter(name=leases.ME).delete()
