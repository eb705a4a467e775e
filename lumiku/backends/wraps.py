"""What hangs on a figure besides its clothes: a hood, wide sleeves, a backpack, pockets, cuffs, an end of a sari."""

import numpy as np

from lumiku.backends import prints
from lumiku.backends.anatomy import ARMS, LEGS, NECK, Body, unit, without
from lumiku.backends.shapes import Part


def parts(body: Body) -> list[Part]:
    """All that the look has of these."""
    look, made = body.look, []
    if look.cut("top") == "hoodie" and look.jacket is None:
        made += _hood(body)
    if look.cut("top") == "kimono":
        made += _wide_sleeves(body)
    if look.cut("top") == "sari":
        made += _fall(body)
    if "backpack" in look.worn:
        made += _backpack(body)
    if look.cut("bottom") == "cargo":
        made += _pockets(body)
    if look.cut("bottom") == "joggers":
        made += _cuffs(body)
    return made


def _hood(body: Body) -> list[Part]:
    """A roll of cloth round the neck, higher and thicker behind."""
    left, up, front = body.trunk
    middle, s = body.points[NECK] + up * 0.030 * body.scale, body.scale
    balls = []
    for turn in np.linspace(-0.58, 0.58, 11) * np.pi:
        back = (1 - np.cos(turn + np.pi)) / 2  # 1 behind, 0 before
        place = middle + (left * np.sin(turn) * 0.084 - front * np.cos(turn) * 0.078 + up * (0.034 * back - 0.006)) * s
        balls.append((place, 0.016 + 0.026 * back))
    nape = middle - (front * 0.066 + up * 0.020) * s
    bag = body.limb(nape, nape - (up * 0.075 + front * 0.020) * s, 0.062, 0.050, body.look.top * 0.95, melt=0.03)
    return [bag, body.sweep(balls, body.look.top * 0.95, melt=0.015, smooth=0.008 * s)]


def _wide_sleeves(body: Body) -> list[Part]:
    """Bags of cloth that hang from the forearms."""
    cloth, made = body.look.worn["top"], []
    for shoulder, elbow, wrist, _ in ARMS:
        a, b, c = body.points[[shoulder, elbow, wrist]]
        fall = unit(-body.upright * 0.9 + unit(c - b) * 0.15)
        across = (
            unit(np.cross(unit(c - a), fall)) if np.linalg.norm(np.cross(unit(c - a), fall)) > 0.2 else body.trunk[2]
        )
        flat = unit(without(body.trunk[0] if abs(float(across @ body.trunk[0])) > 0.5 else across, fall))
        metric = np.array([flat * 2.6, fall, np.cross(flat, fall)])
        s = body.scale
        behind = body.trunk[2] * -0.045 * s
        balls = [(a + (b - a) * 0.5, 0.066), (b + behind * 0.4, 0.082), (c + behind + fall * 0.02 * s, 0.104),
                 (c + behind + fall * 0.17 * s, 0.112)]  # fmt: skip
        made.append(
            body.sweep(balls, cloth.colour, metric=metric, melt=0.02, pattern=prints.of(body, cloth), smooth=0.012 * s)
        )
    return made


def _fall(body: Body) -> list[Part]:
    """The end of a sari that falls from the left shoulder down the back."""
    cloth, s = body.look.worn["top"], body.scale
    left, up, front = body.trunk
    top = body.points[5] * 0.55 + body.points[NECK] * 0.45 - (front * 0.07 + up * 0.09) * s
    foot = top - body.upright * 0.95 * s - front * 0.10 * s + left * 0.06 * s
    metric = np.array([left * 0.9, up, front * 2.4])
    return [body.sweep([(top, 0.085), (foot, 0.125)], cloth.colour * 0.86, metric=metric, melt=0.02)]


def _backpack(body: Body) -> list[Part]:
    left, up, front = body.trunk
    s, colour = body.scale, body.look.worn["backpack"].colour
    middle = body.points[NECK] - front * 0.165 * s
    metric = np.array([left * 0.86, up, front * 1.35])
    return [
        body.limb(middle - up * 0.13 * s, middle - up * 0.36 * s, 0.135, 0.150, colour, metric=metric),
        body.limb(middle - front * 0.07 * s - up * 0.30 * s, middle - front * 0.07 * s - up * 0.36 * s, 0.10, 0.11,
                  colour * 0.85, metric=metric),
    ]  # fmt: skip


def _pockets(body: Body) -> list[Part]:
    """Flat boxes on the outside of the thighs."""
    made = []
    for hip, knee, _, sign in LEGS:
        a, b = body.points[hip], body.points[knee]
        bone = unit(b - a)
        out = unit(without(body.pelvis[0] * sign, bone))
        middle = a + (b - a) * 0.80 + (out * 0.078 + body.pelvis[2] * 0.012) * body.scale
        metric = np.array([bone, out * 2.6, np.cross(bone, out)])
        half = bone * 0.040 * body.scale
        made.append(
            body.limb(middle - half, middle + half, 0.052, 0.052, body.look.bottom * 0.9, metric=metric, melt=0.008)
        )
    return made


def _cuffs(body: Body) -> list[Part]:
    made = []
    for _, knee, ankle, _ in LEGS:
        a, b = body.points[[knee, ankle]]
        made.append(body.limb(a + (b - a) * 0.86, a + (b - a) * 0.93, 0.046, 0.042, body.look.bottom * 0.8, melt=0.004))
    return made
