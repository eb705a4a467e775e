"""Plans, who is on which, and the poses that a plan gives a day.

A membership is never changed: the newest one of a user counts, until its own end. What a day's poses were used for is
kept like the ledger, one row for each taking and each giving back, under a key that is used once; `QuotaDay.used` is
their sum. The database refuses changes and deletions of both (triggers in the migrations).
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Plan(models.Model):
    """What an operator may put a user on."""

    key = models.SlugField(max_length=20, unique=True, help_text="What settings and code call it.")
    name = models.CharField(max_length=50)
    price = models.PositiveIntegerField(help_text="Rupiah a month.")
    monthly_credits = models.PositiveIntegerField(default=0, help_text="A change counts from the next month on.")
    daily_poses = models.PositiveIntegerField(default=0, help_text="Poses a day instead of credits; 0 gives none.")
    is_premium = models.BooleanField(default=False, help_text="Premium poses may be ordered.")
    priority = models.PositiveSmallIntegerField(default=0, help_text="Orders of a higher one start first.")
    is_active = models.BooleanField(default=True, help_text="Whether it may be assigned; who has it keeps it.")

    class Meta:
        ordering = ["price", "key"]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def newest_of(self, user_id: Any) -> "Membership | None":
        """Return the newest membership of a user, which is the one that counts; it may have ended by itself."""
        return self.filter(user=user_id).order_by("-since").select_related("plan").first()


class Membership(models.Model):
    """A user was put on a plan: by whom, why, since when; the next one ends it, or its own end if it has one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="memberships")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: until another plan is assigned.")
    daily_poses = models.PositiveIntegerField(null=True, blank=True, help_text="Instead of the plan's own number.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "since"], name="membership_begins_once"),
            models.CheckConstraint(
                name="membership_ends_after_it_began", condition=Q(until=None) | Q(until__gt=F("since"))
            ),
            models.CheckConstraint(name="membership_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.plan} since {self.since:%Y-%m-%d}"


class QuotaDay(models.Model):
    """How many poses of a day, in Jakarta, a user has used."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quota_days")
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="quota_day_once_a_user")]

    def __str__(self) -> str:
        return f"{self.user}: {self.used} on {self.day}"


class QuotaUse(models.Model):
    """Poses taken from a day by an order, or one given back to it. Written once by `credits.quota`, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.ForeignKey(QuotaDay, models.PROTECT, related_name="uses")
    key = models.CharField(max_length=100, unique=True)
    poses = models.IntegerField(help_text="Taken, or -1 for one given back.")
    taken = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="given_back")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quota_use_takes_or_gives_back_one",
                condition=Q(poses__gt=0, taken=None) | Q(poses=-1, taken__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.poses} {self.key}"
