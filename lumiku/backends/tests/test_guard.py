import socket
import time

import httpcore2
import httpx2
import pytest
from huggingface_hub import get_session
from huggingface_hub.inference._common import RequestParameters
from huggingface_hub.inference._providers.wavespeed import WavespeedAITextToImageTask

from lumiku.backends import guard, transport
from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.provider_stub import ProviderStub


@pytest.fixture(scope="module", autouse=True)
def guarded_client():
    transport.install()


@pytest.fixture
def stub():
    with ProviderStub() as running:
        yield running


def test_a_provider_that_is_polled_without_end_ends_at_the_deadline(stub):
    reach = guard.Reach(origin=httpx2.URL(stub.url))
    parameters = RequestParameters(url=stub.url, task="text-to-image", model=None, json={}, data=None, headers={})
    began = time.monotonic()

    with pytest.raises(guard.DeadlinePassed), guard.call(reach, seconds=1):
        WavespeedAITextToImageTask().get_response({"data": {"urls": {"get": "/_poll"}}}, parameters)

    assert time.monotonic() - began < 1.6


def test_bytes_of_all_answers_of_a_call_are_counted_together(stub):
    size = len(stub_pictures.picture(256, 256, 1))
    body = {"inputs": "", "parameters": {"width": 256, "height": 256, "seed": 1}}

    with guard.call(guard.Reach(origin=httpx2.URL(stub.url)), seconds=5, max_bytes=int(2.5 * size)):
        for _ in range(2):
            get_session().post(stub.url, json=body)
        with pytest.raises(guard.TooLarge):
            get_session().post(stub.url, json=body)


@pytest.mark.parametrize(
    "address",
    [
        "http://{stub}/secret",
        "https://{stub}/secret",
        "https://localhost/secret",
        "https://169.254.169.254/latest/meta-data",
        "http://fal.media/picture.png",
        "https://fal.media.evil.example/picture.png",
        "https://evilfal.media/picture.png",
        "https://fal.media:8443/picture.png",
        "https://user@evil.example/fal.media",
    ],
)
def test_an_address_in_an_answer_leads_nowhere_but_to_the_provider(stub, address):
    reach = guard.Reach(hosts=frozenset({"fal.run"}), pictures=("fal.media",))

    with pytest.raises(guard.Forbidden), guard.call(reach, seconds=2):
        get_session().get(address.format(stub=f"127.0.0.1:{stub.port}"))

    assert stub.report()["total"] == 0


def test_a_provider_s_name_that_leads_inside_is_refused():
    with pytest.raises(guard.Forbidden, match="public"), guard.call(guard.Reach(pictures=("localhost",)), seconds=2):
        get_session().get("https://localhost/picture.png")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("::ffff:1.1.1.1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.0.0.8", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("::7f00:1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:100.64.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fec0::1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(address, public):
    assert guard.is_public(address) is public


def test_a_body_of_unannounced_length_is_cut_at_the_cap(stub):
    stub.fail_next("huge")

    with guard.call(guard.Reach(origin=httpx2.URL(stub.url)), seconds=5) as call, pytest.raises(guard.TooLarge):
        get_session().post(stub.url, json={})

    assert -65_536 <= call.bytes_left < 0


def test_packed_answers_are_neither_asked_for_nor_unpacked(stub):
    stub.fail_next("packed")

    with guard.call(guard.Reach(origin=httpx2.URL(stub.url)), seconds=5):
        answer = get_session().post(stub.url, json={})

    assert answer.content == stub_pictures.packed(200 * 2**20)
    assert stub.settled()[0].headers["accept-encoding"] == "identity"


def test_a_redirect_between_two_hosts_of_a_provider_is_not_followed():
    call = guard.Call(guard.Reach(hosts=frozenset({"fal.run", "queue.fal.run"})), time.monotonic() + 5, 1000)
    asked = httpx2.Request("POST", "https://fal.run/x")
    call.begin(asked)

    with pytest.raises(guard.Forbidden, match="redirected"):
        call.receive(asked, httpx2.Response(307, headers={"location": "https://queue.fal.run/x"}))


def test_outside_of_a_call_the_library_is_left_alone(stub):
    answer = get_session().get(f"http://127.0.0.1:{stub.port}/")

    assert answer.json() == {"ok": True}
    assert get_session().get(f"http://127.0.0.1:{stub.port}/").request.headers["accept-encoding"] != "identity"


def test_a_name_that_nobody_knows_is_a_failed_connection():
    reach = guard.Reach(origin=httpx2.URL("http://no-such-host.invalid/"))

    with pytest.raises((httpcore2.ConnectError, guard.DeadlinePassed)), guard.call(reach, seconds=2):
        get_session().get("http://no-such-host.invalid/")


def test_a_tls_handshake_that_hangs_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/"
        began = time.monotonic()

        with pytest.raises(httpcore2.ConnectTimeout), guard.call(guard.Reach(origin=httpx2.URL(url)), seconds=1):
            get_session().get(url)

    assert time.monotonic() - began < 1.5
