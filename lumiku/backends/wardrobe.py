"""From an avatar's traits to colours and clothes.

Traits are free words in English or Indonesian ("medium brown", "sawo matang", "navy blazer, white shirt", "hijab
pashmina krem"). Garments that are named are worn in their own colours (`garment_words`); what is not named is chosen
to go with them, by words for a manner ("sporty", "formal"); what is unknown changes nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import garment_words
from lumiku.backends.garment_words import COLOURS, Cloth, rgb

Vector = NDArray[np.float64]

#: In the tables below the first key that begins a word decides, so longer phrases come first.
SKINS = {
    "kuning langsat": "#E3B68F", "sawo matang": "#B98058", "very fair": "#F3D5C2", "very dark": "#573A2D",
    "porcelain": "#F3D5C2", "medium brown": "#A8714C", "light brown": "#C38E66", "dark brown": "#734B38",
    "golden brown": "#BE8558", "golden tan": "#CE9A6C", "light tan": "#D9AA82", "fair": "#EBC4A8", "pale": "#F3D5C2",
    "light": "#EABF9F", "putih": "#EFC9AE", "ivory": "#EFCDB2", "deep": "#63402F", "ebony": "#4B3026",
    "dark": "#744A35", "gelap": "#744A35", "hitam": "#5E3D2E", "brown": "#9A6644", "coklat": "#9A6644",
    "cokelat": "#9A6644", "caramel": "#B98058", "tan": "#C68F66", "olive": "#CFA27A", "golden": "#D5A577",
    "beige": "#E3B792", "medium": "#CC9A74", "sedang": "#CC9A74", "black": "#5E3D2E", "white": "#EFC9AE",
}  # fmt: skip
PEOPLES = {
    "african": "#6B4432", "papua": "#5E3D2E", "black": "#6B4432", "indian": "#A8714C", "south asian": "#A8714C",
    "arab": "#CFA27A", "middle east": "#CFA27A", "latin": "#C68F66", "chinese": "#EABF9F", "tionghoa": "#EABF9F",
    "japan": "#EFC9AE", "korea": "#EFC9AE", "caucasian": "#F0CBB2", "european": "#F0CBB2", "white": "#F0CBB2",
    "east asian": "#EABF9F", "javan": "#CC9A74", "jawa": "#CC9A74", "indonesia": "#CC9A74", "asian": "#D9AB84",
}  # fmt: skip
HAIRS = {
    "light brown": "#8A6443", "dark brown": "#3A2820", "bleached": "#C9A368", "black": "#211D1E", "hitam": "#211D1E",
    "auburn": "#6E3424", "blond": "#C9A368", "pirang": "#C9A368", "brown": "#54382A", "coklat": "#54382A",
    "cokelat": "#54382A", "red": "#8C3F22", "merah": "#8C3F22", "ginger": "#A8562B", "grey": "#9A9A9C",
    "gray": "#9A9A9C", "silver": "#B9BABD", "uban": "#A9A9AB", "white": "#D9D8D4", "putih": "#D9D8D4",
}  # fmt: skip
EYES = {
    "blue": "#4F7FA8", "biru": "#4F7FA8", "green": "#5B7F58", "hijau": "#5B7F58", "hazel": "#7D6238",
    "grey": "#7C8790",
}  # fmt: skip
HAIR_STYLES = {
    "bald": "bald", "botak": "bald", "shaved head": "bald", "low bun": "low bun", "chignon": "low bun",
    "sanggul": "low bun", "bun": "bun", "updo": "bun", "cepol": "bun", "topknot": "bun", "pony": "ponytail",
    "kuncir": "ponytail", "braid": "braid", "kepang": "braid", "thinning": "thinning", "receding": "thinning",
    "menipis": "thinning", "undercut": "undercut", "fade": "fade", "buzz": "fade", "crew": "fade", "cepak": "fade",
    "short curl": "curly crop", "afro": "curly crop", "curly crop": "curly crop", "bob": "bob", "short": "short",
    "pendek": "short", "crop": "short", "pixie": "short", "curl": "curly", "keriting": "curly", "ikal": "wavy",
    "wav": "wavy", "bergelombang": "wavy", "shoulder": "bob", "sebahu": "bob", "long": "long", "panjang": "long",
}  # fmt: skip
VEILS = {
    "khimar": "khimar", "syari": "khimar", "pashmina": "pashmina", "square": "square", "segi empat": "square",
    "hijab": "square", "jilbab": "square", "kerudung": "square", "headscarf": "pashmina", "muslimah": "square",
}  # fmt: skip
#: What a word for a manner, or an activity, stands for when it names no garment.
MANNERS = {
    "sport": "sport", "gym": "sport", "fitness": "sport", "athlet": "sport", "yoga": "sport", "activewear": "sport",
    "olahraga": "sport", "running": "sport", "business": "suit", "formal": "suit", "corporate": "suit",
    "professional": "suit", "profesional": "suit", "kantor": "suit", "modest": "gamis", "syari": "gamis",
    "traditional": "kebaya", "tradisional": "kebaya", "batik": "batik",
}  # fmt: skip
HIJAB_TONES = ("#D9C4B0", "#A9B5A0", "#C7A3A0", "#8E9DB5", "#E6DCCB")
TOP_TONES = ("#E9E4DA", "#7F93A8", "#C58F7A", "#A3AE96", "#D8C7AE")
WHITE, SLATE = "#F1EFEA", "#3E4654"
#: Sleeves go down the arm this far: 0 shoulder, 1 elbow, 2 wrist.
SLEEVES = {"tank": 0.0, "jersey": 0.5, "tee": 0.66, "scrubs": 0.7, "dress": 0.45, "gown": 0.0, "sari": 0.55}
WOMEN_ONLY = frozenset({"dress", "gown", "gamis", "sari", "kebaya", "skirt", "maxi"})


@dataclass(frozen=True)
class Look:
    """Colours (RGB 0 to 1) and clothes of one figure."""

    skin: Vector
    hair: Vector
    eyes: Vector
    hair_style: str
    """A value of HAIR_STYLES."""
    female: bool
    aged: bool
    girth: float
    """1 is average."""
    worn: Mapping[str, Cloth]
    """What is worn by its slot: always top, bottom and shoes; perhaps jacket, hijab, tie, apron, sash and so on."""

    def cut(self, slot: str) -> str:
        """The cut of what is worn there; "" for nothing."""
        return self.worn[slot].cut if slot in self.worn else ""

    def colour(self, slot: str) -> Vector | None:
        """The colour of what is worn there, if anything is."""
        return self.worn[slot].colour if slot in self.worn else None

    @property
    def top(self) -> Vector:
        return self.worn["top"].colour

    @property
    def bottom(self) -> Vector:
        return self.worn["bottom"].colour

    @property
    def shoes(self) -> Vector:
        return self.worn["shoes"].colour

    @property
    def jacket(self) -> Vector | None:
        return self.colour("jacket")

    @property
    def hijab(self) -> Vector | None:
        return self.colour("hijab")

    @property
    def veil(self) -> Vector:
        """The colour of the scarf of a figure that wears one."""
        return self.top if self.hijab is None else self.hijab

    @property
    def sleeves(self) -> float:
        """How far the sleeves go down the arm: 0 shoulder, 1 elbow, 2 wrist."""
        if self.hijab is not None or self.jacket is not None:
            return 2.0
        cut, printed = self.cut("top"), self.worn["top"].print
        if cut == "shirt" and printed == "batik" and not self.female:
            return 0.8
        if cut == "tee" and self.female:
            return 0.5
        return SLEEVES.get(cut, 2.0)


def look(traits: Mapping[str, Any]) -> Look:
    """Return what a figure with these traits (snake_case keys) looks like; unknown words change nothing."""
    words = {key: _words(value) for key, value in traits.items() if value is not None}
    style, crop = words.get("style", ""), words.get("hair_style", "")
    veil = garment_words.longest(VEILS, crop) or garment_words.longest(VEILS, style)
    female = words.get("gender", "female" if veil else "") not in ("male", "pria", "laki laki", "unisex", "")
    aged = words.get("age_range") == "mature"
    tone = sum(map(ord, words.get("name", "") + style + crop))
    skin = _first(SKINS, words.get("skin_tone", "")) or _first(PEOPLES, words.get("ethnicity", "")) or "#CF9F7A"
    hair = _first(HAIRS, words.get("hair_color", "")) or ("#A9A9AB" if aged else "#2B2322")
    worn = _worn(str(traits.get("style") or ""), female=female, veiled=bool(veil), tone=tone)
    if veil:
        shade = garment_words.longest(COLOURS, crop) or HIJAB_TONES[tone % len(HIJAB_TONES)]
        worn["hijab"] = Cloth(veil, rgb(shade))
    return Look(
        skin=rgb(skin),
        hair=rgb(hair),
        eyes=rgb(_first(EYES, words.get("eye_color", "")) or "#3B2A22"),
        hair_style=_first(HAIR_STYLES, crop) or ("long" if female else "short"),
        female=female,
        aged=aged,
        girth=_girth(words.get("body_type", "")),
        worn=worn,
    )


def _worn(style: str, *, female: bool, veiled: bool, tone: int) -> dict[str, Cloth]:
    """What is worn by slot, the hijab left out."""
    pieces = list(garment_words.read(style))
    asked = next((piece.colour for piece in pieces if piece.colour and not piece.slot), None)
    printed = next((piece.print for piece in pieces if piece.print and not piece.slot), "")
    manner = _first(MANNERS, _words(style)) or ""
    plain = asked or TOP_TONES[tone % len(TOP_TONES)]
    named: dict[str, Cloth] = {}
    for piece in pieces:
        if piece.slot and (female or piece.cut not in WOMEN_ONLY):
            usual = _usual_colour(piece.slot, piece.cut, asked or plain)
            shade = rgb(piece.colour or usual)
            if piece.cut == "jeans":  # "blue jeans" are as blue as denim
                shade = shade * 0.5 + rgb(COLOURS["denim"]) * 0.5
            named.setdefault(piece.slot, Cloth(piece.cut, shade, piece.print))
    if "kebaya" in {cloth.cut for cloth in named.values()} and not named["top"].print:
        named["top"] = Cloth("kebaya", named["top"].colour, "lace")
    if "whole" in named:
        named |= _whole(named.pop("whole"), named)
    return _completed(named, manner, plain, printed, female=female, veiled=veiled)


def _usual_colour(slot: str, cut: str, plain: str) -> str:
    """The colour of a garment that was named without one."""
    usual = {"jeans": COLOURS["denim"], "coat": WHITE, "suit": "#333B4D", "blazer": "#333B4D", "kain": "#6B4A35",
             "leggings": "#2F343D", "joggers": "#2F343D", "shorts": "#2F343D"}  # fmt: skip
    of_slot = {"bottom": SLATE, "shoes": WHITE, "tie": "#6B2233", "stethoscope": "#2E3238", "glasses": "#2A2524",
               "backpack": "#7A563D", "apron": COLOURS["denim"], "border": COLOURS["gold"], "sash": COLOURS["gold"],
               "obi": "#B5333A", "sandals": "#7A563D"}  # fmt: skip
    return usual.get(cut) or of_slot.get(cut) or of_slot.get(slot) or plain


def _whole(dress: Cloth, named: Mapping[str, Cloth]) -> dict[str, Cloth]:
    """Top and bottom of what covers both; what was named as a top with a sari is the blouse under it."""
    below = {"top": dress, "bottom": dress}
    if dress.cut == "sari":
        blouse = named.get("choli") or named.get("top")
        below["choli"] = Cloth("choli", dress.colour * 0.8 if blouse is None else blouse.colour)
    return below


def _completed(
    named: dict[str, Cloth], manner: str, plain: str, printed: str, *, female: bool, veiled: bool
) -> dict[str, Cloth]:
    """What was named, and what goes with it."""
    worn = dict(named)
    cut = worn["jacket"].cut if "jacket" in worn else ""
    if not worn.keys() & {"jacket", "top", "bottom"}:
        if manner == "suit":
            worn["jacket"], cut = Cloth("suit", rgb(plain if printed or plain not in TOP_TONES else "#333B4D")), "suit"
        elif veiled or (manner == "gamis" and female):
            worn["top"] = worn["bottom"] = Cloth("gamis", rgb(plain), printed)
        elif manner == "kebaya" and female:
            worn["top"] = Cloth("kebaya", rgb(plain))
        elif manner in ("batik", "kebaya"):
            worn["top"] = Cloth("shirt", rgb(plain if plain not in TOP_TONES else "#7A563D"), "batik")
    if "top" not in worn:
        worn["top"] = _usual_top(cut, manner, plain, printed, female=female, veiled=veiled)
    if "bottom" not in worn:
        worn["bottom"] = _usual_bottom(worn, manner, female=female)
    worn.setdefault("shoes", _usual_shoes(worn, female=female))
    return worn


def _usual_top(cut: str, manner: str, plain: str, printed: str, *, female: bool, veiled: bool) -> Cloth:
    if cut in ("blazer", "suit"):
        return Cloth("blouse" if female else "shirt", rgb(WHITE))
    if cut:
        return Cloth("tee", rgb(WHITE))
    if manner == "sport":
        return Cloth("tank" if female and not veiled else "jersey", rgb(plain))
    return Cloth("tunic" if veiled else "tee", rgb(plain), printed)


def _usual_bottom(worn: Mapping[str, Cloth], manner: str, *, female: bool) -> Cloth:
    top, jacket = worn["top"], worn.get("jacket")
    if jacket is not None and jacket.cut in ("blazer", "suit"):
        return Cloth("trousers", jacket.colour * 0.9)
    if top.cut == "scrubs":
        return Cloth("trousers", top.colour)
    if top.cut == "kebaya":
        return Cloth("kain", rgb("#6B4A35"), "batik")
    if top.cut in ("tank", "jersey") or manner == "sport":
        return Cloth("leggings" if female else "shorts", rgb("#2F343D"))
    return Cloth("trousers", rgb(SLATE))


def _usual_shoes(worn: Mapping[str, Cloth], *, female: bool) -> Cloth:
    top, jacket = worn["top"].cut, worn.get("jacket")
    if jacket is not None and jacket.cut in ("blazer", "suit"):
        return Cloth("heels" if female else "shoes", rgb("#2B2422"))
    if top in ("gown", "kebaya", "sari"):
        return Cloth("heels", rgb("#B9975A"))
    if top in ("dress", "gamis", "tunic", "kimono", "blouse") and female:
        return Cloth("flats", rgb("#8A6A52"))
    return Cloth("shoes", rgb("#3A2F2A")) if top == "shirt" else Cloth("sneakers", rgb("#EDEAE4"))


def _girth(words: str) -> float:
    if re.search(r"slim|thin|petite|langsing|kurus|lean", words):
        return 0.92
    if re.search(r"slightly|sedikit", words):
        return 1.09
    if re.search(r"plus|curvy|large|heavy|gemuk|berisi|stocky", words):
        return 1.16
    return 1.06 if re.search(r"athlet|muscul|kekar|atletis", words) else 1.0


def _words(value: Any) -> str:
    return re.sub(r"[^a-z]+", " ", str(value).lower()).strip()


def _first(table: Mapping[str, str], words: str) -> str | None:
    """The entry of the first key, in the table's order, that starts a word of `words`."""
    padded = f" {words} "
    return next((value for key, value in table.items() if f" {key}" in padded), None)
