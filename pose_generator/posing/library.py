"""The starter library: categories and poses as JSON files that people curate by hand.

A pose is written as angles and places (see `kinematics`) and becomes keypoints here, once. The files are checked
whole before anything of them is used, so that a slip of a curator is named with its file, pose and field instead of
appearing as a broken skeleton in a customer's order.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pose_generator.posing import kinematics

FOLDER = Path(__file__).resolve().parent.parent / "library"
DIFFICULTIES = ("beginner", "intermediate", "advanced")
GENDERS = ("male", "female", "unisex")
LANGUAGES = ("en", "id")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
COLOUR = re.compile(r"#[0-9A-F]{6}")


class BadLibrary(ValueError):
    """A library file is wrong; the message names file, entry and field."""


@dataclass(frozen=True)
class CategoryEntry:
    """A category; `parent` is the slug of its top category, None for one."""

    slug: str
    parent: str | None
    display_name: Mapping[str, str]
    """By language, "en" and "id"; so is `description`."""
    description: Mapping[str, str]
    icon: str
    color: str
    display_order: int


@dataclass(frozen=True)
class PoseEntry:
    """A pose of the library, with its keypoints worked out."""

    slug: str
    category: str
    """Slug of the sub-category."""
    name: Mapping[str, str]
    description: Mapping[str, str]
    tags: tuple[str, ...]
    difficulty: str
    gender_suitability: str
    is_featured: bool
    is_premium: bool
    keypoints: list[list[float]]
    """18 x 3 metres in the figure's frame, OpenPose order, rounded to 0.1 mm."""


@dataclass(frozen=True)
class Library:
    """Parents stand before their children, poses in the order of their files."""

    categories: tuple[CategoryEntry, ...]
    poses: tuple[PoseEntry, ...]


def load(folder: Path = FOLDER) -> Library:
    """Return the library in `folder` (categories.json and poses*.json), or raise BadLibrary."""
    categories = tuple(
        _category(entry, "categories.json") for entry in _entries(folder / "categories.json", "categories")
    )
    _refuse_twins(categories, "categories.json")
    tops = {category.slug for category in categories if category.parent is None}
    for category in categories:
        if category.parent is not None and category.parent not in tops:
            raise BadLibrary(f"categories.json: {category.slug}: parent: no top category {category.parent!r}")
    leaves = {category.slug for category in categories if category.parent is not None}
    poses = tuple(
        _pose(entry, path.name, leaves)
        for path in sorted(folder.glob("poses*.json"))
        for entry in _entries(path, "poses")
    )
    _refuse_twins(poses, "poses*.json")
    if empty := leaves - {pose.category for pose in poses}:
        raise BadLibrary(f"poses*.json: no pose in {', '.join(sorted(empty))}")
    return Library(categories, poses)


def _entries(path: Path, key: str) -> list[dict[str, Any]]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))[key]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadLibrary(f"{path.name}: not a JSON object with {key!r}: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadLibrary(f"{path.name}: {key!r} is not a list of objects")
    return entries


class _Reader:
    """Takes checked fields out of one entry; a refusal says where it stands."""

    def __init__(self, entry: dict[str, Any], file: str) -> None:
        self.entry, self.file = entry, file

    def refuse(self, field: str, why: str) -> BadLibrary:
        return BadLibrary(f"{self.file}: {self.entry.get('slug', '?')}: {field}: {why}")

    def take(self, field: str, kind: type) -> Any:
        value = self.entry.get(field)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.refuse(field, f"{value!r} is not {kind.__name__}")
        return value

    def match(self, field: str, pattern: re.Pattern[str]) -> str:
        value: str = self.take(field, str)
        if not pattern.fullmatch(value):
            raise self.refuse(field, f"{value!r} does not look like {pattern.pattern}")
        return value

    def one_of(self, field: str, allowed: tuple[str, ...] | set[str]) -> str:
        value: str = self.take(field, str)
        if value not in allowed:
            raise self.refuse(field, f"{value!r} is none of {', '.join(sorted(allowed))}")
        return value

    def words(self, field: str) -> dict[str, str]:
        value = self.take(field, dict)
        if set(value) != set(LANGUAGES) or not all(isinstance(text, str) and text.strip() for text in value.values()):
            raise self.refuse(field, "needs text in en and id, and nothing else")
        return dict(value)

    def tags(self) -> tuple[str, ...]:
        value = self.take("tags", list)
        if not value or not all(isinstance(tag, str) and tag for tag in value):
            raise self.refuse("tags", "needs at least one word")
        return tuple(value)


def _category(entry: dict[str, Any], file: str) -> CategoryEntry:
    reader = _Reader(entry, file)
    return CategoryEntry(
        slug=reader.match("slug", SLUG),
        parent=None if entry.get("parent") is None else reader.match("parent", SLUG),
        display_name=reader.words("display_name"),
        description=reader.words("description"),
        icon=reader.match("icon", SLUG),
        color=reader.match("color", COLOUR),
        display_order=reader.take("display_order", int),
    )


def _pose(entry: dict[str, Any], file: str, leaves: set[str]) -> PoseEntry:
    reader = _Reader(entry, file)
    return PoseEntry(
        slug=reader.match("slug", SLUG),
        category=reader.one_of("category", leaves),
        name=reader.words("name"),
        description=reader.words("description"),
        tags=reader.tags(),
        difficulty=reader.one_of("difficulty", DIFFICULTIES),
        gender_suitability=reader.one_of("gender_suitability", GENDERS),
        is_featured=reader.take("is_featured", bool),
        is_premium=reader.take("is_premium", bool),
        keypoints=_keypoints(reader),
    )


def _keypoints(reader: _Reader) -> list[list[float]]:
    placement = reader.take("placement", dict) if "placement" in reader.entry else {}
    try:
        points = kinematics.keypoints(reader.take("angles", dict), placement)
    except (kinematics.BadPose, KeyError, TypeError, IndexError) as error:
        raise reader.refuse("angles/placement", str(error)) from error
    if not np.isfinite(points).all():
        raise reader.refuse("angles/placement", "gives keypoints that are not finite")
    rounded: list[list[float]] = (points.round(4) + 0.0).tolist()
    return rounded


def _refuse_twins(entries: tuple[CategoryEntry, ...] | tuple[PoseEntry, ...], file: str) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.slug in seen:
            raise BadLibrary(f"{file}: {entry.slug}: slug: used twice")
        seen.add(entry.slug)
