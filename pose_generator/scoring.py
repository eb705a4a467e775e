"""Did the model keep the pose? A painted picture is looked at, scored, and painted again or given back if it did not.

Each entry of IMAGE_BACKENDS may have a `SCORE`: its pictures are then measured, so that people see which ones kept the
pose. What it asks for counts only where the backend claims `control`: one that takes no skeleton cannot be blamed for
another pose, and its pictures are delivered as they are. A score is measured or it is None: no detector, nobody in the
picture, somebody beside the person, a find that is hardly a person or too little seen of it say nothing about the pose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from PIL import Image

from lumiku import backends, checks
from lumiku.backends import Joint
from pose_generator.posing import detect, overlay, score, subject

#: Below this probability of being a person at all, what was found is not scored; real people have 0.97 and more.
PERSON = 0.8


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is done with a backend's pictures that score low."""

    threshold: int = checks.SCORE["THRESHOLD"]
    """From this score on (0 to 100) a picture is good enough."""
    repaints: int = checks.SCORE["REPAINTS"]
    """How often one that is not is painted again, at nobody's charge but the operator's."""
    under: str = checks.SCORE["UNDER"]
    """What becomes of the best one if it still is not: "deliver" or "give_back"."""

    def is_under(self, verdict: "Verdict | None") -> bool:
        """Return whether a picture was measured and is not good enough."""
        return verdict is not None and verdict.score.total < self.threshold

    def asks_for_another(self, verdicts: Iterable["Verdict | None"], *, repaints: int) -> bool:
        """Return whether to paint again after pictures with these verdicts, of which `repaints` were repaints."""
        return repaints < self.repaints and all(map(self.is_under, verdicts))


#: For pictures of a backend that takes no skeleton: none is ever under.
MEASURED_ONLY = Rule(threshold=0, repaints=0, under="deliver")


@dataclass(frozen=True)
class Verdict:
    """What was found in a picture."""

    asked: Sequence[Joint]
    person: detect.Detection
    score: score.Score

    def drawn_on(self, picture: Image.Image) -> bytes:
        """Return WebP bytes of the picture with the asked and the found skeleton."""
        return overlay.draw(picture, self.asked, self.person.keypoints, self.score)


def rule_of(backend: str) -> Rule | None:
    """Return the rule for a backend's pictures; None if they are not scored."""
    written = settings.IMAGE_BACKENDS.get(backend, {}).get("SCORE")
    if written is None:
        return None
    if "control" not in backends.get(backend).supports:
        return MEASURED_ONLY
    return Rule(**{name.lower(): value for name, value in written.items()})


def judge(picture: Image.Image, asked: Sequence[Joint]) -> Verdict | None:
    """Return how well an RGB picture keeps the pose `asked` (18 joints in its pixels, none without a pose), or None."""
    if not asked:
        return None
    try:
        found = detect.detector().find(picture)
    except detect.VisionUnavailable:
        return None
    near = [person for person in found if person.size > subject.BESIDE * found[0].size]
    if len(near) != 1 or near[0].flag < PERSON:
        return None
    person = near[0]
    confidence = person.confidence * (person.presence > subject.PRESENT)
    measured = score.score(asked, person.keypoints, confidence, size=picture.size)
    return Verdict(asked, person, measured) if measured else None
