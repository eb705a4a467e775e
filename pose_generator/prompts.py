"""Words for the model, in the order of the product: the user's, the pose's, the avatar's, the background's, the
quality's.

Pure. FLUX.1-dev is distilled and ignores negative prompts, so none is written.
"""

from collections.abc import Mapping
from typing import Any

AGES = {"young": "20 to 30 years old", "adult": "30 to 50 years old", "mature": "over 50 years old"}
QUALITY = "professional photography, sharp focus, soft light, natural skin texture, full figure in frame, high detail"


def build(
    *,
    words: str = "",
    pose: str = "",
    traits: Mapping[str, Any] | None = None,
    background: str = "",
    yaw: float = 0,
    pitch: float = 0,
) -> str:
    """Return the whole prompt. `background` is a phrase for the ground, or empty to leave it open."""
    parts = [words, pose, view(yaw, pitch), person(traits or {}), background, QUALITY]
    return ", ".join(text for part in parts if (text := part.strip().rstrip(".,")))


def person(traits: Mapping[str, Any]) -> str:
    """Return the avatar's traits as a phrase; nothing that is known is left out."""
    who = {"female": "a woman", "male": "a man"}.get(traits.get("gender", ""), "a person") if traits else ""
    parts = [
        who,
        AGES.get(traits.get("age_range", ""), ""),
        _named(traits, "ethnicity", "{}"),
        _named(traits, "body_type", "{} build"),
        _named(traits, "skin_tone", "{} skin"),
        _hair(traits),
        _named(traits, "eye_color", "{} eyes"),
        _named(traits, "style", "wearing {}"),
        _persona(traits),
    ]
    return ", ".join(part for part in parts if part)


def view(yaw: float, pitch: float) -> str:
    """Return how the camera sees the person; nothing for a plain front view. Degrees; yaw to the figure's left."""
    turn = abs((yaw + 180) % 360 - 180)
    side = "" if turn < 20 else "three-quarter view" if turn < 65 else "seen from the side" if turn < 115 else ""
    side = side or ("seen from behind" if turn >= 155 else "three-quarter view from behind" if turn >= 115 else "")
    height = "high camera angle" if pitch >= 15 else "low camera angle" if pitch <= -15 else ""
    return ", ".join(part for part in (side, height) if part)


def ground(mode: str, prompt: str, color: str) -> str:
    """Return the phrase for the asked background, or nothing."""
    if mode == "ai_generate":
        return f"background: {prompt}" if prompt else "background: clean photo studio"
    if mode == "solid_color":
        return f"plain {color} studio background"
    return ""


def _named(traits: Mapping[str, Any], name: str, phrase: str) -> str:
    value = str(traits.get(name, "") or "").strip()
    return phrase.format(value) if value else ""


def _hair(traits: Mapping[str, Any]) -> str:
    style, color = (str(traits.get(name, "") or "").strip() for name in ("hair_style", "hair_color"))
    words = " ".join(part for part in (color, style) if part)
    if not words:
        return ""
    return words if any(word in words.lower() for word in ("hair", "hijab", "bald", "rambut")) else f"{words} hair"


def _persona(traits: Mapping[str, Any]) -> str:
    name, age = traits.get("persona_name", ""), traits.get("persona_age")
    manner = ", ".join(traits.get("persona_personality") or [])
    about = " ".join(part for part in (str(name or ""), f"aged {age}" if age else "") if part)
    return ", ".join(part for part in (about, manner, str(traits.get("persona_background", "") or "")) if part)
