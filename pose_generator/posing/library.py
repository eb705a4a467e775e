"""The starter library: categories and poses as JSON files that people curate by hand.

A pose is written as angles and places (see `kinematics`) and becomes keypoints here, once. The files are checked
whole before anything of them is used, so that a slip of a curator is named with its file, pose and field instead of
appearing as a broken skeleton in a customer's order. All slips are named at once: joints beyond their limits, limbs
through the body, weight that nothing carries, and two poses that are one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pose_generator.posing import angles, balance, kinematics, limits

FOLDER = Path(__file__).resolve().parent.parent / "library"
DIFFICULTIES = ("beginner", "intermediate", "advanced")
GENDERS = ("male", "female", "unisex")
LANGUAGES = ("en", "id")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: Mean joint-angle distance in degrees that any two poses keep, mirrored too.
APART = 8.0
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
    is_dynamic: bool
    """Carried by its movement: a stride, a leap. Set by "dynamic": true; some tags say the same (`balance.MOVING`)."""
    keypoints: list[list[float]]
    """18 x 3 metres in the figure's frame, OpenPose order, rounded to 0.1 mm."""


@dataclass(frozen=True)
class Library:
    """Parents stand before their children, poses in the order of their files."""

    categories: tuple[CategoryEntry, ...]
    poses: tuple[PoseEntry, ...]


def load(folder: Path = FOLDER) -> Library:
    """Return the library in `folder` (categories.json and poses*.json), or raise BadLibrary, which names every fault.

    A fault is one line of the message, "file: entry: what".
    """
    library, faults = inspect(folder)
    if faults:
        raise BadLibrary("\n".join(faults))
    return library


def inspect(folder: Path = FOLDER) -> tuple[Library, list[str]]:
    """Return what could be read of the library and the lines that say what is wrong with the poses.

    Raises BadLibrary where nothing can be read: no JSON, or categories that are wrong themselves.
    """
    categories = _categories(folder)
    leaves = {category.slug for category in categories if category.parent is not None}
    faults: list[str] = []
    files: dict[str, str] = {}
    poses: list[PoseEntry] = []
    for path in sorted(folder.glob("poses*.json")):
        for entry in _entries(path, "poses"):
            try:
                pose = _pose(entry, path.name, leaves)
            except BadLibrary as refusal:
                faults.append(str(refusal))
                continue
            faults += [f"{path.name}: {pose.slug}: {fault}" for fault in _body_faults(pose, entry)]
            if pose.slug in files:
                faults.append(f"{path.name}: {pose.slug}: slug: used twice, in {files[pose.slug]} too")
            files[pose.slug] = path.name
            poses.append(pose)
    faults += _too_alike(poses, files)
    if empty := leaves - {pose.category for pose in poses}:
        faults.append(f"poses*.json: no pose in {', '.join(sorted(empty))}")
    return Library(categories, tuple(poses)), faults


def _categories(folder: Path) -> tuple[CategoryEntry, ...]:
    file = "categories.json"
    categories = tuple(_category(entry, file) for entry in _entries(folder / file, "categories"))
    tops = {category.slug for category in categories if category.parent is None}
    seen: set[str] = set()
    for category in categories:
        if category.slug in seen:
            raise BadLibrary(f"{file}: {category.slug}: slug: used twice")
        if category.parent is not None and category.parent not in tops:
            raise BadLibrary(f"{file}: {category.slug}: parent: no top category {category.parent!r}")
        seen.add(category.slug)
    return categories


def _body_faults(pose: PoseEntry, entry: Mapping[str, Any]) -> list[str]:
    points = np.array(pose.keypoints)
    beyond = [str(violation) for violation in limits.violations(points, entry["angles"])]
    return beyond + balance.problems(points, tags=pose.tags, dynamic=pose.is_dynamic)


def _too_alike(poses: list[PoseEntry], files: Mapping[str, str]) -> list[str]:
    if not poses:
        return []
    vectors = np.stack([angles.vector(np.array(pose.keypoints)) for pose in poses])
    faults = []
    for number, pose in enumerate(poses):
        apart = angles.distances(vectors[number], vectors[number + 1 :])
        for other, degrees in zip(poses[number + 1 :], apart, strict=True):
            if degrees < APART:
                faults.append(
                    f"{files[pose.slug]}: {pose.slug}: {degrees:.1f}° from {files[other.slug]}: {other.slug} "
                    f"(plain or mirrored), {APART:.0f}° is the least"
                )
    return faults


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
        is_dynamic=reader.take("dynamic", bool) if "dynamic" in entry else False,
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
