"""The endpoint's handler with its weights in the model repository itself, as a customer may deploy it."""

import base64
import importlib
import io
from pathlib import Path

from PIL import Image, ImageDraw

from lumiku.backends import handler
from lumiku.backends.tests.gpu import weights


def saved(folder):
    """A model repository: FLUX, and the ControlNet in a folder of its own."""
    weights.save_model(folder)
    weights.save_controlnet(folder / "controlnet")
    return folder


def skeleton():
    control = Image.new("RGB", (256, 320))
    ImageDraw.Draw(control).line((30, 30, 200, 300), fill=(255, 85, 0), width=8)
    encoded = io.BytesIO()
    control.save(encoded, "PNG")
    return base64.b64encode(encoded.getvalue()).decode()


def test_weights_in_the_repository_itself_are_found(tmp_path, monkeypatch):
    for name in ("FLUX_MODEL", "CONTROLNET_MODEL", "IP_ADAPTER_MODEL"):
        monkeypatch.delenv(name, raising=False)
    # The endpoint's server puts the handler's folder on the path of modules.
    monkeypatch.syspath_prepend(Path(next(iter(handler.__path__))))
    endpoint = importlib.import_module("lumiku.backends.handler.handler").EndpointHandler(str(saved(tmp_path)))

    answer = endpoint({"inputs": "a woman", "parameters": {"width": 256, "height": 320, "control_image": skeleton()}})

    assert answer["obeyed"] == ["control", "scene", "seed"]
    assert Image.open(io.BytesIO(base64.b64decode(answer["image"]))).size == (256, 320)
