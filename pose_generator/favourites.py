"""Favourites: marking is a row, unmarking takes it away, and doing either twice is the same as once."""

from typing import Any
from uuid import UUID

from pose_generator.models import FavoritePose, FavoriteResult, Generation, Pose, Result

KNOWN = "_favorite_results"


def keep_pose(user: Any, pose: Pose) -> None:
    """Mark `pose`, which the user may see."""
    FavoritePose.objects.bulk_create([FavoritePose(user=user, pose=pose)], ignore_conflicts=True)


def drop_pose(user: Any, pose: Pose) -> None:
    """Unmark `pose`."""
    FavoritePose.objects.filter(user=user, pose=pose).delete()


def keep_result(result: Result) -> None:
    """Mark `result` for its owner, whatever has become of it."""
    FavoriteResult.objects.bulk_create([FavoriteResult(result=result)], ignore_conflicts=True)


def drop_result(result: Result) -> None:
    """Unmark `result`."""
    FavoriteResult.objects.filter(pk=result.pk).delete()


def forget(user: Any) -> None:
    """Forget everything that `user` marked; for an account that is given up."""
    FavoritePose.objects.filter(user=user).delete()
    FavoriteResult.objects.filter(result__generation__owner=user).delete()


def is_kept(result: Result) -> bool:
    """Whether its owner marked `result`.

    Results that were read through their order ask once for all of them, so that a list of 500 takes one query.
    """
    if Result._meta.get_field("generation").is_cached(result):
        return result.pk in _kept_of(result.generation)
    return FavoriteResult.objects.filter(pk=result.pk).exists()


def _kept_of(generation: Generation) -> frozenset[UUID]:
    """Return the marked results of an order, read once for each instance: it lives as long as a request."""
    if KNOWN not in vars(generation):
        kept = FavoriteResult.objects.filter(result__generation=generation).values_list("pk", flat=True)
        setattr(generation, KNOWN, frozenset(kept))
    known: frozenset[UUID] = vars(generation)[KNOWN]
    return known
