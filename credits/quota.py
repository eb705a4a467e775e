"""The poses that a plan gives a day, instead of credits.

An order takes all its poses from the day it is placed on, or none: one conditional UPDATE of the day's row is the
verdict, so orders at the same moment never take more than there are. A pose that is not delivered goes back to the day
it came from, once, by its key; it is never turned into credits. The day is Jakarta's by the database's clock.

Lock order: Account, QuotaDay, Stream (the whole of it stands in `credits.ledger`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, F, Sum
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from credits import jakarta, plans
from credits.models import Plan, QuotaDay, QuotaUse
from lumiku.errors import DomainError


class QuotaExceeded(DomainError):
    """The day's poses do not pay for the order; nothing was taken."""

    code = "quota_exceeded"
    status = 403


@dataclass(frozen=True)
class Quota:
    """A user's poses of today."""

    used: int
    limit: int
    resets_at: datetime

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)  # the limit may have been lowered since


def of(user_id: Any, at: datetime | None = None) -> Quota | None:
    """Return the user's poses of the day at `at` (now); None when the plan gives none."""
    limit = plans.of(user_id).daily_poses
    if not limit:
        return None
    at = at or _now()
    used = QuotaDay.objects.filter(user=user_id, day=jakarta.day(at)).values_list("used", flat=True).first() or 0
    return Quota(used, limit, jakarta.next_day(at))


@transaction.atomic
def take(user_id: Any, poses: int, *, key: str, at: datetime | None = None) -> QuotaUse:
    """Take `poses` of today's, or raise QuotaExceeded."""
    limit = plans.of(user_id).daily_poses
    if not limit:
        raise exceeded(poses, None)
    at = at or _now()
    day = QuotaDay.objects.get_or_create(user_id=user_id, day=jakarta.day(at))[0]
    if not QuotaDay.objects.filter(pk=day.pk, used__lte=limit - poses).update(used=F("used") + poses):
        raise exceeded(poses, of(user_id, at))
    return QuotaUse.objects.create(day=day, key=key, poses=poses)


def exceeded(poses: int, quota: Quota | None) -> QuotaExceeded:
    """Return the refusal of an order of `poses`."""
    if quota is None:
        return QuotaExceeded(_("Your plan has no daily poses; pay with credits."))
    sentence = _(
        "This order needs %(required)d of your daily poses and %(left)d are left; order fewer, pay with credits, "
        "or wait for midnight in Jakarta."
    )
    told = sentence % {"required": poses, "left": quota.left}
    return QuotaExceeded(told, required=poses, left=quota.left, resets_at=quota.resets_at)


@transaction.atomic
def give_back(taken_as: str, keys: Iterable[str]) -> int:
    """Give one pose back for each of `keys` to the day from which `taken_as` took it; return how many were new.

    Keys that have been given back already are passed over, and so is everything when nothing was taken.
    """
    taken = QuotaUse.objects.filter(key=taken_as).first()
    if taken is None:
        return 0
    QuotaDay.objects.select_for_update(no_key=True).get(pk=taken.day_id)
    keys = list(keys)
    known = set(QuotaUse.objects.filter(key__in=keys).values_list("key", flat=True))
    new = [QuotaUse(day_id=taken.day_id, key=key, poses=-1, taken=taken) for key in keys if key not in known]
    QuotaUse.objects.bulk_create(new)
    QuotaDay.objects.filter(pk=taken.day_id).update(used=F("used") - len(new))
    return len(new)


def taken_by(key: str) -> QuotaUse | None:
    """Return what an order took, with its day; None when it was not paid by quota."""
    return QuotaUse.objects.select_related("day").filter(key=key).first()


def _now() -> datetime:
    """Return the database's time: machines whose clocks differ must not see two days at once."""
    clock = Plan.objects.order_by().values_list(Now(output_field=DateTimeField()), flat=True).first()
    assert clock is not None  # who has daily poses has a plan
    return clock


def audit() -> Iterator[str]:
    """Yield a sentence for each day whose uses do not sum to what it says, and for what gave back more than it took."""
    for day in QuotaDay.objects.annotate(sum=Coalesce(Sum("uses__poses"), 0)).exclude(used=F("sum")).iterator():
        yield f"{day.day} of user {day.user_id} says {day.used} poses used, its uses sum to {day.sum}"
    back = QuotaUse.objects.filter(taken=None).annotate(back=Coalesce(Sum("given_back__poses"), 0))
    for use in back.filter(back__lt=-F("poses")).iterator():
        yield f"{use.key} took {use.poses} daily poses and gave {-use.back} back"
