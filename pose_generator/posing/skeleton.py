"""The OpenPose COCO-18 skeleton, as the pose ControlNets were trained on it.

Order, limb sequence and colours are facts of that training set, not taste: a control image with other colours or
another order is another language to the model. Facing the camera, the figure's left hand is on the right of the
picture.
"""

from typing import Final

JOINTS: Final = (
    "nose",
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_eye",
    "left_eye",
    "right_ear",
    "left_ear",
)

INDEX: Final = {name: number for number, name in enumerate(JOINTS)}

#: The 17 limbs that are drawn, as pairs of joint numbers, in the order of their colours.
LIMBS: Final = (
    (1, 2),
    (1, 5),
    (2, 3),
    (3, 4),
    (5, 6),
    (6, 7),
    (1, 8),
    (8, 9),
    (9, 10),
    (1, 11),
    (11, 12),
    (12, 13),
    (1, 0),
    (0, 14),
    (14, 16),
    (0, 15),
    (15, 17),
)

#: RGB; number i colours joint i and, dimmed, limb i.
COLOURS: Final = (
    (255, 0, 0),
    (255, 85, 0),
    (255, 170, 0),
    (255, 255, 0),
    (170, 255, 0),
    (85, 255, 0),
    (0, 255, 0),
    (0, 255, 85),
    (0, 255, 170),
    (0, 255, 255),
    (0, 170, 255),
    (0, 85, 255),
    (0, 0, 255),
    (85, 0, 255),
    (170, 0, 255),
    (255, 0, 255),
    (255, 0, 170),
    (255, 0, 85),
)

#: Joints that sit on the head and can look away from the camera.
FACE: Final = tuple(INDEX[name] for name in ("nose", "right_eye", "left_eye", "right_ear", "left_ear"))
