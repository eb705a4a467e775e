"""What a user made and paid for, and with which poses. Everything is counted from rows when it is asked for."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Now

from credits.models import Entry
from lumiku import files
from pose_generator.models import Generation, Pose, Project, Result, Status
from pose_generator.models.library import PoseQuerySet

#: "Recently used" means by one of so many of the user's newest orders, so that a long history costs no more.
RECENT_ORDERS = 100
TOP = 5
WEEK, MONTH = timedelta(days=7), timedelta(days=30)


def recently_used(poses: PoseQuerySet, user: Any) -> PoseQuerySet:
    """Return those of `poses` that the user's newest orders have, the last used first."""
    newest = Generation.objects.owned_by(user).order_by("-created_at").values("pk")[:RECENT_ORDERS]
    used = Result.objects.filter(pose=OuterRef("pk"), generation__in=newest).order_by().values("pose")
    last = Subquery(used.annotate(last=Max("generation__created_at")).values("last"))
    return poses.annotate(last_used=last).filter(last_used__isnull=False).order_by("-last_used", "pk")


def stats(user: Any) -> dict[str, Any]:
    """Return the user's figures. Deleted orders count: their pictures were made and paid for."""
    orders = Generation.objects.filter(owner=user)
    counted = orders.aggregate(
        recent=Count("pk", filter=Q(created_at__gt=Now() - WEEK)), paid=Count("pk", filter=Q(hold__isnull=False))
    )
    return {
        "total_poses_generated": Result.objects.filter(generation__owner=user, status=Status.COMPLETED).count(),
        "total_projects": Project.objects.owned_by(user).count(),
        "recent_generations": counted["recent"],
        "credit_usage": _credits(user, orders=counted["paid"]),
        "top_used_poses": _top(user),
    }


def _credits(user: Any, *, orders: int) -> dict[str, Any]:
    """Return what pictures cost the user: what was captured less what was refunded; avatars are not among them."""
    mine = Entry.objects.owned_by(user)
    avatars = mine.filter(kind=Entry.Kind.HOLD, key__startswith="avatar:")  # few, and found by the index of keys
    moves = mine.filter(kind__in=[Entry.Kind.CAPTURE, Entry.Kind.REFUND]).exclude(hold__in=avatars.values("pk"))
    spent = moves.aggregate(
        paid=Sum("held"),
        refunded=Sum("available"),
        paid_lately=Sum("held", filter=Q(created_at__gt=Now() - MONTH)),
        refunded_lately=Sum("available", filter=Q(created_at__gt=Now() - MONTH)),
    )
    paid, refunded, lately, back = (spent[name] or 0 for name in spent)
    total = -paid - refunded
    return {
        "total_spent": total,
        "last_30_days": -lately - back,
        "average_per_generation": round(total / orders, 1) if orders else 0,
    }


def _top(user: Any) -> list[dict[str, Any]]:
    """Return the poses that most of the user's orders have, of those that can still be picked."""
    pickable = Pose.objects.visible_to(user).values("pk")
    used = Result.objects.filter(generation__owner=user, pose__in=pickable).order_by().values("pose")
    most = used.annotate(orders=Count("generation", distinct=True)).order_by("-orders", "pose")[:TOP]
    counts = {row["pose"]: row["orders"] for row in most}
    poses = Pose.objects.in_bulk(counts)
    return [
        {
            "pose_id": str(pk),
            "pose_name": poses[pk].name,
            "usage_count": orders,
            "preview_url": files.url(poses[pk].preview),
        }
        for pk, orders in counts.items()
    ]
