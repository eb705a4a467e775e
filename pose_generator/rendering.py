"""One picture, from claim to settlement.

Nothing slow happens inside a transaction, and the database connection is given back while the backend paints:
hundreds of calls may wait for a provider, and none of them needs the database. A worker that dies after the picture
was stored costs nothing: the next attempt adopts the stored original instead of paying again.
"""

import io
import logging
import random
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.functions import Now
from PIL import Image

from lumiku import backends, files, images
from lumiku.backends import BackendError, ImageRequest, Joint
from pose_generator import leases, settlement
from pose_generator.models import Pause, Result
from pose_generator.posing import camera, draw

log = logging.getLogger(__name__)

# Fifty answers at the same moment are finished a few at a time: the first makes room for the next call early.
_bench = threading.BoundedSemaphore(2)
EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
BACKOFF_BASE, BACKOFF_CAP = 2.0, 120.0
ACCOUNT_PAUSE = 60.0


@dataclass(frozen=True)
class Rendered:
    """A picture in storage, ready to be settled."""

    image: str
    thumbnail: str
    provider_request_id: str
    generation_time: float


def render(result_id: Any) -> None:
    """Paint a result and settle it, unless it is taken or settled already.

    Any exception but BackendError is a bug: it is not caught, the lease runs out, and the sweeper lets another worker
    try.
    """
    result = settlement.start(result_id, by=leases.ME)
    if result is None:
        return
    with leases.kept(result):
        try:
            rendered = make(result)
        except BackendError as error:
            _after(error, result)
        else:
            _deliver(result, rendered)


def make(result: Result) -> Rendered:
    """Return the stored picture of a claimed result: an earlier attempt's, or a new one. Raise BackendError."""
    started_at = time.monotonic()
    request_id = ""
    name, image = adopt(result)
    if image is None:
        request = request_for(result)
        give_connection_back()
        painting = backends.get(result.generation.backend).paint(request)
        image, request_id = painting.image, painting.request_id
        name = files.put(_name(result, EXTENSIONS[_format_of(painting.data)]), painting.data)
    with _bench:
        thumbnail = files.put(f"{name.rpartition('.')[0]}-400.webp", images.thumbnail(image))
    return Rendered(name, thumbnail, request_id, round(time.monotonic() - started_at, 3))


def request_for(result: Result) -> ImageRequest:
    """Return what the backend is asked for, complete: prompt, skeleton from the camera, person, ground, seed."""
    order = result.generation
    size = {"width": order.width, "height": order.height}
    joints = _joints(result)
    # A skeleton is 3 MB for as long as the call lasts: none for a backend that says it takes none.
    supports = backends.get(order.backend).supports
    return ImageRequest(
        prompt=result.prompt,
        **size,
        seed=result.seed,
        control=draw.openpose(joints, **size) if joints and "control" in supports else None,
        joints=joints,
        reference=_photo(order.reference),
        traits=order.traits,
        background=order.background_color or None,
    )


def _joints(result: Result) -> tuple[Joint, ...]:
    """Return the pose's joints as the order's camera sees them; nothing for a text order."""
    if result.pose is None:
        return ()
    order = result.generation
    points = np.asarray(result.pose.keypoints, dtype=float)
    return camera.project(points, width=order.width, height=order.height, yaw=result.yaw, pitch=result.pitch)


def adopt(result: Result) -> tuple[str, Image.Image | None]:
    """Return the newest whole original that an earlier attempt stored, or ("", None)."""
    if result.attempt < 2:
        return "", None
    for name in _originals(result):
        try:
            image = images.decode(files.read(name) or b"")
        except images.UnusablePicture:
            continue  # the worker died while it wrote
        if image.size == (result.generation.width, result.generation.height) and not images.is_flat(image):
            return name, image
    return "", None


def _originals(result: Result) -> list[str]:
    folder = f"results/{result.pk}"
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return []
    found = [name for name in names if name.partition("-")[2].partition(".")[0] == "0"]
    return [f"{folder}/{name}" for name in sorted(found, key=lambda name: -int(name.partition("-")[0]))]


def _name(result: Result, extension: str) -> str:
    return f"results/{result.pk}/{result.attempt}-0.{extension}"


def _format_of(data: bytes) -> str:
    with Image.open(io.BytesIO(data), formats=list(EXTENSIONS)) as header:
        return header.format or ""


def _photo(name: str) -> Image.Image | None:
    """Return the person's photo, unpacked only if the backend looks at it; uploads were made safe when they came."""
    data = files.read(name) if name else None
    return Image.open(io.BytesIO(data)) if data else None


def give_connection_back() -> None:
    """Return this thread's database connection to the pool, unless a test's transaction is open on it."""
    if not connection.in_atomic_block:
        connection.close()


def _deliver(result: Result, rendered: Rendered) -> None:
    order = result.generation
    delivered = settlement.succeed(
        result,
        image=rendered.image,
        thumbnail=rendered.thumbnail,
        provider_request_id=rendered.provider_request_id,
        generation_time=rendered.generation_time,
        backend=order.backend,
        background_changed=bool(order.background_mode),
    )
    if not delivered:
        # Its picture stays in storage: the worker that relieved this one may be about to adopt it.
        log.info("Result %s was settled by another worker.", result.pk)


def _after(error: BackendError, result: Result) -> None:
    """Decide what a failed call means: wait without counting, wait and count, or fail."""
    backend = result.generation.backend
    if error.account:
        log.error("Backend %s is paused, its key or money at the provider is at fault: %s", backend, error)
        pause(backend, ACCOUNT_PAUSE, str(error))
        settlement.requeue(result, wait=ACCOUNT_PAUSE)
        return
    log.warning("Result %s, attempt %s: %s", result.pk, result.attempt, error)
    tries = result.busy_answers + 1
    if not error.retryable or tries >= settings.TRIES["busy"]:
        settlement.fail(result, error.code)
        return
    if error.retry_after:
        pause(backend, error.retry_after, str(error))
    settlement.requeue(result, wait=backoff(tries, error.retry_after), busy_answers=tries)


def backoff(tries: int, retry_after: float | None) -> float:
    """Return seconds to wait: what the provider asked for or a growing random time, whichever is longer."""
    return max(retry_after or 0, random.uniform(0.5, min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (tries - 1))))


def pause(backend: str, seconds: float, reason: str) -> None:
    """Hand out nothing for this backend for a while."""
    until = Now() + timedelta(seconds=min(seconds, 600))
    _row, new = Pause.objects.get_or_create(backend=backend, defaults={"until": until, "reason": reason[:300]})
    if not new:  # a longer pause stands
        Pause.objects.filter(backend=backend, until__lt=until).update(until=until, reason=reason[:300])
