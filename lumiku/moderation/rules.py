"""How words are looked up in the lists.

Looking up is one dictionary access per reading of a word and a comparison of few candidates, however long the lists
grow. A word also matches where its letters are repeated (*nuuude*) and where it is misspelt (see `slips`). A text that
breaks several rules gets the class of the first.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from lumiku.moderation import compounds, vocabulary
from lumiku.moderation.slips import Slips
from lumiku.moderation.spelling import HIDDEN, Word
from lumiku.moderation.vocabulary import Excuse, Phrase, Rule

_REACH = 4
"""Words on either side of a listed one that can excuse it."""
_MOST_GUESSES = 2
"""Readings of one word that are searched for slips."""
_REPEATED = re.compile(r"(.)(?=\1)")
_DIGIT = re.compile(r"[0-9]")

_Start = dict[str, list[Rule]]
"""Rules with the same first word by their second one; "" for those of one word."""


def first_broken(words: Sequence[Word]) -> str | None:
    """Return the class of the first rule that `words` break, or None."""
    for reading in _ways_to_read(words):
        for index, word in enumerate(reading):
            starts = _starts(word.readings)
            verdict = _broken_at(index, reading, starts) if starts else None
            if verdict:
                return verdict
    return None


def _ways_to_read(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Yield the words as they stand, then with those put together that say something listed."""
    plain = [word for word in words if not word.parts]
    yield plain
    closed_up = _closed_up(words)
    if any(word.parts for word in closed_up):
        yield closed_up
    without_spaces = _without_spaces(plain)
    if len(without_spaces) < len(plain):
        yield without_spaces
    taken_apart = _taken_apart(plain)
    if len(taken_apart) > len(plain):
        yield taken_apart


def _closed_up(words: Sequence[Word]) -> list[Word]:
    """Return the words; where a chunk as a whole says something listed, that in place of its parts."""
    found: list[Word] = []
    settled = False
    for word in words:
        if not word.parts:
            found.append(word)
            settled = False
        elif not settled and any(key in _KEYS for key in _keys(word.readings)):
            found[len(found) - word.parts :] = [word]
            settled = True
    return found


def _without_spaces(words: Sequence[Word]) -> list[Word]:
    """Return the words; where neighbours spell a listed word, that in their place."""
    pieces = [word.readings[-1] for word in words]
    found: list[Word] = []
    at = 0
    while at < len(words):
        count, together = _SLIPS.together(pieces, at)
        found.append(Word((together,), parts=count) if count else words[at])
        at += count or 1
    return found


def _taken_apart(words: Sequence[Word]) -> list[Word]:
    """Return the words; where one is several run together, these in its place."""
    return [part for word in words for part in _parts(word)]


def _parts(word: Word) -> Iterable[Word]:
    if len(word.readings[0]) < compounds.SHORTEST:
        return (word,)
    apart = filter(None, map(_COMPOUNDS.words_in, _guesses(word.readings)))
    return [Word((part,)) for part in next(apart, ())] or (word,)


def _broken_at(index: int, words: Sequence[Word], starts: list[_Start]) -> str | None:
    following = words[index : index + 2 * _LONGEST_PHRASE]
    for row in _rows(following):
        for rule in _candidates(starts, row):
            if _matches(rule, row) and not _excused(rule, words, index):
                return rule.verdict
    return None


def _rows(following: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Yield the words as they follow, and without those that fill a phrase but do not change it."""
    yield following
    kept = [following[0], *(word for word in following[1:] if word.readings[0] not in _FILLERS)]
    if len(kept) < len(following):
        yield kept


def _candidates(starts: list[_Start], row: Sequence[Word]) -> Iterator[Rule]:
    """Yield the rules of `starts` whose second word is the second of `row`, then those of one word."""
    seconds = [*(key for word in row[1:2] for key in _keys(word.readings)), ""]
    for second in seconds:
        for start in starts:
            yield from start.get(second, ())


def _matches(rule: Rule, row: Sequence[Word]) -> bool:
    return len(rule.phrase) <= len(row) and all(map(_is_written, rule.phrase, row))


def _is_written(listed: str, word: Word) -> bool:
    return any(reading[0] == listed[0] and _is_stretched(listed, reading) for reading in _meanings(word.readings))


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
def _meanings(readings: tuple[str, ...]) -> tuple[str, ...]:
    """Return the readings of a word and the listed words that it may be when it is misspelt."""
    return (*readings, *sorted({word for guess in _guesses(readings) for word in _SLIPS.meant(guess)}))


def _guesses(readings: tuple[str, ...]) -> Iterable[str]:
    """Return the readings that are searched for slips; "v1v4" has too few letters to be misspelt."""
    if len(readings) == 1 or 2 * len(_DIGIT.findall(readings[0])) >= len(readings[0]):
        return readings if readings[0].isalpha() or HIDDEN in readings[0] else ()
    return [reading for reading in readings if reading.replace(HIDDEN, "a").isalpha()][:_MOST_GUESSES]


@lru_cache(maxsize=8192)
def _starts(readings: tuple[str, ...]) -> list[_Start]:
    """Return the rules that may begin with a word."""
    return [_RULES[key] for key in _keys(readings) if key in _RULES]


@lru_cache(maxsize=8192)
def _keys(readings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_unrepeated, _meanings(readings))))


def _unrepeated(word: str) -> str:
    return _REPEATED.sub("", word)


def _excused(rule: Rule, words: Sequence[Word], index: int) -> bool:
    excuse = _EXCUSES.get(rule.phrase)
    if excuse is None or words[index].parts:
        return False
    end = index + len(rule.phrase)
    ahead = [word.readings[-1] for word in words[end : end + _REACH]]
    behind = [word.readings[-1] for word in reversed(words[max(0, index - _REACH) : index])]
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


def _by_start(rules: list[Rule]) -> dict[str, _Start]:
    """Return the rules by the first and the second word of their phrase, repeated letters counted once."""
    found: defaultdict[str, defaultdict[str, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for rule in rules:
        second = _unrepeated(rule.phrase[1]) if len(rule.phrase) > 1 else ""
        found[_unrepeated(rule.phrase[0])][second].append(rule)
    return {first: dict(seconds) for first, seconds in found.items()}


_ALL = list(vocabulary.rules())
_RULES = _by_start(_ALL)
_KEYS = {_unrepeated(word) for rule in _ALL for word in rule.phrase}
_LONGEST_PHRASE = max(len(rule.phrase) for rule in _ALL)
_EXCUSES: dict[Phrase, Excuse] = vocabulary.excuses()
_ORDINARY = vocabulary.ordinary()
_FILLERS = vocabulary.fillers()
_SLIPS = Slips(
    {word for rule in _ALL if not rule.closed_up for word in rule.phrase},
    ordinary=_ORDINARY,
    pieces=vocabulary.pieces(),
)
_COMPOUNDS = compounds.Compounds((rule.phrase for rule in _ALL), companions=vocabulary.companions(), ordinary=_ORDINARY)
