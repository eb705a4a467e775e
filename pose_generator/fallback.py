"""Who paints a pose when its own backend cannot.

`FALLBACKS` in the settings is an ordered list of backends for each plan. A pose only ever moves forward in it, so it
cannot go round in circles; the list says nothing about what an order may ask for itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from credits import plans
from lumiku import backends
from lumiku.backends import gate
from pose_generator import grounds, settlement, window
from pose_generator.models import Generation, Pause, Result, Status

#: Why a gate may stay closed for long; for the other causes waiting is quicker than moving.
CLOSED = {"account", "outage", "operator"}
DEFAULT_PLAN = "default"
BATCH = 500


def next_of(result: Result) -> str | None:
    """Return the backend that takes a result over from the one it is with; None if there is none."""
    order = result.generation
    return _next(order, result.backend, has_pose=result.pose_id is not None, closed=Gates.now().shut)


@dataclass(frozen=True)
class Gates:
    """Which backends take nothing now."""

    shut: frozenset[str]
    """No picture can go there."""
    left: frozenset[str]
    """What waits there had better go elsewhere: they may stay shut for long."""

    @classmethod
    def now(cls) -> "Gates":
        """Look at all gates and at the pauses that stand in rows."""
        states = gate.states(settings.IMAGE_BACKENDS)
        paused = set(Pause.objects.filter(until__gt=Now()).values_list("backend", flat=True))
        shut = {name for name, state in states.items() if state.most == 0} | paused
        return cls(frozenset(shut), frozenset(name for name in shut if name in paused or states[name].cause in CLOSED))


def _next(order: Generation, current: str, *, has_pose: bool, closed: Iterable[str]) -> str | None:
    names = list_of(order.owner_id)
    behind = names[names.index(current) + 1 :] if current in names else names
    wanted = needs(order, has_pose=has_pose)
    has_picture = has_pose or bool(order.reference)
    for name in behind:
        if name not in closed and name in backends.offered() and name != "preview" and _can(name, wanted, has_picture):
            return name
    return None


def list_of(owner_id: Any) -> list[str]:
    """Return the list of a customer's plan, or the default one for a plan that has none of its own."""
    plan = plans.of(owner_id).key
    return list(settings.FALLBACKS.get(plan, settings.FALLBACKS.get(DEFAULT_PLAN, [])))


def needs(order: Generation, *, has_pose: bool) -> frozenset[str]:
    """Return what the ordered backend obeys of this order; whoever takes over must obey as much.

    Of one that was removed from the settings nobody knows what it obeyed: then it is all that was asked.
    """
    asked = {
        "control": has_pose,
        "reference": bool(order.reference),
        "background": order.background_mode == "solid_color" and not grounds.can_cut(),
        "scene": order.background_mode == "ai_generate",
        "seed": True,
    }
    wanted = frozenset(name for name, is_asked in asked.items() if is_asked)
    return wanted & _supports(order.backend) if order.backend in settings.IMAGE_BACKENDS else wanted


def _can(name: str, wanted: frozenset[str], has_picture: bool) -> bool:
    backend = backends.get(name)
    takes_one = backend.supports & {"control", "reference"} and has_picture
    return wanted <= backend.supports and bool(takes_one or not backend.needs_picture)


def _supports(name: str) -> frozenset[str]:
    return backends.get(name).supports


def move_on() -> int:
    """Give what waits for a closed backend, and has no job there, to the next of the list; return how many moved.

    What waits for one that was removed from the settings, and that nobody else can paint, is given back.
    """
    gates = Gates.now()
    gone = set(Result.objects.open().exclude(backend__in=settings.IMAGE_BACKENDS).values_list("backend", flat=True))
    moved = 0
    for name in gates.left | gone:
        waiting = Result.objects.filter(status=Status.PENDING, rung_at=None, backend=name)
        if name not in gone:
            waiting = waiting.filter(job="")
        orders = Generation.objects.open().filter(Exists(waiting.filter(generation=OuterRef("pk"))))
        for order in orders:
            moved += _move_order(order, waiting.filter(generation=order), name, gates.shut)
        if name in gone:
            _give_back(waiting)
    return moved


def _give_back(waiting: Any) -> None:
    for result in waiting[:BATCH]:
        settlement.fail(result, "unavailable")


def _move_order(order: Generation, waiting: Any, name: str, closed: frozenset[str]) -> int:
    """Move the waiting pictures of one order; those with a pose may go elsewhere than those without."""
    moved = 0
    for has_pose in (True, False):
        if other := _next(order, name, has_pose=has_pose, closed=closed):
            rows = Result.objects.filter(pk__in=window.locked(waiting.filter(pose__isnull=not has_pose)))
            moved += rows.update(backend=other, busy_answers=0, due_at=None)
    return moved
