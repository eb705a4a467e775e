"""A later change of one picture's background: ordered, paid and told of like a picture of its own."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from credits.jobs import Job
from credits.work import WorkQuerySet
from pose_generator.models.generations import Result
from pose_generator.models.projects import Upload


class BackgroundChange(Job):
    """One order of another background for a picture that has come."""

    KIND: ClassVar[str] = "background"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    result = models.ForeignKey(Result, models.PROTECT, related_name="changes")
    mode = models.CharField(max_length=12)
    prompt = models.CharField(max_length=300, blank=True)
    color = models.CharField(max_length=7, blank=True)
    upload = models.ForeignKey(Upload, models.PROTECT, null=True, blank=True, related_name="+")
    backend = models.CharField(max_length=40, blank=True, help_text="Who paints the scene, if one is painted.")
    seed = models.BigIntegerField(default=0)
    output = models.CharField(max_length=200, blank=True)
    thumbnail = models.CharField(max_length=200, blank=True)
    matte = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[Any] = WorkQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(
                fields=["result"], condition=Q(status__in=["pending", "processing"]), name="one_change_at_a_time"
            ),
            models.CheckConstraint(
                name="backgroundchange_completed_has_output", condition=~Q(status="completed") | ~Q(output="")
            ),
        ]
        indexes = [models.Index(fields=["status", "created_at"], name="changes_by_status")]

    def lock(self) -> None:
        """Lock the picture before the change: the order of locks is that of `settlement`."""
        Result.objects.select_for_update(no_key=True).get(pk=self.result_id)

    def deliver(self) -> None:
        """Show the picture with its new background; what was exported of the old one is made anew when asked for."""
        found = {"matte": self.matte} if self.matte else {}
        # Of a picture that was deleted meanwhile the files go with its order's.
        Result.objects.filter(pk=self.result_id, discarded_at=None).update(
            output=self.output,
            thumbnail=self.thumbnail,
            background_mode=self.mode,
            background_color=self.color,
            background_changed=True,
            error_code="",
            exports={},
            bytes=F("bytes") + self.bytes,
            **found,
        )

    def news(self) -> tuple[str, dict[str, Any]]:
        """Return the picture as it is now, and why the change failed if it did."""
        from pose_generator import wire

        told = wire.pose(Result.objects.get(pk=self.result_id))
        failed = self.error_code if self.status != "completed" else ""
        return "pose-update", {"pose": told, "error_code": failed or None, "error_message": wire.why(failed)}

    def __str__(self) -> str:
        return f"{self.mode} for {self.result_id}"
