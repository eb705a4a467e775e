"""Private poses that their owners delete: hidden at once, their drawings gone with the next tidying.

The row stays with its key points, since orders that were placed with it may still be painted; it shows nobody.
"""

from typing import Any

from django.utils.translation import gettext as _

from lumiku import files
from lumiku.errors import NotFound
from pose_generator.models import Pose

BATCH = 500
DRAWINGS = ("preview", "thumbnail", "skeleton")


def discard(user: Any, pk: Any) -> None:
    """Hide a pose of the user's own, or raise NotFound: the library's and other people's are not theirs to delete."""
    if not Pose.objects.filter(pk=pk, owner=user).retire():
        raise NotFound(_("There is nothing here, or it is not yours."))


def forget() -> int:
    """Delete the drawings of discarded private poses; return how many poses that were."""
    doomed = list(Pose.objects.filter(owner__isnull=False, retired_at__isnull=False).exclude(preview="")[:BATCH])
    for pose in doomed:
        for drawing in DRAWINGS:
            files.delete(getattr(pose, drawing))
        Pose.objects.filter(pk=pose.pk).update(**dict.fromkeys(DRAWINGS, ""))
    return len(doomed)
