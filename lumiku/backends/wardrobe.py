"""From an avatar's traits to colours and clothes.

Traits are free words in English or Indonesian ("medium brown", "sawo matang", "navy blazer", "hijab pashmina
krem"). Known words decide; what is unknown falls back to a quiet default. The order of the tables matters: a longer
phrase comes first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

COLOURS = {
    "merah muda": "#E79AB0", "biru tua": "#22335C", "biru muda": "#9CC3E6", "hijau tua": "#2B4B3A",
    "navy": "#232F52", "maroon": "#6B2233", "burgundy": "#6B2233", "pink": "#E79AB0", "rose": "#D98A93",
    "dusty": "#C9A29A", "black": "#26262B", "hitam": "#26262B", "white": "#F1EFEA", "putih": "#F1EFEA",
    "ivory": "#EFE6D2", "cream": "#EDE0C8", "krem": "#EDE0C8", "beige": "#D8C3A5", "khaki": "#B8A37E",
    "camel": "#B98B5A", "grey": "#8B8E94", "gray": "#8B8E94", "abu": "#8B8E94", "charcoal": "#43464D",
    "silver": "#BFC2C7", "perak": "#BFC2C7", "red": "#B5333A", "merah": "#B5333A", "orange": "#DB7B3B",
    "oranye": "#DB7B3B", "jingga": "#DB7B3B", "terracotta": "#B5654A", "mustard": "#C9982F", "gold": "#C9A44C",
    "emas": "#C9A44C", "yellow": "#E3C04F", "kuning": "#E3C04F", "olive": "#6F7146", "sage": "#9CAB8F",
    "mint": "#A9D3BF", "emerald": "#1F6B52", "green": "#3F7D58", "hijau": "#3F7D58", "teal": "#2A7276",
    "tosca": "#48A7A0", "turquoise": "#48A7A0", "denim": "#4A6285", "blue": "#3D64A8", "biru": "#3D64A8",
    "lavender": "#B4A5D0", "lilac": "#B4A5D0", "purple": "#6A4A8C", "ungu": "#6A4A8C", "violet": "#6A4A8C",
    "brown": "#7A563D", "coklat": "#7A563D", "cokelat": "#7A563D", "tan": "#C19A72",
}  # fmt: skip
SKINS = {
    "kuning langsat": "#E3B68F", "sawo matang": "#B98058", "very fair": "#F3D5C2", "very dark": "#55362A",
    "porcelain": "#F3D5C2", "medium brown": "#A8714C", "light brown": "#C38E66", "dark brown": "#6B4432",
    "fair": "#F0CBB2", "pale": "#F3D5C2", "light": "#EABF9F", "putih": "#EFC9AE", "ivory": "#EFCDB2",
    "deep": "#63402F", "ebony": "#4B3026", "dark": "#744A35", "gelap": "#744A35", "hitam": "#5E3D2E",
    "brown": "#9A6644", "coklat": "#9A6644", "cokelat": "#9A6644", "caramel": "#B98058", "tan": "#C68F66",
    "olive": "#CFA27A", "golden": "#D5A577", "beige": "#E3B792", "medium": "#CC9A74", "sedang": "#CC9A74",
    "black": "#5E3D2E", "white": "#EFC9AE",
}  # fmt: skip
PEOPLES = {
    "african": "#6B4432", "papua": "#5E3D2E", "black": "#6B4432", "indian": "#A8714C", "south asian": "#A8714C",
    "arab": "#CFA27A", "middle east": "#CFA27A", "latin": "#C68F66", "chinese": "#EABF9F", "tionghoa": "#EABF9F",
    "japan": "#EFC9AE", "korea": "#EFC9AE", "caucasian": "#F0CBB2", "european": "#F0CBB2", "white": "#F0CBB2",
    "east asian": "#EABF9F", "javan": "#CC9A74", "jawa": "#CC9A74", "indonesia": "#CC9A74", "asian": "#D9AB84",
}  # fmt: skip
HAIRS = {
    "light brown": "#8A6443", "dark brown": "#3A2820", "black": "#211D1E", "hitam": "#211D1E", "auburn": "#6E3424",
    "blond": "#C9A368", "pirang": "#C9A368", "brown": "#54382A", "coklat": "#54382A", "cokelat": "#54382A",
    "red": "#8C3F22", "merah": "#8C3F22", "ginger": "#A8562B", "grey": "#9A9A9C", "gray": "#9A9A9C",
    "silver": "#B9BABD", "uban": "#A9A9AB", "white": "#D9D8D4", "putih": "#D9D8D4",
}  # fmt: skip
EYES = {
    "blue": "#4F7FA8",
    "biru": "#4F7FA8",
    "green": "#5B7F58",
    "hijau": "#5B7F58",
    "hazel": "#7D6238",
    "grey": "#7C8790",
}
HAIR_STYLES = {
    "bald": "bald", "botak": "bald", "shaved": "bald", "bun": "bun", "sanggul": "bun", "updo": "bun", "cepol": "bun",
    "pony": "ponytail", "kuncir": "ponytail", "braid": "ponytail", "bob": "bob", "shoulder": "bob", "sebahu": "bob",
    "short": "short", "pendek": "short", "crop": "short", "buzz": "short", "pixie": "short", "long": "long",
    "panjang": "long", "wavy": "long", "curly": "bob", "keriting": "bob",
}  # fmt: skip
OUTFITS = {
    "sport": "sport", "gym": "sport", "fitness": "sport", "athlet": "sport", "yoga": "sport", "activewear": "sport",
    "olahraga": "sport", "running": "sport", "blazer": "suit", "suit": "suit", "jas": "suit", "business": "suit",
    "formal": "suit", "corporate": "suit", "professional": "suit", "profesional": "suit", "kantor": "suit",
    "gamis": "dress", "abaya": "dress", "gaun": "dress", "dress": "dress", "gown": "dress", "kaftan": "dress",
    "syari": "dress", "modest": "dress", "kebaya": "kebaya", "batik": "kebaya", "traditional": "kebaya",
    "tradisional": "kebaya", "sari": "dress", "skirt": "skirt", "rok": "skirt",
}  # fmt: skip
VEIL = ("hijab", "jilbab", "kerudung", "pashmina", "headscarf", "khimar", "muslimah")
HIJAB_TONES = ("#D9C4B0", "#A9B5A0", "#C7A3A0", "#8E9DB5", "#E6DCCB")
TOP_TONES = ("#E9E4DA", "#7F93A8", "#C58F7A", "#A3AE96", "#D8C7AE")


@dataclass(frozen=True)
class Look:
    """Colours (RGB 0 to 1) and clothes of one figure."""

    skin: Vector
    hair: Vector
    eyes: Vector
    top: Vector
    bottom: Vector
    shoes: Vector
    jacket: Vector | None
    hijab: Vector | None
    hair_style: str
    """bald, short, bob, long, ponytail or bun."""
    outfit: str
    """casual, sport, suit, dress, skirt or kebaya."""
    female: bool
    girth: float
    """1 is average."""

    @property
    def veil(self) -> Vector:
        """The colour of the scarf of a figure that wears one."""
        return self.top if self.hijab is None else self.hijab

    @property
    def sleeves(self) -> float:
        """How far the sleeves go down the arm: 0 shoulder, 1 elbow, 2 wrist."""
        if self.hijab is not None or self.outfit in ("suit", "kebaya"):
            return 2.0
        return {"sport": 0.0 if self.female else 0.45, "dress": 0.45, "skirt": 0.6}.get(self.outfit, 0.62)


def look(traits: Mapping[str, Any]) -> Look:
    """Return what a figure with these traits (snake_case keys) looks like; unknown words change nothing."""
    words = {key: _words(value) for key, value in traits.items() if value is not None}
    style, crop = words.get("style", ""), words.get("hair_style", "")
    veil = any(word in f"{style} {crop}" for word in VEIL)
    female = words.get("gender", "female" if veil else "") not in ("male", "pria", "laki-laki", "unisex", "")
    outfit = _first(OUTFITS, style) or ("dress" if veil else "casual")
    if not female and outfit in ("dress", "skirt", "kebaya"):
        outfit = "casual"
    tone = sum(map(ord, words.get("name", "") + style + crop))
    asked = _first(COLOURS, style)
    plain = _rgb(asked or TOP_TONES[tone % len(TOP_TONES)])
    jacket = _rgb(asked or "#333B4D") if outfit == "suit" else None
    return Look(
        skin=_rgb(
            _first(SKINS, words.get("skin_tone", "")) or _first(PEOPLES, words.get("ethnicity", "")) or "#CF9F7A"
        ),
        hair=_rgb(
            _first(HAIRS, words.get("hair_color", ""))
            or ("#A9A9AB" if words.get("age_range") == "mature" else "#2B2322")
        ),
        eyes=_rgb(_first(EYES, words.get("eye_color", "")) or "#3B2A22"),
        top=_rgb("#F1EFEA") if outfit == "suit" else plain,
        bottom=_bottom(outfit, jacket, plain, style),
        shoes=_rgb({"sport": "#F1EFEA", "casual": "#EAE6DF", "suit": "#2B2422"}.get(outfit, "#8A6A52")),
        jacket=jacket,
        hijab=_rgb(_first(COLOURS, crop) or HIJAB_TONES[tone % len(HIJAB_TONES)]) if veil else None,
        hair_style=_first(HAIR_STYLES, crop) or ("long" if female else "short"),
        outfit=outfit,
        female=female,
        girth=_girth(words.get("body_type", "")),
    )


def _bottom(outfit: str, jacket: Vector | None, plain: Vector, style: str) -> Vector:
    if outfit == "dress":
        return plain
    if jacket is not None:
        return jacket * 0.9
    if "jeans" in style or "denim" in style:
        return _rgb(COLOURS["denim"])
    return _rgb({"sport": "#2F343D", "kebaya": "#6B4A35", "skirt": "#8C7B6B"}.get(outfit, "#3E4654"))


def _girth(words: str) -> float:
    if re.search(r"slim|thin|petite|langsing|kurus|lean", words):
        return 0.92
    if re.search(r"plus|curvy|large|heavy|gemuk|berisi|stocky", words):
        return 1.16
    return 1.05 if re.search(r"athlet|muscul|kekar|atletis", words) else 1.0


def _words(value: Any) -> str:
    return re.sub(r"[^a-z\-]+", " ", str(value).lower()).strip()


def _first(table: Mapping[str, str], words: str) -> str | None:
    """The entry of the first key, in the table's order, that starts a word of `words`."""
    padded = f" {words.replace('-', ' ')} "
    return next((value for key, value in table.items() if f" {key}" in padded), None)


def _rgb(code: str) -> Vector:
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255
