"""The library as people look through it: what they may see, narrowed and arranged as they ask.

The API and the studio read their questions in their own ways and ask here, so that both find the same poses. Whoever
is not logged in sees the published library; what belongs to a user (favourites, own poses, used poses) is then empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from lumiku.errors import Invalid
from pose_generator import neighbours, usage
from pose_generator.models import Category, Pose
from pose_generator.models.library import PoseQuerySet
from pose_generator.posing.search import Match

ARRANGED = ["-is_featured", "category__display_order", "display_order", "pk"]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What somebody wants to see of the library; what is left as it is narrows nothing."""

    category: Category | None = None
    """Its children's poses count, too."""
    words: str = ""
    difficulty: str = ""
    genders: Sequence[str] = ()
    """Whom the pose suits: any of these values of `Pose.Gender`."""
    featured: bool | None = None
    favorites: bool = False
    mine: bool = False
    recent: bool = False
    """Only what the user's newest orders have, the last used first."""
    sort: str = ""
    """One of `models.library.SORTS`; empty is as the library is arranged."""


def poses(user: Any, filters: Filters) -> PoseQuerySet:
    """Return the poses that `user` may see and asks for, in order, with everything that shows them."""
    found = matching(user, filters).for_display().order_by(*ARRANGED)
    if filters.recent:
        found = usage.recently_used(found, user)
    return found.sorted_by(filters.sort) if filters.sort else found


def matching(user: Any, filters: Filters) -> PoseQuerySet:
    """Return the poses that `user` may see and asks for, in no order; `recent` is left to `poses`."""
    found: Any = Pose.objects.visible_to(user)
    if filters.category:
        found = found.in_category(filters.category)
    if filters.difficulty:
        found = found.filter(difficulty=filters.difficulty)
    if filters.genders:
        found = found.filter(gender_suitability__in=filters.genders)
    if filters.featured is not None:
        found = found.filter(is_featured=filters.featured)
    if filters.favorites:
        found = found.filter(is_favorite=True)
    if filters.mine:
        found = found.exclude(owner=None)
    kept: PoseQuerySet = found.matching(filters.words[:200].replace("\0", ""))
    return kept


@dataclass(frozen=True)
class Shelf:
    """A category with how many poses of what was asked for it has, those of its children included."""

    category: Category
    count: int
    below: tuple["Shelf", ...] = ()


def shelves(user: Any, filters: Filters) -> list[Shelf]:
    """Return the top categories, in order, with their children, as `filters` without its category fill them."""
    counts = _counts(user, replace(filters, category=None))
    rows = Category.objects.filter(is_active=True).order_by("display_order", "slug")
    below: dict[UUID, list[Shelf]] = {}
    for row in rows:
        if row.parent_id:
            below.setdefault(row.parent_id, []).append(Shelf(row, counts.get(row.pk, 0)))
    return [_shelf(row, counts, tuple(below.get(row.pk, ()))) for row in rows if not row.parent_id]


def _shelf(root: Category, counts: dict[UUID, int], below: tuple[Shelf, ...]) -> Shelf:
    return Shelf(root, counts.get(root.pk, 0) + sum(shelf.count for shelf in below), below)


def _counts(user: Any, filters: Filters) -> dict[UUID, int]:
    found = matching(user, filters)
    if filters.recent:
        found = usage.recently_used(found, user)
    kept = Pose.objects.filter(pk__in=found.order_by().values("pk")).order_by()
    return dict(kept.values_list("category").annotate(number=Count("pk")))


def category(wanted: str) -> Category:
    """Return the active category with this id or slug, or raise Invalid."""
    try:
        named = Q(pk=UUID(wanted))
    except ValueError:
        named = Q(slug=wanted.replace("\0", ""))
    found = Category.objects.filter(named, is_active=True).first()
    if found is None:
        sentence = _("There is no such category.")
        raise Invalid(sentence, fields={"category": [sentence]})
    return found


def alike(user: Any, pose: Pose, *, limit: int) -> list[Pose]:
    """Return the `limit` poses that `user` may see and that are nearest to `pose`, nearest first."""
    if user.is_authenticated:
        found = neighbours.nearest(user, pose.keypoints, limit=limit, leave_out=pose.pk)
    else:
        nearest = neighbours.library().nearest(pose.keypoints, limit + 1)
        found = [match for match in nearest if match.id != pose.pk][:limit]
    return [like for like, _distance in shown(user, found)]


def shown(user: Any, matches: Sequence[Match[UUID]]) -> list[tuple[Pose, float]]:
    """Return `matches` as poses with their distances; a pose that was retired meanwhile is left out."""
    rows = Pose.objects.visible_to(user).for_display().in_bulk([match.id for match in matches])
    return [(rows[match.id], match.distance) for match in matches if match.id in rows]
