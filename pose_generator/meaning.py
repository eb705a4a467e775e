"""The pose that a text means: a small index of words, without weights and without a network.

A pose is as near as the rare concepts (`concepts`) that it shares with the text weigh, measured against all that the
text asks for: a long text about clothes does not drown its one verb, and a verb that no pose has keeps every pose away.
A text that says nothing of what a body does means no pose. A wrong posture counts heavily: who writes *sitting* does
not want to stand.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from lumiku import glossary
from pose_generator import concepts

Id = TypeVar("Id", bound=Hashable)

#: A pose whose score is lower is not close enough; chosen on half of the texts of `tests/texts`.
CLOSE: Final = 0.42
_STRANGE: Final = 0.15
"""What a word counts that no pose has and no table knows."""
_OTHER_POSTURE: Final = 0.35
"""What is left of the score of a pose in another posture than the text asks for."""
_UNWANTED: Final = 0.3
_NAME_SHARE: Final = 0.12
"""What being named wholly in the text adds, so that of two poses the simpler one is nearer."""
_FIELDS: Final = {"name": 1.0, "tags": 0.9, "description": 0.75, "category": 0.4}
#: The columns of a pose that `of_row` takes, in its order.
COLUMNS: Final = (
    "pk",
    "slug",
    "name_en",
    "name_id",
    "description_en",
    "description_id",
    "tags",
    "category__name_en",
    "category__name_id",
)


@dataclass(frozen=True)
class Words(Generic[Id]):
    """What is told about a pose, in English and Indonesian together; the English name first."""

    id: Id
    name: Sequence[str]
    description: Sequence[str]
    tags: Sequence[str] = ()
    category: Sequence[str] = ()


@dataclass(frozen=True)
class Match(Generic[Id]):
    """A pose that was found."""

    id: Id
    score: float
    """0 (nothing in common) to about 1 (all that the text asks for)."""


def of_row(row: Sequence[Any]) -> Words[Any]:
    """Return the words of a pose whose `COLUMNS` are `row`."""
    key, slug, name, nama, description, keterangan, tags, category, kategori = row
    return Words(
        key,
        name=(name, nama),
        description=(description, keterangan),
        tags=(*tags, slug.replace("-", " ")),
        category=(category, kategori),
    )


@dataclass(frozen=True)
class _Pose(Generic[Id]):
    id: Id
    values: Mapping[str, float]
    """How much each of its concepts belongs to it, 0 to 1."""
    name: frozenset[str]
    postures: frozenset[str]


class Index(Generic[Id]):
    """Poses by what is told about them. A value: whoever keeps it decides when to build it anew."""

    def __init__(self, poses: Iterable[Words[Id]]) -> None:
        self._poses = [_read(words) for words in poses]
        counts = Counter(concept for pose in self._poses for concept in pose.values)
        self._rarity = {concept: math.log(1 + len(self._poses) / count) for concept, count in counts.items()}
        #: A word that no pose has counts as one that a single pose has.
        self._rarest = math.log(1 + len(self._poses))

    def __len__(self) -> int:
        return len(self._poses)

    def closest(self, text: str) -> Match[Id] | None:
        """Return the pose whose meaning is closest to `text` (English, Indonesian, mixed), or None if none is close."""
        ranked = self.ranked(text, 1)
        return ranked[0] if ranked and ranked[0].score >= CLOSE else None

    def ranked(self, text: str, k: int) -> list[Match[Id]]:
        """Return up to `k` poses that share a pose word with `text`, best first; equal ones in their own order."""
        asked = concepts.asked(text)
        weights = self._weights(asked.wanted)
        found = [Match(pose.id, self._score(pose, asked, weights)) for pose in self._poses]
        found.sort(key=lambda match: -match.score)
        return [match for match in found[:k] if match.score > 0]

    def _weights(self, wanted: Iterable[str]) -> dict[str, float]:
        """Return what each concept counts; a thing that no pose has counts nothing, an act such as *swimming* much."""
        weights = {}
        for concept in wanted:
            worth = concepts.worth(concept)
            if concept not in self._rarity:
                worth = {concepts.ACT: concepts.ACT, concepts.HINT: _STRANGE}.get(worth, 0.0)
            weights[concept] = worth * self._rarity.get(concept, self._rarest)
        return {concept: weight for concept, weight in weights.items() if weight}

    def _score(self, pose: _Pose[Id], asked: concepts.Asked, weights: Mapping[str, float]) -> float:
        shared = weights.keys() & pose.values.keys()
        if not shared:
            return 0.0
        named = self._named(pose, asked.wanted)
        if not concepts.make_pose(shared, named):
            return 0.0
        score = sum(weights[concept] * pose.values[concept] for concept in shared) / sum(weights.values())
        score += _NAME_SHARE * named
        score *= _OTHER_POSTURE if _differ(asked.wanted & concepts.postures(), pose.postures) else 1.0
        score *= _UNWANTED if asked.unwanted & (pose.name | pose.postures) else 1.0
        return round(score, 6)  # sets have no order, and sums of floats do

    def _named(self, pose: _Pose[Id], wanted: frozenset[str]) -> float:
        """Return the share of the pose's name that the text says."""
        whole = sum(self._rarity[concept] for concept in pose.name)
        return sum(self._rarity[concept] for concept in pose.name & wanted) / whole if whole else 0.0


class Shelf(Generic[Id]):
    """An index that a process keeps for a while; threads may share it.

    `read` is called when the shelf is empty, and again when the index is older than `seconds`. A caller that finds the
    answer outdated calls `forget`.
    """

    def __init__(self, read: Callable[[], Iterable[Words[Id]]], *, seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._lock = threading.Lock()
        self._kept: tuple[float, Index[Id]] | None = None

    def index(self) -> Index[Id]:
        """Return the index, at most `seconds` old."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > self._seconds:
                self._kept = (time.monotonic(), Index(self._read()))
            return self._kept[1]

    def forget(self) -> None:
        """Read anew at the next call."""
        with self._lock:
            self._kept = None


def _read(words: Words[Id]) -> _Pose[Id]:
    said = {
        name: [concepts.of(glossary.english(text.replace("holds:", "holding "))) for text in getattr(words, name)]
        for name in _FIELDS
    }
    values: dict[str, float] = {}
    for name, weight in _FIELDS.items():
        for concept in _all(said[name]):
            values[concept] = max(values.get(concept, 0.0), weight)
    told = _all(said["name"] + said["tags"] + said["description"]) & concepts.postures()
    return _Pose(words.id, values, said["name"][0], concepts.with_kinds(told) or frozenset({"stand"}))


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _differ(asked: frozenset[str], had: frozenset[str]) -> bool:
    return bool(asked) and not asked & had
