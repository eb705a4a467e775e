"""The same stream for clients without a socket: JSON pages, and server-sent events."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from lumiku import api
from lumiku.errors import Invalid
from lumiku.events import stream

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


def _identify(request: HttpRequest) -> tuple[Any, float]:
    authenticated = JWTAuthentication().authenticate(Request(request))
    if authenticated is None:
        raise APIException
    user, token = authenticated
    return user.pk, float(token["exp"])


async def events_as_sse(request: HttpRequest) -> HttpResponseBase:
    """Stream the caller's events; `Last-Event-ID` or `after` says from where, and without either from now."""
    try:
        user_id, expires_at = await sync_to_async(_identify)(request)
    except APIException:
        body = api.to_wire(api.error_body("unauthenticated", _("Send a valid access token."), request))
        return JsonResponse(body, status=401)
    raw = request.headers.get("Last-Event-ID") or request.GET.get("after") or ""
    cursor = int(raw) if raw.isascii() and raw.isdigit() else await sync_to_async(stream.head)(user_id)
    response = StreamingHttpResponse(_frames(user_id, cursor, expires_at), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _frames(user_id: Any, cursor: int, expires_at: float) -> AsyncIterator[str]:
    """Yield the events after `cursor` as they come, and a comment now and then to keep proxies awake."""
    yield ": connected\n\n"
    spoken_at = time.monotonic()
    while time.time() < expires_at:
        for frame in await sync_to_async(stream.page)(user_id, cursor):
            cursor, spoken_at = frame["seq"], time.monotonic()
            yield f"id: {cursor}\nevent: {frame['event']}\ndata: {json.dumps(frame)}\n\n"
        if time.monotonic() - spoken_at > KEEP_ALIVE_EVERY:
            spoken_at = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(POLL_EVERY)


# The schema generator finds what a route does by this attribute of DRF's views.
events_as_sse.cls = EventStreamView  # type: ignore[attr-defined]
events_as_sse.initkwargs = {}  # type: ignore[attr-defined]
