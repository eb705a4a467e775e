import base64
import io
import os
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from lumiku.backends import BackendError, ImageRequest, photos
from lumiku.backends.huggingface_edit import HuggingFaceEditBackend, instructed
from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.router_stub import RouterStub

KEY = "hf_SecretCanary0123456789"
QWEN = "Qwen/Qwen-Image-Edit-2509"
FLUX = "black-forest-labs/FLUX.2-dev"
MODELS = {"fal-ai": QWEN, "replicate": FLUX, "together": FLUX, "wavespeed": QWEN}
SIDES = ("width", "height")
# Where each provider reads the pictures, the size and the seed.
READ = {
    "fal-ai": lambda body: (body["image_urls"], body["image_size"], body["seed"]),
    "replicate": lambda body: (body["input"]["input_images"], sized(body["input"]), body["input"]["seed"]),
    "together": lambda body: (body["reference_images"], sized(body), body["seed"]),
    "wavespeed": lambda body: (body["images"], starred(body["size"]), body["seed"]),
}


@pytest.fixture
def stub():
    with RouterStub() as running:
        yield running


def sized(fields):
    return {side: fields[side] for side in SIDES}


def starred(size):
    return dict(zip(SIDES, map(int, size.split("*")), strict=True))


def backend(provider="fal-ai", *, model="", token=KEY, deadline=5.0):
    return HuggingFaceEditBackend(token=token, model=model or MODELS[provider], provider=provider, deadline=deadline)


def skeleton(width=512, height=640):
    image = Image.new("RGB", (width, height))
    ImageDraw.Draw(image).line([(width * 0.3, height * 0.2), (width * 0.7, height * 0.9)], fill=(255, 85, 0), width=6)
    return image


def request(**changes):
    whole = ImageRequest(prompt="a woman in a red dress", width=512, height=640, seed=7, control=skeleton(),
                         reference=stub_pictures.figure(600, 800))  # fmt: skip
    return replace(whole, **changes)


def opened(uri):
    head, _, data = uri.partition(",")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert head == f"data:image/{image.format.lower()};base64"
    return image


def noise(side):
    """Return what compresses worst of all."""
    return Image.frombytes("RGB", (side, side), os.urandom(3 * side * side))


# ---- What is asked and what comes back -----------------------------------------------------------------------------


@pytest.mark.parametrize("provider", list(MODELS))
def test_every_provider_answers_a_picture_of_the_size_and_seed_that_were_asked(stub, provider):
    painting = backend(provider).paint(request(seed=11))

    assert painting.data == stub_pictures.picture(512, 640, 11)
    assert (painting.image.mode, painting.image.size, painting.seed) == ("RGB", (512, 640), 11)
    assert painting.request_id == "stub-1"


@pytest.mark.parametrize("provider", list(MODELS))
def test_person_and_skeleton_arrive_in_this_order_where_the_provider_reads_them(stub, provider):
    backend(provider).paint(request())

    pictures, size, seed = READ[provider](stub.settled()[0].body)
    person, pose = [opened(uri) for uri in pictures]
    assert (person.format, person.size) == ("JPEG", (600, 800))
    assert (pose.format, pose.convert("RGB").tobytes()) == ("PNG", skeleton().tobytes())
    assert (size, seed) == ({"width": 512, "height": 640}, 7)


@pytest.mark.parametrize("provider", list(MODELS))
@pytest.mark.parametrize(("missing", "kind"), [("control", "JPEG"), ("reference", "PNG")])
def test_one_picture_alone_is_sent_alone(stub, provider, missing, kind):
    backend(provider).paint(request(**{missing: None}))

    pictures, _, _ = READ[provider](stub.settled()[0].body)
    assert [opened(uri).format for uri in pictures] == [kind]


@pytest.mark.parametrize(
    ("provider", "key", "host", "path"),
    [
        ("fal-ai", KEY, "router.huggingface.co", "/fal-ai/qwen/qwen-image-edit-2509?_subdomain=queue"),
        ("fal-ai", "fal:key", "queue.fal.run", "/qwen/qwen-image-edit-2509"),
        ("wavespeed", KEY, "router.huggingface.co", "/wavespeed/api/v3/qwen/qwen-image-edit-2509"),
        ("wavespeed", "wave-key", "api.wavespeed.ai", "/api/v3/qwen/qwen-image-edit-2509"),
        ("together", "tog-key", "api.together.xyz", "/v1/images/generations"),
        ("replicate", "r8_key", "api.replicate.com", "/v1/models/black-forest-labs/flux.2-dev/predictions"),
    ],
)
def test_a_key_of_hugging_face_goes_to_the_router_and_a_vendor_s_own_to_the_vendor(stub, provider, key, host, path):
    painting = backend(provider, token=key).paint(request())

    (order,) = [asked for asked in stub.asked if asked.method == "POST"]
    assert (order.host, order.path) == (host, path)
    assert order.headers["authorization"].endswith(key)
    assert painting.image.size == (512, 640)


def test_the_key_is_not_shown_to_the_hosts_of_pictures(stub):
    for provider in ("fal-ai", "replicate", "wavespeed"):
        backend(provider).paint(request())

    fetched = [asked for asked in stub.asked if asked.host.endswith((".media", ".delivery", ".net"))]
    assert len(fetched) == 3
    assert not any("authorization" in asked.headers for asked in fetched)


def test_what_was_given_is_left_as_it_was(stub):
    order = request(reference=stub_pictures.figure(2000, 1500).copy())
    before = order.control.tobytes(), order.reference.tobytes()

    backend().paint(order)

    assert (order.control.tobytes(), order.reference.tobytes()) == before


# ---- The sentence about the pictures -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "skeleton", "begin", "unsaid"),
    [
        (True, True, "The person of picture 1 in exactly the pose of the skeleton in picture 2", "picture 3"),
        (False, True, "A photo of a person in exactly the pose of the skeleton in picture 1", "picture 2"),
        (True, False, "The person of picture 1, with the same face, hair and build.", "skeleton"),
        (False, False, "a woman, by the sea", "picture"),
    ],
)
def test_the_model_is_told_which_picture_is_what_before_the_whole_prompt(person, skeleton, begin, unsaid):
    said = instructed("a woman, by the sea", person=person, skeleton=skeleton)

    assert said.startswith(begin)
    assert said.endswith("a woman, by the sea")
    assert unsaid not in said
    assert ("none of its lines" in said) is skeleton


def test_an_empty_prompt_leaves_the_sentence_alone():
    assert instructed("", person=True, skeleton=False) == "The person of picture 1, with the same face, hair and build."


@pytest.mark.parametrize("provider", list(MODELS))
def test_the_sentence_reaches_the_provider(stub, provider):
    backend(provider).paint(request())

    body = stub.settled()[0].body
    assert (body.get("input") or body)["prompt"] == instructed("a woman in a red dress", person=True, skeleton=True)


# ---- Bounds of what is sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "sent"), [((4000, 3000), (1024, 768)), ((700, 4096), (175, 1024)), ((300, 256), (300, 256))]
)
def test_a_photo_is_sent_with_1024_pixels_at_most(size, sent):
    data = photos.jpeg(Image.linear_gradient("L").resize(size).convert("RGB"))

    assert Image.open(io.BytesIO(data)).size == sent


@pytest.mark.parametrize("provider", list(MODELS))
@pytest.mark.parametrize("control", [None, skeleton(1280, 720)])
def test_the_worst_photo_leaves_the_request_under_one_and_a_half_megabytes(stub, provider, control):
    backend(provider).paint(request(reference=noise(1024), control=control))

    (order,) = [asked for asked in stub.asked if asked.method == "POST"]
    assert int(order.headers["content-length"]) < 1_500_000


def test_what_a_photo_says_of_place_and_camera_stays_here():
    image = stub_pictures.figure(640, 640).copy()
    image.info["exif"] = b"Exif\0\0canary"
    image.info["comment"] = b"canary"

    assert b"canary" not in photos.jpeg(image)


# ---- What is refused before anybody is asked -----------------------------------------------------------------------


def test_an_order_without_any_picture_is_refused_and_asks_nobody(stub):
    painter = backend()

    with pytest.raises(BackendError, match="needs a skeleton or a photo") as caught:
        painter.paint(request(control=None, reference=None))

    assert painter.needs_picture
    assert (caught.value.code, caught.value.retryable, caught.value.account) == ("refused", False, False)
    assert stub.asked == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"token": ""}, "HUGGINGFACE_API_KEY"),
        ({"token": "hf_one\nhf_two"}, "no key has"),
        ({"provider": "auto"}, "HF_EDIT_PROVIDER"),
        ({"provider": "hf-inference"}, "HF_EDIT_PROVIDER"),  # takes one picture only
        ({"provider": "nscale"}, "HF_EDIT_PROVIDER"),
        ({"provider": "replicate"}, "not paint Qwen/Qwen-Image-Edit-2509 in the size"),
    ],
)
def test_a_setting_that_cannot_work_is_the_operator_s_matter_and_asks_nobody(stub, settings, words):
    painter = HuggingFaceEditBackend(**{"token": KEY, **settings})

    for act in (painter.check, lambda: painter.paint(request())):
        with pytest.raises(BackendError, match=words) as caught:
            act()
        assert (caught.value.code, caught.value.account, caught.value.retryable) == ("account", True, True)
    assert stub.asked == []


def test_what_the_backend_obeys_depends_on_the_model():
    qwen, flux = backend(), backend(model=FLUX)

    assert qwen.supports == {"control", "reference", "seed", "scene"}
    assert flux.supports == {"reference", "seed", "scene"}
    assert qwen.label == "Qwen-Image-Edit-2509 at Hugging Face"
    assert "Apache-2.0" in qwen.licence
    assert "black-forest-labs/FLUX.2-dev" in flux.licence


def test_a_check_names_the_key_s_owner_and_orders_nothing(stub):
    said = backend().check()

    assert said == "Qwen-Image-Edit-2509 at Hugging Face through fal-ai: the key of lumiku is accepted."
    assert [asked.path for asked in stub.asked] == ["/api/whoami-v2"]


def test_a_check_tells_a_refused_key(stub):
    stub.fail_next("401", stage="hub")

    with pytest.raises(BackendError) as caught:
        backend().check()

    assert (caught.value.code, caught.value.account) == ("account", True)
