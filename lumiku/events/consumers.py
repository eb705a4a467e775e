"""A user's events over a WebSocket: replay and live are the same loop.

The socket joins the user's group before it reads, so whatever commits in between rings after it has joined. A bell
carries a copy of a committed event: it is forwarded when it is the next one, and otherwise the rows after the cursor
are read. Every few seconds the rows are read anyway, so a lost bell costs seconds and never an event.
"""

import asyncio
import json
import logging
import time
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.http.request import validate_host

from lumiku import api
from lumiku.events import presence, proofs, stream

log = logging.getLogger(__name__)

AUTH_WITHIN = 5.0
POLL_EVERY = 5.0
BEHIND = 500
LONGEST_MESSAGE = 4096
UNAUTHENTICATED, TOO_SLOW, TOO_MANY = 4401, 4408, 4429


class EventConsumer(AsyncWebsocketConsumer):
    """One socket; the client speaks first: `{"type": "auth", "token": …, "after": …}`."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Run the socket; whatever ends it, its places fall free and its watch stops."""
        self.counted: list[str] = []
        self.watch: asyncio.Task[None] | None = None
        try:
            await super().__call__(scope, receive, send)
        finally:
            presence.leave(self.counted)
            if self.watch:
                self.watch.cancel()

    async def connect(self) -> None:
        self.user_id = ""
        self.proof: proofs.Proof | None = None
        self.cursor = 0
        self.expires_at = time.time() + AUTH_WITHIN
        self.draining = asyncio.Lock()
        await self.accept()
        if not self._count(*presence.of_address(self._address())):
            await self.close(TOO_MANY)
            return
        self.watch = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        if self.user_id:
            await self.channel_layer.group_discard(stream.group_of(self.user_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = json.loads((text_data or "")[:LONGEST_MESSAGE])
            kind = message["type"]
        except (ValueError, TypeError, KeyError, RecursionError):
            await self._tell("error", message="Send JSON objects with a type: auth or ping.")
            return
        if kind == "auth":
            await self._authenticate(message)
        elif kind == "ping":
            await self._tell("pong")
        else:
            await self._tell("error", message="Unknown type: send auth or ping.")

    # ---- Bells -----------------------------------------------------------------------------------------------------

    async def events_appended(self, message: dict[str, Any]) -> None:
        """A bell with a copy of a committed event."""
        shaped = message["event"]
        async with self.draining:
            if shaped["seq"] <= self.cursor:
                return
            if shaped["seq"] > self.cursor + BEHIND:
                await self.close(TOO_SLOW)
            elif shaped["seq"] == self.cursor + 1:
                await self._forward(stream.frame(shaped))
            else:
                await self._drain()

    async def events_end(self, message: dict[str, Any]) -> None:
        """Sessions of the user were ended elsewhere; this one perhaps."""
        try:
            holds = await self._holds()
        except DatabaseError:  # the watch looks again
            log.warning("A socket could not be checked; it will be again.", exc_info=True)
            return
        if not holds:
            await self.close(UNAUTHENTICATED, reason=message.get("reason"))

    # ---- Who and from where ----------------------------------------------------------------------------------------

    async def _authenticate(self, message: dict[str, Any]) -> None:
        after = message.get("after")
        if after is not None and (isinstance(after, bool) or not isinstance(after, int) or not 0 <= after < 2**63):
            await self._tell("error", message="after must be the seq of an event: a whole number.")
            return
        proof = await self._identify(message.get("token"))
        if proof is None or (self.user_id and proof.user_id != self.user_id):
            await self.close(UNAUTHENTICATED)
            return
        self.proof, self.expires_at = proof, proof.expires_at
        if not self.user_id:
            await self._join(proof.user_id, after)

    async def _join(self, user_id: str, after: int | None) -> None:
        if not self._count(*presence.of_user(user_id)):
            await self.close(TOO_MANY)
            return
        self.user_id = user_id
        await self.channel_layer.group_add(stream.group_of(user_id), self.channel_name)
        newest = await database_sync_to_async(stream.head)(user_id)
        async with self.draining:
            self.cursor = newest if after is None else after
            await self._tell("connected", seq=newest, userId=user_id)
            await self._drain()

    async def _identify(self, token: Any) -> proofs.Proof | None:
        """Return what the token proves, or, for a page of ours without one, the browser's session; None for nothing."""
        if token is None and self._origin_is_ours():
            session = self.scope.get("session")
            return await database_sync_to_async(proofs.of_session)(session.session_key if session else None)
        return await database_sync_to_async(proofs.of_token)(token) if isinstance(token, str) else None

    async def _holds(self) -> bool:
        return self.proof is not None and await database_sync_to_async(self.proof.holds)()

    def _origin_is_ours(self) -> bool:
        """Whether the page that opened the socket came from the host and port that it connects to."""
        headers = dict(self.scope["headers"])
        try:
            origin = urlsplit(headers.get(b"origin", b"").decode("latin1"))
        except ValueError:
            return False
        ours = headers.get(b"host", b"").decode("latin1")
        return origin.netloc == ours and validate_host(origin.hostname or "", settings.ALLOWED_HOSTS)

    def _address(self) -> str:
        forwarded = dict(self.scope["headers"]).get(b"x-forwarded-for", b"").decode("latin1")
        return api.client_address((self.scope.get("client") or [""])[0], forwarded)

    def _count(self, key: str, limit: int) -> bool:
        if not presence.enter(key, limit):
            return False
        self.counted.append(key)
        return True

    # ---- The loop --------------------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        """Send everything after the cursor; the caller holds the lock."""
        while frames := await database_sync_to_async(stream.page)(self.user_id, self.cursor):
            for frame in frames:
                await self._forward(frame)

    async def _forward(self, frame: dict[str, Any]) -> None:
        await self.send(json.dumps(frame))
        self.cursor = frame["seq"]

    async def _tell(self, event: str, **data: Any) -> None:
        await self.send(json.dumps({"event": event, **data}))

    async def _watch(self) -> None:
        """Close when the proof ends, and read the rows now and then in case a bell was lost."""
        while (left := self.expires_at - time.time()) > 0:
            try:
                if self.user_id and not await self._holds():
                    break
                if self.user_id:
                    async with self.draining:
                        await self._drain()
            except Exception:  # a database that is away must not end the watch: the proof still does
                log.warning("A socket could not be checked; it will be again.", exc_info=True)
            await asyncio.sleep(min(left, POLL_EVERY))
        await self.close(UNAUTHENTICATED)
