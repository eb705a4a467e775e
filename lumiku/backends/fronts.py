"""What is seen on a clothed trunk: neck lines, collars, lapels, buttons, and what is worn over them.

Everything here is painted, layer over layer, on the solids of trunk and shoulders: a length across (`u`, towards the
figure's left) and one down (`v`, 0 at the neck), in metres. Shapes are how far inside of them a point lies.
"""

from collections.abc import Callable

import numpy as np

from lumiku.backends import fronts_over, prints
from lumiku.backends.anatomy import NECK, Body, Pattern
from lumiku.backends.prints import Sheet
from lumiku.backends.shapes import Array
from lumiku.backends.wardrobe import Look

#: Half width and depth of round neck lines by cut, metres.
ROUND = {"tee": (0.075, 0.062), "tank": (0.088, 0.115), "jersey": (0.068, 0.055), "sweater": (0.064, 0.040),
         "hoodie": (0.060, 0.050), "tunic": (0.064, 0.055), "gamis": (0.062, 0.05), "dress": (0.085, 0.085),
         "choli": (0.085, 0.10)}  # fmt: skip
#: The same of pointed ones.
POINTED = {"blouse": (0.056, 0.125), "shirt": (0.047, 0.075), "scrubs": (0.068, 0.125), "kebaya": (0.058, 0.165),
           "gown": (0.094, 0.185), "kimono": (0.052, 0.085)}  # fmt: skip
#: Cuts that leave the shoulders bare, and how far from the middle, metres.
ARMHOLES = {"tank": 0.122, "gown": 0.108}
#: Tops that are worn inside of what is worn below.
TUCKED = frozenset({"blouse", "tee", "tank", "shirt"})


def of(body: Body, *, is_tail: bool = False) -> Pattern:
    """Return what colours trunk and shoulders of a dressed figure, or what of a top or jacket hangs below the waist."""
    look = body.look
    height = float(np.linalg.norm(body.points[NECK] - body.hips)) / body.scale
    cloth = prints.of(body, look.worn["choli" if look.cut("top") == "sari" else "top"])
    overs = fronts_over.of(body)

    def paint(points: Array, colour: Array) -> Array:
        sheet = prints.sheet(body, points, cloth(points, colour))
        neck = _neck(sheet, look)
        _sewn(sheet, look, neck)
        if not is_tail:
            _waist(sheet, look, height)
        if look.jacket is not None:
            fronts_over.jacket(sheet, look)
        _bare(sheet, look, neck)
        for over in overs:
            over(sheet, points)
        return sheet.shade

    return paint


def is_tucked(look: Look) -> bool:
    """Whether the top is worn inside of what is worn below."""
    worn = look.worn["top"]
    loose = (worn.cut == "shirt" and bool(worn.print)) or (worn.cut == "tee" and not look.female)
    return worn.cut in TUCKED and not loose and look.hijab is None


def _neck(sheet: Sheet, look: Look) -> Array:
    """How far inside of the neck line each point lies."""
    cut = "choli" if look.cut("top") == "sari" else look.cut("top")
    u, v = sheet.u, sheet.v
    if cut in POINTED:
        wide, deep = POINTED[cut]
        pointed = np.minimum(np.float32(wide) * (1 + np.minimum(v - 0.02, 0) / np.float32(deep)) - sheet.side, v + deep)
        return np.where(sheet.front | (v > 0.0), pointed, -1)
    wide, deep = ROUND.get(cut, ROUND["tee"])
    if look.jacket is not None and cut == "tee":
        wide, deep = 0.062, 0.05
    narrowing = np.float32(wide) - np.clip(v, 0, 0.05) * np.float32(0.3)  # cloth climbs towards the neck
    round_: Array = (1 - np.hypot(u / narrowing, np.minimum(v - 0.03, 0) / (deep + 0.03))) * np.float32(wide)
    return np.where(sheet.front | (v > -0.005), round_, -1)


def _bare(sheet: Sheet, look: Look, neck: Array) -> None:
    """Lay skin where the cloth leaves it free."""
    skin, cut = prints.linear(look.skin), look.cut("top")
    if cut in ARMHOLES and look.jacket is None and look.hijab is None:
        hole = sheet.side - np.float32(ARMHOLES[cut]) - np.clip((-sheet.v - 0.03) * 0.36, 0, 0.08)
        sheet.lay(skin, np.where(sheet.v > -0.19, hole, -1), around=True)
    sheet.lay(skin, np.maximum(neck, np.minimum(sheet.v - 0.032, 0.062 - sheet.side)), around=True)


def _waist(sheet: Sheet, look: Look, height: float) -> None:
    """Paint what is worn below, with its band, under a top that is tucked in."""
    if is_tucked(look):
        below, hem = prints.linear(look.bottom), np.float32(0.105 - height)
        sheet.lay(below, hem - sheet.v, around=True)
        sheet.lay(below * 0.6, np.float32(0.0025) - np.abs(sheet.v - hem + 0.034), around=True)
    elif look.worn["top"] is not look.worn["bottom"]:
        sheet.lay(prints.linear(look.bottom), np.float32(-0.02 - height) - sheet.v)


def _sewn(sheet: Sheet, look: Look, neck: Array) -> None:
    """Paint what belongs to the cut: trims, plackets, pockets."""
    worn = look.worn["top"]
    colour = prints.linear(look.top)
    SEWN.get(worn.cut, _trim)(sheet, colour, neck)


def _trim(sheet: Sheet, colour: Array, neck: Array) -> None:
    sheet.lay(colour * 0.72, np.float32(0.0055) - np.abs(neck + 0.005))


def _knit(sheet: Sheet, colour: Array, neck: Array) -> None:
    sheet.lay(colour * 0.86, np.float32(0.011) - np.abs(neck + 0.010), around=True)
    rows = np.float32(0.0016) - np.abs((sheet.v / 0.022) % 1 - 0.5) * np.float32(0.022)
    sheet.lay(colour * 0.93, np.where(neck < -0.022, rows, -1), around=True)


def _buttoned(sheet: Sheet, colour: Array, neck: Array) -> None:
    """Collar, placket and buttons."""
    u, v, side = sheet.u, sheet.v, sheet.side
    placket = np.where((v < -0.075) & (v > -0.60), np.float32(0.0016) - np.abs(u - 0.016), -1)
    sheet.lay(colour * 0.55, placket)
    row = (v / 0.078) % 1 - 0.5
    button = np.where(v < -0.075, np.float32(0.0052) - np.hypot(u - 0.002, row * 0.078), -1)
    sheet.lay(np.clip(colour * 0.45 + 0.08, 0, 1), button)
    flap = np.minimum(np.minimum(0.040 - np.abs(neck + 0.030), v + 0.105 - side * 0.30), 0.088 - side)
    sheet.lay(colour * 0.60, np.where(v > -0.12, flap, -1))
    sheet.lay(np.clip(colour * 1.06, 0, 1), np.where(v > -0.12, flap - 0.0028, -1))


def _blouse(sheet: Sheet, colour: Array, neck: Array) -> None:
    _trim(sheet, colour, neck)
    u, v = sheet.u, sheet.v
    sheet.lay(colour * 0.66, np.where(v < -0.125, np.float32(0.0014) - np.abs(u), -1))
    row = (v / 0.06) % 1 - 0.5
    sheet.lay(colour * 0.5 + 0.35, np.where(v < -0.13, np.float32(0.0046) - np.hypot(u - 0.006, row * 0.06), -1))


def _hoodie(sheet: Sheet, colour: Array, neck: Array) -> None:
    """Cords and a pouch."""
    line, side, v = colour * 0.45 + 0.035, sheet.side, sheet.v
    cord = np.where((v < -0.045) & (v > -0.215), np.float32(0.0038) - np.abs(side - 0.030 + v * 0.02), -1)
    sheet.lay(np.full(3, 0.72, np.float32), cord)
    slope = np.float32(0.150) - np.clip((v + 0.44) * 0.75, 0, 0.075)
    pouch = np.minimum(np.minimum(slope - side, v + 0.455), -0.315 - v)
    sheet.lay(line, np.float32(0.0026) - np.abs(pouch))
    _trim(sheet, colour, neck)


def _scrubs(sheet: Sheet, colour: Array, neck: Array) -> None:
    sheet.lay(colour * 0.66, np.float32(0.007) - np.abs(neck + 0.008))
    pocket = np.minimum(0.036 - np.abs(sheet.u - 0.085), 0.042 - np.abs(sheet.v + 0.185))
    sheet.lay(colour * 0.6, np.float32(0.0018) - np.abs(pocket))


def _jersey(sheet: Sheet, colour: Array, neck: Array) -> None:
    """Panels at the sides and a bright line beside them."""
    curve = np.float32(0.118) - np.clip((sheet.v + 0.30) * 0.12, -0.02, 0.05)
    dark = np.array([0.030, 0.030, 0.036], np.float32)
    sheet.lay(dark, np.where(sheet.v < -0.10, sheet.side - curve, -1), around=True)
    bright = np.float32(0.005) - np.abs(sheet.side - curve)
    sheet.lay(np.full(3, 0.85, np.float32), np.where(sheet.v < -0.10, bright, -1), around=True)
    _trim(sheet, colour, neck)


def _kebaya(sheet: Sheet, colour: Array, neck: Array) -> None:
    """A bright border along the opening, and three brooches on a chain."""
    gold = np.array([0.62, 0.45, 0.16], np.float32)
    border = np.clip(colour * 1.7 + 0.05, 0, 1)
    sheet.lay(border, np.float32(0.009) - np.abs(neck + 0.009))
    sheet.lay(border, np.where(sheet.v < -0.16, np.float32(0.008) - sheet.side, -1))
    for height in (0.185, 0.265, 0.345):
        sheet.lay(gold, np.float32(0.0115) - np.hypot(sheet.u, sheet.v + height))
        sheet.lay(gold * 1.5, np.float32(0.0045) - np.hypot(sheet.u - 0.002, sheet.v + height - 0.002))


def _gamis(sheet: Sheet, colour: Array, neck: Array) -> None:
    seam = np.float32(0.0016) - np.abs(sheet.side - 0.075 - np.clip(-sheet.v, 0, 0.6) * 0.02)
    sheet.lay(colour * 0.8, np.where(sheet.v < -0.12, seam, -1))


def _kimono(sheet: Sheet, colour: Array, neck: Array) -> None:
    """Collars that cross, the figure's left one on top, a white one under them."""
    u, v = sheet.u, sheet.v
    for sign in (-1.0, 1.0):  # the left side comes last: it lies on top
        line = sign * u - np.float32(0.058) - (v - 0.02) * np.float32(0.53)
        reach = v > (-0.36 if sign > 0 else -0.115)
        sheet.lay(colour * 0.45, np.where(reach, np.float32(0.0335) - np.abs(line - 0.022), -1))
        sheet.lay(np.clip(colour * 1.25 + 0.01, 0, 1), np.where(reach, np.float32(0.031) - np.abs(line - 0.022), -1))
        white = np.where(v > -0.13, np.float32(0.008) - np.abs(line + 0.006), -1)
        sheet.lay(np.full(3, 0.9, np.float32), white)


SEWN: dict[str, Callable[[Sheet, Array, Array], None]] = {
    "shirt": _buttoned, "blouse": _blouse, "sweater": _knit, "hoodie": _hoodie, "scrubs": _scrubs, "jersey": _jersey,
    "kebaya": _kebaya, "gamis": _gamis, "kimono": _kimono,
}  # fmt: skip
