"""Which part of a photo stands for a person in a list: head and shoulders in a square. Pure."""

from typing import Final

from lumiku.faces import Face

#: Side of the square in heights of a face (brows to chin), and how much of it lies above the middle of the face.
SIDE: Final = 3.6
ABOVE: Final = 0.42
#: The square is not smaller than this, in pixels: a tiny face would be all blur.
LEAST: Final = 160

Box = tuple[int, int, int, int]
"""Left, top, right and bottom edge in pixels."""


def frame(size: tuple[int, int], face: Face | None) -> Box:
    """Return the square round a face, inside a picture of `size` pixels; without one the upper middle of the picture.

    People stand upright in the photos that shops take, so the head is above.
    """
    width, height = size
    if face is None:
        shorter = min(size)
        return _inside(size, (width - shorter) / 2, 0, shorter)
    side = min(max(SIDE * face.height * height, LEAST), width, height)
    across, down = (face.x + face.width / 2) * width, (face.y + face.height / 2) * height
    return _inside(size, across - side / 2, down - ABOVE * side, side)


def _inside(size: tuple[int, int], left: float, top: float, side: float) -> Box:
    """Return a square as whole pixels, moved into the picture."""
    whole = round(side)
    x, y = (min(max(round(edge), 0), length - whole) for edge, length in zip((left, top), size, strict=True))
    return x, y, x + whole, y + whole
