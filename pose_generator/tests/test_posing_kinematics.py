import numpy as np
import pytest

from pose_generator.posing import kinematics, skeleton
from pose_generator.posing.kinematics import ADULT, BadPose
from pose_generator.posing.skeleton import INDEX

BONES = {
    ("shoulder", "elbow"): ADULT.upper_arm,
    ("elbow", "wrist"): ADULT.forearm,
    ("hip", "knee"): ADULT.thigh,
    ("knee", "ankle"): ADULT.shin,
}


def at(points, name):
    return points[INDEX[name]]


def test_a_figure_at_rest_stands_on_the_ground_with_an_adult_stature():
    points = kinematics.keypoints({})

    assert points.shape == (18, 3)
    assert at(points, "left_ankle")[1] == pytest.approx(ADULT.ankle)
    assert at(points, "left_ear")[1] + 0.135 == pytest.approx(1.70, abs=0.02)


def test_the_left_hand_is_at_positive_x_and_the_nose_in_front():
    points = kinematics.keypoints({})

    assert at(points, "left_wrist")[0] > 0 > at(points, "right_wrist")[0]
    assert at(points, "nose")[2] > at(points, "left_ear")[2]


def test_flexion_lifts_an_arm_to_the_front_and_abduction_outwards():
    points = kinematics.keypoints({"left_shoulder": 90, "right_shoulder": [0, 90, 0]})

    assert at(points, "left_wrist")[2] == pytest.approx(0.535, abs=0.01)
    assert at(points, "right_wrist")[0] == pytest.approx(-0.705, abs=0.01)


def test_a_knee_bends_backwards_and_an_elbow_forwards():
    points = kinematics.keypoints({"left_knee": 90, "left_elbow": 90})

    assert at(points, "left_ankle")[2] < at(points, "left_knee")[2] - 0.3
    assert at(points, "left_wrist")[2] > at(points, "left_elbow")[2] + 0.2


def test_a_plural_name_moves_both_sides_and_a_single_side_wins():
    points = kinematics.keypoints({"elbows": 90, "right_elbow": 0})

    assert at(points, "left_wrist")[2] > 0.2
    assert at(points, "right_wrist")[2] == pytest.approx(0.0, abs=1e-9)


def test_a_hand_is_put_where_its_placement_says_with_bones_of_full_length():
    points = kinematics.keypoints({}, {"right_wrist": {"from": "right_hip", "at": [-0.1, 0.1, 0.02]}})

    reached = at(points, "right_wrist") - at(points, "right_hip")
    assert reached == pytest.approx([-0.1, 0.1, 0.02], abs=1e-6)
    for (start, end), length in BONES.items():
        bone = at(points, f"right_{start}") - at(points, f"right_{end}")
        assert np.linalg.norm(bone) == pytest.approx(length, abs=1e-6)


def test_a_figure_that_lies_on_its_back_rests_on_the_ground():
    points = kinematics.keypoints({"pelvis": -90})

    assert points[:, 1].min() > 0
    assert at(points, "left_hip")[1] < 0.12
    assert at(points, "nose")[1] > at(points, "left_ear")[1]


def test_a_lift_raises_the_whole_figure():
    low, high = kinematics.keypoints({}), kinematics.keypoints({}, {"lift": 0.25})

    assert high - low == pytest.approx(np.tile([0, 0.25, 0], (18, 1)))


@pytest.mark.parametrize(
    ("angles", "placement", "named"),
    [
        ({"wing": 30}, {}, "wing"),
        ({"spine": "straight"}, {}, "spine"),
        ({}, {"tail": {"at": [0, 0, 0]}}, "tail"),
        ({}, {"left_wrist": {"at": [3, 3, 3]}}, "left_wrist"),
        ({}, {"left_wrist": {"from": "left_fin", "at": [0, 0, 0]}}, "left_fin"),
    ],
)
def test_a_pose_that_cannot_be_is_refused_by_name(angles, placement, named):
    with pytest.raises(BadPose, match=named):
        kinematics.keypoints(angles, placement)


def test_the_skeleton_has_the_18_joints_and_17_limbs_of_openpose():
    assert len(skeleton.JOINTS) == len(skeleton.COLOURS) == 18
    assert len(skeleton.LIMBS) == 17
    assert skeleton.JOINTS[:3] == ("nose", "neck", "right_shoulder")
    assert {joint for limb in skeleton.LIMBS for joint in limb} == set(range(18))
