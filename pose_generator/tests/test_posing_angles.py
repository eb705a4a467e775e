import numpy as np
import pytest

from pose_generator.posing import angles, kinematics

BENT = {"left_elbow": 60, "right_elbow": 40, "left_knee": 70, "right_knee": 30}
LIVELY = {
    "pelvis": [12, 4, 33],
    "spine": [6, -9, 14],
    "head": [8, 5, -20],
    "right_shoulder": [110, 20, 15],
    "right_elbow": 75,
    "left_shoulder": [-25, 30, 0],
    "left_elbow": 20,
    "left_hip": [65, 10, 0],
    "left_knee": 80,
}
JOINTS = (
    "pelvis", "spine", "neck", "head",
    *(f"{side}_{name}" for side in ("right", "left") for name in ("shoulder", "elbow", "hip", "knee")),
)  # fmt: skip


def measured(written, joint, angle):
    return angles.measure(kinematics.keypoints(BENT | written))[joint, angle]


def random_pose(dice):
    """Any pose of free joints, within what bodies do."""
    ranges = {"pelvis": 30, "spine": 20, "neck": 15, "head": 30}
    axial = {name: dice.uniform(-most, most, 3).tolist() for name, most in ranges.items()}
    limbs = {f"{side}_shoulder": dice.uniform([-40, 0, -60], [160, 80, 60]).tolist() for side in ("left", "right")}
    limbs |= {f"{side}_hip": dice.uniform([-20, -5, -30], [110, 45, 30]).tolist() for side in ("left", "right")}
    hinges = {f"{side}_{name}": dice.uniform(5, 130) for side in ("left", "right") for name in ("elbow", "knee")}
    return axial | limbs | hinges


def jittered(pose, dice, degrees):
    """The pose with every angle of every joint moved by up to `degrees`."""
    return {name: (np.asarray(value) + dice.uniform(-degrees, degrees, np.shape(value))).tolist()
            for name, value in pose.items()}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "joint", "angle", "degrees"),
    [
        ({"left_elbow": 83}, "left_elbow", "flexion", 83),
        ({"right_knee": 121}, "right_knee", "flexion", 121),
        ({"left_shoulder": [40, 0, 0]}, "left_shoulder", "flexion", 40),
        ({"right_shoulder": [-35, 0, 0]}, "right_shoulder", "extension", 35),
        ({"right_shoulder": [0, 55, 0]}, "right_shoulder", "abduction", 55),
        ({"left_shoulder": [0, 0, 30]}, "left_shoulder", "rotation", 30),
        ({"right_shoulder": [0, 0, -45]}, "right_shoulder", "rotation", -45),
        ({"right_hip": [85, 0, 0]}, "right_hip", "flexion", 85),
        ({"left_hip": [0, 25, 0]}, "left_hip", "abduction", 25),
        ({"left_hip": [0, 0, -30]}, "left_hip", "rotation", -30),
        ({"right_hip": [0, 0, 20]}, "right_hip", "rotation", 20),
        ({"spine": [0, 0, 25]}, "spine", "rotation", 25),
        ({"head": [10, 20, 30]}, "head", "flexion", 10),
        ({"head": [10, 20, 30]}, "head", "sideways", 20),
        ({"head": [10, 20, 30]}, "head", "rotation", 30),
        ({"pelvis": [20, 0, 70]}, "pelvis", "flexion", 20),
        ({"pelvis": [0, -15, 0]}, "pelvis", "sideways", -15),
    ],
)
def test_a_written_angle_is_measured_again(written, joint, angle, degrees):
    assert measured(written, joint, angle) == pytest.approx(degrees, abs=0.5)


def test_the_bend_of_the_spine_is_seen_as_a_lean_of_the_trunk():
    assert measured({"spine": [30, 0, 0]}, "pelvis", "flexion") == pytest.approx(24, abs=1)
    assert measured({"spine": [0, 12, 0]}, "spine", "sideways") == pytest.approx(12, abs=3)


def test_a_straight_arm_does_not_tell_how_it_is_turned():
    found = angles.measure(kinematics.keypoints({"left_elbow": 5, "left_shoulder": [30, 0, 40]}))

    assert ("left_shoulder", "rotation") not in found


def test_place_heading_and_height_of_the_figure_change_nothing():
    points = kinematics.keypoints(LIVELY)
    elsewhere = kinematics.keypoints(LIVELY | {"pelvis": [12, 4, -141]}) * 0.7 + [5, 1, -2]

    assert angles.vector(elsewhere) == pytest.approx(angles.vector(points), abs=1e-9)


def test_a_vector_holds_39_numbers_in_a_fixed_order():
    vector = angles.vector(kinematics.keypoints({}))

    assert vector.shape == (angles.SIZE,) == (39,)
    assert np.linalg.norm(vector.reshape(-1, 3), axis=1) == pytest.approx(np.ones(13))
    assert vector[3 * angles.ROWS.index("left_thigh") :][:3] == pytest.approx([0, -1, 0], abs=1e-6)


def test_a_mirrored_pose_lifts_the_other_arm():
    mirrored = angles.mirror(kinematics.keypoints({"left_shoulder": [90, 0, 0]}))

    assert mirrored == pytest.approx(kinematics.keypoints({"right_shoulder": [90, 0, 0]}), abs=1e-9)


def test_mirroring_the_vector_is_mirroring_the_keypoints():
    points = kinematics.keypoints(LIVELY)

    assert angles.mirror_vector(angles.vector(points)) == pytest.approx(angles.vector(angles.mirror(points)), abs=1e-9)


def test_a_pose_is_no_distance_from_itself_and_from_its_mirror():
    points = kinematics.keypoints(LIVELY)

    assert angles.distance(points, points) == pytest.approx(0, abs=1e-4)
    assert angles.distance(points, angles.mirror(points)) == pytest.approx(0, abs=1e-4)


def test_one_elbow_bent_by_60_degrees_is_a_twelfth_of_60_apart():
    straight, bent = kinematics.keypoints({}), kinematics.keypoints({"left_elbow": 60})

    assert angles.distance(straight, bent) == pytest.approx(60 / 12)


@pytest.mark.parametrize("lift", [60, 110, 150])
def test_lifting_an_arm_does_not_count_as_bending_its_elbow(lift):
    down, up = ({"left_elbow": 70, "left_shoulder": [flexion, 0, 0]} for flexion in (0, lift))

    apart = angles.distance(kinematics.keypoints(down), kinematics.keypoints(up))

    assert apart == pytest.approx(lift / 12, abs=0.1)


@pytest.mark.parametrize("angle", ["sideways", "rotation"])
def test_a_shoulder_that_follows_its_raised_arm_does_not_bend_the_spine(angle):
    assert measured({"left_shoulder": [170, 0, 0]}, "spine", angle) == pytest.approx(0, abs=0.5)


def test_turning_a_bent_arm_counts_and_turning_a_straight_one_does_not():
    def apart(elbow):
        one, other = ({"left_elbow": elbow, "left_shoulder": [0, 0, turn]} for turn in (0, 80))
        return angles.distance(kinematics.keypoints(one), kinematics.keypoints(other))

    assert apart(90) == pytest.approx(80 / 12, abs=0.1)
    assert apart(0) == pytest.approx(0, abs=1e-3)


def test_standing_and_lying_are_far_apart():
    standing, lying = kinematics.keypoints({}), kinematics.keypoints({"pelvis": -90})

    assert angles.distance(standing, lying) == pytest.approx(90 / 12, abs=0.1)


def test_the_distance_is_the_same_both_ways_and_many_agree_with_one():
    dice = np.random.default_rng(7)
    poses = [kinematics.keypoints(random_pose(dice)) for _ in range(12)]
    vectors = np.stack([angles.vector(pose) for pose in poses])

    table = np.stack([angles.distances(vector, vectors) for vector in vectors])

    assert table == pytest.approx(table.T, abs=1e-4)
    assert table[2, 9] == pytest.approx(angles.distance(poses[2], poses[9]))


def test_a_pose_mirrored_and_jittered_by_5_degrees_finds_itself_among_200():
    dice = np.random.default_rng(11)
    poses = [random_pose(dice) for _ in range(200)]
    vectors = np.stack([angles.vector(kinematics.keypoints(pose)) for pose in poses])

    asked = [angles.mirror(kinematics.keypoints(jittered(pose, dice, 5))) for pose in poses]
    found = [int(angles.distances(angles.vector(points), vectors).argmin()) for points in asked]

    assert np.mean(np.array(found) == np.arange(200)) >= 0.99
