"""`manage.py draw_presets`: the pictures of the presets that the pages show, and a contact sheet to be looked at."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from avatars import presets
from avatars.management import portraits


class Command(BaseCommand):
    help = "Draw each preset from head to toe and head and shoulders, and all of them on one sheet."

    def add_arguments(self, parser: CommandParser) -> None:
        base = settings.BASE_DIR
        parser.add_argument("folder", nargs="?", type=Path, default=base / "avatars" / "static" / "avatars" / "presets")
        parser.add_argument("--sheet", type=Path, default=base / "docs" / "avatars" / "presets.webp")

    def handle(self, *args: Any, folder: Path, sheet: Path, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        sheet.parent.mkdir(parents=True, exist_ok=True)
        for preset in presets.every():
            portraits.full(preset).save(folder / f"{preset.slug}.webp", "WEBP", quality=82, method=6)
            portraits.face(preset).save(folder / f"{preset.slug}-face.webp", "WEBP", quality=82, method=6)
        portraits.sheet(presets.every()).save(sheet, "WEBP", quality=80, method=6)
        self.stdout.write(f"{len(presets.every())} presets came into {folder}, all of them into {sheet}.")
