"""The folder that a customer pushes to the Hub."""

import ast
import sys

from lumiku.backends.tests import endpoint_stub


def imports(path):
    """Return the modules that a file imports when it is itself imported."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_the_folder_needs_nothing_of_lumiku():
    sources = sorted(endpoint_stub.FOLDER.glob("*.py"))

    assert [path.name for path in sources] == ["flux_painter.py", "handler.py"]
    assert {name for path in sources for name in imports(path)} - sys.stdlib_module_names == {"PIL"}
    assert not any("lumiku" in line for path in sources for line in path.read_text().splitlines() if "import" in line)


def test_every_requirement_is_pinned_and_torch_is_left_to_the_image():
    lines = (endpoint_stub.FOLDER / "requirements.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))

    assert {"accelerate", "diffusers", "transformers"} <= pins.keys()
    assert "torch" not in pins


def test_the_weights_are_the_folder_s_own_or_those_that_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(endpoint_stub.FOLDER))
    import flux_painter

    bare = flux_painter.sources(str(tmp_path))
    (tmp_path / "model_index.json").write_text("{}")
    (tmp_path / "controlnet").mkdir()
    own = flux_painter.sources(str(tmp_path))
    monkeypatch.setenv("CONTROLNET_MODEL", "acme/pose")

    assert bare == ("black-forest-labs/FLUX.1-dev", "Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro-2.0")
    assert own == (str(tmp_path), str(tmp_path / "controlnet"))
    assert flux_painter.sources(str(tmp_path)) == (str(tmp_path), "acme/pose")
