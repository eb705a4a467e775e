"""`manage.py import_poses`: the curated library goes into the database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pose_generator import importing
from pose_generator.posing import library


class Command(BaseCommand):
    help = "Import the curated library; run it as often as you like."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = importing.import_library(library.load())
        except library.BadLibrary as error:
            raise CommandError(str(error)) from error
        self.stdout.write(", ".join(f"{number} {what}" for what, number in counts.items()) + ".")
