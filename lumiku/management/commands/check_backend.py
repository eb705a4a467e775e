"""`manage.py check_backend [name]`: can this backend be used? Free of charge."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lumiku import backends
from lumiku.backends import BackendError, UnknownBackend


class Command(BaseCommand):
    help = "Say whether a backend can be used, without painting anything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default=backends.default_name(), help="left out: the default backend")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            backend = backends.get(options["name"])
            self.stdout.write(f"{options['name']}: {backend.check()}")
        except UnknownBackend as error:
            raise CommandError(f"There is no backend {error}; there are {', '.join(backends.offered())}.") from error
        except BackendError as error:
            raise CommandError(f"{options['name']} cannot be used: {error}") from error
        self.stdout.write(f"Obeys: {', '.join(sorted(backend.supports))}. {backend.licence}")
