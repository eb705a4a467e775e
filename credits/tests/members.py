"""Customers on plans, for tests; those that really commit have no plans of the migration any more."""

from typing import Any

from credits import plans
from credits.models import Membership, Plan
from lumiku.users.models import User

PLANS: dict[str, dict[str, Any]] = {
    "free": {"price": 0},
    "basic": {"price": 99_000, "monthly_credits": 1_000, "priority": 1},
    "pro": {"price": 299_000, "monthly_credits": 3_300, "is_premium": True, "priority": 1},
    "unlimited": {"price": 499_000, "daily_poses": 100, "is_premium": True, "priority": 1},
}


def plan(key: str) -> Plan:
    """Return one of the four plans."""
    return Plan.objects.get_or_create(key=key, defaults={"name": key.title(), **PLANS[key]})[0]


def put_on(user: User, key: str, **terms: Any) -> Membership:
    """Assign a plan to `user`."""
    return plans.assign(user, plan(key), by=user, reason="For the test", **terms)
