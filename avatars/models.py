"""The people in the pictures."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class AvatarQuerySet(models.QuerySet["Avatar"]):
    def owned_by(self, user: Any) -> "AvatarQuerySet":
        return self.filter(owner=user, discarded_at=None)


class Avatar(models.Model):
    """A person with traits and a photo. `image` and `thumbnail` are storage names."""

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
    image = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200)
    bytes = models.PositiveBigIntegerField(default=0, db_default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    discarded_at = models.DateTimeField(null=True, blank=True)

    objects = AvatarQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="avatars_of_a_user")]
        constraints = [
            models.CheckConstraint(
                name="avatar_has_a_photo_until_discarded", condition=~Q(image="") | Q(discarded_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.name
