"""What Celery runs for credits: each task is an entry point with one domain call."""

import logging

from celery import shared_task

from credits import audits, expiry, plans

log = logging.getLogger(__name__)


@shared_task
def grant_due() -> None:
    """Grant the month's credits to whom they are due."""
    plans.grant_due()


@shared_task
def expire() -> None:
    """Let go what was not spent of grants that have ended."""
    expiry.run()


@shared_task
def audit() -> None:
    """Prove every sum; a fault is an error in the log, and shown by health and metrics."""
    _row, found = audits.run()
    for fault in found:
        log.error("The ledger does not match: %s", fault)
