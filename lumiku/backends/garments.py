"""Clothes: what covers trunk, arms and legs of a figure."""

from lumiku.backends import feet, fronts, limbs, prints, skirts, wraps
from lumiku.backends.anatomy import ARMS, LEGS, Body
from lumiku.backends.limbs import Sleeve
from lumiku.backends.shapes import Part

#: How far down a leg trousers go (1 knee, 2 ankle), and how wide of the skin they are at the hem, metres: women, men.
TROUSERS = {
    "trousers": (1.97, 0.017, 0.024), "jeans": (1.94, 0.010, 0.017), "wide": (2.0, 0.048, 0.048),
    "cargo": (1.93, 0.032, 0.036), "shorts": (0.80, 0.020, 0.030), "leggings": (1.90, 0.002, 0.003),
    "joggers": (1.86, 0.018, 0.022),
}  # fmt: skip
#: The same of sleeves.
ARMS_EASE = {"tee": 0.015, "scrubs": 0.018, "hoodie": 0.017, "sweater": 0.013, "tank": 0.0, "gown": 0.0}


def dressed_parts(body: Body) -> list[Part]:
    """Trunk, arms, hands, legs and shoes in the clothes of the body's look."""
    look = body.look
    ease = 0.012 if look.jacket is not None or look.hijab is not None or look.cut("top") == "hoodie" else 0.004
    parts = body.trunk_parts(fronts.of(body), ease=ease)
    for arm in ARMS:
        parts += limbs.arm_parts(body, arm, _sleeve(body), look.skin) + limbs.hand_parts(body, arm, look.skin)
    for leg in LEGS:
        parts += limbs.leg_parts(body, leg, _trouser(body), look.skin) + feet.shoe_parts(body, leg)
    return parts + skirts.parts(body) + wraps.parts(body)


def _sleeve(body: Body) -> Sleeve:
    look = body.look
    if look.jacket is not None:
        return Sleeve(look.jacket, 2.0, 0.012)
    cloth = look.worn["choli" if look.cut("top") == "sari" else "top"]
    ease = ARMS_EASE.get(cloth.cut, 0.009)
    return Sleeve(cloth.colour, look.sleeves, ease, prints.of(body, cloth))


def _trouser(body: Body) -> Sleeve | None:
    look = body.look
    cloth = look.worn["bottom"]
    if cloth.cut in TROUSERS:
        reach, women, men = TROUSERS[cloth.cut]
        bare = look.hijab is not None and reach < 1.5
        ease, there = women if look.female else men, skirts.uncovered(body)
        return Sleeve(cloth.colour, 1.95 if bare else reach, ease, prints.of(body, cloth), there)
    if skirts.is_worn(body):
        return None
    return Sleeve(cloth.colour, 2.0, 0.034, prints.of(body, cloth))  # the legs are too far apart for a skirt
