import socket

import pytest

from lumiku.backends import BackendError, ImageRequest
from lumiku.backends.huggingface import HuggingFaceBackend
from lumiku.backends.tests.provider_stub import ProviderStub

KEY = "hf_SecretCanary0123456789"


@pytest.fixture
def stub():
    with ProviderStub() as running:
        yield running


def backend(base_url="", *, token=KEY, provider="hf-inference"):
    model = "black-forest-labs/FLUX.1-dev"
    return HuggingFaceBackend(token=token, model=model, provider=provider, base_url=base_url, deadline=2.0)


def request():
    return ImageRequest(prompt="a woman in a red dress", width=512, height=640, seed=7)


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"token": ""}, "HUGGINGFACE_API_KEY"),
        ({"token": "  "}, "HUGGINGFACE_API_KEY"),
        ({"provider": "auto"}, "HF_PROVIDER"),
        ({"base_url": "flux.internal:8080"}, "HF_BASE_URL"),
        ({"base_url": "http://[::1/"}, "HF_BASE_URL"),
        ({"base_url": "ftp://flux.internal/"}, "HF_BASE_URL"),
        ({"token": "hf_one\nhf_two"}, "no key has"),
        ({"token": "hf_schlüssel"}, "no key has"),
    ],
)
def test_a_setting_that_cannot_work_is_the_operator_s_matter_and_asks_nobody(settings, words):
    painter = backend(**settings)

    for act in (painter.check, lambda: painter.paint(request())):
        with pytest.raises(BackendError, match=words) as caught:
            act()
        assert (caught.value.code, caught.value.account, caught.value.retryable) == ("account", True, True)
        assert "hf_" not in str(caught.value)


def test_an_endpoint_without_a_key_gets_no_key_found_on_the_machine(stub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_machine")

    backend(stub.url, token="").paint(request())

    assert "authorization" not in stub.settled()[0].headers


# ---- Checks --------------------------------------------------------------------------------------------------------


def test_a_check_of_an_endpoint_orders_nothing(stub):
    said = backend(stub.url).check()

    assert "127.0.0.1" in said
    assert stub.report()["total"] == 0


def test_a_check_tells_a_refused_key():
    with ProviderStub(token="hf_good") as stub, pytest.raises(BackendError) as caught:
        backend(stub.url).check()

    assert (caught.value.code, caught.value.account) == ("account", True)


def test_a_check_of_a_dead_endpoint_says_unreachable():
    with pytest.raises(BackendError) as caught:
        backend(f"http://127.0.0.1:{closed_port()}/").check()

    assert caught.value.code == "unreachable"


def test_a_vendor_s_own_key_is_not_claimed_to_be_checked():
    said = backend(provider="fal-ai", token="fal-key").check()

    assert "only a paid request could prove it" in said
