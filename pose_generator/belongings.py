"""What a closed account owned here: projects, orders, pictures, links to them, uploads, poses of its own.

Each project is locked as `generations.place` locks it, so no order slips in. What waits is cancelled and given back,
what is being painted ends, is paid, and goes with the files of the other discarded orders.
"""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from lumiku import files
from pose_generator import favourites, settlement, shares, wishes
from pose_generator.models import Generation, Pose, Project, Result, Upload


def discard(user_id: Any) -> bool:
    """Discard all that a user (an id) owns; return whether nothing is left that has to wait. It may be called again."""
    shares.forget(user_id)
    orders = Generation.objects.filter(owner=user_id)
    left = Q(discarded_at=None) | Q(generations__in=orders.filter(discarded_at=None))
    for project in Project.objects.filter(left, owner=user_id).distinct():
        _discard_project(project)
    for order in orders.open():
        settlement.cancel(order)
    _discard_poses(user_id)
    favourites.forget(user_id)
    wishes.forget(user_id)
    if orders.open().exists():  # they are painted with the user's uploads
        return False
    Upload.objects.filter(owner=user_id, discarded_at=None).update(discarded_at=Now())
    files.delete_folder(f"uploads/{user_id}")
    return not orders.filter(forgotten_at=None).exists()


@transaction.atomic
def _discard_project(project: Project) -> None:
    """Hide a project and all its orders, also those that run."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    mine = project.generations.select_for_update(no_key=True).filter(discarded_at=None)
    orders = list(mine.order_by("pk").values_list("pk", flat=True))
    Result.objects.filter(generation__in=orders).update(discarded_at=Now())
    Generation.objects.filter(pk__in=orders).update(discarded_at=Now())
    Project.objects.filter(pk=project.pk).update(discarded_at=Now(), name="", description="")


def _discard_poses(user_id: Any) -> None:
    """Hide the user's own poses; their key points stay, which show nobody: orders were made with them."""
    nothing = {"preview": "", "thumbnail": "", "skeleton": "", "name_en": "", "name_id": "", "search_text": ""}
    Pose.objects.filter(owner=user_id).update(retired_at=Coalesce("retired_at", Now()), **nothing)
    files.delete_folder(f"poses/{user_id}")
