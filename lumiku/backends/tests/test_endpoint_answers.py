"""What the endpoint backend makes of answers that nobody should believe, and of settings that cannot work."""

import base64
import socket

import pytest
from PIL import Image

from lumiku.backends import BackendError, ImageRequest
from lumiku.backends.endpoint import EndpointBackend
from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.endpoint_stub import EndpointStub


@pytest.fixture
def stub():
    with EndpointStub() as running:
        yield running


def backend(url, **options):
    return EndpointBackend(**{"url": url, "token": "hf_key", "deadline": 1.0, **options})


def request():
    control = Image.radial_gradient("L").convert("RGB").resize((256, 320))
    return ImageRequest(prompt="a woman in a red dress", width=256, height=320, seed=7, control=control)


def failure(painter):
    with pytest.raises(BackendError) as caught:
        painter.paint(request())
    return caught.value


# ---- Hostile answers -----------------------------------------------------------------------------------------------


def good(**changes):
    data = base64.b64encode(stub_pictures.picture(256, 320, 7)).decode()
    return {"image": data, "seed": 7, "obeyed": ["control", "scene", "seed"], "flagged": None, **changes}


def in_base64(data):
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "reply",
    [
        [],
        None,
        7,
        "a picture",
        {},
        {"error": "out of luck"},
        {"error": {"code": "please_pay", "message": "<b>canary</b>"}},
        {"error": {"code": ["busy"], "retry_after": "soon"}},
        {"error": []},
        good(image=None),
        good(image=""),
        good(image="###"),
        good(image=["x"]),
        good(image="ölig"),
        good(image=in_base64(b"<html>")),
        good(image=in_base64(stub_pictures.bomb())),
        good(image=in_base64(stub_pictures.picture(256, 336, 7))),
        good(image=in_base64(stub_pictures.picture(256, 320, 7)[:3000])),
        good(seed=8),
        good(seed=None),
        good(seed="7"),
        good(obeyed=None),
        good(obeyed="control seed"),
        good(obeyed=["seed"]),
        good(obeyed=[["control"], {"seed": 1}]),
        b"{",
        b"[" * 100_000,
        b'{"image": NaN}',
        b"\xff\xfe\x00",
        b'{"seed": ' + b"9" * 10_000 + b"}",
    ],
)
def test_no_hostile_answer_is_taken(stub, reply):
    stub.reply_next(reply)

    error = failure(backend(stub.url))

    assert (error.code, error.retryable) == ("bad_answer", True)
    assert len(str(error)) <= 2100


def test_the_answer_that_they_all_vary_is_taken(stub):
    stub.reply_next(good())

    assert backend(stub.url).paint(request()).data == stub_pictures.picture(256, 320, 7)


def test_a_flat_picture_is_moderated(stub):
    stub.reply_next(good(image=in_base64(stub_pictures.black(256, 320))))

    assert failure(backend(stub.url)).code == "moderated"


@pytest.mark.parametrize(("told", "kept"), [(5, 5.0), (10**400, 3600.0), (-1, None), (True, None), ("5", None)])
def test_a_wait_from_the_wire_stays_within_an_hour(stub, told, kept):
    stub.reply_next({"error": {"code": "busy", "retry_after": told}})

    assert failure(backend(stub.url)).retry_after == kept


# ---- Settings and checks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": ""}, "HF_ENDPOINT_URL"),
        ({"url": "flux.internal:8080"}, "HF_ENDPOINT_URL"),
        ({"url": "ftp://flux.internal/"}, "HF_ENDPOINT_URL"),
        ({"url": "http://127.0.0.1/", "token": "hf_one\nhf_two"}, "no key has"),
    ],
)
def test_a_setting_that_cannot_work_is_the_operator_s_matter_and_asks_nobody(options, words):
    painter = backend(**options)

    for act in (painter.check, lambda: painter.paint(request())):
        with pytest.raises(BackendError, match=words) as caught:
            act()
        assert (caught.value.code, caught.value.account, caught.value.retryable) == ("account", True, True)


def test_a_check_asks_the_handler_and_paints_nothing(stub):
    said = backend(stub.url, reference=True).check()

    assert said == "FLUX.1-dev with pose control at 127.0.0.1: the handler answers."
    assert "HF_ENDPOINT_REFERENCE=1" in backend(stub.url).check()
    assert stub.orders == []


def test_a_check_tells_a_claim_that_the_endpoint_does_not_keep():
    with (
        EndpointStub(supports=frozenset({"control", "seed", "scene"})) as stub,
        pytest.raises(BackendError, match="reference; see IP_ADAPTER") as caught,
    ):
        backend(stub.url, reference=True).check()

    assert caught.value.account


def test_a_check_tells_something_else_than_the_handler(stub):
    stub.reply_next({"generated_text": "hello"})

    with pytest.raises(BackendError, match="not the handler"):
        backend(stub.url).check()


@pytest.mark.parametrize(("fault", "code"), [("401", "account"), ("503", "busy"), ("silent", "timeout")])
def test_a_check_says_what_stands_in_the_way(stub, fault, code):
    stub.fail_next(fault)

    with pytest.raises(BackendError) as caught:
        backend(stub.url).check()

    assert caught.value.code == code


def test_a_check_of_an_endpoint_that_is_not_there_says_unreachable():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(BackendError) as caught:
        backend(f"http://127.0.0.1:{port}/").check()

    assert caught.value.code == "unreachable"
