"""The handler alone, as the endpoint's server calls it."""

import base64
import io
import json
import logging
import math
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lumiku.backends.tests import endpoint_stub, stub_pictures
from lumiku.backends.tests.endpoint_stub import PreviewPainter

NOISE = np.random.default_rng(1)


@pytest.fixture
def painter():
    return PreviewPainter()


@pytest.fixture
def handler(painter):
    return endpoint_stub.load_handler(painter)[1]


def base64_of(image, picture_format="PNG"):
    return base64.b64encode(stub_pictures.encoded(image, picture_format)).decode()


def noise(width, height):
    return Image.fromarray(NOISE.integers(0, 256, (height, width, 3), np.uint8))


def asked(**parameters):
    return {"inputs": "a woman in a red dress", "parameters": {"width": 256, "height": 320, "seed": 7, **parameters}}


def picture(answer):
    return Image.open(io.BytesIO(base64.b64decode(answer["image"])))


# ---- What it paints ------------------------------------------------------------------------------------------------


def test_a_prompt_alone_is_painted_by_the_product_s_recipe(handler, painter):
    answer = handler({"inputs": "a woman in a red dress"})

    (order,) = painter.orders
    assert picture(answer).size == (1024, 1024)
    assert (order.steps, order.guidance, order.control_scale, order.control_end) == (28, 3.5, 0.9, 0.65)
    assert answer["seed"] == order.seed
    assert answer["obeyed"] == ["scene", "seed"]
    assert answer["flagged"] is None


def test_what_is_asked_for_reaches_the_painter_as_it_was_asked(handler, painter):
    control, reference = noise(256, 320), noise(40, 30)
    weights = {"controlnet_conditioning_scale": 0.5, "control_guidance_end": 1, "ip_adapter_scale": 0.2}

    answer = handler(
        asked(
            control_image=base64_of(control),
            reference_image=base64_of(reference),
            num_inference_steps=12,
            guidance_scale=2,
            **weights,
        )
    )

    (order,) = painter.orders
    assert order.control.tobytes() == control.tobytes()
    assert order.reference.tobytes() == reference.tobytes()
    assert (order.width, order.height, order.seed, order.steps, order.guidance) == (256, 320, 7, 12, 2.0)
    assert (order.control_scale, order.control_end, order.reference_scale) == (0.5, 1.0, 0.2)
    assert answer["obeyed"] == ["control", "reference", "scene", "seed"]


def test_a_seed_repeats_a_picture_and_another_changes_it(handler):
    first, again, other = handler(asked()), handler(asked()), handler(asked(seed=8))

    assert first["image"] == again["image"] != other["image"]


def test_without_a_seed_it_takes_one_and_names_it(handler):
    answers = [handler({"inputs": "a man", "parameters": {"width": 256, "height": 256}}) for _ in range(4)]

    assert len({answer["seed"] for answer in answers}) > 1


def test_pictures_are_taken_as_jpeg_and_webp_too(handler, painter):
    for kind in ("JPEG", "WEBP"):
        handler(asked(reference_image=base64_of(noise(64, 64), kind)))

    assert [order.reference.size for order in painter.orders] == [(64, 64)] * 2


def test_it_says_what_it_obeys_without_painting(handler, painter):
    answer = handler({"inputs": "", "parameters": {"describe": True}})

    assert answer == {"supports": ["control", "reference", "scene", "seed"]}
    assert painter.orders == []


def test_without_an_adapter_a_reference_is_refused_before_it_costs_anything(painter, handler):
    painter.supports = frozenset({"control", "seed", "scene"})

    answer = handler(asked(reference_image=base64_of(noise(64, 64))))

    assert answer["error"]["code"] == "not_obeyed"
    assert answer["error"]["retryable"] is False
    assert "no reference picture" in answer["error"]["message"]
    assert painter.orders == []


def test_a_picture_that_a_safety_checker_flags_does_not_leave(handler, painter):
    painter.flagged = True

    answer = handler(asked())

    assert (answer["image"], answer["flagged"]) == (None, True)


def test_pictures_are_painted_one_after_another(handler, painter):
    inside, most = [], []
    paint = painter.__call__

    class Watched(PreviewPainter):
        def __call__(self, order):
            inside.append(1)
            most.append(len(inside))
            try:
                return paint(order)
            finally:
                inside.pop()

    handler = endpoint_stub.load_handler(Watched())[1]
    threads = [threading.Thread(target=handler, args=(asked(seed=seed),)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1] * 6


def test_who_waits_too_long_is_told_to_come_again(painter):
    module, handler = endpoint_stub.load_handler(painter)
    module.TURN_SECONDS = 0.05

    with handler._turn:
        answer = handler(asked())

    assert answer["error"]["code"] == "busy"
    assert answer["error"]["retryable"] is True
    assert answer["error"]["retry_after"] == 10.0


# ---- What it refuses -----------------------------------------------------------------------------------------------

BOMB = base64.b64encode(stub_pictures.bomb()).decode()
HALF = base64.b64encode(stub_pictures.picture(256, 320, 1)[:2000]).decode()
GIF = base64_of(Image.new("P", (256, 320)), "GIF")


@pytest.mark.parametrize(
    ("field", "request_body"),
    [
        ("inputs", {}),
        ("inputs", {"inputs": None}),
        ("inputs", {"inputs": ""}),
        ("inputs", {"inputs": " \n"}),
        ("inputs", {"inputs": ["a woman"]}),
        ("inputs", {"inputs": {"prompt": "a woman"}}),
        ("inputs", {"inputs": "a" * 5001}),
        ("parameters", {"inputs": "a woman", "parameters": []}),
        ("parameters", {"inputs": "a woman", "parameters": "width=512"}),
        ("parameters", []),
        ("parameters", None),
        ("width", asked(width=1000)),
        ("width", asked(width=0)),
        ("width", asked(width=-512)),
        ("width", asked(width="512")),
        ("width", asked(width=512.0)),
        ("width", asked(width=True)),
        ("width", asked(width=10**400)),
        ("width", asked(width=2048, height=2048)),
        ("width", asked(height=321)),
        ("height", asked(height=4096)),
        ("seed", asked(seed=-1)),
        ("seed", asked(seed=2**63)),
        ("seed", asked(seed=1.5)),
        ("num_inference_steps", asked(num_inference_steps=0)),
        ("num_inference_steps", asked(num_inference_steps=1000)),
        ("guidance_scale", asked(guidance_scale=math.nan)),
        ("guidance_scale", asked(guidance_scale=math.inf)),
        ("guidance_scale", asked(guidance_scale=-1)),
        ("controlnet_conditioning_scale", asked(controlnet_conditioning_scale=5)),
        ("control_guidance_end", asked(control_guidance_end="0.65")),
        ("ip_adapter_scale", asked(ip_adapter_scale=[1])),
        ("negative_prompt", asked(negative_prompt="blurry")),
        ("a" * 40, asked(**{"a" * 5000: 1})),
        ("control_image", asked(control_image=base64_of(noise(320, 256)))),
        ("control_image", asked(control_image=base64_of(noise(128, 160)))),
        ("control_image", asked(control_image=BOMB)),
        ("control_image", asked(control_image=HALF)),
        ("control_image", asked(control_image=GIF)),
        ("control_image", asked(control_image="https://example.com/skeleton.png")),
        ("control_image", asked(control_image="/etc/passwd")),
        ("control_image", asked(control_image="ölig")),
        ("control_image", asked(control_image="")),
        ("control_image", asked(control_image=17)),
        ("control_image", asked(control_image="A" * 14_000_001)),
        ("reference_image", asked(reference_image=BOMB)),
        ("reference_image", asked(reference_image={"url": "http://169.254.169.254/"})),
    ],
)
def test_a_bad_request_is_refused_by_the_name_of_its_field(handler, painter, field, request_body):
    answer = handler(request_body)

    assert answer["error"]["code"] == "bad_request"
    assert answer["error"]["retryable"] is False
    assert answer["error"]["field"] == field
    assert len(json.dumps(answer)) < 400
    assert painter.orders == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
NAMES = ["width", "height", "seed", "guidance_scale", "control_image", "reference_image", "describe", "other"]


@settings(max_examples=100, deadline=None)
@given(inputs=ANYTHING, parameters=ANYTHING | st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_no_request_makes_it_raise(inputs, parameters):
    class Blank(PreviewPainter):
        def __call__(self, order):
            return Image.new("RGB", (1, 1)), None

    answer = endpoint_stub.load_handler(Blank())[1]({"inputs": inputs, "parameters": parameters})

    assert answer.keys() & {"error", "image", "supports"}
    json.dumps(answer, allow_nan=False)


# ---- What goes wrong inside ----------------------------------------------------------------------------------------


class OutOfMemoryError(RuntimeError):
    """As torch.cuda has it."""


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (OutOfMemoryError("CUDA out of memory at /repository/flux_painter.py"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (RuntimeError("no file /repository/secret.safetensors, token hf_canary"), "failed"),
        (KeyError("HF_TOKEN"), "failed"),
    ],
)
def test_what_breaks_inside_is_worth_another_try_and_stays_inside(handler, painter, caplog, failure, code):
    painter.raises = failure

    with caplog.at_level(logging.ERROR):
        answer = handler(asked())

    assert (answer["error"]["code"], answer["error"]["retryable"]) == (code, True)
    for secret in ("repository", "hf_canary", "HF_TOKEN", "CUDA", "Traceback"):
        assert secret not in json.dumps(answer)
    assert "no picture" in caplog.text
    painter.raises = None
    assert picture(handler(asked())).size == (256, 320)
