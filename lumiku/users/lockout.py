"""Wrong passwords lock an account, and an address that tries many.

Attempts are rows, written before the password is looked at and taken back when it is right; ten for one account,
whether it exists or not, or thirty from one address, lock it for half an hour from the last of them. DRF's throttles
read, then write, and would let a burst through.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
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


def attempt(email: str, address: str) -> list[Any]:
    """Count one attempt before its password is looked at, or raise LockedOut; `forgive` takes it back.

    Counting first makes the limit hold for attempts at the same moment: each sees those that came before it.
    """
    limits = _limits(email, address)
    with transaction.atomic():
        _one_at_a_time(limits)
        rows = LogInFailure.objects.bulk_create(LogInFailure(key=key) for key in limits)
    for row in rows:
        earlier = LogInFailure.objects.filter(key=row.key, pk__lt=row.pk)
        if settings.LIMITS_ON and (wait := _locked_for(earlier, limits[row.key])):
            forgive(rows)
            raise LockedOut(
                _("Too many wrong passwords. Please try again in %(minutes)d minutes.") % {"minutes": wait // 60 + 1},
                retry_after=wait,
            )
    return rows


def _one_at_a_time(keys: Iterable[str]) -> None:
    """Let attempts of one key be written one after another, so that whoever has a lower number has been committed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for key in sorted(keys):
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _locked_for(failures: Any, limit: int) -> int:
    """Return for how many seconds these failures lock; 0 for not at all."""
    last = failures.filter(at__gt=Now() - (WINDOW + LOCKED_FOR)).aggregate(last=Max("at"))["last"]
    if last is None or failures.filter(at__gt=last - WINDOW, at__lte=last).count() < limit:
        return 0
    return max(0, int((last + LOCKED_FOR - timezone.now()).total_seconds()) + 1)


def forgive(rows: list[Any]) -> None:
    """Take attempts back."""
    LogInFailure.objects.filter(pk__in=[row.pk for row in rows]).delete()


def forget(email: str, rows: list[Any]) -> None:
    """A right password clears the account's own count, and of the address's this attempt only."""
    forgive(rows)
    LogInFailure.objects.filter(key=f"account:{email.strip().lower()}"[:320]).delete()


def prune() -> None:
    """Delete failures that no lock can count any more."""
    LogInFailure.objects.filter(at__lt=Now() - 2 * (WINDOW + LOCKED_FOR)).delete()
