import contextlib
import io
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from lumiku.backends import BackendError, ImageRequest
from lumiku.backends.hosted import scrub
from lumiku.backends.huggingface import HuggingFaceBackend
from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.provider_stub import ProviderStub

KEY = "hf_SecretCanary0123456789"
DEADLINE = 1.0
SOON = 0.4  # seconds, for who is not going to answer
FLUX = "black-forest-labs/FLUX.1-dev"


@pytest.fixture
def stub():
    with ProviderStub() as running:
        yield running


def backend(base_url="", *, deadline=DEADLINE, model=FLUX):
    return HuggingFaceBackend(token=KEY, model=model, provider="hf-inference", base_url=base_url, deadline=deadline)


def request(seed=7, width=512, height=640, prompt="a woman in a red dress"):
    return ImageRequest(prompt=prompt, width=width, height=height, seed=seed)


def failure(painter, order=None):
    """Return the error of one call and the seconds it took."""
    began = time.monotonic()
    with pytest.raises(BackendError) as caught:
        painter.paint(order or request())
    return caught.value, time.monotonic() - began


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


# ---- What is asked and what comes back -----------------------------------------------------------------------------


def test_the_picture_comes_back_as_the_provider_sent_it(stub):
    painting = backend(stub.url).paint(request(seed=11))

    assert painting.data == stub_pictures.picture(512, 640, 11)
    assert (painting.image.mode, painting.image.size, painting.seed) == ("RGB", (512, 640), 11)
    assert painting.request_id == "stub-1"


def test_the_request_carries_the_product_s_recipe_and_no_negative_prompt(stub):
    backend(stub.url).paint(request(seed=3))

    (call,) = stub.settled()
    assert call.body == {
        "inputs": "a woman in a red dress",
        "parameters": {"width": 512, "height": 640, "num_inference_steps": 28, "guidance_scale": 3.5, "seed": 3},
    }
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.ended_at >= call.started_at


def test_schnell_is_asked_for_four_steps_without_guidance(stub):
    backend(stub.url, model="black-forest-labs/FLUX.1-schnell").paint(request())

    parameters = stub.settled()[0].body["parameters"]
    assert (parameters["num_inference_steps"], parameters["guidance_scale"]) == (4, 0.0)


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_jpeg_and_webp_answers_are_kept_as_they_came(stub, kind):
    stub.fail_next(kind)

    painting = backend(stub.url).paint(request())

    assert painting.data == stub_pictures.encoded(stub_pictures.figure(512, 640), kind.upper())
    assert Image.open(io.BytesIO(painting.data)).format == kind.upper()


def test_sixty_calls_at_once_get_each_their_own_picture(stub):
    stub.delay = 1.5  # long enough for sixty threads to start on a busy machine
    painter = backend(stub.url, deadline=20)

    with ThreadPoolExecutor(60) as pool:
        paintings = list(pool.map(lambda seed: painter.paint(request(seed, 128, 128)), range(60)))

    assert [p.data for p in paintings] == [stub_pictures.picture(128, 128, seed) for seed in range(60)]
    assert len({p.request_id for p in paintings}) == 60
    assert stub.max_in_flight >= 40
    assert len(stub.settled()) == 60
    assert stub.in_flight == 0


def test_what_the_backend_obeys_and_its_licence_are_said_honestly():
    dev, schnell = backend(), backend(model="black-forest-labs/FLUX.1-schnell")

    assert dev.supports == {"seed", "scene"}
    assert dev.label == "FLUX.1-dev at Hugging Face"
    assert "non-commercial" in dev.licence
    assert "Apache-2.0" in schnell.licence
    assert "acme/other" in backend(model="acme/other").licence


# ---- Each fault has one meaning ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        ("400", "refused", False),
        ("404", "refused", False),
        ("422", "refused", False),
        ("429", "busy", True),
        ("500", "unavailable", True),
        ("502", "unavailable", True),
        ("503", "busy", True),
        ("504", "unavailable", True),
        ("hang", "timeout", True),
        ("silent", "timeout", True),
        ("drip", "timeout", True),
        ("drip_head", "timeout", True),
        ("reset", "unreachable", True),
        ("cut", "unreachable", True),
        ("html", "bad_answer", True),
        ("json_error", "bad_answer", True),
        ("empty", "bad_answer", True),
        ("truncated", "bad_answer", True),
        ("bomb", "bad_answer", True),
        ("wrong_size", "bad_answer", True),
        ("too_big", "bad_answer", True),
        ("huge", "bad_answer", True),
        ("huge_announced", "bad_answer", True),
        ("packed", "bad_answer", True),
        ("redirect", "bad_answer", True),
        ("black", "moderated", False),
    ],
)
def test_a_fault_has_its_code_and_ends_in_time(stub, fault, code, retryable):
    stub.fail_next(fault)

    deadline = SOON if code == "timeout" else DEADLINE

    error, seconds = failure(backend(stub.url, deadline=deadline))

    assert (error.code, error.retryable, error.account) == (code, retryable, False)
    assert seconds < deadline + 0.5
    assert stub.report()["total"] == 1


@pytest.mark.parametrize("fault", ["401", "402", "403"])
def test_a_refused_key_or_empty_purse_is_our_account_s_fault(stub, fault):
    stub.fail_next(fault)

    error, _ = failure(backend(stub.url))

    assert (error.code, error.retryable, error.account) == ("account", True, True)


def test_the_same_backend_paints_again_after_a_fault(stub):
    painter = backend(stub.url)
    for fault in ("drip", "huge", "reset"):
        stub.fail_next(fault)
        failure(painter)

    painting = painter.paint(request(seed=5))

    assert painting.data == stub_pictures.picture(512, 640, 5)


def test_a_provider_that_is_not_there_is_unreachable():
    error, seconds = failure(backend(f"http://127.0.0.1:{closed_port()}/"))

    assert (error.code, error.retryable) == ("unreachable", True)
    assert seconds < 1


def test_a_host_that_takes_no_connection_ends_at_the_deadline():
    with socket.socket() as full, contextlib.ExitStack() as clients:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())

        error, seconds = failure(backend(f"http://127.0.0.1:{full.getsockname()[1]}/", deadline=SOON))

    assert (error.code, error.retryable) == ("timeout", True)
    assert seconds < SOON + 0.5


# ---- How long to wait ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["429", "503", "429_rate_limit"])
def test_the_wait_that_a_provider_asks_for_is_kept(stub, fault):
    stub.fail_next(fault, retry_after=12)

    error, _ = failure(backend(stub.url))

    assert (error.code, error.retry_after) == ("busy", 12.0)


def test_a_wait_given_as_a_date_becomes_seconds(stub):
    stub.fail_next("429_date", retry_after=30)

    error, _ = failure(backend(stub.url))

    assert 28 <= error.retry_after <= 30


# ---- What is told, and what is not ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["400", "401", "503", "html"])
def test_the_key_never_shows_and_the_provider_s_words_are_short(stub, fault):
    stub.fail_next(fault)

    error, _ = failure(backend(stub.url))

    assert "[key]" in str(error)
    assert "SecretCanary" not in str(error)
    assert len(str(error)) <= 2100
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("fault", ["429", "html", "black", "wrong_size", "hang"])
def test_an_error_names_the_provider_s_request(stub, fault):
    stub.fail_next(fault)

    error, _ = failure(backend(stub.url, deadline=SOON if fault == "hang" else DEADLINE))

    assert error.request_id == "stub-1"


def test_keys_of_any_kind_and_line_breaks_are_scrubbed():
    told = scrub("a\nb\x1b[31m Bearer abc.def Key fal-9:8 hf_other12 own-key", "own-key")

    assert told == "a b [31m Bearer [key] Key [key] [key] [key]"
