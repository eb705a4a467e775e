"""A prompt in one clean line that a model reads to its end."""

import pytest

from lumiku import phrases
from lumiku.phrases import Phrase


@pytest.mark.parametrize(
    ("words", "one_line"),
    [
        ("  red dress. ", "red dress"),
        ("red dress\r\nin the rain", "red dress, in the rain"),
        ("red dress,\n\nin the rain!!!", "red dress, in the rain"),
        ("a\x00b\u200bc\td\ud800", "abc d"),
        ("smile 😀 👩\u200d🦰", "smile 😀 👩\u200d🦰"),
        ("--- ... ---", ""),
        ("(red) dress?", "(red) dress"),
    ],
)
def test_what_a_user_writes_becomes_one_clean_line(words: str, one_line: str) -> None:
    assert phrases.line(words) == one_line


def test_what_says_nothing_leaves_no_gap() -> None:
    assert phrases.joined([Phrase(0, "red dress"), Phrase(0, ""), Phrase(3, "a market")]) == "red dress, a market"


def test_what_matters_least_goes_first_and_what_matters_most_never() -> None:
    long = "w" * 4 * phrases.MOST

    assert phrases.joined([Phrase(9, "flowers"), Phrase(1, "light"), Phrase(0, "dress" * 100)]).startswith("flowers")
    assert phrases.joined([Phrase(9, "flowers"), Phrase(1, long), Phrase(0, "dress")]) == "dress"
    assert phrases.joined([Phrase(9, "flowers"), Phrase(1, "light"), Phrase(0, long)]) == long
