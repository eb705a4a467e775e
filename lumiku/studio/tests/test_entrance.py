"""The way in: registering, logging in, languages, colours, and what everybody meets on the way."""

import json
from typing import Any

import pytest
from django.test import Client

from credits import ledger
from lumiku.testing import PASSWORD
from lumiku.users.models import User

pytestmark = pytest.mark.django_db
NEW = {"email": "new@example.com", "password": "a kite over the harbour"}


def log_in(client: Client, email: str = "alice@example.com", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/log-in", {"email": email, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/credits").status_code == 200


def policy_of(client: Client, path: str) -> str:
    return client.get(path).headers["Content-Security-Policy"]


# ---- Registering -----------------------------------------------------------------------------------------------------


def test_who_registers_is_in_at_once_with_the_bonus(client: Client, settings: Any) -> None:
    answer = client.post("/register", {**NEW, "next": "/order"})

    assert answer.headers["Location"] == "/order" and is_in(client)
    newcomer = User.objects.get(email=NEW["email"])
    assert ledger.account_of(newcomer).available == settings.PRICES["registration_bonus"]


@pytest.mark.parametrize("fields", [{"email": "nobody"}, {"password": "short"}, {"email": "alice@example.com"}])
def test_what_is_wrong_is_said_and_nobody_is_made(client: Client, alice: User, fields: dict[str, str]) -> None:
    answer = client.post("/register", NEW | fields)

    assert answer.status_code == 400 and 'role="alert"' in answer.content.decode()
    assert User.objects.count() == 1 and not is_in(client)


def test_a_password_is_never_written_back_into_the_page(client: Client) -> None:
    page = client.post("/register", NEW | {"email": "no body@example"}).content.decode()

    assert NEW["password"] not in page and 'value="no body@example"' in page


# ---- Logging in and out ----------------------------------------------------------------------------------------------


def test_alice_logs_in_and_out(client: Client, alice: User) -> None:
    assert log_in(client).headers["Location"] == "/" and is_in(client)

    assert client.get("/log-out").status_code == 405 and is_in(client)
    client.post("/log-out")
    assert not is_in(client)


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: Client, alice: User, email: str) -> None:
    answer = log_in(client, email, "wrong")

    assert answer.status_code == 401 and "is wrong" in answer.content.decode() and not is_in(client)


def test_too_many_wrong_passwords_lock_even_the_right_one(client: Client, alice: User, settings: Any) -> None:
    for _attempt in range(settings.LIMITS["log_in_failures_per_account"]):
        log_in(client, password="wrong")

    assert log_in(client).status_code == 429 and not is_in(client)


def test_a_session_gets_a_new_key_when_somebody_logs_in(client: Client, alice: User) -> None:
    client.post("/order/picks", {})
    before = client.session.session_key

    log_in(client)

    assert before and client.session.session_key != before


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/orders?status=completed", "/orders?status=completed"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_the_log_in_leads_only_to_our_own_pages(client: Client, alice: User, wanted: str, led: str) -> None:
    assert log_in(client, next=wanted).headers["Location"] == led
    assert client.get("/log-in", {"next": wanted}).headers["Location"] == led


def test_a_form_without_its_token_changes_nothing_and_says_so_on_a_page(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = log_in(client)

    assert answer.status_code == 403 and "Please try once more" in answer.content.decode() and not is_in(client)


# ---- Languages and colours -------------------------------------------------------------------------------------------


def test_the_language_is_switched_and_kept(client: Client) -> None:
    assert '<html lang="en"' in client.get("/log-in").content.decode()

    answer = client.post("/i18n/language", {"language": "id", "next": "/log-in"})

    assert answer.headers["Location"] == "/log-in"
    page = client.get("/log-in").content.decode()
    assert '<html lang="id"' in page and "Masuk" in page


def test_the_browser_says_its_language_first(client: Client) -> None:
    assert '<html lang="id"' in client.get("/log-in", headers={"Accept-Language": "id-ID,en;q=0.5"}).content.decode()


@pytest.mark.parametrize(("cookie", "shown"), [("dark", True), ("light", True), ('"><script>', False), ("", False)])
def test_only_known_colours_are_taken_from_the_cookie(client: Client, cookie: str, shown: bool) -> None:
    client.cookies["theme"] = cookie

    page = client.get("/log-in").content.decode()

    assert (f'<html lang="en" data-theme="{cookie}">' in page) == shown
    assert "<script>" not in page


# ---- What is not there, and what may be loaded -----------------------------------------------------------------------


def test_what_is_not_there_is_a_page_for_people_and_json_for_programs(client: Client) -> None:
    people = client.get("/nowhere", headers={"Accept": "text/html"})
    programs = client.get("/api/nowhere", headers={"Accept": "application/json"})

    assert people.status_code == programs.status_code == 404
    assert "<h1>Nothing here</h1>" in people.content.decode()
    assert json.loads(programs.content)["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/", "/log-in", "/register", "/nowhere", "/s/nothing"])
def test_the_studio_takes_no_inline_script_no_inline_style_and_nothing_from_elsewhere(
    client: Client, path: str
) -> None:
    policy = policy_of(client, path)

    assert "unsafe" not in policy and "http" not in policy and "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy


@pytest.mark.parametrize(("path", "may_evaluate"), [("/admin/login/", True), ("/api/docs", False)])
def test_foreign_pages_have_a_policy_of_their_own(client: Client, path: str, may_evaluate: bool) -> None:
    policy = policy_of(client, path)

    assert "script-src 'self' 'unsafe-inline'" in policy
    assert ("'unsafe-eval'" in policy) == may_evaluate and "http" not in policy
