"""What people do with their account: name, address, password, and closing it for good."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from credits.models import Account, Entry
from lumiku.events import stream
from lumiku.events.models import Event
from lumiku.testing import PASSWORD, client_of, in_threads
from lumiku.tests.people import make_superuser, signed_in
from lumiku.users import accounts, closing, families
from lumiku.users.models import LogInFailure, TokenFamily, User

NEW = "another phrase entirely"
WRONG = "not at all the phrase"


@pytest.fixture(autouse=True)
def _in_memory(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


def speaking_for(session: accounts.Session) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {session.access}")
    return client


def works(session: accounts.Session) -> tuple[int, int]:
    """What a session's access token and then its refresh token are answered."""
    refresh = client_of(None).post("/api/auth/refresh", {"refresh": session.refresh})
    return speaking_for(session).get("/api/auth/profile").status_code, refresh.status_code


def log_in(email: str, password: str) -> int:
    return client_of(None).post("/api/auth/login", {"email": email, "password": password}).status_code


# ---- Profile -------------------------------------------------------------------------------------------------------


def test_alice_changes_her_address_with_her_password_and_logs_in_with_it(as_alice: APIClient) -> None:
    answer = as_alice.put("/api/auth/profile", {"email": "Shop@Example.com", "password": PASSWORD})

    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == "shop@example.com"
    assert log_in("shop@example.com", PASSWORD) == 200
    assert log_in("alice@example.com", PASSWORD) == 401


@pytest.mark.parametrize("password", [{}, {"password": WRONG}])
def test_a_token_alone_does_not_move_the_address(as_alice: APIClient, alice: User, password: Any) -> None:
    answer = as_alice.put("/api/auth/profile", {"email": "mallory@example.com", "name": "Mallory", **password})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "wrong_password"
    assert "password" in answer.json()["error"]["fields"]
    alice.refresh_from_db()
    assert (alice.email, alice.name) == ("alice@example.com", "alice")


def test_the_same_address_once_more_needs_no_password(as_alice: APIClient) -> None:
    answer = as_alice.put("/api/auth/profile", {"name": "Alice", "email": "ALICE@example.com"})

    assert answer.status_code == 200


def test_an_address_that_is_taken_is_refused_and_asking_is_bounded(as_alice: APIClient, bob: User) -> None:
    asked = {"email": "BOB@example.com", "password": PASSWORD}

    answers = [as_alice.put("/api/auth/profile", asked) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert "email" in answers[0].json()["error"]["fields"]
    assert log_in("alice@example.com", PASSWORD) == 200  # only the asking is stopped


@pytest.mark.postgres
def test_of_twenty_moves_to_one_address_at_once_one_succeeds(committing: None, make_user: Any) -> None:
    movers = [client_of(make_user(f"mover{index}")) for index in range(20)]
    asked = {"email": "wanted@example.com", "password": PASSWORD}

    def move(index: int) -> int:
        return movers[index].put("/api/auth/profile", asked, REMOTE_ADDR=f"10.0.0.{index}").status_code

    assert sorted(in_threads(20, move)) == [200, *[400] * 19]


@pytest.mark.parametrize("body", [{"email": "no-address"}, {"email": ""}, {"role": "admin"}, {"name": "x" * 101}])
def test_a_bad_change_is_refused_with_its_field(as_alice: APIClient, body: dict[str, str]) -> None:
    answer = as_alice.put("/api/auth/profile", body)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == list(body)


# ---- Password ------------------------------------------------------------------------------------------------------


def test_a_new_password_ends_every_other_session_and_not_this_one(alice: User) -> None:
    here, phone, studio = (accounts.session_for(alice) for _ in range(3))

    answer = speaking_for(here).post("/api/auth/password", {"current": PASSWORD, "new": NEW})

    assert answer.status_code == 204
    assert works(phone) == works(studio) == (401, 401)
    assert works(here) == (200, 200)
    assert (log_in(alice.email, NEW), log_in(alice.email, PASSWORD)) == (200, 401)


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [(WRONG, NEW, "current"), ("", NEW, "current"), (PASSWORD, "short", "new"), (PASSWORD, "1" * 12, "new")],
)
def test_a_refused_password_ends_nothing(alice: User, current: str, new: str, field: str) -> None:
    here, phone = accounts.session_for(alice), accounts.session_for(alice)

    answer = speaking_for(here).post("/api/auth/password", {"current": current, "new": new})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert works(phone) == (200, 200)
    assert log_in(alice.email, PASSWORD) == 200


def test_guessing_the_current_password_locks_like_a_log_in(as_alice: APIClient) -> None:
    answers = [
        as_alice.post("/api/auth/password", {"current": f"{WRONG} {index}", "new": NEW}).status_code
        for index in range(11)
    ]

    assert answers == [400] * 10 + [429]
    assert log_in("alice@example.com", PASSWORD) == 429


@pytest.mark.postgres
def test_of_two_changes_of_a_password_at_once_one_succeeds(committing: None, make_user: Any) -> None:
    carol = make_user("carol")
    clients = [client_of(carol), client_of(carol)]

    def change(index: int) -> int:
        body = {"current": PASSWORD, "new": f"{NEW} {index}"}
        return clients[index].post("/api/auth/password", body).status_code

    answers = in_threads(2, change)

    assert answers.count(204) == 1
    assert set(answers) <= {204, 400, 401}
    assert log_in(carol.email, f"{NEW} {answers.index(204)}") == 200


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_in(browser: Client, staff: User) -> bool:
    return browser.get(reverse("admin:index")).status_code == 200


def test_browsers_end_with_the_old_password_but_the_one_that_changed_it(staff: User) -> None:
    here, there = browser_of(staff), browser_of(staff)
    session = accounts.session_for(staff)

    answer = here.post(
        "/api/auth/password",
        {"current": PASSWORD, "new": NEW},
        content_type="application/json",
        headers={"Authorization": f"Bearer {session.access}"},
    )

    assert answer.status_code == 204
    assert is_in(here, staff)
    assert not is_in(there, staff)


def test_an_operators_own_change_in_the_admin_ends_their_tokens(staff: User) -> None:
    session = accounts.session_for(staff)
    body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    answer = browser_of(staff).post(reverse("admin:password_change"), body)

    assert answer.status_code == 302
    assert works(session) == (401, 401)


# ---- Closing -------------------------------------------------------------------------------------------------------


def close(user: User, password: str = PASSWORD) -> Any:
    return client_of(user).delete("/api/auth/profile", {"password": password})


def test_a_closed_account_names_nobody_and_lets_nobody_in(alice: User) -> None:
    session, browser = accounts.session_for(alice), browser_of(alice)
    log_in(alice.email, WRONG)

    assert close(alice).status_code == 204

    alice.refresh_from_db()
    assert (alice.name, alice.is_active, alice.has_usable_password()) == ("", False, False)
    assert "alice" not in alice.email
    assert works(session) == (401, 401)
    assert log_in("alice@example.com", PASSWORD) == 401
    assert not TokenFamily.objects.filter(user=alice).living().exists()
    assert not LogInFailure.objects.filter(key="account:alice@example.com", at__lt=alice.closed_at).exists()
    assert browser.get("/admin/").status_code == 302


def test_the_ledger_of_a_closed_account_stays(alice: User) -> None:
    entries = list(Entry.objects.filter(account=alice.pk).values())

    close(alice)

    assert entries
    assert list(Entry.objects.filter(account=alice.pk).values()) == entries
    assert Account.objects.get(pk=alice.pk).available == 1000


def test_the_address_of_a_closed_account_is_free_again(alice: User) -> None:
    close(alice)

    answer = client_of(None).post("/api/auth/register", {"email": "alice@example.com", "password": PASSWORD})

    assert answer.status_code == 201
    assert answer.json()["user"]["id"] != str(alice.pk)


@pytest.mark.parametrize(("body", "code"), [({"password": WRONG}, "wrong_password"), ({}, "invalid")])
def test_closing_needs_the_password(alice: User, body: dict[str, str], code: str) -> None:
    answer = client_of(alice).delete("/api/auth/profile", body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    alice.refresh_from_db()
    assert (alice.closed_at, alice.is_active, alice.email) == (None, True, "alice@example.com")


def test_an_operator_does_not_close_their_own_account(staff: User) -> None:
    answer = close(staff)

    assert answer.status_code == 403
    staff.refresh_from_db()
    assert staff.is_active


def test_the_admins_history_forgets_the_address(alice: User, staff: User) -> None:
    LogEntry.objects.create(
        user=staff,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(alice.pk),
        object_repr=f"{alice.email}: 5 available",
        action_flag=2,
        change_message=f"Gave {alice.email} 5 credits.",
    )

    close(alice)

    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == ("closed: 5 available", "Gave closed 5 credits.")


def test_the_events_of_a_closed_account_go(alice: User, bob: User) -> None:
    for user in (alice, bob):
        with transaction.atomic():
            stream.append(user.pk, "pose-update", {"pose": {"promptUsed": "a person"}})

    close(alice)

    assert list(Event.objects.values_list("stream", flat=True)) == [bob.pk]


def test_what_cannot_be_discarded_now_is_tried_again_until_nothing_is_left(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def broken(user_id: Any) -> bool:
        raise OSError("the storage is away")

    def slow(user_id: Any) -> bool:
        asked.append(user_id)
        return len(asked) > 2

    monkeypatch.setattr(closing, "discarders", [broken, slow])
    assert close(alice).status_code == 204
    monkeypatch.setattr(closing, "discarders", [slow])
    User.objects.filter(pk=alice.pk).update(closed_at="2026-01-01T00:00:00Z")

    assert [closing.finish(), closing.finish(), closing.finish()] == [0, 1, 0]
    assert asked == [alice.pk] * 3


def test_an_account_closed_just_now_is_asked_once_more_later(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "discarders", [])
    close(alice)

    assert closing.finish() == 0


def test_operators_cannot_open_a_closed_account_again(alice: User) -> None:
    close(alice)
    root = signed_in(make_superuser())

    root.post(reverse("admin:users_user_changelist"), {"action": "activate", "_selected_action": [str(alice.pk)]})
    body = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    password = root.post(reverse("admin:auth_user_password_change", args=[alice.pk]), body)

    alice.refresh_from_db()
    assert password.status_code == 403
    assert (alice.is_active, alice.has_usable_password()) == (False, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=alice.pk).update(is_active=True)


@pytest.mark.postgres
def test_refreshes_and_a_closing_at_once_leave_no_session(committing: None, make_user: Any) -> None:
    carol = make_user("carol")
    sessions = [accounts.session_for(carol) for _ in range(19)]
    asking = client_of(carol)

    def act(index: int) -> Any:
        if index == 19:
            return asking.delete("/api/auth/profile", {"password": PASSWORD}).status_code
        return client_of(None).post("/api/auth/refresh", {"refresh": sessions[index].refresh})

    outcomes = in_threads(20, act)

    assert outcomes[19] == 204
    for answer in outcomes[:19]:
        assert answer.status_code in (200, 401)
        if answer.status_code == 200:
            with pytest.raises(families.BadRefreshToken):
                families.rotate(answer.json()["refresh"])
