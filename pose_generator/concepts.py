"""From words to what they mean for a pose.

A text is put into English (`glossary`), into stems, and into concepts: *seated*, *sits* and *duduk* are one, and so
is a phrase such as *arms folded*. Each concept has a worth: what a body does, a part of it, what goes with a pose, and
what only dresses, places or lights it (`concepts.toml`). What follows *not* or *without* is not asked for.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from lumiku import glossary, indonesian

ACT: Final = 1.0
LIMB: Final = 0.8
HINT: Final = 0.6
SUPPORT: Final = 0.3
#: A text that says this share of a pose's name means the pose, if it says two words of it that are no support.
NAMED: Final = 0.6

_TABLES: dict[str, Any] = tomllib.loads((Path(__file__).parent / "concepts.toml").read_text(encoding="utf-8"))
_SMALL, _JOINTS, _NOT = (frozenset(_TABLES[name].split()) for name in ("small", "joints", "negations"))
_WORD = re.compile(r"[^\W_]+")
_CROSSLEGGED = re.compile(r"cross(?:ed)?[- ]legged")  # not the crossed legs of who sits on a chair
_IRREGULAR = {
    "boxing": "boxer",
    "sat": "sit", "seated": "sit", "stood": "stand", "lying": "lie", "lies": "lie", "laying": "lie", "lain": "lie",
    "knelt": "kneel", "ran": "run", "held": "hold", "tying": "tie", "ties": "tie", "threw": "throw", "thrown": "throw",
    "glasses": "spectacles", "worn": "wear", "feet": "foot", "men": "man", "women": "woman", "children": "child",
    "wrote": "write", "written": "write", "shook": "shake", "taken": "take", "bent": "bend", "shown": "show",
    "carried": "carry", "carries": "carry", "doing": "do", "did": "do",
    "leant": "lean", "drunk": "drink", "taking": "take", "stretched": "stretch",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What a text asks for and what it does not want: concepts."""

    wanted: frozenset[str]
    unwanted: frozenset[str]


def asked(text: str) -> Asked:
    """Return what `text`, in either language, asks for; the word after a negation is not wanted."""
    said = _without_things(_spelled(glossary.english(text)))
    unwanted = {after for before, after in pairwise(said) if before in _NOT}
    plain = [word for place, word in enumerate(said) if not (place and said[place - 1] in _NOT) and word not in _NOT]
    return Asked(_known(plain) | _held(said), _known([*unwanted]))


def _without_things(stems: Sequence[str]) -> list[str]:
    """Return `stems` without the names of things that have an act in them: a yoga mat is no yoga."""
    places = {place for place, pair in enumerate(pairwise(stems)) if pair in _things()}
    return [stem for place, stem in enumerate(stems) if place not in places and place - 1 not in places]


def _held(stems: Sequence[str]) -> frozenset[str]:
    """Return "hold" if a person stands "with" something that one holds."""
    place = stems.index("with") if "with" in stems else len(stems)
    somebody = _known(stems[:place]) & _glossed("people")
    return frozenset({"hold"}) if somebody and _known(stems[place + 1 : place + 6]) & _listed("held") else frozenset()


def of(text: str) -> frozenset[str]:
    """Return the concepts of an English text."""
    return _known(_spelled(text))


def _spelled(text: str) -> list[str]:
    """Return the stems of `text` without small words, except those that may join a phrase."""
    words = _WORD.findall(_CROSSLEGGED.sub("crosslegged", text.lower()).replace("'s", "").replace("'", ""))
    return [_stem(word) for word in words if word not in _SMALL or word in _JOINTS]


def _known(stems: Sequence[str]) -> frozenset[str]:
    """Return the concepts of `stems`: of the phrases among them, and of each word."""
    singles, phrases = _same()
    found = {singles.get(stem, stem) for stem in stems if stem not in _JOINTS and not stem.isdigit()}
    for row in (list(stems), [stem for stem in stems if stem not in _JOINTS]):
        for length in range(2, 6):
            found |= {
                phrases[phrase]
                for start in range(len(row) - length + 1)
                if (phrase := tuple(row[start : start + length])) in phrases
            }
    return frozenset(found)


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    """Return an English word without its ending: *waved*, *waving* and *waves* are *wav*."""
    word = _IRREGULAR.get(word, word)
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-2] if word.endswith(("sses", "shes", "ches", "xes")) else word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 2 and re.search(r"[aeiouy]", word[: -len(ending)]):
            word = word[: -len(ending)]
            word = word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz" else word
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


# ---- What concepts are ---------------------------------------------------------------------------------------------


@lru_cache
def _same() -> tuple[dict[str, str], dict[tuple[str, ...], str]]:
    """Return concepts by single stem and by phrase of stems."""
    singles: dict[str, str] = {}
    phrases: dict[tuple[str, ...], str] = {}
    for line in _TABLES["same"].strip().splitlines():
        concept, *others = line.split()
        for spelling in (concept, *others):
            stems = tuple(_stem(part) for part in spelling.split("-"))
            if len(stems) > 1:
                phrases.setdefault(stems, concept)
            else:
                singles.setdefault(stems[0], concept)
    return singles, phrases


@lru_cache
def _listed(name: str) -> frozenset[str]:
    return of(_TABLES[name])


@lru_cache
def _glossed(kinds: str) -> frozenset[str]:
    """Return the concepts of the words (not phrases) that the glossary has of these kinds."""
    found = [word for kind in kinds.split() for word in indonesian.meanings(kind)]
    if kinds == "verbs":
        return of(" . ".join(word.split()[0] for word in found))  # "looking at"
    return of(" . ".join(word for word in found if " " not in word and "-" not in word))


@lru_cache(maxsize=8192)
def worth(concept: str) -> float:
    """Return what a concept counts."""
    if concept in _listed("limbs"):
        return LIMB
    if concept in _listed("acts") | postures():
        return ACT
    if concept in _listed("hints"):
        return HINT
    if concept in _listed("supports"):
        return SUPPORT
    if concept in _glossed("verbs"):
        return ACT
    nouns = "people body clothes places_in places_on places_at things adjectives quantities"
    return SUPPORT if concept in _glossed(nouns) else HINT


def make_pose(concepts: Iterable[str], named: float) -> bool:
    """Whether words say what a body does: an act, a limb with something else, or most of the name of a pose."""
    worths = sorted(count for count in map(worth, concepts) if count > SUPPORT)
    if len(worths) < 2:
        return worths == [ACT]
    return worths[-1] >= LIMB or named >= NAMED


@lru_cache
def _things() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_stem(part) for part in thing.split("-")) for thing in _TABLES["things"].split())


@lru_cache
def postures() -> frozenset[str]:
    """Return how a body can be placed: of two poses in different ones at most one is meant."""
    return frozenset(_TABLES["postures"].split())


@lru_cache
def _kinds() -> tuple[tuple[str, str], ...]:
    return tuple((kind, posture) for kind, posture in map(str.split, _TABLES["kinds"].strip().splitlines()))


def with_kinds(had: frozenset[str]) -> frozenset[str]:
    """Return `had` with the postures that they also are: who sits cross-legged sits."""
    return had | {posture for kind, posture in _kinds() if kind in had}
