import numpy as np
import pytest

from pose_generator.posing import camera, draw, kinematics, skeleton
from pose_generator.posing.skeleton import INDEX

SIZES = [(1024, 1024), (896, 1120), (864, 1152), (720, 1280), (1280, 720)]
WIDE = {"shoulders": [0, 90, 0], "hips": [0, 30, 0]}
TALL = {"shoulders": [175, 0, 0]}


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

    assert set(skeleton.JOINTS) - seen(joints) == hidden


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
