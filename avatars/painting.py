"""The first photo of an avatar, from claim to settlement.

Nothing slow happens inside a transaction, and the database connection is given back while the backend paints. The
photo is stored before it is looked at: a worker that dies then costs nothing, the next attempt adopts what lies there.
"""

import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from PIL import Image

from avatars import photos
from avatars.models import Avatar, Portrait
from credits import jobs
from lumiku import backends, files, images, leases, moderation
from lumiku.backends import BackendError, ImageRequest, Painting, gate
from lumiku.moderation import pictures
from lumiku.storages import StorageDown

log = logging.getLogger(__name__)

#: Pixels: one of the sizes that orders have, high enough for somebody from head to toe.
WIDTH, HEIGHT = 864, 1152
#: Seconds, uncounted, until what met a closed gate, a key at fault, or a storage that is down is tried again.
LONGEST_WAIT, ACCOUNT_PAUSE, STORAGE_PAUSE = 15.0, 60.0, 30.0
NAME = re.compile(r"portrait-\d+\.(?:jpg|png)")


@dataclass(frozen=True)
class Original:
    """A stored photo as it was painted."""

    name: str
    size: int
    """Of its file, in bytes."""
    picture: Image.Image
    request_id: str = ""
    """The provider's, empty for one that was adopted."""


def run(avatar_id: Any) -> None:
    """Paint an ordered portrait and settle it, unless it is taken or settled already."""
    portrait = jobs.start(Portrait, avatar_id, by=leases.ME)
    if portrait is None:
        return
    with leases.kept(portrait, seconds=settings.TIMES["call_deadline"] + settings.TIMES["lease"]):
        try:
            outcome = make(portrait)
        except gate.Closed as closed:
            jobs.requeue(portrait, wait=min(closed.wait, LONGEST_WAIT))
        except StorageDown:
            jobs.requeue(portrait, wait=STORAGE_PAUSE)
        except BackendError as error:
            _after(error, portrait)
        else:
            jobs.succeed(portrait, **outcome)


def make(portrait: Portrait) -> dict[str, Any]:
    """Return what the row of a claimed portrait will say; raise BackendError, gate.Closed or StorageDown."""
    _require_wanted(portrait)
    original = _adopted(portrait) or _painted(portrait)
    if pictures.check(original.picture.convert("RGB")) is pictures.Safety.REFUSED:
        raise BackendError("moderated", "the picture check refused it")
    thumbnail = _named(portrait, "-400.webp")
    photo = photos.look(original.picture, image=original.name, size=original.size, thumbnail=thumbnail)
    kept = {"image": photo.image, "thumbnail": photo.thumbnail, "bytes": photo.size, "faces": photo.faces}
    return {**kept, "provider_request_id": original.request_id}


def _require_wanted(portrait: Portrait) -> None:
    """Return if the avatar is still there and its words pass moderation as it is now; raise BackendError."""
    if Avatar.objects.filter(pk=portrait.pk, discarded_at__isnull=False).exists():
        raise BackendError("cancelled")
    if portrait.backend not in settings.IMAGE_BACKENDS:
        raise BackendError("unavailable", f"{portrait.backend} was removed")
    if any(moderation.classify(text) for text in (portrait.prompt, *_texts(portrait))):
        raise BackendError("prompt_refused")


def _texts(portrait: Portrait) -> list[str]:
    """Return every trait as its owner wrote it."""
    traits = portrait.traits.values()
    return [", ".join(value) if isinstance(value, list) else str(value) for value in traits]


def _painted(portrait: Portrait) -> Original:
    """Return a new photo, cleaned as an upload is and stored."""
    if not connection.in_atomic_block:  # a test's
        connection.close()
    files.stop_if_down()
    painting = _painting(portrait)
    try:
        clean = images.clean_upload(painting.data)
    except images.UnusablePicture as error:
        raise BackendError("bad_answer", str(error), retryable=True) from error
    name = files.put(_named(portrait, f".{clean.extension}"), clean.data, patience=STORAGE_PAUSE)
    return Original(name, len(clean.data), clean.image, painting.request_id)


def _painting(portrait: Portrait) -> Painting:
    request = ImageRequest(
        prompt=portrait.prompt, width=WIDTH, height=HEIGHT, seed=portrait.seed, traits=portrait.traits
    )
    with gate.passed(portrait.backend, retry=bool(portrait.busy_answers)):
        return backends.get(portrait.backend).paint(request)


def _adopted(portrait: Portrait) -> Original | None:
    """Return the whole photo that an earlier attempt stored and did not live to settle."""
    if portrait.attempt < 2:
        return None
    for name in files.names_in(f"avatars/{portrait.pk}"):
        if NAME.fullmatch(name.rpartition("/")[2]):
            data = files.read(name) or b""
            with suppress(images.UnusablePicture):  # the worker died while it wrote
                return Original(name, len(data), images.decode(data))
    return None


def _named(portrait: Portrait, ending: str) -> str:
    """Return the storage name of a file of this attempt."""
    return f"avatars/{portrait.pk}/portrait-{portrait.attempt}{ending}"


def _after(error: BackendError, portrait: Portrait) -> None:
    """Let a portrait whose call failed wait or fail."""
    if error.account:
        jobs.requeue(portrait, wait=ACCOUNT_PAUSE)
    else:
        log.warning("Portrait %s, attempt %s: %s", portrait.pk, portrait.attempt, error)
        jobs.busy(portrait, error.code, retryable=error.retryable, retry_after=error.retry_after)
