import json
import re
from pathlib import Path

import numpy as np
import pytest

from pose_generator.posing import kinematics, limits
from pose_generator.tests import curated

GUIDE = Path(__file__).parents[2] / "docs/poses.md"


def broken(written, placement=None):
    return limits.violations(kinematics.keypoints(written, placement), written)


def test_a_standing_figure_breaks_no_limit():
    assert broken({}) == []


@pytest.mark.parametrize(
    ("written", "joint", "angle", "limit"),
    [
        ({"left_elbow": 170}, "left_elbow", "flexion", 160),
        ({"right_knee": 168}, "right_knee", "flexion", 160),
        ({"left_elbow": -20}, "left_elbow", "flexion", 0),
        ({"right_knee": -15}, "right_knee", "flexion", 0),
        ({"left_shoulder": [-74, 0, 0]}, "left_shoulder", "extension", 70),
        ({"right_shoulder": [75, 0, 0], "right_hip": [-65, 0, 0]}, "right_hip", "flexion", -50),
        ({"left_shoulder": [70, -75, 0]}, "left_shoulder", "adduction", 60),
        ({"left_shoulder": [0, 0, -130], "left_elbow": 90}, "left_shoulder", "rotation", -105),
        ({"left_hip": [0, 88, 0]}, "left_hip", "adduction", -80),
        ({"right_hip": [40, 0, 90], "right_knee": 60}, "right_hip", "rotation", 65),
        ({"head": [0, 0, 60], "neck": [0, 0, 50]}, "head", "rotation", 85),
        ({"head": [85, 0, 0]}, "head", "flexion", 65),
        ({"spine": [0, 0, 80]}, "spine", "rotation", 60),
        ({"spine": [-70, 0, 0]}, "spine", "flexion", -45),
        ({"spine": [120, 0, 0]}, "spine", "flexion", 90),
    ],
)
def test_a_joint_beyond_its_range_is_named_with_its_angle_and_limit(written, joint, angle, limit):
    found = {(violation.joint, violation.angle): violation.limit for violation in broken(written)}

    assert found[joint, angle] == limit


def test_the_message_names_joint_angle_and_limit():
    assert [str(violation) for violation in broken({"left_elbow": 170})] == [
        "left_elbow: flexion is 170°, at most 160° is possible"
    ]
    assert [str(violation) for violation in broken({"right_knee": -15})] == [
        "right_knee: flexion is -15°, at least 0° is possible"
    ]


@pytest.mark.parametrize("heading", [0, 90, 180, -120])
def test_limits_hold_whichever_way_the_figure_faces(heading):
    found = broken({"pelvis": [10, 5, heading], "left_shoulder": [-95, 0, 0]})

    assert [(violation.joint, violation.angle) for violation in found] == [("left_shoulder", "extension")]


@pytest.mark.parametrize(
    ("written", "placement"),
    [
        pytest.param({"shoulders": [170, 4, 0]}, {}, id="arms overhead"),
        pytest.param({"shoulders": [0, 90, 0]}, {}, id="arms to the sides"),
        pytest.param({"shoulders": [150, 40, 0], "elbows": 120}, {}, id="hands behind the head"),
        pytest.param({"shoulders": [-30, 10, 60], "elbows": 70}, {}, id="hands behind the back"),
        pytest.param({"hips": [125, 20, 0], "knees": 140, "spine": [20, 0, 0]}, {}, id="deep squat"),
        pytest.param({"pelvis": -90, "spine": [-30, 0, 0]}, {}, id="arched on the back"),
        pytest.param({"hips": [-5, 0, 0], "knees": 150}, {}, id="kneeling on the heels"),
        pytest.param({"left_hip": [90, 10, 0]}, {}, id="straight leg lifted to the front"),
    ],
)
def test_what_practised_people_do_is_allowed(written, placement):
    assert broken(written, placement) == []


def test_a_raised_arm_goes_less_far_behind_the_body():
    hanging, overhead = {"left_shoulder": [-65, 0, 0]}, {"left_shoulder": [180 + 55, 0, 0]}

    assert broken(hanging) == []
    assert [(violation.angle, violation.limit) for violation in broken(overhead)] == [
        ("extension", pytest.approx(50, abs=1))
    ]


def test_keypoints_alone_are_judged_by_what_they_show():
    points = kinematics.keypoints({"right_knee": 168})

    assert [violation.joint for violation in limits.violations(np.array(points.round(4)))] == ["right_knee"]


def test_the_guide_for_curators_tells_the_limits_that_are_checked():
    told, joint = {}, ""
    for names, angle, least, most in re.findall(r"^\|(.*?)\| (\w+) \| (-?\d+) \| (-?\d+) \|", GUIDE.read_text(), re.M):
        joint = re.sub("left_|right_", "", names.split("`")[-2]) if names.strip() else joint
        told[joint, angle] = float(least), float(most)

    assert told == limits.RANGES


def test_the_example_of_the_guide_is_the_pose_of_the_library():
    example = json.loads(re.search(r"```json\n(.*?)```", GUIDE.read_text(), re.S).group(1))
    points = kinematics.keypoints(example["angles"], example["placement"])

    kept = next(pose for pose in curated.starter().poses if pose.slug == example["slug"])

    assert points == pytest.approx(np.array(kept.keypoints), abs=1e-3)
    assert (GUIDE.parent / f"{kept.slug}.webp").is_file()
