"""What operators do with wishes: read, approve, start, complete, reject; and who may not."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from lumiku.testing import make_pose
from lumiku.tests.people import make_staff, make_superuser, make_user, signed_in
from lumiku.users.models import User
from pose_generator import wishes
from pose_generator.models import PoseRequest
from pose_generator.tests.operators import text_of

pytestmark = pytest.mark.django_db

CHANGE = "admin:pose_generator_poserequest_change"
MAY_DECIDE = ["pose_generator.view_poserequest", "pose_generator.change_poserequest"]


@pytest.fixture
def wish() -> PoseRequest:
    return wishes.ask(make_user("alice@example.com", name="Alice"), title="Kneeling", description="With a basket.")


def page(action: str, wish: PoseRequest) -> str:
    return reverse(f"admin:pose_generator_poserequest_{action}", args=[wish.pk])


def stands(wish: PoseRequest) -> tuple[str, str, Any]:
    wish.refresh_from_db()
    return wish.status, wish.reason, wish.pose


def test_a_wish_is_approved_started_and_completed_with_a_pose(wish: PoseRequest) -> None:
    client, pose = signed_in(make_staff(*MAY_DECIDE)), make_pose("kneeling")

    for action, form in (("approve", {}), ("start", {}), ("complete", {"pose": pose.pk})):
        asked = client.get(page(action, wish))
        done = client.post(page(action, wish), form)
        assert (asked.status_code, done.status_code) == (200, 302)
        assert "Kneeling" in text_of(asked)

    assert stands(wish) == ("completed", "", pose)
    assert LogEntry.objects.filter(object_id=str(wish.pk)).count() == 3


def test_a_wish_is_rejected_for_a_reason_and_never_without(wish: PoseRequest) -> None:
    client = signed_in(make_staff(*MAY_DECIDE))

    without = client.post(page("reject", wish), {"reason": " "})
    before = stands(wish)
    client.post(page("reject", wish), {"reason": "We have one like it."})

    assert (without.status_code, before[0]) == (200, "pending")
    assert stands(wish)[:2] == ("rejected", "We have one like it.")


def test_opening_the_page_of_a_decision_decides_nothing(wish: PoseRequest) -> None:
    client = signed_in(make_staff(*MAY_DECIDE))

    for action in ("approve", "start", "complete", "reject"):
        client.get(page(action, wish))

    assert stands(wish)[0] == "pending"


def test_a_step_out_of_turn_is_refused_with_a_sentence(wish: PoseRequest) -> None:
    answer = signed_in(make_staff(*MAY_DECIDE)).post(page("start", wish))

    assert answer.status_code == 409
    assert "decided otherwise" in text_of(answer)
    assert stands(wish)[0] == "pending"


def test_a_private_or_retired_pose_cannot_be_named(wish: PoseRequest) -> None:
    wishes.approve(wish)
    wishes.start(wish)
    private = make_pose("private", owner=User.objects.get(email="alice@example.com"), is_public=False)

    answer = signed_in(make_staff(*MAY_DECIDE)).post(page("complete", wish), {"pose": private.pk})

    assert answer.status_code == 200
    assert stands(wish)[0] == "in_progress"


def test_staff_who_may_only_view_wishes_decide_nothing(wish: PoseRequest) -> None:
    client = signed_in(make_staff("pose_generator.view_poserequest"))

    codes = {client.post(page(action, wish), {"reason": "No."}).status_code for action in ("approve", "reject")}

    assert codes == {403}
    assert stands(wish)[0] == "pending"


def test_staff_who_may_not_view_people_do_not_see_or_find_who_asked(wish: PoseRequest) -> None:
    client = signed_in(make_staff(*MAY_DECIDE))
    address = reverse("admin:pose_generator_poserequest_changelist")

    pages = [
        client.get(address),
        client.get(reverse(CHANGE, args=[wish.pk])),
        *(client.get(page(action, wish)) for action in ("approve", "reject")),
    ]
    found = client.get(address, {"q": "alice@example.com"})

    assert {response.status_code for response in pages} == {200}
    assert not any("alice" in response.content.decode().lower() for response in pages)
    assert found.context["cl"].result_count == 0


def test_a_wish_cannot_be_edited_or_deleted_by_hand(wish: PoseRequest) -> None:
    client = signed_in(make_superuser())

    codes = {
        client.post(reverse(CHANGE, args=[wish.pk]), {"status": "approved"}).status_code,
        client.post(reverse("admin:pose_generator_poserequest_delete", args=[wish.pk]), {"post": "yes"}).status_code,
    }

    assert codes == {403}
    assert stands(wish)[0] == "pending"
