import itertools
import json
import shutil
from collections import Counter

import numpy as np
import pytest

from pose_generator.posing import library
from pose_generator.posing.kinematics import CLEARANCE
from pose_generator.posing.library import BadLibrary
from pose_generator.posing.skeleton import INDEX

LEAVES = {
    "professional": ["business-portraits", "corporate-headshots", "conference-speaking", "office-workspace"],
    "e-commerce": ["product-modeling", "shopee-tiktok", "before-after", "live-selling"],
    "fashion": ["editorial", "street-style", "runway-catwalk"],
    "hijab": ["casual-hijab", "professional-hijab", "fashion-hijab", "wedding-hijab"],
    "casual": ["everyday-casual", "social-media", "outdoor-lifestyle", "sitting-relaxed"],
    "sports": ["fitness-gym", "yoga-wellness", "running-cardio"],
}
COLOURS = ["#3B82F6", "#EF4444", "#8B5CF6", "#EC4899", "#10B981", "#F59E0B"]


@pytest.fixture(scope="module")
def starter():
    return library.load()


@pytest.fixture
def copy(tmp_path):
    """A copy of the library with one pose of each sub-category, for a test to spoil."""
    folder = shutil.copytree(library.FOLDER, tmp_path / "library")
    for path in folder.glob("poses*.json"):
        first = {pose["category"]: pose for pose in reversed(json.loads(path.read_text())["poses"])}
        path.write_text(json.dumps({"poses": list(first.values())}))
    return folder


def spoil(path, key, **changes):
    data = json.loads(path.read_text())
    data[key][0].update(changes)
    path.write_text(json.dumps(data))
    return data[key][0]["slug"]


def test_there_are_six_top_categories_with_their_colours_and_orders(starter):
    tops = [category for category in starter.categories if category.parent is None]

    assert [top.slug for top in tops] == list(LEAVES)
    assert [top.color for top in tops] == COLOURS
    assert [top.display_order for top in tops] == [0, 10, 20, 30, 40, 50]


def test_the_22_sub_categories_stand_under_their_parents(starter):
    for parent, slugs in LEAVES.items():
        assert [category.slug for category in starter.categories if category.parent == parent] == slugs


def test_every_sub_category_has_at_least_two_poses(starter):
    counts = Counter(pose.category for pose in starter.poses)

    assert set(counts) == {slug for slugs in LEAVES.values() for slug in slugs}
    assert min(counts.values()) >= 2
    assert len(starter.poses) >= 40


def test_most_poses_are_for_beginners(starter):
    shares = Counter(pose.difficulty for pose in starter.poses)

    assert shares["beginner"] / len(starter.poses) == pytest.approx(0.6, abs=0.06)
    assert shares["intermediate"] / len(starter.poses) == pytest.approx(0.3, abs=0.06)
    assert shares["advanced"] / len(starter.poses) == pytest.approx(0.1, abs=0.06)


def test_every_pose_has_18_finite_keypoints_above_the_ground_and_touches_it(starter):
    for pose in starter.poses:
        points = np.array(pose.keypoints)

        assert points.shape == (18, 3), pose.slug
        assert np.isfinite(points).all(), pose.slug
        assert points[:, 1].min() >= 0.029, pose.slug
        heights = {name: points[number, 1] for name, number in INDEX.items() if name.split("_")[-1] in CLEARANCE}
        skin = min(height - CLEARANCE[name.split("_")[-1]] for name, height in heights.items())
        assert skin == pytest.approx(0, abs=1e-3), pose.slug


def test_every_bone_of_every_pose_has_its_length(starter):
    for pose in starter.poses:
        points = np.array(pose.keypoints)
        for side in ("left", "right"):
            for start, end, length in (("hip", "knee", 0.42), ("knee", "ankle", 0.40), ("elbow", "wrist", 0.25)):
                bone = points[INDEX[f"{side}_{start}"]] - points[INDEX[f"{side}_{end}"]]
                assert np.linalg.norm(bone) == pytest.approx(length, abs=1e-3), (pose.slug, start)


def test_no_elbow_or_knee_bends_the_wrong_way(starter):
    for pose in starter.poses:
        points = np.array(pose.keypoints)
        for side in ("left", "right"):
            hip, knee, ankle = (points[INDEX[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
            across = points[INDEX["left_hip"]] - points[INDEX["right_hip"]]
            hinge = np.cross(knee - hip, ankle - knee)
            straight = np.linalg.norm(hinge) < 0.02
            assert straight or hinge @ across / np.linalg.norm(hinge) / np.linalg.norm(across) > -0.75, (
                pose.slug,
                side,
            )


def test_any_two_poses_differ_clearly(starter):
    for one, other in itertools.combinations(starter.poses, 2):
        apart = np.array(one.keypoints) - np.array(other.keypoints)
        apart -= apart.mean(axis=0)
        assert np.linalg.norm(apart, axis=1).max() > 0.10, (one.slug, other.slug)


def test_seated_poses_sit_clearly_lower_than_they_stand(starter):
    for pose in starter.poses:
        if "sitting" in pose.tags or "seated" in pose.tags or "floor" in pose.tags:
            assert np.array(pose.keypoints)[INDEX["left_hip"], 1] < 0.62, pose.slug


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "no-such"),
        ("difficulty", "hard"),
        ("name", {"en": "Only English"}),
        ("tags", []),
        ("is_premium", "no"),
        ("gender_suitability", "all"),
        ("slug", "Not A Slug"),
    ],
)
def test_a_wrong_field_is_refused_with_file_pose_and_field(copy, field, value):
    slug = spoil(copy / "poses-hijab.json", "poses", **{field: value})

    with pytest.raises(BadLibrary, match=rf"poses-hijab\.json: {slug}: {field}"):
        library.load(copy)


def test_angles_that_are_no_pose_are_refused_with_the_joint(copy):
    slug = spoil(copy / "poses-sports.json", "poses", angles={"tentacle": 5})

    with pytest.raises(BadLibrary, match=rf"poses-sports\.json: {slug}: angles/placement: tentacle"):
        library.load(copy)


def test_a_file_that_is_not_json_is_refused(copy):
    (copy / "poses-casual.json").write_text("{")

    with pytest.raises(BadLibrary, match=r"poses-casual\.json"):
        library.load(copy)


def test_a_sub_category_without_poses_is_refused(copy):
    (copy / "poses-sports.json").write_text('{"poses": []}')

    with pytest.raises(BadLibrary, match=r"fitness-gym.*yoga-wellness"):
        library.load(copy)
