"""When the ledger was last proved, and what came of it."""

from django.db import models


class Audit(models.Model):
    """One proof of every sum."""

    at = models.DateTimeField(auto_now_add=True)
    seconds = models.FloatField(help_text="How long it took.")
    accounts = models.PositiveIntegerField()
    entries = models.PositiveBigIntegerField()
    faults = models.PositiveIntegerField(help_text="How many sums do not match; 0 is right.")
    first_faults = models.JSONField(default=list, help_text="The first of them, in words.")

    class Meta:
        indexes = [models.Index(fields=["-at"], name="audits_newest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {self.faults} faults"
