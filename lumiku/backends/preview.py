"""The preview backend: a drawn mannequin in the asked pose, size and colours, free and in a fraction of a second.

It is what an installation without a provider shows, and the double that every test of the product paints with, so
it is exact where a model is not: the same request gives the same bytes. The seed moves only what a photographer
would move between two frames: light, a few percent of framing, the tint of the ground. Behind the figure is a plain
colour, a quiet studio, or a described scene that is drawn too (`scenes`), with or without anybody in it.
"""

import io
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from lumiku.backends import BackendError, ImageBackend, ImageRequest, Joint, Painting, mannequin, scenes
from lumiku.backends.anatomy import Body
from lumiku.backends.light import enlarged
from lumiku.backends.wardrobe import look

#: Studio grounds (upper, lower colour) for requests that name no colour.
GROUNDS = (
    ("#E9E4DD", "#D3CABF"), ("#DDE4EA", "#C3CED8"), ("#E6E9E2", "#CBD2C3"), ("#EDE3E1", "#D8C8C4"),
    ("#E4E2EC", "#CBC8D8"), ("#EFEBE2", "#DDD3C0"),
)  # fmt: skip
#: A figure at rest, metres, x right, y up, z near: what a request without a pose shows.
STANDING = (
    (0.004, 1.55, 0.15), (0, 1.39, 0), (-0.17, 1.375, 0), (-0.222, 1.096, -0.012), (-0.236, 0.857, 0.060),
    (0.17, 1.385, 0), (0.218, 1.105, 0.002), (0.236, 0.868, 0.078), (-0.095, 0.904, 0), (-0.106, 0.484, 0.012),
    (-0.112, 0.082, -0.012), (0.095, 0.894, 0), (0.130, 0.478, 0.055), (0.150, 0.084, 0.006), (-0.028, 1.592, 0.125),
    (0.036, 1.593, 0.123), (-0.072, 1.565, 0.037), (0.076, 1.566, 0.035),
)  # fmt: skip
STATURE = 1.72
#: Bones that throw a shadow in the sun, and how thick they are, metres.
SHADES = (
    (1, 0, 0.20), (2, 5, 0.22), (1, 8, 0.26), (1, 11, 0.26), (2, 3, 0.10), (3, 4, 0.08), (5, 6, 0.10), (6, 7, 0.08),
    (8, 9, 0.16), (9, 10, 0.12), (11, 12, 0.16), (12, 13, 0.12),
)  # fmt: skip


class PreviewBackend(ImageBackend):
    """Draws instead of photographing: obeys pose, seed, traits, a plain background colour and the scene's words."""

    supports = frozenset({"control", "seed", "traits", "background", "scene"})
    label = gettext_noop("Preview (drawn mannequins)")
    typical_seconds = 1.0
    licence = gettext_noop("Drawn by Lumiku itself; free to use.")

    def paint(self, request: ImageRequest) -> Painting:
        """Return the picture as PNG, the same bytes for the same request; refuses joints that are no figure."""
        dice = random.Random(request.seed)
        picture = _empty(request, dice) if request.is_empty else _peopled(request, dice)
        image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=1)
        return Painting(data=buffer.getvalue(), image=image, seed=request.seed)

    def check(self) -> str:
        """Always ready: it needs no network, no key and no graphics card."""
        return "The preview backend is ready: it draws mannequins here and needs no provider."


def _empty(request: ImageRequest, dice: random.Random) -> NDArray[np.floating[Any]]:
    """The ground alone, for somebody who is set in later."""
    if request.scene:
        return scenes.paint(request.scene, request.width, request.height, seed=request.seed).ground
    return _ground(request, dice)


def _peopled(request: ImageRequest, dice: random.Random) -> NDArray[np.floating[Any]]:
    """The figure before its ground."""
    joints = _framed(_posed(request), request, dice)
    if request.scene:
        return _in_scene(request, joints)
    side = dice.choice((-1.0, 1.0))
    key = np.array([side * dice.uniform(0.35, 0.62), dice.uniform(0.48, 0.68), 0.75])
    return mannequin.paint(joints, _ground(request, dice), traits=request.traits, key=key)


def _in_scene(request: ImageRequest, joints: list[Joint]) -> NDArray[np.floating[Any]]:
    """The figure in a described scene: in its light, on its floor, with the shadow that its sun throws."""
    lowest = max(y for _, y, _, _ in joints) / request.height
    horizon = min(max(lowest - 0.30, 0.50), 0.62)
    scene = scenes.paint(request.scene, request.width, request.height, seed=request.seed, horizon=horizon)
    ground = scene.ground
    if scene.sun:
        ground *= _thrown(joints, request, scene)[..., None]
    # Divided before and multiplied after: the light changes the figure and leaves the ground as it is.
    ground /= scene.light
    picture = mannequin.paint(joints, ground, traits=request.traits, key=scene.key)
    picture *= scene.light
    return np.clip(picture, 0, 1, out=picture)


def _thrown(joints: list[Joint], request: ImageRequest, scene: scenes.Scene) -> NDArray[np.floating[Any]]:
    """How bright the floor stays under the sun, (height, width): the figure's bones laid down away from the light."""
    body, step = Body(joints, look(request.traits)), 4
    # A high sun stands behind the camera; a low one is in the picture and throws shadows towards it.
    aside, ahead = (0.9, -0.12) if scene.key[1] < 0.5 else (0.55, 0.11)
    away = -np.sign(scene.key[0]) * aside
    mask = Image.new("L", (-(-request.width // step), -(-request.height // step)))
    draw = ImageDraw.Draw(mask)
    for first, second, thick in sorted(SHADES, key=lambda bone: -body.height(body.points[bone[1]])):
        ends, fading = [], 1.0
        for point in (body.points[first], body.points[second]):
            height = body.height(point) * body.scale
            foot = point - body.upright * height
            ends.append(((foot[0] + away * height) / step, (-foot[1] - ahead * height) / step))
            fading = max(0.35, 1 - 0.42 * body.height(point))
        draw.line(ends, fill=round(255 * fading), width=max(1, round(0.55 * thick * body.scale / step)))
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(0.028 * body.scale / step)), np.float32) / np.float32(255)
    return 1 - np.float32(scene.sun) * enlarged(soft, (request.height, request.width), step)


def _posed(request: ImageRequest) -> Sequence[Joint]:
    """The joints of the request, or those of a standing figure."""
    if not request.joints:
        scale = 0.86 * min(request.height / STATURE, request.width / 0.75)
        floor = request.height / 2 + scale * STATURE / 2
        figure = bowed(STANDING) if look(request.traits).aged else STANDING
        return [(request.width / 2 + scale * x, floor - scale * y, scale * z, True) for x, y, z in figure]
    places = np.array([joint[:3] for joint in request.joints], dtype=float)
    if places.shape != (18, 3) or not np.isfinite(places).all():
        raise BackendError("refused", "a pose needs 18 joints with finite coordinates")
    if np.ptp(places[:, :2], axis=0).max() < 0.05 * min(request.width, request.height):
        raise BackendError("refused", "the joints lie on one spot; no figure can be drawn from them")
    return request.joints


def bowed(places: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """The same figure with the years on its shoulders: all above the hips leans forward, the more the higher."""
    lean = [max(0.0, y - 0.95) if number not in (4, 7) else 0.0 for number, (_, y, _) in enumerate(places)]
    return [(x, y - 0.045 * up, z + 0.09 * up) for (x, y, z), up in zip(places, lean, strict=True)]


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
