"""The proof of every sum: each night, and by hand with `manage.py audit_ledger`; the last one is in health and metrics.

On PostgreSQL it reads one snapshot, so that orders that run meanwhile make no false alarm.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from credits import expiry, ledger, quota
from credits.models import Account, Audit, Entry

SHOWN = 20


def faults() -> Iterator[str]:
    """Yield one sentence for each sum that does not match."""
    yield from ledger.audit()
    yield from expiry.audit()
    yield from quota.audit()


def run() -> tuple[Audit, list[str]]:
    """Prove every sum and write down what came of it; return the row and all faults."""
    started = time.monotonic()
    with _one_moment():
        found = list(faults())
        counts = {"accounts": Account.objects.count(), "entries": Entry.objects.count()}
    row = Audit.objects.create(
        seconds=round(time.monotonic() - started, 3), faults=len(found), first_faults=found[:SHOWN], **counts
    )
    return row, found


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let every query see the same rows, on PostgreSQL and outside other transactions; nobody waits for it."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def figures() -> dict[str, Any]:
    """Return faults and age in seconds of the last audit, for health and metrics; None when there was none."""
    last = Audit.objects.order_by("-at").first()
    if last is None:
        return {"ledger_faults": None, "ledger_audit_age_seconds": None}
    return {"ledger_faults": last.faults, "ledger_audit_age_seconds": round((timezone.now() - last.at).total_seconds())}


def state() -> str:
    """Return how the ledger stands, for the health report: "ok", or what is wrong."""
    faults = figures()["ledger_faults"]
    return "ok" if not faults else f"{faults} faults"
