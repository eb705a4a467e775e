"""The lists: what is not made, what excuses a listed word, which words are ordinary.

In `lists/`, `<class>.txt` holds the words and phrases of one class, `allowed.toml` the neighbours that make a listed
word harmless, `ordinary.txt` honest words that look like a listed one spelt wrong, `pieces.txt` those that happen to
spell one with their neighbours (*the pen is red*), `companions.txt` the words that listed ones are run together with
(*nudemodel*), `fillers.txt` those that stand in phrases without changing them (*without any clothes*).
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path

_LISTS = Path(__file__).parent / "lists"
VERSION = sha256(b"".join(path.read_bytes() for path in sorted(_LISTS.iterdir()))).hexdigest()[:8]
_CLASSES = ("sexual_content", "extremism", "gore", "drugs", "likeness")
_SHORTEST_CLOSED_UP = 8

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A phrase that is not allowed, and the class it belongs to."""

    verdict: str
    phrase: Phrase
    closed_up: bool = False
    """A longer phrase as one word, as a hashtag writes it."""


@dataclass(frozen=True, slots=True)
class Excuse:
    """Words that make a listed word harmless, directly beside it or beyond words that may stand between."""

    before: frozenset[str]
    before_through: frozenset[str]
    after: frozenset[str]
    after_through: frozenset[str]
    never_before: frozenset[str]
    """If one of these follows at once, nothing is excused."""


def rules() -> Iterator[Rule]:
    """Yield the rules, class after class; a long phrase also closed up, unless it is one of many alternatives."""
    for verdict in _CLASSES:
        for entry in _entries(_read(f"{verdict}.txt")):
            for phrase in _phrases(entry):
                yield Rule(verdict, phrase)
                closed_up = "".join(phrase)
                if len(phrase) > 1 and len(closed_up) >= _SHORTEST_CLOSED_UP and "|" not in entry:
                    yield Rule(verdict, (closed_up,), closed_up=True)


def excuses() -> dict[Phrase, Excuse]:
    """Return the excuses by the phrase that they excuse."""
    return {
        tuple(phrase.split()): Excuse(*(frozenset(table.get(name, "").split()) for name in Excuse.__slots__))
        for phrases, table in tomllib.loads(_read("allowed.toml")).items()
        for phrase in phrases.split(",")
    }


def ordinary() -> frozenset[str]:
    """Return the words that never count as a listed one spelt wrong."""
    return _words("ordinary.txt")


def pieces() -> frozenset[str]:
    """Return the words that may stand side by side, whatever they spell together."""
    return _words("pieces.txt")


def companions() -> frozenset[str]:
    """Return the words that listed ones are run together with."""
    return _words("companions.txt")


def fillers() -> frozenset[str]:
    """Return the words that may stand inside a phrase and do not change it."""
    return _words("fillers.txt")


def _words(name: str) -> frozenset[str]:
    return frozenset(_entries(_read(name)))


def _read(name: str) -> str:
    return (_LISTS / name).read_text(encoding="utf-8")


def _entries(text: str) -> Iterator[str]:
    """Yield the entries of a list: separated by commas or lines, `#` begins a comment."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    yield from filter(None, (entry.strip() for line in lines for entry in line.split(",")))


def _phrases(entry: str) -> Iterator[Phrase]:
    """Yield what an entry stands for: `a|b c` is a c and b c, `word/s/ish` also words and wordish."""
    stem, *endings = entry.split("/")
    for ending in ("", *endings):
        yield from product(*(word.split("|") for word in (stem + ending).split()))
