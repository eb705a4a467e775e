"""The people in the pictures, each photo that they ever had, and the paid making of one by a backend."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, Max, Q
from django.utils import timezone

from credits.jobs import Job
from credits.work import OPEN, Status, WorkQuerySet


class AvatarQuerySet(models.QuerySet["Avatar"]):
    def owned_by(self, user: Any) -> "AvatarQuerySet":
        return self.filter(owner=user, discarded_at=None).select_related("portrait")

    def with_usage(self) -> "AvatarQuerySet":
        """Annotate how often each was ordered, and when last."""
        return self.annotate(usage_count=Count("generations"), last_used_at=Max("generations__created_at"))

    def to_forget(self) -> "AvatarQuerySet":
        """Hidden ones whose files nobody needs any more, neither a running order nor who paints them."""
        needed = Q(generations__status__in=OPEN) | Q(portrait__status__in=OPEN)
        return self.filter(discarded_at__isnull=False).exclude(image="").exclude(needed)


class Avatar(models.Model):
    """A person with traits and a photo. `image` and `thumbnail` are storage names, of the current version.

    How one stands that is painted stands on its portrait alone, so that the two cannot differ.
    """

    class Source(models.TextChoices):
        UPLOADED = "uploaded"
        TEXT_TO_IMAGE = "text_to_image"
        FROM_PRESET = "from_preset"

    class Gender(models.TextChoices):
        MALE = "male"
        FEMALE = "female"
        UNISEX = "unisex"

    class AgeRange(models.TextChoices):
        YOUNG = "young"
        ADULT = "adult"
        MATURE = "mature"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="avatars")
    name = models.CharField(max_length=100)
    source = models.CharField(max_length=15, choices=Source.choices, default=Source.UPLOADED)
    traits = models.JSONField(default=dict)
    image = models.CharField(max_length=200, blank=True)
    thumbnail = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, help_text="Of the photo; 0 until the first has come.")
    created_at = models.DateTimeField(auto_now_add=True)
    discarded_at = models.DateTimeField(null=True, blank=True)

    objects = AvatarQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="avatars_of_a_user")]
        constraints = [
            models.CheckConstraint(
                name="avatar_has_the_photo_of_its_version",
                condition=Q(version=0, image="") | (Q(version__gte=1) & (~Q(image="") | Q(discarded_at__isnull=False))),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> str:
        """`completed` with a photo; without one yet what its portrait says: `pending`, `processing` or `failed`."""
        portrait = self._unfinished
        return str(portrait.status if portrait else Status.COMPLETED)

    @property
    def error_code(self) -> str:
        """Why there is no photo, if painting it failed."""
        portrait = self._unfinished
        return portrait.error_code if portrait else ""

    @property
    def _unfinished(self) -> "Portrait | None":
        return None if self.image else getattr(self, "portrait", None)

    def show(self, *, image: str, thumbnail: str, size: int, faces: int | None) -> None:
        """Give the avatar another photo as its next version, in the caller's transaction; the row is locked, or new."""
        self.version += 1
        self.image, self.thumbnail = image, thumbnail
        self.versions.create(number=self.version, image=image, thumbnail=thumbnail, bytes=size, faces=faces)
        Avatar.objects.filter(pk=self.pk).update(image=image, thumbnail=thumbnail, version=self.version)


class AvatarVersion(models.Model):
    """A photo that an avatar has or had: orders keep the one that they were placed with."""

    avatar = models.ForeignKey(Avatar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    image = models.CharField(max_length=200, blank=True)
    thumbnail = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    faces = models.PositiveSmallIntegerField(null=True, blank=True, help_text="How many were found; empty: not looked.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["avatar", "number"], name="avatar_version_number_used_once")]

    def __str__(self) -> str:
        return f"{self.avatar_id} version {self.number}"


class Portrait(Job):
    """The first photo of an avatar, painted by a backend. It has the avatar's own id, and so have its ledger keys."""

    KIND: ClassVar[str] = "avatar"

    avatar = models.OneToOneField(Avatar, models.PROTECT, primary_key=True, related_name="portrait")
    preset = models.CharField(max_length=50, blank=True, help_text="Slug of the preset it was made from.")
    prompt = models.TextField()
    traits = models.JSONField(default=dict, help_text="The avatar's traits when ordered.")
    seed = models.BigIntegerField()
    backend = models.CharField(max_length=40)
    provider_request_id = models.CharField(max_length=200, blank=True)
    image = models.CharField(max_length=200, blank=True)
    thumbnail = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    faces = models.PositiveSmallIntegerField(null=True, blank=True)

    objects: ClassVar[Any] = WorkQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                name="portrait_completed_has_image", condition=~Q(status=Status.COMPLETED) | ~Q(image="")
            ),
        ]
        indexes = [models.Index(fields=["status", "created_at"], name="portraits_by_status")]

    def __str__(self) -> str:
        return f"portrait of {self.avatar_id}"

    def lock(self) -> None:
        """Lock the avatar before its portrait."""
        Avatar.objects.select_for_update(no_key=True).get(pk=self.avatar_id)

    def deliver(self) -> None:
        """Give the avatar its photo. One that was deleted meanwhile gets it, too: so its files are known and go."""
        self.avatar.show(image=self.image, thumbnail=self.thumbnail, size=self.bytes, faces=self.faces)

    def news(self) -> tuple[str, dict[str, Any]]:
        """Return the avatar as it is now, and why its photo did not come if it did not."""
        from avatars import wire

        told = wire.avatar(Avatar.objects.with_usage().select_related("portrait").get(pk=self.avatar_id))
        return "avatar-update", {
            "avatar": told,
            "error_code": told["error_code"],
            "error_message": told["error_message"],
        }
