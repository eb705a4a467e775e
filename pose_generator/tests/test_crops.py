"""Pure geometry: whatever the picture, the camera and the format, nobody loses head, hands or feet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lumiku.backends import mannequin
from pose_generator import crops, exports
from pose_generator.crops import Box
from pose_generator.orders import SIZES
from pose_generator.posing import camera, kinematics
from pose_generator.posing.detect import Detection
from pose_generator.posing.skeleton import INDEX, JOINTS
from pose_generator.tests import curated

CAMERAS = [(yaw, (0, 25, -15, 50)[number % 4]) for number, yaw in enumerate(range(0, 360, 45))]
FORMATS = [wanted for wanted in exports.FORMATS.values() if wanted.width]
SIDES = st.integers(64, 4096)
BRIGHT = {"gender": "male", "style": "casual grey"}
ENDS = [INDEX[name] for name in JOINTS if name.endswith(("wrist", "ankle", "ear")) or name == "nose"]


@pytest.fixture(scope="module")
def starter():
    return [np.array(pose.keypoints) for pose in curated.starter().poses]


def standing(size=(1024, 1024)):
    return crops.asked(camera.project(_rest(), width=size[0], height=size[1]), size)


def _rest():
    return kinematics.keypoints({})


def windows(size, places):
    """Each format, and what it shows of a picture."""
    kept, likely = crops.body(places, size), crops.body(places, size, crops.LIKELY)
    for wanted in FORMATS:
        ratio = wanted.width / wanted.height
        product = wanted.is_product
        yield wanted, crops.centred(size, likely, ratio, kept=kept) if product else crops.covering(size, kept, ratio)


def test_every_joint_of_every_pose_and_camera_is_inside_every_format_with_what_lies_beyond_it(starter):
    checked = 0
    for number, points in enumerate(starter):
        size = list(SIZES.values())[number % len(SIZES)]
        for yaw, pitch in CAMERAS:
            joints = camera.project(points, width=size[0], height=size[1], yaw=yaw, pitch=pitch)
            places = crops.asked(joints, size)
            discs = crops.around(places)
            low, high = discs[:, :2] - discs[:, 2:], discs[:, :2] + discs[:, 2:]
            edges = Box(*low.min(axis=0), *high.max(axis=0)).within(size)
            seen = np.array([place for place in places if place[0]])
            (left, top), (right, bottom) = seen.min(axis=0), seen.max(axis=0)
            for wanted, shown in windows(size, places):
                assert shown.left <= left <= right <= shown.right, (number, yaw, pitch, wanted.name)
                assert shown.top <= top <= bottom <= shown.bottom, (number, yaw, pitch, wanted.name)
                assert shown.contains(edges), (number, yaw, pitch, wanted.name)
                assert abs(shown.width / shown.height * wanted.height / wanted.width - 1) < 1e-6
                checked += 1
    assert checked > 10_000


@pytest.mark.parametrize(
    ("slug", "yaw", "pitch"),
    [
        ("star-arms-and-legs-wide", 90, -15),
        ("high-side-kick", -60, -15),
        ("catwalk", 0, 0),
        ("welcome-wave", 45, 25),
        ("jumping-jack", -60, -15),
        ("lying-on-belly-feet-up", 45, 25),
    ],
)
def test_what_is_kept_holds_all_of_a_drawn_figure(slug, yaw, pitch):
    points = next(np.array(pose.keypoints) for pose in curated.starter().poses if pose.slug == slug)
    joints = camera.project(points, width=384, height=384, yaw=yaw, pitch=pitch)
    light = mannequin.paint(joints, np.zeros((384, 384, 3), np.float32), traits=BRIGHT, key=np.array([0.5, 0.5, 0.75]))
    drawn = Image.fromarray((light.max(axis=2) > 0.05).astype(np.uint8)).getbbox()

    kept = crops.body(crops.asked(joints, (384, 384)), (384, 384))

    assert kept.grown(1).contains(Box(*drawn))


@settings(max_examples=150, deadline=None)
@given(
    size=st.tuples(SIDES, SIDES),
    corners=st.tuples(*[st.floats(0, 1)] * 4),
    ratio=st.tuples(SIDES, SIDES).map(lambda sides: sides[0] / sides[1]),
)
def test_a_window_of_any_ratio_holds_any_box_in_a_picture_of_any_size(size, corners, ratio):
    left, right = sorted(share * (size[0] - 1) for share in corners[:2])
    top, bottom = sorted(share * (size[1] - 1) for share in corners[2:])
    kept = Box(left, top, right + 1, bottom + 1)

    covering, centred = crops.covering(size, kept, ratio), crops.centred(size, kept, ratio)

    for shown in (covering, centred):
        assert shown.contains(kept)
        assert shown.width / shown.height == pytest.approx(ratio)
    largest = min(size[0], size[1] * ratio)
    if not crops.whole(size).contains(covering):  # new ground only where the body and its air need it
        air = 2 * crops.AIR * max(kept.width, kept.height)
        assert kept.width > largest or kept.height + air > largest / ratio


@settings(max_examples=100, deadline=None)
@given(size=st.tuples(SIDES, SIDES), ratio=st.floats(1 / 64, 64))
def test_nothing_is_cut_off_a_picture_in_which_nobody_is_known(size, ratio):
    assert crops.covering(size, None, ratio).contains(crops.whole(size))
    assert crops.centred(size, None, ratio).contains(crops.whole(size))


def test_a_square_picture_of_a_narrow_pose_becomes_a_story_without_new_ground():
    places = crops.asked(camera.project(_rest() * [0.6, 1, 1], width=1024, height=1024), (1024, 1024))

    shown = crops.covering((1024, 1024), crops.body(places, (1024, 1024)), 9 / 16)

    assert (shown.top, shown.bottom) == (0, 1024)
    assert shown.left > 0


def test_the_same_ratio_shows_the_whole_picture():
    assert crops.covering((1080, 1350), crops.body(standing((1080, 1350)), (1080, 1350)), 0.8) == Box(0, 0, 1080, 1350)


def test_a_product_picture_has_the_person_in_its_middle_at_most_of_its_height():
    size = (1024, 1024)
    likely, most = (crops.body(standing(), size, reach) for reach in (crops.LIKELY, crops.MOST))

    shown = crops.centred(size, likely, 1.0, kept=most)

    assert 0.80 <= likely.height / shown.height <= 0.90
    assert shown.middle == pytest.approx(likely.middle, abs=0.5)


def test_a_person_whom_the_picture_cuts_off_at_the_knees_ends_at_the_lower_edge_and_not_in_the_air():
    size = (1024, 1024)
    places = [place and (place[0], place[1] * 1.5) for place in standing()]
    places = [place if place and place[1] < size[1] else None for place in places]
    assert places[INDEX["left_ankle"]] is None

    body = crops.body(places, size)
    shown = crops.centred(size, body, 1.0, kept=body)

    assert shown.bottom == pytest.approx(1024)
    assert shown.contains(body)


def test_the_discs_grow_with_the_body_and_not_with_a_joint_in_the_wrong_place():
    near, far = (crops.pixels_per_metre(standing((side, side))) for side in (2048, 1024))
    astray = list(standing())
    astray[INDEX["left_wrist"]] = (0.0, 0.0)

    assert near == pytest.approx(2 * far)
    assert crops.pixels_per_metre(astray) == pytest.approx(far, rel=0.1)


@pytest.mark.parametrize("number", ENDS)
def test_a_joint_outside_of_the_picture_is_not_promised(number):
    points = np.array(list(standing()))
    points[number] = (-5.0, 300.0)
    person = Detection(points, *[np.ones(18)] * 2, depth=np.zeros(18), flag=1.0)

    assert crops.found(person, (1024, 1024))[number] is None


def test_a_joint_that_the_detector_does_not_believe_in_is_not_promised():
    presence = np.ones(18)
    presence[INDEX["left_ankle"]] = 0.1
    person = Detection(np.array(standing()), np.ones(18), presence, np.zeros(18), 1.0)

    places = crops.found(person, (1024, 1024))

    assert places[INDEX["left_ankle"]] is None
    assert places[INDEX["right_ankle"]] is not None


def test_a_head_that_looks_away_is_kept_over_the_neck():
    places = [None if number in crops.FACE else place for number, place in enumerate(standing())]

    assert crops.body(places, (1024, 1024)).top < standing()[INDEX["nose"]][1]


def test_nobody_in_the_picture_is_no_box():
    assert crops.body([None] * 18, (1024, 1024)) is None
    assert crops.body([(5.0, 5.0), *[None] * 17], (1024, 1024)) is None  # a nose alone says nothing of size
