"""`manage.py fetch_vision_models`: the weights that find people and faces in pictures come into their folder."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lumiku import vision


class Command(BaseCommand):
    help = "Fetch the weights that find people and faces in photos; run it as often as you like."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = vision.folder()
        if not vision.missing(folder):
            self.stdout.write(f"The vision models are in {folder}.")
            return
        try:
            vision.fetch(folder)
        except vision.CannotFetch as error:
            raise CommandError(f"{error} All but finding people and faces in photos works without it.") from error
        self.stdout.write(f"The vision models came into {folder}.")
