"""Head and shoulders in a square that lies in the picture, whatever the face."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars import headshots
from lumiku.faces import Face

SIDES = st.integers(256, 4096)
PLACES = st.floats(-0.1, 1.1)


def face(x: float, y: float, height: float = 0.1) -> Face:
    return Face(x=x, y=y, width=0.1, height=height, score=0.9)


def test_a_face_stands_in_the_middle_with_room_for_hair_and_shoulders() -> None:
    left, top, right, bottom = headshots.frame((1000, 1500), face(0.45, 0.2))

    assert (right - left, bottom - top) == (540, 540)
    assert (left + right) / 2 == pytest.approx(500, abs=1)
    assert top < 0.2 * 1500 - 75  # half a face for the hair
    assert bottom > 0.3 * 1500 + 150  # a whole one for the shoulders


@pytest.mark.parametrize(("size", "box"), [((600, 900), (0, 0, 600, 600)), ((900, 600), (150, 0, 750, 600))])
def test_without_a_face_it_is_the_upper_middle(size: tuple[int, int], box: headshots.Box) -> None:
    assert headshots.frame(size, None) == box


def test_a_tiny_face_is_not_blown_up() -> None:
    left, _top, right, _bottom = headshots.frame((4000, 4000), face(0.5, 0.5, height=0.002))

    assert right - left == headshots.LEAST


@given(width=SIDES, height=SIDES, x=PLACES, y=PLACES, tall=st.floats(0.001, 1.2))
def test_the_square_lies_in_the_picture(width: int, height: int, x: float, y: float, tall: float) -> None:
    left, top, right, bottom = headshots.frame((width, height), face(x, y, tall))

    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert right - left == bottom - top
