"""What templates say about orders and pictures."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.translation import gettext_lazy

from lumiku import files
from lumiku.studio import albums
from pose_generator import wire
from pose_generator.models import Result

register = template.Library()

#: What is scored, in words.
LIMBS = {
    "head": gettext_lazy("Head"),
    "trunk": gettext_lazy("Body"),
    "shoulders": gettext_lazy("Shoulders"),
    "hips": gettext_lazy("Hips"),
    "right_upper_arm": gettext_lazy("Right upper arm"),
    "left_upper_arm": gettext_lazy("Left upper arm"),
    "right_forearm": gettext_lazy("Right forearm"),
    "left_forearm": gettext_lazy("Left forearm"),
    "right_thigh": gettext_lazy("Right thigh"),
    "left_thigh": gettext_lazy("Left thigh"),
    "right_shin": gettext_lazy("Right shin"),
    "left_shin": gettext_lazy("Left shin"),
}
#: Moves of credits, in words.
MOVES = {
    "hold": gettext_lazy("Set aside"),
    "capture": gettext_lazy("Paid"),
    "release": gettext_lazy("Given back"),
    "refund": gettext_lazy("Refunded"),
}
#: Pixels a side of the skeleton on a tile that waits, and steps of its camera in degrees.
SIDE, TURN = 256, 5


@register.filter
def why(result: Result) -> str:
    """Return why a picture did not come, or what is odd about it."""
    return wire.why(result.error_code) or ""


@register.filter
def limb(name: str) -> Any:
    """Return a limb's name in words."""
    return LIMBS.get(name, name)


@register.filter
def move(kind: str) -> Any:
    """Return what a ledger entry did, in words."""
    return MOVES.get(kind, kind)


@register.filter
def ratio(thing: Any) -> str:
    """Return the class for the shape of an order's or a picture's pictures."""
    order = getattr(thing, "generation", thing)
    return albums.ratio(order.width, order.height)


@register.filter
def skeleton(result: Result) -> str:
    """Return the link to the skeleton that a picture is painted after, as its camera sees it; empty without a pose."""
    pose = result.pose
    if pose is None:
        return ""
    if not pose.is_public:
        return files.url(pose.skeleton) or ""
    camera = {"yaw": _step(result.yaw), "pitch": _step(result.pitch), "size": SIDE, "format": "webp"}
    return f"/api/apps/pose-generator/library/{pose.pk}/skeleton.png?{urlencode(camera)}"


def _step(angle: float) -> int:
    return round(angle / TURN) * TURN
