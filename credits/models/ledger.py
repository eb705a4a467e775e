"""Accounts and entries: two signed columns say everything, what may be spent and what is set aside.

The database refuses what must never be: a negative balance, an entry whose shape does not fit its kind, a key used
twice, an entry changed or deleted (triggers in the migrations, on PostgreSQL and SQLite).

Within an account the times of entries rise strictly (`Account.moved_at`, under the account's lock), so that they have
one order and a running balance can be proved, whatever the clocks of several machines say.
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Account(models.Model):
    """A user's credits; both columns equal the sums of the account's entries."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="account")
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True, blank=True, help_text="The time of the newest entry.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="account_available_not_negative", condition=Q(available__gte=0)),
            models.CheckConstraint(name="account_held_not_negative", condition=Q(held__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.available} available, {self.held} held"


class EntryQuerySet(models.QuerySet["Entry"]):
    """Reads of the ledger; writes go through `credits.ledger`."""

    def owned_by(self, user: Any) -> "EntryQuerySet":
        return self.filter(account=user.pk)

    def given_back(self) -> "EntryQuerySet":
        """Entries that returned credits to their owner."""
        return self.filter(kind__in=[Entry.Kind.RELEASE, Entry.Kind.REFUND])


class Entry(models.Model):
    """One move of credits. Written once by `credits.ledger`, never changed."""

    class Kind(models.TextChoices):
        GRANT = "grant"
        HOLD = "hold"
        CAPTURE = "capture"
        RELEASE = "release"
        REFUND = "refund"
        EXPIRY = "expiry"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=100, unique=True)
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    balance_after = models.BigIntegerField()
    hold = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="moves")
    note = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Of a grant: what is unspent then goes.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["account", "-created_at"], name="entry_history"),
            models.Index(fields=["expires_at"], name="entry_expiries", condition=Q(expires_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="entry_moves_match_kind",
                condition=(
                    Q(kind__in=["grant", "refund"], available__gt=0, held=0)
                    | Q(kind="hold", held__gt=0, available=-F("held"))
                    | Q(kind="capture", held__lt=0, available=0)
                    | Q(kind="release", available__gt=0, held=-F("available"))
                    | Q(kind="expiry", available__lt=0, held=0)
                ),
            ),
            models.CheckConstraint(
                name="entry_spends_or_returns_a_hold",
                condition=Q(kind__in=["grant", "hold", "expiry"], hold=None)
                | Q(kind__in=["capture", "release", "refund"], hold__isnull=False),
            ),
            models.CheckConstraint(name="entry_only_grants_expire", condition=Q(expires_at=None) | Q(kind="grant")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
