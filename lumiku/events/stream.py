"""A user's events: append, read, ring.

Replay is not a feature, it is the only path. `append` runs inside the transaction that changes something and numbers
the event under the lock of the stream's row, so numbers appear in commit order and without gaps; after the commit it
rings, with a copy of the row, through the channel layer. A bell may be lost: whoever listens compares numbers and
reads the rows.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from lumiku import files
from lumiku.api import timestamp, to_wire
from lumiku.events.models import Event, Stream

log = logging.getLogger(__name__)

BATCH = 200


def group_of(user_id: Any) -> str:
    """Return the channel-layer group of a user."""
    return f"events.{user_id}"


def append(user_id: Any, name: str, data: dict[str, Any]) -> Event:
    """Write the user's next event; call it inside the transaction whose news it is, after every other lock."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An event is appended in the transaction whose news it is.")
    if not Stream.objects.filter(pk=user_id).update(head=F("head") + 1):
        Stream.objects.get_or_create(pk=user_id)
        Stream.objects.filter(pk=user_id).update(head=F("head") + 1)
    seq = Stream.objects.values_list("head", flat=True).get(pk=user_id)
    event = Event.objects.create(stream_id=user_id, seq=seq, name=name, data=data)
    transaction.on_commit(partial(_ring, user_id, shape(event)), robust=True)
    return event


def shape(event: Event) -> dict[str, Any]:
    """Return an event as it is stored and rung; `frame` makes it fit to be shown."""
    return {"event": event.name, "seq": event.seq, "timestamp": timestamp(event.created_at), "data": event.data}


def frame(shaped: dict[str, Any]) -> dict[str, Any]:
    """Return what a client receives: camelCase, links signed now."""
    return {**shaped, "data": to_wire(files.with_links(shaped["data"]))}


def head(user_id: Any) -> int:
    """Return the number of the user's newest event."""
    return Stream.objects.filter(pk=user_id).values_list("head", flat=True).first() or 0


def after(user_id: Any, cursor: int, *, limit: int = BATCH) -> list[dict[str, Any]]:
    """Return up to `limit` events of the user after `cursor`, oldest first, in the stored shape."""
    rows = Event.objects.filter(stream_id=user_id, seq__gt=cursor).order_by("seq")[:limit]
    return [shape(event) for event in rows]


def prune() -> int:
    """Delete events past their time, but never a user's newest thousand; return how many went."""
    old = Now() - timedelta(seconds=settings.TIMES["events_kept"])
    gone = 0
    for row in Event.objects.filter(created_at__lt=old).values("stream").annotate(last=Max("seq")):
        keep_from = head(row["stream"]) - settings.EVENTS_KEPT_AT_LEAST
        doomed = Event.objects.filter(stream=row["stream"], seq__lte=min(row["last"], keep_from), created_at__lt=old)
        gone += doomed.delete()[0]
    return gone


def kick(user_id: Any, *, reason: str) -> None:
    """Tell every socket of the user to end, when the transaction commits."""
    transaction.on_commit(partial(_send, user_id, {"type": "events.end", "reason": reason}), robust=True)


def _ring(user_id: Any, shaped: dict[str, Any]) -> None:
    _send(user_id, {"type": "events.appended", "event": shaped})


def _send(user_id: Any, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group_of(user_id), message)
    except Exception as error:  # whatever the broker's library raises: the row is written, only the bell is lost
        log.warning("A bell was lost: %s", error)


def page(user_id: Any, cursor: int, *, limit: int = BATCH) -> Iterable[dict[str, Any]]:
    """Return the frames after `cursor`; a cursor that is too old, or from another life, gets one `stream-reset`."""
    found = after(user_id, cursor, limit=limit)
    if found and found[0]["seq"] == cursor + 1:
        return [frame(shaped) for shaped in found]
    newest = head(user_id)
    return [] if newest == cursor else [reset(newest)]


def reset(seq: int) -> dict[str, Any]:
    """Return the frame that tells a client to read REST anew and to go on from `seq`."""
    return {"event": "stream-reset", "seq": seq, "data": {}}
