"""Indonesian words: what each is in English, and what kind of word it is.

A table of the words that sellers use (`glossary.toml`), looked up by the longest phrase first, then by the root of a
word with affixes: *dipegangnya* is *pegang*. What is not known stays as it is: it may be a name.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

_TABLES: dict[str, str] = tomllib.loads((Path(__file__).parent / "glossary.toml").read_text(encoding="utf-8"))
NOUNS: Final = ("people", "body", "clothes", "places_in", "places_on", "places_at", "things")
KINDS: Final = (*NOUNS, "adjectives", "verbs", "quantities", "links", "negations")
#: English words that say how the others belong together, and a few that prompts are full of.
FUNCTION_WORDS: Final = frozenset(_TABLES["english"].split())
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*|[^\w\s]|_")
_WORD = re.compile(r"[^\W\d_]")
_PARTICLES = ("nya", "lah", "kah", "pun", "ku", "mu")
_VERB_ENDINGS = ("", "kan", "i", "in", "an", "nya", "kannya", "inya")
# What "me-" becomes before a root, and the letters of the root that it swallows.
_ACTIVE = (
    ("menge", ("",)),
    ("meng", ("", "k")),
    ("meny", ("s",)),
    ("mem", ("", "p")),
    ("men", ("", "t")),
    ("me", ("",)),
    ("nge", ("",)),
    ("ng", ("", "k")),
    ("ny", ("s",)),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or phrase of a text and what it is in English."""

    source: str
    english: str
    kind: str
    """A table of the glossary, or "mark", "number", "english", "unknown"."""
    sign: int = 0
    """How many of its words show that the text is Indonesian."""

    @property
    def is_word(self) -> bool:
        return bool(_WORD.match(self.source))


def meanings(table: str) -> frozenset[str]:
    """Return the English words and phrases of one table of the glossary, such as "adjectives"."""
    return frozenset(meaning.partition("/")[0] for meaning in _table(table).values())


@lru_cache
def _table(name: str) -> dict[str, str]:
    """Return English by Indonesian spelling."""
    found: dict[str, str] = {}
    for entry in re.split(r"[;\n]", _TABLES[name]):
        spellings, _, meaning = (part.strip() for part in entry.partition(" = "))
        for spelling in filter(None, spellings.split("/")):
            found.setdefault(spelling.strip(), meaning)
    return found


@lru_cache
def _lexicon() -> dict[str, tuple[str, str]]:
    """Return (kind, English) by spelling; a word of two kinds is of the first."""
    found: dict[str, tuple[str, str]] = dict.fromkeys(_table("silent"), ("silent", ""))
    for kind in KINDS:
        for word, meaning in _table(kind).items():
            found.setdefault(word, (kind, meaning.partition("/")[0]))
    return found


@lru_cache
def _no_sign() -> frozenset[str]:
    """Return the words that are no sign of Indonesian."""
    return frozenset(_TABLES["shared"].split()) | _english_words()


@lru_cache
def _english_words() -> frozenset[str]:
    """Return the words of the meanings, without those that are kept from Indonesian ("gamis dress")."""
    found = {
        word
        for spelling, (_, meaning) in _lexicon().items()
        for word in meaning.lower().split()
        if word not in spelling.split() or (spelling == meaning and " " not in spelling)
    }
    return FUNCTION_WORDS | frozenset(found - _table("silent").keys())


@lru_cache
def _longest() -> int:
    return max(len(spelling.split()) for spelling in _lexicon())


def read(text: str) -> list[Unit]:
    """Return the words and phrases of `text`, each with what it is in English."""
    tokens = _TOKEN.findall(text)
    units: list[Unit] = []
    place = 0
    while place < len(tokens):
        taken, found = _phrase(tokens, place)
        units += found
        place += taken
    return units


def _phrase(tokens: Sequence[str], place: int) -> tuple[int, list[Unit]]:
    """Return how many tokens the longest entry at `place` takes, and its units."""
    for length in range(min(_longest(), len(tokens) - place), 0, -1):
        source = " ".join(tokens[place : place + length])
        entry = _lexicon().get(source.lower())
        if entry:
            kind, meaning = entry
            own = [word for word in source.lower().split() if word not in _no_sign()]
            return length, [Unit(source, meaning, kind, len(own))]
        kind, meaning = _lexicon().get(source.lower().removeprefix("ber"), ("", ""))
        if length > 1 and kind in ("clothes", "body"):
            link = "wearing" if kind == "clothes" else "with"
            return length, [Unit("", link, "links"), Unit(source, meaning, kind, length)]
    return 1, _single(tokens[place])


def _single(token: str) -> list[Unit]:
    if not _WORD.match(token):
        return [Unit(token, token, "number" if token[0].isdigit() else "mark")]
    word = token.lower()
    if word in _english_words():
        return [Unit(token, token, "english")]
    return _bent(token, word) or [Unit(token, token, "unknown")]


def _bent(token: str, word: str) -> list[Unit]:
    """Return the units of a word with affixes, or of a doubled one; nothing if its root is not known."""
    for kind, meaning, link in _readings(word):
        found = [Unit("", link, "links")] if link else []
        return [*found, Unit(token, meaning, kind, 1)]
    return []


def _readings(word: str) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, English, link before it) of `word`, the likeliest first."""
    first, dash, second = word.partition("-")
    if dash and first in _lexicon() and second.startswith(first):
        yield (*_lexicon()[first], "")
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) > 2:
            yield from _entries(word.removesuffix(particle))
            yield from _affixed(word.removesuffix(particle))
    yield from _affixed(word)


def _entries(word: str) -> Iterator[tuple[str, str, str]]:
    if word in _lexicon() and _lexicon()[word][0] != "silent":
        yield (*_lexicon()[word], "")


def _affixed(word: str) -> Iterator[tuple[str, str, str]]:
    for prefix, heads in _ACTIVE:
        if word.startswith(prefix):
            for head in heads:
                yield from _verbs(head + word.removeprefix(prefix), 0)
    for prefix in ("di", "ter"):
        if word.startswith(prefix):
            yield from _verbs(word.removeprefix(prefix), 1)
    if word.startswith("ter"):
        yield from _verbs(word.removeprefix("te"), 1)
    if word.startswith("ber"):
        yield from _having(word.removeprefix("ber"))
        yield from _having(word.removeprefix("be"))
    if word.startswith("ter") and word.removeprefix("ter") in _table("adjectives"):
        yield "adjectives", f"most {_table('adjectives')[word.removeprefix('ter')]}", ""
    yield from _verbs(word, 0)


def _verbs(word: str, form: int) -> Iterator[tuple[str, str, str]]:
    """Yield the verb of a root that may have an ending: form 0 is doing, 1 is done."""
    for ending in _VERB_ENDINGS:
        root = word.removesuffix(ending)
        if word.endswith(ending) and len(root) > 2 and root in _table("verbs"):
            doing, _, done = _table("verbs")[root].partition("/")
            yield "verbs", done if form and done else doing, ""


def _having(root: str) -> Iterator[tuple[str, str, str]]:
    """Yield what "ber-" makes of a root: one wears clothes, has a body, does a verb, is an adjective."""
    kind, meaning = _lexicon().get(root, ("", ""))
    if kind in NOUNS and len(root) > 2:
        yield kind, meaning, "wearing" if kind == "clothes" else "with"
    elif kind in ("adjectives", "verbs"):
        yield kind, meaning, ""
    yield from _verbs(root, 0)
