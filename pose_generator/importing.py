"""The curated library goes into the database: idempotent, and pictures are drawn once.

A pose that looks like another one, in the files or published before, is refused: it would be the same picture twice. A
drawing is stored under a name made of what it shows, so an unchanged pose is not drawn again and a changed one gets
a new address; browsers may keep both for ever.
"""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from django.db import transaction

from lumiku import files
from pose_generator import drawings
from pose_generator.models import Category, Pose
from pose_generator.posing import search
from pose_generator.posing.library import APART, BadLibrary, CategoryEntry, Library, PoseEntry

#: Who shows the poses of a top category, in the words of an avatar's traits.
MODELS = {
    "professional": {"style": "navy blazer", "hair_style": "bun", "skin_tone": "medium"},
    "e-commerce": {"style": "terracotta", "hair_style": "bob", "skin_tone": "sawo matang"},
    "fashion": {"style": "emerald dress", "hair_style": "long", "skin_tone": "medium brown"},
    "hijab": {"style": "dusty rose gamis", "hair_style": "cream hijab", "skin_tone": "kuning langsat"},
    "casual": {"style": "sage", "hair_style": "long", "hair_color": "dark brown", "skin_tone": "medium"},
    "sports": {"style": "teal sport", "hair_style": "ponytail", "skin_tone": "sawo matang"},
}


def import_library(library: Library) -> dict[str, int]:
    """Write categories and poses; return how many poses were added, changed and left as they were.

    Raises BadLibrary, before anything is drawn or written, if two poses are nearer to each other than `APART`.
    """
    _refuse_duplicates(library)
    tops = {category.slug: category.parent or category.slug for category in library.categories}
    models = [model_of(entry, tops[entry.category]) for entry in library.poses]
    with ThreadPoolExecutor(os.cpu_count()) as painters:
        drawn = list(painters.map(_draw, library.poses, models))
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    with transaction.atomic():
        categories = _categories(library.categories)
        for order, (entry, pictures) in enumerate(zip(library.poses, drawn, strict=True)):
            counts[_write(entry, categories[entry.category], pictures, order)] += 1
    return counts


def _refuse_duplicates(library: Library) -> None:
    """Compare the library with itself and with what was published before and is not in its files."""
    own = [(entry.slug, entry.keypoints) for entry in library.poses]
    elsewhere = dict(
        Pose.objects.published().exclude(slug__in=[slug for slug, _ in own]).values_list("slug", "keypoints")
    )
    near = search.duplicates(search.Index([*own, *elsewhere.items()]), own, within=APART)
    faults = [
        f"{one}: only {apart:.1f}° from {other} (plain or mirrored), {APART:g}° is the least"
        + (f"; {other} is published and not in the files: retire it first" if other in elsewhere else "")
        for one, other, apart in near
    ]
    if faults:
        raise BadLibrary("\n".join(faults))


def _categories(entries: tuple[CategoryEntry, ...]) -> dict[str, Category]:
    rows: dict[str, Category] = {}
    for entry in entries:
        rows[entry.slug] = Category.objects.update_or_create(
            slug=entry.slug,
            defaults={
                "parent": rows[entry.parent] if entry.parent else None,
                "name_en": entry.display_name["en"],
                "name_id": entry.display_name["id"],
                "description_en": entry.description["en"],
                "description_id": entry.description["id"],
                "icon": entry.icon,
                "color": entry.color,
                "display_order": entry.display_order,
            },
        )[0]
    return rows


def _write(entry: PoseEntry, category: Category, pictures: dict[str, str], order: int) -> str:
    wanted: dict[str, Any] = {
        "category": category,
        "name_en": entry.name["en"],
        "name_id": entry.name["id"],
        "description_en": entry.description["en"],
        "description_id": entry.description["id"],
        "tags": list(entry.tags),
        "keypoints": entry.keypoints,
        "difficulty": entry.difficulty,
        "gender_suitability": entry.gender_suitability,
        "display_order": order,
        **pictures,
    }
    pose = Pose.objects.filter(slug=entry.slug).first()
    if pose is None:
        Pose.objects.create(slug=entry.slug, is_featured=entry.is_featured, is_premium=entry.is_premium, **wanted)
        return "added"
    if all(getattr(pose, name) == value for name, value in wanted.items()):
        return "unchanged"
    pose.version += pose.keypoints != entry.keypoints
    for name, value in wanted.items():
        setattr(pose, name, value)
    pose.save(update_fields=["version", "search_text", "updated_at", *wanted])
    return "changed"


def model_of(entry: PoseEntry, top: str) -> dict[str, str]:
    """Return the traits of the person who shows a pose of the top category `top`."""
    male = entry.gender_suitability == "male"
    return {"gender": "male", "style": MODELS[top]["style"]} if male else {"gender": "female", **MODELS[top]}


def _draw(entry: PoseEntry, model: dict[str, str]) -> dict[str, str]:
    """Return the storage names of the pose's drawings, which are made unless they are there."""
    told = json.dumps([drawings.VERSION, entry.keypoints, model])
    stem = f"library/{entry.slug}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    if all(files.exists(name) for name in drawings.names(stem).values()):
        return drawings.names(stem)
    return drawings.put(stem, np.asarray(entry.keypoints, dtype=float), model)
