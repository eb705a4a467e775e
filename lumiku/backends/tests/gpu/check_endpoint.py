"""The deployed handler's own loading, on tiny random weights."""

import sys

import pytest
from PIL import Image, ImageDraw

from lumiku.backends.tests import endpoint_stub
from lumiku.backends.tests.gpu import weights


@pytest.fixture(scope="module")
def handler(tmp_path_factory):
    folder = tmp_path_factory.mktemp("endpoint")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLUX_MODEL", str(weights.save_model(folder / "dev")))
        patch.setenv("CONTROLNET_MODEL", str(weights.save_controlnet(folder / "pose")))
        patch.syspath_prepend(str(endpoint_stub.FOLDER))
        yield endpoint_stub.load_handler()[1]
        sys.modules.pop("flux_painter", None)


def asked(handler, **parameters):
    size = {"width": 256, "height": 320, "seed": 7, "num_inference_steps": 4}
    return handler({"inputs": "a woman", "parameters": {**size, **parameters}})


def skeleton(*line):
    image = Image.new("RGB", (256, 320))
    ImageDraw.Draw(image).line(line, fill=(255, 85, 0), width=8)
    return image


def test_the_handler_s_real_pipelines_repeat_a_seed_and_obey_the_skeleton(handler):
    from lumiku.backends.endpoint import encoded

    poses = [encoded(skeleton(*line), "PNG") for line in ((20, 20, 200, 300), (200, 20, 20, 300))]
    plain = asked(handler)
    first, again, other = (asked(handler, control_image=pose) for pose in (poses[0], poses[0], poses[1]))

    assert plain["obeyed"] == ["scene", "seed"]
    assert first["obeyed"] == ["control", "scene", "seed"]
    assert first["image"] == again["image"] != other["image"]
    assert plain["image"] != asked(handler, seed=8)["image"]
    assert len({plain["image"], first["image"], other["image"]}) == 3
