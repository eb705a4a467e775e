"""`manage.py draw_sheets`: a contact sheet of the library for each top category, to be looked at."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from pose_generator import sheets
from pose_generator.posing import library


class Command(BaseCommand):
    help = "Draw one contact sheet of the library files for each top category, as small WebP pictures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.BASE_DIR / "docs" / "library")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for slug, sheet in sheets.by_category(library.load()):
            path = folder / f"{slug}.webp"
            sheet.save(path, "WEBP", quality=70, method=6)
            self.stdout.write(f"{path} ({path.stat().st_size // 1024} KB)")
