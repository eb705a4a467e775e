"""The asked and the found skeleton over a painted picture, to see at a glance why it scored as it did.

The asked one is a broad pale band, laid over the person as the score did it, so that what is seen apart is what cost
points. The found one is a thin line on it, green where a limb keeps the pose, over yellow to red where it does not. A
limb without a line was not looked at.
"""

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lumiku.backends import Joint
from pose_generator.posing.score import LIMBS, Score, places

Array = NDArray[np.float64]
Colour = tuple[int, int, int, int]

#: Pixels of the longer side at most.
LONGEST: Final = 768
#: Lines are drawn so many times larger, for smooth edges.
FINER: Final = 2
#: Widths as shares of the longer side.
BAND, LINE, RIM, DOT = 0.020, 0.006, 0.003, 0.006
ASKED: Final = (205, 225, 255, 165)
EDGE: Final = (20, 20, 20, 170)
#: Colours of limbs that score 0, 50 and 100.
BAD, MIDDLING, GOOD = np.array([[214, 40, 40], [244, 180, 0], [32, 165, 80]])
#: How much of the picture's own colour is left, so that the lines stand out on any ground.
FADED: Final = 0.72


def draw(picture: Image.Image, asked: Sequence[Joint], found: Array, score: Score) -> bytes:
    """Return WebP bytes of `picture` with both skeletons on it, at most 768 pixels a side.

    `asked` are the 18 joints that `score` was made of, `found` (18, 2) the detector's, in pixels of the picture.
    """
    scale = min(1.0, LONGEST / max(picture.size))
    width, height = (max(1, round(side * scale)) for side in picture.size)
    lines = Image.new("RGBA", (width * FINER, height * FINER))
    pen, unit = ImageDraw.Draw(lines), FINER * max(width, height)
    visible = np.array([joint[3] for joint in asked])
    shown = _scaled(score.asked, visible, scale), _scaled(found, score.counted, scale)
    _bands(pen, shown[0], visible, unit)
    _lines(pen, shown[1], score.limbs, unit)
    ground = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    ground = Image.blend(ground.convert("L").convert("RGB"), ground, FADED)
    ground.paste(smooth := lines.reduce(FINER), mask=smooth)
    out = io.BytesIO()
    ground.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def _scaled(points: Array, known: NDArray[np.bool_], scale: float) -> Array:
    """The 21 places of `points` on the drawing that is not made smaller yet."""
    return places(np.asarray(points, dtype=float), known) * (scale * FINER)


def _bands(pen: ImageDraw.ImageDraw, shown: Array, visible: NDArray[np.bool_], unit: int) -> None:
    """The asked limbs whose ends the camera sees; all edges first, so that crossing limbs stay one body."""
    limbs = [ends for ends in LIMBS.values() if all(visible[end] for end in ends if end < len(visible))]
    for width, colour in ((BAND + 2 * RIM, EDGE), (BAND, ASKED)):
        for start, end in limbs:
            _line(pen, shown[start], shown[end], width * unit, colour)


def _lines(pen: ImageDraw.ImageDraw, shown: Array, limbs: dict[str, int], unit: int) -> None:
    """The found limbs that have a score, in its colour."""
    for width, edge in ((LINE + 2 * RIM, True), (LINE, False)):
        for name, value in limbs.items():
            start, end = (shown[number] for number in LIMBS[name])
            colour = EDGE if edge else _colour(value)
            _line(pen, start, end, width * unit, colour)
            for place in (start, end):
                _dot(pen, place, (DOT + (RIM if edge else 0)) * unit, colour)


def _line(pen: ImageDraw.ImageDraw, start: Array, end: Array, width: float, colour: Colour) -> None:
    pen.line((*start, *end), fill=colour, width=max(1, round(width)))
    for place in (start, end):
        _dot(pen, place, width / 2, colour)


def _dot(pen: ImageDraw.ImageDraw, place: Array, radius: float, colour: Colour) -> None:
    pen.ellipse((*(place - radius), *(place + radius)), fill=colour)


def _colour(value: int) -> Colour:
    low, high = (BAD, MIDDLING) if value < 50 else (MIDDLING, GOOD)
    red, green, blue = (low + (high - low) * (value % 50 / 50 if value < 100 else 1.0)).astype(int)
    return int(red), int(green), int(blue), 255
