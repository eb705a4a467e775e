"""Arms, hands, legs and shoes round the joints of a figure.

Joints end at wrist and ankle, so how hands and feet lie is inferred: palms from the plane of the elbow, soles from
shin and ground. A hand that would run into the body or the ground is laid upon it, which is what makes "hand on
hip" read as such.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lumiku.backends import feet
from lumiku.backends.anatomy import LEGS, NECK, Body, Pattern, Vector, smoothed, unit, without
from lumiku.backends.shapes import Array, Part

#: Numbers of three joints of a limb, root first, and the sign of its side.
Limb = tuple[int, int, int, float]


@dataclass(frozen=True)
class Sleeve:
    """The cloth round a limb, of an arm or a leg."""

    colour: Vector
    reach: float
    """How far down it goes: 0 shoulder or hip, 1 elbow or knee, 2 wrist or ankle."""
    loose: float
    """Metres wide of the skin at the hem."""
    pattern: Pattern | None = None
    there: Callable[[Array], Array] | None = None
    """points (n, 3) -> how much of the cloth is there, 0 to 1; None: all."""


def arm_parts(body: Body, arm: Limb, sleeve: Sleeve, skin: Vector) -> list[Part]:
    """Upper arm and forearm, in cloth as far as the sleeve reaches, bare below."""
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
    return _dressed(body, profile, thin, sleeve, skin)


def leg_parts(body: Body, leg: Limb, cloth: Sleeve | None, skin: Vector) -> list[Part]:
    """Thigh and shin, in cloth as far as it reaches; None for bare ones, which a skirt covers."""
    hip, knee, ankle, sign = leg
    a, b, c = body.points[[hip, knee, ankle]]
    a = a + body.pelvis[0] * (-sign) * 0.008 * body.scale
    back = unit(without(feet.sole(body, leg)[1] * -1, unit(c - b))) * body.scale
    thin = (1.0 if body.look.female else 0.97) * (1 + (body.look.girth - 1) * 0.8)
    profile = (
        (a, 0.0, 0.088),
        (a + (b - a) * 0.4, 0.4, 0.076),
        (b, 1.0, 0.054),
        (b + (c - b) * 0.3 + back * 0.010, 1.3, 0.053),
        (b + (c - b) * 0.65, 1.65, 0.041),
        (c, 2.0, 0.034),
    )
    if cloth is None:
        return _dressed(body, profile, thin, Sleeve(skin, 0.0, 0.0), skin)
    parts = _dressed(body, profile, thin, cloth, skin)
    seat = body.points[hip] - body.pelvis[2] * 0.035 * body.scale - body.pelvis[1] * 0.01 * body.scale
    return [
        *parts,
        body.limb(
            seat, seat, 0.088 * thin, 0.088 * thin, cloth.colour, melt=0.05, pattern=cloth.pattern, cut=cloth.there
        ),
    ]


def _dressed(
    body: Body,
    profile: Sequence[tuple[Vector, float, float]],
    thin: float,
    cloth: Sleeve,
    skin: Vector,
) -> list[Part]:
    reach, loose = cloth.reach, cloth.loose
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
        edge = both(hem(body, worn[-1][0], worn[-1][0] - worn[-2][0]), cloth.there)
        even = 0.012 * body.scale
        parts.append(
            body.sweep(
                worn,
                cloth.colour,
                melt=0.03,
                smooth=even,
                cut=edge,
                pattern=cloth.pattern,
                layer=layer + 0.01 * body.scale,
            )
        )
    return parts


def hem(body: Body, place: Vector, onward: Vector) -> Callable[[Array], Array]:
    """A cut that ends cloth at `place`, straight across the direction `onward`."""
    direction, limit = unit(onward).astype(np.float32), np.float32(place @ unit(onward))

    def kept(points: Array) -> Array:
        inside: Array = np.clip(0.5 + limit - points @ direction, 0, 1)
        return inside

    return kept


def both(first: Callable[[Array], Array], second: Callable[[Array], Array] | None) -> Callable[[Array], Array]:
    """A cut that keeps what both keep."""
    return first if second is None else lambda points: first(points) * second(points)


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
