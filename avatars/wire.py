"""How avatars look outside: one description for REST and events.

Plain values, ids as text, times as on the wire, files as references that become links when they are shown.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from avatars.models import Avatar, AvatarVersion
from lumiku import files
from lumiku.api import timestamp


def why(code: str) -> str | None:
    """Return the sentence for an avatar that has no photo."""
    if not code:
        return None
    sentences = {
        "cancelled": _("Cancelled. The credits were given back."),
        "deadline": _("This avatar could not be painted in time. The credits were given back."),
        "moderated": _("A safety filter refused this avatar. The credits were given back."),
        "prompt_refused": _("This description is not allowed here any more. The credits were given back."),
    }
    return sentences.get(code) or _("This avatar could not be painted. The credits were given back; please try again.")


def avatar(row: Any) -> dict[str, Any]:
    """Return an avatar; `row` comes from `Avatar.objects.with_usage()`."""
    return {
        "id": str(row.pk),
        "name": row.name,
        "base_image_url": files.reference(row.image),
        "thumbnail_url": files.reference(row.thumbnail),
        "source_type": str(row.source),
        "status": row.status,
        "error_code": row.error_code or None,
        "error_message": why(row.error_code),
        "traits": row.traits,
        "usage_count": row.usage_count,
        "last_used_at": timestamp(row.last_used_at) if row.last_used_at else None,
        "version": row.version,
        "created_at": timestamp(row.created_at),
    }


def versions(rows: Iterable[AvatarVersion]) -> list[dict[str, Any]]:
    """Return the photos that an avatar had."""
    return [
        {
            "number": row.number,
            "image_url": files.reference(row.image),
            "thumbnail_url": files.reference(row.thumbnail),
            "created_at": timestamp(row.created_at),
        }
        for row in rows
    ]


def ordered(row: Avatar, *, price: int, balance: int) -> dict[str, Any]:
    """Return the answer to an avatar that is to be painted, as plain values that can be kept."""
    fresh = Avatar.objects.with_usage().select_related("portrait").get(pk=row.pk)
    return {"avatar": avatar(fresh), "credit_charged": price, "credit_balance": balance}
