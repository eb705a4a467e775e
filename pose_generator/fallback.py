"""Who paints a pose when its own backend cannot.

`FALLBACKS` in the settings is an ordered list of backends for each plan. A pose only ever moves forward in it, so it
cannot go round in circles; the list says nothing about what an order may ask for itself.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from credits import plans
from lumiku import backends
from lumiku.backends import gate
from pose_generator import window
from pose_generator.models import Generation, Result, Status

#: Why a gate may stay closed for long; for the other causes waiting is quicker than moving.
CLOSED = {"account", "outage", "operator"}
DEFAULT_PLAN = "default"


def next_of(result: Result) -> str | None:
    """Return the backend that takes a result over from the one it is with; None if there is none."""
    order = result.generation
    return _next(order, result.backend, has_pose=result.pose_id is not None, closed=closed_now())


def closed_now() -> set[str]:
    """Return the backends that are closed and may stay so."""
    return {name for name, state in gate.states(settings.IMAGE_BACKENDS).items() if state.cause in CLOSED}


def _next(order: Generation, current: str, *, has_pose: bool, closed: Iterable[str]) -> str | None:
    names = list_of(order.owner_id)
    behind = names[names.index(current) + 1 :] if current in names else names
    wanted = needs(order, has_pose=has_pose)
    for name in behind:
        if name not in closed and name in backends.offered() and name != "preview" and _can(name, wanted):
            return name
    return None


def list_of(owner_id: Any) -> list[str]:
    """Return the list of a customer's plan, or the default one for a plan that has none of its own."""
    plan = plans.of(owner_id).key
    return list(settings.FALLBACKS.get(plan, settings.FALLBACKS.get(DEFAULT_PLAN, [])))


def needs(order: Generation, *, has_pose: bool) -> frozenset[str]:
    """Return what the ordered backend obeys of this order; whoever takes over must obey as much."""
    asked = {
        "control": has_pose,
        "reference": bool(order.reference),
        "traits": bool(order.traits),
        "background": order.background_mode == "solid_color",
        "scene": order.background_mode == "ai_generate",
        "seed": True,
    }
    wanted = {name for name, is_asked in asked.items() if is_asked}
    return frozenset(wanted & _supports(order.backend))


def _can(name: str, wanted: frozenset[str]) -> bool:
    has_picture = bool(wanted & {"control", "reference"})
    return wanted <= _supports(name) and (has_picture or not backends.get(name).needs_picture)


def _supports(name: str) -> frozenset[str]:
    try:
        return backends.get(name).supports
    except backends.UnknownBackend:  # it was removed from the settings while its orders wait
        return frozenset()


def move_on() -> int:
    """Give what waits for a closed backend, and has no job there, to the next of the list; return how many moved."""
    closed = closed_now()
    moved = 0
    for name in closed:
        waiting = Result.objects.filter(status=Status.PENDING, rung_at=None, backend=name, job="")
        orders = Generation.objects.open().filter(Exists(waiting.filter(generation=OuterRef("pk"))))
        for order in orders:
            moved += _move_order(order, waiting.filter(generation=order), name, closed)
    return moved


@transaction.atomic
def _move_order(order: Generation, waiting: Any, name: str, closed: set[str]) -> int:
    """Move the waiting pictures of one order; those with a pose may go elsewhere than those without."""
    moved = 0
    for has_pose in (True, False):
        if other := _next(order, name, has_pose=has_pose, closed=closed):
            rows = Result.objects.filter(pk__in=window.locked(waiting.filter(pose__isnull=not has_pose)))
            moved += rows.update(backend=other, busy_answers=0, due_at=None)
    return moved
