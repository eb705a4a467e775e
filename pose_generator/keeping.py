"""Which stored files the rows of this package name, and how many bytes a user has (`lumiku.keepers`)."""

import uuid
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.db.models import Q, Sum

from pose_generator.models import BackgroundChange, Generation, Pose, Result, SharedPicture, Upload

#: Orders name the photo of their person too, which is an avatar's or an upload.
PREFIXES = ("results/", "uploads/", "poses/", "avatars/")


#: The fields of a result that name one file each.
NAMES = ("image", "output", "matte", "thumbnail", "overlay")

#: What a result says whose files are gone.
NOTHING: dict[str, Any] = {**dict.fromkeys(NAMES, ""), "exports": {}, "bytes": 0}


def names_in_use(names: Collection[str]) -> set[str]:
    """Return those of `names` that a row names; of a result that has not ended, everything below its folder."""
    mine = Q(file__in=names)
    used = set(Upload.objects.filter(mine, discarded_at=None).values_list("file", flat=True))
    used |= set(Generation.objects.open().filter(reference__in=names).values_list("reference", flat=True))
    drawn = Pose.objects.filter(Q(preview__in=names) | Q(thumbnail__in=names) | Q(skeleton__in=names))
    used |= set(SharedPicture.objects.alive().filter(file__in=names).values_list("file", flat=True))
    used |= {name for row in drawn.values_list("preview", "thumbnail", "skeleton") for name in row}
    return (used | _of_results(names)) & set(names)


def _of_results(names: Collection[str]) -> set[str]:
    folders: dict[uuid.UUID, list[str]] = {}
    for name in names:
        with suppress(ValueError, IndexError):
            if name.startswith("results/"):
                folders.setdefault(uuid.UUID(name.split("/")[1]), []).append(name)
    used: set[str] = set()
    for result in Result.objects.filter(pk__in=folders).only(*NAMES, "exports", "ended_at"):
        used |= {*(getattr(result, name) for name in NAMES), *result.exports.values()}
        if result.ended_at is None:  # an attempt to come may adopt what is there
            used |= set(folders[result.pk])
    changing = BackgroundChange.objects.open().filter(result__in=folders).values_list("result", flat=True)
    return used.union(*(folders[pk] for pk in changing))


def bytes_of(user: Any) -> int:
    """Return the bytes of the user's pictures and uploads."""
    pictures = Result.objects.filter(generation__owner=user).aggregate(total=Sum("bytes"))["total"] or 0
    return pictures + (Upload.objects.filter(owner=user).aggregate(total=Sum("bytes"))["total"] or 0)
