"""Search by pose: the nearest poses to a pose, whichever way it faces and whether it is mirrored.

Brute force over joint angles (`angles.distances`): with 10,000 poses it takes less time than a query to the database,
and it is exact. An index is a value; who keeps it decides when to build it anew.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from pose_generator.posing import angles

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True)
class Match(Generic[Id]):
    """A pose that was found."""

    id: Id
    distance: float
    """Mean joint-angle distance in degrees, of the pose or of its mirror image, whichever is nearer."""


class Index(Generic[Id]):
    """Poses by what their joints do."""

    def __init__(self, rows: Iterable[tuple[Id, ArrayLike]]) -> None:
        """Take (id, keypoints (18, 3) in metres) of each pose."""
        self.ids: list[Id] = []
        vectors = []
        for pose_id, keypoints in rows:
            self.ids.append(pose_id)
            vectors.append(angles.vector(np.asarray(keypoints, dtype=float)))
        self.vectors = np.array(vectors).reshape(-1, angles.SIZE)

    def __len__(self) -> int:
        return len(self.ids)

    def nearest(self, keypoints: ArrayLike, k: int) -> list[Match[Id]]:
        """Return the `k` nearest poses to `keypoints` (18, 3), or as many as there are, nearest first."""
        vector = angles.vector(np.asarray(keypoints, dtype=float))
        distances = angles.distances(vector, self.vectors)
        # Stable: equally near poses come in the order of the rows.
        return [Match(self.ids[row], float(distances[row])) for row in np.argsort(distances, kind="stable")[:k]]


def duplicates(index: Index[Id], rows: Iterable[tuple[Id, ArrayLike]], *, within: float) -> list[tuple[Id, Id, float]]:
    """Return (id, other id, degrees) for each of `rows` whose nearest other pose in `index` is nearer than `within`.

    A pair is told once, with the id that stands first in `rows` first.
    """
    found: dict[frozenset[Id], tuple[Id, Id, float]] = {}
    for pose_id, keypoints in rows:
        for match in index.nearest(keypoints, 2):
            if match.id != pose_id and match.distance < within:
                found.setdefault(frozenset({pose_id, match.id}), (pose_id, match.id, match.distance))
    return list(found.values())
