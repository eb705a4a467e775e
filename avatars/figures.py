"""What a user's avatars cost and were used for. Everything is counted from rows when it is asked for."""

from typing import Any

from django.db.models import Count, Q, Sum

from avatars import wire
from avatars.models import Avatar
from credits.models import Entry
from credits.work import Status


def stats(user: Any) -> dict[str, Any]:
    """Return the user's figures as on the wire. Avatars that were deleted cost what they cost."""
    mine: Any = Avatar.objects.owned_by(user)
    counted = dict(mine.order_by().values_list("source").annotate(number=Count("pk")))
    used = mine.with_usage().filter(usage_count__gt=0)
    most = used.order_by("-usage_count", "-last_used_at", "pk").first()
    return {
        "total_avatars": sum(counted.values()),
        "by_source": {str(source): counted.get(source, 0) for source in Avatar.Source},
        "credits_spent": _spent(user),
        "total_usage": sum(used.values_list("usage_count", flat=True)),
        "most_used": wire.avatar(most) if most else None,
    }


def history(avatar: Any) -> Any:
    """Return the orders that were placed with an avatar, newest first, each with how many poses came."""
    orders = avatar.generations.filter(discarded_at=None)
    came = Count("results", filter=Q(results__status=Status.COMPLETED))
    return orders.annotate(poses_completed=came).order_by("-created_at", "pk")


def _spent(user: Any) -> int:
    """Return what was captured for avatars less what was refunded."""
    mine = Entry.objects.owned_by(user)
    holds = mine.filter(kind=Entry.Kind.HOLD, key__startswith="avatar:")
    moves = mine.filter(kind__in=[Entry.Kind.CAPTURE, Entry.Kind.REFUND], hold__in=holds.values("pk"))
    sums = moves.aggregate(paid=Sum("held"), refunded=Sum("available"))
    return -(sums["paid"] or 0) - (sums["refunded"] or 0)
