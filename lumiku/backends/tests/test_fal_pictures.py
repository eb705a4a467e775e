import pytest

from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.fal_calls import DEADLINE, backend, collect_failure, collected


@pytest.mark.parametrize(
    "ending",
    ["elsewhere", "inward", "look_alike", "plain_http", "odd_port", "the_queue", "data", "no_address", "endless"],
)
def test_a_picture_is_fetched_from_fal_s_delivery_or_the_configured_queue_only(queue, ending):
    queue.fail_next("end", ending)

    error, seconds = collect_failure(queue)

    assert (error.code, error.retryable) == ("bad_answer", True)
    assert seconds < 1
    assert queue.report()["pictures"] == 0


def test_the_queue_s_own_addresses_are_not_followed_and_the_key_goes_to_the_queue_only(queue):
    collected(queue)

    assert all(headers["host"] == f"127.0.0.1:{queue.port}" for calls in queue.headers.values() for headers in calls)
    assert all("authorization" in headers for step in ("status", "result") for headers in queue.headers[step])
    assert all("authorization" not in headers for headers in queue.headers["picture"])


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
def test_bytes_that_are_not_the_ordered_picture_end_the_job(queue, fault, code):
    queue.fail_next("picture", fault)

    error, _ = collect_failure(queue)

    assert (error.code, error.retryable) == (code, code != "moderated")
    assert error.request_id == next(iter(queue.jobs))
    assert queue.report()["pictures"] == 1


@pytest.mark.parametrize("fault", ["404", "429", "500", "503", "reset", "cut"])
def test_a_picture_that_fails_once_is_fetched_once_more(queue, fault):
    queue.fail_next("picture", fault)

    painting = collected(queue)

    assert painting.data == stub_pictures.picture(512, 640, 7)
    assert queue.report()["pictures"] == 2


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
def test_a_picture_that_is_not_there_twice_ends_the_job_and_one_out_of_reach_waits(queue, fault, code):
    queue.fail_next("picture", fault, times=9)

    deadline = 0.6 if fault == "drip" else DEADLINE

    error, seconds = collect_failure(queue, backend(queue.url, deadline=deadline))

    assert (error.code, error.retryable, error.account) == (code, True, False)
    assert error.request_id == next(iter(queue.jobs))
    assert seconds < deadline + 0.5
    assert queue.report()["pictures"] <= 2


def test_a_picture_s_address_gets_no_credentials_of_its_own_making_either(queue):
    with_password = queue.url.replace("http://", "http://somebody:password@")
    queue.url, url = with_password, queue.url

    collected(queue, backend(url))

    assert "authorization" not in queue.headers["picture"][0]
