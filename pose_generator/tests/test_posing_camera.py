import time

import numpy as np
import pytest

from pose_generator.posing import angles, camera, draw, kinematics, skeleton
from pose_generator.posing.skeleton import FACE, INDEX
from pose_generator.tests import curated

SIZES = [(1024, 1024), (896, 1120), (864, 1152), (720, 1280), (1280, 720)]
WIDE = {"shoulders": [0, 90, 0], "hips": [0, 30, 0]}
TALL = {"shoulders": [175, 0, 0]}


FACES = {skeleton.JOINTS[number] for number in FACE}
CAMERAS = [(yaw, (0, 25, -15, 50)[number % 4]) for number, yaw in enumerate(range(0, 360, 45))]


@pytest.fixture(scope="module")
def starter():
    return {pose.slug: np.array(pose.keypoints) for pose in curated.starter().poses}


def seen(joints):
    return {name for name, joint in zip(skeleton.JOINTS, joints, strict=True) if joint[3]}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("angles", [{}, WIDE, TALL, {"pelvis": [90, 0, 90]}])
@pytest.mark.parametrize("view", [(0, 0), (50, 20), (180, -15)])
def test_no_joint_comes_near_the_edge_whatever_pose_ratio_and_view(size, angles, view):
    width, height = size

    joints = camera.project(kinematics.keypoints(angles), width=width, height=height, yaw=view[0], pitch=view[1])

    for x, y, _, _ in joints:
        assert 0.05 * width < x < 0.95 * width
        assert 0.05 * height < y < 0.95 * height


def test_a_standing_figure_fills_most_of_the_height():
    joints = camera.project(kinematics.keypoints({}), width=1024, height=1024)

    assert joints[INDEX["left_ankle"]][1] - joints[INDEX["nose"]][1] > 0.65 * 1024


def test_the_left_hand_is_on_the_right_of_a_picture_from_the_front_and_on_the_left_from_behind():
    points = kinematics.keypoints(WIDE)

    front = camera.project(points, width=512, height=512)
    back = camera.project(points, width=512, height=512, yaw=180)

    assert front[INDEX["left_wrist"]][0] > 256 > back[INDEX["left_wrist"]][0]


def test_z_grows_towards_the_camera():
    joints = camera.project(kinematics.keypoints({"left_shoulder": 90}), width=512, height=512)

    assert joints[INDEX["left_wrist"]][2] > joints[INDEX["right_wrist"]][2] + 100


def test_a_limb_near_the_camera_looks_a_little_larger():
    points = kinematics.keypoints({})
    near, far = points.copy(), points
    near[INDEX["left_knee"], 2] += 0.5

    nearer, farther = (camera.project(p, width=1024, height=1024)[INDEX["left_knee"]][0] for p in (near, far))

    assert 1.02 < (nearer - 512) / (farther - 512) < 1.25


@pytest.mark.parametrize(
    ("yaw", "hidden"),
    [
        (0, set()),
        (90, {"right_eye", "right_ear"}),
        (-90, {"left_eye", "left_ear"}),
        (180, {"nose", "right_eye", "left_eye"}),
    ],
)
def test_face_joints_that_look_away_are_hidden(yaw, hidden):
    joints = camera.project(kinematics.keypoints({}), width=512, height=512, yaw=yaw)

    assert FACES - seen(joints) == hidden


def places(joints):
    return np.array([joint[:3] for joint in joints])


def test_known_places_turn_with_the_camera_and_come_to_known_pixels():
    frame = {"turn": camera.framing(kinematics.keypoints({}), width=100, height=100).turn, "pivot": np.zeros(3)}
    plain = camera.Framing(**frame, distance=6.0, scale=100.0, shift=(500.0, 400.0))

    pixels = plain.pixels(np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [1.0, 1.0, 3.0], [-0.6, -0.6, -6.0]]))

    assert pixels == pytest.approx(
        np.array([[600, 400, 0], [500, 200, 0], [700, 200, 300], [470, 430, -600]], dtype=float)
    )


@pytest.mark.parametrize(
    ("yaw", "pitch", "turned"),
    [
        (0, 0, [1, 2, 3]),
        (90, 0, [-3, 2, 1]),
        (180, 0, [-1, 2, -3]),
        (-90, 0, [3, 2, -1]),
        (0, 90, [1, -3, 2]),
        (90, 90, [-3, -1, 2]),
    ],
)
def test_a_camera_that_walks_and_climbs_sees_a_known_place_where_it_must_be(yaw, pitch, turned):
    points = kinematics.keypoints({})
    view = camera.framing(points, width=512, height=512, yaw=yaw, pitch=pitch)

    place = view.turned(view.pivot + np.array([[1.0, 2.0, 3.0]]))

    assert place[0] == pytest.approx(turned)


def test_a_mirrored_picture_is_the_picture_of_the_mirrored_pose_from_the_other_side(starter):
    for points in starter.values():
        mirrored = camera.project(points, width=896, height=1120, yaw=35, pitch=10, mirror=True)
        other = camera.project(angles.mirror(points), width=896, height=1120, yaw=-35, pitch=10)

        assert places(mirrored) == pytest.approx(places(other))
        assert seen(mirrored) == seen(other)


def test_mirroring_takes_x_to_the_other_side_and_changes_right_and_left():
    plain = camera.project(kinematics.keypoints(WIDE), width=896, height=1120, yaw=20)

    mirrored = camera.project(kinematics.keypoints(WIDE), width=896, height=1120, yaw=20, mirror=True)

    assert mirrored[INDEX["right_wrist"]][0] == pytest.approx(896 - plain[INDEX["left_wrist"]][0])
    assert mirrored[INDEX["nose"]][0] == pytest.approx(896 - plain[INDEX["nose"]][0])


def test_a_lens_of_50_mm_shows_a_shoulder_at_3_m_as_large_as_film_does():
    points = kinematics.keypoints({})

    joints = camera.project(points, width=1500, height=1000, distance=3, focal=50)

    depth = 3 - (points[INDEX["left_shoulder"], 2] - points[:, 2].mean())
    on_film = 50 * 0.34 / depth
    shoulders = joints[INDEX["left_shoulder"]][0] - joints[INDEX["right_shoulder"]][0]
    assert shoulders == pytest.approx(on_film / 36 * 1500, rel=1e-6)


def test_the_distance_changes_how_strong_the_perspective_is_but_not_that_the_figure_fills_the_picture():
    points = kinematics.keypoints({"left_shoulder": 90})

    near, far = (camera.project(points, width=512, height=512, distance=metres) for metres in (2.0, 30.0))

    size = [places(joints)[:, 1].max() - places(joints)[:, 1].min() for joints in (near, far)]
    reach = [joints[INDEX["left_wrist"]][0] - joints[INDEX["left_shoulder"]][0] for joints in (near, far)]
    assert size[0] == pytest.approx(size[1], rel=0.1)
    assert reach[0] > 5 * abs(reach[1])


def test_a_camera_in_the_figure_is_refused_with_the_distance_that_would_do():
    with pytest.raises(camera.TooNear, match=r"0\.4 m away; this pose needs 0\.\d m"):
        camera.project(kinematics.keypoints({}), width=512, height=512, distance=0.4)


def test_nothing_of_any_pose_leaves_any_picture_from_any_side(starter):
    for points in starter.values():
        ears = (points[INDEX["right_ear"]] + points[INDEX["left_ear"]]) / 2
        up = ears - points[INDEX["neck"]]
        body = [points, [ears + up / np.linalg.norm(up) * 0.13]]
        body += [[points[INDEX[f"{side}_ankle"]] - [0.0, 0.08, 0.0]] for side in ("right", "left")]
        for yaw, pitch in CAMERAS:
            for width, height in SIZES:
                view = camera.framing(points, width=width, height=height, yaw=yaw, pitch=pitch)

                x, y, _ = view.pixels(np.concatenate(body)).T

                assert 0.05 * width < x.min() <= x.max() < 0.95 * width
                assert 0.05 * height < y.min() <= y.max() < 0.95 * height


@pytest.mark.drill
def test_every_pose_is_drawn_from_eight_cameras_within_a_minute(starter):
    start = time.perf_counter()

    for points in starter.values():
        for yaw, pitch in CAMERAS:
            joints = camera.project(points, width=1024, height=1024, yaw=yaw, pitch=pitch)
            assert draw.openpose(joints, width=1024, height=1024).getbbox()

    spent = time.perf_counter() - start
    print(f"{8 * len(starter)} drawings in {spent:.1f} s")
    assert spent <= 60


def test_the_far_arm_and_leg_are_hidden_behind_the_body_from_the_side():
    joints = camera.project(kinematics.keypoints({}), width=512, height=512, yaw=90)

    hidden = set(skeleton.JOINTS) - seen(joints) - FACES
    assert hidden == {"right_elbow", "right_wrist", "right_knee", "right_ankle"}


@pytest.mark.parametrize(
    ("z", "yaw", "shown"), [(0.2, 0, True), (-0.2, 0, False), (-0.2, 180, True), (0.2, 180, False)]
)
def test_a_hand_before_the_trunk_is_seen_and_one_behind_it_is_not(z, yaw, shown):
    points = kinematics.keypoints({})
    points[INDEX["left_wrist"]] = [0.02, 1.15, z]

    joints = camera.project(points, width=512, height=512, yaw=yaw)

    assert joints[INDEX["left_wrist"]][3] is shown


def test_touching_hides_nothing():
    points = kinematics.keypoints({})
    points[INDEX["right_wrist"]] = points[INDEX["left_elbow"]] + [0.0, 0.0, 0.07]
    points[INDEX["right_elbow"]] = points[INDEX["right_wrist"]] - [0.25, 0.0, 0.0]

    joints = camera.project(points, width=512, height=512)

    assert {"left_elbow", "right_wrist"} <= seen(joints)


def test_a_forearm_well_before_the_face_hides_it():
    points = kinematics.keypoints({})
    before = points[INDEX["nose"]] + [0.0, 0.0, 0.25]
    points[INDEX["right_elbow"]] = before - [0.2, 0.0, 0.0]
    points[INDEX["right_wrist"]] = before - [-0.1, 0.0, 0.0]

    joints = camera.project(points, width=512, height=512)

    assert not joints[INDEX["nose"]][3]


def test_neck_shoulders_and_hips_are_always_drawn(starter):
    trunk = {"neck", "right_shoulder", "left_shoulder", "right_hip", "left_hip"}
    for points in starter.values():
        for yaw, pitch in CAMERAS:
            assert trunk <= seen(camera.project(points, width=512, height=512, yaw=yaw, pitch=pitch))


def test_limbs_and_joints_are_as_thick_as_in_the_training_pictures():
    lying = [(0.0, 0.0, 0.0, False)] * 18
    lying[INDEX["left_elbow"]], lying[INDEX["left_wrist"]] = (100.0, 300.0, 0.0, True), (300.0, 300.0, 0.0, True)

    picture = np.asarray(draw.openpose(lying, width=512, height=910))

    assert (picture[:, 200] > 0).any(axis=1).sum() == pytest.approx(8, abs=1)
    disc = (picture == skeleton.COLOURS[INDEX["left_wrist"]]).all(axis=2)
    assert disc.sum(axis=0).max() == pytest.approx(8, abs=1)


def test_the_control_image_is_openpose_on_black_in_the_colours_of_the_training_set():
    joints = camera.project(kinematics.keypoints(WIDE), width=896, height=1120)

    picture = draw.openpose(joints, width=896, height=1120)

    assert picture.size == (896, 1120)
    assert picture.mode == "RGB"
    assert picture.getpixel((2, 2)) == (0, 0, 0)
    for number in range(1, 14):
        x, y, _, _ = joints[number]
        assert picture.getpixel((round(x), round(y))) == skeleton.COLOURS[number]
    elbow, wrist = (np.array(joints[INDEX[name]][:2]) for name in ("left_elbow", "left_wrist"))
    x, y = (elbow + wrist) / 2
    assert picture.getpixel((round(x), round(y))) == (51, 153, 0)


def test_hidden_joints_and_their_limbs_are_not_drawn():
    joints = list(camera.project(kinematics.keypoints(WIDE), width=512, height=512))
    x, y, z, _ = joints[INDEX["left_wrist"]]
    joints[INDEX["left_wrist"]] = (x, y, z, False)

    picture = draw.openpose(joints, width=512, height=512)

    assert picture.getpixel((round(x), round(y))) == (0, 0, 0)
    elbow = joints[INDEX["left_elbow"]]
    assert picture.getpixel((round((x + elbow[0]) / 2), round((y + elbow[1]) / 2))) == (0, 0, 0)
