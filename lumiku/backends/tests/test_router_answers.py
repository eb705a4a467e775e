"""What the providers behind the router answer from words and from pictures, and what each of their faults means."""

import pytest

from lumiku.backends.huggingface import HuggingFaceBackend
from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.router_orders import KEY, PICTURES, SHORT, WORDS, failure, painter, request
from lumiku.backends.tests.router_stub import RouterStub

#: Hundreds of answers from stub servers: a minute of processor time.
pytestmark = pytest.mark.drill


@pytest.fixture
def stub():
    with RouterStub() as running:
        yield running


# ---- From words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", WORDS)
def test_every_provider_paints_from_words_in_the_size_and_seed_that_were_asked(stub, provider):
    painting = painter(provider, words=True).paint(request(seed=11))

    assert painting.data == stub_pictures.picture(512, 640, 11)
    assert painting.request_id == "stub-1"


def test_flux_is_not_ordered_where_its_size_would_not_be_obeyed(stub):
    backend = HuggingFaceBackend(token=KEY, model="black-forest-labs/FLUX.1-dev", provider="replicate", base_url="")

    error, _ = failure(backend)

    assert (error.code, error.account) == ("account", True)
    assert "HF_PROVIDER" in str(error)
    assert stub.asked == []


# ---- Each fault has one meaning at each stage of a call ------------------------------------------------------------


@pytest.mark.parametrize("stage", ["order", "poll", "result", "picture"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("429", "busy"),
        ("500", "unavailable"),
        ("503", "busy"),
        ("reset", "unreachable"),
        ("cut", "unreachable"),
        ("html", "bad_answer"),
        ("empty", "bad_answer"),
        ("truncated", "bad_answer"),
        ("bomb", "bad_answer"),
        ("huge", "bad_answer"),
        ("huge_announced", "bad_answer"),
        ("packed", "bad_answer"),
        ("redirect", "bad_answer"),
    ],
)
def test_a_fault_has_its_code_at_every_stage(stub, stage, fault, code):
    stub.fail_next(fault, stage=stage)

    error, _ = failure(painter())

    # A picture's address that answers with an error is no word of the provider on our order.
    expected = "bad_answer" if stage == "picture" and fault.isdigit() else code
    assert (error.code, error.retryable, error.account) == (expected, True, False)
    assert "SecretCanary" not in str(error)


@pytest.mark.parametrize("stage", ["hub", "order", "poll", "result", "picture"])
@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_wait_ends_at_the_deadline_at_every_stage(stub, stage, fault):
    stub.fail_next(fault, stage=stage)

    error, seconds = failure(painter(deadline=SHORT))

    assert (error.code, error.retryable) == ("timeout", True)
    assert seconds < SHORT + 0.6


@pytest.mark.parametrize("fault", ["401", "402", "403"])
@pytest.mark.parametrize("stage", ["hub", "order", "poll", "result"])
def test_a_refused_key_or_empty_purse_is_our_account_s_fault_at_every_stage(stub, stage, fault):
    stub.fail_next(fault, stage=stage)

    error, _ = failure(painter())

    assert (error.code, error.retryable, error.account) == ("account", True, True)


@pytest.mark.parametrize("provider", PICTURES)
@pytest.mark.parametrize(("fault", "code"), [("400", "refused"), ("422", "refused"), ("404", "refused")])
def test_an_order_that_is_refused_is_not_repeated(stub, provider, fault, code):
    stub.fail_next(fault)

    error, _ = failure(painter(provider))

    assert (error.code, error.retryable) == (code, False)


@pytest.mark.parametrize("provider", PICTURES)
@pytest.mark.parametrize("fault", ["429", "429_date", "503"])
def test_the_wait_that_a_provider_asks_for_is_kept(stub, provider, fault):
    stub.fail_next(fault, retry_after=30)

    error, _ = failure(painter(provider))

    assert error.code == "busy"
    assert 28 <= error.retry_after <= 30


@pytest.mark.parametrize("provider", ["fal-ai", "wavespeed"])
def test_a_job_that_never_ends_is_left_at_the_deadline(stub, provider):
    stub.polls = 10**9

    error, seconds = failure(painter(provider, deadline=SHORT))

    assert (error.code, error.retryable) == ("timeout", True)
    assert SHORT <= seconds < SHORT + 0.6
    assert len([asked for asked in stub.asked if asked.method == "POST"]) == 1


def test_the_same_backend_paints_again_after_faults(stub):
    backend = painter()
    for stage in ("order", "poll", "result", "picture"):
        stub.fail_next("reset", stage=stage)
        failure(backend)

    assert backend.paint(request(seed=5)).data == stub_pictures.picture(512, 640, 5)
