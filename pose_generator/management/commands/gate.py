"""`manage.py gate [show | open NAME | close NAME]`: the gates of the backends, and the operator's hand on them.

What an operator closes is a row as well, so that it holds though Redis may forget.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from lumiku.backends import gate
from pose_generator import tasks
from pose_generator.models import Pause

COLUMNS = ["backend", "gate", "until", "under way", "calls/min", "retries/min", "failures in a row", "reason"]
LONGEST = 366 * 24 * 3600.0


class Command(BaseCommand):
    help = "Show the gates of the backends; close one for a while, or open one at once."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", metavar="show | open NAME | close NAME")
        what.add_parser("show", help="how each gate stands; also without any word")
        opened = what.add_parser("open", help="hand work out to a backend at once")
        opened.add_argument("name")
        closed = what.add_parser("close", help="hand no work out to a backend for a while")
        closed.add_argument("name")
        closed.add_argument("--seconds", type=float, default=3600.0, help="for how long (3600)")
        closed.add_argument("--reason", default="closed by an operator", help="one sentence for colleagues")

    def handle(self, *args: Any, what: str | None, **options: Any) -> None:
        if what == "open":
            open_gate(_known(options["name"]))
        elif what == "close":
            seconds = options["seconds"]
            if not 0 < seconds <= LONGEST:
                raise CommandError("--seconds must be more than 0, and a year at most.")
            close_gate(_known(options["name"]), seconds=seconds, reason=options["reason"])
        for line in table(settings.IMAGE_BACKENDS):
            self.stdout.write(line)


def open_gate(name: str) -> None:
    """Open the gate, take the row away and ring, so that work starts at once."""
    gate.open(name)
    with transaction.atomic():
        Pause.objects.filter(backend=name).delete()
        tasks.ring()


def close_gate(name: str, *, seconds: float, reason: str) -> None:
    """Close the gate and write the row that outlives it; they replace what stood there."""
    until = timezone.now() + timedelta(seconds=seconds)
    Pause.objects.update_or_create(backend=name, defaults={"until": until, "reason": reason[:300]})
    gate.close(name, seconds=seconds, reason=reason)


def table(names: Iterable[str]) -> list[str]:
    """Return the lines of a table of the gates, its head first."""
    pauses = {pause.backend: pause for pause in Pause.objects.filter(until__gt=timezone.now())}
    rows = [COLUMNS, *(_row(state, pauses.get(name)) for name, state in gate.states(names).items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(state: gate.State, pause: Pause | None) -> list[str]:
    until = datetime.fromtimestamp(state.until, UTC) if state.until else None
    word, reason = _word(state), state.reason
    if pause and (until is None or pause.until > until):  # the row outlived the gate, or people paused it
        word, until, reason = "paused", pause.until, pause.reason
    counted = [state.in_flight, state.calls, state.retries, state.failures_in_a_row]
    when = f"{until:%Y-%m-%d %H:%M:%S} UTC" if until and word != "open" else ""
    return [state.backend, word, when, *map(str, counted), reason]


def _word(state: gate.State) -> str:
    if not state.cause:
        return "open"
    return f"one probe ({state.cause})" if state.most else f"closed ({state.cause})"


def _known(name: str) -> str:
    if name not in settings.IMAGE_BACKENDS:
        raise CommandError(f"There is no backend {name}; there are {', '.join(settings.IMAGE_BACKENDS)}.")
    return name
