"""Another background for a picture that has come: ordered, undone.

A change is a job of its own, held when it is placed and captured or released when it ends. It starts from the stored
original, and one change of a picture runs at a time; undoing costs nothing and is done at once.
"""

import secrets
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from credits import jobs
from credits.work import OPEN
from lumiku import files, images, moderation, usage
from lumiku.errors import DomainError, Invalid
from lumiku.events import stream
from pose_generator import generations, grounds, orders, tasks, wire
from pose_generator.models import BackgroundChange, Generation, Result, Status, Upload

SEEDS = 2**31


class TooManyChanges(DomainError):
    """More changes than a user may have in work."""

    code = "rate_limited"
    status = 429


def place(
    result: Result, *, mode: str, prompt: str = "", color: str = "", upload: Upload | None = None
) -> BackgroundChange:
    """Order another background for a picture and hold its price; the workers hear of it after the commit."""
    user = result.generation.owner
    _require_finished(result)
    moderation.check(background_prompt=prompt)
    orders.refuse_background(mode, result.backend)
    usage.check(user)
    painter = grounds.scene_painter(result.backend) if mode == "ai_generate" else None
    change = BackgroundChange(
        owner=user,
        result=result,
        mode=mode,
        prompt=prompt,
        color=color,
        upload=upload,
        backend=painter or "",
        seed=secrets.randbelow(SEEDS),
        price=settings.PRICES["background"],
    )
    try:
        with transaction.atomic():
            _lock(result)
            _refuse_too_much(user)
            tasks.ring()
            return jobs.place(change)
    except IntegrityError as error:
        raise generations.WrongState(_("The background of this picture is being changed already.")) from error


def undo(result: Result) -> None:
    """Show a picture with its own background again, at once and for nothing."""
    _require_finished(result)
    thumbnail = _thumbnail_of(result) if result.output else result.thumbnail
    with transaction.atomic():
        fresh = _lock(result)
        if fresh.changes.filter(status__in=OPEN).exists():
            raise generations.WrongState(_("The background of this picture is being changed already."))
        own = {"output": "", "background_mode": "", "background_color": "", "background_changed": False, "exports": {}}
        Result.objects.filter(pk=fresh.pk).update(**own, thumbnail=thumbnail)
        told = wire.pose(Result.objects.get(pk=fresh.pk))
        stream.append(fresh.generation.owner_id, "pose-update", {"pose": told})


def _require_finished(result: Result) -> None:
    if result.status != Status.COMPLETED or not result.image:
        raise generations.WrongState(_("Only a picture that has come can get another background."))


def _lock(result: Result) -> Result:
    """Lock a picture that is still there, in the written order, and return it as it is now."""
    Generation.objects.select_for_update(no_key=True).get(pk=result.generation_id)
    fresh = (
        Result.objects.select_for_update(no_key=True)
        .select_related("generation")
        .filter(pk=result.pk, discarded_at=None)
    )
    found = fresh.first()
    if found is None:
        raise generations.WrongState(_("Only a picture that has come can get another background."))
    return found


def _refuse_too_much(user: Any) -> None:
    most = settings.LIMITS["changes_in_flight"]
    if settings.LIMITS_ON and jobs.running(BackgroundChange, user) >= most:
        raise TooManyChanges(
            _("Many backgrounds are being changed for you; please wait until some are done."), retry_after=10
        )


def _thumbnail_of(result: Result) -> str:
    """Return the name of a new thumbnail of the original: the first may show an ordered background, or be collected."""
    data = files.read(result.image)
    if data is None:
        raise Invalid(_("The original of this picture is gone."))
    name = f"results/{result.pk}/undone-{secrets.token_hex(8)}-400.webp"
    return files.put(name, images.thumbnail(images.decode(data).convert("RGB")))
