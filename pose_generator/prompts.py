"""Words for the model, in the order of the product: the user's, the pose's, the avatar's, the background's, the
quality's.

Pure. FLUX.1-dev is distilled and ignores negative prompts, so none is written. Its text encoders read English (T5 up
to 512 tokens, CLIP the first 77), so Indonesian goes through the glossary, what the camera sees of a back comes before
all, and the whole is kept short by leaving out what matters least (`phrases`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from avatars import people
from lumiku import glossary, phrases
from lumiku.phrases import Phrase
from pose_generator.posing import angles
from pose_generator.posing.skeleton import INDEX

QUALITY: Final = (
    "professional photography, sharp focus, soft light, natural skin texture, full figure in frame, high detail"
)
QUALITY_OF_A_BACK: Final = "professional photography, sharp focus, soft light, full figure in frame, high detail"
#: Degrees from which the camera sees the back rather than the front.
BACK: Final = 115.0
#: A camera turned less than this sees a pose as its text describes it.
TURNED: Final = 20.0
#: A chest whose front points up or down more than this (1 is wholly) has no side to speak of.
LYING: Final = 0.8
COLOURS: Final = {
    "white": "FFFFFF", "off-white": "F5F2EA", "cream": "F5E8C8", "beige": "D8C3A5", "light grey": "D3D3D3",
    "grey": "808080", "dark grey": "404040", "black": "000000", "brown": "7A4B2A", "tan": "C8A27A", "maroon": "7B1E2E",
    "red": "D32F2F", "coral": "FF7F60", "orange": "F28C28", "mustard": "D4A017", "yellow": "FBE14A",
    "pale yellow": "FFF6C2", "olive": "6B7037", "green": "2E8B4A", "light green": "B5DDB0", "mint": "C5EBDD",
    "turquoise": "3DB8B0", "teal": "1E7378", "light blue": "B3D9F2", "blue": "2F6FD0", "navy blue": "1C2C54",
    "lavender": "CBBDE6", "purple": "6F42A0", "pink": "F2A0BE", "pale pink": "FBDDE5", "magenta": "C2258A",
}  # fmt: skip
_CAMERA_WORDS = re.compile(
    r"(?:,? ?\band\b)?,? ?\b(?:(?:seen |turned )?from (?:behind|the side)|(?:standing )?with the back to the camera"
    r"|turned away|in (?:full )?(?:profile|side view)|side view|profile"
    r"|(?:the (?:head|face) (?:raised|turned|lifted) )?to smile at the camera|(?:smile|smiling) at the camera"
    r"|the face turned(?: back)? to the camera|face to the camera|eyes on the camera|gaze into the camera"
    r"|(?<=walking|jogging) away(?: from the camera)?|looking (?:straight )?(?:at|into) the camera|away from the camera"
    r"|(?:facing|towards|to|at|into) the camera)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sight:
    """What a camera sees of a figure."""

    side: str
    """In words; nothing for a front view, and for one that the pose's own text describes."""
    back: bool
    face: bool
    moved: bool
    """The text of the pose, written for a camera in front of it, does not hold for this camera."""


def build(
    *,
    words: str = "",
    pose: str = "",
    traits: Mapping[str, Any] | None = None,
    background: str = "",
    yaw: float = 0,
    pitch: float = 0,
    keypoints: ArrayLike | None = None,
) -> str:
    """Return the whole prompt, one line of English as far as the words are known.

    `background` is a phrase for the ground, or empty to leave it open. `keypoints` (18, 3; metres) are the pose's own:
    with them a figure that turns its back, or its face away, is known as such from any camera.
    """
    sight = look(yaw, keypoints)
    height = _height(pitch)
    described = phrases.line(_without_camera(pose) if sight.moved else pose)
    return phrases.joined(
        [
            Phrase(0, sight.side if sight.back else ""),
            Phrase(0, glossary.english(phrases.line(words))),
            Phrase(0, described),
            Phrase(0, "" if sight.back else sight.side),
            Phrase(0, height),
            *people.parts(traits or {}, face=sight.face),
            Phrase(0, phrases.line(background)),
            Phrase(1, QUALITY if sight.face else QUALITY_OF_A_BACK),
        ]
    )


def view(yaw: float, pitch: float) -> str:
    """Return how the camera sees a person who faces it at yaw 0; nothing for a plain front view. Degrees."""
    return ", ".join(part for part in (_side(_turned(yaw)), _height(pitch)) if part)


def look(yaw: float, keypoints: ArrayLike | None) -> Sight:
    """Return what a camera at `yaw` degrees to the figure's left sees."""
    moved = _turned(yaw) >= TURNED
    if keypoints is None:
        turn = _turned(yaw)
        return Sight(_side(turn), turn >= BACK, turn < BACK, moved)
    points = np.asarray(keypoints, dtype=float)
    chest = angles.frames(points)[1][:, 2]
    ears = (points[INDEX["right_ear"]] + points[INDEX["left_ear"]]) / 2
    face = _turned(yaw - _heading(points[INDEX["nose"]] - ears)) < BACK
    if abs(chest[1]) > LYING:
        return Sight("", back=False, face=face, moved=moved)
    turn = _turned(yaw - _heading(chest))
    back = turn >= BACK
    return Sight(_side(turn) if moved or back else "", back=back, face=face, moved=moved or back)


def ground(mode: str, prompt: str, color: str) -> str:
    """Return the phrase for the asked background, or nothing. `color` is "#RRGGBB": models read names of colours."""
    if mode == "ai_generate":
        asked = glossary.english(phrases.line(prompt))
        return f"background: {asked}" if asked else "background: clean photo studio"
    if mode == "solid_color":
        return f"plain {colour(color)} studio background"
    return ""


def scene(prompt: str) -> str:
    """Return the whole prompt of an empty scene, for somebody to be set in."""
    asked = glossary.english(phrases.line(prompt)) or "clean photo studio"
    return f"{asked}, empty scene, nobody in it, eye level, floor in front, soft light, professional photography"


def colour(code: str) -> str:
    """Return the name nearest to "#RRGGBB", or `code` itself if it is none."""
    if not re.fullmatch(r"#?[0-9A-Fa-f]{6}", code):
        return code
    red, green, blue = bytes.fromhex(code.lstrip("#"))

    def distance(name: str) -> float:
        r, g, b = bytes.fromhex(COLOURS[name])
        # Weighed as the eye does, roughly: green most, and red more in warm colours.
        warm = (red + r) / 512
        return (2 + warm) * (red - r) ** 2 + 4 * (green - g) ** 2 + (3 - warm) * (blue - b) ** 2

    return min(COLOURS, key=distance)


def _without_camera(text: str) -> str:
    """Return the text of a pose without what it says about the camera."""
    text = re.sub(r"\s+", " ", _CAMERA_WORDS.sub("", text))
    text = re.sub(r"(^|[:.]) ?, ?", r"\1 ", text)
    text = re.sub(r" ([,.:])", r"\1", re.sub(r",(?: ?,)+", ",", text)).strip(" ,:")
    return text[:1].upper() + text[1:]


def _turned(degrees: float) -> float:
    """Return an angle as 0 to 180 degrees, whichever way it goes."""
    return abs((degrees + 180) % 360 - 180)


def _heading(way: Any) -> float:
    """Return the degrees to the figure's left into which a direction (3,) points."""
    return float(np.degrees(np.arctan2(way[0], way[2])))


def _side(turn: float) -> str:
    for least, phrase in (
        (155, "seen from behind"),
        (BACK, "three-quarter view from behind"),
        (65, "seen from the side"),
    ):
        if turn >= least:
            return phrase
    return "three-quarter view" if turn >= TURNED else ""


def _height(pitch: float) -> str:
    return "high camera angle" if pitch >= 15 else "low camera angle" if pitch <= -15 else ""
