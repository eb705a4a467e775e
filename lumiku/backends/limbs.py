"""Arms, hands, legs and shoes round the joints of a figure.

Joints end at wrist and ankle, so how hands and feet lie is inferred: palms from the plane of the elbow, soles from
shin and ground. A hand that would run into the body or the ground is laid upon it, which is what makes "hand on
hip" read as such.
"""

from collections.abc import Callable, Sequence

import numpy as np

from lumiku.backends.anatomy import LEGS, NECK, Body, Vector, smoothed, unit, without
from lumiku.backends.shapes import Array, Part

#: Numbers of three joints of a limb, root first, and the sign of its side.
Limb = tuple[int, int, int, float]


def arm_parts(body: Body, arm: Limb, sleeve: Vector, skin: Vector) -> list[Part]:
    """Upper arm and forearm, in cloth as far as the sleeves reach, bare below."""
    shoulder, elbow, wrist, _ = arm
    a, b, c = body.points[[shoulder, elbow, wrist]]
    a = a + (body.points[NECK] - a) * (0.09 if body.look.female else 0.03) - body.trunk[1] * 0.006 * body.scale
    thin = (0.86 if body.look.female else 1.0) * (1 + (body.look.girth - 1) * 0.7)
    profile = (
        (a, 0.0, 0.054),
        (a + (b - a) * 0.45, 0.45, 0.048),
        (b, 1.0, 0.040),
        (b + (c - b) * 0.25, 1.25, 0.041),
        (b + (c - b) * 0.62, 1.62, 0.034),
        (c, 2.0, 0.0265),
    )
    return _dressed(body, profile, thin, sleeve, skin, body.look.sleeves, 0.009)


def leg_parts(body: Body, leg: Limb, cloth: Vector, skin: Vector, reach: float, loose: float) -> list[Part]:
    """Thigh and shin, in cloth down to `reach` (1 knee, 2 ankle), `loose` metres wide of the skin at the hem."""
    hip, knee, ankle, sign = leg
    a, b, c = body.points[[hip, knee, ankle]]
    a = a + body.pelvis[0] * (-sign) * 0.008 * body.scale
    back = unit(without(_sole(body, leg)[1] * -1, unit(c - b))) * body.scale
    thin = (1.0 if body.look.female else 0.97) * (1 + (body.look.girth - 1) * 0.8)
    profile = (
        (a, 0.0, 0.088),
        (a + (b - a) * 0.4, 0.4, 0.076),
        (b, 1.0, 0.054),
        (b + (c - b) * 0.3 + back * 0.010, 1.3, 0.053),
        (b + (c - b) * 0.65, 1.65, 0.041),
        (c, 2.0, 0.034),
    )
    parts = _dressed(body, profile, thin, cloth, skin, reach, loose)
    seat = body.points[hip] - body.pelvis[2] * 0.035 * body.scale - body.pelvis[1] * 0.01 * body.scale
    if cloth is skin:  # a skirt covers it
        return parts
    return [*parts, body.limb(seat, seat, 0.088 * thin, 0.088 * thin, body.look.bottom, melt=0.05)]


def _dressed(
    body: Body,
    profile: Sequence[tuple[Vector, float, float]],
    thin: float,
    cloth: Vector,
    skin: Vector,
    reach: float,
    loose: float,
) -> list[Part]:
    at = np.array([t for _, t, _ in profile])
    steps = np.unique(np.concatenate([np.linspace(0, 2, 11), [min(reach, 2.0)]]))
    thick = smoothed(steps, at, [radius * thin for _, _, radius in profile])
    line = np.array([[np.interp(t, at, [place[axis] for place, _, _ in profile]) for axis in range(3)] for t in steps])
    bare = [(line[i], thick[i]) for i in range(len(steps)) if steps[i] >= reach - 0.25]
    worn = [(line[i], thick[i] + loose * (0.6 + 0.4 * min(1.0, t))) for i, t in enumerate(steps) if t <= reach]
    # Cloth is laid after the skin below it, so that the hem is blended with skin.
    layer = float(line[:, 2].mean())
    parts = [body.sweep(bare, skin, melt=0.03, gloss=0.05, layer=layer)] if len(bare) > 1 else []
    if len(worn) > 1:
        edge = hem(body, worn[-1][0], worn[-1][0] - worn[-2][0])
        even = 0.012 * body.scale
        parts.append(body.sweep(worn, cloth, melt=0.03, smooth=even, cut=edge, layer=layer + 0.01 * body.scale))
    return parts


def hem(body: Body, place: Vector, onward: Vector) -> Callable[[Array], Array]:
    """A cut that ends cloth at `place`, straight across the direction `onward`."""
    direction, limit = unit(onward).astype(np.float32), np.float32(place @ unit(onward))

    def kept(points: Array) -> Array:
        inside: Array = np.clip(0.5 + limit - points @ direction, 0, 1)
        return inside

    return kept


def hand_parts(body: Body, arm: Limb, skin: Vector) -> list[Part]:
    """A relaxed hand: palm, four slightly curled fingers, thumb."""
    along, palm, thumb = _hand_frame(body, arm)
    s, wrist = body.scale, body.points[arm[2]]
    size = 0.93 if body.look.female else 1.02
    knuckles = wrist + along * 0.082 * s * size
    metric = np.array([unit(along), thumb, palm * 1.9])
    parts = [body.limb(wrist, knuckles, 0.027 * size, 0.037 * size, skin, metric=metric, melt=0.02, gloss=0.05)]
    for place, length in ((0.027, 0.070), (0.009, 0.080), (-0.009, 0.075), (-0.026, 0.060)):
        start = knuckles + thumb * place * s * size
        bend = start + unit(along + palm * 0.25 + thumb * place * 3) * length * 0.52 * s * size
        tip = bend + unit(along + palm * 0.65) * length * 0.48 * s * size
        parts += [
            body.limb(start, bend, 0.0105 * size, 0.0095 * size, skin, melt=0.006),
            body.limb(bend, tip, 0.0095 * size, 0.0075 * size, skin, melt=0.006),
        ]
    root = wrist + (along * 0.022 + thumb * 0.022) * s * size
    joint = root + unit(along * 0.8 + thumb * 0.6 + palm * 0.3) * 0.045 * s * size
    tip = joint + unit(along + thumb * 0.15 + palm * 0.2) * 0.034 * s * size
    return [
        *parts,
        body.limb(root, joint, 0.0165 * size, 0.0115 * size, skin, melt=0.012),
        body.limb(joint, tip, 0.0115 * size, 0.009 * size, skin, melt=0.006),
    ]


def _hand_frame(body: Body, arm: Limb) -> tuple[Vector, Vector, Vector]:
    """Unit vectors: along the hand, out of the palm, towards the thumb."""
    shoulder, elbow, wrist, sign = arm
    upper, lower = unit(body.points[elbow] - body.points[shoulder]), unit(body.points[wrist] - body.points[elbow])
    hinge = np.cross(upper, lower) * sign
    straight = float(np.linalg.norm(hinge))
    inward = -body.trunk[0] * sign
    palm = unit(without(hinge + inward * max(0.0, 0.35 - straight), lower))
    along, away = _laid(body, body.points[wrist], lower)
    if away is not None:
        palm = unit(without(-away, along))
    thumb = np.cross(along, palm) * -sign
    return along, palm, thumb


def _laid(body: Body, wrist: Vector, along: Vector) -> tuple[Vector, Vector | None]:
    """The direction of a hand that does not run into the ground or the body, and where it lies upon it: its outside."""
    tip = wrist + along * 0.15 * body.scale
    if body.height(tip) < 0.02 and body.height(wrist) < 0.16:
        ahead = unit(without(along, body.upright))
        if float(along @ body.upright) < -0.8:
            ahead = unit(
                without(body.trunk[1] if abs(body.trunk[1] @ body.upright) < 0.8 else body.trunk[2], body.upright)
            )
        return unit(ahead - body.upright * 0.12), body.upright
    for axis, middle, radii in _obstacles(body):
        inside = (tip - middle) @ axis.T / (np.array(radii) * body.scale)
        if float(np.linalg.norm(inside)) < 1.0:
            out = (wrist - middle) @ axis.T / (np.array(radii) * body.scale) ** 2
            normal = unit(out @ axis)
            return unit(without(along, normal) + normal * 0.08), normal
    return along, None


def _obstacles(body: Body) -> list[tuple[Vector, Vector, tuple[float, float, float]]]:
    """Ellipsoids that stand for belly, chest, thighs and head: axes as rows, middle, radii in metres."""
    spine = body.points[NECK] - body.hips
    middle, head = body.head
    found = [
        (body.pelvis, body.hips + spine * 0.15, (0.175, 0.22, 0.125)),
        (body.trunk, body.hips + spine * 0.65, (0.165, 0.24, 0.125)),
        (head, middle + head[1] * 0.02 * body.scale, (0.085, 0.13, 0.105)),
    ]
    for hip, knee, _, _ in LEGS:
        bone = unit(body.points[knee] - body.points[hip])
        side = unit(without(body.pelvis[0], bone))
        frame = np.array([side, bone, np.cross(side, bone)])
        found.append((frame, (body.points[hip] + body.points[knee]) / 2, (0.085, 0.27, 0.085)))
    return found


def _sole(body: Body, leg: Limb) -> tuple[Vector, Vector]:
    """Unit vectors of a foot: down through the sole, and ahead to the toes."""
    hip, knee, ankle, _ = leg
    thigh, shin = unit(body.points[knee] - body.points[hip]), unit(body.points[ankle] - body.points[knee])
    bend = without(thigh, shin)
    front = body.pelvis[2] * max(0.0, 0.5 - float(np.linalg.norm(bend))) * 2 + bend * 2
    ahead = unit(without(front, shin))
    height = body.height(body.points[ankle])
    if height < 0.22 and float(shin @ body.upright) < -0.35:
        flat = unit(without(without(ahead, body.upright) + without(body.pelvis[2], body.upright) * 0.3, body.upright))
        drop = float(np.clip((height - 0.085) / 0.15, 0.0, 0.9))
        ahead = unit(flat - body.upright * drop / np.sqrt(1 - drop * drop))
        return unit(without(-body.upright, ahead)), ahead
    if height < 0.16:  # the shin lies on the ground: toes point on along it, or up if the figure lies on its back
        ahead = unit(ahead * 0.6 + shin * 0.5) if float(ahead @ body.upright) > 0.2 else unit(shin - body.upright * 0.1)
    else:
        ahead = unit(ahead + shin * 0.35)
    return unit(without(shin, ahead)), ahead


def shoe_parts(body: Body, leg: Limb, shoe: Vector) -> list[Part]:
    """A plain shoe with a sole."""
    down, ahead = _sole(body, leg)
    side, s = np.cross(down, ahead), body.scale
    ankle = body.points[leg[2]]
    heel = ankle + (down * 0.040 - ahead * 0.028) * s
    ball = ankle + (down * 0.050 + ahead * 0.105) * s
    toe = ankle + (down * 0.054 + ahead * 0.165) * s
    sole = (np.clip(shoe * 0.55 if shoe.mean() < 0.6 else shoe * 0.8, 0, 1) ** 2).astype(np.float32)

    def soled(points: Array, colour: Array) -> Array:
        low = ((points - ankle.astype(np.float32)) @ down.astype(np.float32)) > np.float32(0.062 * s)
        return np.where(low[:, None], sole, colour)

    metric = np.array([side * 0.92, ahead, down * 1.1])
    return [
        body.limb(heel, ball, 0.041, 0.043, shoe, metric=metric, pattern=soled, melt=0.02, gloss=0.06),
        body.limb(ball, toe, 0.043, 0.029, shoe, metric=metric, pattern=soled, melt=0.02, gloss=0.06),
        body.limb(ankle, ankle + (down * 0.03 + ahead * 0.05) * s, 0.036, 0.036, shoe, pattern=soled, melt=0.03),
    ]
