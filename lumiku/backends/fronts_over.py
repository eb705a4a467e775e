"""What is worn over a top and seen on the trunk: jackets, and an apron, straps, a sash, an obi, a sari's end."""

from collections.abc import Callable

import numpy as np

from lumiku.backends import prints
from lumiku.backends.anatomy import Body
from lumiku.backends.prints import Sheet
from lumiku.backends.shapes import Array
from lumiku.backends.wardrobe import Look

Over = Callable[[Sheet, Array], None]
METAL = np.array([0.55, 0.56, 0.58], np.float32)
#: Half the width that an open jacket leaves free, metres.
OPEN = {"coat": 0.052, "open": 0.078}


def of(body: Body) -> list[Over]:
    """Return what is painted over the top and its jacket, in this order; each takes a sheet and its points."""
    return [paint(body) for slot, paint in OVERS.items() if slot in body.look.worn or slot == body.look.cut("top")]


def jacket(sheet: Sheet, look: Look) -> None:
    """Lay the jacket of the look over its shirt, and the tie between them."""
    colour = prints.linear(look.worn["jacket"].colour)
    if look.cut("jacket") in OPEN:
        _open(sheet, colour, OPEN[look.cut("jacket")], is_coat=look.cut("jacket") == "coat")
    else:
        _closed(sheet, colour, look)


def _closed(sheet: Sheet, colour: Array, look: Look) -> None:
    """A jacket that closes with two buttons under a V, with notched lapels."""
    u, v, side = sheet.u, sheet.v, sheet.side
    opening = np.clip((v + 0.36) * 0.20, -0.01, 0.062)
    if not look.female or "tie" in look.worn:
        tie = look.colour("tie")
        _tie(sheet, colour * 0.7 if tie is None else prints.linear(tie))
    sheet.lay(colour, np.where(sheet.front, side - opening, 1), around=True)
    lapel = np.clip((v + 0.36) * 0.36, 0, 0.125)
    sheet.lay(np.clip(colour * 1.22 + 0.004, 0, 1), np.where(v > -0.34, np.minimum(side - opening, lapel - side), -1))
    notch = np.where((v > -0.075) & (v < -0.02), np.float32(0.0022) - np.abs(v + 0.078 - (side - 0.06) * 0.55), -1)
    rim = np.where((v > -0.34) & (side > opening), np.float32(0.0022) - np.abs(side - lapel), -1)
    sheet.lay(colour * 0.42, np.maximum(rim, np.where((side > opening) & (side < lapel), notch, -1)))
    sheet.lay(colour * 0.42, np.where(v < -0.34, np.float32(0.0016) - np.abs(u - 0.014), -1))
    buttons = np.float32(0.0075) - np.minimum(np.hypot(u - 0.004, v + 0.375), np.hypot(u - 0.004, v + 0.452))
    sheet.lay(colour * 0.30, buttons)
    pocket = np.minimum(0.030 - np.abs(u - 0.100), 0.0035 - np.abs(v + 0.165 - (u - 0.1) * 0.06))
    sheet.lay(colour * 0.55, pocket)


def _tie(sheet: Sheet, colour: Array) -> None:
    v = sheet.v
    blade = np.float32(0.011) + np.clip(-v - 0.08, 0, 0.3) * np.float32(0.075)
    sheet.lay(colour, np.where(v < -0.07, blade - sheet.side, -1))
    knot = np.minimum(np.float32(0.019) + (v + 0.045) * 0.28 - sheet.side, 0.020 - np.abs(v + 0.058))
    sheet.lay(colour * 0.55, knot)
    sheet.lay(np.clip(colour * 1.2, 0, 1), knot - 0.0022)


def _open(sheet: Sheet, colour: Array, width: float, *, is_coat: bool) -> None:
    """A jacket that hangs open, with a collar."""
    u, v, side = sheet.u, sheet.v, sheet.side
    opening = np.float32(width) - np.clip(v + 0.10, 0, 0.1) * 0.10
    sheet.lay(colour, np.where(sheet.front, side - opening, 1), around=True)
    sheet.lay(colour * 0.5, np.float32(0.0026) - np.abs(side - opening))
    collar = np.clip((v + (0.27 if is_coat else 0.13)) * (0.34 if is_coat else 0.62), 0, 0.075)
    flap = np.where(v > (-0.27 if is_coat else -0.13), np.minimum(side - opening, opening + collar - side), -1)
    sheet.lay(colour * 0.62, flap)
    sheet.lay(np.clip(colour * 1.04, 0, 1), flap - 0.003)
    pocket = np.minimum(0.040 - np.abs(u - 0.122), 0.046 - np.abs(v + 0.20))
    sheet.lay(colour * 0.62, np.float32(0.0018) - np.abs(pocket))
    if is_coat:
        pen = np.minimum(0.0042 - np.abs(u - 0.118), 0.026 - np.abs(v + 0.165))
        sheet.lay(np.array([0.05, 0.12, 0.35], np.float32), pen)
    else:
        sheet.lay(colour * 0.62, np.where(pocket > 0, np.float32(0.0016) - np.abs(v + 0.172), -1))


def _apron(body: Body) -> Over:
    cloth = prints.of(body, body.look.worn["apron"])
    colour = prints.linear(body.look.worn["apron"].colour)

    def paint(sheet: Sheet, points: Array) -> None:
        side, v = sheet.side, sheet.v
        bib = np.minimum(np.float32(0.098) + np.clip(-v - 0.24, 0, 0.14) * 0.9 - side, -0.10 - v)
        strap = np.where(v > -0.105, np.float32(0.011) - np.abs(side - 0.082 + (v + 0.1) * 0.22), -1)
        sheet.lay(colour * 0.6, strap)
        share = np.where(sheet.front, np.clip(0.5 + bib * sheet.scale, 0, 1), 0).astype(np.float32)[:, None]
        sheet.shade = sheet.shade + (cloth(points, sheet.shade) - sheet.shade) * share
        sheet.lay(colour * 0.55, np.float32(0.002) - np.abs(bib - 0.004))
        sheet.lay(colour * 0.5, np.float32(0.010) - np.abs(v + 0.385), around=True)

    return paint


def _straps(body: Body) -> Over:
    colour = prints.linear(body.look.worn["backpack"].colour)

    def paint(sheet: Sheet, _points: Array) -> None:
        middle = np.float32(0.104) + np.clip(-sheet.v - 0.05, 0, 0.4) * np.float32(0.16)
        strap = np.where(sheet.v > -0.36, np.float32(0.024) - np.abs(sheet.side - middle), -1)
        sheet.lay(colour * 0.5, strap)
        sheet.lay(colour, strap - 0.004)
        buckle = np.minimum(strap, 0.011 - np.abs(sheet.v + 0.235))
        sheet.lay(colour * 0.3, buckle)

    return paint


def _stethoscope(body: Body) -> Over:
    colour = prints.linear(body.look.worn["stethoscope"].colour)

    def paint(sheet: Sheet, _points: Array) -> None:
        u, v, side = sheet.u, sheet.v, sheet.side
        line = side - np.float32(0.064) - np.clip(-v, 0, 0.3) * 0.10
        tube = np.where(v > -0.20, np.float32(0.0062) - np.abs(line), -1)
        sheet.lay(colour, tube, around=True)
        sheet.lay(METAL * 0.8, np.where(u < 0, np.minimum(np.abs(v + 0.225) * -1 + 0.028, 0.0045 - np.abs(line)), -1))
        head = np.float32(0.024) - np.hypot(u - 0.084, v + 0.222)
        sheet.lay(METAL * 0.45, head)
        sheet.lay(METAL * 1.3, head - 0.0045)
        sheet.lay(METAL * 0.8, head - 0.012)

    return paint


def _sash(body: Body) -> Over:
    colour = prints.linear(body.look.worn["sash"].colour)

    def paint(sheet: Sheet, _points: Array) -> None:
        lay_sash(sheet, colour)

    return paint


def lay_sash(sheet: Sheet, colour: Array) -> None:
    """Paint a band of woven cloth that hangs from the left shoulder, with lines along it."""
    across = sheet.u - np.float32(0.118) + np.clip(-sheet.v, 0, 0.5) * np.float32(0.03)
    band = np.float32(0.044) - np.abs(across)
    sheet.lay(colour * 0.45, band, around=True)
    sheet.lay(colour, band - 0.004, around=True)
    for place in (-0.024, 0.024):
        sheet.lay(colour * 0.42, np.minimum(band, np.float32(0.003) - np.abs(across - place)), around=True)
    rhomb = np.float32(0.012) - np.abs(across) - np.abs((sheet.v / 0.05) % 1 - 0.5) * np.float32(0.03)
    sheet.lay(colour * 0.42, np.minimum(band, rhomb), around=True)


def _obi(body: Body) -> Over:
    colour = prints.linear(body.look.worn["obi"].colour)
    gold = np.array([0.72, 0.55, 0.25], np.float32)

    def paint(sheet: Sheet, _points: Array) -> None:
        u, v = sheet.u, sheet.v
        band = np.minimum(-0.175 - v, v + 0.365)
        sheet.lay(colour * 0.35, band + 0.004, around=True)
        sheet.lay(colour, band, around=True)
        wave = np.abs((u / 0.07 + 0.5 * np.floor((v + 0.5) / 0.035)) % 1 - 0.5) * 0.07
        arc = np.float32(0.0028) - np.abs(np.hypot(wave, (v + 0.5) % 0.035) - 0.026)
        sheet.lay(np.clip(colour * 1.9 + 0.03, 0, 1), np.minimum(band - 0.006, arc), around=True)
        sheet.lay(gold * 0.5, np.float32(0.0085) - np.abs(v + 0.27), around=True)
        sheet.lay(gold, np.float32(0.006) - np.abs(v + 0.27), around=True)
        sheet.lay(gold * 0.6, np.float32(0.017) - np.hypot(u, v + 0.27))
        sheet.lay(np.array([0.85, 0.80, 0.70], np.float32), np.float32(0.0095) - np.hypot(u, v + 0.27))
        sheet.lay(np.array([0.80, 0.52, 0.45], np.float32), np.float32(0.007) - np.abs(v + 0.172), around=True)

    return paint


def _sari(body: Body) -> Over:
    """The end of the cloth: from the right hip over the breast and the left shoulder."""
    cloth, border = prints.linear(body.look.top), body.look.colour("border")
    gold = cloth * 0.5 if border is None else prints.linear(border)

    def paint(sheet: Sheet, _points: Array) -> None:
        u, v = sheet.u, sheet.v
        upper = np.float32(-0.055) + u * np.float32(0.92)
        covered = np.where(sheet.front, upper - v, np.minimum(u - 0.03, 1) * 1.0)
        covered = np.where(~sheet.front & (v < -0.36), 1, covered)
        sheet.lay(cloth, covered, around=True)
        crease = np.sin((v - u * 0.92) * 95 + u * 8) * 0.5 + 0.5
        fold = np.where(covered > 0.03, (crease - 0.72) * 0.01, -1)
        sheet.lay(cloth * 0.72, fold)
        rim = np.minimum(covered, np.float32(0.026) - covered)
        sheet.lay(gold, np.where(sheet.front, rim, -1))
        sheet.lay(gold * 0.45, np.where(sheet.front, np.float32(0.0022) - np.abs(covered - 0.019), -1))

    return paint


OVERS: dict[str, Callable[[Body], Over]] = {
    "sari": _sari, "obi": _obi, "sash": _sash, "stethoscope": _stethoscope, "apron": _apron, "backpack": _straps,
}  # fmt: skip
