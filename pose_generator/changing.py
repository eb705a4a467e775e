"""One change of a background, from claim to settlement: what `rendering` is to a picture."""

import logging
from typing import Any

from django.conf import settings

from credits import jobs
from lumiku import files, images, leases, moderation
from lumiku.backends import BackendError, gate
from lumiku.storages import StorageDown
from pose_generator import briefs, finishing, grounds, matting, setbacks
from pose_generator.grounds import Ground
from pose_generator.models import BackgroundChange, Result

log = logging.getLogger(__name__)


def run(change_id: Any) -> None:
    """Make an ordered change and settle it, unless it is taken or settled already."""
    change = jobs.start(BackgroundChange, change_id, by=leases.ME)
    if change is None:
        return
    with leases.kept(change, seconds=settings.TIMES["call_deadline"] + settings.TIMES["lease"]):
        try:
            outcome = make(change)
        except grounds.BackgroundFailed as error:
            log.warning("Change %s: %s", change.pk, error)
            jobs.fail(change, "background_failed")
        except gate.Closed as closed:
            jobs.requeue(change, wait=closed.wait)
        except StorageDown:
            jobs.requeue(change, wait=setbacks.STORAGE_PAUSE)
        except BackendError as error:
            _after(error, change)
        else:
            jobs.succeed(change, **outcome)


def make(change: BackgroundChange) -> dict[str, Any]:
    """Return what the row of a claimed change will say; raise what the background or its painter raises."""
    result = Result.objects.select_related("generation", "pose").get(pk=change.result_id)
    ground, joints = _ground(change), briefs.joints(result)
    if ground.prompt and moderation.classify(ground.prompt):
        raise BackendError("prompt_refused")
    original = images.decode(files.read(result.image) or b"").convert("RGB")
    behind = grounds.behind(ground, original.size)
    made = finishing.Finished()
    with finishing.bench:
        matte = grounds.cut(original, joints, stored=result.matte)
        laid = grounds.lay(original, matte, ground, joints, behind=behind)
        name = f"results/{result.pk}/change-{change.pk}-{change.attempt}"
        made.keep("output", f"{name}.png", laid.data)
        made.keep("thumbnail", f"{name}-400.webp", images.thumbnail(laid.image))
        if not result.matte:
            made.keep("matte", f"{name}-matte.png", matting.encode(matte))
    return {**made.files, "bytes": made.size}


def _ground(change: BackgroundChange) -> Ground:
    upload = change.upload.file if change.upload else ""
    return Ground(change.mode, change.color, change.prompt, upload, change.backend, change.seed)


def _after(error: BackendError, change: BackgroundChange) -> None:
    """Let a change whose call failed wait or fail."""
    if error.account:
        jobs.requeue(change, wait=setbacks.ACCOUNT_PAUSE)
    else:
        log.warning("Change %s, attempt %s: %s", change.pk, change.attempt, error)
        jobs.busy(change, error.code, retryable=error.retryable, retry_after=error.retry_after)
