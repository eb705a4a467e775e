"""The account page: every change of who gets in asks for the password once more."""

import pytest
from django.test import Client
from django.urls import reverse

from lumiku.testing import PASSWORD, client_of, make_pose, order_for, work
from lumiku.users import accounts
from lumiku.users.models import User
from pose_generator import generations
from pose_generator.models import Project

PAGE, SECRET, CLOSE = "/account", "/account/password", "/account/close"
NEW = "a much better sentence"


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def seen(browser: Client) -> str:
    return browser.get(PAGE).content.decode()


def is_in(browser: Client) -> bool:
    return browser.get(PAGE).status_code == 200


def test_visitors_are_asked_to_log_in(client: Client, db: None) -> None:
    for path in (PAGE, SECRET, CLOSE, reverse("studio:end_sessions")):
        assert client.post(path).headers["Location"].startswith("/log-in?next=")


def test_alice_is_renamed(browser: Client, alice: User) -> None:
    assert browser.post(PAGE, {"name": "Alice of Bandung"}).headers["Location"] == PAGE

    alice.refresh_from_db()
    assert alice.name == "Alice of Bandung"
    assert "Saved." in seen(browser)


def test_a_forbidden_name_is_refused_beside_its_field(browser: Client, alice: User) -> None:
    answer = browser.post(PAGE, {"name": "cocaine"})

    alice.refresh_from_db()
    assert (answer.status_code, alice.name) == (400, "alice")
    assert 'id="name-error"' in answer.content.decode()


def test_a_new_address_needs_the_password(browser: Client, alice: User) -> None:
    wrong = browser.post(PAGE, {"email": "new@example.com", "password": "guessed"})
    assert wrong.status_code == 400
    assert 'id="password-error"' in wrong.content.decode() and 'value="new@example.com"' in wrong.content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"

    browser.post(PAGE, {"email": "New@Example.com", "password": PASSWORD})
    alice.refresh_from_db()
    assert alice.email == "new@example.com"


def test_a_taken_address_is_refused_and_the_page_shows_the_old_one(browser: Client, alice: User, bob: User) -> None:
    answer = browser.post(PAGE, {"email": bob.email, "password": PASSWORD})

    assert answer.status_code == 400
    assert 'id="email-error"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_a_new_password_ends_every_other_log_in_but_this(browser: Client, alice: User) -> None:
    elsewhere, app = Client(), client_of(alice)
    elsewhere.force_login(alice)

    answer = browser.post(SECRET, {"current": PASSWORD, "new": NEW})

    assert answer.headers["Location"] == PAGE
    assert is_in(browser)
    assert not is_in(elsewhere)
    assert app.get("/api/auth/profile").status_code == 401
    assert accounts.recognise(email=alice.email, password=NEW, address="127.0.0.1") == alice


@pytest.mark.parametrize(("current", "new", "field"), [("wrong", NEW, "current"), (PASSWORD, "short", "new")])
def test_a_refused_password_changes_nothing(browser: Client, alice: User, current: str, new: str, field: str) -> None:
    answer = browser.post(SECRET, {"current": current, "new": new})

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.content.decode()
    assert accounts.recognise(email=alice.email, password=PASSWORD, address="127.0.0.1") == alice


def test_guessing_locks_like_a_log_in(browser: Client) -> None:
    for _ in range(10):
        browser.post(SECRET, {"current": "wrong", "new": NEW})

    answer = browser.post(SECRET, {"current": PASSWORD, "new": NEW})

    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()
    assert browser.post(CLOSE, {"password": PASSWORD}).status_code == 429


def test_apps_are_shown_and_logged_out(browser: Client, alice: User, bob: User) -> None:
    app, theirs = client_of(alice), client_of(bob)
    assert reverse("studio:end_sessions") in seen(browser)

    browser.post(reverse("studio:end_sessions"))

    assert app.get("/api/auth/profile").status_code == 401
    assert theirs.get("/api/auth/profile").status_code == 200
    assert is_in(browser)
    assert "Nothing but browsers" in seen(browser)


def test_figures_and_room_are_the_users_own(browser: Client, alice: User, project: Project) -> None:
    assert "Your figures appear here with your first order." in seen(browser)
    generations.place(alice, order_for(project, [make_pose("standing")], variations=2))
    work()

    page = seen(browser)

    assert "<dd>2</dd>" in page and "<dd>60<small" in page
    assert "Standing" in page
    assert "of 1.0\u00a0GB used" in page


def test_closing_needs_the_password_and_says_what_goes(browser: Client, alice: User) -> None:
    assert "1,000 credits (Rp\u00a0100,000) can no longer be spent" in seen(browser)

    answer = browser.post(CLOSE, {"password": "guessed"})

    alice.refresh_from_db()
    assert answer.status_code == 400 and alice.is_active
    assert 'id="close-error"' in answer.content.decode()


def test_a_closed_account_is_out_and_names_nobody(browser: Client, alice: User) -> None:
    answer = browser.post(CLOSE, {"password": PASSWORD})

    alice.refresh_from_db()
    assert answer.headers["Location"] == "/"
    assert (alice.is_active, alice.name) == (False, "")
    assert not is_in(browser)


def test_an_operator_cannot_close_their_own(client: Client, staff: User) -> None:
    client.force_login(staff)

    assert CLOSE not in seen(client)
    assert client.post(CLOSE, {"password": PASSWORD}).status_code == 403
    staff.refresh_from_db()
    assert staff.is_active


def test_pages_that_only_take_a_form_lead_back(browser: Client) -> None:
    for path in (SECRET, CLOSE):
        assert browser.get(path).headers["Location"] == PAGE
