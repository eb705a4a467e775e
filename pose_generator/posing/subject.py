"""Who is in the picture: one whole person can be laid out anew, anything else is refused with what is wrong.

A body that the picture cuts off, or whose legs cannot be seen, would have to be invented; a seller who is told which
part is missing takes another photo instead.
"""

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from lumiku.errors import DomainError
from pose_generator.posing.detect import Detection
from pose_generator.posing.skeleton import FACE

#: A joint is seen, or within the picture, from these on (probabilities).
SEEN, PRESENT = 0.5, 0.4
#: Somebody at least this share of the largest person's size is a second person, not the background's.
BESIDE = 0.4
#: A body that touches a side edge of the picture over this share of its height goes on beyond it.
CUT = 0.3
#: What must be seen of a body.
PARTS = {"head": [*FACE], "shoulders": [2, 5], "hips": [8, 11], "knees": [9, 12], "feet": [10, 13]}


class NoPerson(DomainError):
    """Nobody was found."""

    code = "no_person"


class SeveralPeople(DomainError):
    """More than one person; `people` says how many were found."""

    code = "several_people"


class IncompleteBody(DomainError):
    """Parts of the body cannot be seen; `missing` names them ("head", "shoulders", "hips", "knees", "feet",
    "side")."""

    code = "incomplete_body"


def the_one(found: list[Detection], size: tuple[int, int]) -> Detection:
    """Return the one person of a picture of `size` (width, height; pixels), seen from head to foot.

    People much smaller than the largest are the background's. Raises NoPerson, SeveralPeople or IncompleteBody.
    """
    if not found:
        raise NoPerson(_("No person was found. Send a photo of one person, whole and clearly visible."))
    person = found[0]
    if people := [other for other in found if other.size > BESIDE * person.size][1:]:
        raise several(len(people) + 1)
    if person.cut > CUT:
        sentence = _("The picture cuts the person off at the side. Send a photo with some room left and right.")
        raise IncompleteBody(sentence, missing=["side"])
    inside = (person.presence > PRESENT) & (person.keypoints > 0).all(axis=1) & (person.keypoints < size).all(axis=1)
    refuse_incomplete(inside & (person.confidence > SEEN), inside)
    return person


def several(people: int) -> SeveralPeople:
    """Return the refusal of a picture or a list with more than one person."""
    return SeveralPeople(
        _("%(people)d people were found. Send a picture with one person, or cut the others off.") % {"people": people},
        people=people,
    )


def refuse_incomplete(seen: NDArray[np.bool_], inside: NDArray[np.bool_]) -> None:
    """Raise IncompleteBody unless of each part of the body one side is `seen` and both are `inside`, (18,) each.

    One side may hide behind the other; a body that the picture cuts cannot be laid out.
    """
    names = {
        "head": _("the head"),
        "shoulders": _("the shoulders"),
        "hips": _("the hips"),
        "knees": _("the knees"),
        "feet": _("the feet"),
    }
    missing = [part for part, joints in PARTS.items() if not seen[joints].any() or not _enough(part, inside[joints])]
    if missing:
        parts = ", ".join(names[part] for part in missing)
        raise IncompleteBody(
            _("The whole body must be seen, but not found: %(parts)s. Send a photo from head to foot.")
            % {"parts": parts},
            missing=missing,
        )


def _enough(part: str, inside: NDArray[np.bool_]) -> bool:
    return bool(inside.any() if part == "head" else inside.all())
