"""What every image backend promises, whatever paints: the product relies on this and on nothing else."""

import importlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from lumiku import images
from lumiku.backends import BackendError, ImageBackend, ImageRequest
from lumiku.backends.tests.endpoint_stub import EndpointStub
from lumiku.backends.tests.fal_stub import FalStub
from lumiku.backends.tests.provider_stub import ProviderStub
from lumiku.backends.tests.router_stub import RouterStub

# A person who stands and waves, OpenPose COCO-18, as fractions of width and height.
STANDING = [
    (0.50, 0.18), (0.50, 0.28), (0.42, 0.28), (0.38, 0.40), (0.36, 0.52), (0.58, 0.28), (0.66, 0.20), (0.68, 0.10),
    (0.45, 0.54), (0.45, 0.72), (0.45, 0.90), (0.55, 0.54), (0.55, 0.72), (0.55, 0.90), (0.48, 0.16), (0.52, 0.16),
    (0.46, 0.17), (0.54, 0.17),
]  # fmt: skip
TRAITS = {"gender": "female", "age": "adult", "skin_tone": "tan", "hair_color": "black", "attire": "a red dress"}
WORDS = {"control", "reference", "seed", "traits", "background", "scene"}


@pytest.fixture(scope="module")
def provider():
    with ProviderStub() as stub:
        yield stub


@pytest.fixture(scope="module")
def endpoint():
    with EndpointStub() as stub:
        yield stub


@pytest.fixture(scope="module")
def queue():
    with FalStub() as stub:
        yield stub


@pytest.fixture
def router():
    with RouterStub() as stub:
        yield stub


@pytest.fixture(params=["preview", "huggingface", "huggingface_edit", "endpoint", "fal"])
def backend(request, provider, endpoint, queue):
    if request.param == "huggingface_edit":
        request.getfixturevalue("router")
        return importlib.import_module("lumiku.backends.huggingface_edit").HuggingFaceEditBackend(token="hf_key")
    if request.param == "endpoint":
        module = importlib.import_module("lumiku.backends.endpoint")
        return module.EndpointBackend(url=endpoint.url, token="hf_key", reference=True)
    if request.param == "fal":
        module = importlib.import_module("lumiku.backends.fal")
        return module.FalBackend(token="id:secret", model="fal-ai/flux-general", base_url=queue.url, reference=True)
    if request.param == "preview":
        return importlib.import_module("lumiku.backends.preview").PreviewBackend()
    module = importlib.import_module("lumiku.backends.huggingface")
    return module.HuggingFaceBackend(
        token="hf_key", model="black-forest-labs/FLUX.1-dev", provider="hf-inference", base_url=provider.url
    )


def order(width=512, height=512, **changes):
    return replace(ImageRequest(prompt="a woman in a red dress", width=width, height=height, seed=7), **changes)


def posed(width=512, height=512):
    joints = tuple((x * width, y * height, 0.0, True) for x, y in STANDING)
    control = Image.new("RGB", (width, height))
    ImageDraw.Draw(control).line([joint[:2] for joint in joints[:8]], fill=(255, 85, 0), width=4)
    reference = Image.radial_gradient("L").convert("RGB")
    return order(width, height, joints=joints, control=control, reference=reference, traits=TRAITS)


def test_it_says_what_it_is_and_what_it_obeys(backend):
    assert isinstance(backend, ImageBackend)
    assert backend.label
    assert backend.licence
    assert backend.supports <= WORDS


def test_its_check_is_one_sentence(backend):
    said = backend.check()

    assert said
    assert "\n" not in said


@pytest.mark.parametrize("size", [(512, 512), (448, 560), (432, 576), (352, 640), (640, 352)])
def test_the_picture_has_exactly_the_size_that_was_asked_for(backend, size):
    painting = backend.paint(posed(*size))

    assert painting.image.size == size
    assert painting.image.mode == "RGB"


def test_the_bytes_are_a_safe_file_of_the_same_picture(backend):
    painting = backend.paint(posed())

    decoded = images.decode(painting.data).convert("RGB")
    assert decoded.tobytes() == painting.image.tobytes()
    assert Image.open(io.BytesIO(painting.data)).format in {"PNG", "JPEG", "WEBP"}


def test_there_is_something_to_see(backend):
    painting = backend.paint(posed())

    assert not images.is_flat(painting.image)


def test_text_alone_is_enough_unless_it_says_otherwise(backend):
    if backend.needs_picture:
        with pytest.raises(BackendError) as refusal:
            backend.paint(order())
        assert not refusal.value.retryable
        return
    painting = backend.paint(order())

    assert painting.image.size == (512, 512)
    assert painting.seed == 7


def test_the_same_order_gives_the_same_picture(backend):
    first, second = backend.paint(posed()), backend.paint(posed())

    assert first.data == second.data


def test_another_seed_gives_another_picture(backend):
    if "seed" not in backend.supports:
        pytest.skip("does not claim to obey the seed")

    first, second = backend.paint(posed()), backend.paint(replace(posed(), seed=8))

    assert first.image.tobytes() != second.image.tobytes()
    assert second.seed == 8


def test_what_was_given_is_left_as_it_was(backend):
    request = posed()
    before = request.control.tobytes(), request.reference.tobytes()

    backend.paint(request)

    assert (request.control.tobytes(), request.reference.tobytes()) == before


def test_one_instance_serves_many_threads(backend):
    requests = [replace(posed(256, 256), seed=seed) for seed in range(6)]
    alone = [backend.paint(request).data for request in requests]

    with ThreadPoolExecutor(6) as pool:
        together = [painting.data for painting in pool.map(backend.paint, requests)]

    assert together == alone
