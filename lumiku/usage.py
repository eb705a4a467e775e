"""How much room a user's pictures take, and the refusal of more.

Sizes stand on the rows that name the files, so they come and go with them in one transaction: a counter beside them
would drift, and a list of the bucket knows no users. What a user cannot see (leftovers of failed attempts) is not
counted, and is collected.
"""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from lumiku import keepers
from lumiku.errors import DomainError

MEGABYTE = 1024 * 1024


class StorageFull(DomainError):
    """The user's pictures take all the room there is for them. `extra` has both numbers, in bytes."""

    code = "storage_full"
    status = 507


def of(user: Any) -> int:
    """Return how many bytes the user's pictures have."""
    return sum(keeper.bytes_of(user) for keeper in keepers.every())


def check(user: Any, *, coming: int = 0) -> None:
    """Raise StorageFull if `coming` more bytes would be too many. Called before anything is painted or charged."""
    limit = settings.STORAGE_LIMIT
    if not (settings.LIMITS_ON and limit):
        return
    used = of(user)
    if used + coming > limit:
        sentence = _("Your pictures take %(used)d of %(limit)d MB; delete some orders to make room.")
        raise StorageFull(
            sentence % {"used": used // MEGABYTE, "limit": limit // MEGABYTE}, storage_used=used, storage_limit=limit
        )
