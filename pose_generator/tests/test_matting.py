"""Mattes: a fast part of `matte_truth`, whose whole prints the figures, and what happens when nobody is there."""

import numpy as np
import pytest
from PIL import Image

from lumiku import vision
from pose_generator import matting
from pose_generator.posing import detect
from pose_generator.tests import matte_truth
from pose_generator.tests.matte_truth import PAIRS

needs_vision = pytest.mark.skipif(
    bool(vision.missing(vision.folder())), reason="the vision models are absent: manage.py fetch_vision_models"
)
SMALL = 640


def measured(pair: matte_truth.Pair, slug: str) -> float:
    drawn = matte_truth.figure(slug, pair.traits, width=SMALL, height=SMALL)
    found, _seconds = matte_truth.cut(drawn.on(matte_truth.ground(pair.grounds[0], width=SMALL, height=SMALL)))
    return matte_truth.iou(found, drawn.alpha)


@needs_vision
@pytest.mark.parametrize(
    ("pair", "least"), [*zip(PAIRS, (0.95, 0.85, 0.90, 0.90), strict=True)], ids=[pair.name for pair in PAIRS]
)
def test_a_drawn_person_is_cut_out_of_every_ground(pair: matte_truth.Pair, least: float) -> None:
    first = PAIRS.index(pair) % 2 * 2  # each pose is cut out of two grounds, and of every ground in `matte_truth`
    figures = {slug: measured(pair, slug) for slug in matte_truth.POSES[first : first + 1]}

    print(pair.name, {slug: round(value, 3) for slug, value in figures.items()})
    assert min(figures.values()) >= least


@needs_vision
@pytest.mark.parametrize("name", ["astronaut", "cameraman"])
def test_a_real_person_is_cut_out_as_by_hand(name: str) -> None:
    image, truth, counts = matte_truth.photo(name)

    found, _seconds = matte_truth.cut(image)

    assert matte_truth.iou(found * counts, truth * counts) >= 0.93


@needs_vision
def test_the_outline_is_sharp_and_at_its_place() -> None:
    drawn = matte_truth.figure("hand-on-hip", PAIRS[2].traits)

    found, _seconds = matte_truth.cut(drawn.on(matte_truth.ground("#DDE4EA")))

    assert matte_truth.edge_error(found, drawn.alpha) < 0.06


@needs_vision
def test_another_person_beside_is_not_in_the_matte() -> None:
    drawn = matte_truth.figure("neutral-front", PAIRS[2].traits, width=SMALL, height=SMALL)
    one = drawn.on(matte_truth.ground("#DDE4EA", width=SMALL, height=SMALL))
    both = Image.new("RGB", (SMALL * 2, SMALL), "#DDE4EA")
    both.paste(one)
    both.paste(one.resize((SMALL * 3 // 4, SMALL * 3 // 4)), (SMALL * 5 // 4, SMALL // 4))

    found, _seconds = matte_truth.cut(both)

    assert matte_truth.iou(found[:, :SMALL], drawn.alpha) > 0.93
    assert found[:, SMALL:].max() < 0.5


@needs_vision
def test_a_picture_without_anybody_is_refused() -> None:
    with pytest.raises(matting.NobodyFound) as refusal:
        matting.LocalMatter().cut(Image.new("RGB", (512, 640), "#7A8B6C"))

    assert refusal.value.code == "nobody_found"


@needs_vision
def test_joints_that_were_asked_for_make_nobody_appear() -> None:
    joints = matte_truth.figure("neutral-front", {}, width=512, height=512).joints

    with pytest.raises(matting.NobodyFound):
        matting.LocalMatter().cut(Image.new("RGB", (512, 512), "#7A8B6C"), joints=joints)


def test_without_its_models_the_local_matter_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("django.conf.settings.VISION_MODELS", str(tmp_path))
    detect.detector.cache_clear()
    try:
        with pytest.raises(detect.VisionUnavailable):
            matting.LocalMatter().cut(Image.new("RGB", (256, 256)))
    finally:
        detect.detector.cache_clear()


class Rough:
    """A hosted model that answers with a mask of its own."""

    def __init__(self, mask: Image.Image | None) -> None:
        self._mask = mask

    def person(self, picture: Image.Image) -> Image.Image | None:
        return self._mask


def test_a_hosted_mask_with_hard_edges_is_laid_along_the_pictures_edges() -> None:
    drawn = matte_truth.figure("hand-on-hip", PAIRS[2].traits, width=SMALL, height=SMALL)
    picture = drawn.on(matte_truth.ground("#DDE4EA", width=SMALL, height=SMALL))
    blocks = Image.fromarray((drawn.alpha > 0.5).astype(np.uint8) * 255).resize((80, 80), Image.Resampling.NEAREST)
    blocks = blocks.resize((SMALL, SMALL), Image.Resampling.NEAREST)

    matte = matting.HostedMatter(Rough(blocks)).cut(picture)

    rough, fine = (np.asarray(mask).astype(np.float32) / np.float32(255) for mask in (blocks, matte))
    assert matte_truth.iou(fine, drawn.alpha) > max(0.95, matte_truth.iou(rough, drawn.alpha))


def test_a_hosted_mask_with_soft_edges_is_kept() -> None:
    drawn = matte_truth.figure("hand-on-hip", {}, width=SMALL, height=SMALL)
    soft = Image.fromarray((drawn.alpha * 255).astype(np.uint8)).resize((200, 200)).resize((SMALL, SMALL))

    assert matting.HostedMatter(Rough(soft)).cut(Image.new("RGB", soft.size)).tobytes() == soft.tobytes()


@pytest.mark.parametrize("mask", [None, Image.new("L", (256, 256))])
def test_a_hosted_answer_without_a_person_is_refused(mask: Image.Image | None) -> None:
    with pytest.raises(matting.NobodyFound):
        matting.HostedMatter(Rough(mask)).cut(Image.new("RGB", (256, 256)))
