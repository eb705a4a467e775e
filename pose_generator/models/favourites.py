"""Favourites: poses of the library that a user keeps, and pictures that their owner keeps.

Tables of their own: marking one touches no row that orders or workers need.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone


class FavoritePose(models.Model):
    """A pose that a user marked."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    pose = models.ForeignKey("pose_generator.Pose", models.CASCADE, related_name="favorites")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "pose"], name="pose_favorite_once")]

    def __str__(self) -> str:
        return f"{self.pose_id} of {self.user_id}"


class FavoriteResult(models.Model):
    """A picture that its owner marked; nobody else can, so the picture alone is the key."""

    result = models.OneToOneField("pose_generator.Result", models.CASCADE, primary_key=True, related_name="favorite")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return str(self.result_id)
