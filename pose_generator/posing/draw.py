"""Skeletons as the control image of a pose ControlNet.

Drawn as the training pictures were, by the annotators of controlnet_aux: pictures 512 pixels on their shorter side,
limbs as ellipses with a half axis of 4 pixels at 0.6 of their colour in the order of `skeleton.LIMBS`, and joints over
them as discs of radius 4 in full colour. Larger pictures are those, enlarged.
"""

from collections.abc import Sequence
from math import atan2, cos, hypot, pi, sin

from PIL import Image, ImageDraw

from lumiku.backends import Joint
from pose_generator.posing import skeleton

#: Half the width of a limb and the radius of a joint, as a share of the shorter side.
STICK = 4 / 512
#: Limbs are laid at this strength over black, so that the joints stand out.
LIMB_STRENGTH = 0.6
ELLIPSE_POINTS = 36


def openpose(joints: Sequence[Joint], *, width: int, height: int) -> Image.Image:
    """Return the control image, RGB on black, `width` x `height` pixels; hidden joints and their limbs are left out."""
    picture = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(picture)
    stick = max(1.5, STICK * min(width, height))
    for (start, end), colour in zip(skeleton.LIMBS, skeleton.COLOURS, strict=False):
        if joints[start][3] and joints[end][3]:
            pen.polygon(_ellipse(joints[start], joints[end], stick), fill=_dimmed(colour))
    for (x, y, _, visible), colour in zip(joints, skeleton.COLOURS, strict=True):
        if visible:
            pen.ellipse((x - stick, y - stick, x + stick, y + stick), fill=colour)
    return picture


def _ellipse(start: Joint, end: Joint, half_width: float) -> list[tuple[float, float]]:
    """The outline of the ellipse whose long axis runs from `start` to `end`."""
    half_length = hypot(end[0] - start[0], end[1] - start[1]) / 2
    turn = atan2(end[1] - start[1], end[0] - start[0])
    outline = []
    for step in range(ELLIPSE_POINTS):
        along = half_length * cos(2 * pi * step / ELLIPSE_POINTS)
        across = half_width * sin(2 * pi * step / ELLIPSE_POINTS)
        outline.append(
            (
                (start[0] + end[0]) / 2 + along * cos(turn) - across * sin(turn),
                (start[1] + end[1]) / 2 + along * sin(turn) + across * cos(turn),
            )
        )
    return outline


def _dimmed(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (int(channel * LIMB_STRENGTH) for channel in colour)
    return red, green, blue
