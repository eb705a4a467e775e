"""What the studio proposes to say of a person. Every trait is free words, so these are suggestions and no limits.

Suggestions are in the reader's language; the glossary says them in English to whoever paints. The tones are English,
since their names are not typed but shown as colours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = tuple[Promise, ...]


@dataclass(frozen=True)
class Line:
    """A trait that is typed, as the form shows it."""

    name: str
    label: Promise
    value: str
    options: Words
    example: Promise
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Tone:
    """A colour to choose; `look` names its class in the style sheet, empty for words of somebody's own."""

    value: str
    label: Promise | str
    look: str
    is_chosen: bool


LINES: dict[str, tuple[Promise, Promise, Words]] = {
    "ethnicity": (
        _("Origin"),
        _("Javanese"),
        (
            _("Javanese"),
            _("Sundanese"),
            _("Minangkabau"),
            _("Batak"),
            _("Betawi"),
            _("Balinese"),
            _("Chinese Indonesian"),
            _("Papuan"),
            _("Arab"),
            _("Indian"),
        ),
    ),
    "body_type": (
        _("Build"),
        _("slim"),
        (_("slim"), _("athletic"), _("curvy"), _("plus-size"), _("tall"), _("petite")),
    ),
    "hair_style": (
        _("Hair or hijab"),
        _("long straight hair"),
        (
            _("long straight hair"),
            _("long wavy hair"),
            _("shoulder-length hair"),
            _("short hair"),
            _("ponytail"),
            _("low bun"),
            _("short curly hair"),
            _("square hijab"),
            _("pashmina hijab"),
            _("khimar hijab"),
            _("bald"),
        ),
    ),
    "eye_color": (_("Eyes"), _("dark brown"), (_("dark brown"), _("brown"), _("hazel"), _("black"))),
    "style": (
        _("Clothes"),
        _("cream blouse and blue jeans"),
        (
            _("white t-shirt and blue jeans"),
            _("navy blazer and white shirt"),
            _("batik shirt"),
            _("kebaya and batik skirt"),
            _("dusty rose gamis"),
            _("long tunic and trousers"),
            _("sports top and leggings"),
            _("black evening gown"),
        ),
    ),
}

TONES: dict[str, tuple[tuple[str, Promise, str], ...]] = {
    "skin_tone": (
        ("fair", _("Fair"), "skin-1"),
        ("light tan", _("Light tan"), "skin-2"),
        ("tan", _("Tan"), "skin-3"),
        ("light brown", _("Light brown"), "skin-4"),
        ("brown", _("Brown"), "skin-5"),
        ("dark brown", _("Dark brown"), "skin-6"),
        ("very dark brown", _("Very dark brown"), "skin-7"),
    ),
    "hair_color": (
        ("black", _("Black"), "hair-1"),
        ("dark brown", _("Dark brown"), "hair-2"),
        ("brown", _("Brown"), "hair-3"),
        ("light brown", _("Light brown"), "hair-4"),
        ("blond", _("Blond"), "hair-5"),
        ("red", _("Red"), "hair-6"),
        ("grey", _("Grey"), "hair-7"),
    ),
}

GENDERS = (("female", _("Woman")), ("male", _("Man")), ("unisex", _("Either")))
AGES = (("young", _("20 to 30")), ("adult", _("30 to 50")), ("mature", _("Over 50")))


def form(given: Mapping[str, Any], errors: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return what the template of the traits shows: lines, tones and choices with what was given, and its errors."""
    return {
        "genders": _choices(GENDERS, given.get("gender")),
        "ages": _choices(AGES, given.get("age_range")),
        "lines": [
            Line(name, label, str(given.get(name, "")), options, example, errors.get(name, []))
            for name, (label, example, options) in LINES.items()
        ],
        "skin": tones("skin_tone", str(given.get("skin_tone", ""))),
        "hair": tones("hair_color", str(given.get("hair_color", ""))),
        "said": {**given, "persona_personality": _line(given.get("persona_personality", ""))},
        "errors": errors,
    }


def tones(name: str, chosen: str) -> list[Tone]:
    """Return the tones of a trait; words that are none of them stand at the end, as chosen."""
    known = [Tone(value, label, look, value == chosen.lower()) for value, label, look in TONES[name]]
    own = [] if not chosen or any(tone.is_chosen for tone in known) else [Tone(chosen, chosen, "", True)]
    return known + own


def _choices(choices: tuple[tuple[str, Promise], ...], chosen: Any) -> list[dict[str, Any]]:
    return [{"value": value, "label": label, "is_chosen": value == chosen} for value, label in choices]


def _line(words: Any) -> str:
    return ", ".join(words) if isinstance(words, list) else str(words)
