"""Wrong passwords lock an account, and an address that tries many.

Failures are rows, counted in the window that ends now; ten for one account, whether it exists or not, or thirty from
one address, lock it for half an hour from the last of them. DRF's throttles read, then write, and would let a burst
through.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Max
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from lumiku.errors import DomainError
from lumiku.users.models import LogInFailure

WINDOW = timedelta(minutes=15)
LOCKED_FOR = timedelta(minutes=30)


class LockedOut(DomainError):
    """Too many wrong passwords."""

    code = "locked_out"
    status = 429


def _limits(email: str, address: str) -> dict[str, int]:
    return {
        f"account:{email.strip().lower()}"[:320]: settings.LIMITS["log_in_failures_per_account"],
        f"address:{address}"[:320]: settings.LIMITS["log_in_failures_per_address"],
    }


def refuse_if_locked(email: str, address: str) -> None:
    """Raise LockedOut while the account or the address is locked."""
    if not settings.LIMITS_ON:
        return
    for key, limit in _limits(email, address).items():
        recent = LogInFailure.objects.filter(key=key, at__gt=Now() - (WINDOW + LOCKED_FOR))
        seen = recent.aggregate(last=Max("at"))
        if seen["last"] is None:
            continue
        within = recent.filter(at__gt=seen["last"] - WINDOW).aggregate(number=Count("pk"))["number"]
        unlocked_at = seen["last"] + LOCKED_FOR
        if within >= limit and unlocked_at > timezone.now():
            wait = int((unlocked_at - timezone.now()).total_seconds()) + 1
            raise LockedOut(
                _("Too many wrong passwords. Please try again in %(minutes)d minutes.") % {"minutes": wait // 60 + 1},
                retry_after=wait,
            )


def remember_failure(email: str, address: str) -> None:
    """Count one wrong password."""
    LogInFailure.objects.bulk_create(LogInFailure(key=key) for key in _limits(email, address))


def forget(email: str) -> None:
    """A right password clears the account's own count, not the address's."""
    LogInFailure.objects.filter(key=f"account:{email.strip().lower()}"[:320]).delete()


def prune() -> None:
    """Delete failures that no lock can count any more."""
    LogInFailure.objects.filter(at__lt=Now() - 2 * (WINDOW + LOCKED_FOR)).delete()
