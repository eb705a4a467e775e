"""What a text looks like, as words.

People see shapes, so shapes are compared: look-alikes of other alphabets become Latin letters, invisible characters and
marks vanish, digits and signs inside a word are read as letters, letters set apart are put together, and a sign in the
place of a letter stands for any. A word keeps all its readings, because `1` may stand for i or l. Only single passes
and fixed character classes, so that no input is slow. The result is for comparison only and never shown, stored or
painted. Words that are spelt wrong (letters swapped or missing, split by a space) are left to `slips`.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

# Letter by letter, before case folding: capitals of two alphabets may look alike where their small letters do not.
_LOOK_ALIKES = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХӀЅԚԜҺЗ" + "авеѕіјкмнорстухӏԛԝһпигьѵԁɡ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "αβεζηικμνορτυχωγσςδϲ",
        "ABESIJKMHOPCTYXLSQWHE" + "abesijkmhopctyxlqwhnurbvdg" + "ABEZHIKMNOPTYX" + "abeznikuvoptuxwyosdc",
        strict=True,
    )
) | dict(
    zip("ıłøđðħŧƒɑɐəɛɪɩɴʀʏʟʙɢʜᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢꜱƙɓɗցոսօԁ", "iloddhtfaaeeiinrylbghacdejkmoptuvwzskbdgnuod", strict=True)
)
# Letters in circles, boxes and flags, of which Unicode itself does not say what letters they are.
_FRAMED = {start + index: chr(ord("a") + index) for start in (0x1F150, 0x1F170, 0x1F1E6) for index in range(26)}
_UNSEEN_LETTERS = dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x180E), None)
_UNSEEN_CATEGORIES = ("Cf", "Cc", "Mn", "Me", "Mc")
_TABLE = str.maketrans(_LOOK_ALIKES) | _FRAMED | _UNSEEN_LETTERS

# Letters drawn with several signs, as far as people write them.
_DRAWN = {r"|\|": "n", "|_|": "u", "|)": "d", "|<": "k", "|3": "b", "/\\": "a", r"\/": "v", "()": "o"}
# Letters turned upside down; such a text is read from its end.
_TURNED = str.maketrans("ǝɐɔɟƃɥᴉɾʞɯɹʇʌʍʎpqbdunmw", "eacfghijkmrtvwydbqpnuwm")
_SURELY_TURNED = frozenset("ǝɐɔɟƃɥᴉɾʞɯɹʇʌʍʎ")
# Signs that stand in honest words and between them. Every other sign may hide a letter.
_PUNCTUATION = frozenset(".,:;-/\\'\"()[]{}<>&~`´’‘“”«»–—…·")
HIDDEN = "*"
"""Stands in a reading for one letter that a sign hides."""

_CHUNK = re.compile(r"\S+")
_WORD = re.compile(r"[a-z0-9@$]+(?:[!|][a-z0-9@$]+)*")
_BARS = re.compile(r"[!|]")
_POSSESSIVE = re.compile(r"(?<=[a-zA-Z])['’´`]s\b")
_LEET = {"0": "o", "1": "il", "!": "il", "|": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"} | {
    "@": "a",
    "$": "s",
}
_MAX_AMBIGUOUS = 3
_SHORTEST_JOINED = 4  # shorter ones are too often abbreviations
_SHORTEST_CUT = 3  # "nud*"
_LONGEST = 40  # no listed word is longer, even stretched; longer ones are not read as leet


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text, and how it may be read."""

    readings: tuple[str, ...]
    """Lower-case letters, the spelling itself first; digits remain where they cannot be letters."""
    parts: int = 0
    """0 if it stands in the text as it is, else how many of the words before it were put together for it."""


def words(text: str) -> list[Word]:
    """Return the words of `text` in order. *n-u-d-e* is one word; *dress-up* is two and, after them, also one."""
    found = _words(text)
    return found + _words(text[::-1].translate(_TURNED)) if not _SURELY_TURNED.isdisjoint(text) else found


def skeleton(text: str) -> str:
    """Return `text` as it looks: lower-case, Latin where it looks Latin, without marks and invisible characters.

    Of signs, `*` and `_` may hide a letter, `.` does not, and `!` and `|` may be one.
    """
    if "|" in text or "\\" in text or "()" in text:
        for drawing, letter in _DRAWN.items():
            text = text.replace(drawing, letter)
    text = _POSSESSIVE.sub(" s", text)
    return text.translate({ord(character): _shape(character) for character in set(text)})


def _words(text: str) -> list[Word]:
    found: list[Word] = []
    singles: list[re.Match[str]] = []
    shape = skeleton(text)
    for chunk in _CHUNK.finditer(shape):
        parts = list(_WORD.finditer(shape, *chunk.span()))
        masked = _masked(chunk[0]) if len(parts) > 1 or HIDDEN in chunk[0] else []
        if masked:
            found += _spelled(singles)
            singles.clear()
        before = len(found)
        for part in parts:
            if part.end() - part.start() == 1:
                singles.append(part)
                continue
            found += _spelled(singles)
            singles.clear()
            found.append(Word(_readings(part[0])))
        if masked:
            found += _spelled(singles)
            singles.clear()
        found += _put_together(chunk[0], parts, masked, len(found) - before)
    return found + _spelled(singles)


def _put_together(chunk: str, parts: list[re.Match[str]], masked: list[str], count: int) -> list[Word]:
    """Return what a chunk may say as a whole, besides its `count` words."""
    whole = []
    if len(parts) > 1 and any(len(part[0]) > 1 for part in parts):
        letters = "".join(part[0] for part in parts)
        whole += [letters] if _SHORTEST_JOINED <= len(letters) <= _LONGEST else []
    if "|" in chunk or "!" in chunk:  # a bar between two words, not a letter
        whole += [piece for part in parts for piece in _BARS.split(part[0]) if len(piece) > 2 and piece != part[0]]
    return [Word(_readings(letters), parts=count) for letters in (*masked, *whole)]


def _masked(chunk: str) -> list[str]:
    """Return the words of a chunk in which signs may hide letters, `HIDDEN` for each such sign."""
    found = []
    for piece in chunk.split("."):
        core = piece.strip("*_")
        if len(core) > _LONGEST:
            continue
        if "*" in core or ("_" in core and len(core) >= _SHORTEST_JOINED):
            found.append(core.replace("_", HIDDEN))
        elif (len(core) >= _SHORTEST_CUT and piece == core + "*") or (
            len(core) > _SHORTEST_CUT and piece == "*" + core
        ):
            found.append(piece)
    return found


@lru_cache(maxsize=4096)
def _shape(character: str) -> str:
    """Return the letters that `character` looks like, a space, a sign (see `skeleton`), nothing if unseen."""
    if character.isspace():
        return " "
    look = unicodedata.normalize("NFKD", character).translate(_TABLE)
    look = unicodedata.normalize("NFKD", look.casefold()).translate(_TABLE)
    letters = "".join(part for part in look if _WORD.fullmatch(part) or part in "!|_")
    unseen = all(unicodedata.category(part) in _UNSEEN_CATEGORIES for part in look)
    return letters or ("" if unseen else _sign(character))


def _sign(character: str) -> str:
    if character == "?":  # hides a letter only inside a word, as an underscore does
        return "_"
    may_hide = unicodedata.category(character)[0] in "SP" and character not in _PUNCTUATION
    return HIDDEN if may_hide else "."


@lru_cache(maxsize=8192)
def _readings(written: str) -> tuple[str, ...]:
    """Return `written`, and what it says without digits at its ends and, if letters enough are left, with them read."""
    if written.isalpha():
        return (written,)
    readings = [written]
    core = written.strip("0123456789")
    if core.isalpha():
        readings.append(core)
    letters = sum(not character.isdigit() for character in written)
    # Short names of products ("A55") have few letters; longer words stay readable with fewer still.
    if len(written) <= _LONGEST and letters * (2 if len(written) < 5 else 3) >= len(written):
        readings += _unleeted(written)
    return tuple(dict.fromkeys(readings))


def _unleeted(written: str) -> list[str]:
    choices = [_LEET.get(character, character) for character in written]
    if sum(len(choice) > 1 for choice in choices) > _MAX_AMBIGUOUS:
        return ["".join(choice[0] for choice in choices), "".join(choice[-1] for choice in choices)]
    return ["".join(letters) for letters in product(*choices)]


def _spelled(singles: list[re.Match[str]]) -> list[Word]:
    """Return the words that a row of single letters spells; a gap unlike the narrowest one parts two words."""
    if len(singles) < 3:
        return [Word(_readings(single[0])) for single in singles]
    gaps = [_gap(before, after) for before, after in pairwise(singles)]
    narrowest = min(gaps)
    spelled = [singles[0][0]]
    for gap, single in zip(gaps, singles[1:], strict=True):
        if gap > narrowest:
            spelled.append("")
        spelled[-1] += single[0]
    return [Word(_without_article(letters) + _readings(letters)) for letters in spelled]


def _without_article(letters: str) -> tuple[str, ...]:
    """Return what "a n u d e" says besides *anude*: the article is a word of its own, however it is set."""
    return _readings(letters[1:]) if letters[0] in "ai" and len(letters) > 3 else ()


def _gap(before: re.Match[str], after: re.Match[str]) -> tuple[bool, int]:
    between = before.string[before.end() : after.start()]
    return " " in between, len(between)
