"""Money at the same moment: exactly what there is, is spent, and each picture ends once."""

from collections import Counter
from typing import Any

import pytest

from credits import audits
from credits.models import Account, Entry, QuotaDay
from credits.tests.members import put_on
from lumiku.testing import API, client_of, in_threads, make_pose
from lumiku.users.models import User
from pose_generator.models import Generation, Project, Result
from pose_generator.tests import endings

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]


def order_at_once(owner: User, orders: int, **more: Any) -> Counter[int]:
    """Send `orders` of one picture at the same moment; return how many were answered how."""
    body = {
        "projectId": str(Project.objects.create(owner=owner, name="C").pk),
        "generationType": "GALLERY_REFERENCE",
        "selectedPoseIds": [str(make_pose("standing").pk)],
        "batchSize": 1,
        **more,
    }
    clients = [client_of(owner) for _ in range(orders)]
    answers = in_threads(orders, lambda number: clients[number].post(f"{API}/generate", body).status_code)
    return Counter(answers)


def test_of_two_hundred_orders_at_once_with_credits_for_seven_exactly_seven_are_taken(
    committing: None, make_user: Any
) -> None:
    carol = make_user("carol", amount=7 * 30 + 29)

    answers = order_at_once(carol, 200)

    assert answers == {202: 7, 402: 193}
    assert (Generation.objects.count(), Result.objects.count()) == (7, 7)
    account = Account.objects.get(pk=carol.pk)
    assert (account.available, account.held) == (29, 210)
    assert list(audits.faults()) == []


def test_of_eighty_orders_at_once_with_seven_daily_poses_exactly_seven_are_taken(
    committing: None, make_user: Any
) -> None:
    carol = make_user("carol", amount=10_000)
    put_on(carol, "unlimited", daily_poses=7)

    answers = order_at_once(carol, 80)

    assert answers == {202: 7, 403: 73}
    assert list(QuotaDay.objects.values_list("used", flat=True)) == [7]
    assert Generation.objects.filter(hold=None).count() == 7
    assert Account.objects.get(pk=carol.pk).available == 10_000
    assert list(audits.faults()) == []


def test_eighty_orders_at_once_use_up_the_quota_and_then_the_credits(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=3 * 30)
    put_on(carol, "unlimited", daily_poses=7)

    answers = order_at_once(carol, 80, payWith="quota_then_credits")

    assert answers == {202: 10, 402: 70}
    assert list(QuotaDay.objects.values_list("used", flat=True)) == [7]
    assert Entry.objects.filter(kind="hold").count() == 3
    assert list(audits.faults()) == []


@pytest.mark.parametrize("pay_with", ["credits", "quota"])
def test_worker_sweeper_cancel_and_operator_end_the_same_two_hundred_pictures_once_each(
    committing: None, make_user: Any, settings: Any, pay_with: str
) -> None:
    settings.LIMITS_ON = False
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    carol, staff = make_user("carol", amount=6_000), make_user("staff", is_staff=True, is_superuser=True)
    put_on(carol, "unlimited", daily_poses=200)
    project = Project.objects.create(owner=carol, name="C")
    poses = [make_pose(f"pose-{number}") for number in range(endings.POSES)]

    row = endings.place_in_work(carol, project, poses, pay_with=pay_with)
    ended = endings.end_at_once(row, staff)

    endings.assert_one_end_each(row, ended)
