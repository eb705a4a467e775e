"""A prompt as phrases in a row: each one clean line, and no more of them than a model reads.

Pure. FLUX's T5 reads up to 512 tokens; what matters least is left out before that.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

#: Tokens that a prompt has at most, by `tokens`: T5 reads 512, and the estimate may be a fifth too low.
MOST: Final = 400


class Phrase(NamedTuple):
    """A part of a prompt."""

    importance: int
    """0 is never left out; else the highest number goes first."""
    text: str


def joined(parts: Iterable[Phrase]) -> str:
    """Return the parts that say something as one line, without the least important ones as far as `MOST` demands."""
    kept = [part for part in parts if part.text]
    while tokens(_line(kept)) > MOST and any(part.importance for part in kept):
        kept.remove(max(kept, key=lambda part: part.importance))
    return _line(kept)


def line(text: str) -> str:
    """Return `text` as one line without control characters, and without punctuation at its ends."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"(?<=[^\s,.;:!?])[ \t]*[\r\n]+\s*(?=\S)", ", ", text)  # each line was a thought of its own
    kept = (" " if sign.isspace() else sign for sign in text if sign.isspace() or sign == "\u200d" or _is_seen(sign))
    return " ".join("".join(kept).split()).strip(" ,.;:!?…-–—/|\u200d")


def tokens(text: str) -> int:
    """Return about how many tokens T5 makes of `text`: one for four letters of a word and one for every other sign."""
    pieces = re.findall(r"[A-Za-z0-9]+|\S", text)
    return sum(-(-len(piece) // 4) for piece in pieces)


def _line(parts: Iterable[Phrase]) -> str:
    return ", ".join(part.text for part in parts)


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")
