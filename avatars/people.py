"""A person's traits as English phrases: "a Javanese woman", "long black hair", "wearing a kebaya".

Traits are free words, so each may or may not say its noun ("sawo matang", "tan skin"), be a word for a hair style that
needs a preposition ("bun"), or be no hair style at all ("hijab").
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lumiku import glossary, indonesian, phrases
from lumiku.phrases import Phrase

BANDS: Final = {"young": (20, 30), "adult": (30, 50), "mature": (50, 120)}
AGES: Final = {"young": "20 to 30 years old", "adult": "30 to 50 years old", "mature": "over 50 years old"}
PEOPLES: Final = {"jawa": "Javanese", "java": "Javanese", "bali": "Balinese", "indonesia": "Indonesian"}
VEILS: Final = (
    "hijab",
    "jilbab",
    "kerudung",
    "headscarf",
    "scarf",
    "veil",
    "turban",
    "pashmina",
    "khimar",
    "cap",
    "hat",
)
#: Hair styles that hair is "in": one of them, or several.
STYLE: Final = (
    *("bun", "ponytail", "pony tail", "bob", "pixie", "pixie cut", "updo", "crew cut", "buzz cut", "undercut", "fade"),
    *("mohawk", "mullet", "topknot", "afro", "braid"),
)
STYLES: Final = ("braids", "pigtails", "dreadlocks", "curls", "waves", "cornrows")
_CLOTHES_ARE = re.compile(
    r"(?:casual|elegant|formal|sporty|modest|traditional|modern|minimalist|vintage|bohemian|boho|chic|classic|professional"
    r"|business|trendy|preppy|feminine|masculine|edgy|retro|glamorous|smart|streetwise|sophisticated|simple|colou?rful"
    r"|terracotta|sage|teal|navy|beige|khaki|emerald|burgundy|mustard|lavender|dusty rose)$",
    re.IGNORECASE,
)


def parts(traits: Mapping[str, Any], *, face: bool) -> Iterator[Phrase]:
    """Yield the phrases of a person in English, as far as the words are known; a persona is the first to be left out.

    Without a `face` to be seen nothing is said about eyes.
    """
    said = ((name, _said(name, value)) for name, value in traits.items() if value)
    if told := {name: value for name, value in said if value not in ("", [])}:
        for importance, text in _all(told, face=face):
            yield Phrase(importance, phrases.line(text))


def described(traits: Mapping[str, Any]) -> str:
    """Return a person as one phrase; nothing that is known is left out."""
    return ", ".join(part.text for part in parts(traits, face=True) if part.text)


def portrait(traits: Mapping[str, Any]) -> str:
    """Return the whole prompt of a person alone from head to toe: what every pose is later painted after."""
    # What the persona does elsewhere would bring its surroundings into the studio.
    seen = {name: value for name, value in traits.items() if name != "persona_background"}
    return phrases.joined(
        [
            Phrase(0, "full-length studio portrait of one person"),
            *parts(seen, face=True),
            Phrase(0, "standing upright in a neutral pose, arms relaxed at the sides, facing the camera"),
            Phrase(0, "whole figure from head to toe in frame, plain light background"),
            Phrase(1, "professional photography, sharp focus, soft even light, natural skin texture, high detail"),
        ]
    )


def _said(name: str, value: Any) -> Any:
    """Return a trait in one line of English; a person called Melati is not called jasmine."""
    if isinstance(value, list):
        return [_said(name, item) for item in value]
    if not isinstance(value, str):
        return value
    text = phrases.line(value)
    return text if name == "persona_name" else glossary.english(text)


def _all(told: Mapping[str, Any], *, face: bool) -> Iterator[tuple[int, str]]:
    yield 0, who(told)
    yield 2, _age(told)
    yield 3, _with_noun(told, "skin_tone", "skin", ("skin", "complexion"))
    yield 3, hair(told)
    yield 5, _with_noun(told, "eye_color", "eyes", ("eye", "eyes")) if face else ""
    yield 4, _with_noun(told, "body_type", "build", ("build", "body", "figure", "physique", "frame", "plus-size"))
    yield 2, attire(told)
    yield 7, _name(told)
    yield 8, _list([str(part) for part in told.get("persona_personality", [])])
    yield 9, str(told.get("persona_background", ""))


def who(traits: Mapping[str, Any]) -> str:
    """Return "a Javanese woman"; the people first, or its descent behind."""
    noun = {"female": "woman", "male": "man"}.get(traits.get("gender", ""), "person")
    people = str(traits.get("ethnicity", ""))
    people = re.sub(r"^keturunan (.+)$", r"\1 descent", people)
    people = PEOPLES.get(people.lower(), people)
    people = re.sub(rf"(?:^an? )|(?: (?:{noun}|people|person)$)", "", people)
    if re.search(r"\b(?:descent|origin|heritage|ancestry)$", people):
        return f"a {noun} of {people.removeprefix('of ')}"
    return article(f"{people} {noun}".strip())


def hair(traits: Mapping[str, Any]) -> str:
    """Return "long black hair", "black hair in a bun", "bald", or the phrase for a veil."""
    style, color = str(traits.get("hair_style", "")), str(traits.get("hair_color", ""))
    if _ends(style, VEILS):
        return f"wearing {article(' '.join(filter(None, (color, style))))}"
    if re.search(r"\b(?:bald|shaved head|shaved|botak)\b", style, re.IGNORECASE):
        return "bald head" if _ends(style, ("bald", "shaved", "botak")) else style
    style, color = (re.sub(r"^(?:with )|\s*\bhair$", "", text, flags=re.IGNORECASE) for text in (style, color))
    if _ends(style, STYLE):
        return f"{color} hair in {article(style)}".strip()
    if _ends(style, STYLES):
        return f"{color} hair in {style}".strip()
    return f"{_words(style, color)} hair" if style or color else ""


def attire(traits: Mapping[str, Any]) -> str:
    """Return "wearing batik kebaya"; a manner or a colour is said of clothes."""
    style = re.sub(r"^(?:wearing|in|dressed in) ", "", str(traits.get("style", "")), flags=re.IGNORECASE)
    if not style:
        return ""
    alone = _CLOTHES_ARE.search(style) or style.lower() in indonesian.meanings("adjectives")
    return f"wearing {style} clothes" if alone else f"wearing {style}"


def article(phrase: str) -> str:
    """Return `phrase` after "a" or "an"."""
    sounds_open = re.match(r"[aeio]|u(?!ni|se|r[aeiou])|hour|heir", phrase, re.IGNORECASE)
    return f"{'an' if sounds_open else 'a'} {phrase}"


def _age(traits: Mapping[str, Any]) -> str:
    """Return the band, unless the person's own age lies outside of it."""
    band, age = traits.get("age_range", ""), traits.get("persona_age")
    if band not in AGES:
        return ""
    least, most = BANDS[band]
    return "" if isinstance(age, int) and not least <= age <= most else AGES[band]


def _name(traits: Mapping[str, Any]) -> str:
    name, age = traits.get("persona_name", ""), traits.get("persona_age")
    years = f"aged {age}" if age else ""
    return " ".join(filter(None, (f"named {name}" if name else "", years)))


def _with_noun(traits: Mapping[str, Any], name: str, noun: str, said: tuple[str, ...]) -> str:
    """Return the trait with its noun, once."""
    value = re.sub(r"^with ", "", str(traits.get(name, "")))
    return value if not value or _ends(value, said) else f"{value} {noun}"


def _list(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _ends(text: str, words: tuple[str, ...]) -> bool:
    return bool(re.search(rf"\b(?:{'|'.join(map(re.escape, words))})$", text, re.IGNORECASE))


def _words(*parts: str) -> str:
    return " ".join(part for part in parts if part)
