"""Which listed words somebody may mean who spells them wrong, by mistake or on purpose.

Letters swapped, missing, wrong or too many, vowels left out, spelt by ear, read backwards, hidden behind a sign, split
by spaces: each is one look into an index made once. The shorter a word, the fewer
slips are forgiven. Ordinary words, names and what two honest words happen to say together (*the pen is red*) never
count as slips: those that lie one slip from a listed word stand in `lists/ordinary.txt`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from lumiku.moderation.spelling import HIDDEN

SHORTEST = 4
"""Letters; shorter words have too many honest neighbours."""
_SHORTEST_LOSING = 5
_SHORTEST_FUZZY = 7
_SHORTEST_SKELETON = 4
_LONGEST_SPLIT = 14
_MOST_PIECES = 3
_FEWEST_SEEN = 2  # letters of a word whose others are hidden
_ENDING = "nya"  # Indonesian for *the* and *her*, part of the word: *ususnya terburai*
_VOWELS = "aeiou"
_NO_VOWELS = str.maketrans("", "", _VOWELS)
_BY_EAR = (("ph", "f"), ("ck", "k"), ("oe", "u"), ("dj", "j"), ("tj", "k"))
_BY_EAR_LETTERS = str.maketrans({"z": "s", "y": "i", "v": "u", "q": "k", "c": "k", "x": "ks"})
_SILENT = re.compile(r"t(?=z)|(?<=z)s|(?<=[bdgkrz])h")
"""Letters too many that nobody hears: *natzi*, *bokhep*."""
_REPEATED = re.compile(r"(.)(?=\1)")


class Slips:
    """What `words` may look like when they are spelt wrong."""

    def __init__(self, words: Collection[str], *, ordinary: Iterable[str], pieces: Iterable[str]) -> None:
        """Take the listed words.

        `ordinary` words mean only themselves, `pieces` may stand side by side whatever they spell together.
        """
        self._words = frozenset(words)
        self._listed = frozenset(word for word in words if len(word) >= SHORTEST)
        self._longest = max(map(len, self._listed), default=0)
        self._pieces = frozenset(pieces)
        self._ordinary = frozenset(ordinary)
        self._short = frozenset(word for word in words if len(word) == SHORTEST - 1)
        self._shortened = _index((short, word) for word in self._listed for short in (word, *_shortened(word)))
        self._by_ear = _index((_by_ear(word), word) for word in self._listed)
        self._skeletons = _index((word.translate(_NO_VOWELS), word) for word in self._listed)
        self._by_outline = _index((key, word) for word in self._listed | self._short for key in _outlines(word))

    def meant(self, reading: str) -> set[str]:
        """Return the listed words that `reading` may stand for besides itself."""
        if HIDDEN in reading:
            return self._behind_signs(reading)
        if reading in self._ordinary or len(reading) < SHORTEST - 1 or reading in self._words:
            return set()
        return {*self._by_slip(reading), *self._heard(reading), *self._with_ending(reading)}

    def together(self, pieces: Sequence[str], at: int) -> tuple[int, str]:
        """Return how many of `pieces` from `at` on spell a listed word, and the word; (0, "") if they do not."""
        whole = pieces[at]
        odd = whole not in self._pieces
        for count, piece in enumerate(pieces[at + 1 : at + _MOST_PIECES], start=2):
            whole += piece
            if len(whole) > _LONGEST_SPLIT:
                break
            odd = odd or piece not in self._pieces
            if odd and whole in self._listed:
                return count, whole
        return 0, ""

    def _by_slip(self, reading: str) -> Iterator[str]:
        if len(reading) > self._longest + 1:
            return
        for short in (reading, *_shortened(reading)):
            for word in self._shortened.get(short, ()):
                if _is_slip(word, reading):
                    yield word
        if reading[::-1] in self._listed:
            yield reading[::-1]

    def _heard(self, reading: str) -> Iterator[str]:
        yield from self._by_ear.get(_by_ear(reading), ())
        if _SILENT.search(reading):
            yield from self._by_ear.get(_by_ear(_SILENT.sub("", reading)), ())
        if len(reading) >= _SHORTEST_SKELETON and reading == reading.translate(_NO_VOWELS):
            yield from self._skeletons.get(reading, ())

    def _with_ending(self, reading: str) -> Iterator[str]:
        if reading.endswith(_ENDING) and reading.removesuffix(_ENDING) in self._listed:
            yield reading.removesuffix(_ENDING)

    def _behind_signs(self, reading: str) -> set[str]:
        seen = [(at, letter) for at, letter in enumerate(reading) if letter != HIDDEN]
        if len(seen) < _FEWEST_SEEN:
            return set()
        likely = self._by_outline.get((len(reading), reading[0], reading[-1]), ())
        return {word for word in likely if all(word[at] == letter for at, letter in seen)}


def _index(pairs: Iterable[tuple]) -> dict:
    found: defaultdict = defaultdict(list)
    for key, word in pairs:
        found[key].append(word)
    return {key: tuple(dict.fromkeys(words)) for key, words in found.items()}


def _shortened(word: str) -> Iterator[str]:
    """Yield `word` without one of its letters, but the first."""
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]


def _by_ear(word: str) -> str:
    for written, heard in _BY_EAR:
        word = word.replace(written, heard)
    return _REPEATED.sub("", word.translate(_BY_EAR_LETTERS))


def _outlines(word: str) -> Iterator[tuple[int, str, str]]:
    yield len(word), word[0], word[-1]
    yield len(word), HIDDEN, word[-1]
    yield len(word), word[0], HIDDEN


def _is_slip(word: str, reading: str) -> bool:
    """Return whether `reading` is `word` with one slip that a word of this length is forgiven."""
    length = len(word)
    start = next(
        (at for at, (a, b) in enumerate(zip(word, reading, strict=False)) if a != b), min(length, len(reading))
    )
    longer, rest = word[start:], reading[start:]
    if length == len(reading):
        if longer[1:2] + longer[:1] + longer[2:] == rest:
            return start > 0 or length > SHORTEST
        wrong = longer[1:] == rest[1:]
        return wrong and (
            length >= _SHORTEST_FUZZY or (length >= _SHORTEST_LOSING and longer[0] in _VOWELS and rest[0] in _VOWELS)
        )
    if length > len(reading):
        return length >= _SHORTEST_LOSING and longer[1:] == rest
    return length >= _SHORTEST_FUZZY and longer == rest[1:]
