"""`manage.py audit_ledger`: prove that every balance equals its entries."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits import audits


class Command(BaseCommand):
    help = (
        "Prove that every balance equals the sum of its entries and every day of poses the sum of its uses; "
        "exit 1 and name the rows when one does not."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        row, faults = audits.run()
        for fault in faults:
            self.stderr.write(self.style.ERROR(fault))
        if faults:
            raise CommandError(f"{len(faults)} sums do not match.")
        self.stdout.write(f"{row.accounts} accounts and {row.entries} entries: all sums match.")
