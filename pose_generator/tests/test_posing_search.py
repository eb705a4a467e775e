"""Poses are found by what their joints do."""

import time

import numpy as np
import pytest

from pose_generator.posing import angles, kinematics, search
from pose_generator.posing.skeleton import INDEX
from pose_generator.tests import curated


@pytest.fixture(scope="module")
def starter():
    return [(pose.slug, np.array(pose.keypoints)) for pose in curated.starter().poses]


@pytest.fixture(scope="module")
def crowd(starter):
    """The library and random figures, 10,000 in all."""
    dice = np.random.default_rng(3)
    return starter + [(number, random_pose(dice)) for number in range(10_000 - len(starter))]


@pytest.fixture(scope="module")
def index(crowd):
    return search.Index(crowd)


def random_pose(dice):
    angles_of = {"pelvis": [dice.uniform(-20, 80), dice.uniform(-20, 20), dice.uniform(-180, 180)]}
    for name in ("spine", "head"):
        angles_of[name] = list(dice.uniform(-25, 25, 3))
    for side in ("right", "left"):
        angles_of[f"{side}_shoulder"] = list(dice.uniform((-40, 0, -50), (160, 110, 50)))
        angles_of[f"{side}_hip"] = list(dice.uniform((-15, -10, -25), (100, 50, 25)))
        angles_of[f"{side}_elbow"] = dice.uniform(0, 140)
        angles_of[f"{side}_knee"] = dice.uniform(0, 130)
    return kinematics.keypoints(angles_of)


def rotation(axis, degrees):
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    a = np.radians(degrees)
    return np.eye(3) + np.sin(a) * cross + (1 - np.cos(a)) * cross @ cross


def jittered(points, dice, degrees):
    """Turn every joint by `degrees` about a random axis; what hangs on it goes along."""
    points = points.copy()
    trees = [(("right_hip", "left_hip"), tuple(name for name in INDEX if not name.endswith(("hip", "knee", "ankle"))))]
    trees += [(("neck",), ("nose", "right_eye", "left_eye", "right_ear", "left_ear"))]
    for side in ("right", "left"):
        trees += [((f"{side}_hip",), (f"{side}_knee", f"{side}_ankle")), ((f"{side}_knee",), (f"{side}_ankle",))]
        trees += [((f"{side}_shoulder",), (f"{side}_elbow", f"{side}_wrist"))]
        trees += [((f"{side}_elbow",), (f"{side}_wrist",))]
    for roots, moved in trees:
        pivot = np.mean([points[INDEX[name]] for name in roots], axis=0)
        rows = [INDEX[name] for name in moved]
        points[rows] = (points[rows] - pivot) @ rotation(dice.normal(size=3), degrees).T + pivot
    return points


@pytest.mark.drill
def test_a_mirrored_and_jittered_pose_finds_itself_first_in_99_percent_among_10_000(crowd, index, starter):
    dice = np.random.default_rng(5)
    asked = starter + [crowd[row] for row in dice.choice(np.arange(len(starter), 10_000), 300, replace=False)]

    found = [index.nearest(jittered(angles.mirror(points), dice, 5), 1)[0].id == pose for pose, points in asked]

    print(f"{np.mean(found):.4f} of {len(found)} found themselves first")
    assert np.mean(found) >= 0.99


@pytest.mark.drill
def test_a_search_over_10_000_poses_takes_at_most_50_ms(crowd, index):
    times = []
    for _, points in crowd[:9]:
        start = time.perf_counter()
        index.nearest(points, 12)
        times.append(time.perf_counter() - start)

    print(f"{1000 * np.median(times):.1f} ms")
    assert len(index) == 10_000
    assert np.median(times) <= 0.05


def test_turning_about_the_vertical_moving_and_growing_change_nothing(starter):
    index = search.Index(starter)
    slug, points = starter[7]
    elsewhere = points @ rotation(np.array([0.0, 1.0, 0.0]), 140).T * 1.2 + [3.0, 0.0, 1.0]

    match = index.nearest(elsewhere, 1)[0]

    assert match.id == slug
    assert match.distance == pytest.approx(0, abs=0.01)


def test_the_nearest_come_first_and_at_most_k(starter):
    index = search.Index(starter)

    found = index.nearest(starter[0][1], 5)

    assert len(found) == 5
    assert found[0].id == starter[0][0]
    assert [match.distance for match in found] == sorted(match.distance for match in found)


def test_distance_grows_with_the_angle_of_one_limb():
    straight = kinematics.keypoints({})
    index = search.Index([("straight", straight)])

    apart = [
        index.nearest(kinematics.keypoints({"left_elbow": angle}), 1)[0].distance for angle in (0, 15, 30, 60, 120)
    ]

    assert apart == pytest.approx([0, 15 / 12, 30 / 12, 60 / 12, 120 / 12], abs=0.01)


def test_an_empty_index_finds_nothing():
    assert search.Index([]).nearest(kinematics.keypoints({}), 3) == []


def test_a_pair_that_is_too_near_is_told_once_and_by_name():
    raised = kinematics.keypoints({"left_shoulder": [0, 90, 0], "left_elbow": 60})
    rows = [
        ("raised-left", raised),
        ("standing", kinematics.keypoints({})),
        ("raised-right", angles.mirror(raised)),
        ("squat", kinematics.keypoints({"hips": [90, 20, 0], "knees": 110})),
    ]

    found = search.duplicates(search.Index(rows), rows, within=8)

    assert [(one, other) for one, other, _ in found] == [("raised-left", "raised-right")]
    assert found[0][2] == pytest.approx(0, abs=0.01)
