"""Who keeps which files: the one seam between stored names and the rows that name them.

A package that stores files has a module with the three names of `Keeper`, listed in FILE_KEEPERS. What lies below here
asks those modules and knows none of their rows.
"""

from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings


class Keeper(Protocol):
    """A module that knows the rows behind some stored names."""

    PREFIXES: Sequence[str]
    """What its names begin with, each with a slash at its end. Names that no keeper claims are never deleted."""

    def names_in_use(self, names: Collection[str]) -> set[str]:
        """Return those of `names` (up to 1,000, all below PREFIXES) that a row names, or that running work may need.

        A name that is not in use once must never be used again: the row's own id stands in it.
        """

    def bytes_of(self, user: Any) -> int:
        """Return how many bytes the files of the user's rows have."""


def every() -> list[Keeper]:
    """Return the keepers of this installation."""
    return [cast(Keeper, import_module(path)) for path in settings.FILE_KEEPERS]


def claimed(names: Collection[str]) -> set[str]:
    """Return those of `names` that a keeper claims."""
    prefixes = tuple(prefix for keeper in every() for prefix in keeper.PREFIXES)
    return {name for name in names if name.startswith(prefixes)}


def in_use(names: Collection[str]) -> set[str]:
    """Return those of `names` that must stay: named by a row, or claimed by nobody."""
    used = set(names) - claimed(names)
    for keeper in every():
        if mine := [name for name in names if name.startswith(tuple(keeper.PREFIXES))]:
            used |= keeper.names_in_use(mine)
    return used
