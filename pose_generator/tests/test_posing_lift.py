"""From a picture back into space: known bodies, drawn and lifted, stand where they stood."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumiku import backends
from lumiku.backends import ImageRequest
from pose_generator.posing import camera, detect, guess, kinematics, lift
from pose_generator.posing.kinematics import ADULT
from pose_generator.tests.test_posing_detect import needs_vision

WIDTH, HEIGHT = 576, 720
STATURE = 1.72
POSES = {
    "upright": {},
    "hands on hips": {"shoulders": [-15, 45, 30], "elbows": 100},
    "waving": {"left_shoulder": [20, 120, 0], "left_elbow": 70},
    "step": {"left_hip": [30, 5, 0], "left_knee": 15, "right_hip": [-15, 5, 0], "right_knee": 20},
    "squat": {"hips": [85, 20, 0], "knees": 95, "spine": 25, "shoulders": [70, 10, 0]},
    "knee up": {"right_hip": [90, 5, 0], "right_knee": 90},
}
YAWS = (-45, -20, 0, 30, 45)


def drawn(angles: dict, yaw: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The body, its joints on a picture (pixels) and their depths (pixels)."""
    body = kinematics.keypoints(angles)
    joints = np.array([joint[:3] for joint in camera.project(body, width=WIDTH, height=HEIGHT, yaw=yaw)])
    return body, joints[:, :2], joints[:, 2]


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances of (18, 3) bodies after one was moved and turned onto the other."""
    a, b = one - one.mean(axis=0), other - other.mean(axis=0)
    u, _, v = np.linalg.svd(a.T @ b)
    keep = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    return np.linalg.norm(a @ u @ keep @ v - b, axis=1)


def off_the_picture(body: np.ndarray, places: np.ndarray) -> np.ndarray:
    """How far `body`, seen from yaw 0, misses `places`, as shares of a standing body's height."""
    seen = np.array([joint[:2] for joint in camera.project(body, width=WIDTH, height=HEIGHT)])
    return np.linalg.norm(seen - places, axis=1) / (guess.pixels_per_metre(seen, body[:, 2] * 0) * STATURE)


@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize("name", POSES)
def test_true_depths_give_the_body_back(name: str, yaw: float) -> None:
    body, places, depth = drawn(POSES[name], yaw)

    lifted = lift.lift(places, np.ones(18), depth)

    assert apart(lifted, body).max() < 0.02


@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize("name", POSES)
def test_without_depths_the_body_still_looks_like_the_picture(name: str, yaw: float) -> None:
    body, places, _depth = drawn(POSES[name], yaw)

    lifted = lift.lift(places, np.ones(18))

    assert np.median(off_the_picture(lifted, places)) < 0.02
    assert np.median(apart(lifted, body)) < 0.12


def test_a_knee_towards_the_camera_comes_to_the_front() -> None:
    _body, places, _depth = drawn(POSES["knee up"], 0)

    lifted = lift.lift(places, np.ones(18))

    assert lifted[9, 2] > lifted[8, 2] + 0.3
    assert lifted[10, 2] < lifted[9, 2] + 0.1


def test_a_body_from_behind_keeps_its_back_to_the_camera() -> None:
    _body, places, _depth = drawn(POSES["step"], 180)
    confidence = np.ones(18)
    confidence[[0, 14, 15]] = 0.0

    lifted = lift.lift(places, confidence)

    assert lifted[2, 0] > lifted[5, 0]
    assert lifted[0, 2] < (lifted[16, 2] + lifted[17, 2]) / 2


@pytest.mark.parametrize("name", POSES)
def test_limbs_have_the_figures_length_and_something_touches_the_ground(name: str) -> None:
    _body, places, depth = drawn(POSES[name], 30)
    wobbly = places + np.random.default_rng(3).normal(0, 6, places.shape)

    lifted = lift.lift(wobbly, np.ones(18), depth)

    assert np.linalg.norm(lifted[9] - lifted[8]) == pytest.approx(ADULT.thigh)
    assert np.linalg.norm(lifted[4] - lifted[3]) == pytest.approx(ADULT.forearm)
    lowest = min(lifted[10, 1] - 0.08, lifted[13, 1] - 0.08)
    assert lowest == pytest.approx(0.0, abs=1e-9)


def test_an_arm_that_was_not_found_hangs_like_the_other() -> None:
    body, places, _depth = drawn({}, 0)
    confidence = np.ones(18)
    confidence[[3, 4]] = 0.0
    places[[3, 4]] = 0.0

    lifted = lift.lift(places, confidence)

    assert apart(lifted, body)[[3, 4]].max() < 0.08


@settings(max_examples=30)
@given(scale=st.floats(0.01, 50), right=st.floats(-500, 500), down=st.floats(-500, 500))
def test_size_and_place_on_the_picture_do_not_matter(scale: float, right: float, down: float) -> None:
    _body, places, depth = drawn(POSES["waving"], 20)
    plain = lift.lift(places, np.ones(18), depth)

    moved = lift.lift(places * scale + [right, down], np.ones(18), depth * scale)

    np.testing.assert_allclose(moved, plain, atol=2e-3)


@needs_vision
def test_drawn_found_and_lifted_bodies_look_like_they_were_drawn() -> None:
    misses = []
    for angles in POSES.values():
        for yaw in (-45, 30):
            _body, places, _depth = drawn(angles, yaw)
            joints = camera.project(kinematics.keypoints(angles), width=WIDTH, height=HEIGHT, yaw=yaw)
            request = ImageRequest(prompt="", width=WIDTH, height=HEIGHT, seed=1, joints=joints, background="#EDEBE8")
            person = detect.detector().find(backends.get("preview").paint(request).image)[0]
            lifted = lift.lift(person.keypoints, person.confidence, person.depth)
            misses.append(off_the_picture(lifted, places))

    assert np.median(misses) < 0.04
    assert np.median(misses, axis=1).max() < 0.08
