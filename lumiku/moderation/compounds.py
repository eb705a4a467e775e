"""Words run together without spaces, taken apart again: *buycocainehere*.

A long token that is no ordinary word and consists wholly of listed words or phrases and their companions is also read
as these words; the rules then judge them. What does not come out even stays one word, so a listed word inside a longer
one (*skill*, *Essex*) says nothing, nor does one beside part of a name (*cate-gory*, *han-cock*). Honest words that do
come out even stand in `lists/ordinary.txt`.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

Phrase = tuple[str, ...]

SHORTEST = 7
"""Letters; shorter tokens are too often names."""
_LONGEST = 40
_SHORTEST_PIECE = 3
_MOST_PIECES = 6


class Compounds:
    """Tokens that consist of listed phrases and companions, with no space anywhere."""

    def __init__(self, listed: Iterable[Phrase], *, companions: Iterable[str], ordinary: Collection[str]) -> None:
        """Take the listed phrases, and the words that stand beside them; `ordinary` words are never taken apart."""
        phrases = [*listed, *((word,) for word in companions)]
        pieces = {"".join(phrase): phrase for phrase in sorted(phrases, key=len, reverse=True)}
        self._pieces = {piece: phrase for piece, phrase in pieces.items() if len(piece) >= _SHORTEST_PIECE}
        self._lengths = range(_SHORTEST_PIECE, min(_LONGEST, max(map(len, self._pieces), default=0)) + 1)
        self._ordinary = frozenset(ordinary)
        self.words_in = lru_cache(maxsize=8192)(self._words_in)
        """`words_in(token)`: the words that it consists of, in order; () if it does not or is one itself."""

    def _words_in(self, token: str) -> Phrase:
        if not SHORTEST <= len(token) <= _LONGEST or token in self._ordinary:
            return ()
        found = [word for piece in _fewest(token, self._pieces, self._lengths) for word in self._pieces[piece]]
        return tuple(found) if len(found) > 1 else ()


def _fewest(token: str, pieces: Mapping[str, Phrase], lengths: range) -> list[str]:
    """Return the fewest `pieces` that spell `token`, in order; [] if none do."""
    reached: dict[int, list[str]] = {0: []}  # the fewest that spell it up to a place, where any do
    for start in range(len(token)):
        before = reached.get(start)
        if before is None or len(before) == _MOST_PIECES:
            continue
        for length in lengths:
            end = start + length
            if end > len(token):
                break
            piece = token[start:end]
            if piece in pieces and (end not in reached or len(before) + 1 < len(reached[end])):
                reached[end] = [*before, piece]
    return reached.get(len(token), [])
