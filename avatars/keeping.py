"""Which stored files the avatars name, and how many bytes a user has (`lumiku.keepers`)."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, Sum

from avatars.models import Avatar

PREFIXES = ("avatars/",)


def names_in_use(names: Collection[str]) -> set[str]:
    """Return those of `names` that an avatar shows."""
    shown = Avatar.objects.filter(Q(image__in=names) | Q(thumbnail__in=names)).values_list("image", "thumbnail")
    return {name for row in shown for name in row} & set(names)


def bytes_of(user: Any) -> int:
    """Return the bytes of the user's photos."""
    return Avatar.objects.filter(owner=user).aggregate(total=Sum("bytes"))["total"] or 0
