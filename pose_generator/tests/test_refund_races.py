"""Refunds at the same moment: credits move once, and one operator's day is counted exactly."""

from typing import Any

import pytest

from credits import ledger
from lumiku.events.models import Event
from lumiku.testing import in_threads
from lumiku.tests.people import make_staff, make_superuser, make_user
from pose_generator import refunds
from pose_generator.tests.operators import balance, captures, make_generation

pytestmark = pytest.mark.usefixtures("committing")


@pytest.fixture(autouse=True)
def limits_on(settings: Any) -> None:
    settings.LIMITS_ON = True


def test_eight_refunds_at_once_move_the_credits_once():
    alice, root = make_user(), make_superuser()
    generation = make_generation(alice, completed=5)
    due = captures(generation)

    moved = in_threads(8, lambda _number: refunds.refund(due, actor=root, note="Sorry"))

    assert sorted(moved) == [0] * 7 + [150]
    assert balance(alice) == 150
    assert Event.objects.filter(stream=alice.pk).count() == 1
    assert not list(ledger.audit())


def test_refunds_of_one_operator_at_once_stay_within_the_day():
    staff = make_staff()
    due = [captures(make_generation(make_user(f"{n}@example.com"), completed=1, price=1400)) for n in range(4)]

    answers = in_threads(4, lambda number: refunds.refund(due[number], actor=staff, note="Sorry"))

    assert sorted(map(str, (getattr(answer, "code", answer) for answer in answers))) == [
        "1400",
        "1400",
        "refund_limit",
        "refund_limit",
    ]
    assert not list(ledger.audit())
