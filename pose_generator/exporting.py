"""Exports of the pictures that a seller has: made once, stored, found again on the picture's row.

The row (`Result.exports`, storage names by format) is the cache. A file's name ends with what decides about its bytes,
so formats that share them share a file and one that would come out differently today is made anew; it begins with a
random part, because a name that no row names any more is never named again (`lumiku.files`). A new background empties
the row's list: an export never shows what the picture does not.
"""

import copy
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from PIL import Image

from lumiku import backends, files, images, usage
from lumiku.errors import DomainError
from lumiku.events import stream
from pose_generator import briefs, crops, encodings, exports, matting, provenance, recipes, scoring, wire
from pose_generator.crops import Places
from pose_generator.exports import Format, Source
from pose_generator.models import Result, Status
from pose_generator.posing import detect, subject
from pose_generator.watermarks import Watermark

log = logging.getLogger(__name__)

#: Exports of one picture that its row names at most: sizes and marks of a seller's own have no end.
MOST = 200
#: Seconds for which the joints found in a picture are remembered, and for which a request waits for its turn.
REMEMBERED, PATIENCE = 3600, 20.0

# A web process has other requests to answer.
_bench = threading.BoundedSemaphore(2)


class NotReady(DomainError):
    """There is no picture to export, or not this one any more."""

    code = "wrong_state"
    status = 409


class TooManyExports(DomainError):
    """More exports than a user may have made in a minute, or of one picture."""

    code = "rate_limited"
    status = 429


class Busy(DomainError):
    """Everybody exports at this moment."""

    code = "unavailable"
    status = 503


def kept(result: Result, wanted: Format, watermark: Watermark | None = None) -> str:
    """Return the storage name of an export that was made already, "" if there is none."""
    ending = _ending(wanted, watermark)
    return next((name for name in result.exports.values() if name.endswith(ending)), "")


def require_ready(result: Result) -> None:
    """Raise NotReady if the result has no picture to be exported."""
    if result.status != Status.COMPLETED or not result.image:
        raise NotReady(_("This picture is not there yet; try again when it has come."))


def on_demand(result: Result, wanted: Format, watermark: Watermark | None = None) -> str:
    """Return the storage name of an export of a picture, made now if it was not; a known one writes nothing.

    Raise NotReady, TooManyExports, Busy, StorageFull, StorageDown or what the watermark cannot do.
    """
    require_ready(result)
    name, size = kept(result, wanted, watermark), 0
    if name and result.exports.get(_key(wanted, watermark)) == name:
        return name
    if not name:
        _refuse_too_many(result)
        with turn():
            export = exports.render(source(result, [wanted]), wanted, recipe=_sealed(result), watermark=watermark)
        name, size = files.put(_name(result, wanted, watermark), export.data), len(export.data)
    return _write_down(result, wanted, watermark, name, size)


def at_delivery(
    result: Result, outcome: dict[str, Any], *, picture: Image.Image, person: detect.Detection | None
) -> tuple[dict[str, str], int]:
    """Make the formats that were ordered of a picture that is about to be delivered; return their names and bytes.

    `outcome` is what the row will say, `picture` what it will show, `person` who was found in it. A format that cannot
    be made is logged and left for when it is asked for.
    """
    row = copy.copy(result)
    for field, value in outcome.items():
        setattr(row, field, value)
    wanted = [exports.FORMATS[name] for name in result.generation.export_formats if name in exports.FORMATS]
    made: dict[str, str] = {}
    size = 0
    try:
        shown, sealed = source(row, wanted, picture=picture, person=person), _sealed(row)
    except Exception:  # a failed export never fails a pose
        log.warning("Nothing of result %s was exported.", result.pk, exc_info=True)
        return made, size
    for each in wanted:
        row.exports = made
        if not (name := kept(row, each)):
            if (data := _attempt(row, shown, each, sealed)) is None:
                continue
            name, size = data[0], size + data[1]
        made[each.name] = name
    return made, size


def _attempt(row: Result, shown: Source, wanted: Format, sealed: str) -> tuple[str, int] | None:
    """Name and bytes of one export; whatever goes wrong with it, the picture is delivered."""
    try:
        data = exports.render(shown, wanted, recipe=sealed).data
        return files.put(_name(row, wanted), data), len(data)
    except Exception:  # as above, for one format
        log.warning("Result %s was not exported as %s.", row.pk, wanted.name, exc_info=True)
        return None


def unstored(result: Result, wanted: Format) -> bytes | None:
    """Return an export as bytes without keeping it: the stored one, else made now; None if the picture is gone."""
    if name := kept(result, wanted):
        return files.read(name)
    data = files.read(result.output or result.image)
    if data is None:
        return None
    sealed = _sealed(result)
    if wanted.width is None and (same := encodings.relabelled(data, sealed)):
        return same
    with turn(patience=None):
        return exports.render(source(result, [wanted], data=data), wanted, recipe=sealed).data


@contextmanager
def turn(*, patience: float | None = PATIENCE) -> Iterator[None]:
    """Hold one of this process's two places to make an export; raise Busy after `patience` seconds, None for never."""
    if not _bench.acquire(timeout=-1 if patience is None else patience):
        raise Busy(_("Many exports are being made at the moment; please try again soon."), retry_after=5)
    try:
        yield
    finally:
        _bench.release()


def source(
    result: Result,
    formats: Sequence[Format],
    *,
    picture: Image.Image | None = None,
    data: bytes = b"",
    person: detect.Detection | None = None,
) -> Source:
    """Return the picture that `result` shows with what these formats need to know of it; raise NotReady if it is gone.

    `picture` or `data` (its bytes) and `person` are what the caller has of it already.
    """
    as_made = any(wanted.width is None for wanted in formats)
    if not data and (picture is None or as_made):
        data = files.read(result.output or result.image) or b""
    if picture is None:
        picture = _decoded(result, data)
    cropped = any(wanted.width for wanted in formats)
    matte = files.read(result.matte) if cropped and result.matte else None
    return Source(
        picture,
        data,
        places=_places(result, picture, person) if cropped else None,
        matte=matting.decode(matte) if matte else None,
        ground=result.background_color if result.background_mode == "solid_color" else "",
    )


def _decoded(result: Result, data: bytes) -> Image.Image:
    if not data:
        raise NotReady(_("This picture is gone."))
    picture = images.decode(data)
    return picture if result.background_mode == "transparent" else picture.convert("RGB")


def _places(result: Result, picture: Image.Image, person: detect.Detection | None) -> Places | None:
    """The joints in the picture: found, else as asked if the backend obeys; None if nobody knows."""
    if person:
        return crops.found(person, picture.size)
    seen = cache.get_or_set(f"joints:{result.output or result.image}", lambda: _found(picture), REMEMBERED)
    if seen:
        return list(seen)
    joints = briefs.joints(result)
    obeys = result.backend in backends.offered() and "control" in backends.get(result.backend).supports
    return crops.asked(joints, picture.size) if joints and obeys else None


def _found(picture: Image.Image) -> Places:
    """The joints of the one person in a picture; none for nobody, for several and where there are no models."""
    shown = picture
    if picture.mode == "RGBA":
        shown = Image.new("RGB", picture.size, "#808080")
        shown.paste(picture, mask=picture.getchannel("A"))
    try:
        people = detect.detector().find(shown)
    except detect.VisionUnavailable:
        return ()
    near = [person for person in people if person.size > subject.BESIDE * people[0].size]
    return tuple(crops.found(near[0], picture.size)) if len(near) == 1 and near[0].flag >= scoring.PERSON else ()


def _sealed(result: Result) -> str:
    return recipes.sealed(provenance.recipe(result))


def _write_down(result: Result, wanted: Format, watermark: Watermark | None, name: str, size: int) -> str:
    """Put an export on the row and tell its owner; return its name, or that of a twin which was faster.

    `size` is 0 for a file that the row names already, under another format.
    """
    key, chosen = _key(wanted, watermark), ""
    with transaction.atomic():
        rows = Result.objects.select_for_update(no_key=True).filter(pk=result.pk, discarded_at=None)
        if fresh := rows.filter(image=result.image, output=result.output).first():
            chosen = kept(fresh, wanted, watermark) or name
        if fresh and fresh.exports.get(key) != chosen:
            fresh.exports = {**fresh.exports, key: chosen}
            grown = F("bytes") + (size if chosen == name else 0)
            Result.objects.filter(pk=fresh.pk).update(exports=fresh.exports, bytes=grown)
            stream.append(result.generation.owner_id, "pose-update", {"pose": wire.pose(fresh)})
    if size and chosen != name:
        files.delete(name)  # no row has ever named it
    if not chosen:
        raise NotReady(_("This picture was changed or deleted meanwhile; please try again."))
    return chosen


def _refuse_too_many(result: Result) -> None:
    usage.check(result.generation.owner)
    if not settings.LIMITS_ON:
        return
    if len(result.exports) >= MOST:
        raise TooManyExports(_("This picture has very many exports already; use one of them."), retry_after=86_400)
    user = result.generation.owner_id
    ends_at = int(cache.get_or_set(f"exports:{user}", lambda: int(time.time()) + 60, 60) or 0)
    counter = f"exports:{user}:{ends_at}"
    cache.add(counter, 0, 120)
    if cache.incr(counter) > settings.LIMITS["exports_per_minute"]:
        wait = max(1, ends_at - int(time.time()))
        raise TooManyExports(_("That was many exports for a minute; please wait a moment."), retry_after=wait)


def _name(result: Result, wanted: Format, watermark: Watermark | None = None) -> str:
    return f"results/{result.pk}/exports/{secrets.token_hex(8)}{_ending(wanted, watermark)}"


def _ending(wanted: Format, watermark: Watermark | None) -> str:
    mark = f"-{_mark(watermark)}" if watermark else ""
    return f"-{wanted.made_as}{mark}.{encodings.EXTENSIONS[wanted.type]}"


def _key(wanted: Format, watermark: Watermark | None) -> str:
    return f"{wanted.name}-{_mark(watermark)}" if watermark else wanted.name


def _mark(watermark: Watermark) -> str:
    """What tells a watermark from others."""
    said = (watermark.text, watermark.position, watermark.opacity, watermark.size)
    logo = watermark.logo.tobytes() + repr(watermark.logo.size).encode() if watermark.logo else b""
    return hashlib.sha256(repr(said).encode() + logo).hexdigest()[:12]
