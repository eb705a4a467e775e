"""Rows about credits: the ledger, the plans and their daily poses, the nightly proof, what was answered before."""

from credits.models.answers import Answer
from credits.models.audits import Audit
from credits.models.ledger import Account, Entry
from credits.models.plans import Membership, Plan, QuotaDay, QuotaUse

__all__ = ["Account", "Answer", "Audit", "Entry", "Membership", "Plan", "QuotaDay", "QuotaUse"]
