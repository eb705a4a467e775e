"""Sessions: refresh tokens that work once, families that end as one, and the tokens that end with them."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from lumiku.testing import PASSWORD, client_of, in_threads
from lumiku.users import accounts, families
from lumiku.users.models import TokenFamily, User

NEW = "another phrase entirely"


@pytest.fixture
def carol(make_user: Any) -> User:
    return make_user("carol")


def refreshed(token: str) -> Any:
    return client_of(None).post("/api/auth/refresh", {"refresh": token})


def profile_with(access: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client.get("/api/auth/profile").status_code


def test_each_refresh_token_leads_to_the_next_and_the_session_stays_one(carol: User) -> None:
    session = accounts.session_for(carol)
    token, seen = session.refresh, {session.refresh}

    for _ in range(5):
        answer = refreshed(token).json()
        token = answer["refresh"]
        seen.add(token)
        assert profile_with(answer["access"]) == 200

    assert len(seen) == 6
    assert TokenFamily.objects.filter(user=carol).count() == 1
    assert profile_with(session.access) == 200


def test_a_refresh_token_that_comes_again_ends_its_family_and_no_other(
    carol: User, caplog: pytest.LogCaptureFixture
) -> None:
    robbed, phone = accounts.session_for(carol), accounts.session_for(carol)
    fresh = refreshed(robbed.refresh).json()

    with caplog.at_level(logging.WARNING):
        replay = refreshed(robbed.refresh)

    assert replay.status_code == 401
    assert replay.json()["error"]["code"] == "bad_refresh_token"
    assert refreshed(fresh["refresh"]).status_code == 401
    assert profile_with(fresh["access"]) == profile_with(robbed.access) == 401
    assert profile_with(phone.access) == 200
    assert refreshed(phone.refresh).status_code == 200
    assert "came twice" in caplog.text
    assert robbed.refresh not in caplog.text
    assert carol.email not in caplog.text


def test_an_old_token_of_a_chain_ends_the_family_too(carol: User) -> None:
    first = accounts.session_for(carol).refresh
    second = refreshed(first).json()["refresh"]
    third = refreshed(second).json()["refresh"]

    assert refreshed(first).status_code == 401
    assert refreshed(third).status_code == 401


@pytest.mark.postgres
def test_of_fifty_uses_of_one_refresh_token_at_once_one_succeeds_and_a_replay_ends_the_family(
    committing: None, carol: User
) -> None:
    token = accounts.session_for(carol).refresh

    answers = in_threads(50, lambda index: refreshed(token))

    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 49]
    assert refreshed(token).status_code == 401
    assert refreshed(won[0]["refresh"]).status_code == 401
    assert profile_with(won[0]["access"]) == 401


@pytest.mark.postgres
def test_whoever_loses_a_race_is_refused_and_the_winner_goes_on(
    committing: None, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = accounts.session_for(carol).refresh
    family_of = families._family_of
    other: list[str] = []

    def late(used: Any) -> Any:
        family = family_of(used)
        if not other:  # another tab is served between this one's look and its update
            other.append("")
            other[0] = families.rotate(token)[1].refresh
        return family

    monkeypatch.setattr(families, "_family_of", late)

    assert refreshed(token).status_code == 401
    assert refreshed(other[0]).status_code == 200


def test_logging_out_ends_the_access_token_with_the_family(carol: User) -> None:
    here, there = accounts.session_for(carol), accounts.session_for(carol)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {here.access}")

    assert client.post("/api/auth/logout", {"refresh": here.refresh}).status_code == 204
    assert profile_with(here.access) == 401
    assert profile_with(there.access) == 200


def test_a_used_refresh_token_still_logs_its_session_out(carol: User) -> None:
    session = accounts.session_for(carol)
    fresh = accounts.refresh(session.refresh)

    accounts.log_out(session.refresh)

    assert profile_with(fresh.access) == 401


@pytest.mark.parametrize("token", ["", "x.y.z", "eyJhbGciOiJub25lIn0.e30."])
def test_logging_out_with_nonsense_ends_nothing(carol: User, token: str) -> None:
    session = accounts.session_for(carol)

    accounts.log_out(token)

    assert profile_with(session.access) == 200


def test_no_row_holds_a_token_or_its_id(carol: User) -> None:
    session = accounts.session_for(carol)
    jti = families.RefreshToken(session.refresh)["jti"]  # type: ignore[arg-type]

    stored = json.dumps(list(TokenFamily.objects.values()), default=str)

    assert jti not in stored
    assert session.refresh not in stored
    assert session.refresh.split(".")[2] not in stored


def test_a_session_that_begins_while_the_password_changes_is_refused(carol: User) -> None:
    as_read_before = User.objects.get(pk=carol.pk)
    accounts.change_password(carol, current=PASSWORD, new=NEW, address="127.0.0.1")

    with pytest.raises(families.BadRefreshToken):
        accounts.session_for(as_read_before)


@pytest.mark.postgres
def test_after_log_ins_and_a_password_change_at_once_no_session_of_the_old_password_lives(
    committing: None, carol: User
) -> None:
    def act(index: int) -> Any:
        if index == 10:
            return accounts.change_password(carol, current=PASSWORD, new=NEW, address="10.0.1.1")
        return accounts.log_in(email=carol.email, password=PASSWORD, address=f"10.0.0.{index}")

    outcomes = in_threads(20, act)

    assert outcomes[10] is None
    begun = [outcome for outcome in outcomes if isinstance(outcome, accounts.Session)]
    assert [profile_with(session.access) for session in begun] == [401] * len(begun)
    assert not TokenFamily.objects.filter(user=carol).living().exists()


def test_a_password_set_on_the_command_line_ends_every_session(carol: User, monkeypatch: pytest.MonkeyPatch) -> None:
    session = accounts.session_for(carol)
    monkeypatch.setattr("getpass.getpass", lambda prompt="": NEW)

    call_command("changepassword", carol.email)

    assert profile_with(session.access) == refreshed(session.refresh).status_code == 401


def test_a_better_hash_of_the_same_password_ends_nothing(carol: User, settings: Any) -> None:
    session = accounts.session_for(carol)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]

    before = User.objects.get(pk=carol.pk).password
    accounts.log_in(email=carol.email, password=PASSWORD, address="127.0.0.1")

    assert User.objects.get(pk=carol.pk).password != before
    assert profile_with(session.access) == 200


def test_families_go_when_their_last_token_has_expired(carol: User) -> None:
    accounts.session_for(carol)
    old = accounts.session_for(carol)
    TokenFamily.objects.filter(pk=families.RefreshToken(old.refresh)["sid"]).update(  # type: ignore[arg-type]
        expires_at=timezone.now() - timedelta(seconds=1)
    )

    assert profile_with(old.access) == 401
    assert families.forget_expired() == 1
    assert TokenFamily.objects.count() == 1


def test_proving_a_token_takes_one_query(carol: User, django_assert_num_queries: Any) -> None:
    token = AccessToken(accounts.session_for(carol).access)  # type: ignore[arg-type]

    with django_assert_num_queries(1):
        assert families.user_of(token) == carol
