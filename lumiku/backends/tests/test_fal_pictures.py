import time

import pytest

from lumiku.backends import BackendError, ImageRequest, fal
from lumiku.backends.fal import FalBackend
from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.fal_stub import FalStub

#: Hundreds of answers from stub servers: a minute of processor time.
pytestmark = pytest.mark.drill

SECRET = "5ecretCanary0123456789abcdef"
KEY = f"1d-0f-the-key-canary:{SECRET}"
DEADLINE = 2.0
FLUX = "fal-ai/flux-general"


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(fal, "FIRST_PAUSE", 0.05)


@pytest.fixture
def stub():
    with FalStub(token=KEY) as running:
        yield running


def backend(base_url="", *, token=KEY, model=FLUX, deadline=DEADLINE, **options):
    return FalBackend(token=token, model=model, base_url=base_url, deadline=deadline, **options)


def request(seed=7, width=512, height=640, **pictures):
    return ImageRequest(prompt="a woman in a red dress", width=width, height=height, seed=seed, **pictures)


def failure(act):
    """Return the error of an act and the seconds it took."""
    began = time.monotonic()
    with pytest.raises(BackendError) as caught:
        act()
    return caught.value, time.monotonic() - began


def collected(stub, painter=None):
    """Submit and collect: return the painting."""
    painter = painter or backend(stub.url)
    return painter.collect(painter.submit(request()), request())


def collect_failure(stub, painter=None):
    """Submit, then return the error of collecting and the seconds that took."""
    painter = painter or backend(stub.url)
    job = painter.submit(request())
    return failure(lambda: painter.collect(job, request()))


@pytest.mark.parametrize(
    "ending",
    ["elsewhere", "inward", "look_alike", "plain_http", "odd_port", "the_queue", "data", "no_address", "endless"],
)
def test_a_picture_is_fetched_from_fal_s_delivery_or_the_configured_queue_only(stub, ending):
    stub.fail_next("end", ending)

    error, seconds = collect_failure(stub)

    assert (error.code, error.retryable) == ("bad_answer", True)
    assert seconds < 1
    assert stub.report()["pictures"] == 0


def test_the_queue_s_own_addresses_are_not_followed_and_the_key_goes_to_the_queue_only(stub):
    collected(stub)

    assert all(headers["host"] == f"127.0.0.1:{stub.port}" for calls in stub.headers.values() for headers in calls)
    assert all("authorization" in headers for step in ("status", "result") for headers in stub.headers[step])
    assert all("authorization" not in headers for headers in stub.headers["picture"])


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("black", "moderated"),
        ("wrong_size", "bad_answer"),
        ("too_big", "bad_answer"),
        ("bomb", "bad_answer"),
        ("truncated", "bad_answer"),
        ("html", "bad_answer"),
        ("empty", "bad_answer"),
    ],
)
def test_bytes_that_are_not_the_ordered_picture_end_the_job(stub, fault, code):
    stub.fail_next("picture", fault)

    error, _ = collect_failure(stub)

    assert (error.code, error.retryable) == (code, code != "moderated")
    assert error.request_id == next(iter(stub.jobs))
    assert stub.report()["pictures"] == 1


@pytest.mark.parametrize("fault", ["404", "429", "500", "503", "reset", "cut"])
def test_a_picture_that_fails_once_is_fetched_once_more(stub, fault):
    stub.fail_next("picture", fault)

    painting = collected(stub)

    assert painting.data == stub_pictures.picture(512, 640, 7)
    assert stub.report()["pictures"] == 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("404", "bad_answer"),
        ("403", "bad_answer"),
        ("huge", "bad_answer"),
        ("huge_announced", "bad_answer"),
        ("packed", "bad_answer"),
        ("redirect", "bad_answer"),
        ("503", "running"),
        ("reset", "running"),
        ("drip", "running"),
    ],
)
def test_a_picture_that_is_not_there_twice_ends_the_job_and_one_out_of_reach_waits(stub, fault, code):
    stub.fail_next("picture", fault, times=9)

    error, seconds = collect_failure(stub)

    assert (error.code, error.retryable, error.account) == (code, True, False)
    assert error.request_id == next(iter(stub.jobs))
    assert seconds < DEADLINE + 0.5
    assert stub.report()["pictures"] <= 2


def test_a_picture_s_address_gets_no_credentials_of_its_own_making_either(stub):
    with_password = stub.url.replace("http://", "http://somebody:password@")
    stub.url, url = with_password, stub.url

    collected(stub, backend(url))

    assert "authorization" not in stub.headers["picture"][0]
