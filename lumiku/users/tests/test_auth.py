"""Registering, logging in, and tokens that work once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from credits.models import Account, Entry
from lumiku.testing import PASSWORD, client_of, in_threads
from lumiku.users import accounts
from lumiku.users.models import LogInFailure, User

FORM = {"email": "Carol@Example.com", "password": PASSWORD, "name": "Carol"}


@pytest.fixture
def anonymous(db: None) -> APIClient:
    return client_of(None)


def test_a_new_seller_gets_tokens_and_the_bonus_once(anonymous: APIClient) -> None:
    answer = anonymous.post("/api/auth/register", FORM)

    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"user", "access", "refresh", "token"}
    assert body["token"] == body["access"]
    assert body["user"] == {
        "id": body["user"]["id"],
        "email": "carol@example.com",
        "name": "Carol",
        "role": "user",
        "creditBalance": 100,
    }
    assert Entry.objects.get().key == f"bonus:{body['user']['id']}"


def test_the_same_address_registers_once_whatever_its_case(anonymous: APIClient) -> None:
    anonymous.post("/api/auth/register", FORM)

    answer = anonymous.post("/api/auth/register", {**FORM, "email": "CAROL@example.com"})

    assert answer.status_code == 400
    assert "email" in answer.json()["error"]["fields"]
    assert (User.objects.count(), Entry.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "short"),
        ("password", "123456789012345"),
        ("password", "passwordpassword"[:8]),
        ("email", "no-address"),
        ("email", ""),
        ("name", "x" * 101),
        ("email", "İ" * 150 + "@example.com"),
    ],
)
def test_a_bad_form_is_refused_with_its_field_and_writes_nothing(anonymous: APIClient, field: str, value: str) -> None:
    answer = anonymous.post("/api/auth/register", {**FORM, field: value})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"
    assert field in answer.json()["error"]["fields"]
    assert not User.objects.exists()


@pytest.mark.postgres
def test_of_a_hundred_registrations_of_one_address_at_once_one_succeeds(committing: None) -> None:
    answers = in_threads(100, lambda index: client_of(None).post("/api/auth/register", FORM).status_code)

    assert sorted(answers) == [201, *[400] * 99]
    assert (User.objects.count(), Entry.objects.count(), Account.objects.get().available) == (1, 1, 100)


def test_alice_logs_in_and_reads_her_profile(anonymous: APIClient, alice: User) -> None:
    session = anonymous.post("/api/auth/login", {"email": "ALICE@example.com", "password": PASSWORD}).json()

    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {session['access']}")
    profile = anonymous.get("/api/auth/profile").json()

    assert profile["user"]["email"] == "alice@example.com"
    assert profile["user"]["creditBalance"] == 1000


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    anonymous: APIClient, alice: User, email: str
) -> None:
    answer = anonymous.post("/api/auth/login", {"email": email, "password": "wrong password"})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "bad_credentials"


def test_ten_wrong_passwords_lock_the_account_even_for_the_right_one(anonymous: APIClient, alice: User) -> None:
    for _ in range(10):
        anonymous.post("/api/auth/login", {"email": "alice@example.com", "password": "wrong password"})

    locked = anonymous.post("/api/auth/login", {"email": "alice@example.com", "password": PASSWORD})

    assert locked.status_code == 429
    assert locked.json()["error"]["code"] == "locked_out"
    assert 0 < int(locked["Retry-After"]) <= 1800


@pytest.mark.postgres
def test_of_forty_wrong_passwords_at_once_no_more_than_ten_are_tried(committing: None, make_user: Any) -> None:
    make_user("carol")

    def guess(index: int) -> int:
        client = client_of(None)
        form = {"email": "carol@example.com", "password": f"wrong password {index}"}
        return client.post("/api/auth/login", form, REMOTE_ADDR=f"10.0.0.{index}").status_code

    answers = in_threads(40, guess)

    assert set(answers) <= {401, 429}
    assert answers.count(401) <= 10


def test_a_refused_attempt_does_not_lengthen_the_lock(anonymous: APIClient, alice: User) -> None:
    for _ in range(15):
        anonymous.post("/api/auth/login", {"email": "alice@example.com", "password": "wrong password"})

    assert LogInFailure.objects.filter(key="account:alice@example.com").count() == 10


def test_the_lock_ends_after_half_an_hour(anonymous: APIClient, alice: User) -> None:
    for _ in range(10):
        anonymous.post("/api/auth/login", {"email": "alice@example.com", "password": "wrong password"})
    LogInFailure.objects.update(at=timezone.now() - timedelta(minutes=31))

    answer = anonymous.post("/api/auth/login", {"email": "alice@example.com", "password": PASSWORD})

    assert answer.status_code == 200


def test_thirty_wrong_passwords_lock_the_address(anonymous: APIClient, alice: User) -> None:
    for index in range(30):
        anonymous.post("/api/auth/login", {"email": f"user{index}@example.com", "password": "wrong password"})

    answer = anonymous.post("/api/auth/login", {"email": "alice@example.com", "password": PASSWORD})

    assert answer.status_code == 429


def test_a_refresh_token_works_once(anonymous: APIClient, alice: User) -> None:
    token = accounts.session_for(alice).refresh

    first = anonymous.post("/api/auth/refresh", {"refresh": token})
    second = anonymous.post("/api/auth/refresh", {"refresh": token})

    assert first.status_code == 200
    assert set(first.json()) == {"access", "refresh"}
    assert second.status_code == 401
    assert second.json()["error"]["code"] == "bad_refresh_token"


@pytest.mark.postgres
def test_of_twenty_uses_of_one_refresh_token_at_once_one_succeeds(committing: None, make_user: Any) -> None:
    token = accounts.session_for(make_user("carol")).refresh

    answers = in_threads(20, lambda index: client_of(None).post("/api/auth/refresh", {"refresh": token}).status_code)

    assert sorted(answers) == [200, *[401] * 19]


def test_a_refresh_token_ends_with_the_log_out(as_alice: APIClient, alice: User) -> None:
    token = accounts.session_for(alice).refresh

    assert as_alice.post("/api/auth/logout", {"refresh": token}).status_code == 204
    assert as_alice.post("/api/auth/refresh", {"refresh": token}).status_code == 401


def _forged() -> dict[str, str]:
    stranger = AccessToken()
    stranger["user_id"] = "00000000-0000-0000-0000-000000000000"
    expired = AccessToken()
    expired.set_exp(lifetime=timedelta(seconds=-1))
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJ1c2VyX2lkIjoiMSIsInRva2VuX3R5cGUiOiJhY2Nlc3MifQ."
    return {"unknown user": str(stranger), "expired": str(expired), "unsigned": unsigned, "noise": "x.y.z", "empty": ""}


@pytest.mark.parametrize("kind", ["unknown user", "expired", "unsigned", "noise", "empty"])
def test_a_bad_token_is_refused_in_the_one_shape(anonymous: APIClient, kind: str) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {_forged()[kind]}")

    answer = anonymous.get("/api/auth/profile", headers={"X-Request-ID": "from-the-client"})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"
    assert answer.json()["requestId"] == answer["X-Request-ID"] == "from-the-client"


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(anonymous: APIClient, alice: User) -> None:
    session = accounts.session_for(alice)
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {session.refresh}")

    assert anonymous.get("/api/auth/profile").status_code == 401
    assert anonymous.post("/api/auth/refresh", {"refresh": session.access}).status_code == 401


def test_a_disabled_user_is_out_at_once(as_alice: APIClient, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert as_alice.get("/api/auth/profile").status_code == 401


def test_alice_changes_her_name(as_alice: APIClient, alice: User) -> None:
    answer = as_alice.put("/api/auth/profile", {"name": "Alice of the shop"})

    assert answer.json()["user"]["name"] == "Alice of the shop"
