"""The same stream for clients without a socket: JSON pages, and server-sent events."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lumiku import api
from lumiku.errors import Invalid
from lumiku.events import presence, proofs, stream

POLL_EVERY = 1.0
KEEP_ALIVE_EVERY = 15.0
AFTER = OpenApiParameter("after", int, description="The last seq you have seen; left out: from the beginning.")


def _cursor(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):
        raise Invalid(_("after must be the seq of an event."), fields={"after": [_("Not a number.")]})
    return int(raw)


class EventsView(APIView):
    """Events after a cursor, oldest first, at most 200 at a time."""

    @extend_schema(
        parameters=[AFTER],
        responses=inline_serializer(
            "Events",
            {"events": serializers.ListField(child=serializers.DictField()), "seq": serializers.IntegerField()},
        ),
        tags=["events"],
    )
    def get(self, request: Request) -> Response:
        after = _cursor(request.query_params.get("after", "0"))
        frames = list(stream.page(request.user.pk, after))
        return Response({"events": frames, "seq": frames[-1]["seq"] if frames else after})


class EventStreamView(APIView):
    """Events after a cursor as server-sent events, for as long as the token lives."""

    @extend_schema(
        parameters=[AFTER, OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER)],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
        tags=["events"],
    )
    def get(self, request: Request) -> None:
        """Described here; served by `events_as_sse`, since DRF has no asynchronous views."""


async def events_as_sse(request: HttpRequest) -> HttpResponseBase:
    """Stream the caller's events; `Last-Event-ID` or `after` says from where, and without either from now."""
    try:
        proof = await _identify(request)
        if proof is None:
            raise APIException
        raw = request.headers.get("Last-Event-ID") or request.GET.get("after") or ""
        cursor = _cursor(raw) if raw else await _head(proof.user_id)
    except APIException:
        return _refusal(request, 401, "unauthenticated", _("Send a valid access token."))
    except Invalid as error:
        return _refusal(request, error.status, error.code, error.message)
    frames = _counted(request, proof.user_id, _frames(proof, cursor))
    try:
        first = await anext(frames)  # so that one stream too many is a plain 429
    except presence.TooManyStreams as error:
        return _refusal(request, error.status, error.code, error.message)
    response = StreamingHttpResponse(_with_first(first, frames), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


# Each read gives its database connection back: a stream lives for minutes and needs one for milliseconds.
_head = database_sync_to_async(stream.head)
_page = database_sync_to_async(stream.page)
_identify = database_sync_to_async(proofs.of_request)


def _refusal(request: HttpRequest, status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse(api.to_wire(api.error_body(code, message, request)), status=status)


async def _counted(request: HttpRequest, user_id: Any, frames: AsyncIterator[str]) -> AsyncIterator[str]:
    """Yield `frames` while the user and the address hold a place for the stream; raise TooManyStreams first."""
    meta = request.META
    address = api.client_address(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""))
    with presence.counted(presence.of_user(user_id), presence.of_address(address)):
        async for frame in frames:
            yield frame


async def _with_first(first: str, frames: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for frame in frames:
        yield frame


async def _frames(proof: proofs.Proof, cursor: int) -> AsyncIterator[str]:
    """Yield the events after `cursor` as they come, and a comment now and then to keep proxies awake."""
    yield ": connected\n\n"
    spoken_at = time.monotonic()
    while time.time() < proof.expires_at and await database_sync_to_async(proof.holds)():
        for frame in await _page(proof.user_id, cursor):
            cursor, spoken_at = frame["seq"], time.monotonic()
            yield f"id: {cursor}\nevent: {frame['event']}\ndata: {json.dumps(frame)}\n\n"
        if time.monotonic() - spoken_at > KEEP_ALIVE_EVERY:
            spoken_at = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(POLL_EVERY)


# The schema generator finds what a route does by this attribute of DRF's views.
events_as_sse.cls = EventStreamView  # type: ignore[attr-defined]
events_as_sse.initkwargs = {}  # type: ignore[attr-defined]
