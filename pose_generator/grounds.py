"""Another background behind a finished picture: which one, and the picture with it.

Always made from the stored original, so changes never pile up. The matte (where the person is) is found once and kept.
A scene is painted by a backend without anybody in it, and the person is set in.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from PIL import Image

from lumiku import backends, files, images, vision
from lumiku.backends import ImageRequest, Joint, gate
from lumiku.errors import DomainError
from pose_generator import background, matting, prompts
from pose_generator.posing import detect

#: PNG level 3 is a third of the time of the default for eight per cent more bytes.
COMPRESSION = 3


class BackgroundFailed(Exception):
    """The background cannot be changed: nobody was found, or a file is gone. `str(error)` is for the log."""


@dataclass(frozen=True)
class Ground:
    """A background that was asked for."""

    mode: str
    """`solid_color`, `upload`, `transparent` or `ai_generate`."""
    color: str = ""
    prompt: str = ""
    upload: str = ""
    """Storage name of the seller's own picture."""
    backend: str = ""
    """Who paints the scene."""
    seed: int = 0


@dataclass(frozen=True)
class Laid:
    """A picture with its new background, as PNG bytes, and the same decoded."""

    data: bytes
    image: Image.Image


def cut(picture: Image.Image, joints: Sequence[Joint], stored: str = "") -> Image.Image:
    """Return the matte of `picture` ("L", same size): the one kept under the name `stored`, or a new one.

    Raise BackgroundFailed, or BackendError from a hosted matte.
    """
    kept = files.read(stored) if stored else None
    if kept:
        return matting.decode(kept)
    try:
        return matting.matter().cut(picture, joints=joints)
    except (matting.NobodyFound, detect.VisionUnavailable) as error:
        raise BackgroundFailed(str(error)) from error


def behind(ground: Ground, size: tuple[int, int]) -> Image.Image | None:
    """Return the picture that goes behind the person: the seller's own, or a scene that is painted now; else None.

    Slow for a scene. Raise BackgroundFailed, BackendError or gate.Closed.
    """
    if ground.mode == "upload":
        return _own_picture(ground.upload)
    return _scene(ground, size) if ground.mode == "ai_generate" else None


def lay(
    picture: Image.Image, matte: Image.Image, ground: Ground, joints: Sequence[Joint], *, behind: Image.Image | None
) -> Laid:
    """Return `picture` with `ground` in place of its own; `behind` is that ground's picture, if it has one."""
    if ground.mode == "transparent":
        image = background.transparent(picture, matte)
    elif behind is None:
        image = background.solid_color(picture, matte, color=ground.color, joints=joints)
    else:
        set_in = background.upload if ground.mode == "upload" else background.scene
        image = set_in(picture, matte, ground=behind, joints=joints)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=COMPRESSION)
    return Laid(buffer.getvalue(), image)


def _own_picture(name: str) -> Image.Image:
    try:
        return images.decode(files.read(name) or b"").convert("RGB")
    except DomainError as error:
        raise BackgroundFailed(f"the background {name} is gone") from error


def _scene(ground: Ground, size: tuple[int, int]) -> Image.Image:
    words = ground.prompt or "photo studio"
    width, height = size
    request = ImageRequest(
        prompt=prompts.scene(words), width=width, height=height, seed=ground.seed, scene=words, is_empty=True
    )
    with gate.passed(ground.backend):
        return backends.get(ground.backend).paint(request).image


def can_cut() -> bool:
    """Return whether there is anything here that finds people, so that a background can be changed at all."""
    return settings.MATTE != "local" or not vision.missing(vision.folder(), vision.PEOPLE)


def scene_painter(preferred: str) -> str | None:
    """Return the backend that paints a described scene: `preferred` if it can, else the first on offer that can."""
    offered = backends.offered()
    for name in (preferred, *offered):
        backend = backends.get(name) if name in offered else None
        # What has a queue of its own can be called by its own workers only.
        here = backends.queue_of(name) == backends.DEFAULT_QUEUE
        if backend and here and "scene" in backend.supports and not backend.needs_picture:
            return name
    return None
