"""Work that somebody paid for: a row that waits, is claimed by a worker under a lease, and ends once.

The row is the truth; a Celery message only says "look at it". A claim is one conditional UPDATE whose row count is the
verdict, `attempt` is the fence: whoever ends the work names the attempt that it claimed.
"""

from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone


class Status(models.TextChoices):
    """One vocabulary everywhere; `partial` is a generation's only."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (Status.PENDING, Status.PROCESSING)

Row = TypeVar("Row", bound="Work")


class WorkQuerySet(models.QuerySet[Row]):
    def open(self) -> "WorkQuerySet[Row]":
        return self.filter(status__in=OPEN)

    def due(self) -> "WorkQuerySet[Row]":
        """What waits and may be handed out now."""
        return self.filter(Q(due_at=None) | Q(due_at__lte=Now()), status=Status.PENDING, rung_at=None)

    def in_hand(self) -> "WorkQuerySet[Row]":
        """What a worker has, or will have as soon as it hears the bell."""
        return self.filter(Q(status=Status.PROCESSING) | Q(status=Status.PENDING, rung_at__isnull=False))

    def claim(self, pk: Any, *, by: str) -> int:
        """Take what waits; the row count is the verdict."""
        return self.filter(pk=pk, status=Status.PENDING).update(
            status=Status.PROCESSING,
            attempt=F("attempt") + 1,
            claimed_by=by,
            started_at=Now(),
            lease_until=Now() + timedelta(seconds=settings.TIMES["lease"]),
            rung_at=None,
            due_at=None,
        )


class Work(models.Model):
    """What each piece of paid work knows about its way from order to end."""

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempt = models.PositiveIntegerField(default=0, help_text="The fence, not a count of tries.")
    claimed_by = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    busy_answers = models.PositiveSmallIntegerField(default=0)
    lost_leases = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(class)s_is_never_partial", condition=~Q(status=Status.PARTIAL)),
            models.CheckConstraint(
                name="%(class)s_in_work_has_lease",
                condition=~Q(status=Status.PROCESSING) | Q(lease_until__isnull=False),
            ),
            models.CheckConstraint(
                name="%(class)s_ended_when_terminal",
                condition=Q(status__in=OPEN, ended_at=None) | (~Q(status__in=OPEN) & Q(ended_at__isnull=False)),
            ),
        ]
