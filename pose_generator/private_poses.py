"""A user's own poses, made of a photo or of key points.

The photo is looked at and forgotten: what is kept is a body position, which shows nobody. A private pose is a row of
the library that only its owner sees; its drawings lie outside of the public folder, behind signed links.
"""

import uuid
from datetime import timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import override
from numpy.typing import NDArray

from lumiku import images, moderation
from lumiku.errors import Invalid
from pose_generator import drawings
from pose_generator.models import Category, Pose, Upload
from pose_generator.posing import detect, formats, lift, subject
from pose_generator.projects import TooManyUploads

Array = NDArray[np.float64]

#: Where a pose goes whose maker named no category.
HOME = "everyday-casual"
READERS = {"openpose": formats.openpose, "coco": formats.coco}


def from_photo(user: Any, data: bytes, *, name: str = "", category: Category | None = None) -> Pose:
    """Keep the pose of the one person in a photo (JPEG, PNG or WebP bytes) as the user's own.

    Raises TooManyUploads, UnusablePicture, NoPerson, SeveralPeople, IncompleteBody, VisionUnavailable, Refused.
    """
    _check(user, name)
    photo = images.clean_upload(data).image.convert("RGB")
    person = subject.the_one(detect.detector().find(photo), photo.size)
    return _keep(user, lift.lift(person.keypoints, person.confidence, person.depth), name, category)


def from_keypoints(user: Any, written: Any, *, format: str, name: str = "", category: Category | None = None) -> Pose:
    """Keep the pose in key points of a `format` of READERS as the user's own; raises as `formats` does."""
    _check(user, name)
    return _keep(user, lift.lift(*READERS[format](written)), name, category)


def _check(user: Any, name: str) -> None:
    moderation.check(name=name)
    lately = {"owner": user, "created_at__gt": Now() - timedelta(seconds=60)}
    recent = Pose.objects.filter(**lately).count() + Upload.objects.filter(**lately).count()
    if settings.LIMITS_ON and recent >= settings.LIMITS["uploads_per_minute"]:
        raise TooManyUploads(_("That was many uploads for a minute; please wait a moment."), retry_after=60)


def _keep(user: Any, keypoints: Array, name: str, category: Category | None) -> Pose:
    pk = uuid.uuid4()
    shelf = category or _home()
    names = {language: name or _unnamed(language) for language, _label in settings.LANGUAGES}
    return Pose.objects.create(
        pk=pk,
        slug=f"private-{pk}",
        category=shelf,
        owner=user,
        is_public=False,
        source=Pose.Source.USER_CONTRIBUTED,
        name_en=names["en"],
        name_id=names["id"],
        keypoints=(keypoints.round(4) + 0.0).tolist(),
        **drawings.put(f"poses/{user.pk}/{pk}", keypoints, {}),
    )


def _unnamed(language: str) -> str:
    with override(language):
        return _("My pose")


def _home() -> Category:
    leaves = Category.objects.filter(is_active=True).exclude(parent=None)
    home = leaves.filter(slug=HOME).first() or leaves.order_by("display_order", "slug").first()
    if home is None:
        raise Invalid(_("The library has no categories yet; ask the operator to import it."))
    return home
