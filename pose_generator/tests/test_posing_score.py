"""The score is measured in the picture: it must fall with every wrong limb and forgive what nobody asked for."""

import io

import numpy as np
import pytest
from PIL import Image

from pose_generator.posing import camera, kinematics, overlay, score
from pose_generator.posing.skeleton import INDEX
from pose_generator.tests import curated

SIZE = (864, 1152)
CERTAIN = np.ones(18)
REST = {"shoulders": [0, 20, 0], "elbows": [15, 0, 0], "left_hip": [10, 5, 0]}
#: Left and right of a person that faces the other way.
SWAPPED = list(camera.OTHER_SIDE)


def seen(angles=None, *, points=None, **view):
    keypoints = kinematics.keypoints(REST | (angles or {})) if points is None else np.asarray(points)
    return camera.project(keypoints, width=SIZE[0], height=SIZE[1], **view)


def flat(joints):
    return np.array(joints)[:, :2]


def scored(asked, found, confidence=CERTAIN):
    return score.score(asked, found, confidence, size=SIZE)


@pytest.fixture(scope="module")
def poses():
    return [seen(points=pose.keypoints) for pose in curated.starter().poses]


def jittered(joints, dice, share=0.02):
    """The joints as a detector might find them, each off by about `share` of the body's height."""
    places = flat(joints)
    return places + dice.normal(0, share * np.ptp(places, axis=0).max(), places.shape)


def test_the_pose_itself_has_all_points(poses):
    for joints in poses:
        assert scored(joints, flat(joints)).total == 100


@pytest.mark.parametrize(
    ("limb", "turned"),
    [
        ("left_upper_arm", lambda by: {"left_shoulder": [0, 20 + by, 0]}),
        ("right_forearm", lambda by: {"right_elbow": 15 + by, "shoulders": [0, 20, -70]}),
        ("left_thigh", lambda by: {"left_hip": [10, 5 + by, 0]}),
        ("right_thigh", lambda by: {"right_hip": [0, by, 0]}),
    ],
)
def test_the_score_falls_at_each_15_30_and_60_degrees_on_one_limb(limb, turned):
    asked = seen(turned(0))

    scores = [scored(asked, flat(seen(turned(by)))) for by in (0, 15, 30, 60)]

    totals, limbs = [each.total for each in scores], [each.limbs[limb] for each in scores]
    assert totals == sorted(set(totals), reverse=True)
    assert limbs == sorted(set(limbs), reverse=True)
    assert totals[-1] < 85


def test_the_limb_that_is_wrong_is_the_one_that_is_blamed():
    wrong = scored(seen(), flat(seen({"left_shoulder": [0, 80, 0]})))

    arm = {"left_upper_arm", "left_forearm"}
    assert max(wrong.limbs[name] for name in arm) < 25
    assert min(value for name, value in wrong.limbs.items() if name not in arm) > 75
    assert wrong.total < 60


def test_of_twenty_one_poses_the_right_one_scores_best(poses):
    dice = np.random.default_rng(11)
    right = 0
    for number, joints in enumerate(poses):
        found = jittered(joints, dice)
        others = dice.choice(np.delete(np.arange(len(poses)), number), 20, replace=False)
        best = max(scored(poses[other], found).total for other in others)
        right += scored(joints, found).total > best

    print(f"the right pose beats 20 others in {right} of {len(poses)}")
    assert right >= 0.98 * len(poses)


def test_a_mirrored_pose_scores_low():
    one_arm_up = {"right_shoulder": [0, 110, 0], "left_hip": [25, 15, 0]}

    mirrored = scored(seen(one_arm_up), flat(seen(one_arm_up, mirror=True)))

    assert mirrored.total < 45


def test_somebody_who_turned_the_back_scores_low():
    asked = seen({"right_shoulder": [0, 60, 0]})

    assert scored(asked, flat(asked)[SWAPPED]).total < 40


def test_an_upside_down_figure_is_not_turned_to_fit():
    asked = seen()

    assert scored(asked, np.array(SIZE) - flat(asked)).total < 20


@pytest.mark.parametrize("scale", [0.4, 0.7, 1.05])
def test_a_figure_elsewhere_and_of_another_size_keeps_its_score(scale):
    asked = seen()

    assert scored(asked, flat(asked) * scale + 20).total == 100


def test_joints_that_the_camera_does_not_see_are_not_counted():
    asked = seen(yaw=90)
    found = flat(asked)
    hidden = [number for number, joint in enumerate(asked) if not joint[3]]
    found[hidden] += 150

    result = scored(asked, found)

    assert INDEX["right_elbow"] in hidden
    assert result.total == 100
    assert "right_upper_arm" not in result.limbs


def test_joints_that_the_detector_is_unsure_of_are_not_counted():
    asked, confidence = seen(), CERTAIN.copy()
    found = flat(asked)
    found[INDEX["left_wrist"]] += 150
    confidence[INDEX["left_wrist"]] = 0.3

    assert scored(asked, found).total < 90
    assert scored(asked, found, confidence).total == 100


def test_joints_beyond_the_edge_are_not_counted():
    asked = seen()
    found = flat(asked)
    found[INDEX["left_wrist"]] = (SIZE[0] + 40, 300)

    assert "left_forearm" not in scored(asked, found).limbs


@pytest.mark.parametrize("unsure", [score.BODY[:5], score.BODY[4:], range(18)])
def test_too_few_joints_are_no_score(unsure):
    confidence = CERTAIN.copy()
    confidence[list(unsure)] = 0.1

    assert scored(seen(), flat(seen()), confidence) is None


def test_joints_in_one_spot_are_no_score():
    assert scored(seen(), np.full((18, 2), 200.0)) is None


def test_a_limb_that_points_at_the_camera_is_not_blamed_for_its_direction():
    pointing = seen({"right_shoulder": [90, 0, 0], "right_elbow": 0})
    found = flat(pointing)
    found[INDEX["right_wrist"]] += (12, -9)

    assert scored(pointing, found).limbs["right_forearm"] > 80


def test_the_overlay_is_a_small_picture_on_which_a_wrong_limb_is_red():
    asked, found = seen(), flat(seen({"left_shoulder": [0, 90, 0]}))
    picture = Image.new("RGB", (1728, 2304), "#DDE4EA")
    twice = [(2 * x, 2 * y, 2 * z, visible) for x, y, z, visible in asked]
    result = score.score(twice, 2 * found, CERTAIN, size=picture.size)

    drawn = Image.open(io.BytesIO(overlay.draw(picture, twice, 2 * found, result)))

    assert (drawn.format, drawn.size) == ("WEBP", (576, 768))
    arm = (found[INDEX["left_shoulder"]] + found[INDEX["left_elbow"]]) / 2 * 576 / SIZE[0]
    leg = (found[INDEX["right_knee"]] + found[INDEX["right_ankle"]]) / 2 * 576 / SIZE[0]
    red, green, _blue = drawn.getpixel((int(arm[0]), int(arm[1])))
    assert red > 1.5 * green
    red, green, _blue = drawn.getpixel((int(leg[0]), int(leg[1])))
    assert green > 1.5 * red
