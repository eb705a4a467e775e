"""Sellers for the tests, made inside of the stack: each with credits and with a browser session of their own."""

import json
import secrets
from dataclasses import dataclass

from lumiku.management.stack import Stack

PASSWORD = "correct horse battery"
CREDITS = 5000


@dataclass(frozen=True)
class Seller:
    """Somebody who is logged in wherever `session` is the session cookie."""

    email: str
    session: str


def make(stack: Stack, number: int, *, credits: int = CREDITS, is_staff: bool = False) -> list[Seller]:
    """Return so many new sellers of a running stack, with `credits` each; an operator where `is_staff` says so."""
    call = f"accounts.print_made({number}, {credits}, {is_staff})"
    made = stack.manage("shell", "-v", "0", "-c", f"from {__name__.rpartition('.')[0]} import accounts; {call}")
    return [Seller(**told) for told in json.loads(made.splitlines()[-1])]


def print_made(number: int, amount: int, is_staff: bool) -> None:
    """Make sellers, inside of the stack's environment, and print them as JSON."""
    from django.contrib.auth.hashers import make_password
    from django.test import Client

    from credits import ledger
    from lumiku.users.models import User

    hashed, made = make_password(PASSWORD), []
    for _ in range(number):
        name = secrets.token_hex(4)
        user = User.objects.create(
            email=f"{name}@example.com", name="Sari", password=hashed, is_staff=is_staff, is_superuser=is_staff
        )
        if amount:
            ledger.grant(user, amount, key=f"browser:{user.pk}", note="Credits to try Lumiku with")
        client = Client()
        client.force_login(user)
        made.append({"email": user.email, "session": client.cookies["sessionid"].value})
    print(json.dumps(made))
