"""Wishes: the poses that users ask for, and who wants them too.

The wire calls a wish a request, hence the models' names. Votes are counted when they are shown, so no counter drifts.
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from pose_generator.models.library import Category, Pose


class PoseRequestQuerySet(models.QuerySet["PoseRequest"]):
    def visible_to(self, user: Any) -> "PoseRequestQuerySet":
        """What operators approved, and everything that the user asked for."""
        return self.filter(Q(owner=user) | Q(status__in=SHOWN))

    def open(self) -> "PoseRequestQuerySet":
        return self.filter(status__in=OPEN_WISHES)

    def with_votes(self) -> "PoseRequestQuerySet":
        """Annotate `votes`, how many people want it."""
        cast = Vote.objects.filter(request=OuterRef("pk")).order_by().values("request")
        counted = Subquery(cast.annotate(number=Count("pk")).values("number"), models.IntegerField())
        return self.annotate(votes=Coalesce(counted, 0))

    def for_display(self, user: Any) -> "PoseRequestQuerySet":
        """Everything that the wire's request needs, in one query."""
        return self.with_votes().annotate(voted=Exists(Vote.objects.filter(request=OuterRef("pk"), user=user)))


class PoseRequest(models.Model):
    """A pose that somebody asks for. Only `pose_generator.wishes` moves it from one status to the next."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="pose_requests")
    title = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.PENDING)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was rejected; the asker reads it.")
    pose = models.ForeignKey(Pose, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PoseRequestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="wishes_of_a_user"),
            models.Index(fields=["status", "-created_at"], name="wishes_by_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                "owner",
                Lower("title"),
                name="wish_asked_for_once_while_open",
                condition=Q(status__in=["pending", "approved", "in_progress"]),
            ),
            models.CheckConstraint(
                name="wish_rejected_has_reason",
                condition=Q(status="rejected") & ~Q(reason="") | ~Q(status="rejected") & Q(reason=""),
            ),
            models.CheckConstraint(
                name="wish_completed_has_pose",
                condition=Q(status="completed", pose__isnull=False) | ~Q(status="completed") & Q(pose=None),
            ),
        ]

    def __str__(self) -> str:
        return self.title


Status = PoseRequest.Status
OPEN_WISHES = (Status.PENDING, Status.APPROVED, Status.IN_PROGRESS)
#: What everybody sees; a wish that waits or was rejected is the asker's alone.
SHOWN = (Status.APPROVED, Status.IN_PROGRESS, Status.COMPLETED)


class Vote(models.Model):
    """One person's vote for a wish."""

    request = models.ForeignKey(PoseRequest, models.CASCADE, related_name="votes_cast")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "user"], name="vote_cast_once")]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.request_id}"
