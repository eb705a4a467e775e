"""From free words about clothes to garments: "navy blazer, ivory blouse" is two, each with a colour of its own.

English and Indonesian. Words are read between commas and joining words; in each piece the longest known name of a
garment decides what it is, and the longest known colour what colour. A colour that belongs to no garment is that of the
whole outfit.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

COLOURS = {
    "merah muda": "#E79AB0", "biru tua": "#22335C", "biru muda": "#9CC3E6", "hijau tua": "#2B4B3A", "navy": "#232F52",
    "maroon": "#6B2233", "marun": "#6B2233", "burgundy": "#6B2233", "pink": "#E79AB0", "rose": "#D98A93",
    "dusty rose": "#CF9A9C", "dusty pink": "#D3A5A4", "dusty": "#C9A29A", "mauve": "#A98296", "black": "#26262B",
    "hitam": "#26262B", "white": "#F1EFEA", "putih": "#F1EFEA", "off white": "#EDE8DC", "ivory": "#EFE6D2",
    "cream": "#EDE0C8", "krem": "#EDE0C8", "beige": "#D8C3A5", "khaki": "#B8A37E", "camel": "#B98B5A",
    "light grey": "#B9BCC0", "light gray": "#B9BCC0", "grey": "#8B8E94", "gray": "#8B8E94", "abu": "#8B8E94",
    "dark grey": "#55585F", "dark gray": "#55585F", "abu tua": "#55585F", "charcoal": "#43464D", "silver": "#BFC2C7",
    "perak": "#BFC2C7", "red": "#B5333A", "merah": "#B5333A", "coral": "#E8806A", "koral": "#E8806A",
    "peach": "#F0BFA0", "orange": "#DB7B3B", "oranye": "#DB7B3B", "jingga": "#DB7B3B", "terracotta": "#B5654A",
    "terakota": "#B5654A", "rust": "#A9552F", "mustard": "#C9982F", "gold": "#C9A44C", "emas": "#C9A44C",
    "yellow": "#E3C04F", "kuning": "#E3C04F", "olive": "#6F7146", "zaitun": "#6F7146", "sage": "#9CAB8F",
    "mint": "#A9D3BF", "emerald": "#1F6B52", "zamrud": "#1F6B52", "green": "#3F7D58", "hijau": "#3F7D58",
    "dark green": "#2B4B3A", "teal": "#2A7276", "tosca": "#48A7A0", "toska": "#48A7A0", "turquoise": "#48A7A0",
    "denim": "#4A6285", "indigo": "#2F3A6B", "nila": "#2F3A6B", "light blue": "#8FB2D6", "dark blue": "#22335C",
    "blue": "#3D64A8", "biru": "#3D64A8", "lavender": "#B4A5D0", "lilac": "#B4A5D0", "lilak": "#B4A5D0",
    "plum": "#5C3350", "magenta": "#B0286E", "purple": "#6A4A8C", "ungu": "#6A4A8C", "violet": "#6A4A8C",
    "light brown": "#A27C58", "brown": "#7A563D", "coklat": "#7A563D", "cokelat": "#7A563D", "dark brown": "#513728",
    "tan": "#C19A72",
}  # fmt: skip
#: Slot and cut of each named garment. Slots: jacket, top, bottom, shoes, and what is worn besides by its own name.
GARMENTS = {
    "blazer": "jacket blazer", "suit": "jacket suit", "jas": "jacket suit", "setelan": "jacket suit",
    "tuxedo": "jacket suit", "coat": "jacket coat", "doctor coat": "jacket coat", "lab coat": "jacket coat",
    "jas dokter": "jacket coat", "jas putih": "jacket coat", "mantel": "jacket coat", "overshirt": "jacket open",
    "kemeja luar": "jacket open", "cardigan": "jacket open", "kardigan": "jacket open", "jacket": "jacket open",
    "jaket": "jacket open", "outer": "jacket open",
    "shirt": "top shirt", "kemeja": "top shirt", "polo": "top shirt", "blouse": "top blouse", "blus": "top blouse",
    "t shirt": "top tee", "tee": "top tee", "kaus": "top tee", "kaos": "top tee", "top": "top tee",
    "atasan": "top tee", "tank top": "top tank", "singlet": "top tank", "yoga top": "top tank",
    "sports bra": "top tank", "running shirt": "top jersey", "jersey": "top jersey", "jersi": "top jersey",
    "sweater": "top sweater", "sweter": "top sweater", "jumper": "top sweater", "hoodie": "top hoodie",
    "scrubs": "top scrubs", "kebaya": "top kebaya", "tunic": "top tunic", "tunik": "top tunic",
    "trousers": "bottom trousers", "pants": "bottom trousers", "celana": "bottom trousers",
    "celana panjang": "bottom trousers", "slacks": "bottom trousers", "chinos": "bottom trousers",
    "wide trousers": "bottom wide", "palazzo": "bottom wide", "kulot": "bottom wide", "culottes": "bottom wide",
    "jeans": "bottom jeans", "jin": "bottom jeans", "cargo pants": "bottom cargo", "celana kargo": "bottom cargo",
    "shorts": "bottom shorts", "celana pendek": "bottom shorts", "leggings": "bottom leggings",
    "legging": "bottom leggings", "joggers": "bottom joggers", "jogger": "bottom joggers", "skirt": "bottom skirt",
    "rok": "bottom skirt", "long skirt": "bottom maxi", "rok panjang": "bottom maxi", "denim skirt": "bottom skirt",
    "long denim skirt": "bottom maxi", "batik skirt": "bottom kain", "kain": "bottom kain", "kain batik": "bottom kain",
    "sarong": "bottom kain", "sarung": "bottom kain", "jarik": "bottom kain",
    "dress": "whole dress", "gaun": "whole dress", "gown": "whole gown", "evening gown": "whole gown",
    "evening dress": "whole gown", "gaun malam": "whole gown", "gamis": "whole gamis", "gamis dress": "whole gamis",
    "abaya": "whole gamis", "kaftan": "whole gamis", "jubah": "whole gamis", "sari": "whole sari",
    "saree": "whole sari", "kimono": "whole kimono", "yukata": "whole kimono",
    "tie": "tie tie", "dasi": "tie tie", "apron": "apron apron", "celemek": "apron apron",
    "backpack": "backpack backpack", "ransel": "backpack backpack", "stethoscope": "stethoscope stethoscope",
    "stetoskop": "stethoscope stethoscope", "glasses": "glasses glasses", "kacamata": "glasses glasses",
    "selendang": "sash sash", "shawl": "sash sash", "obi": "obi obi", "border": "border border",
    "sari blouse": "choli choli", "choli": "choli choli",
    "shoes": "shoes shoes", "sepatu": "shoes shoes", "loafers": "shoes shoes", "sneakers": "shoes sneakers",
    "sneaker": "shoes sneakers", "heels": "shoes heels", "flats": "shoes flats", "sandals": "shoes sandals",
    "sandal": "shoes sandals", "tabi": "shoes tabi", "bare feet": "shoes bare", "barefoot": "shoes bare",
}  # fmt: skip
PRINTS = {"batik": "batik", "floral": "floral", "bunga": "floral", "paint": "paint", "noda cat": "paint",
          "lace": "lace", "renda": "lace", "brokat": "lace", "stripe": "stripes", "garis": "stripes"}  # fmt: skip
_JOINTS = re.compile(r"[,;/&+]|\b(?:with|and|over|dengan|dan|di atas)\b")


@dataclass(frozen=True)
class Cloth:
    """One garment."""

    cut: str
    """What it is: a word of GARMENTS, or the shape of a hijab."""
    colour: Vector
    """RGB, 0 to 1."""
    print: str = ""
    """What is on the cloth: batik, floral, paint, lace, stripes or nothing."""


@dataclass(frozen=True)
class Piece:
    """What one piece of the words says; "" or None where it says nothing."""

    slot: str
    cut: str
    colour: str | None
    """#RRGGBB."""
    print: str


def read(words: str) -> Iterator[Piece]:
    """Yield what each piece of `words` (any case) says, in their order."""
    for text in _JOINTS.split(words.lower()):
        piece = re.sub(r"[^a-z]+", " ", text).strip()
        slot, _, cut = (longest(GARMENTS, piece) or "").partition(" ")
        if piece:
            yield Piece(slot, cut, longest(COLOURS, piece), longest(PRINTS, piece) or "")


def longest(table: Mapping[str, str], words: str) -> str | None:
    """Return the entry of the longest key that stands in `words` as whole words, or None; of equal ones, the first."""
    found = _pattern(tuple(table)).findall(words)
    return table[max(found, key=len)] if found else None


def rgb(code: str) -> Vector:
    """Return "#RRGGBB" as RGB, 0 to 1."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255


@cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(map(re.escape, ordered))})(?:s|ed|d|ish)?\b")
