"""`manage.py grant_credits`: an operator gives credits where there is no admin at hand."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from credits import ledger
from credits.gestures import NEWS
from credits.models import Account, Entry
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
        parser.add_argument("--key", help="give once under this name, however often the command is run")

    def handle(self, *args: Any, email: str, amount: int, reason: str, key: str | None, **options: Any) -> None:
        reason, key = reason.strip(), str(uuid.uuid4()) if key is None else key.strip()
        _check(amount, reason, key)
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody is registered as {email}: check the address.")
        try:
            entry, is_new = grant(user, amount, key=f"grant:{key}", note=reason)
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
def grant(user: User, amount: int, *, key: str, note: str) -> tuple[Entry, bool]:
    """Give `amount` credits under `key` and tell the user; return the entry and whether it was posted just now.

    Raise CommandError if the key was used for another account or another amount.
    """
    Account.objects.select_for_update().get(pk=ledger.account_of(user).pk)
    is_new = not Entry.objects.filter(key=key).exists()
    entry = ledger.grant(user, amount, key=key, note=note)
    if (entry.account_id, entry.available) != (user.pk, amount):
        raise CommandError("This key was used for another grant: choose another --key.")
    if is_new:
        stream.append(user.pk, NEWS, {"reason": note, "amount": amount, "balance": entry.balance_after})
    return entry, is_new
