import pytest

from lumiku.backends import BackendError, hosted
from lumiku.backends.fal import QUEUE
from lumiku.backends.tests.fal_calls import FLUX, KEY, SECRET, backend, collected, failure, request
from lumiku.backends.tests.fal_stub import FalStub


def test_a_check_orders_nothing(queue):
    said = backend(queue.url).check()

    assert "127.0.0.1" in said
    assert queue.report()["submissions"] == 0


def test_a_check_tells_a_refused_key(queue):
    error, _ = failure(backend(queue.url, token=f"other-key-id:{SECRET}").check)

    assert (error.code, error.account) == ("account", True)
    assert queue.report()["submissions"] == 0


@pytest.mark.parametrize(("fault", "code"), [("503", "busy"), ("500", "unavailable"), ("html", "bad_answer")])
def test_a_check_of_something_that_is_not_well_says_so(queue, fault, code):
    queue.fail_next("status", fault)

    assert failure(backend(queue.url).check)[0].code == code


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"token": ""}, "FAL_KEY"),
        ({"token": "one\ntwo"}, "no key has"),
        ({"token": "schlüssel"}, "no key has"),
        ({"model": ""}, "FAL_MODEL"),
        ({"model": "flux"}, "FAL_MODEL"),
        ({"model": "fal-ai/../x"}, "FAL_MODEL"),
        ({"model": "fal-ai/flux?x=1"}, "FAL_MODEL"),
        ({"base_url": "queue.internal:8080"}, "FAL_BASE_URL"),
        ({"base_url": "http://[::1/"}, "FAL_BASE_URL"),
    ],
)
def test_a_setting_that_cannot_work_is_the_operator_s_matter_and_asks_nobody(settings, words):
    painter = backend(**settings)
    job = f"{FLUX}:0123456789"

    for act in (
        painter.check,
        lambda: painter.submit(request()),
        lambda: painter.collect(job, request()),
        lambda: painter.stop(job),
    ):
        with pytest.raises(BackendError, match=words) as caught:
            act()
        assert (caught.value.code, caught.value.account, caught.value.retryable) == ("account", True, True)


def test_a_queue_without_a_key_gets_no_key_found_on_the_machine(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_machine")
    monkeypatch.setenv("FAL_KEY", "fal-of-the:machine")
    with FalStub() as queue:
        collected(queue, backend(queue.url, token=""))

        assert not any("authorization" in headers for calls in queue.headers.values() for headers in calls)


def test_without_another_address_only_fal_s_queue_is_asked_with_the_key():
    reach = backend()._reach()

    assert QUEUE == "https://queue.fal.run"
    assert reach.hosts == {"queue.fal.run"}
    assert (reach.origin, reach.pictures) == (None, ())


@pytest.mark.parametrize("step", ["submit", "status", "result", "picture", "cancel"])
@pytest.mark.parametrize("fault", ["400", "401", "503", "html"])
def test_the_key_never_shows_in_errors_or_logs_and_words_are_short(queue, step, fault, caplog):
    caplog.set_level("DEBUG")
    queue.fail_next(step, fault, times=20)
    painter = backend(queue.url, deadline=0.3)

    def act():
        job = painter.submit(request())
        painter.stop(job) if step == "cancel" else painter.collect(job, request())

    try:
        act()
    except BackendError as error:
        assert len(str(error)) <= 2100
        assert error.__cause__ is None
        assert error.__context__ is None or error.__suppress_context__
        assert not any(half in str(error) + error.request_id for half in KEY.split(":"))
    assert not any(half in caplog.text for half in KEY.split(":"))


def test_half_a_key_is_no_more_told_than_a_whole_one():
    error = backend().error(hosted.REFUSED, f"no secret {SECRET} here", request_id="")

    assert str(error) == "refused: no secret [key] here"
