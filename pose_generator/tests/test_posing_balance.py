import numpy as np
import pytest

from pose_generator.posing import balance, bodies, kinematics
from pose_generator.posing.skeleton import INDEX

CHAIR = {"pelvis": [0.0, 0.54, 0.0], "ankles": {"at": [0.12, 0.08, 0.42], "towards": [0, 1, 1]}}
TREE = {
    "pelvis": [0.03, 0.9, 0],
    "left_ankle": {"at": [0.035, 0.08, 0]},
    "right_ankle": {"at": [0.0, 0.63, 0.055], "towards": [-1, 0, 0.2]},
}
PLANK = {"pelvis": [68, 0, 0], "shoulders": [68, 0, 0]}


def points(written=None, placement=None):
    return kinematics.keypoints(written or {}, placement)


def test_the_segments_weigh_the_whole_body():
    whole = sum(mass if start == "neck" else 2 * mass for start, _, mass, _ in balance.SEGMENTS)

    assert whole == pytest.approx(1, abs=1e-9)


def test_a_standing_body_has_its_centre_of_mass_in_front_of_nothing_at_the_height_of_the_pelvis():
    x, y, z = balance.centre_of_mass(points())

    assert (x, z) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=0.02))
    assert 0.53 < y / 1.70 < 0.60


def test_raised_arms_raise_the_centre_of_mass_and_bring_it_forward():
    _, low, back = balance.centre_of_mass(points())
    _, high, front = balance.centre_of_mass(points({"shoulders": 90}))

    assert high > low + 0.01
    assert front > back + 0.01


def test_a_figure_stands_on_its_two_feet():
    assert set(balance.contacts(points())) == {"left_ankle", "right_ankle"}
    assert balance.problems(points()) == []


def test_a_figure_balances_on_one_foot_under_its_hips():
    assert set(balance.contacts(points({}, TREE))) == {"left_ankle"}
    assert balance.problems(points({}, TREE)) == []


def test_a_figure_that_leans_without_support_falls_and_the_message_says_what_carries_it():
    (problem,) = balance.problems(points({"pelvis": [0, 25, 0]}))

    assert problem.startswith("the weight is ")
    assert "(left_ankle, right_ankle)" in problem
    assert "8 cm is the most" in problem


@pytest.mark.parametrize(("tags", "dynamic"), [(("leans",), False), (("walk",), False), ((), True)])
def test_a_wall_a_stride_or_the_field_dynamic_carry_a_leaning_figure(tags, dynamic):
    assert balance.problems(points({"pelvis": [0, 25, 0]}), tags=tags, dynamic=dynamic) == []


def test_a_seat_carries_whoever_is_tagged_as_sitting_and_nobody_else():
    seated = points({}, CHAIR)

    assert balance.problems(seated, tags=["sits"]) == []
    assert len(balance.problems(seated, tags=["elegant"])) == 1


def test_a_figure_in_the_air_is_refused_unless_it_jumps_or_sits():
    leaping = points({}, {"lift": 0.3})

    assert balance.problems(leaping) == ["floats 30 cm above the ground: tag it jump or dynamic, or leave out lift"]
    assert balance.problems(leaping, tags=["jump"]) == []
    assert balance.problems(leaping, tags=["sits"]) == []


def test_a_plank_is_carried_by_hands_and_toes():
    found = balance.contacts(points(PLANK))

    assert {"left_wrist", "right_wrist"} <= set(found)
    assert balance.off_balance(points(PLANK))[0] == 0


def test_a_figure_on_its_back_is_carried_by_hips_and_shoulders():
    found = balance.contacts(points({"pelvis": -90}))

    assert {"left_hip", "right_hip", "left_shoulder", "right_shoulder"} <= set(found)
    assert balance.problems(points({"pelvis": -90})) == []


def test_a_lifted_heel_leaves_the_ball_of_the_foot():
    flat, lifted = points(), points({"right_hip": [20, 0, 0], "right_knee": 45})

    whole, ball = (balance.contacts(pose)["right_ankle"] for pose in (flat, lifted))

    assert np.ptp(whole[:, 1]) == pytest.approx(0.25)
    assert np.ptp(ball[:, 1]) == pytest.approx(0.08)


def test_how_far_the_weight_is_outside_is_told_in_metres():
    upright, leaning = points(), points({"pelvis": [0, 40, 0]})

    beyond_the_sole = balance.centre_of_mass(leaning)[0] - leaning[INDEX["left_ankle"], 0] - balance.FOOT_HALF
    assert balance.off_balance(upright)[0] == 0
    assert balance.off_balance(leaning)[0] == pytest.approx(beyond_the_sole, abs=0.001)


@pytest.mark.parametrize(
    ("written", "placement", "one", "other"),
    [
        ({}, {"right_wrist": {"from": "neck", "at": [0, -0.3, -0.02], "towards": [-1, -1, 0]}}, "trunk", "forearm"),
        ({}, {"right_wrist": {"from": "right_ear", "at": [0.07, 0, 0], "towards": [-1, -1, 0]}}, "head", "forearm"),
        (
            {},
            {
                "right_wrist": {"from": "neck", "at": [0.12, -0.25, 0.3], "towards": [-1, -1, 0]},
                "left_wrist": {"from": "neck", "at": [-0.12, -0.25, 0.3], "towards": [1, -1, 0]},
            },
            "right forearm",
            "left forearm",
        ),
        ({"right_hip": [60, -26, 0], "left_hip": [60, -26, 0]}, {}, "right thigh", "left thigh"),
    ],
    ids=["hand in the chest", "hand in the head", "forearms through each other", "thighs through each other"],
)
def test_a_limb_through_the_body_is_named(written, placement, one, other):
    found = balance.overlaps(points(written, placement))

    assert any(one in overlap.other and other in overlap.one for overlap in found)
    assert "cm deep into" in str(found[0])


@pytest.mark.parametrize(
    ("written", "placement"),
    [
        pytest.param({}, {}, id="hanging arms"),
        pytest.param(
            {}, {"wrists": {"from": "left_hip", "at": [0.1, 0.11, 0.03], "towards": [1, 0, -0.45]}}, id="hands on hips"
        ),
        pytest.param({"hips": [136, 5, 0], "knees": 140, "spine": 30}, {}, id="thighs at the belly"),
        pytest.param({"knees": 150}, {}, id="heels at the seat"),
        pytest.param({"hips": [0, -3, 0]}, {}, id="feet together"),
        pytest.param({"shoulders": [170, 0, 0]}, {}, id="arms beside the head"),
    ],
)
def test_touching_is_fine(written, placement):
    assert balance.overlaps(points(written, placement)) == []


@pytest.mark.parametrize("name", sorted(bodies.BODIES))
def test_thickness_and_weight_grow_with_the_body(name):
    standing = bodies.fit(points({"hips": [0, 3, 0]}), bodies.BODIES[name])

    assert balance.problems(standing) == []
    assert balance.size(standing) == pytest.approx(bodies.BODIES[name].scale)
