"""The sweeper: whatever crashed, was lost or is too late is put right within seconds.

Every step is a conditional change of rows through the same functions as the workers', so two sweepers at once do no
harm.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from lumiku import files
from lumiku.events import stream
from lumiku.users import lockout
from pose_generator import leases, settlement, window
from pose_generator.models import Answer, Process, Result, Status

BATCH = 500
NAME = "sweeper"


def sweep(*, broker_lost: bool) -> None:
    """Relieve dead workers, give late pictures up, and ring again for what was not heard."""
    free_expired_leases()
    fail_the_late()
    window.ring_again(all_of_them=broker_lost)
    leases.beat(Process.Kind.SWEEPER, name=NAME)


def free_expired_leases() -> int:
    """Let results whose worker is gone be tried again; return how many."""
    expired = Result.objects.filter(status=Status.PROCESSING, lease_until__lt=Now()).order_by("lease_until")
    return sum(settlement.lose_lease(result) for result in expired[:BATCH])


def fail_the_late() -> int:
    """Give back what still waits after its order's deadline; return how many."""
    late = Result.objects.filter(
        status=Status.PENDING,
        generation__status__in=[Status.PENDING, Status.PROCESSING],
        generation__deadline_at__lt=Now(),
    )
    return sum(settlement.fail(result, "deadline") for result in late.order_by("generation", "number")[:BATCH])


def forget_discarded() -> int:
    """Delete the files of discarded pictures; return how many pictures that were."""
    doomed = Result.objects.filter(discarded_at__isnull=False).exclude(image="")[: BATCH * 10]
    for result in doomed:
        files.delete_folder(f"results/{result.pk}")
        Result.objects.filter(pk=result.pk).update(image="", thumbnail="")
    return len(doomed)


def tidy() -> None:
    """Delete what nobody can ask for any more: old events, answers, failures, discarded files, processes long gone."""
    forget_discarded()
    stream.prune()
    lockout.prune()
    Answer.objects.filter(created_at__lt=Now() - timedelta(seconds=settings.TIMES["idempotency_keys"])).delete()
    Process.objects.filter(beat_at__lt=Now() - timedelta(hours=1)).delete()
