"""The seam for picture checks, with detectors that really look."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumiku.moderation import detectors, pictures
from lumiku.moderation.pictures import PictureCheck, Safety, Verdict

RED = Image.new("RGB", (64, 48), (220, 20, 10))
BLUE = Image.new("RGB", (64, 48), (10, 20, 220))


class RedCheck(PictureCheck):
    """Refuses pictures that are mostly red."""

    def __init__(self, *, share: float = 0.5) -> None:
        self._share = share

    def check(self, image: Image.Image) -> Verdict:
        red, green, blue = (np.asarray(band, dtype=int) for band in image.split())
        share = float(np.mean((red > green + 60) & (red > blue + 60)))
        return Verdict(share > self._share, ("red",))


class BrokenCheck(PictureCheck):
    def check(self, image: Image.Image) -> Verdict:
        raise MemoryError("no room for the network")


def use(settings, backend: str, **options: object) -> None:
    settings.PICTURE_CHECK = {"BACKEND": backend, "OPTIONS": options}


def test_without_a_detector_a_picture_is_unchecked(settings):
    use(settings, "")

    assert pictures.check(RED) == "unchecked"


def test_a_detector_passes_and_refuses(settings):
    use(settings, f"{__name__}.RedCheck")

    assert pictures.check(BLUE) is Safety.PASSED
    assert pictures.check(RED) is Safety.REFUSED


def test_a_detector_gets_its_options_and_rgb_whatever_the_picture_is(settings):
    use(settings, f"{__name__}.RedCheck", share=1.0)

    assert pictures.check(RED.convert("RGBA")) == "passed"
    assert pictures.check(RED.convert("L")) == "passed"


def test_what_was_seen_reaches_the_log_only(settings, caplog):
    use(settings, f"{__name__}.RedCheck")

    pictures.check(RED)

    assert "refused a picture: red" in caplog.text


@pytest.mark.parametrize("backend", [f"{__name__}.BrokenCheck", "no.such.Detector", f"{__name__}.RED"])
def test_a_detector_that_fails_or_is_missing_leaves_pictures_unchecked_and_is_reported_once(settings, caplog, backend):
    use(settings, backend)

    answers = {pictures.check(RED), pictures.check(BLUE), pictures.check(RED)}

    assert answers == {Safety.UNCHECKED}
    assert caplog.text.count("pictures go out unchecked") == 1


NETWORK = '''
class NudeDetector:
    """Sees in a picture what its mean colour says, as NudeNet's own class answers."""

    def detect(self, image):
        assert image.flags["C_CONTIGUOUS"] and image.shape[2] == 3
        red, green, blue = image.mean(axis=(0, 1)) / 255
        return [
            {"class": "FEMALE_BREAST_EXPOSED", "score": float(red), "box": [0, 0, 1, 1]},
            {"class": "BELLY_EXPOSED", "score": float(blue), "box": [0, 0, 1, 1]},
        ]
'''


@pytest.fixture
def nudenet(tmp_path: Path, monkeypatch):
    """A package of NudeNet's name and answers; the real one is not installed for tests."""
    (tmp_path / "nudenet.py").write_text(NETWORK, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "nudenet", raising=False)
    yield
    sys.modules.pop("nudenet", None)


def test_nudenet_refuses_what_it_is_sure_of_and_only_what_a_shop_must_not_show(nudenet, settings):
    use(settings, "lumiku.moderation.detectors.NudeNetCheck", threshold=0.7)

    assert pictures.check(RED) == "refused"
    assert pictures.check(Image.new("RGB", (8, 8), (150, 0, 0))) == "passed"
    assert pictures.check(BLUE) == "passed"


def test_nudenet_says_what_it_saw(nudenet):
    assert detectors.NudeNetCheck().check(RED) == Verdict(True, ("FEMALE_BREAST_EXPOSED 0.86",))
