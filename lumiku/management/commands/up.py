"""`manage.py up`: the whole product on this machine, until Ctrl-C."""

import json
import secrets
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from credits import ledger
from lumiku import backends
from lumiku.management.stack import Stack, StackError
from lumiku.users.models import User

SELLER, OPERATOR = "seller@example.com", "operator@example.com"
_CREDITS = 5000


class Command(BaseCommand):
    """Runs web, worker, beat and a private Valkey in var/run and prints how to get in."""

    help = "Run the whole product on this machine at http://localhost:$PORT (default 4000) until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--accounts", action="store_true", help="only make the demo accounts that are missing; prints them as JSON"
        )

    def handle(self, *args: Any, accounts: bool, **options: Any) -> None:
        if accounts:
            self.stdout.write(json.dumps(make_accounts()))
            return
        painter = f"{settings.IMAGE_BACKEND} ({backends.get(settings.IMAGE_BACKEND).label})"
        try:
            with Stack(settings.BASE_DIR / "var" / "run", port=settings.PORT) as stack:
                made = json.loads(stack.manage("up", "--accounts"))
                self.stdout.write(banner(stack.port, stack.folder, made, painter))
                self.stdout.flush()
                stack.watch()
        except StackError as error:
            sys.exit(f"lumiku: {error}")
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")


@transaction.atomic
def make_accounts() -> dict[str, str]:
    """Make the operator and the seller with credits where they are missing; return e-mail → password of those made."""
    made: dict[str, str] = {}
    operator = User.objects.filter(email=OPERATOR).first()
    if operator is None:
        made[OPERATOR] = secrets.token_urlsafe(12)
        operator = User.objects.create_superuser(email=OPERATOR, password=made[OPERATOR])
    if not User.objects.filter(email=SELLER).exists():
        made[SELLER] = secrets.token_urlsafe(12)
        seller = User.objects.create_user(email=SELLER, password=made[SELLER])
        ledger.grant(seller, _CREDITS, key=f"demo:{seller.pk}", note="Credits to try Lumiku with", actor=operator)
    return made


def banner(port: int, folder: Path, made: dict[str, str], painter: str) -> str:
    """Return what people read when the stack is up: addresses, accounts with new passwords, and who paints."""
    address = f"http://localhost:{port}"
    accounts = "\n".join(
        f"  {email:<22} {made.get(email, '(password printed at the first start; make clean starts afresh)')}"
        for email in (SELLER, OPERATOR)
    )
    return f"""
Lumiku is up: {address}
  Studio     {address}/
  API docs   {address}/api/docs
  Admin      {address}/admin/
  Logs       {folder}

{accounts}

Pictures are painted by: {painter}
{_advice()}
Ctrl-C stops everything.
"""


def _advice() -> str:
    if settings.IMAGE_BACKEND != "preview":
        return "Orders cost money at the provider of this backend."
    return "For photos, use your own key: HUGGINGFACE_API_KEY=hf_... make run (or put it into .env)."
