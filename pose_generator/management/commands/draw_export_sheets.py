"""`manage.py draw_export_sheets`: a contact sheet for each export format, to be looked at."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from pose_generator import export_sheets, exports
from pose_generator.posing import library


class Command(BaseCommand):
    help = "Draw one contact sheet of twelve poses for each export format, as small WebP pictures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.BASE_DIR / "docs" / "exports")
        parser.add_argument("--looks", action="store_true", help="Crop by the joints found instead of those asked for.")
        parser.add_argument("--ground", help="A plain background, #RRGGBB, instead of a studio.")

    def handle(self, *args: Any, folder: Path, looks: bool, ground: str | None, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        made = [
            (picture, export_sheets.places_of(picture, joints, looks=looks))
            for picture, joints in export_sheets.pictures(library.load(), background=ground)
        ]
        for wanted in exports.FORMATS.values():
            path = folder / f"{wanted.name}.webp"
            export_sheets.sheet(made, wanted).save(path, "WEBP", quality=70, method=6)
            self.stdout.write(f"{path} ({path.stat().st_size // 1024} KB)")
