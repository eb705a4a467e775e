"""What a healthy adult's joints can do, and which joint of a pose asks for more.

The ranges are the normal ranges of motion of the American Academy of Orthopaedic Surgeons (AAOS, "Joint Motion:
Method of Measuring and Recording"), widened by what 18 points cannot separate (the trunk's share in hip flexion, the
shoulder blade's in arm movement, the shin's turn in a deeply bent knee) and by what practised people do (lotus, wide
warrior, heel to seat). They refuse what nobody can do, not what few can.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_generator.posing import angles, kinematics
from pose_generator.posing.angles import SIDES

#: Degrees, least and most, by (joint, angle); "AAOS + margin" behind each.
RANGES: Final = {
    ("spine", "flexion"): (-45.0, 90.0),  # 25 and 80 + 20 and 10; only where angles are written down
    ("spine", "sideways"): (-50.0, 50.0),  # 35 + 15
    ("spine", "rotation"): (-60.0, 60.0),  # 45 + 15
    ("head", "flexion"): (-75.0, 65.0),  # 45 + 20, and 10 more back
    ("head", "sideways"): (-50.0, 50.0),  # 45 + 5
    ("head", "rotation"): (-85.0, 85.0),  # 60 to 80 + 5
    ("shoulder", "extension"): (-90.0, 70.0),  # 60 + 10 for a hanging arm, see RAISED
    ("shoulder", "adduction"): (-90.0, 60.0),  # 135 from the side = 45 + 15
    ("shoulder", "rotation"): (-105.0, 110.0),  # 90 out + 15, 70 in + 40 with the shoulder blade
    ("elbow", "flexion"): (0.0, 160.0),  # 150 + 10
    ("hip", "flexion"): (-50.0, 165.0),  # 30 + 20 and 120 + 45 with the lower back
    ("hip", "adduction"): (-80.0, 45.0),  # abduction 45 + 35 for a lifted or turned out leg, adduction 30 + 15
    ("hip", "rotation"): (-140.0, 65.0),  # 45; a lotus turns out by 115 to 120, a bent trunk adds 20; 45 + 20 inwards
    ("knee", "flexion"): (0.0, 160.0),  # 135, 155 with the heel at the seat + 5
}
#: An arm that is raised goes less far behind the body: degrees of elevation, most degrees of extension.
RAISED: Final = ((75.0, 150.0), (70.0, 40.0))
#: Above this elevation the turn of an arm cannot be told from the plane in which it was raised.
OVERHEAD: Final = 130.0
#: Keypoints are rounded, and a limb on the edge of its range is on its inner side.
SLACK: Final = 0.5


@dataclass(frozen=True)
class Violation:
    """A joint that is asked for more than it can do; degrees."""

    joint: str
    angle: str
    value: float
    limit: float

    def __str__(self) -> str:
        side = "at most" if self.value > self.limit else "at least"
        return f"{self.joint}: {self.angle} is {self.value:.0f}°, {side} {self.limit:.0f}° is possible"


def violations(keypoints: NDArray[np.float64], written: kinematics.Angles | None = None) -> list[Violation]:
    """Return what no body can do in the (18, 3) keypoints, joint by joint.

    `written` are the angles from which the keypoints were made, where there are any: keypoints do not show how the
    spine itself is bent, nor an elbow or knee that was bent backwards.
    """
    measured = angles.measure(keypoints)
    beyond = [
        Violation(joint, angle, value, limit)
        for (joint, angle), value in measured.items()
        if (limit := _passed(joint, angle, value, measured)) is not None
    ]
    return beyond + _written_violations(written or {})


def _passed(joint: str, angle: str, value: float, measured: dict[tuple[str, str], float]) -> float | None:
    """The limit that `value` passes, None within the range or without one."""
    kind = joint.removeprefix("left_").removeprefix("right_")
    if (kind, angle) not in RANGES:
        return None
    least, most = RANGES[kind, angle]
    if kind == "shoulder":
        elevation = measured[joint, "elevation"]
        if angle == "rotation" and elevation > OVERHEAD:
            return None
        if angle == "extension":
            most = float(np.interp(elevation, *RAISED))
    if value < least - SLACK:
        return least
    return most if value > most + SLACK else None


def _written_violations(written: kinematics.Angles) -> list[Violation]:
    spread = kinematics.both_sides(written)
    joints = ["spine", *(f"{side}_{name}" for side in SIDES for name in ("elbow", "knee"))]
    beyond = []
    for joint in joints:
        value = kinematics.triple(spread, joint)[0]
        least, most = RANGES[joint.split("_")[-1], "flexion"]
        if value < least or (joint == "spine" and value > most):
            beyond.append(Violation(joint, "flexion", value, least if value < least else most))
    return beyond
