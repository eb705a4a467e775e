"""Tokens that we did not make, or made for something else: always a 401, never an error of ours."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from lumiku.testing import client_of
from lumiku.users import accounts
from lumiku.users.models import TokenFamily, User

pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")

KEY = settings.JWT_SECRET
HEADER = {"alg": "HS256", "typ": "JWT"}


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(user: User, **changes: Any) -> dict[str, Any]:
    """The payload of a good access token with changes; None leaves a claim out."""
    good = AccessToken(accounts.session_for(user).access).payload  # type: ignore[arg-type]
    changed = {**good, **changes}
    return {name: value for name, value in changed.items() if value is not None}


def signed(payload: Any, *, key: str = KEY, **header: Any) -> str:
    """A token whose signature is right for HS256 and `key`, whatever its header and payload say."""
    signing = f"{part({**HEADER, **header})}.{part(payload)}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signing.encode(), key.encode())
    return f"{signing}.{part(signature)}"


def of_dead_family(user: User) -> str:
    session = accounts.session_for(user)
    accounts.log_out(session.refresh)
    return session.access


def of_another_family(user: User) -> str:
    stranger = User.objects.create_user("mallory@example.com", "x")
    return signed(claims(user, sid=claims(stranger)["sid"]))


def without_signature(user: User) -> str:
    return signed(claims(user)).rpartition(".")[0] + "."


def with_other_payload(user: User) -> str:
    header, _payload, signature = signed(claims(user)).split(".")
    return f"{header}.{part(claims(user, user_id=str(uuid.uuid4())))}.{signature}"


def twice_named(user: User) -> str:
    payload = json.dumps(claims(user))[:-1] + f', "user_id": "{uuid.uuid4()}"}}'
    return signed(payload.encode())


FORGED: dict[str, Callable[[User], str]] = {
    # No signature, or another's.
    "alg none": lambda user: f"{part({'alg': 'none'})}.{part(claims(user))}.",
    "alg None": lambda user: f"{part({'alg': 'None'})}.{part(claims(user))}.",
    "alg nOnE with a signature": lambda user: signed(claims(user), alg="nOnE"),
    "alg empty": lambda user: signed(claims(user), alg=""),
    "alg missing": lambda user: f"{part({'typ': 'JWT'})}.{part(claims(user))}.AAAA",
    "alg a list": lambda user: signed(claims(user), alg=["HS256"]),
    "alg a number": lambda user: signed(claims(user), alg=256),
    "alg HS384": lambda user: jwt.encode(claims(user), KEY, algorithm="HS384"),
    "alg HS512": lambda user: jwt.encode(claims(user), KEY, algorithm="HS512"),
    "alg RS256 named": lambda user: signed(claims(user), alg="RS256"),
    "alg ES256 named": lambda user: signed(claims(user), alg="ES256"),
    "another key": lambda user: signed(claims(user), key="k" * 40),
    "the key of the sessions": lambda user: signed(claims(user), key=settings.SECRET_KEY + "?"),
    "an empty key": lambda user: signed(claims(user), key=""),
    "an empty signature": without_signature,
    "a signature cut short": lambda user: signed(claims(user))[:-4],
    "a signature of zeros": lambda user: without_signature(user) + "A" * 43,
    "another payload under a good signature": with_other_payload,
    # Headers that lead astray.
    "kid a path": lambda user: signed(claims(user), key="", kid="/dev/null"),
    "kid an SQL sentence": lambda user: signed(claims(user), key="k" * 40, kid="x' UNION SELECT 'k"),
    "kid a number": lambda user: signed(claims(user), kid=7),
    "jku of a stranger": lambda user: signed(claims(user), key="k" * 40, jku="http://127.0.0.1:1/keys"),
    "jwk in the header": lambda user: signed(claims(user), key="k" * 40, jwk={"kty": "oct", "k": part(b"k" * 40)}),
    "a critical extension": lambda user: signed(claims(user), crit=["exp"], exp=1),
    "a detached payload": lambda user: signed(claims(user), b64=False, crit=["b64"]),
    # Good signatures on wrong claims.
    "wrong audience": lambda user: signed(claims(user, aud="elsewhere")),
    "no audience": lambda user: signed(claims(user, aud=None)),
    "wrong issuer": lambda user: signed(claims(user, iss="elsewhere")),
    "no issuer": lambda user: signed(claims(user, iss=None)),
    "expired": lambda user: signed(claims(user, exp=int(time.time()) - 1)),
    "no expiry": lambda user: signed(claims(user, exp=None)),
    "expiry in words": lambda user: signed(claims(user, exp="tomorrow")),
    "expiry beyond all calendars": lambda user: signed(claims(user, exp=10**30)),
    "expiry a list": lambda user: signed(claims(user, exp=[1])),
    "expiry infinite": lambda user: signed(json.dumps(claims(user, exp=float("inf"))).encode()),
    "not yet valid": lambda user: signed(claims(user, nbf=int(time.time()) + 3600)),
    "issued in the future": lambda user: signed(claims(user, iat=int(time.time()) + 3600)),
    "no type": lambda user: signed(claims(user, token_type=None)),
    "a refresh token": lambda user: accounts.session_for(user).refresh,
    "another type": lambda user: signed(claims(user, token_type="sliding")),
    "no id": lambda user: signed(claims(user, jti=None)),
    "no user": lambda user: signed(claims(user, user_id=None)),
    "user no UUID": lambda user: signed(claims(user, user_id="1 OR 1=1")),
    "user a number": lambda user: signed(claims(user, user_id=1)),
    "user an object": lambda user: signed(claims(user, user_id={"$ne": ""})),
    "user unknown": lambda user: signed(claims(user, user_id=str(uuid.uuid4()))),
    "user twice": twice_named,
    "no family": lambda user: signed(claims(user, sid=None)),
    "family no UUID": lambda user: signed(claims(user, sid="\0")),
    "family a list": lambda user: signed(claims(user, sid=[str(uuid.uuid4())])),
    "family unknown": lambda user: signed(claims(user, sid=str(uuid.uuid4()))),
    "family of a stranger": of_another_family,
    "family ended": of_dead_family,
    # No tokens at all.
    "a payload that is a list": lambda user: signed([claims(user)]),
    "a payload that is no JSON": lambda user: signed(b"\xff\xfe"),
    "a header that is no JSON": lambda user: f"{part(b'{')}.{part(claims(user))}.AAAA",
    "a header that is a list": lambda user: f"{part([])}.{part(claims(user))}.AAAA",
    "a header nested without end": lambda user: f"{part(b'[' * 6000)}.{part(claims(user))}.AAAA",
    "a payload nested without end": lambda user: signed(b'{"a":' * 100_000),
    "two parts": lambda user: "a.b",
    "five parts": lambda user: "a.b.c.d.e",
    "dots": lambda user: "..",
    "no base64": lambda user: "§§§.§§§.§§§",
    "a huge one": lambda user: "A" * 1_000_000,
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_is_a_401_in_the_one_shape(alice: User, kind: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {FORGED[kind](alice)}")

    answer = client.get("/api/auth/profile")

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_refreshes_nothing(alice: User, kind: str) -> None:
    forged = "x" if kind == "a refresh token" else FORGED[kind](alice)
    before = list(TokenFamily.objects.order_by("pk").values())

    answer = client_of(None).post("/api/auth/refresh", {"refresh": forged})

    assert answer.status_code in (400, 401)  # 400 says that it is too long to be one
    assert list(TokenFamily.objects.order_by("pk").values()) == before


def test_the_tokens_here_are_forged_from_one_that_works(alice: User) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed(claims(alice))}")

    assert client.get("/api/auth/profile").status_code == 200
    assert len(FORGED) >= 40
