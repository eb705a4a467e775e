"""The sweeper: whatever crashed, was lost or is too late is put right within seconds.

Every step is a conditional change of rows through the same functions as the workers', so two sweepers at once do no
harm.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from avatars import keeping as avatars
from avatars.models import Portrait
from credits import jobs as paid
from credits.models import Answer
from credits.work import OPEN
from lumiku import files, orphans
from lumiku.events import stream
from lumiku.users import closing, families, lockout
from pose_generator import discarded_poses, fallback, keeping, processes, settlement, shares, window
from pose_generator.models import BackgroundChange, Generation, Process, Result, Status

log = logging.getLogger(__name__)

BATCH = 500
NAME = "sweeper"


def sweep(*, broker_lost: bool) -> None:
    """Relieve dead workers, give late pictures up, and ring again for what was not heard."""
    try:
        free_expired_leases()
        fail_the_late()
        name_painters()
        fallback.move_on()
        paid.sweep(BackgroundChange, broker_lost=broker_lost)
        paid.sweep(Portrait, broker_lost=broker_lost)
        window.ring_again(all_of_them=broker_lost)
    finally:
        processes.beat(Process.Kind.SWEEPER, name=NAME)


def free_expired_leases() -> int:
    """Let results whose worker is gone be tried again; return how many."""
    expired = Result.objects.filter(status=Status.PROCESSING, lease_until__lt=Now()).order_by("lease_until")
    return _each(expired[:BATCH], settlement.lose_lease)


def name_painters() -> int:
    """Say who paints what a web process of the release before has ordered: there the order alone said so."""
    own = Generation.objects.filter(pk=OuterRef("generation")).values("backend")
    return Result.objects.open().filter(backend="").update(backend=Subquery(own))


def fail_the_late() -> int:
    """Give back what still waits after its order's deadline; return how many."""
    late = Result.objects.filter(
        status=Status.PENDING,
        generation__status__in=[Status.PENDING, Status.PROCESSING],
        generation__deadline_at__lt=Now(),
    )
    return _each(late.order_by("generation", "number")[:BATCH], partial(settlement.fail, code="deadline"))


def _each(results: Iterable[Result], settle: Callable[[Result], bool]) -> int:
    """Settle each result; one that cannot be settled now does not hold up the others. Return how many changed."""
    changed = 0
    for result in results:
        try:
            changed += settle(result)
        except DatabaseError:
            log.exception("Result %s could not be swept; the next sweep tries again.", result.pk)
    return changed


def forget_discarded() -> int:
    """Delete the files of discarded orders that have ended, failed attempts included; return how many orders."""
    ended = Generation.objects.exclude(status__in=OPEN)  # a closed account's order may still be painted
    doomed = list(ended.filter(discarded_at__isnull=False, forgotten_at=None)[:BATCH])
    for generation in doomed:
        for pk in generation.results.values_list("pk", flat=True):
            files.delete_folder(f"results/{pk}")
        generation.results.update(**keeping.NOTHING)
        Generation.objects.filter(pk=generation.pk).update(forgotten_at=Now())
    return len(doomed)


def discard_the_old() -> int:
    """Hide ended orders that are older than the operator keeps pictures; return how many. Rows and entries stay."""
    if not settings.RETENTION_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.RETENTION_DAYS)
    old = Generation.objects.exclude(status__in=OPEN).filter(completed_at__lt=before, discarded_at=None)
    doomed = list(old.order_by("completed_at").values_list("pk", flat=True)[:BATCH])
    now = timezone.now()
    Result.objects.filter(generation__in=doomed).update(discarded_at=now)
    return Generation.objects.filter(pk__in=doomed).update(discarded_at=now)


def tidy() -> None:
    """Delete what nobody can ask for any more: old events, answers, failures, discarded files, processes long gone."""
    discard_the_old()
    forget_discarded()
    avatars.forget_discarded()
    discarded_poses.forget()
    shares.forget_ended()
    orphans.collect()
    closing.finish()
    families.forget_expired()
    call_command("clearsessions")
    stream.prune()
    lockout.prune()
    Answer.objects.filter(created_at__lt=Now() - timedelta(seconds=settings.TIMES["idempotency_keys"])).delete()
    Process.objects.filter(beat_at__lt=Now() - timedelta(hours=1)).delete()
