"""A seller's mark on an export: a logo or a line of text, in a corner or wherever it is wanted.

The typeface is the one that comes with Pillow and has Latin letters only: accents are left off, and what it cannot
draw is refused instead of appearing as boxes. Text is white with a soft dark edge: it can be read on any ground.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from lumiku.errors import Invalid

#: Where a mark may stand, as shares of the room that is left beside it.
POSITIONS: Final = {
    f"{row}_{column}" if row != "middle" or column != "center" else "center": (x, y)
    for row, y in (("top", 0.0), ("middle", 0.5), ("bottom", 1.0))
    for column, x in (("left", 0.0), ("center", 0.5), ("right", 1.0))
}
LONGEST_TEXT = 60
OPACITIES = (0.05, 1.0)
#: Width of the mark as a share of the picture's.
SIZES = (0.05, 0.8)
#: Distance to the edge, as a share of the shorter side.
EDGE = 0.03
#: No mark is higher than this share of the picture.
HIGHEST = 0.25
_DRAWN_AT = 100


class BadWatermark(Invalid):
    """The mark cannot be drawn; `fields` says what is wrong."""

    code = "bad_watermark"


@dataclass(frozen=True, kw_only=True)
class Watermark:
    """What is drawn on an export; raises BadWatermark for anything that cannot be."""

    text: str = ""
    logo: Image.Image | None = None
    """Any mode, best RGBA. Either this or `text`."""
    position: str = "bottom_right"
    opacity: float = 0.7
    size: float = 0.22

    def __post_init__(self) -> None:
        if bool(self.text) == bool(self.logo):
            raise _refusal("text", _("Send either a text or a logo."))
        if self.text:
            object.__setattr__(self, "text", printable(self.text))
        if self.position not in POSITIONS:
            positions = ", ".join(POSITIONS)
            raise _refusal("position", _("Choose one of: %(positions)s.") % {"positions": positions})
        for name, value, (least, most) in (("opacity", self.opacity, OPACITIES), ("size", self.size, SIZES)):
            if not least <= value <= most:
                raise _refusal(name, _("Choose %(least)s to %(most)s.") % {"least": least, "most": most})


def printable(text: str) -> str:
    """Return `text` in letters that can be drawn, on one line; raise BadWatermark if that leaves something out."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in ("Mn", "Cf"))
    line = " ".join(plain.split())
    if len(text) > LONGEST_TEXT or len(line) > LONGEST_TEXT:
        raise _refusal("text", _("At most %(number)d characters.") % {"number": LONGEST_TEXT})
    if unknown := "".join(sorted({c for c in line if c not in _letters()})):
        named = ascii(unknown)[1:-1] if not unknown.isprintable() else unknown
        raise _refusal("text", _("These characters cannot be drawn: %(characters)s") % {"characters": named})
    if not line:
        raise _refusal("text", _("Write at least one letter."))
    return line


def marked(picture: Image.Image, watermark: Watermark) -> Image.Image:
    """Return `picture` (RGB or RGBA) with the mark on it."""
    mark = _lettered(watermark, picture.size) if watermark.text else _fitted(watermark, picture.size)
    alpha = mark.getchannel("A")
    mark.putalpha(alpha.point([round(value * watermark.opacity) for value in range(256)]))
    edge = round(EDGE * min(picture.size))
    room = [max(0, side - 2 * edge - length) for side, length in zip(picture.size, mark.size, strict=True)]
    share = POSITIONS[watermark.position]
    at = (edge + round(share[0] * room[0]), edge + round(share[1] * room[1]))
    layer = Image.new("RGBA", picture.size)
    layer.paste(mark, at)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert(picture.mode)


def _fitted(watermark: Watermark, size: tuple[int, int]) -> Image.Image:
    """The logo at its width, RGBA."""
    assert watermark.logo is not None
    logo = watermark.logo.convert("RGBA")
    scale = min(watermark.size * size[0] / logo.width, HIGHEST * size[1] / logo.height)
    return logo.resize([max(1, round(side * scale)) for side in logo.size], Image.Resampling.LANCZOS)


def _lettered(watermark: Watermark, size: tuple[int, int]) -> Image.Image:
    """The text at its width, RGBA, with a dark edge that fades."""
    width = min(watermark.size * size[0], (1 - 2 * EDGE) * size[0])
    points = width / max(1.0, ImageFont.load_default(_DRAWN_AT).getlength(watermark.text)) * _DRAWN_AT
    points = max(6.0, min(points, HIGHEST / 2 * size[1]))
    font, soft = ImageFont.load_default(points), max(1, round(points / 12))
    left, top, right, bottom = (round(value) for value in font.getbbox(watermark.text))
    letters = Image.new("L", (right - left + 6 * soft, bottom - top + 6 * soft))
    ImageDraw.Draw(letters).text((3 * soft - left, 3 * soft - top), watermark.text, fill=255, font=font)
    dark = letters.filter(ImageFilter.GaussianBlur(soft)).point([min(255, round(1.1 * value)) for value in range(256)])
    mark = Image.new("RGBA", letters.size)
    mark.putalpha(dark)
    white = Image.new("RGBA", letters.size, "white")
    white.putalpha(letters)
    return Image.alpha_composite(mark, white)


@cache
def _letters() -> frozenset[str]:
    """The characters that the typeface has: the others all look like the one that nobody has."""
    font = ImageFont.load_default(40)
    nobody = bytes(font.getmask("\uffff"))
    candidates = [
        chr(code) for block in (range(0x20, 0x7F), range(0xA1, 0x250), range(0x2010, 0x2123)) for code in block
    ]
    return frozenset(c for c in candidates if c == " " or bytes(font.getmask(c)) not in (nobody, b""))


def _refusal(field: str, sentence: str) -> BadWatermark:
    return BadWatermark(_("The watermark cannot be drawn."), fields={field: [sentence]})
