"""What was answered to a request that must not be done twice."""

from django.conf import settings
from django.db import models


class Answer(models.Model):
    """The first answer to an Idempotency-Key, kept for a day."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # Where it first stood: no key is forgotten while a new release is rolled out.
        db_table = "pose_generator_answer"
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_used_once")]

    def __str__(self) -> str:
        return self.key
