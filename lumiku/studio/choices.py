"""What an order offers to choose from: cameras, shapes, grounds, sizes, painters, each in words for a shop owner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from lumiku import backends
from lumiku.studio import figures
from lumiku.studio.figures import Figure
from pose_generator import exports, grounds
from pose_generator.exports import Format

Text = str | Promise

#: Where the camera stands, "yaw,pitch" in degrees as the order has it.
CAMERAS: dict[str, Text] = {
    "0,0": pgettext_lazy("camera", "Front"),
    "40,0": pgettext_lazy("camera", "Half left"),
    "-40,0": pgettext_lazy("camera", "Half right"),
    "90,0": pgettext_lazy("camera", "Left side"),
    "-90,0": pgettext_lazy("camera", "Right side"),
    "180,0": pgettext_lazy("camera", "Back"),
    "0,25": pgettext_lazy("camera", "From above"),
    "0,-20": pgettext_lazy("camera", "From below"),
}
#: As many as an order takes; a form that says more is refused, and its views are not drawn.
MOST_CAMERAS = 12
#: Shapes by the ratio of the order: a name and where such pictures go.
SHAPES: dict[str, tuple[Text, Text]] = {
    "1:1": (pgettext_lazy("shape", "Square"), gettext_lazy("Shopee, Tokopedia, Instagram feed")),
    "4:5": (pgettext_lazy("shape", "Portrait"), gettext_lazy("Instagram post")),
    "3:4": (pgettext_lazy("shape", "Tall"), gettext_lazy("Catalogue, print")),
    "9:16": (pgettext_lazy("shape", "Story"), gettext_lazy("TikTok, Reels, WhatsApp status")),
    "16:9": (pgettext_lazy("shape", "Wide"), gettext_lazy("Banner, Facebook, website")),
}
SWATCHES: dict[str, Text] = {
    "#FFFFFF": pgettext_lazy("colour", "White"),
    "#F5EFE6": pgettext_lazy("colour", "Cream"),
    "#D9D9D9": pgettext_lazy("colour", "Grey"),
    "#F3C9C4": pgettext_lazy("colour", "Blush"),
    "#BFD3C1": pgettext_lazy("colour", "Sage"),
    "#BCD7EA": pgettext_lazy("colour", "Sky"),
    "#E3B778": pgettext_lazy("colour", "Sand"),
    "#B4441C": pgettext_lazy("colour", "Terracotta"),
    "#2F3E5C": pgettext_lazy("colour", "Navy"),
    "#222222": pgettext_lazy("colour", "Black"),
}
#: Scenes to begin from. They go into the order in the language that they are shown in.
SCENES: tuple[Text, ...] = (
    gettext_lazy("a bright cafe with wooden tables"),
    gettext_lazy("a beach in the late afternoon"),
    gettext_lazy("a green garden with flowers"),
    gettext_lazy("a tidy living room with a sofa"),
    gettext_lazy("a city street in the morning"),
    gettext_lazy("a boutique with clothes on racks"),
    gettext_lazy("a mosque courtyard with arches"),
    gettext_lazy("rice terraces in Ubud"),
)
SETS: dict[str, Text] = {
    "social_media": gettext_lazy("Social media"),
    "ecommerce": gettext_lazy("Marketplaces"),
    "print": gettext_lazy("Print"),
}
#: Warnings of an order in words for who does not know what a backend is; the others are plain as they are.
WARNINGS: dict[str, Text] = {
    "pose_not_obeyed": gettext_lazy("This painter knows poses from words only: they may come out different."),
    "no_pose": gettext_lazy("No pose is picked: the painter chooses one."),
    "person_not_obeyed": gettext_lazy("This painter does not see photos: it goes by the description of your model."),
    "backend_waits": gettext_lazy("The painter does not answer just now; your pictures begin as soon as it does."),
    "preview": gettext_lazy("These will be drawn mannequins to try things out, not photographs."),
}


@dataclass(frozen=True)
class Camera:
    """A place for the camera, with the first pose as it is seen from there."""

    value: str
    name: Text
    figure: Figure | None


@dataclass(frozen=True)
class Painter:
    """A backend as a seller reads it."""

    name: str
    label: str
    licence: str
    keeps_pose: bool
    keeps_face: bool
    repeats: bool


def cameras(keypoints: Any | None, extra: Iterable[str] = ()) -> list[Camera]:
    """Return the cameras on offer and the first of `extra`, drawn with the pose `keypoints`."""
    own = islice((value for value in extra if value not in CAMERAS and angles(value)), MOST_CAMERAS)
    named = {**CAMERAS, **{value: _("Your view") for value in own}}
    return [Camera(value, name, _figure(keypoints, value)) for value, name in named.items()]


def angles(value: str) -> tuple[float, float] | None:
    """Return yaw and pitch of a camera as the form has it, or None for anything else."""
    try:
        yaw, pitch = (float(part) for part in value.split(","))
    except ValueError:
        return None
    return (yaw, pitch) if -180 <= yaw <= 360 and -60 <= pitch <= 60 else None


def _figure(keypoints: Any | None, value: str) -> Figure | None:
    seen = angles(value)
    return figures.drawn(keypoints, yaw=seen[0], pitch=seen[1]) if keypoints and seen else None


def formats() -> list[tuple[str, Text, Sequence[Format]]]:
    """Return the sets of export formats with their names and members."""
    return [(key, name, [exports.FORMATS[member] for member in exports.SETS[key]]) for key, name in SETS.items()]


def painters() -> list[Painter]:
    """Return who may paint, the default first."""
    return [_painter(name) for name in backends.offered()]


def _painter(name: str) -> Painter:
    backend = backends.get(name)
    obeys = backend.supports
    return Painter(name, backend.label, backend.licence, "control" in obeys, "reference" in obeys, "seed" in obeys)


def plainly(*, code: str, message: str) -> Text:
    """Return a warning of an order in plain words."""
    return WARNINGS.get(code, message)


def can_change_grounds() -> bool:
    """Return whether another background is possible here for every kind that the page offers."""
    return grounds.can_cut()
