"""Answers that are not to be believed: other pictures, other addresses, nonsense, and a provider's word on safety."""

import base64
import time

import pytest

from lumiku.backends import BackendError, guard
from lumiku.backends.huggingface import is_flagged
from lumiku.backends.huggingface_edit import HuggingFaceEditBackend
from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.router_orders import DEADLINE, KEY, PICTURES, failure, painter, request
from lumiku.backends.tests.router_stub import RouterStub

#: Hundreds of answers from stub servers: a minute of processor time.
pytestmark = pytest.mark.drill


@pytest.fixture
def stub():
    with RouterStub() as running:
        yield running


# ---- Pictures that are not what was ordered ------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PICTURES)
@pytest.mark.parametrize(
    ("brush", "code"),
    [
        (lambda width, height, seed: stub_pictures.black(width, height), "moderated"),
        (lambda width, height, seed: stub_pictures.picture(width - 64, height, seed), "bad_answer"),
        (lambda width, height, seed: stub_pictures.picture(height, width, seed), "bad_answer"),
        (lambda width, height, seed: stub_pictures.bomb(), "bad_answer"),
        (lambda width, height, seed: stub_pictures.picture(width, height, seed)[:-40], "bad_answer"),
        (lambda width, height, seed: b"<html>busy</html>", "bad_answer"),
        (lambda width, height, seed: b"", "bad_answer"),
    ],
)
def test_a_picture_that_was_not_ordered_is_not_taken(stub, provider, brush, code):
    stub.brush = brush

    error, _ = failure(painter(provider))

    assert error.code == code


@pytest.mark.parametrize(
    "address",
    [
        "http://v3.fal.media/files/job-1.png",
        "https://v3.fal.media:8443/files/job-1.png",
        "https://v3.fal.media.evil.example/job-1.png",
        "https://evilfal.media/job-1.png",
        "https://v3.fal.media@evil.example/job-1.png",
        "https://replicate.delivery/job-1.png",
        "https://127.0.0.1/job-1.png",
        "https://169.254.169.254/latest/meta-data/job-1",
        "file:///etc/passwd",
        "/files/job-1.png",
        "",
        None,
        7,
        ["https://v3.fal.media/files/job-1.png"],
        {"href": "https://v3.fal.media/files/job-1.png"},
    ],
)
@pytest.mark.parametrize("words", [True, False])
def test_a_picture_is_fetched_only_from_its_provider_s_own_hosts(stub, address, words):
    stub.lies["order" if words else "result"] = {"images": [{"url": address}]}

    error, _ = failure(painter(words=words))

    assert (error.code, error.retryable, error.account) == ("bad_answer", True, False)
    assert {asked.host for asked in stub.asked} <= {"huggingface.co", "router.huggingface.co"}


@pytest.mark.parametrize(
    "response",
    ["https://evil.example/job-1", ".evil.example/job-1", "@evil.example/job-1", ":8443/job-1", "//evil.example/job-1"],
)  # fmt: skip
@pytest.mark.parametrize("key", [KEY, "fal:SecretCanary"])
def test_a_job_is_looked_after_only_where_it_was_ordered(stub, response, key):
    stub.lies["order"] = {"request_id": "job-1", "status": "IN_QUEUE", "response_url": response}
    backend = HuggingFaceEditBackend(token=key, deadline=DEADLINE)

    try:
        painted = backend.paint(request())
    except BackendError as error:
        assert error.code in ("bad_answer", "refused")
    else:  # only the path is believed, so the address may be harmless
        assert painted.data == stub_pictures.picture(512, 640, 7)
    assert {asked.host for asked in stub.asked} <= {
        "huggingface.co", "router.huggingface.co", "queue.fal.run", "v3.fal.media",
    }  # fmt: skip


LIES = [
    {}, [], "text", 7, None, {"images": []}, {"images": [{}]}, {"images": {}}, {"images": [None]}, {"images": "x" * 99},
    {"request_id": None}, {"request_id": "job-1"}, {"request_id": 7, "response_url": {}}, {"request_id": "a/../b"},
    {"output": []}, {"output": [{}]}, {"output": 7}, {"output": {"0": "x"}}, {"output": None, "status": "starting"},
    {"data": []}, {"data": [{}]}, {"data": [{"b64_json": None}]}, {"data": [{"b64_json": "%%%"}]}, {"data": 7},
    {"data": [{"b64_json": base64.b64encode(b"<html>").decode()}]}, {"data": [{"url": "https://evil.example/x.png"}]},
    {"data": {"urls": []}}, {"data": {"urls": {"get": None}}}, {"data": {"urls": {"get": "https://evil.example/nothing"}}},
    {"data": {"urls": {"get": ["x"]}}}, {"data": {"status": "completed"}}, {"data": {"status": "exploded"}},
    {"data": {"status": "failed", "error": "<b>canary</b>"}}, {"status": "COMPLETED"}, {"status": {"a": [[[[]]]]}},
]  # fmt: skip


@pytest.mark.parametrize("provider", PICTURES)
@pytest.mark.parametrize("stage", ["order", "poll", "result"])
def test_no_lie_of_a_provider_becomes_a_picture(stub, provider, stage):
    backend = painter(provider, deadline=0.3)
    if stage != "order" and provider in ("replicate", "together"):
        pytest.skip("answers in one go")
    # A job of fal-ai that says nothing of its end is asked until the deadline, so there are fewer to wait for.
    for lie in LIES[:8] if (provider, stage) == ("fal-ai", "poll") else LIES:
        stub.lies[stage] = lie
        error, seconds = failure(backend)
        assert error.code in ("bad_answer", "timeout", "refused"), lie
        assert not error.account
        assert seconds < 1.2


def test_a_model_that_the_provider_lacks_is_a_matter_of_our_settings(stub):
    stub.lies["hub"] = {"id": "x", "pipeline_tag": "image-to-image", "tags": [], "inferenceProviderMapping": {}}

    error, _ = failure(painter())

    assert (error.code, error.account) == ("account", True)
    assert all(asked.method == "GET" for asked in stub.asked)


# ---- The provider's own word on safety -----------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["fal-ai", "wavespeed"])
@pytest.mark.parametrize("words", [True, False])
def test_a_picture_that_its_provider_calls_unsafe_is_moderated_and_not_even_fetched(stub, provider, words):
    stub.unsafe = True

    error, _ = failure(painter(provider, words=words))

    assert (error.code, error.retryable, error.account) == ("moderated", False, False)
    assert {asked.host for asked in stub.asked} == {"huggingface.co", "router.huggingface.co"}


@pytest.mark.parametrize(
    ("provider", "stage", "said"),
    [
        ("replicate", "order", {"status": "failed", "output": None, "error": "NSFW content detected. Try another."}),
        ("wavespeed", "result", {"data": {"status": "failed", "error": "Content flagged as potentially sensitive."}}),
        ("fal-ai", "result", {"detail": [{"loc": ["body"], "msg": "unsafe", "type": "content_policy_violation"}]}),
        ("together", "order", {"error": {"message": "NSFW content detected in prompt", "type": "invalid_request"}}),
    ],
)
def test_a_refusal_for_safety_is_moderated(stub, provider, stage, said):
    stub.lies[stage] = said

    error, _ = failure(painter(provider))

    assert (error.code, error.retryable) == ("moderated", False)


def test_words_of_the_user_that_a_provider_repeats_are_no_verdict(stub):
    address = "https://v3.fal.media/files/job-1.png"
    echo = 'she says "has_nsfw_concepts": [true], "error": "nsfw"'
    stub.lies["result"] = {"images": [{"url": address}], "has_nsfw_concepts": [False], "prompt": echo}

    assert painter().paint(request()).data == stub_pictures.picture(512, 640, 7)


@pytest.mark.parametrize(
    ("status", "said", "flagged"),
    [
        (200, b'{"has_nsfw_concepts": [true]}', True),
        (200, b'{"data": {"has_nsfw_contents":[false, true]}}', True),
        (200, b'{"has_nsfw_concepts": [false], "timings": {"safe": true}}', False),
        (200, b'{"error": "the safety checker did not start"}', False),
        (400, b'{"error": {"message": "NSFW content detected in prompt"}}', True),
        (422, b'{"detail": [{"type": "content_policy_violation"}]}', True),
        (422, b'{"detail": [{"type": "value_error"}]}', False),
        (401, b'{"error": "this account was flagged"}', False),
        (402, b'{"error": "this account was flagged"}', False),
        (429, b'{"error": "this account was flagged"}', False),
        (500, b'{"error": "nsfw model crashed"}', False),
        (200, b"\x89PNG\0 nsfw", False),
    ],
)
def test_only_a_word_on_the_picture_or_on_the_order_is_a_verdict(status, said, flagged):
    call = guard.Call(guard.Reach(), time.monotonic() + 5, 1000, status=status, excerpt=said)

    assert is_flagged(call) is flagged
