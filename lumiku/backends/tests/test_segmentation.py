"""Masks from a hosted model: a small server on loopback answers as hf-inference does."""

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from PIL import Image

from lumiku.backends import BackendError
from lumiku.backends.segmentation import MOST, HuggingFaceSegmentation

KEY = "hf_SecretCanary0123456789"
SIZE = (96, 128)
PICTURE = Image.new("RGB", SIZE, "#808080")


class Stub(HTTPServer):
    """Gives every call the same answer and keeps what was sent."""

    answer: tuple[int, Any] = (200, [])
    received: bytes = b""
    headers: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/models/acme/segmenter"


class Handler(BaseHTTPRequestHandler):
    server: Stub

    def log_message(self, *arguments: Any) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        self.server.received = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.headers = {name.lower(): value for name, value in self.headers.items()}
        status, answer = self.server.answer
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def model(stub: Stub) -> HuggingFaceSegmentation:
    return HuggingFaceSegmentation(
        token=KEY, model="acme/segmenter", provider="hf-inference", base_url=stub.url, deadline=5
    )


def mask(box: tuple[int, int, int, int], *, size: tuple[int, int] = SIZE) -> Image.Image:
    drawn = Image.new("L", size)
    drawn.paste(255, box)
    return drawn


def part(label: str, drawn: Image.Image) -> dict[str, Any]:
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return {"label": label, "score": 0.9, "mask": base64.b64encode(out.getvalue()).decode()}


def failure(stub: Stub) -> BackendError:
    with pytest.raises(BackendError) as caught:
        model(stub).person(PICTURE)
    return caught.value


def test_the_picture_is_sent_with_the_key_and_the_persons_mask_comes_back(stub: Stub) -> None:
    stub.answer = 200, [part("person", mask((10, 20, 40, 100))), part("wall", mask((0, 0, 96, 20)))]

    found = model(stub).person(PICTURE)

    assert found is not None
    assert (found.mode, found.size, found.getbbox()) == ("L", SIZE, (10, 20, 40, 100))
    assert Image.open(io.BytesIO(stub.received)).size == SIZE
    assert stub.headers["authorization"] == f"Bearer {KEY}"


def test_pieces_of_clothing_make_one_person(stub: Stub) -> None:
    stub.answer = 200, [
        part("Background", mask((0, 0, 96, 128))), part("Hair", mask((30, 10, 50, 30))),
        part("Dress", mask((20, 30, 60, 110))),
    ]  # fmt: skip

    found = model(stub).person(PICTURE)

    assert found is not None
    assert found.getbbox() == (20, 10, 60, 110)


def test_the_alpha_of_a_picture_that_was_cut_out_is_its_mask(stub: Stub) -> None:
    alone = Image.new("RGBA", SIZE, (255, 255, 255, 0))
    alone.paste((0, 0, 0, 255), (5, 6, 50, 60))
    stub.answer = 200, [part("mask", alone)]

    found = model(stub).person(PICTURE)

    assert found is not None
    assert found.getbbox() == (5, 6, 50, 60)


def test_a_mask_of_half_the_size_is_enlarged(stub: Stub) -> None:
    stub.answer = 200, [part("person", mask((10, 10, 20, 30), size=(48, 64)))]

    found = model(stub).person(PICTURE)

    assert found is not None
    assert found.size == SIZE


@pytest.mark.parametrize(
    "answer", [[], [part("background", mask((0, 0, 96, 128)))], [part("person", mask((0, 0, 0, 0)))]]
)
def test_an_answer_without_a_person_is_none(stub: Stub, answer: list[Any]) -> None:
    stub.answer = 200, answer

    assert model(stub).person(PICTURE) is None


@pytest.mark.parametrize(
    "answer",
    [
        [part("person", mask((0, 0, 9, 9), size=(200, 40)))],
        [part("person", mask((0, 0, 9, 9)))] * (MOST + 1),
        [{"label": "person", "mask": base64.b64encode(b"no picture at all").decode()}],
        [{"label": "person", "mask": base64.b64encode(b"GIF89a" + b"\0" * 40).decode()}],
        {"label": "person"},
        "done",
    ],
    ids=["another shape", "too many", "no picture", "a format nobody asked for", "no list", "words"],
)
def test_an_answer_that_is_no_mask_of_this_picture_is_a_bad_answer(stub: Stub, answer: Any) -> None:
    stub.answer = 200, answer

    error = failure(stub)

    assert (error.code, error.retryable) == ("bad_answer", True)


@pytest.mark.parametrize(("status", "code"), [(429, "busy"), (401, "account"), (500, "unavailable")])
def test_a_refusal_is_judged_as_for_pictures_and_hides_the_key(stub: Stub, status: int, code: str) -> None:
    stub.answer = status, {"error": f"not for {KEY}"}

    error = failure(stub)

    assert error.code == code
    assert KEY not in str(error)


def test_a_provider_without_segmentation_is_a_wrong_setting() -> None:
    wrong = HuggingFaceSegmentation(token=KEY, model="acme/segmenter", provider="together", base_url="", deadline=5)

    with pytest.raises(BackendError) as caught:
        wrong.person(PICTURE)

    assert (caught.value.code, caught.value.account) == ("account", True)
