"""The real pipelines on tiny random weights, on the graphics card if there is one. Run by `make test-gpu`."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import diffusers
import pytest
import torch
from PIL import Image, ImageChops, ImageDraw, ImageStat

from lumiku.backends import BackendError, ImageRequest
from lumiku.backends import diffusers as road
from lumiku.backends.tests.gpu import weights

STEPS = 28
HELD_STEPS = 18  # 0.65 of them


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("flux")


@pytest.fixture(scope="module")
def dev(folder):
    return weights.save_model(folder / "dev")


@pytest.fixture(scope="module")
def schnell(folder):
    return weights.save_model(folder / "schnell", distilled=True)


@pytest.fixture(scope="module")
def pose(folder):
    return weights.save_controlnet(folder / "pose")


@pytest.fixture(scope="module")
def backend(dev, pose):
    return fresh(dev, pose)


def sharing(model, controlnet, **options):
    return road.DiffusersBackend(model=model, controlnet=controlnet, device=weights.DEVICE, **options)


def fresh(model, controlnet, **options):
    """A backend as in a new process: its weights are not loaded."""
    road._loadings.clear()
    return sharing(model, controlnet, **options)


def order(width=128, height=160, **changes):
    return replace(ImageRequest(prompt="a woman in a red dress", width=width, height=height, seed=7), **changes)


def skeleton(*line, width=128, height=160):
    control = Image.new("RGB", (width, height))
    ImageDraw.Draw(control).line(line, fill=(255, 85, 0), width=6)
    return control


def posed(**changes):
    return order(control=skeleton(15, 15, 100, 150), **changes)


def distance(one, other):
    """Mean difference of two paintings, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one.image, other.image)).mean) / 3


def inside(backend):
    """The pipelines that `backend` has loaded."""
    return road._loadings[backend._weights].result()


@contextmanager
def watched(module, *, raises=None):
    """The keyword arguments of each call of a torch module in the block; `raises` breaks every call."""
    seen = []

    def look(module, args, kwargs):
        seen.append(kwargs)
        if raises:
            raise raises

    hook = module.register_forward_pre_hook(look, with_kwargs=True)
    try:
        yield seen
    finally:
        hook.remove()


def refusal(backend, request):
    with pytest.raises(BackendError) as caught:
        backend.paint(request)
    return caught.value


# ---- What it obeys -------------------------------------------------------------------------------------------------


def test_the_skeleton_changes_the_picture(backend):
    leaning, upright = posed(), order(control=skeleton(64, 5, 64, 155))

    one, other, none = backend.paint(leaning), backend.paint(upright), backend.paint(order())

    assert distance(one, other) > 1
    assert distance(one, none) > 1


def test_the_same_seed_gives_the_same_bytes_also_after_loading_anew(backend, dev, pose):
    first, again = backend.paint(posed()), backend.paint(posed())

    assert first.data == again.data
    assert first.data == fresh(dev, pose).paint(posed()).data


def test_another_seed_gives_another_picture(backend):
    assert distance(backend.paint(posed()), backend.paint(posed(seed=8))) > 1


def test_the_words_change_the_picture(backend):
    assert backend.paint(order()).data != backend.paint(order(prompt="a man by the sea")).data


def test_what_was_painted_between_leaves_no_trace(backend):
    first = backend.paint(posed())
    backend.paint(order(seed=9))

    assert backend.paint(posed()).data == first.data


def test_the_skeleton_holds_the_first_two_thirds_of_the_steps(backend):
    backend.paint(posed())
    with watched(inside(backend).posed.controlnet) as calls:
        backend.paint(posed())

    strengths = [call["conditioning_scale"] for call in calls]
    assert strengths == [0.9] * HELD_STEPS + [0.0] * (STEPS - HELD_STEPS)


@pytest.mark.parametrize(("modes", "asked_for"), [(None, None), (10, 4)])
def test_a_network_with_control_modes_is_told_that_it_gets_a_pose(dev, folder, modes, asked_for):
    painter = fresh(dev, weights.save_controlnet(folder / f"modes-{modes}", modes=modes))
    painter.paint(posed())
    with watched(inside(painter).posed.controlnet) as calls:
        painter.paint(posed())

    mode = calls[0]["controlnet_mode"]
    assert (None if mode is None else mode.item()) == asked_for


def test_text_alone_asks_no_controlnet_and_shares_the_weights(backend):
    backend.paint(order())
    loaded = inside(backend)
    with watched(loaded.posed.controlnet) as held, watched(loaded.posed.transformer) as steps:
        backend.paint(order())

    assert not held
    assert len(steps) == STEPS
    assert steps[0]["guidance"].item() == 3.5


def test_schnell_takes_four_steps_without_guidance_and_claims_no_pose(schnell):
    painter = fresh(schnell, "")
    painter.paint(order())
    with watched(inside(painter).plain.transformer) as steps:
        picture = painter.paint(posed())

    assert len(steps) == 4
    assert steps[0]["guidance"] is None
    assert picture.image.size == (128, 160)
    assert painter.supports == {"seed", "scene"}


def test_it_counts_in_half_precision_on_a_card(backend):
    backend.paint(order())
    loaded = inside(backend)

    expected = torch.bfloat16 if weights.DEVICE == "cuda" else torch.float32
    parts = (loaded.plain.transformer, loaded.plain.vae, loaded.plain.text_encoder_2, loaded.posed.controlnet)
    assert {part.dtype for part in parts} == {expected}
    assert {part.device.type for part in parts} == {weights.DEVICE}


def test_offloading_paints_the_same(backend, dev, pose):
    painter = fresh(dev, pose, offload=True)

    for request in (posed(), order(), posed()):
        difference = ImageChops.difference(painter.paint(request).image, backend.paint(request).image)
        assert max(high for _low, high in difference.getextrema()) <= 1  # weights that lie elsewhere round otherwise


# ---- Loading -------------------------------------------------------------------------------------------------------


def test_eight_threads_at_once_load_the_weights_once(backend, dev, pose, monkeypatch):
    loads, load = [], diffusers.FluxControlNetPipeline.from_pretrained
    monkeypatch.setattr(
        diffusers.FluxControlNetPipeline, "from_pretrained", lambda *a, **k: loads.append(a) or load(*a, **k)
    )
    road._loadings.clear()
    start = threading.Barrier(8)

    def paint(seed):
        painter = sharing(dev, pose)  # one each: eight threads may ask `backends.get` at the same moment
        start.wait()
        return painter.paint(posed(seed=seed)).data

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(paint, range(8)))

    assert len(loads) == 1
    assert together == [backend.paint(posed(seed=seed)).data for seed in range(8)]


def test_two_models_asked_for_at_the_same_moment_are_loaded_one_after_the_other(dev, schnell, pose):
    road._loadings.clear()
    painters = [sharing(dev, pose), sharing(schnell, "none"), sharing(dev, "none"), sharing(schnell, pose)]
    start = threading.Barrier(len(painters))

    def paint(painter):
        start.wait()
        return painter.paint(order()).image.size

    with ThreadPoolExecutor(len(painters)) as pool:
        assert list(pool.map(paint, painters)) == [(128, 160)] * len(painters)


def test_an_order_does_not_wait_for_a_slow_loading_longer_than_its_deadline(dev, pose, monkeypatch):
    load, go_on = diffusers.FluxControlNetPipeline.from_pretrained, threading.Event()
    monkeypatch.setattr(
        diffusers.FluxControlNetPipeline, "from_pretrained", lambda *a, **k: go_on.wait(60) and load(*a, **k)
    )
    painter = fresh(dev, pose, deadline=0.2)

    error = refusal(painter, posed())
    go_on.set()

    assert (error.code, error.retryable, error.account) == ("busy", True, False)
    assert error.retry_after == road.LOADING_WAIT
    assert inside(painter).posed  # it went on loading


def test_weights_that_cannot_be_loaded_are_the_operator_s_matter_and_are_tried_again(dev, pose, tmp_path):
    folder = tmp_path / "flux"
    folder.mkdir()
    painter = fresh(str(folder), pose)

    error = refusal(painter, posed())
    shutil.copytree(dev, folder, dirs_exist_ok=True)

    assert (error.code, error.account, error.retryable) == ("account", True, True)
    assert "could not be loaded" in str(error)
    assert painter.paint(posed()).image.size == (128, 160)


def test_a_check_names_the_device_and_loads_nothing(dev, pose):
    painter = fresh(dev, pose)

    assert painter.check().startswith("dev on our own graphics card: ")
    assert not road._loadings


@pytest.mark.skipif(weights.DEVICE == "cuda", reason="there is a card")
def test_a_missing_card_is_told_and_the_processor_does_not_step_in(dev, pose):
    painter = road.DiffusersBackend(model=dev, controlnet=pose)

    assert "no graphics card" in str(refusal(painter, posed()))
    with pytest.raises(BackendError, match="no graphics card"):
        painter.check()


# ---- Trouble -------------------------------------------------------------------------------------------------------


def test_the_deadline_ends_a_picture_between_two_steps(backend, dev, pose):
    backend.paint(posed())
    painter = sharing(dev, pose, deadline=0.02)
    with watched(inside(painter).posed.transformer) as steps, watched(inside(painter).posed.vae.decoder) as decoded:
        error = refusal(painter, posed())

    assert (error.code, error.retryable) == ("timeout", True)
    assert 1 <= len(steps) < STEPS
    assert not decoded


def test_a_picture_after_one_that_was_broken_off_is_as_always(backend, dev, pose):
    whole = backend.paint(posed())
    assert refusal(sharing(dev, pose, deadline=0.02), posed(seed=9)).code == "timeout"

    assert backend.paint(posed()).data == whole.data


def test_a_card_that_paints_another_picture_is_busy(backend, dev, pose):
    backend.paint(posed())
    impatient = sharing(dev, pose, deadline=0.1)

    with road._turn:
        error = refusal(impatient, posed())

    assert (error.code, error.retryable) == ("busy", True)


def test_too_little_memory_is_worth_another_try(backend):
    whole = backend.paint(posed())
    with watched(inside(backend).posed.transformer, raises=torch.OutOfMemoryError("CUDA out of memory")):
        error = refusal(backend, posed())

    assert (error.code, error.retryable, error.account) == ("busy", True, False)
    assert error.__context__ is None  # its frames would keep the tensors
    assert backend.paint(posed()).data == whole.data


def test_a_driver_that_breaks_is_unavailable(backend):
    backend.paint(posed())
    with watched(inside(backend).posed.transformer, raises=RuntimeError("CUDA error: an illegal memory access")):
        error = refusal(backend, posed())

    assert (error.code, error.retryable, error.account) == ("unavailable", True, False)


def test_a_picture_of_one_colour_is_moderated(dev, pose):
    painter = fresh(dev, pose)
    painter.paint(posed())
    for parameter in inside(painter).posed.vae.decoder.conv_out.parameters():
        torch.nn.init.zeros_(parameter)

    error = refusal(painter, posed())
    road._loadings.clear()

    assert (error.code, error.retryable) == ("moderated", False)
