"""What the machine room needs to know, as rows: which processes live, and which backends wait."""

from django.db import models


class Process(models.Model):
    """A worker or the sweeper, with the time of its last heartbeat."""

    class Kind(models.TextChoices):
        WORKER = "worker"
        SWEEPER = "sweeper"

    name = models.CharField(primary_key=True, max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    queues = models.JSONField(default=list, db_default=[], help_text="The Celery queues that it takes pictures from.")
    places = models.PositiveIntegerField(default=0, help_text="How many pictures it takes at once.")
    beat_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return self.name


class Pause(models.Model):
    """A backend that hands out nothing until then: an operator closed it, or our key or money there is at fault.

    What must survive a Redis that forgets, and what people should read; the rest is `lumiku.backends.gate`'s.
    """

    backend = models.CharField(primary_key=True, max_length=40)
    until = models.DateTimeField()
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.backend} until {self.until}: {self.reason}"
