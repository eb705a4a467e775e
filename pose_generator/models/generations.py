"""A generation is one order; a result is one picture of it, and the truth about whether it waits, runs or has ended.

Everything that decides about money or state is a constraint: terminal states absorb (triggers), a completed result
has a picture, what runs has a lease. `attempt` is the fence: whoever settles names the attempt that it claimed.
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from avatars.models import Avatar
from credits.models import Entry
from credits.work import OPEN, Status, Work, WorkQuerySet
from pose_generator.models.library import Pose
from pose_generator.models.projects import Project, Upload


class GenerationQuerySet(models.QuerySet["Generation"]):
    def owned_by(self, user: Any) -> "GenerationQuerySet":
        return self.filter(owner=user, discarded_at=None)

    def open(self) -> "GenerationQuerySet":
        return self.filter(status__in=OPEN)

    def with_counts(self) -> "GenerationQuerySet":
        """Annotate how many results stand where, and what was given back."""
        returned = (
            Entry.objects.given_back()
            .filter(hold=models.OuterRef("hold"))
            .order_by()
            .values("hold")
            .annotate(total=Sum("available"))
            .values("total")
        )
        # One small look-up for each order that is shown, not a join over all that its owner ever ordered.
        return self.select_related("hold").annotate(
            completed_count=_results_that(Status.COMPLETED),
            failed_count=_results_that(Status.FAILED),
            cancelled_count=_results_that(Status.CANCELLED),
            average_seconds=models.Subquery(_of_order().annotate(mean=models.Avg("generation_time")).values("mean")),
            credit_refunded=Coalesce(models.Subquery(returned, models.BigIntegerField()), 0),
        )


def _of_order() -> Any:
    return Result.objects.filter(generation=models.OuterRef("pk")).order_by().values("generation")


def _results_that(status: str) -> Any:
    counted = _of_order().filter(status=status).annotate(number=Count("pk")).values("number")
    return Coalesce(models.Subquery(counted, models.IntegerField()), 0)


class Generation(models.Model):
    """One order, as it was agreed: what to paint, at which price, by which backend."""

    class Kind(models.TextChoices):
        GALLERY = "GALLERY_REFERENCE"
        TEXT = "TEXT_DESCRIPTION"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="generations")
    project = models.ForeignKey(Project, models.PROTECT, related_name="generations")
    kind = models.CharField(max_length=17, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    text_prompt = models.CharField(max_length=500, blank=True)
    avatar = models.ForeignKey(Avatar, models.PROTECT, null=True, blank=True, related_name="generations")
    avatar_version = models.PositiveIntegerField(null=True, blank=True, help_text="Of the avatar's photo when ordered.")
    traits = models.JSONField(default=dict, help_text="The avatar's traits when ordered.")
    reference = models.CharField(
        max_length=200, blank=True, help_text="Storage name of the person's photo when ordered."
    )
    batch_size = models.PositiveSmallIntegerField(help_text="Variations of each pose and camera.")
    total = models.PositiveSmallIntegerField()
    background_mode = models.CharField(max_length=12, blank=True)
    background_prompt = models.CharField(max_length=300, blank=True)
    background_color = models.CharField(max_length=7, blank=True)
    background_upload = models.ForeignKey(Upload, models.PROTECT, null=True, blank=True, related_name="+")
    export_formats = models.JSONField(default=list, db_default=[], help_text="Names of formats made of each picture.")
    seed = models.BigIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    backend = models.CharField(max_length=40)
    hold = models.OneToOneField(Entry, models.PROTECT, null=True, blank=True, related_name="generation")
    retry_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="retries")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deadline_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True, help_text="When the files of a discarded order went.")

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="generations_of_a_user"),
            models.Index(fields=["project", "-created_at"], name="generations_of_a_project"),
            models.Index(
                fields=["discarded_at"],
                name="generations_to_forget",
                condition=Q(discarded_at__isnull=False, forgotten_at=None),
            ),
            models.Index(fields=["created_at"], name="generations_that_are_open", condition=Q(status__in=OPEN)),
        ]
        constraints = [
            models.CheckConstraint(name="generation_has_results", condition=Q(total__gte=1, total__lte=500)),
            models.CheckConstraint(
                name="generation_ended_when_closed",
                condition=Q(status__in=OPEN, completed_at=None) | (~Q(status__in=OPEN) & Q(completed_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class ResultQuerySet(WorkQuerySet["Result"]):
    def owned_by(self, user: Any) -> "ResultQuerySet":
        return self.filter(generation__owner=user, generation__discarded_at=None, discarded_at=None)


class Result(Work):
    """One picture of a generation, from order to settlement."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="results")
    number = models.PositiveSmallIntegerField(help_text="Index in the order; the seed's index.")
    pose = models.ForeignKey(Pose, models.PROTECT, null=True, blank=True, related_name="results")
    variation = models.PositiveSmallIntegerField()
    yaw = models.FloatField(default=0)
    pitch = models.FloatField(default=0)
    price = models.PositiveIntegerField(help_text="Credits, the background included.")
    background_price = models.PositiveIntegerField(default=0)
    prompt = models.TextField()
    seed = models.BigIntegerField()

    image = models.CharField(max_length=200, blank=True, help_text="Storage name of the original; it never changes.")
    output = models.CharField(
        max_length=200, blank=True, db_default="", help_text="The picture with another background; empty: the original."
    )
    matte = models.CharField(
        max_length=200, blank=True, db_default="", help_text="Where the person is in the original, once it was found."
    )
    background_mode = models.CharField(
        max_length=12, blank=True, db_default="", help_text="The background that `output` has."
    )
    background_color = models.CharField(max_length=7, blank=True, db_default="")
    exports = models.JSONField(default=dict, db_default={}, help_text="Storage names of what was made, by format.")
    bytes = models.PositiveBigIntegerField(default=0, db_default=0, help_text="Of all files of this picture.")
    thumbnail = models.CharField(max_length=200, blank=True)
    backend = models.CharField(max_length=40, help_text="Who is to paint it or has; at first the order's own.")
    # The database's own defaults let workers of the release before insert rows while a new one is rolled out.
    job = models.CharField(
        max_length=200, blank=True, db_default="", help_text="The provider's id of a job that is under way there."
    )
    job_repaint = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Which painting the job makes.")
    provider_request_id = models.CharField(max_length=200, blank=True)
    background_changed = models.BooleanField(default=False)
    generation_time = models.FloatField(null=True, blank=True, help_text="Seconds.")
    pose_score = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How well the pose was kept, 0 to 100; empty if nobody could tell."
    )
    limb_scores = models.JSONField(null=True, blank=True, help_text="The same for each limb that could be seen.")
    overlay = models.CharField(
        max_length=200, blank=True, db_default="", help_text="Storage name of the picture with both skeletons."
    )
    repaints = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Paintings beyond the first.")
    pose_under_threshold = models.BooleanField(
        default=False, db_default=False, help_text="Even the best painting scores under the backend's threshold."
    )
    digest = models.CharField(max_length=64, blank=True, db_default="", help_text="SHA-256 of the original's bytes.")
    safety = models.CharField(
        max_length=10, blank=True, db_default="", help_text="What a picture check said: unchecked or passed."
    )
    discarded_at = models.DateTimeField(null=True, blank=True)

    objects = ResultQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["generation", "status"], name="results_by_status"),
            models.Index(fields=["pose", "generation"], name="results_of_a_pose"),
            models.Index(fields=["backend", "-ended_at"], name="results_lately"),
            models.Index(fields=["ended_at"], name="results_by_end"),
            models.Index(fields=["created_at"], name="results_waiting", condition=Q(status=Status.PENDING)),
            models.Index(fields=["lease_until"], name="results_in_work", condition=Q(status=Status.PROCESSING)),
            models.Index(
                fields=["rung_at"],
                name="results_rung",
                condition=Q(status=Status.PENDING, rung_at__isnull=False),
            ),
            models.Index(fields=["ended_at"], name="results_with_a_job", condition=~Q(job="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["generation", "number"], name="result_number_used_once"),
            models.CheckConstraint(
                name="result_completed_has_image",
                condition=~Q(status=Status.COMPLETED) | ~Q(image="") | Q(discarded_at__isnull=False),
            ),
            models.CheckConstraint(
                name="result_pose_score_in_percent",
                condition=Q(pose_score=None) | Q(pose_score__lte=100),
            ),
            *Work.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.generation_id} #{self.number}"
