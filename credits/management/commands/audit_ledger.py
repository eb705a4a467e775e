"""`manage.py audit_ledger`: prove that every balance equals its entries."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits import ledger
from credits.models import Account, Entry


class Command(BaseCommand):
    help = "Prove that every balance equals the sum of its entries; exit 1 and name the rows when one does not."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(ledger.audit())
        for fault in faults:
            self.stderr.write(self.style.ERROR(fault))
        if faults:
            raise CommandError(f"{len(faults)} sums do not match.")
        self.stdout.write(f"{Account.objects.count()} accounts and {Entry.objects.count()} entries: all sums match.")
