"""The race for the end of each picture, twenty times over, for credits and for daily poses."""

import time
from collections import Counter
from typing import Any

import pytest

from credits.tests.members import put_on
from lumiku.testing import make_pose
from pose_generator.models import Project
from pose_generator.tests import endings

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600)]

ROUNDS = 20


@pytest.mark.parametrize("pay_with", ["credits", "quota"])
def test_twenty_rounds_of_everybody_ending_the_same_two_hundred_pictures(
    committing: None, make_user: Any, settings: Any, pay_with: str
) -> None:
    settings.LIMITS_ON = False
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    carol = make_user("carol", amount=6_000 * ROUNDS)
    staff = make_user("staff", is_staff=True, is_superuser=True)
    put_on(carol, "unlimited", daily_poses=200 * ROUNDS)
    project = Project.objects.create(owner=carol, name="C")
    poses = [make_pose(f"pose-{number}") for number in range(endings.POSES)]
    total: Counter[str] = Counter()
    started = time.monotonic()

    for _ in range(ROUNDS):
        row = endings.place_in_work(carol, project, poses, pay_with=pay_with)
        ended = endings.end_at_once(row, staff)
        endings.assert_one_end_each(row, ended)
        total += ended

    print(f"\nendings, {pay_with}: {ROUNDS} rounds of 200, {dict(total)}, {time.monotonic() - started:.0f} s")
    assert set(total) == {"completed", "failed", "cancelled"}  # else nobody really raced
