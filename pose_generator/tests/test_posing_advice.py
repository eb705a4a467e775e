"""What is hard to paint is told before it is paid for."""

import numpy as np
import pytest

from pose_generator.posing import advice, camera, kinematics
from pose_generator.tests import curated

SIZE = {"width": 896, "height": 1120}


@pytest.fixture(scope="module")
def starter():
    return {pose.slug: np.array(pose.keypoints) for pose in curated.starter().poses}


def told(points, *, has_face=True, **view):
    return advice.advice(points, camera.project(points, **SIZE, **view), **SIZE, has_face=has_face)


def test_a_plain_standing_figure_needs_no_advice():
    assert told(kinematics.keypoints({})) == ()


@pytest.mark.parametrize("slug", ["crossed-arms", "crossed-legs", "lotus"])
def test_crossed_arms_and_legs_are_told(starter, slug):
    assert told(starter[slug]) == (advice.CROSSED,)


def test_crossed_arms_are_told_of_the_mirrored_pose_too(starter):
    assert told(starter["crossed-arms"], mirror=True) == (advice.CROSSED,)


def test_arms_that_are_crossed_on_the_other_side_of_the_body_are_not_told(starter):
    assert told(starter["crossed-arms"], yaw=180, has_face=False) == ()


@pytest.mark.parametrize("yaw", [0, 60, 90])
def test_a_stride_crosses_legs_in_the_picture_only(yaw):
    stride = kinematics.keypoints({"left_hip": [35, 0, 0], "right_hip": [-20, 0, 0], "right_knee": 30})

    assert told(stride, yaw=yaw) == ()


def test_hanging_arms_that_meet_in_front_are_not_crossed():
    clasped = kinematics.keypoints(
        {}, {"right_wrist": {"at": [-0.03, 0.95, 0.2]}, "left_wrist": {"at": [0.03, 0.95, 0.2]}}
    )

    assert told(clasped) == ()


@pytest.mark.parametrize(("yaw", "codes"), [(0, ()), (60, ()), (90, ()), (180, (advice.NO_FACE,))])
def test_a_face_that_is_not_seen_is_told_where_there_is_one(yaw, codes):
    upright = kinematics.keypoints({})

    assert told(upright, yaw=yaw) == codes
    assert told(upright, yaw=yaw, has_face=False) == ()


def test_a_long_lens_cuts_and_the_layout_never_does():
    upright = kinematics.keypoints({})

    assert told(upright, focal=200, distance=3) == (advice.OUT_OF_FRAME,)
    assert told(upright, focal=35, distance=3) == ()
    assert told(upright, distance=3) == ()
