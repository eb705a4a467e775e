"""Which stored files the avatars name, how many bytes a user has (`lumiku.keepers`), and when files go."""

import uuid
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.db.models import Q, Sum

from avatars.models import Avatar, AvatarVersion, Portrait
from lumiku import files

PREFIXES = ("avatars/",)
BATCH = 500
NOTHING = {"image": "", "thumbnail": ""}


def names_in_use(names: Collection[str]) -> set[str]:
    """Return those of `names` that an avatar shows or showed; of one that is being painted, all below its folder."""
    shown = Q(image__in=names) | Q(thumbnail__in=names)
    rows = [model.objects.filter(shown).values_list("image", "thumbnail") for model in (Avatar, AvatarVersion)]
    used = {name for found in rows for row in found for name in row}
    folders: dict[uuid.UUID, list[str]] = {}
    for name in names:
        with suppress(ValueError, IndexError):
            folders.setdefault(uuid.UUID(name.split("/")[1]), []).append(name)
    painted = Portrait.objects.open().filter(pk__in=folders).values_list("pk", flat=True)
    return used.union(*(folders[pk] for pk in painted)) & set(names)


def bytes_of(user: Any) -> int:
    """Return the bytes of the user's photos, those of former versions too."""
    return AvatarVersion.objects.filter(avatar__owner=user).aggregate(total=Sum("bytes"))["total"] or 0


def forget_discarded() -> int:
    """Delete the photos of discarded avatars that no running order needs; return how many avatars that were."""
    doomed = list(Avatar.objects.to_forget()[:BATCH])
    for avatar in doomed:
        files.delete_folder(f"avatars/{avatar.pk}")
        avatar.versions.update(**NOTHING, bytes=0)
        Avatar.objects.filter(pk=avatar.pk).update(**NOTHING)
    return len(doomed)
