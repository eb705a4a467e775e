"""Everybody who can end a picture ends the same two hundred at once; the books must then show one end of each."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from credits import audits
from credits.models import Account, Entry, QuotaDay, QuotaUse
from lumiku.events.models import Event
from lumiku.testing import in_threads, order_for
from lumiku.users.models import User
from pose_generator import generations, refunds, settlement, sweeping
from pose_generator.models import Generation, Pose, Project, Result, Status

PICTURES, POSES = 200, 20
CLOSING = {"completed", "partial", "failed", "cancelled"}


def place_in_work(owner: User, project: Project, poses: list[Pose], *, pay_with: str) -> Generation:
    """Return an order of 200: half is being painted under leases that have run out, half waits past its deadline."""
    row = generations.place(owner, order_for(project, poses, variations=PICTURES // POSES, pay_with=pay_with))
    row.results.filter(number__lt=PICTURES // 2).update(
        status=Status.PROCESSING,
        attempt=1,
        started_at=Now(),
        lost_leases=2,
        lease_until=timezone.now() - timedelta(seconds=1),
    )
    Generation.objects.filter(pk=row.pk).update(
        status=Status.PROCESSING, started_at=Now(), deadline_at=timezone.now() - timedelta(seconds=1)
    )
    return row


def racers(row: Generation, staff: User) -> list[Callable[[], None]]:
    """Two each of: a worker, the sweeper, the customer who cancels, an operator who cancels and refunds."""
    painted = list(row.results.filter(status=Status.PROCESSING))

    def worker() -> None:
        for result in random.sample(painted, len(painted)):
            settlement.succeed(result, image="results/x.png")

    def sweeper() -> None:
        sweeping.free_expired_leases()
        sweeping.fail_the_late()

    def customer() -> None:
        with suppress(generations.WrongState):
            generations.cancel(row)

    def operator() -> None:
        customer()
        for _ in range(3):
            refunds.refund(list(refunds.captures_of(row)[:5]), actor=staff, note="Sorry")

    return [worker, worker, sweeper, sweeper, customer, customer, operator, operator]


def end_at_once(row: Generation, staff: User) -> Counter[str]:
    """Let all of them loose on the order, then sweep what nobody got; return how many pictures ended how."""
    acts = racers(row, staff)
    random.shuffle(acts)
    errors = [error for error in in_threads(len(acts), lambda number: acts[number]()) if error]
    assert errors == []
    while row.results.filter(status__in=[Status.PENDING, Status.PROCESSING]).exists():
        sweeping.free_expired_leases()
        sweeping.fail_the_late()
    return Counter(row.results.values_list("status", flat=True))


def assert_one_end_each(row: Generation, ended: Counter[str]) -> None:
    """Each picture has one outcome and one move; the order closed once; every sum matches."""
    row.refresh_from_db()
    assert sum(ended.values()) == PICTURES
    assert row.status == settlement.closing_status(dict(ended))
    news = [event.data for event in Event.objects.filter(stream=row.owner_id).order_by("seq")]
    mine = [item["type"] for item in news if item.get("generation_id") == str(row.pk)]
    assert [kind for kind in mine if kind in CLOSING] == [row.status]
    assert mine[-1] == row.status
    (assert_credits_match if row.hold else assert_quota_matches)(row, ended)
    assert list(audits.faults()) == []


def assert_credits_match(row: Generation, ended: Counter[str]) -> None:
    moves = Entry.objects.filter(hold=row.hold).exclude(kind=Entry.Kind.REFUND)
    kinds = dict(moves.values_list("key", "kind"))
    assert len(kinds) == moves.count() == PICTURES
    for pk, status in row.results.values_list("pk", "status"):
        assert kinds[f"result:{pk}"] == ("capture" if status == Status.COMPLETED else "release")
    assert -sum(moves.values_list("held", flat=True)) == (row.hold.held if row.hold else 0)
    assert Account.objects.get(pk=row.owner_id).held == 0


def assert_quota_matches(row: Generation, ended: Counter[str]) -> None:
    taken = QuotaUse.objects.get(key=f"generation:{row.pk}")
    lost = Q(status=Status.FAILED) | Q(status=Status.CANCELLED)
    back = set(QuotaUse.objects.filter(taken=taken).values_list("key", flat=True))
    assert back == {f"result:{pk}" for pk in Result.objects.filter(lost, generation=row).values_list("pk", flat=True)}
    assert QuotaUse.objects.filter(taken=taken).count() == PICTURES - ended["completed"]
    assert QuotaDay.objects.get(pk=taken.day_id).used == _delivered(row.owner_id)


def _delivered(owner: Any) -> int:
    return Result.objects.filter(generation__owner=owner, generation__hold=None, status=Status.COMPLETED).count()
