"""`manage.py demo`: the main job once, end to end, on a private stack, and a proof that its sums match.

What a shell has set for another installation (database, broker, pictures, secrets) is blanked, so that a demo never
touches it; REDIS_URL and the keys and addresses of providers are honoured. It ends with 0; or with 1 and one sentence
that says what to do; or, after Ctrl-C or SIGTERM, with 130 or 143. Nothing of it keeps running.
"""

import sys
import time
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console

from lumiku import backends
from lumiku.backends import BackendError
from lumiku.management import processes
from lumiku.management.demo import report, workspace
from lumiku.management.demo.client import Client, ClientError
from lumiku.management.demo.order import DemoError
from lumiku.management.demo.seller import Seller
from lumiku.management.stack import Stack, StackError

_STARTING = 180  # seconds for everything but the pictures
_OF_OTHERS = [
    *("SECRET_KEY", "JWT_SECRET", "DATABASE_URL", "CELERY_BROKER_URL", "UPLOAD_PATH", "STORAGE_MODE", "SECURE_COOKIES"),
    *("R2_ACCOUNT_ID", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET_NAME", "R2_ENDPOINT_URL", "R2_REGION"),
]
_STOPPED = "stopped; nothing of it keeps running"


class Command(BaseCommand):
    """Orders 8 pictures as a seller would; see the module."""

    help = "Start a private stack, order 4 poses x 2 pictures, follow them, save them under out/, print the receipt."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--backend", default=backends.default_name(), help="who paints (default: %(default)s)")
        parser.add_argument("--patience", type=int, default=300, help="seconds the pictures may take (default: 300)")
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR, help="where var/demo and out are made")

    def handle(self, *args: Any, backend: str, patience: int, folder: Path, traceback: bool, **options: Any) -> None:
        try:
            with processes.leaving_on_signals():
                run(Console(highlight=False), folder=folder.resolve(), backend=backend, patience=patience)
        except KeyboardInterrupt:
            _end(_STOPPED, 130)
        except SystemExit as signalled:
            _end(_STOPPED, signalled.code)
        except (DemoError, ClientError, StackError, OSError) as error:
            _end(str(error), 1)
        except Exception as error:
            if traceback:
                raise
            bug = f"{type(error).__name__}: {error}"
            _end(f"this is a bug ({bug}): please report what make demo ARGS=--traceback prints", 1)


def _end(sentence: str, code: Any) -> None:
    print(f"make demo: {' '.join(sentence.split()).rstrip('.')}.", file=sys.stderr)
    sys.exit(code)


def run(console: Console, *, folder: Path, backend: str, patience: int) -> None:
    """Run the demo in `folder` and print it; leave the pictures in `<folder>/out` and nothing running.

    `patience` is for the pictures, in seconds. Raise DemoError, ClientError or StackError.
    """
    started = time.monotonic()
    say = partial(console.print, markup=False, soft_wrap=True)
    work, out = folder / "var" / "demo", folder / "out"
    _check(backend, patience)
    if backend != "preview":
        say(f"8 pictures will be ordered from {backend}: your provider bills you. Ctrl-C stops the demo.")
        say("make demo ARGS='--backend preview' is free of charge.")
        say(_usable(backend))
    with workspace.only_one(work), workspace.at_most(_STARTING + patience, logs=work / "stack"):
        workspace.clear(out)
        say("Starting web, worker, beat and Redis; the first time, the library is drawn, too ...")
        with _stack(work) as stack, Client(stack.address) as client:
            workspace.keep_library(work)
            say(f"Up after {time.monotonic() - started:.1f} s at {stack.address}")
            seller = Seller(client, console, backend=backend, patience=patience, out=out)
            seller.register(stack)
            pictures = seller.order()
            workspace.within_limits()
    say(report.next_steps(pictures, backend=backend, seconds=time.monotonic() - started))


def _stack(work: Path) -> Stack:
    return Stack(workspace.empty(work), environment=dict.fromkeys(_OF_OTHERS, ""))


def _check(backend: str, patience: int) -> None:
    """Refuse what cannot work before anything is started."""
    if patience < 1:
        raise DemoError("--patience takes whole seconds, 1 or more")
    if backend not in backends.offered():
        raise DemoError(f"there is no backend {backend} here: choose one of {', '.join(backends.offered())}")


def _usable(backend: str) -> str:
    """Ask the provider, free of charge, before anything is started: an order would wait hours for a better key."""
    try:
        return backends.get(backend).check()
    except BackendError as error:
        advice = "check its key and address in your environment, or take make demo ARGS='--backend preview'"
        raise DemoError(f"{backend} cannot be used now ({str(error)[:120]}): {advice}") from error
