"""`manage.py draw_background_sheets`: a contact sheet of twelve poses for each background mode, to be looked at."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from pose_generator import background_sheets


class Command(BaseCommand):
    help = "Draw one contact sheet for each background mode, as small WebP pictures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.BASE_DIR / "docs" / "backgrounds")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, sheet in background_sheets.sheets():
            path = folder / f"{name}.webp"
            sheet.save(path, "WEBP", quality=80, method=6)
            self.stdout.write(f"{path} ({path.stat().st_size // 1024} KB)")
