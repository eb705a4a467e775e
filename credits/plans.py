"""Plans: who is on which, what that gives, and the credits of each month.

An operator assigns a plan, for a reason; that is a row of its own, and the newest row counts. Who has none is on the
free plan. A plan's credits are granted once a month, Jakarta's, and do not expire: the month in which a plan is
assigned at once, each later one by `grant_due`, which also makes up for the last months when nothing ran. The key
`plan:<user>:<month>` makes it once.

In the middle of a month: who moves up gets the difference at once, who moves down keeps what was granted, and moving
up and down again gives nothing twice, so that a month's grants sum to those of its largest plan. A plan that an
operator makes larger counts from the next month on.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import OuterRef, Q, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from credits import jakarta, ledger
from credits.models import Entry, Membership, Plan
from lumiku.errors import Invalid
from lumiku.events import stream

log = logging.getLogger(__name__)

NEWS = "credits-update"
FREE = "free"
NOTE = gettext_noop("Credits of your plan for the month")
BATCH = 500
MADE_UP_FOR = timedelta(days=62)  # how long ago a month may have begun whose credits were not granted


@dataclass(frozen=True)
class Terms:
    """What a user's plan gives today."""

    key: str = FREE
    name: str = "Free"
    daily_poses: int = 0
    is_premium: bool = False
    priority: int = 0


def of(user_id: Any) -> Terms:
    """Return the terms of a user's plan, those of the free one without a membership that holds."""
    membership = Membership.objects.newest_of(user_id)
    if membership and _holds(membership, timezone.now()):
        daily = membership.daily_poses
        return _terms(membership.plan, membership.plan.daily_poses if daily is None else daily)
    free = Plan.objects.filter(key=FREE).first()
    return _terms(free, free.daily_poses) if free else Terms()


def _holds(membership: Membership, at: datetime) -> bool:
    return membership.until is None or membership.until > at


def _terms(plan: Plan, daily_poses: int) -> Terms:
    return Terms(plan.key, plan.name, daily_poses, plan.is_premium, plan.priority)


def priorities(user_ids: Iterable[Any]) -> dict[Any, int]:
    """Return the priority of each user's plan; who is on the free one by having none is left out."""
    newest = Membership.objects.filter(user=OuterRef("user")).order_by("-since").values("pk")[:1]
    rows = Membership.objects.filter(Q(until=None) | Q(until__gt=timezone.now()), user__in=list(user_ids))
    rows = rows.filter(pk=Subquery(newest)).select_related("plan")
    return {row.user_id: row.plan.priority for row in rows}


@transaction.atomic
def assign(
    user: Any,
    plan: Plan,
    *,
    by: Any,
    reason: str,
    daily_poses: int | None = None,
    until: datetime | None = None,
) -> Membership:
    """Put `user` on `plan` from now on, grant what the month lacks and tell them; `by` decided it, for a `reason`.

    `daily_poses` replaces the plan's number for this user. Raise Invalid without a reason, for a plan that is not
    offered, or for an end that has passed.
    """
    if not reason.strip():
        raise Invalid(_("A change of plan needs a reason."))
    if not plan.is_active:
        raise Invalid(_("This plan is not offered any more."))
    ledger.lock(user)
    now = _after_the_last(user)
    if until and until <= now:
        raise Invalid(_("A plan must end in the future, or never."))
    membership = Membership.objects.create(
        user=user, plan=plan, since=now, until=until, daily_poses=daily_poses, by=by, reason=reason
    )
    granted = _grant(user, plan, jakarta.month(now), top_up=True)
    balance = granted.balance_after if granted else ledger.account_of(user).available
    amount = granted.available if granted else 0
    stream.append(user.pk, NEWS, {"reason": plan.name, "amount": amount, "balance": balance, "plan": plan.key})
    return membership


def _after_the_last(user: Any) -> datetime:
    """Return the time of a new membership: now, but after the user's newest one, whose place it takes."""
    now, last = timezone.now(), Membership.objects.newest_of(user.pk)
    return max(now, last.since + ledger.TICK) if last else now


def _grant(user: Any, plan: Plan, month: str, *, top_up: bool) -> Entry | None:
    """Grant the credits of a month, or what it lacks of them; None when there is nothing to grant."""
    key = f"plan:{user.pk}:{month}"
    before = Entry.objects.filter(Q(key=key) | Q(key__startswith=f"{key}:"), account=user.pk)
    had = before.aggregate(all=Sum("available"))["all"] or 0
    if plan.monthly_credits <= had or (had and not top_up):
        return None
    return ledger.grant(
        user, plan.monthly_credits - had, key=f"{key}:{plan.monthly_credits}" if had else key, note=NOTE
    )


def grant_due(at: datetime | None = None) -> int:
    """Grant every month's credits that have not been; return how many grants that were."""
    at = at or timezone.now()
    return sum(_grant_month(*due) for due in _due(at))


def _due(at: datetime) -> list[tuple[Membership, str]]:
    """Return the memberships and months, begun and not too long ago, whose credits have not been granted."""
    earliest = at - MADE_UP_FOR
    next_one = Membership.objects.filter(user=OuterRef("user"), since__gt=OuterRef("since")).order_by("since")
    rows = Membership.objects.filter(plan__monthly_credits__gt=0, user__is_active=True, since__lte=at)
    rows = rows.annotate(replaced_at=Subquery(next_one.values("since")[:1])).select_related("plan", "user")
    rows = rows.filter(Q(until=None) | Q(until__gt=earliest)).order_by("user", "since")
    wanted = []
    for row in rows:
        ends = min(end for end in (at + ledger.TICK, row.until, row.replaced_at) if end)
        wanted += [(row, month) for month in jakarta.months(max(row.since, earliest), ends)]
    granted = _posted([f"plan:{row.user_id}:{month}" for row, month in wanted])
    return [(row, month) for row, month in wanted if f"plan:{row.user_id}:{month}" not in granted]


def _posted(keys: list[str]) -> set[str]:
    """Return those of `keys` that the ledger has."""
    rows = Entry.objects.values_list("key", flat=True)
    batches = (keys[at : at + BATCH] for at in range(0, len(keys), BATCH))
    return {key for batch in batches for key in rows.filter(key__in=batch)}


def _grant_month(membership: Membership, month: str) -> bool:
    """Grant one month and tell the user; one that cannot be granted now does not hold up the others."""
    try:
        with transaction.atomic():
            ledger.lock(membership.user)
            entry = _grant(membership.user, membership.plan, month, top_up=False)
            if entry:
                told = {"reason": NOTE, "amount": entry.available, "balance": entry.balance_after}
                stream.append(membership.user_id, NEWS, told)
            return entry is not None
    except DatabaseError:
        log.exception("The credits of %s for %s wait for the next run.", membership.user_id, month)
        return False
