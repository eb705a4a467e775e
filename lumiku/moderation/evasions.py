"""Ways in which people write a word so that a list does not find it, each as a function from words to words."""

import random
from collections.abc import Callable

TERMS = {
    "sexual_content": (
        "nude", "naked", "topless", "porn", "erotic", "penis", "vagina", "hentai", "telanjang", "bugil", "bokep",
        "kontol", "bare breasts",
    ),
    "extremism": ("hitler", "taliban", "jihadist", "teroris"),
    "gore": ("mutilasi", "corpse", "decapitated", "dismembered"),
    "drugs": ("cocaine", "heroin", "narkoba", "ganja"),
    "likeness": ("donald trump", "hello kitty", "pikachu", "jokowi", "spongebob"),
}  # fmt: skip
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066"
_MARKS = "\u0301\u0308\u0327\u0336"
_CYRILLIC = str.maketrans("aceopxyikhm", "асеорхуікһм")
_GREEK = str.maketrans("aeiknoptuxy", "αεικηορτυχγ")
_LEET = str.maketrans("oieas", "01345")
_SIGNS = str.maketrans("ais", "@!$")
_SMALL_CAPITALS = str.maketrans("abcdeghjkmnoprtuvwz", "ᴀʙᴄᴅᴇɢʜᴊᴋᴍɴᴏᴘʀᴛᴜᴠᴡᴢ")
_TURNED = str.maketrans("abcdefghijkmnpqrtuvwy", "ɐqɔpǝɟƃɥᴉɾʞɯudbɹʇnʌʍʎ")
_BY_EAR = str.maketrans("csv", "kzf")
_VOWELS = "aeiou"

Way = Callable[[str], str]
dice = random.Random(11)


def ways() -> dict[str, Way]:
    """Return the ways by the name of their kind. They throw dice that always fall the same."""
    dice.seed(11)
    return {
        "capitals": lambda term: "".join(dice.choice((c, c.upper())) for c in term),
        "full width": _shifted(0xFF41),
        "mathematical bold": _shifted(0x1D41A),
        "mathematical script": _shifted(0x1D4EA),
        "circled": _shifted(0x24D0),
        "black circled": _shifted(0x1F150),
        "flags": _shifted(0x1F1E6),
        "small capitals": lambda term: term.translate(_SMALL_CAPITALS),
        "cyrillic": lambda term: term.translate(_CYRILLIC),
        "greek": lambda term: term.translate(_GREEK),
        "upside down": lambda term: term.translate(_TURNED)[::-1],
        "zero width": lambda term: "".join(c + dice.choice(_ZERO_WIDTH) for c in term),
        "combining marks": lambda term: "".join(c + dice.choice(_MARKS) if c != " " else c for c in term),
        "digits": lambda term: term.translate(_LEET),
        "one digit": lambda term: term.replace("a", "4", 1) if "a" in term else term.replace("e", "3", 1),
        "signs for letters": lambda term: term.translate(_SIGNS),
        "letters apart by spaces": _apart(" "),
        "letters apart by points": _apart("."),
        "letters apart by dashes": _apart("-"),
        "letters apart by underscores": _apart("_"),
        "letters apart by emoji": _apart("🔥"),
        "emoji in the middle": lambda term: _cut(term, "🍑"),
        "stretched": lambda term: term[:1] + term[1] * 3 + term[2:],
        "last letter repeated": lambda term: term + term[-1] * 2,
        "every letter doubled": lambda term: "".join(c * 2 if c.isalpha() else c for c in term),
        "broken by a dash": lambda term: _cut(term, "-"),
        "split by a space": lambda term: _cut(term, " "),
        "first letter split off": lambda term: term[0] + " " + term[1:],
        "split twice": lambda term: term[:2] + " " + term[2:3] + " " + term[3:],
        "a letter masked by *": lambda term: _masked(term, "*"),
        "a letter masked by _": lambda term: _masked(term, "_"),
        "a letter masked by emoji": lambda term: _masked(term, "❤️"),
        "two letters masked by *": lambda term: " ".join(
            w[0] + "**" + w[3:] if len(w) > 4 else w for w in term.split()
        ),
        "letters swapped": lambda term: term[:-2] + term[-1] + term[-2],
        "inner letters swapped": lambda term: term[:1] + term[2] + term[1] + term[3:],
        "a vowel dropped": lambda term: _without_a_vowel(term),
        "a wrong vowel": lambda term: _with_a_wrong_vowel(term),
        "spelt by ear": lambda term: term.translate(_BY_EAR).replace("x", "ks"),
        "backwards": lambda term: " ".join(word[::-1] for word in term.split()),
        "number behind": lambda term: term + "123",
        "hashtag": lambda term: "#" + term.replace(" ", ""),
        "run together": lambda term: term.replace(" ", "") + "girl",
        "weight": lambda term: f"(({term}:1.4))",
        "digits, then points": lambda term: _apart(".")(term.translate(_LEET)),
        "capitals, then zero width": lambda term: "\u200b".join(term.upper()),
        "cyrillic, then stretched": lambda term: (term[0] + term[1] * 2 + term[2:]).translate(_CYRILLIC),
    }


def _shifted(first: int) -> Way:
    """Return a change of every letter a to z to the one of another alphabet that begins at `first`."""
    return lambda term: "".join(chr(first + ord(c) - ord("a")) if c.isalpha() else c for c in term)


def _apart(sign: str) -> Way:
    return lambda term: (" " * 3 if sign == " " else " ").join(sign.join(word) for word in term.split())


def _cut(term: str, sign: str) -> str:
    return " ".join(word[: len(word) // 2] + sign + word[len(word) // 2 :] for word in term.split())


def _masked(term: str, sign: str) -> str:
    """Hide one inner letter of each word."""
    places = [dice.randrange(1, len(word) - 1) for word in term.split()]
    return " ".join(word[:at] + sign + word[at + 1 :] for at, word in zip(places, term.split(), strict=True))


def _without_a_vowel(term: str) -> str:
    at = next(at for at, letter in enumerate(term) if at and letter in _VOWELS)
    return term[:at] + term[at + 1 :]


def _with_a_wrong_vowel(term: str) -> str:
    at = next(at for at, letter in enumerate(term) if at and letter in _VOWELS)
    return term[:at] + dice.choice(_VOWELS.replace(term[at], "")) + term[at + 1 :]
