"""Indonesian prompts in English, word by word: painting models read English.

No translator: a table of words (`indonesian`) and one rule of grammar. What tells more about a noun stands after it in
Indonesian and before it in English, so *baju merah* is *red clothes*. English comes back untouched, byte by byte: words
that are English, too, are no sign of Indonesian. A sentence in neither keeps its words.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lumiku import indonesian
from lumiku.indonesian import NOUNS, Unit

#: A text is Indonesian when at least this share of its words is: others may be names, brands or English.
_SIGNS: Final = 0.2
#: A gloss replaces the text when at least this share of its words with a meaning is known; else it follows the text.
_ENOUGH: Final = 0.5
#: What a noun is before a person.
_OF_PEOPLE = {"man": "male", "woman": "female", "Java": "Javanese", "Bali": "Balinese", "Indonesia": "Indonesian"}
_SEVERAL = frozenset(["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "both", "several"])


def english(text: str) -> str:
    """Return `text` in English, as far as the glossary goes, or `text` itself unless it is Indonesian.

    A text of which less than half is known stays, and what is known follows it in brackets.
    """
    units = indonesian.read(text)
    if not _is_indonesian(units):
        return text
    known, total = _counted(units)
    gloss = _composed(units)
    return gloss if known >= _ENOUGH * total else f"{text} ({gloss})"


def coverage(text: str) -> tuple[int, int]:
    """Return how many words with a meaning the glossary knows in `text`, and how many there are."""
    return _counted(indonesian.read(text))


def _is_indonesian(units: Sequence[Unit]) -> bool:
    signs = sum(unit.sign for unit in units)
    return signs > 0 and signs >= _SIGNS * sum(len(unit.source.split()) for unit in units if unit.is_word)


def _counted(units: Sequence[Unit]) -> tuple[int, int]:
    """Return how many content words are known, and how many there are."""
    content = [unit for unit in units if unit.kind in (*NOUNS, "adjectives", "verbs", "unknown", "english")]
    content = [unit for unit in content if unit.source.lower() not in indonesian.FUNCTION_WORDS]
    return sum(unit.kind != "unknown" for unit in content), len(content)


def _composed(units: Sequence[Unit]) -> str:
    said = [unit for unit in units if unit.kind != "silent"]
    words: list[str] = []
    place = 0
    while place < len(said):
        unit = said[place]
        if unit.kind in NOUNS:
            taken, phrase = _noun_phrase(said, place)
            before = said[place - 1].english if place else ""
            words.append(_plural(phrase) if before in _SEVERAL else phrase)
            place += taken
            continue
        words.append(_preposition(said, place) if unit.kind == "links" else unit.english)
        place += 1
    return _spaced(words)


def _noun_phrase(units: Sequence[Unit], place: int) -> tuple[int, str]:
    """Return how many units a noun and what tells more about it take, and the phrase."""
    head = units[place]
    end = place + 1
    while end < len(units) and _tells_more(head, units, end):
        end += 1
    if end - place > 1 and units[end - 1].english == "and":
        end -= 1
    told = [*_paired(units[place + 1 : end])]
    if any(unit.kind == "adjectives" for unit in told):
        told = [unit for unit in told if unit.english != "colour"]  # "tas warna hitam" is a black bag
    phrase = " ".join([*(_as_modifier(unit, head) for unit in reversed(told)), head.english])
    follower = units[end].kind if end < len(units) else ""
    with_what = {"clothes": " in", "body": " with"}.get(follower, "") if head.kind == "people" else ""
    return end - place, phrase + with_what


def _tells_more(head: Unit, units: Sequence[Unit], place: int) -> bool:
    unit, before = units[place], units[place - 1]
    if unit.kind == "adjectives":
        return True
    if unit.english == "and" and before.kind == "adjectives":
        return place + 1 < len(units) and units[place + 1].kind == "adjectives"
    if unit.kind == "unknown":
        return before.kind in (*NOUNS, "unknown") and not re.match(r"(?:me[mnlrwy]|ber|di|ter)\w{4}", unit.source)
    if unit.kind in NOUNS:
        return unit.source != "" and not (head.kind == "people" and unit.kind in ("body", "clothes"))
    return False


def _paired(units: Sequence[Unit]) -> Iterator[Unit]:
    """Yield units, "black" "and" "white" and rows of unknown words as one: neither is turned round."""
    row: list[Unit] = []
    for unit in units:
        joins = row and (unit.english == "and" or row[-1].english == "and" or unit.kind == row[-1].kind == "unknown")
        if row and not joins:
            yield _joined(row)
            row = []
        row.append(unit)
    if row:
        yield _joined(row)


def _joined(row: Sequence[Unit]) -> Unit:
    return row[0] if len(row) == 1 else Unit("", " ".join(unit.english for unit in row), row[0].kind)


def _as_modifier(unit: Unit, head: Unit) -> str:
    if head.kind == "people":
        return _OF_PEOPLE.get(unit.english, unit.english)
    if unit.kind == "people":
        return f"{unit.english}'s"
    return "leather" if unit.english == "skin" and head.kind in ("clothes", "things") else unit.english


def _plural(phrase: str) -> str:
    if phrase.endswith(("s", " in", " with", "men", "children", "people", "teeth", "hair", "skin")):
        return phrase
    if phrase.endswith("man"):
        return f"{phrase[:-2]}en"
    if phrase.endswith("child"):
        return f"{phrase}ren"
    return (
        f"{phrase[:-1]}ies"
        if re.search(r"[^aeiou]y$", phrase)
        else f"{phrase}{'es' if phrase.endswith(('x', 'ch', 'sh')) else 's'}"
    )


def _preposition(units: Sequence[Unit], place: int) -> str:
    """Return the English of a link; "di" is in, on or at, as the place has it."""
    if units[place].source.lower() != "di":
        return units[place].english
    after = units[place + 1].kind if place + 1 < len(units) else ""
    return {"places_on": "on", "places_at": "at", "body": "on"}.get(after, "in")


def _spaced(words: Sequence[str]) -> str:
    text = " ".join(word for word in words if word)
    text = re.sub(r"\s+([,.;:!?)\]}…])", r"\1", text)
    return re.sub(r"([(\[{])\s+", r"\1", text)
