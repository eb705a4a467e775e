"""A user's stream: numbered events, without gaps, in the order in which they were committed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Stream(models.Model):
    """The number of a user's newest event; its row lock puts commits of one user in order."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="stream")
    head = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"stream of {self.user_id} at {self.head}"


class Event(models.Model):
    """One thing that happened to a user. Stores ids, numbers and storage names, never links."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    name = models.CharField(max_length=40)
    data = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="event_age")]
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name="event_number_used_once"),
            models.CheckConstraint(name="event_number_positive", condition=Q(seq__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"
