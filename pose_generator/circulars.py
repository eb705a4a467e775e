"""One piece of news for many people at once, in the transaction whose news it is.

As `lumiku.events.stream.append` does it for one: numbers are given under the locks of the streams, which are taken in
the order of their users, so that two circulars, or a circular and a settlement, never wait for each other in a circle.
A handful of statements serve five hundred people. Bells ring after the commit and only for so long: whoever is not
rung reads the rows a few seconds later.
"""

import asyncio
import logging
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F

from lumiku.events import stream
from lumiku.events.models import Event, Stream

log = logging.getLogger(__name__)

CHUNK = 500
RINGING = 5.0  # seconds
AT_ONCE = 50

Bell = tuple[str, dict[str, Any]]


def send(users: Collection[UUID], name: str, data: dict[str, Any]) -> None:
    """Write the next event of each of `users`; call it inside the transaction whose news it is, after other locks."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An event is appended in the transaction whose news it is.")
    everybody = sorted(set(users))
    bells: list[Bell] = []
    for chunk in _chunks(everybody, CHUNK):
        for event in _append(chunk, name, data):
            bells.append((stream.group_of(event.stream_id), _message(event)))
    transaction.on_commit(partial(_ring, bells), robust=True)


def _append(users: Sequence[UUID], name: str, data: dict[str, Any]) -> list[Event]:
    """Write one event for each of `users`, who stand in their order."""
    Stream.objects.bulk_create([Stream(pk=user) for user in users], ignore_conflicts=True)
    mine = Stream.objects.filter(pk__in=users)
    heads = dict(mine.select_for_update().order_by("pk").values_list("pk", "head"))
    mine.update(head=F("head") + 1)
    return Event.objects.bulk_create(
        Event(stream_id=user, seq=head + 1, name=name, data=data) for user, head in heads.items()
    )


def _chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _message(event: Event) -> dict[str, Any]:
    return {"type": "events.appended", "event": stream.shape(event)}


def _ring(bells: Sequence[Bell]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(_ring_all)(layer, bells)
    except Exception as error:  # whatever the broker's library raises: the rows are written, only bells are lost
        log.warning("Some of %d bells were lost: %s", len(bells), error or type(error).__name__)


async def _ring_all(layer: Any, bells: Sequence[Bell]) -> None:
    async with asyncio.timeout(RINGING):
        for chunk in _chunks(bells, AT_ONCE):
            await asyncio.gather(*(layer.group_send(group, message) for group, message in chunk))
