"""How answers are judged, and what of them is told, without a provider."""

import time
from datetime import UTC, datetime

import httpx2
import pytest

from lumiku.backends import guard
from lumiku.backends.hosted import retry_after, verdict


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "999999"}, 3600.0),
        ({"retry-after": "-4"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Sun, 01 Nov 2026 10:00:20 GMT"}, 20.0),
        ({"retry-after": "Sun, 01 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"ratelimit": '"api";r=0;t=55'}, 55.0),
        ({"ratelimit": '"api";r=9;t=55'}, None),
        ({"retry-after": "7", "ratelimit": '"api";r=0;t=55'}, 7.0),
    ],
)
def test_a_wait_is_between_now_and_an_hour_or_unknown(headers, seconds):
    now = datetime(2026, 11, 1, 10, 0, 0, tzinfo=UTC)

    assert retry_after(httpx2.Headers(headers), now=now) == seconds


def test_a_missing_picture_is_a_bad_answer_and_not_our_account():
    call = guard.Call(guard.Reach(hosts=frozenset({"fal.run"}), pictures=("fal.media",)), time.monotonic() + 5, 1000)
    call.begin(httpx2.Request("POST", "https://fal.run/x"))
    download = httpx2.Request("GET", "https://v3.fal.media/x.png")
    call.begin(download)

    with pytest.raises(guard.NotDelivered) as caught:
        call.receive(download, httpx2.Response(403))

    assert verdict(caught.value, call).code == "bad_answer"


def test_a_model_that_the_provider_lacks_is_a_matter_of_our_settings():
    call = guard.Call(guard.Reach(), time.monotonic() + 5, 1000)

    before = verdict(ValueError("Model x is not supported by provider y."), call)
    call.ordered = True
    after = verdict(ValueError("No output URL in completed response"), call)

    assert (before.account, after.code, after.account) == (True, "bad_answer", False)


def test_a_model_that_the_hub_does_not_know_is_a_matter_of_our_settings_too():
    call = guard.Call(guard.Reach(hosts=frozenset({"huggingface.co"})), time.monotonic() + 5, 1000)
    asked = httpx2.Request("GET", "https://huggingface.co/api/models/acme/none")
    call.begin(asked)
    call.receive(asked, httpx2.Response(404))

    assert verdict(ValueError(), call).account
