"""Faces in photos that have them, and none in those that have not."""

from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image, ImageOps

from lumiku import faces, vision

needs_vision = pytest.mark.skipif(
    bool(vision.missing(vision.folder())), reason="the vision models are absent: manage.py fetch_vision_models"
)
PHOTOS = settings.BASE_DIR / "pose_generator" / "tests"
PEOPLE = ("astronaut.jpg", "cameraman.jpg")
#: Where the face is, as shares of the photo: left, top, right, bottom, read off by eye from brows to chin.
SEEN = {"astronaut.jpg": (0.35, 0.15, 0.53, 0.34), "cameraman.jpg": (0.39, 0.24, 0.54, 0.39)}


@cache
def photo(name: str, folder: str = "people") -> Image.Image:
    return Image.open(PHOTOS / folder / name).convert("RGB")


def laid(*pictures: tuple[Image.Image, tuple[int, int]], size: tuple[int, int]) -> Image.Image:
    ground = Image.new("RGB", size, "#B9AFA3")
    for picture, place in pictures:
        ground.paste(picture, place)
    return ground


def overlap(face: faces.Face, box: tuple[float, float, float, float]) -> float:
    left, top, right, bottom = box
    across = min(face.x + face.width, right) - max(face.x, left)
    down = min(face.y + face.height, bottom) - max(face.y, top)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (face.width * face.height + (right - left) * (bottom - top) - shared)


@needs_vision
@pytest.mark.parametrize("name", PEOPLE)
def test_the_one_face_of_a_photo_is_found_where_it_is(name: str) -> None:
    (face,) = faces.find(photo(name))

    assert overlap(face, SEEN[name]) > 0.6
    assert face.score > 0.75


@needs_vision
@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("degrees", [-30, 30])
def test_a_tilted_head_is_found(name: str, degrees: int) -> None:
    assert len(faces.find(photo(name).rotate(degrees, expand=True, fillcolor="#999999"))) == 1


@needs_vision
@pytest.mark.parametrize("name", PEOPLE)
def test_the_small_face_of_somebody_seen_from_head_to_toe_is_found(name: str) -> None:
    small = photo(name).resize((320, 320), Image.Resampling.LANCZOS)

    (face,) = faces.find(laid((small, (352, 60)), size=(1024, 1536)))

    assert 0.03 < face.width < 0.09
    assert 0.42 < face.x + face.width / 2 < 0.56


@needs_vision
def test_a_face_that_fills_the_picture_is_found() -> None:
    (face,) = faces.find(photo("astronaut.jpg").crop((150, 50, 310, 210)))

    assert face.width > 0.5
    assert min(face.x, face.y) >= 0
    assert max(face.x + face.width, face.y + face.height) <= 1


@needs_vision
def test_of_several_faces_the_larger_comes_first() -> None:
    large, small = photo("astronaut.jpg"), photo("cameraman.jpg").resize((256, 256))
    mirrored = ImageOps.mirror(large).resize((384, 384))

    found = faces.find(laid((small, (0, 100)), (large, (256, 0)), (mirrored, (768, 90)), size=(1152, 512)))

    middles = [round(face.x + face.width / 2, 1) for face in found]
    assert middles == [0.4, 0.9, 0.1]
    assert [face.width for face in found] == sorted((face.width for face in found), reverse=True)


@needs_vision
@pytest.mark.parametrize("name", ["coffee.jpg", "rocket.jpg", "wall.jpg"])
def test_nothing_in_a_photo_without_people_is_a_face(name: str) -> None:
    assert faces.find(photo(name, "grounds")) == []


@needs_vision
@pytest.mark.parametrize("size", [(1, 1), (3, 4000), (256, 256)])
def test_an_empty_picture_of_any_shape_has_no_face(size: tuple[int, int]) -> None:
    assert faces.find(Image.new("RGB", size, "#7A8B6C")) == []


@needs_vision
def test_a_picture_with_an_alpha_channel_is_looked_at_too_and_not_changed() -> None:
    picture = photo("astronaut.jpg").convert("RGBA")
    before = picture.tobytes()

    assert len(faces.find(picture)) == 1
    assert picture.tobytes() == before


def test_without_the_models_it_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("django.conf.settings.VISION_MODELS", str(tmp_path))

    with pytest.raises(faces.Unavailable) as refusal:
        faces.find(Image.new("RGB", (64, 64)))

    assert (refusal.value.code, refusal.value.status) == ("vision_unavailable", 503)


@needs_vision
def test_models_of_people_alone_still_find_people(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in vision.PEOPLE:
        (tmp_path / name).symlink_to(vision.folder() / name)
    monkeypatch.setattr("django.conf.settings.VISION_MODELS", str(tmp_path))

    assert vision.is_ready(vision.PEOPLE)
    assert not vision.is_ready(vision.FACES)
    assert vision.missing(tmp_path) == list(vision.FACES)
