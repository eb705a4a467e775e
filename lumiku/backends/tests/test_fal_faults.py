import socket
import time

import pytest

from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.fal_calls import DEADLINE, FLUX, backend, collect_failure, collected, failure, request


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


# ---- A submission that fails ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "retryable", "account"),
    [
        ("400", "refused", False, False),
        ("422", "refused", False, False),
        ("401", "account", True, True),
        ("402", "account", True, True),
        ("403", "account", True, True),
        ("404", "account", True, True),
        ("429", "busy", True, False),
        ("500", "unavailable", True, False),
        ("503", "busy", True, False),
        ("504", "unavailable", True, False),
    ],
)
def test_a_refused_submission_has_its_code_and_leaves_no_job(queue, fault, code, retryable, account):
    queue.fail_next("submit", fault)

    error, _ = failure(lambda: backend(queue.url).submit(request()))

    assert (error.code, error.retryable, error.account) == (code, retryable, account)
    assert (queue.report()["submissions"], queue.report()["submitted"]) == (1, 0)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("reset", "unreachable"),
        ("cut", "unreachable"),
        ("silent", "timeout"),
        ("hang", "timeout"),
        ("drip", "timeout"),
        ("html", "bad_answer"),
        ("empty", "bad_answer"),
        ("json_error", "bad_answer"),
        ("bomb", "bad_answer"),
        ("packed", "bad_answer"),
        ("huge", "bad_answer"),
        ("redirect", "bad_answer"),
    ],
)
def test_a_submission_whose_answer_is_lost_is_not_sent_again_by_itself(queue, fault, code):
    queue.fail_next("submit", fault)

    deadline = 0.5 if code == "timeout" else DEADLINE

    error, seconds = failure(lambda: backend(queue.url, deadline=deadline).submit(request()))

    assert (error.code, error.retryable, error.account) == (code, True, False)
    assert seconds < deadline + 0.5
    assert (queue.report()["submissions"], queue.report()["submitted"]) == (1, 1)


@pytest.mark.parametrize(
    "name", ["../../x", "a/b/../c", "?logs=1", "x" * 300, "", 7, None, "abcdefgh\n", "id with space"]
)
def test_an_id_that_could_lead_elsewhere_is_no_job(queue, name):
    queue.odd_ids.append(name)

    error, _ = failure(lambda: backend(queue.url).submit(request()))

    assert error.code == "bad_answer"


def test_the_wait_that_fal_asks_for_at_submission_is_kept(queue):
    queue.fail_next("submit", "429", retry_after=12)

    error, _ = failure(lambda: backend(queue.url).submit(request()))

    assert (error.code, error.retry_after) == ("busy", 12.0)


# ---- A look that fails is no verdict on the job --------------------------------------------------------------------


@pytest.mark.parametrize("step", ["status", "result"])
@pytest.mark.parametrize(
    "fault", ["429", "500", "502", "503", "504", "reset", "cut", "html", "empty", "bomb", "packed", "huge", "redirect"]
)
def test_a_look_that_fails_once_does_not_lose_the_job(queue, step, fault):
    queue.fail_next(step, fault)

    painting = collected(queue, backend(queue.url, deadline=8))

    assert painting.data == stub_pictures.picture(512, 640, 7)
    assert queue.report()["submitted"] == 1


@pytest.mark.parametrize("step", ["status", "result"])
@pytest.mark.parametrize("fault", ["429", "503", "500", "html", "reset", "hang"])
def test_looks_that_go_on_failing_leave_the_job_running_and_are_few(queue, step, fault):
    queue.fail_next(step, fault, times=50)

    error, seconds = collect_failure(queue, backend(queue.url, deadline=0.5))

    assert (error.code, error.retryable, error.account, error.retry_after) == ("running", True, False, None)
    assert seconds < 1
    assert queue.report()["statuses"] + queue.report()["results"] <= 8  # ten without growing pauses
    assert queue.report()["submitted"] == 1


def test_a_look_answered_with_retry_after_waits_that_long(queue):
    queue.fail_next("status", "429", retry_after=1)
    began = time.monotonic()

    collected(queue, backend(queue.url, deadline=8))

    assert time.monotonic() - began >= 1
    assert queue.report()["statuses"] == 2


def test_a_provider_that_is_away_leaves_the_job_running():
    painter = backend(f"http://127.0.0.1:{closed_port()}", deadline=0.5)

    error, seconds = failure(lambda: painter.collect(f"{FLUX}:0123456789", request()))

    assert (error.code, error.request_id) == ("running", "0123456789")
    assert seconds < 1


@pytest.mark.parametrize("step", ["status", "result"])
@pytest.mark.parametrize("fault", ["401", "402", "403"])
def test_a_refused_key_while_waiting_is_our_account_s_fault_and_the_job_stays(queue, step, fault):
    queue.fail_next(step, fault)
    painter = backend(queue.url)
    job = painter.submit(request())

    error, _ = failure(lambda: painter.collect(job, request()))

    assert (error.code, error.retryable, error.account) == ("account", True, True)
    assert painter.collect(job, request()).data == stub_pictures.picture(512, 640, 7)
    assert queue.report()["submitted"] == 1


# ---- How a job ends without a picture ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "code", "retryable"),
    [
        ("policy", "moderated", False),
        ("flagged", "moderated", False),
        ("invalid", "refused", False),
        ("broken", "unavailable", True),
        ("overloaded", "busy", True),
        ("cancelled", "lost", True),
        ("no_pictures", "bad_answer", True),
        ("strange_pictures", "bad_answer", True),
    ],
)
def test_the_model_s_last_word_has_one_meaning_and_is_asked_once(queue, ending, code, retryable):
    queue.fail_next("end", ending)

    error, _ = collect_failure(queue)

    assert (error.code, error.retryable, error.account) == (code, retryable, False)
    assert error.request_id == next(iter(queue.jobs))
    assert (queue.report()["results"], queue.report()["pictures"]) == (1, 0)


def test_a_job_that_fal_knows_no_more_is_lost(queue):
    unknown, _ = failure(lambda: backend(queue.url).collect(f"{FLUX}:0123456789", request()))
    queue.fail_next("result", "404")
    expired, _ = collect_failure(queue)

    assert (unknown.code, unknown.retryable) == ("lost", True)
    assert (expired.code, expired.retryable) == ("lost", True)


@pytest.mark.parametrize(
    "job", ["", "x", "fal-ai/flux-general", "fal-ai/flux-general:../../x", "http://evil.example/:abcdefgh"]
)
def test_a_string_that_is_no_job_is_lost_and_asks_nobody(queue, job):
    error, _ = failure(lambda: backend(queue.url).collect(job, request()))

    assert error.code == "lost"
    assert queue.report()["statuses"] == 0
