"""The curated library goes into the database: idempotent, and pictures are drawn once.

A drawing is stored under a name made of what it shows, so an unchanged pose is not drawn again and a changed one gets
a new address; browsers may keep both for ever.
"""

import hashlib
import io
import json
from typing import Any

import numpy as np
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image

from lumiku import backends, files, images
from lumiku.backends import ImageRequest
from pose_generator.models import Category, Pose
from pose_generator.posing import camera, draw
from pose_generator.posing.library import CategoryEntry, Library, PoseEntry

#: Raised when the drawings change, so that every picture gets a new name.
DRAWING = 1
PREVIEW_SIZE = (768, 960)
SKELETON_SIZE = (1024, 1024)
STUDIO = "#EDEBE8"
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
    """Write categories and poses; return how many poses were added, changed and left as they were."""
    tops = {category.slug: category.parent or category.slug for category in library.categories}
    drawings = {entry.slug: _draw(entry, model_of(entry, tops[entry.category])) for entry in library.poses}
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    with transaction.atomic():
        categories = _categories(library.categories)
        for order, entry in enumerate(library.poses):
            counts[_write(entry, categories[entry.category], drawings[entry.slug], order)] += 1
    return counts


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


def _write(entry: PoseEntry, category: Category, drawings: dict[str, str], order: int) -> str:
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
        **drawings,
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
    """Return the storage names of the pose's preview, thumbnail and skeleton, drawn unless they are there."""
    told = json.dumps([DRAWING, entry.keypoints, model])
    stem = f"library/{entry.slug}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    names = {"preview": f"{stem}.webp", "thumbnail": f"{stem}-400.webp", "skeleton": f"{stem}-openpose.png"}
    if not all(default_storage.exists(name) for name in names.values()):
        points = np.asarray(entry.keypoints, dtype=float)
        picture = _figure(points, model)
        files.put(names["preview"], _encoded(picture, "WEBP", quality=85, method=2))
        files.put(names["thumbnail"], images.thumbnail(picture))
        files.put(names["skeleton"], _encoded(_skeleton(points), "PNG", compress_level=3))
    return names


def _figure(points: Any, model: dict[str, str]) -> Image.Image:
    width, height = PREVIEW_SIZE
    request = ImageRequest(
        prompt="",
        width=width,
        height=height,
        seed=1,
        joints=camera.project(points, width=width, height=height),
        traits=model,
        background=STUDIO,
    )
    return backends.get("preview").paint(request).image.convert("RGB")


def _skeleton(points: Any) -> Image.Image:
    width, height = SKELETON_SIZE
    return draw.openpose(camera.project(points, width=width, height=height), width=width, height=height)


def _encoded(picture: Image.Image, format: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()
