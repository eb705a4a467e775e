"""The lists, and how words are looked up in them.

`lists/<class>.txt` holds the words and phrases of one class, `lists/allowed.toml` the neighbours that make a listed
word harmless. Looking up is one dictionary access per reading of a word and a comparison of few candidates, however
long the lists grow. A word also matches where its letters are repeated (*nuuude*), never where letters are missing:
*Bob* has one o. A text that breaks several rules gets the class of the first.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from lumiku.moderation.spelling import Word

_LISTS = Path(__file__).parent / "lists"
VERSION = sha256(b"".join(path.read_bytes() for path in sorted(_LISTS.iterdir()))).hexdigest()[:8]
_CLASSES = ("sexual_content", "extremism", "gore", "drugs", "likeness")
_SHORTEST_CLOSED_UP = 8
_REACH = 4
"""Words on either side of a listed one that can excuse it."""
_REPEATED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class _Rule:
    verdict: str
    phrase: tuple[str, ...]


_Start = dict[str, list[_Rule]]
"""Rules with the same first word by their second one; "" for those of one word."""


@dataclass(frozen=True, slots=True)
class _Excuse:
    """Words that make a listed word harmless, directly beside it or beyond words that may stand between."""

    before: frozenset[str]
    before_through: frozenset[str]
    after: frozenset[str]
    after_through: frozenset[str]
    never_before: frozenset[str]
    """If one of these follows at once, nothing is excused."""


def first_broken(words: Sequence[Word]) -> str | None:
    """Return the class of the first rule that `words` break, or None."""
    for index, word in enumerate(words):
        starts = [_RULES[key] for key in map(_unrepeated, word.readings) if key in _RULES]
        if starts:
            row = _row(words, index)
            for rule in _candidates(starts, row):
                if _matches(rule, row) and not _excused(rule, words, index):
                    return rule.verdict
    return None


def _candidates(starts: list[_Start], row: list[Word]) -> Iterator[_Rule]:
    """Yield the rules of `starts` whose second word is the second of `row`, then those of one word."""
    seconds = [*(_unrepeated(reading) for word in row[1:2] for reading in word.readings), ""]
    for second in seconds:
        for start in starts:
            yield from start.get(second, ())


def _row(words: Sequence[Word], index: int) -> list[Word]:
    """Return the word at `index` and those after it, as far as any phrase reaches."""
    # Words put together from others do not count after the first; there is at most one of them for two others.
    return [words[index], *(word for word in words[index + 1 : index + 2 * _LONGEST_PHRASE] if not word.joined)]


def _matches(rule: _Rule, row: list[Word]) -> bool:
    return len(rule.phrase) <= len(row) and all(map(_is_written, rule.phrase, row))


def _is_written(listed: str, word: Word) -> bool:
    return any(reading[0] == listed[0] and _is_stretched(listed, reading) for reading in word.readings)


@lru_cache(maxsize=8192)
def _is_stretched(listed: str, reading: str) -> bool:
    """Return whether `reading` is `listed` with no letter fewer and perhaps some repeated."""
    if listed == reading:
        return True
    if reading in _ORDINARY or _unrepeated(listed) != _unrepeated(reading):
        return False
    runs, wanted = _runs(reading), _runs(listed)
    return all(count >= least for count, least in zip(runs, wanted, strict=True))


def _runs(word: str) -> list[int]:
    return [sum(1 for _ in run) for _letter, run in groupby(word)]


@lru_cache(maxsize=8192)
def _unrepeated(word: str) -> str:
    return _REPEATED.sub(r"\1", word)


def _excused(rule: _Rule, words: Sequence[Word], index: int) -> bool:
    excuse = _EXCUSES.get(rule.phrase)
    if excuse is None or words[index].joined:
        return False
    end = index + len(rule.phrase)
    ahead = [word.readings[-1] for word in words[end : end + _REACH] if not word.joined]
    behind = [word.readings[-1] for word in reversed(words[max(0, index - _REACH) : index]) if not word.joined]
    if ahead and ahead[0] in excuse.never_before:
        return False
    return _meets(ahead, excuse.after, excuse.after_through) or _meets(behind, excuse.before, excuse.before_through)


def _meets(neighbours: list[str], harmless: frozenset[str], through: frozenset[str]) -> bool:
    for word in neighbours:
        if word in harmless:
            return True
        if word not in through:
            return False
    return False


def _load_rules() -> dict[str, _Start]:
    """Return the rules by the first and the second word of their phrase, repeated letters counted once."""
    found: defaultdict[str, defaultdict[str, list[_Rule]]] = defaultdict(lambda: defaultdict(list))
    for verdict in _CLASSES:
        for phrase in _phrases((_LISTS / f"{verdict}.txt").read_text(encoding="utf-8")):
            closed_up = "".join(phrase)
            spellings = {phrase, (closed_up,)} if len(closed_up) >= _SHORTEST_CLOSED_UP else {phrase}  # a hashtag
            for words in spellings:
                second = _unrepeated(words[1]) if len(words) > 1 else ""
                found[_unrepeated(words[0])][second].append(_Rule(verdict, words))
    return {first: dict(seconds) for first, seconds in found.items()}


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the phrases of a list: separated by commas or lines; `word/s/ish` also stands for words and wordish."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    for entry in filter(None, (entry.strip() for line in lines for entry in line.split(","))):
        stem, *endings = entry.split("/")
        for ending in ("", *endings):
            yield tuple((stem + ending).split())


def _load_excuses() -> dict[tuple[str, ...], _Excuse]:
    return {
        tuple(phrase.split()): _Excuse(*(frozenset(table.get(name, "").split()) for name in _Excuse.__slots__))
        for phrases, table in _ALLOWED.items()
        if phrases != "ordinary"
        for phrase in phrases.split(",")
    }


_ALLOWED = tomllib.loads((_LISTS / "allowed.toml").read_text(encoding="utf-8"))
_ORDINARY = frozenset(_ALLOWED["ordinary"].split())
_RULES = _load_rules()
_LONGEST_PHRASE = max(len(rule.phrase) for start in _RULES.values() for rules in start.values() for rule in rules)
_EXCUSES = _load_excuses()
