"""The preview backend: a drawn mannequin in the asked pose, size and colours, free and in a fraction of a second.

It is what an installation without a provider shows, and the double that every test of the product paints with, so
it is exact where a model is not: the same request gives the same bytes. The seed moves only what a photographer
would move between two frames: light, a few percent of framing, the tint of the ground.
"""

import io
import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lumiku.backends import BackendError, ImageBackend, ImageRequest, Joint, Painting, mannequin

#: Studio grounds (upper, lower colour) for requests that name no colour.
GROUNDS = (
    ("#E9E4DD", "#D3CABF"), ("#DDE4EA", "#C3CED8"), ("#E6E9E2", "#CBD2C3"), ("#EDE3E1", "#D8C8C4"),
    ("#E4E2EC", "#CBC8D8"), ("#EFEBE2", "#DDD3C0"),
)  # fmt: skip
#: A figure at rest, metres, x right, y up, z near: what a request without a pose shows.
STANDING = (
    (0, 1.55, 0.15), (0, 1.39, 0), (-0.17, 1.38, 0), (-0.205, 1.097, 0.012), (-0.2, 0.852, 0.06), (0.17, 1.38, 0),
    (0.205, 1.097, 0.012), (0.2, 0.852, 0.06), (-0.095, 0.9, 0), (-0.124, 0.481, 0), (-0.152, 0.082, 0),
    (0.095, 0.9, 0), (0.124, 0.481, 0), (0.152, 0.082, 0), (-0.032, 1.592, 0.123), (0.032, 1.592, 0.123),
    (-0.074, 1.565, 0.035), (0.074, 1.565, 0.035),
)  # fmt: skip
STATURE = 1.72


class PreviewBackend(ImageBackend):
    """Draws instead of photographing: obeys pose, seed, traits and a plain background colour, and no words."""

    supports = frozenset({"control", "seed", "traits", "background"})
    label = "Preview (drawn mannequins)"
    typical_seconds = 1.0
    licence = "Drawn by Lumiku itself; free to use."

    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture as PNG, the same bytes for the same request; refuses joints that are no figure."""
        dice = random.Random(request.seed)
        joints = _framed(_posed(request), request, dice)
        side = dice.choice((-1.0, 1.0))
        key = np.array([side * dice.uniform(0.35, 0.62), dice.uniform(0.48, 0.68), 0.75])
        ground = _ground(request, dice)
        picture = mannequin.paint(joints, ground, traits=request.traits, key=key)
        image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=1)
        return Painting(data=buffer.getvalue(), image=image, seed=request.seed)

    def check(self) -> str:
        """Always ready: it needs no network, no key and no graphics card."""
        return "The preview backend is ready: it draws mannequins here and needs no provider."


def _posed(request: ImageRequest) -> Sequence[Joint]:
    """The joints of the request, or those of a standing figure."""
    if not request.joints:
        scale = 0.86 * min(request.height / STATURE, request.width / 0.75)
        floor = request.height / 2 + scale * STATURE / 2
        return [(request.width / 2 + scale * x, floor - scale * y, scale * z, True) for x, y, z in STANDING]
    places = np.array([joint[:3] for joint in request.joints], dtype=float)
    if places.shape != (18, 3) or not np.isfinite(places).all():
        raise BackendError("refused", "a pose needs 18 joints with finite coordinates")
    if np.ptp(places[:, :2], axis=0).max() < 0.05 * min(request.width, request.height):
        raise BackendError("refused", "the joints lie on one spot; no figure can be drawn from them")
    return request.joints


def _framed(joints: Sequence[Joint], request: ImageRequest, dice: random.Random) -> list[Joint]:
    """Step back by up to 3 % and aside by up to 1 %: never closer, so nothing is cut."""
    zoom = dice.uniform(0.97, 1.0)
    shift_x, shift_y = (dice.uniform(-0.01, 0.01) * size for size in (request.width, request.height))
    middle_x, middle_y = request.width / 2, request.height / 2
    return [
        (middle_x + (x - middle_x) * zoom + shift_x, middle_y + (y - middle_y) * zoom + shift_y, z * zoom, visible)
        for x, y, z, visible in joints
    ]


def _ground(request: ImageRequest, dice: random.Random) -> NDArray[np.float32]:
    """The empty studio, (height, width, 3): the asked colour up to a faint glow, or a quiet ground by the seed."""
    upper, lower = (_rgb(colour) for colour in dice.choice(GROUNDS))
    down = np.linspace(0, 1, request.height, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, request.width, dtype=np.float32)[None, :]
    glow = np.exp(-4.5 * across**2) * np.exp(-4.5 * (1.8 * down - 0.8) ** 2)
    if request.background:
        colour = _rgb(request.background)
        return colour + (1 - colour) * (0.10 * glow * _inside(down, across))[..., None]
    floor = 1 / (1 + np.exp(-(down - 0.74) * 16))
    ground = upper + (lower - upper) * (0.25 * down + 0.6 * floor)[..., None]
    lit: NDArray[np.float32] = ground + (1 - ground) * (0.35 * glow)[..., None]
    return lit


def _inside(down: NDArray[np.float32], across: NDArray[np.float32]) -> NDArray[np.float32]:
    """0 on the edge of the picture, 1 well inside."""
    inside: NDArray[np.float32] = (
        np.clip(4 * down, 0, 1) * np.clip(4 - 4 * down, 0, 1) * np.clip(4 - 4 * np.abs(across), 0, 1)
    )
    return inside


def _rgb(code: str) -> NDArray[np.float32]:
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)
