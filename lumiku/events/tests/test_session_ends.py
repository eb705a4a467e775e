"""An open line ends with the session that opened it, within seconds, and other sessions' lines stay open."""

import json
import time
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import AsyncClient
from rest_framework.test import APIClient

from lumiku.events import consumers
from lumiku.events.tests.test_socket import carol, close_code, in_memory, socket  # noqa: F401
from lumiku.testing import PASSWORD
from lumiku.users import accounts
from lumiku.users.models import TokenFamily, User

pytestmark = pytest.mark.usefixtures("committing", "in_memory")

NEW = "another phrase entirely"


@database_sync_to_async
def begin(user: User) -> accounts.Session:
    return accounts.session_for(user)


@database_sync_to_async
def call(session: accounts.Session, method: str, path: str, body: Any) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {session.access}")
    return getattr(client, method)(f"/api/auth/{path}", body).status_code


async def say_who(opened: Any, session: accounts.Session) -> None:
    await opened.send_json_to({"type": "auth", "token": session.access})
    assert json.loads(await opened.receive_from(timeout=5))["event"] == "connected"


async def answers(opened: Any) -> bool:
    await opened.send_json_to({"type": "ping"})
    return json.loads(await opened.receive_from(timeout=5)) == {"event": "pong"}


ENDINGS = {
    "a new password": (204, "post", "password", lambda here, phone: {"current": PASSWORD, "new": NEW}),
    "logging the other out": (204, "post", "logout", lambda here, phone: {"refresh": phone.refresh}),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_the_other_sessions_socket_closes_and_the_own_stays(
    carol: User,  # noqa: F811
    ending: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumers, "POLL_EVERY", 60)  # so that it is the bell that closes,
    monkeypatch.setattr(consumers, "AUTH_WITHIN", 60)  # and not the watch
    here, phone = await begin(carol), await begin(carol)
    status, method, path, body = ENDINGS[ending]

    async with socket() as mine, socket() as other:
        await say_who(mine, here)
        await say_who(other, phone)
        started = time.monotonic()
        assert await call(here, method, path, body(here, phone)) == status

        assert await close_code(other) == 4401
        assert time.monotonic() - started < 5
        assert await answers(mine)


async def test_closing_the_account_closes_every_socket(
    carol: User,  # noqa: F811
) -> None:
    here, phone = await begin(carol), await begin(carol)

    async with socket() as mine, socket() as other:
        await say_who(mine, here)
        await say_who(other, phone)
        assert await call(here, "delete", "profile", {"password": PASSWORD}) == 204

        assert await close_code(mine) == await close_code(other) == 4401


async def test_a_refresh_token_that_comes_again_closes_the_sockets_of_its_family(
    carol: User,  # noqa: F811
) -> None:
    robbed, phone = await begin(carol), await begin(carol)
    refresh = {"refresh": robbed.refresh}

    async with socket() as mine, socket() as other:
        await say_who(mine, robbed)
        await say_who(other, phone)
        assert await call(phone, "post", "refresh", refresh) == 200
        assert await answers(mine)
        assert await call(phone, "post", "refresh", refresh) == 401

        assert await close_code(mine) == 4401
        assert await answers(other)


async def test_a_lost_bell_closes_at_the_next_look(
    carol: User,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumers, "POLL_EVERY", 0.2)
    phone = await begin(carol)

    async with socket() as opened:
        await say_who(opened, phone)
        await TokenFamily.objects.filter(user=carol).aupdate(ended_at="2026-01-01T00:00:00Z")

        assert await close_code(opened) == 4401


async def test_a_socket_goes_on_with_the_next_token_of_its_session(
    carol: User,  # noqa: F811
) -> None:
    session = await begin(carol)
    fresh = await database_sync_to_async(accounts.refresh)(session.refresh)

    async with socket() as opened:
        await say_who(opened, session)
        await opened.send_json_to({"type": "auth", "token": fresh.access})

        assert await answers(opened)


async def test_a_token_of_an_ended_session_opens_no_socket(
    carol: User,  # noqa: F811
) -> None:
    session = await begin(carol)
    await database_sync_to_async(accounts.log_out)(session.refresh)

    async with socket() as opened:
        await opened.send_json_to({"type": "auth", "token": session.access})

        assert await close_code(opened) == 4401


@pytest.mark.parametrize("ending", ["new password", "log-out"])
async def test_a_browsers_socket_ends_with_the_browsers_session(
    carol: User,  # noqa: F811
    ending: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumers, "POLL_EVERY", 0.2)
    browser, session = AsyncClient(), await begin(carol)
    await browser.aforce_login(carol)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"

    async with socket(origin="http://localhost:4000", cookie=cookie, host="localhost:4000") as opened:
        await opened.send_json_to({"type": "auth"})
        assert json.loads(await opened.receive_from(timeout=5))["event"] == "connected"
        if ending == "log-out":
            await browser.alogout()
        else:
            assert await call(session, "post", "password", {"current": PASSWORD, "new": NEW}) == 204

        assert await close_code(opened) == 4401


async def test_server_sent_events_end_with_the_session(
    carol: User,  # noqa: F811
) -> None:
    session = await begin(carol)
    headers = {"Authorization": f"Bearer {session.access}"}
    answer = await AsyncClient().get("/api/events/stream", headers=headers)
    await database_sync_to_async(accounts.log_out)(session.refresh)

    assert [chunk async for chunk in answer.streaming_content] == [b": connected\n\n"]  # type: ignore[attr-defined]
    assert (await AsyncClient().get("/api/events/stream", headers=headers)).status_code == 401
