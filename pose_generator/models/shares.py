"""Shares: a chosen set of pictures behind a public address, until it ends.

Whether a share lives is asked of the clock and the rows each time, so that nothing has to run for one to end.
"""

import secrets
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Prefetch, Q
from django.db.models.functions import Now
from django.utils import timezone

from credits.work import Status
from pose_generator.models.generations import Result

#: Random bytes of an address: nobody guesses one.
TOKEN_BYTES = 24
#: Pictures of a share that its owner sees in the list.
GLIMPSE = 4


def new_token() -> str:
    """Return 192 random bits as 32 letters that an address may have."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class ShareQuerySet(models.QuerySet["Share"]):
    def owned_by(self, user: Any) -> "ShareQuerySet":
        return self.filter(owner=user)

    def alive(self) -> "ShareQuerySet":
        """Neither revoked nor past its time, and of an account that is open."""
        return self.filter(revoked_at=None, expires_at__gt=Now(), owner__is_active=True)

    def ended(self) -> "ShareQuerySet":
        return self.exclude(pk__in=self.model._default_manager.alive().values("pk"))

    def for_display(self) -> "ShareQuerySet":
        """Annotate `size`, how many pictures it shows, and read the first of them as `glimpse`."""
        still_there = Q(pictures__result__discarded_at=None, pictures__result__generation__discarded_at=None)
        first = SharedPicture.objects.visible().filter(number__lt=GLIMPSE).select_related("result__generation")
        return self.annotate(size=Count("pictures", filter=still_there)).prefetch_related(
            Prefetch("pictures", first.order_by("number"), to_attr="glimpse")
        )


class Share(models.Model):
    """An address that shows some pictures of its owner to whoever knows it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="shares")
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    title = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    views = models.PositiveIntegerField(default=0, help_text="How often the page was opened, roughly; not by whom.")

    objects = ShareQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="shares_of_a_user")]
        constraints = [
            models.CheckConstraint(name="share_ends_after_it_began", condition=Q(expires_at__gt=F("created_at")))
        ]

    def __str__(self) -> str:
        return self.title or str(self.pk)


class SharedPictureQuerySet(models.QuerySet["SharedPicture"]):
    def alive(self) -> "SharedPictureQuerySet":
        """Of shares that live."""
        return self.filter(share__in=Share.objects.alive())

    def visible(self) -> "SharedPictureQuerySet":
        """Whose picture is still there: a discarded one vanishes from every share."""
        kept = self.filter(result__discarded_at=None, result__generation__discarded_at=None)
        return kept.filter(result__status=Status.COMPLETED).exclude(result__image="")


class SharedPicture(models.Model):
    """A picture in a share. Its id means nothing elsewhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, models.CASCADE, related_name="pictures")
    result = models.ForeignKey(Result, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(help_text="Its place in the share, from 0.")
    file = models.CharField(
        max_length=200,
        blank=True,
        help_text="Storage name of the copy that is handed out; empty until it is asked for.",
    )
    made_of = models.CharField(max_length=200, blank=True, help_text="Storage name of what it is a copy of.")

    objects = SharedPictureQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["file"], name="shared_copies", condition=~Q(file=""))]
        constraints = [
            models.UniqueConstraint(fields=["share", "number"], name="shared_number_used_once"),
            models.UniqueConstraint(fields=["share", "result"], name="picture_shared_once_in_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.share_id} #{self.number}"

    @property
    def shown(self) -> str:
        """Storage name of what the picture's owner sees now."""
        return self.result.output or self.result.image
