"""The backend and the handler together: real HTTP, the real handler, the preview painter for FLUX."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from lumiku.backends import BackendError, ImageRequest
from lumiku.backends.endpoint import EndpointBackend
from lumiku.backends.tests.endpoint_stub import EndpointStub

KEY = "hf_SecretCanary0123456789"
DEADLINE = 5.0  # the painter shares this machine with all other tests
FLUX = frozenset({"control", "seed", "scene"})


@pytest.fixture
def stub():
    with EndpointStub(token=KEY) as running:
        yield running


def backend(url, **options):
    return EndpointBackend(**{"url": url, "token": KEY, "deadline": DEADLINE, **options})


def noise(width, height, seed=1):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def request(seed=7, width=256, height=320, **changes):
    return ImageRequest(prompt="a woman in a red dress", width=width, height=height, seed=seed, **changes)


def failure(painter, order=None):
    with pytest.raises(BackendError) as caught:
        painter.paint(order or request())
    return caught.value


# ---- What arrives, what comes back ---------------------------------------------------------------------------------


def test_the_skeleton_arrives_pixel_for_pixel_and_with_the_recipe_s_weight(stub):
    control = noise(256, 320)

    backend(stub.url).paint(request(control=control))

    (order,) = stub.orders
    assert order.control.tobytes() == control.tobytes()
    assert (order.control_scale, order.control_end, order.steps, order.guidance) == (0.9, 0.65, 28, 3.5)
    assert (order.prompt, order.seed) == ("a woman in a red dress", 7)


def test_the_skeleton_changes_the_picture(stub):
    painter = backend(stub.url)

    plain, posed = painter.paint(request()), painter.paint(request(control=noise(256, 320)))

    assert plain.image.tobytes() != posed.image.tobytes()


@pytest.mark.parametrize("size", [(1024, 1024), (896, 1120), (720, 1280)])
def test_the_picture_has_the_size_that_was_ordered(stub, size):
    painting = backend(stub.url, deadline=20).paint(request(width=size[0], height=size[1]))

    assert painting.image.size == size
    assert (painting.seed, painting.request_id) == (7, "stub-1")


def test_a_seed_repeats_a_picture(stub):
    painter = backend(stub.url)

    first, again, other = painter.paint(request()), painter.paint(request()), painter.paint(request(seed=8))

    assert first.data == again.data != other.data


def test_the_photo_goes_only_to_an_endpoint_that_obeys_one(stub):
    photo = noise(3000, 1500)

    backend(stub.url).paint(request(reference=photo))
    backend(stub.url, reference=True).paint(request(reference=photo))

    assert [order.reference and order.reference.size for order in stub.orders] == [None, (1024, 512)]
    assert photo.size == (3000, 1500)


def test_it_claims_what_it_obeys(stub):
    assert backend(stub.url).supports == FLUX
    assert backend(stub.url, reference=True).supports == FLUX | {"reference"}
    assert "non-commercial" in backend(stub.url).licence
    assert backend(stub.url).label == "FLUX.1-dev with pose control at 127.0.0.1"


def test_six_calls_at_once_get_each_their_own_picture(stub):
    painter = backend(stub.url, deadline=20)

    with ThreadPoolExecutor(6) as pool:
        paintings = list(pool.map(lambda seed: painter.paint(request(seed)), range(6)))

    assert [painting.data for painting in paintings] == [painter.paint(request(seed)).data for seed in range(6)]


def test_the_key_goes_along_and_without_one_no_key_of_the_machine(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_machine")
    with EndpointStub() as stub:
        backend(stub.url).paint(request())
        backend(stub.url, token="").paint(request())

        keys = [call.headers.get("authorization") for call in stub.settled()]

    assert keys == [f"Bearer {KEY}", None]


# ---- Failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        ("400", "refused", False),
        ("422", "refused", False),
        ("429", "busy", True),
        ("500", "unavailable", True),
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
        ("bomb", "bad_answer", True),
        ("black", "bad_answer", True),  # a bare picture is not how the handler answers
        ("huge", "bad_answer", True),
        ("huge_announced", "bad_answer", True),
        ("packed", "bad_answer", True),
        ("redirect", "bad_answer", True),
    ],
)
def test_a_fault_has_its_code_and_ends_in_time(stub, fault, code, retryable):
    stub.fail_next(fault)
    deadline = 0.4 if code == "timeout" else 1.0
    began = time.monotonic()

    error = failure(backend(stub.url, deadline=deadline))

    assert (error.code, error.retryable, error.account) == (code, retryable, False)
    assert time.monotonic() - began < deadline + 0.5
    assert "SecretCanary" not in str(error)
    assert stub.orders == []


@pytest.mark.parametrize("fault", ["401", "402", "403", "404"])
def test_a_refused_key_or_an_endpoint_that_is_gone_is_the_operator_s_matter(stub, fault):
    stub.fail_next(fault)

    error = failure(backend(stub.url))

    assert (error.code, error.retryable, error.account) == ("account", True, True)


@pytest.mark.parametrize("fault", ["502", "503"])
def test_an_endpoint_that_sleeps_is_busy_for_a_minute(stub, fault):
    stub.fail_next(fault)

    error = failure(backend(stub.url))

    assert (error.code, error.retryable, error.account, error.retry_after) == ("busy", True, False, 60.0)
    assert error.__context__ is None
    assert error.__cause__ is None


def test_the_wait_that_the_endpoint_names_comes_first(stub):
    stub.fail_next("503", retry_after=5)

    assert failure(backend(stub.url)).retry_after == 5.0


def test_a_paused_endpoint_is_the_operator_s_matter(stub, monkeypatch):
    def refuse(body):
        raise ValueError("Bad Request: Invalid state")

    monkeypatch.setattr(stub, "handler", refuse)

    error = failure(backend(stub.url))

    assert (error.code, error.account) == ("account", True)


def test_a_full_card_is_busy_and_a_broken_pipeline_unavailable(stub):
    stub.painter.raises = MemoryError()
    full = failure(backend(stub.url))
    stub.painter.raises = RuntimeError("/repository/flux_painter.py")
    broken = failure(backend(stub.url))

    assert (full.code, full.retryable, full.retry_after) == ("busy", True, 10.0)
    assert (broken.code, broken.retryable) == ("unavailable", True)
    assert "/repository" not in str(broken)


def test_what_the_handler_refuses_is_not_tried_again(stub):
    error = failure(backend(stub.url), request(width=4096))

    assert (error.code, error.retryable) == ("refused", False)
    assert "width must be a whole number from 256 to 2048" in str(error)


def test_a_photo_for_an_endpoint_without_an_adapter_is_the_operator_s_matter():
    with EndpointStub(supports=FLUX) as stub:
        error = failure(backend(stub.url, reference=True), request(reference=noise(64, 64)))

    assert (error.code, error.account) == ("account", True)
    assert stub.orders == []


def test_a_flagged_picture_is_moderated(stub):
    stub.painter.flagged = True

    error = failure(backend(stub.url))

    assert (error.code, error.retryable) == ("moderated", False)
