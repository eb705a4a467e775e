"""Projects and uploads."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from avatars.models import Avatar


class Owned(models.QuerySet[Any]):
    """Rows that belong to a user and are there until they are discarded."""

    def owned_by(self, user: Any) -> "Owned":
        return self.filter(owner=user, discarded_at=None)


class Upload(models.Model):
    """A picture that a user gave us: a background, an avatar's photo or a logo."""

    class Purpose(models.TextChoices):
        BACKGROUND = "background"
        AVATAR = "avatar"
        LOGO = "logo"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    file = models.CharField(max_length=200, unique=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    discarded_at = models.DateTimeField(null=True, blank=True)

    objects = Owned.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="uploads_of_a_user")]

    def __str__(self) -> str:
        return self.file


class Project(models.Model):
    """What a seller's orders are kept in, with the person that they show."""

    class State(models.TextChoices):
        ACTIVE = "active"
        ARCHIVED = "archived"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="projects")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    avatar = models.ForeignKey(Avatar, models.PROTECT, null=True, blank=True, related_name="projects")
    photo = models.ForeignKey(Upload, models.PROTECT, null=True, blank=True, related_name="projects")
    status = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    discarded_at = models.DateTimeField(null=True, blank=True)

    objects = Owned.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="projects_of_a_user")]
        constraints = [
            models.CheckConstraint(
                name="project_shows_an_avatar_or_a_photo",
                condition=models.Q(avatar=None) | models.Q(photo=None),
            )
        ]

    def __str__(self) -> str:
        return self.name
