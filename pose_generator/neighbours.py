"""Which poses a caller may see are nearest to a pose, or to what a text means.

The library's index is kept in each process and built anew when the library has changed, which one cheap query tells.
A caller's own poses are few and change often: they are measured for each search and never enter what others share.
"""

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max
from numpy.typing import ArrayLike

from lumiku import images
from pose_generator import meaning
from pose_generator.models import Pose
from pose_generator.posing import detect, lift, subject
from pose_generator.posing.search import Index, Match
from pose_generator.private_poses import READERS

#: What a change of the library changes: when a pose was last written, and how many there are.
Stamp = tuple[datetime | None, int]

_lock = threading.Lock()
_kept: tuple[Stamp, Index[UUID]] | None = None


def nearest(user: Any, keypoints: ArrayLike, *, limit: int, leave_out: UUID | None = None) -> list[Match[UUID]]:
    """Return the `limit` poses visible to `user` that are nearest to `keypoints` (18, 3; metres), nearest first."""
    own = Index(Pose.objects.filter(owner=user, retired_at=None).values_list("pk", "keypoints"))
    found = [*library().nearest(keypoints, limit + 1), *own.nearest(keypoints, limit + 1)]
    found.sort(key=lambda match: match.distance)
    return [match for match in found if match.id != leave_out][:limit]


def shape_of(source: str, content: Any) -> ArrayLike:
    """Return the keypoints (18, 3; metres) of a "pose_id" (its row), a "file" (bytes of a photo), or of key points.

    Key points are named by their format in `private_poses.READERS`. Raises what the reader, the detector and
    `lumiku.images` raise: all are refusals with a sentence. Nothing is kept.
    """
    if source == "pose_id":
        return content.keypoints
    if source == "file":
        photo = images.clean_upload(content).image.convert("RGB")
        person = subject.the_one(detect.detector().find(photo), photo.size)
        return lift.lift(person.keypoints, person.confidence, person.depth)
    return lift.lift(*READERS[source](content))


def library() -> Index[UUID]:
    """Return the index of the published poses as they are now."""
    global _kept
    published = Pose.objects.published()
    counted = published.aggregate(last=Max("updated_at"), number=Count("pk"))
    stamp = (counted["last"], counted["number"])
    with _lock:
        if _kept is None or _kept[0] != stamp:
            # Read after the stamp: what changes in between changes the next stamp, too.
            _kept = (stamp, Index(published.order_by("pk").values_list("pk", "keypoints")))
        return _kept[1]


def meant(text: str) -> Pose | None:
    """Return the free pose of the library whose meaning is closest to `text`, None if none is close enough."""
    match = _meanings.index().closest(text)
    if match is None:
        return None
    pose = Pose.objects.published().filter(pk=match.id, is_premium=False).first()
    if pose is None:
        _meanings.forget()  # it was retired, or made premium, within the minute
    return pose


def _words_of_poses() -> Iterator[meaning.Words[UUID]]:
    free = Pose.objects.published().filter(is_premium=False).order_by("pk")
    return map(meaning.of_row, free.values_list(*meaning.COLUMNS))


_meanings = meaning.Shelf(_words_of_poses, seconds=60)


def forget() -> None:
    """Read the library anew at the next question."""
    global _kept
    with _lock:
        _kept = None
    _meanings.forget()
