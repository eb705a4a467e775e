"""From free words about a place to what is drawn: the kind of scene, the hour, a colour and a material.

English and Indonesian. The longest phrase that stands in the words decides, so "office building street" is a street
only if nothing longer names something else. Words that name no place give a quiet studio in a colour of their own.
"""

import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

#: Phrases by kind of scene; a phrase may stand anywhere in the words, as whole words.
PLACES: dict[str, tuple[str, ...]] = {
    "studio": ("studio", "photo studio", "photography studio", "studio foto", "backdrop", "seamless", "infinity wall"),
    "cafe": (
        "cafe", "kafe", "coffee shop", "coffee", "kedai kopi", "warung kopi", "kopi", "restaurant", "restoran",
        "rumah makan", "bar", "bistro", "bakery", "toko roti", "diner", "warung",
    ),
    "beach": ("beach", "pantai", "seaside", "shore", "tepi laut", "laut", "sea", "ocean", "samudra", "coast", "pesisir",
              "pasir", "sand", "island", "pulau", "lake", "danau"),
    "garden": (
        "garden", "kebun", "taman", "park", "taman kota", "taman bunga", "backyard", "halaman", "halaman belakang",
        "flowers", "flower field", "bunga", "forest", "hutan", "woods", "trees", "pepohonan", "greenery", "botanical",
        "kebun raya", "jungle", "rimba",
    ),
    "street": (
        "street", "jalan", "jalan raya", "city", "kota", "urban", "downtown", "pusat kota", "sidewalk", "trotoar",
        "road", "alley", "gang", "avenue", "skyscrapers", "gedung", "gedung tinggi", "cityscape", "city street",
        "jalan kota", "perkotaan", "jakarta", "malioboro",
    ),
    "living_room": (
        "living room", "ruang tamu", "ruang keluarga", "lounge", "sofa", "home", "rumah", "house", "apartment",
        "apartemen", "interior", "family room", "di rumah", "at home",
    ),
    "bedroom": ("bedroom", "kamar tidur", "kamar", "bed", "hotel room", "kamar hotel", "hotel"),
    "office": (
        "office", "kantor", "ruang kantor", "workplace", "tempat kerja", "meeting room", "ruang rapat", "coworking",
        "co working", "boardroom", "ruang kerja", "desk", "meja kerja",
    ),
    "mosque": (
        "mosque", "masjid", "mesjid", "mosque courtyard", "halaman masjid", "pelataran masjid", "serambi masjid",
        "mushola", "musholla", "ramadan", "ramadhan", "lebaran", "idul fitri", "islamic architecture", "arches",
        "courtyard", "pelataran", "palace", "istana",
    ),
    "mountains": (
        "mountain", "mountains", "gunung", "pegunungan", "hills", "bukit", "perbukitan", "valley", "lembah", "summit",
        "puncak", "volcano", "gunung berapi", "bromo", "highland", "dataran tinggi", "alam", "nature", "meadow",
        "padang rumput",
    ),
    "field": (
        "rice field", "rice fields", "sawah", "rice terrace", "rice terraces", "terasering", "paddy", "ladang", "field",
        "farm", "pertanian", "countryside", "pedesaan", "village", "desa", "ubud", "tea plantation", "kebun teh",
    ),
    "market": (
        "market", "pasar", "night market", "pasar malam", "traditional market", "pasar tradisional", "bazaar", "bazar",
        "stalls", "food stalls", "festival", "fruit stall", "kaki lima",
    ),
    "wall": (
        "wall", "dinding", "tembok", "wooden wall", "dinding kayu", "brick wall", "dinding bata", "tembok bata",
        "concrete wall", "dinding beton", "wood", "wooden", "kayu", "brick", "bricks", "bata", "bata merah", "concrete",
        "beton", "loft", "industrial", "industrial loft",
    ),
    "gym": (
        "gym", "fitness", "fitness center", "fitness studio", "pusat kebugaran", "tempat fitnes", "ruang olahraga",
        "sports hall", "crossfit", "workout room", "weights", "sasana", "yoga studio", "studio yoga",
    ),
    "shop": (
        "shop", "store", "toko", "boutique", "butik", "clothing store", "toko baju", "toko pakaian", "mall", "mal",
        "shopping mall", "pusat perbelanjaan", "showroom", "department store", "distro",
    ),
}  # fmt: skip
HOURS: dict[str, tuple[str, ...]] = {
    "sunset": (
        "sunset", "senja", "matahari terbenam", "golden hour", "dusk", "sore", "sore hari", "evening", "petang",
        "twilight", "jingga",
    ),
    "night": ("night", "malam", "malam hari", "midnight", "tengah malam", "neon", "moonlight", "night market",
              "pasar malam", "starry"),
    "morning": ("morning", "pagi", "pagi hari", "sunrise", "matahari terbit", "fajar", "dawn", "subuh"),
    "cloudy": ("cloudy", "mendung", "overcast", "berawan", "rain", "rainy", "hujan", "fog", "foggy", "kabut",
               "berkabut", "misty", "mist"),
    "day": ("day", "siang", "siang hari", "sunny", "cerah", "noon", "daylight", "blue sky", "langit biru"),
}  # fmt: skip
MATERIALS: dict[str, tuple[str, ...]] = {
    "wood": ("wood", "wooden", "kayu", "timber", "planks", "papan", "rustic"),
    "brick": ("brick", "bricks", "bata", "loft"),
    "concrete": ("concrete", "beton", "cement", "semen", "industrial"),
}
COLOURS: dict[str, str] = {
    "merah muda": "#E3A2AE", "biru tua": "#33466F", "biru muda": "#A9C8E2", "hijau tua": "#37564A",
    "dark blue": "#33466F", "light blue": "#A9C8E2", "dark green": "#37564A", "dusty pink": "#CFA5A0",
    "pink": "#E3A2AE", "peach": "#F0BFA0", "salmon": "#E59A86", "white": "#F3F1EC", "putih": "#F3F1EC",
    "black": "#38383C", "hitam": "#38383C", "grey": "#A3A5A8", "gray": "#A3A5A8", "abu abu": "#A3A5A8",
    "abu": "#A3A5A8", "cream": "#EBDFC8", "krem": "#EBDFC8", "beige": "#DCCBB0", "ivory": "#F0E8D8",
    "blue": "#6F97C6", "biru": "#6F97C6", "navy": "#33466F", "red": "#B4544C", "merah": "#B4544C",
    "maroon": "#7A3A44", "orange": "#DE935C", "oranye": "#DE935C", "terracotta": "#BF7A5C", "terakota": "#BF7A5C",
    "yellow": "#E9CB74", "kuning": "#E9CB74", "mustard": "#CFA249", "gold": "#C9A862", "emas": "#C9A862",
    "green": "#7FA380", "hijau": "#7FA380", "sage": "#A9B79C", "mint": "#B4D6C4", "olive": "#8A8B5F",
    "teal": "#4F8588", "tosca": "#6DB3AC", "toska": "#6DB3AC", "turquoise": "#6DB3AC", "purple": "#8C74AE",
    "ungu": "#8C74AE", "lavender": "#BDB2D6", "lilac": "#BDB2D6", "lilak": "#BDB2D6", "brown": "#8F6C52",
    "coklat": "#8F6C52", "cokelat": "#8F6C52", "pastel": "#EBCFD0",
}  # fmt: skip
#: Quiet wall colours for words that name neither place nor colour.
QUIET = ("#D8CDBF", "#BFC9CC", "#CBB7A6", "#B9C0AE", "#D3C3C4", "#C4BFCB", "#DCD3C0", "#AEB9C2")


@dataclass(frozen=True)
class Place:
    """What the words ask for."""

    kind: str
    """A key of PLACES, or "room" when the words name no place."""
    hour: str
    """A key of HOURS; "day" when the words name none."""
    colour: str | None
    """#RRGGBB that the words name."""
    material: str
    """A key of MATERIALS, or "plaster" when the words name none."""
    number: int
    """A number of these words alone, 32 bits: the same on every machine."""

    @property
    def wall(self) -> str:
        """The colour asked for, or a quiet one that belongs to the words."""
        return self.colour or QUIET[self.number // 257 % len(QUIET)]


def read(words: str) -> Place:
    """Return what `words` ask for; never fails, whatever they are."""
    text = plain(words)
    return Place(
        kind=_named(PLACES, text) or "room",
        hour=_named(HOURS, text) or "day",
        colour=COLOURS.get(_longest(tuple(COLOURS), text)),
        material=_named(MATERIALS, text) or "plaster",
        number=zlib.crc32(text.encode()),
    )


def plain(words: str) -> str:
    """The words in small letters without accents and punctuation, one space between them."""
    letters = unicodedata.normalize("NFKD", words.casefold())
    bare = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return " ".join(re.findall(r"\w+", bare))


def _named(table: Mapping[str, tuple[str, ...]], text: str) -> str | None:
    """The key of the longest phrase of the table in `text`; of equal ones, the first in the table."""
    found = _longest(tuple(phrase for phrases in table.values() for phrase in phrases), text)
    return next((key for key, phrases in table.items() if found in phrases), None)


def _longest(phrases: tuple[str, ...], text: str) -> str:
    """The longest of the phrases that stands in `text` as whole words; "" if none does."""
    return max(_pattern(phrases).findall(text), key=len, default="")


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    # Longest first: the pattern tries them in this order at every place.
    ordered = sorted(phrases, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, ordered))})\b")
