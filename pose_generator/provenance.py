"""Where a picture comes from: its row as a recipe to be written into it, and a recipe as an order to be made again.

A recipe that is read back is a proposal. What it names is looked up among what the reader may use now; what is gone
is left out and said.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from avatars.models import Avatar
from lumiku import backends
from pose_generator.models import Pose, Project, Result
from pose_generator.recipes import Recipe


@dataclass(frozen=True)
class Proposal:
    """The body of an order (names of its form) that would make a picture again, as far as it can be."""

    order: dict[str, Any]
    warnings: list[dict[str, str]]
    """What had to be left out, as code and sentence."""


def recipe(result: Result) -> Recipe:
    """Return how the picture was made that `result` shows."""
    order, pose, avatar = result.generation, result.pose, result.generation.avatar
    mode, prompt, color = _ground(result)
    return Recipe(
        kind=str(order.kind),
        project=str(order.project_id),
        pose=str(pose.pk) if pose else "",
        pose_version=f"{pose.slug}@{pose.version}" if pose else "",
        avatar=str(avatar.pk) if avatar else "",
        avatar_version=str(order.avatar_version or ""),
        backend=result.backend,
        seed=result.seed,
        prompt=result.prompt,
        words=order.text_prompt,
        yaw=result.yaw,
        pitch=result.pitch,
        aspect_ratio=_ratio(order.width, order.height),
        background_mode=mode,
        background_prompt=prompt,
        background_color=color,
        score=result.pose_score,
    )


def again(user: Any, recipe: Recipe) -> Proposal:
    """Return the order that makes the picture of a recipe again, with what `user` may still use."""
    body = recipe.body()
    gone = dict(_gone(user, recipe, body))
    for name in gone:
        body.pop(name)
    if "background_mode" in gone:
        body.pop("use_background_changer")
    return Proposal(body, [{"code": f"{name}_left_out", "message": sentence} for name, sentence in gone.items()])


def _gone(user: Any, recipe: Recipe, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names of the body that cannot be ordered any more, each with a sentence."""
    if not _is_there(Project.objects.owned_by(user), recipe.project):
        yield "project_id", _("The project of this picture is gone, or it is not yours; choose another one.")
    if "selected_pose_ids" in body and not _is_there(Pose.objects.visible_to(user), recipe.pose):
        yield "selected_pose_ids", _("The pose of this picture is gone, or it is not yours; choose another one.")
    if "avatar_id" in body and not _is_there(Avatar.objects.owned_by(user), recipe.avatar):
        yield "avatar_id", _("The avatar of this picture is gone, or it is not yours; choose another one.")
    if "backend" in body and recipe.backend not in backends.offered():
        yield "backend", _("What painted this picture is no longer offered; another backend paints another picture.")
    if recipe.background_mode == "upload":
        yield "background_mode", _("The picture behind the person is not in this file; send it again if you want it.")


def _is_there(rows: Any, pk: str) -> bool:
    try:
        return bool(rows.filter(pk=UUID(pk)).exists())
    except ValueError:
        return False


def _ground(result: Result) -> tuple[str, str, str]:
    """Mode, words and colour of the background that the picture was given: at order time, or later."""
    order = result.generation
    if not result.background_changed:
        return "", "", ""
    if "/change-" in result.output:  # of the names that a result's files have, only a later change's
        for change in result.changes.all():
            if change.output == result.output:
                return change.mode, change.prompt, change.color
    return order.background_mode, order.background_prompt, order.background_color


def _ratio(width: int, height: int) -> str:
    common = math.gcd(width, height)
    return f"{width // common}:{height // common}"
