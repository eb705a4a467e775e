"""What every backend promises, promised by this one too: the tests of `test_contract` with its fixture replaced."""

import pytest

from lumiku.backends.diffusers import DiffusersBackend
from lumiku.backends.tests import test_contract
from lumiku.backends.tests.gpu import weights

globals().update({name: thing for name, thing in vars(test_contract).items() if name.startswith("test_")})


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flux")
    model = weights.save_model(folder / "schnell", distilled=True)  # four steps: the sizes are those of real pictures
    controlnet = weights.save_controlnet(folder / "pose")
    return DiffusersBackend(model=model, controlnet=controlnet, device=weights.DEVICE)
