"""Orders and their pictures as pages show them: which rows, with what beside them, and in which words.

Lists start from the owner and bring what a tile or a row needs with them: 500 tiles take as many queries as one.
"""

from collections.abc import Iterable, Sequence
from math import gcd
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from lumiku.studio.templatetags.studio import in_credits, rupiah
from pose_generator import pricing, wire
from pose_generator.models import FavoriteResult, Generation, Result, Status

#: How many pictures a row of the list shows, and how many letters of names a heading has besides the first name.
STRIP, LETTERS = 6, 36
#: What a tile does not show of a pose.
UNSHOWN = ("pose__keypoints", "pose__search_text", "pose__description_en", "pose__description_id", "pose__tags")


def orders_of(user: Any) -> Any:
    """Return the user's orders with their counts, the number of their poses and their first pictures (`strip`)."""
    first = tiles(Result.objects.filter(discarded_at=None)).order_by("number")[:STRIP]
    return (
        Generation.objects.owned_by(user)
        .with_counts()
        .annotate(pose_count=Coalesce(Subquery(_poses_of_order(), IntegerField()), 0))
        .select_related("project", "avatar")
        .prefetch_related(Prefetch("results", queryset=first, to_attr="strip"))
    )


def _poses_of_order() -> Any:
    rows = Result.objects.filter(generation=OuterRef("pk")).order_by().values("generation")
    return rows.annotate(kinds=Count("pose", distinct=True)).values("kinds")


def tiles(rows: QuerySet[Result]) -> QuerySet[Result]:
    """Return pictures with what a tile shows of them: pose, order and whether it `is_favorite`."""
    kept = FavoriteResult.objects.filter(result=OuterRef("pk"))
    return rows.select_related("pose", "generation").annotate(is_favorite=Exists(kept)).defer(*UNSHOWN)


def heading(generation: Any) -> str:
    """Return what an order of `orders_of` is called: its words, or the names of its poses."""
    if generation.kind == Generation.Kind.TEXT or not generation.pose_count:
        return generation.text_prompt or _("Your order")
    names = distinct(result.pose.name for result in generation.strip if result.pose)
    names = names[: 2 if sum(map(len, names[:2])) <= LETTERS else 1]
    more = generation.pose_count - len(names)
    told = {"names": ", ".join(names), "more": more}
    return _("%(names)s and %(more)d more") % told if more else told["names"]


def distinct(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order in which they came."""
    return list(dict.fromkeys(names))


def outcome(generation: Any) -> str:
    """Return how an ended order went and what it gave back, in a sentence or two."""
    counted = {"completed": generation.completed_count, "total": generation.total}
    sentence = {
        Status.COMPLETED: _("All %(total)d pictures are here.") if generation.total > 1 else _("Your picture is here."),
        Status.CANCELLED: _("Stopped: %(completed)d of %(total)d pictures came."),
        Status.FAILED: _("No picture could be made."),
    }.get(generation.status, _("%(completed)d of %(total)d pictures came."))
    return " ".join(filter(None, [sentence % counted, given_back(generation)]))


def given_back(generation: Any) -> str:
    """Return what an order gave back, in a sentence; empty for nothing."""
    if generation.credit_refunded:
        told = {"amount": in_credits(generation.credit_refunded), "worth": rupiah(generation.credit_refunded)}
        return _("%(amount)s (%(worth)s) were given back.") % told
    missing = generation.failed_count + generation.cancelled_count
    if missing and not generation.hold:
        return _("Daily poses given back: %(poses)d.") % {"poses": missing}
    return ""


def percentage(generation: Any) -> int:
    """Return how much of an order has ended, 0 to 100."""
    ended = (generation.completed_count, generation.failed_count, generation.cancelled_count)
    return wire.percentage(*ended, generation.total)


def still_held(generation: Any) -> int:
    """Return the credits that cancelling an order now would give back at most."""
    if not generation.hold:
        return 0
    ended = generation.completed_count + generation.failed_count + generation.cancelled_count
    return generation.hold.held // generation.total * (generation.total - ended)


def retry_price(generation: Any) -> int:
    """Return the credits that ordering the failed pictures again costs; 0 when daily poses pay."""
    if not generation.hold:
        return 0
    background = bool(generation.background_mode)
    return pricing.price(generation.failed_count, background=background, prices=settings.PRICES).total


def ratio(width: int, height: int) -> str:
    """Return the shape of a picture as a class of the style sheet, as "ratio-4-5"."""
    shared = gcd(width, height) or 1
    return f"ratio-{width // shared}-{height // shared}"


def beside(ids: Sequence[Any], pk: Any) -> tuple[Any | None, Any | None]:
    """Return the ids before and after `pk`."""
    if pk not in ids:
        return None, None
    place = ids.index(pk)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)
