"""People who are ready to be used: their traits, names in two languages, and a drawn picture of each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from lumiku.errors import Invalid

CATEGORIES = {
    "professional": gettext_noop("Professional"),
    "casual": gettext_noop("Casual"),
    "sports": gettext_noop("Sports"),
    "fashion": gettext_noop("Fashion"),
    "traditional": gettext_noop("Traditional"),
}
SOURCE = Path(__file__).parent / "presets.json"


@dataclass(frozen=True)
class Preset:
    """A person to start from. Names and descriptions come in the language of the request."""

    slug: str
    category: str
    """A key of CATEGORIES."""
    name_en: str
    name_id: str
    description_en: str
    description_id: str
    traits: Mapping[str, Any]
    """As an avatar's."""

    @property
    def name(self) -> str:
        return self.name_id if _is_indonesian() else self.name_en

    @property
    def description(self) -> str:
        return self.description_id if _is_indonesian() else self.description_en

    @property
    def picture(self) -> str:
        """The address of the picture from head to toe."""
        return static(f"avatars/presets/{self.slug}.webp")

    @property
    def thumbnail(self) -> str:
        """The address of head and shoulders."""
        return static(f"avatars/presets/{self.slug}-face.webp")


@cache
def every() -> tuple[Preset, ...]:
    """Return all presets in their order."""
    return tuple(Preset(**entry) for entry in json.loads(SOURCE.read_text(encoding="utf-8")))


def get(slug: str) -> Preset:
    """Return a preset, or raise Invalid."""
    for preset in every():
        if preset.slug == slug:
            return preset
    sentence = _("There is no such preset: %(slug)s.") % {"slug": slug}
    raise Invalid(sentence, fields={"preset_id": [sentence]})


def of(category: str) -> list[Preset]:
    """Return the presets of a category, all of them for an empty one, or raise Invalid."""
    if category and category not in CATEGORIES:
        sentence = _("Unknown category; there are: %(categories)s.") % {"categories": ", ".join(CATEGORIES)}
        raise Invalid(sentence, fields={"category": [sentence]})
    return [preset for preset in every() if category in ("", preset.category)]


def categories() -> list[dict[str, Any]]:
    """Return the categories as on the wire, with their names in the language of the request."""
    return [
        {"id": key, "name": _(name), "preset_count": sum(preset.category == key for preset in every())}
        for key, name in CATEGORIES.items()
    ]


def _is_indonesian() -> bool:
    return (translation.get_language() or "").startswith("id")
