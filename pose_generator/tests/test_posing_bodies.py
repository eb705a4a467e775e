import numpy as np
import pytest

from pose_generator.posing import angles, balance, bodies, kinematics
from pose_generator.posing.bodies import BODIES
from pose_generator.posing.kinematics import ADULT, Proportions
from pose_generator.posing.skeleton import INDEX

LIVELY = {
    "pelvis": [5, 3, 20],
    "spine": [20, 5, 10],
    "head": [5, 6, 7],
    "shoulders": [100, 30, 20],
    "elbows": 50,
    "left_hip": [50, 5, 0],
    "left_knee": 40,
}
DOG = {"pelvis": [126, 0, 84], "hips": [90, 4, 0], "shoulders": [172, 4, 0]}
NAMES = sorted(BODIES)


def bone(points, start, end):
    return float(np.linalg.norm(points[INDEX[start]] - points[INDEX[end]]))


@pytest.mark.parametrize(
    ("name", "stature"), [("child", 1.31), ("female", 1.62), ("adult", 1.70), ("male", 1.77), ("tall", 1.92)]
)
def test_bodies_have_their_statures(name, stature):
    assert BODIES[name].stature == pytest.approx(stature, abs=0.01)


def test_a_broad_body_is_wider_than_an_adult_of_its_height():
    broad = BODIES["broad"]

    assert broad.stature == ADULT.stature
    assert broad.shoulder_width > 1.15 * ADULT.shoulder_width
    assert broad.hip_width > 1.15 * ADULT.hip_width


def test_a_child_has_a_larger_head_and_shorter_legs_for_its_size():
    def head_and_legs(body: Proportions):
        return body.skull / body.stature, (body.thigh + body.shin) / body.stature

    (head, legs), (adult_head, adult_legs) = head_and_legs(BODIES["child"]), head_and_legs(ADULT)

    assert head > 1.1 * adult_head
    assert legs < 0.96 * adult_legs


@pytest.mark.parametrize("name", NAMES)
def test_every_bone_takes_the_length_of_the_new_body(name):
    body = BODIES[name]

    points = bodies.fit(kinematics.keypoints(LIVELY), body)

    for side in ("right", "left"):
        assert bone(points, f"{side}_hip", f"{side}_knee") == pytest.approx(body.thigh)
        assert bone(points, f"{side}_knee", f"{side}_ankle") == pytest.approx(body.shin)
        assert bone(points, f"{side}_shoulder", f"{side}_elbow") == pytest.approx(body.upper_arm)
        assert bone(points, f"{side}_elbow", f"{side}_wrist") == pytest.approx(body.forearm)
    assert bone(points, "left_hip", "right_hip") == pytest.approx(body.hip_width)


@pytest.mark.parametrize("name", NAMES)
def test_a_moved_pose_is_the_pose_that_its_angles_give_on_that_body(name):
    moved = bodies.fit(kinematics.keypoints(LIVELY), BODIES[name])
    written = kinematics.keypoints(LIVELY, proportions=BODIES[name])

    assert moved - moved.mean(axis=0) == pytest.approx(written - written.mean(axis=0), abs=1e-9)
    assert moved[:, 1] == pytest.approx(written[:, 1], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_joint_angles_stay(name):
    points = kinematics.keypoints(LIVELY)

    assert angles.distance(points, bodies.fit(points, BODIES[name])) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pose", [{}, LIVELY, {"pelvis": -90}, DOG], ids=["rest", "lively", "lying", "dog"])
def test_every_body_stands_or_lies_on_the_ground(name, pose):
    body = BODIES[name]

    points = bodies.fit(kinematics.keypoints(pose), body)

    assert kinematics.lowest(points, body.scale) == pytest.approx(0, abs=1e-9)
    assert kinematics.lowest(kinematics.keypoints(pose, proportions=body), body.scale) == pytest.approx(0, abs=1e-9)


def test_a_face_that_is_turned_to_the_ground_does_not_dip_into_it():
    points = kinematics.keypoints({"pelvis": 95, "shoulders": 170})

    assert points[INDEX["nose"], 1] >= 0.03


@pytest.mark.parametrize("name", NAMES)
def test_hands_and_feet_that_carry_a_figure_both_touch_the_ground_on_every_body(name):
    points = kinematics.keypoints(DOG)

    moved = bodies.fit(points, BODIES[name])

    assert {"left_wrist", "right_wrist", "left_ankle", "right_ankle"} <= set(balance.contacts(moved))
    assert angles.distance(points, moved) < 0.5


def test_a_jump_stays_as_high_for_the_size_of_the_body():
    points, child = kinematics.keypoints(LIVELY, {"lift": 0.25}), BODIES["child"]

    assert kinematics.lowest(bodies.fit(points, child), child.scale) == pytest.approx(0.25 * child.scale)


def test_a_pose_comes_back_from_another_body_unchanged():
    points = kinematics.keypoints(LIVELY)

    there = bodies.fit(points, BODIES["child"])
    back = bodies.fit(there, ADULT, source=BODIES["child"])

    assert back == pytest.approx(points, abs=1e-9)
