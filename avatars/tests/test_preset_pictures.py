"""The drawn pictures of the presets: they are there, they show the traits, and anybody can tell them apart."""

from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image

from avatars import presets
from avatars.management import portraits
from avatars.presets import Preset
from lumiku import moderation
from lumiku.backends import ImageRequest
from lumiku.backends.preview import PreviewBackend

FOLDER = Path(presets.__file__).parent / "static" / "avatars" / "presets"
EVERY = pytest.mark.parametrize("preset", presets.every(), ids=lambda preset: preset.slug)
SIZE = (240, 320)


def drawn(traits: dict[str, Any]) -> np.ndarray:
    asked = ImageRequest(prompt="", width=SIZE[0], height=SIZE[1], seed=5, traits=traits, background="#7F7F7F")
    return np.asarray(PreviewBackend().paint(asked).image, dtype=int)


@cache
def usual(slug: str) -> np.ndarray:
    return drawn(dict(presets.get(slug).traits))


def changed(preset: Preset, **traits: str) -> tuple[int, np.ndarray]:
    """How many pixels other traits change, and the rows in which they do."""
    other = np.abs(drawn({**preset.traits, **traits}) - usual(preset.slug)).max(axis=2) > 12
    return int(other.sum()), np.flatnonzero(other.any(axis=1))


@EVERY
def test_each_preset_has_its_two_pictures(preset: Preset) -> None:
    for name, size in ((preset.slug, (480, 640)), (f"{preset.slug}-face", (400, 400))):
        with Image.open(FOLDER / f"{name}.webp") as picture:
            assert (picture.format, picture.size) == ("WEBP", size)


def test_there_is_no_picture_of_a_preset_that_is_gone() -> None:
    assert {path.stem.removesuffix("-face") for path in FOLDER.iterdir()} == {p.slug for p in presets.every()}


@pytest.mark.parametrize("preset", presets.every()[::5], ids=lambda preset: preset.slug)  # half a second each
def test_the_pictures_are_those_that_would_be_drawn_today(preset: Preset) -> None:
    with Image.open(FOLDER / f"{preset.slug}-face.webp") as kept:
        off = np.abs(np.asarray(kept.convert("RGB"), int) - np.asarray(portraits.face(preset), int))

    assert off.mean() < 4, "run manage.py draw_presets"


@EVERY
def test_skin_is_seen(preset: Preset) -> None:
    other = "very fair" if "dark" in preset.traits["skin_tone"] else "very dark"

    count, _rows = changed(preset, skin_tone=other)

    assert count > 150


@EVERY
def test_hair_or_hijab_is_seen(preset: Preset) -> None:
    veiled = "hijab" in preset.traits["hair_style"]
    other = {"hair_style": "red square hijab"} if veiled else {"hair_color": "auburn", "hair_style": "long hair"}

    count, rows = changed(preset, **other)

    assert count > 100
    assert np.median(rows) < SIZE[1] * 0.45


@EVERY
def test_attire_is_seen(preset: Preset) -> None:
    count, _rows = changed(preset, style="yellow shirt, purple trousers")

    assert count > 1500


@EVERY
def test_every_word_may_be_used(preset: Preset) -> None:
    texts = {key: ", ".join(value) if isinstance(value, list) else str(value) for key, value in preset.traits.items()}
    texts |= {"a": preset.name_en, "b": preset.name_id, "c": preset.description_en, "d": preset.description_id}

    moderation.check(**texts)


def test_no_two_presets_look_alike() -> None:
    pictures = [usual(preset.slug) for preset in presets.every()]

    for number, one in enumerate(pictures):
        for other in pictures[:number]:
            assert (np.abs(one - other).max(axis=2) > 25).mean() > 0.03


def test_the_command_draws_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = (presets.get("artist"),)
    monkeypatch.setattr(presets, "every", lambda: one)
    out = StringIO()

    call_command("draw_presets", tmp_path, sheet=tmp_path / "docs" / "all.webp", stdout=out)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["artist-face.webp", "artist.webp", "docs"]
    assert "1 presets" in out.getvalue()
