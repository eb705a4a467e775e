"""The WebSocket: who may listen, and that a reconnect misses nothing and repeats nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections, transaction
from django.test import AsyncClient
from rest_framework_simplejwt.tokens import AccessToken

from lumiku.asgi import application
from lumiku.events import consumers, presence, stream
from lumiku.users import accounts
from lumiku.users.models import User

pytestmark = pytest.mark.usefixtures("committing", "in_memory")


@pytest.fixture
def in_memory(settings: Any) -> Any:
    """A channel layer of this test's own; the drills use the real one."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    channel_layers.backends.clear()
    presence.forget_all()
    yield
    channel_layers.backends.clear()


@pytest.fixture
def carol(make_user: Any) -> User:
    return make_user("carol")


def token_of(user: User) -> str:
    return accounts.session_for(user).access


@asynccontextmanager
async def socket(**headers: str) -> AsyncIterator[WebsocketCommunicator]:
    """Yield an open socket that has not yet said who it is."""
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    communicator = WebsocketCommunicator(application, "/pose-generator", headers=sent)
    connected, _ = await communicator.connect(timeout=5)
    assert connected
    try:
        yield communicator
    finally:
        await communicator.disconnect()


@database_sync_to_async
def append(user: User, number: int = 1) -> None:
    try:
        for index in range(number):
            with transaction.atomic():
                stream.append(user.pk, "pose-update", {"index": index})
    finally:
        connections.close_all()


async def numbers(open_socket: WebsocketCommunicator, count: int) -> list[int]:
    return [json.loads(await open_socket.receive_from(timeout=5))["seq"] for _ in range(count)]


async def close_code(open_socket: WebsocketCommunicator) -> int:
    message = await open_socket.receive_output(timeout=5)
    assert message["type"] == "websocket.close", message
    return message["code"]


async def test_carol_hears_what_happens_from_now_on(carol: User) -> None:
    await append(carol, 2)
    token = await database_sync_to_async(token_of)(carol)

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token})
        connected = json.loads(await opened.receive_from(timeout=5))
        await append(carol)

        assert connected == {"event": "connected", "seq": 2, "userId": str(carol.pk)}
        assert await numbers(opened, 1) == [3]


async def test_a_reconnect_with_the_last_seq_misses_and_repeats_nothing(carol: User) -> None:
    token = await database_sync_to_async(token_of)(carol)
    seen: list[int] = []

    for _round in range(5):
        async with socket() as opened:
            await opened.send_json_to({"type": "auth", "token": token, "after": seen[-1] if seen else 0})
            assert json.loads(await opened.receive_from(timeout=5))["event"] == "connected"
            writing = asyncio.create_task(append(carol, 6))
            seen += await numbers(opened, 4)  # and cuts the line in the middle of the news
            await writing

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token, "after": seen[-1]})
        await opened.receive_from(timeout=5)
        seen += await numbers(opened, 30 - len(seen))

    assert seen == list(range(1, 31))


async def test_bob_hears_nothing_of_carol(carol: User, make_user: Any) -> None:
    bob = await database_sync_to_async(make_user)("bob")
    token = await database_sync_to_async(token_of)(bob)
    await append(carol, 2)

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token, "after": 0})
        assert json.loads(await opened.receive_from(timeout=5))["seq"] == 0
        await append(carol, 2)

        assert await opened.receive_nothing(timeout=0.5)


async def test_a_lost_bell_costs_no_event(carol: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await database_sync_to_async(token_of)(carol)
    monkeypatch.setattr(consumers, "POLL_EVERY", 0.2)
    monkeypatch.setattr(stream, "_ring", lambda user_id, shaped: None)

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token})
        await opened.receive_from(timeout=5)
        await append(carol, 3)

        assert await numbers(opened, 3) == [1, 2, 3]


@pytest.mark.parametrize("kind", ["none", "noise", "expired", "refresh", "stranger"])
async def test_a_bad_token_closes_with_4401_and_tells_nothing(carol: User, kind: str) -> None:
    await append(carol)
    expired = AccessToken()
    expired.set_exp(lifetime=timedelta(seconds=-1))
    stranger = AccessToken()
    stranger["user_id"] = "00000000-0000-4000-8000-000000000000"
    refresh = await database_sync_to_async(lambda: accounts.session_for(carol).refresh)()
    tokens = {"noise": "x.y.z", "expired": str(expired), "refresh": refresh, "stranger": str(stranger)}

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "after": 0, **({"token": tokens[kind]} if kind in tokens else {})})

        assert await close_code(opened) == 4401


async def test_who_says_nothing_is_closed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "AUTH_WITHIN", 0.2)

    async with socket() as opened:
        assert await close_code(opened) == 4401


async def test_a_socket_ends_with_its_token(carol: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "POLL_EVERY", 0.1)
    token = await database_sync_to_async(lambda: AccessToken(token_of(carol)))()  # type: ignore[arg-type]
    token.set_exp(lifetime=timedelta(seconds=1))

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": str(token)})
        await opened.receive_from(timeout=5)

        assert await close_code(opened) == 4401


async def test_a_disabled_user_is_closed(carol: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "POLL_EVERY", 0.1)
    token = await database_sync_to_async(token_of)(carol)

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token})
        await opened.receive_from(timeout=5)
        await User.objects.filter(pk=carol.pk).aupdate(is_active=False)

        assert await close_code(opened) == 4401


async def test_a_sixth_socket_of_one_user_is_refused(carol: User) -> None:
    token = await database_sync_to_async(token_of)(carol)
    for _ in range(5):
        presence.enter(*presence.of_user(carol.pk))

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token})

        assert await close_code(opened) == 4429


async def test_a_listener_500_events_behind_is_closed_and_resumes_by_seq(carol: User) -> None:
    token = await database_sync_to_async(token_of)(carol)
    far = {"event": "pose-update", "seq": 600, "timestamp": "", "data": {}}

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token})
        await opened.receive_from(timeout=5)
        layer = channel_layers["default"]
        await layer.group_send(stream.group_of(carol.pk), {"type": "events.appended", "event": far})

        assert await close_code(opened) == 4408


async def test_ping_is_answered_and_nonsense_does_not_end_the_socket(carol: User) -> None:
    async with socket() as opened:
        for nonsense in ["[" * 4000, "[]", "not json", '{"type": 5}', '{"type": "subscribe"}']:
            await opened.send_to(nonsense)
            assert json.loads(await opened.receive_from(timeout=5))["event"] == "error"
        await opened.send_json_to({"type": "ping"})

        assert json.loads(await opened.receive_from(timeout=5)) == {"event": "pong"}


@pytest.mark.parametrize(
    ("origin", "heard"),
    [
        ("http://localhost:4000", True),
        ("http://localhost:5000", False),
        ("https://evil.example", False),
        ("http://[::1", False),
    ],
)
async def test_a_session_counts_only_from_our_own_pages(carol: User, origin: str, heard: bool) -> None:
    client = AsyncClient()
    await client.aforce_login(carol)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    assert await SessionStore().aexists(client.cookies["sessionid"].value)

    async with socket(origin=origin, cookie=cookie, host="localhost:4000") as opened:
        await opened.send_json_to({"type": "auth"})
        message = await opened.receive_output(timeout=5)

        assert (message["type"] == "websocket.send") is heard
        assert heard or message["code"] == 4401


async def test_sse_resumes_after_the_last_event_id(carol: User) -> None:
    await append(carol, 5)
    token = await database_sync_to_async(token_of)(carol)

    answer = await AsyncClient().get(
        "/api/events/stream", headers={"Authorization": f"Bearer {token}", "Last-Event-ID": "3"}
    )
    lines: list[str] = []
    async for chunk in answer.streaming_content:  # type: ignore[attr-defined]
        lines += chunk.decode().splitlines()
        if "id: 5" in lines:
            break

    assert answer["Content-Type"] == "text/event-stream"
    assert [line for line in lines if line.startswith("id:")] == ["id: 4", "id: 5"]


async def test_sse_without_a_token_is_a_401_in_the_one_shape() -> None:
    answer = await AsyncClient().get("/api/events/stream")

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"


@pytest.mark.parametrize("after", ["5", 5.0, True, -1, 2**63])
async def test_a_cursor_that_is_no_seq_is_told_so_and_not_taken_for_now(carol: User, after: Any) -> None:
    token = await database_sync_to_async(token_of)(carol)

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token, "after": after})

        assert json.loads(await opened.receive_from(timeout=5))["event"] == "error"


async def test_a_socket_that_fails_gives_its_places_back(carol: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await database_sync_to_async(token_of)(carol)
    monkeypatch.setattr(stream, "head", lambda user_id: 1 / 0)

    for _ in range(6):
        communicator = WebsocketCommunicator(application, "/pose-generator")
        await communicator.connect(timeout=5)
        await communicator.send_json_to({"type": "auth", "token": token})
        # The failure is seen when the wait is over.
        with pytest.raises(ZeroDivisionError):
            await communicator.receive_from(timeout=0.2)

    assert presence.enter(*presence.of_user(carol.pk))
    assert presence._open == {f"user:{carol.pk}": 1}


async def test_a_database_that_is_away_for_a_moment_does_not_end_the_watch(
    carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "POLL_EVERY", 0.1)
    token = await database_sync_to_async(token_of)(carol)
    whole = consumers.EventConsumer._holds

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": token})
        await opened.receive_from(timeout=5)
        monkeypatch.setattr(consumers.EventConsumer, "_holds", lambda self: 1 / 0)
        await asyncio.sleep(0.5)
        monkeypatch.setattr(consumers.EventConsumer, "_holds", whole)
        await User.objects.filter(pk=carol.pk).aupdate(is_active=False)

        assert await close_code(opened) == 4401


async def test_a_sixth_stream_of_one_user_is_a_429_in_the_one_shape(carol: User) -> None:
    token = await database_sync_to_async(token_of)(carol)
    for _ in range(5):
        presence.enter(*presence.of_user(carol.pk))

    answer = await AsyncClient().get("/api/events/stream", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "too_many_streams"


async def test_sse_with_a_last_event_id_that_is_no_seq_is_a_400(carol: User) -> None:
    token = await database_sync_to_async(token_of)(carol)

    answer = await AsyncClient().get(
        "/api/events/stream", headers={"Authorization": f"Bearer {token}", "Last-Event-ID": "9" * 5000}
    )

    assert answer.status_code == 400


async def test_sse_ends_when_the_user_is_disabled(carol: User) -> None:
    token = await database_sync_to_async(token_of)(carol)
    answer = await AsyncClient().get("/api/events/stream", headers={"Authorization": f"Bearer {token}"})
    await User.objects.filter(pk=carol.pk).aupdate(is_active=False)

    chunks = [chunk async for chunk in answer.streaming_content]  # type: ignore[attr-defined]

    assert chunks == [b": connected\n\n"]
