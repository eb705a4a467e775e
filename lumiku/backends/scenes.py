"""Scenes by program: words and a seed in, an empty place out, soft as behind a portrait.

Not photographs and not meant to pass for them: clean, quiet backdrops that show a seller what "modern café" or
"pantai saat senja" will be about before a model paints it. No model, no files, no network: each kind of scene is a
function on a `Stage`. The same words, size and seed give the same picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumiku.backends import scene_mosque as mosque
from lumiku.backends import scene_nature as nature
from lumiku.backends import scene_rooms as rooms
from lumiku.backends import scene_surfaces as surfaces
from lumiku.backends import scene_town as town
from lumiku.backends import scene_walls as walls
from lumiku.backends import scene_words
from lumiku.backends import scene_work as work
from lumiku.backends.scene_stage import Plane, Stage
from lumiku.backends.scene_words import Place

#: Where the horizon is when nobody says: a camera at hip height, as for fashion.
HORIZON = 0.6
#: What draws each kind of place, and whether it is under a roof.
KINDS: dict[str, tuple[Callable[[Stage, Place], None], bool]] = {
    "studio": (rooms.studio, True),
    "room": (rooms.room, True),
    "living_room": (rooms.living_room, True),
    "bedroom": (rooms.bedroom, True),
    "cafe": (rooms.cafe, True),
    "beach": (nature.beach, False),
    "garden": (nature.garden, False),
    "mountains": (nature.mountains, False),
    "field": (nature.field, False),
    "street": (town.street, False),
    "market": (town.market, False),
    "mosque": (mosque.courtyard, False),
    "office": (work.office, True),
    "gym": (work.gym, True),
    "shop": (work.shop, True),
    "wall": (walls.wall, True),
}


#: Where lamps are lit at night.
LAMPLIT = frozenset({"street", "market", "mosque"})
#: How hard the shadow of a figure is out of doors.
SUNS = {"day": 0.42, "morning": 0.36, "sunset": 0.36, "night": 0.0, "cloudy": 0.0}


@dataclass(frozen=True)
class Scene:
    """An empty place, and its light for whoever is set in."""

    ground: Plane
    """(height, width, 3), RGB 0 to 1."""
    light: Plane
    """What the light does to the colours of whoever stands there, three factors."""
    key: NDArray[np.float64]
    """Direction towards the strongest light: x right, y up, z to the viewer."""
    sun: float
    """How hard a shadow thrown on the floor is, 0 to 1."""


def paint(words: str, width: int, height: int, *, seed: int, horizon: float = HORIZON) -> Scene:
    """Return the place that `words` (English or Indonesian) describe; `horizon` is a share of the height."""
    place = scene_words.read(words)
    draw, is_inside = KINDS[place.kind]
    dice = np.random.default_rng((seed & 0xFFFFFFFF, place.number))
    light = surfaces.ambient(place.hour, is_inside=is_inside)
    stage = Stage(width, height, horizon=horizon + float(dice.uniform(-0.008, 0.008)), dice=dice, ambient=light)
    draw(stage, place)
    return Scene(
        ground=stage.finish(width, height),
        light=_on_figure(place, light, is_inside=is_inside),
        key=_key(place),
        sun=0.0 if is_inside else SUNS[place.hour],
    )


def _on_figure(place: Place, ambient: Plane, *, is_inside: bool) -> Plane:
    """Half of the way to the scene's light: whoever is looked at is lit for it, at night by lamps."""
    if place.hour == "night" and place.kind in LAMPLIT:
        return np.array((0.88, 0.78, 0.68), np.float32)
    if place.hour == "night" and is_inside:
        return np.array((0.92, 0.85, 0.78), np.float32)
    return (1 + ambient) / np.float32(2)


def _key(place: Place) -> NDArray[np.float64]:
    """From the side where the scene has its window or its sun; low in the morning and the evening."""
    side = 1.0 if place.number & 1 else -1.0
    if place.hour in {"sunset", "morning"}:
        return np.array([side * 0.72, 0.36, 0.72])
    return np.array([side * 0.50, 0.60, 0.75])
