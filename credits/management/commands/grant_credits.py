"""`manage.py grant_credits`: an operator gives credits where there is no admin at hand."""

import uuid
from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from credits import jakarta, ledger
from credits.gestures import NEWS
from credits.models import Entry
from lumiku.errors import DomainError
from lumiku.events import stream
from lumiku.users.models import User

MOST = 1_000_000  # credits at once; more is a slip of the finger
_LONGEST_KEY = 80


class Command(BaseCommand):
    """Posts one grant to the ledger and tells the owner."""

    help = "Give credits to an account; the reason is kept for ever and its owner reads it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="whose account")
        parser.add_argument("amount", type=int, help=f"whole credits, 1 to {MOST:,}")
        parser.add_argument("--reason", required=True, help="why; one line")
        parser.add_argument(
            "--until", type=date.fromisoformat, help="last day, in Jakarta, as 2026-12-31; what is unspent then goes"
        )
        parser.add_argument("--key", help="give once under this name, however often the command is run")

    def handle(
        self, *args: Any, email: str, amount: int, reason: str, key: str | None, until: date | None, **options: Any
    ) -> None:
        reason, key = reason.strip(), str(uuid.uuid4()) if key is None else key.strip()
        _check(amount, reason, key)
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody is registered as {email}: check the address.")
        expires_at = jakarta.start(until + timedelta(days=1)) if until else None
        try:
            entry, is_new = grant(user, amount, key=f"grant:{key}", note=reason, expires_at=expires_at)
        except DomainError as error:
            raise CommandError(error.message) from error
        said = "Given" if is_new else "Given before under this key, nothing moved now"
        self.stdout.write(f"{said}: {amount} credits to {user.email}, who had {entry.balance_after} then.")


def _check(amount: int, reason: str, key: str) -> None:
    longest = Entry._meta.get_field("note").max_length or 0
    if not 1 <= amount <= MOST:
        raise CommandError(f"Give 1 to {MOST:,} credits at once, not {amount:,}.")
    if not 1 <= len(reason) <= longest:
        raise CommandError(f"Give a reason of 1 to {longest} characters with --reason.")
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise CommandError(f"Give a --key of 1 to {_LONGEST_KEY} characters, or leave it out.")


@transaction.atomic
def grant(user: User, amount: int, *, key: str, note: str, expires_at: datetime | None = None) -> tuple[Entry, bool]:
    """Give `amount` credits under `key` and tell the user; return the entry and whether it was posted just now.

    Raise CommandError if the key was used for another account, another amount or another end.
    """
    ledger.lock(user)
    is_new = not Entry.objects.filter(key=key).exists()
    entry = ledger.grant(user, amount, key=key, note=note, expires_at=expires_at)
    if (entry.account_id, entry.available, entry.expires_at) != (user.pk, amount, expires_at):
        raise CommandError("This key was used for another grant: choose another --key.")
    if is_new:
        stream.append(user.pk, NEWS, {"reason": note, "amount": amount, "balance": entry.balance_after})
    return entry, is_new
