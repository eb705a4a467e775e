"""The diffusers backend as the web process has it: without torch. What it paints is shown by `make test-gpu`."""

import subprocess
import sys

import pytest

from lumiku.backends import BackendError, ImageRequest, diffusers

DEV = "black-forest-labs/FLUX.1-dev"
SCHNELL = "black-forest-labs/FLUX.1-schnell"
WITHOUT_TORCH = """
import sys
sys.modules.update(torch=None, diffusers=None, transformers=None, accelerate=None)
from django.conf import settings
settings.configure()
from lumiku.backends.diffusers import DiffusersBackend
backend = DiffusersBackend(model="black-forest-labs/FLUX.1-dev")
print(backend.label, sorted(backend.supports))
"""


def backend(model=DEV, **options):
    return diffusers.DiffusersBackend(model=model, **options)


def request():
    return ImageRequest(prompt="a woman in a red dress", width=512, height=640, seed=7)


@pytest.fixture
def packages(monkeypatch):
    """As if everything were installed that is looked for."""
    monkeypatch.setattr(diffusers, "PACKAGES", ("json",))


def test_the_web_process_has_it_without_torch():
    said = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, timeout=60, check=True)

    assert said.stdout.strip() == "FLUX.1-dev on our own graphics card ['control', 'scene', 'seed']"


@pytest.mark.parametrize(
    ("model", "controlnet", "supports"),
    [
        (DEV, "", {"control", "seed", "scene"}),
        (DEV, "none", {"seed", "scene"}),
        (SCHNELL, "", {"seed", "scene"}),
        (SCHNELL, "someone/pose-for-schnell", {"control", "seed", "scene"}),
        ("/weights/flux", "/weights/pose", {"control", "seed", "scene"}),
    ],
)
def test_it_claims_a_pose_only_with_a_controlnet(model, controlnet, supports):
    assert backend(model, controlnet=controlnet).supports == supports


@pytest.mark.parametrize(
    ("model", "controlnet", "words"),
    [
        (DEV, "", "non-commercial"),
        ("/weights/FLUX.1-dev/", "", "non-commercial"),
        (SCHNELL, "", "Apache-2.0"),
        (SCHNELL, diffusers.POSE_CONTROLNET, "non-commercial"),
        ("/weights/painter", "/weights/pose", "The terms of painter and pose"),
    ],
)
def test_the_licence_is_that_of_the_weights_and_shows_no_folder(model, controlnet, words):
    painter = backend(model, controlnet=controlnet)

    assert words in painter.licence
    assert "/weights" not in painter.licence + painter.label


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": ""}, "DIFFUSERS_MODEL"),
        ({"model": "  "}, "DIFFUSERS_MODEL"),
        ({"model": "/no/such/folder"}, "/no/such/folder is neither"),
        ({"model": "FLUX.1-dev"}, "FLUX.1-dev is neither"),
        ({"model": DEV, "controlnet": "https://example.com/pose"}, "https://example.com/pose is neither"),
    ],
)
def test_a_setting_that_cannot_work_is_the_operator_s_matter(packages, options, words):
    painter = backend(**options)

    for act in (painter.check, lambda: painter.paint(request())):
        with pytest.raises(BackendError, match=words) as caught:
            act()
        assert (caught.value.code, caught.value.account, caught.value.retryable) == ("account", True, True)


def test_missing_packages_are_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(diffusers, "PACKAGES", ("json", "no_such_torch", "no_such_diffusers"))
    painter = backend()

    for act in (painter.check, lambda: painter.paint(request())):
        with pytest.raises(BackendError) as caught:
            act()
        said = str(caught.value)
        assert (caught.value.code, caught.value.account) == ("account", True)
        assert "no_such_torch, no_such_diffusers cannot be found here" in said
        assert "requirements-gpu.txt" in said
