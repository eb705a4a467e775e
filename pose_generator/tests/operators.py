"""Rows for the tests of the operators' pages: people, orders with the entries that belong to them, one of each."""

import re
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from avatars.models import Avatar
from credits import audits, ledger, plans, quota
from credits.models import Account, Entry, Plan
from lumiku.testing import make_pose
from lumiku.tests.people import make_user
from lumiku.users.models import User
from pose_generator import refunds
from pose_generator.models import (
    Category,
    Generation,
    Pause,
    PoseRequest,
    Process,
    Project,
    Result,
    Share,
    Status,
    Upload,
)

VIEW_ORDERS = ["pose_generator.view_generation", "pose_generator.view_result"]


def make_project(owner: User) -> Project:
    return Project.objects.create(owner=owner, name="Spring")


def make_generation(
    owner: User, *, completed: int = 0, pending: int = 0, failed: int = 0, price: int = 30
) -> Generation:
    """An order whose pictures stand like this, with the entries that belong to them."""
    total = completed + pending + failed
    ledger.grant(owner, total * price, key=f"top-up:{uuid.uuid4()}", note="Top-up")
    pk = uuid.uuid4()
    hold = ledger.hold(owner, total * price, key=f"generation:{pk}")
    generation = Generation.objects.create(
        pk=pk,
        owner=owner,
        project=make_project(owner),
        kind=Generation.Kind.TEXT,
        status=Status.PROCESSING if pending else Status.COMPLETED,
        completed_at=None if pending else timezone.now(),
        text_prompt="a red jacket",
        batch_size=1,
        total=total,
        seed=7,
        width=1024,
        height=1024,
        backend="preview",
        hold=hold,
        deadline_at=timezone.now() + timedelta(hours=2),
    )
    statuses = [Status.COMPLETED] * completed + [Status.PENDING] * pending + [Status.FAILED] * failed
    for number, status in enumerate(statuses):
        make_result(generation, number, status, price)
    return generation


def make_result(generation: Generation, number: int, status: str, price: int) -> Result:
    result = Result.objects.create(
        generation=generation,
        number=number,
        variation=1,
        price=price,
        prompt="a red jacket",
        seed=number,
        status=status,
        image=f"results/{generation.pk}/{number}.png" if status == Status.COMPLETED else "",
        error_code="moderated" if status == Status.FAILED else "",
        ended_at=None if status == Status.PENDING else timezone.now(),
    )
    moves: dict[str, Any] = {Status.COMPLETED: ledger.capture, Status.FAILED: ledger.release}
    move = moves.get(status)
    if move:
        move(generation.hold, price, key=f"result:{result.pk}")
    return result


def captures(generation: Generation) -> list[Entry]:
    return list(refunds.captures_of(generation).order_by("key"))


def balance(user: User) -> int:
    return Account.objects.get(pk=user.pk).available


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def make_one_of_each(number: int) -> None:
    """One more row of everything that has a page."""
    user = make_user(f"seller{number}@example.com")
    avatar = Avatar.objects.create(owner=user, name="Sari", image=f"a/{number}.png", thumbnail=f"a/{number}-400.webp")
    pose = make_pose(f"pose-{number}", thumbnail="library/x.webp")
    make_pose(f"private-{number}", owner=user, is_public=False)
    top = Category.objects.create(slug=f"top-{number}", name_en="Top", color="#3B82F6")
    Category.objects.create(slug=f"sub-{number}", name_en="Sub", parent=top)
    generation = make_generation(user, completed=2, failed=1)
    Generation.objects.filter(pk=generation.pk).update(avatar=avatar)
    generation.results.update(pose=pose)
    refunds.refund(captures(generation)[:1], actor=User.objects.get(email="root@example.com"), note="Sorry")
    Project.objects.filter(owner=user).update(avatar=avatar)
    Upload.objects.create(owner=user, purpose="logo", file=f"uploads/{number}.png", width=300, height=300)
    Share.objects.create(owner=user, title=f"Share {number}", expires_at=timezone.now() + timedelta(days=7))
    Process.objects.create(name=f"worker-{number}", kind="worker", beat_at=timezone.now())
    Pause.objects.create(backend=f"backend-{number}", until=timezone.now(), reason="busy")
    Group.objects.create(name=f"Support {number}")
    plan = Plan.objects.create(key=f"plan-{number}", name="Special", price=0, daily_poses=10)
    plans.assign(user, plan, by=User.objects.get(email="root@example.com"), reason="Asked for it")
    quota.take(user.pk, 3, key=f"generation:quota-{number}")
    quota.give_back(f"generation:quota-{number}", [f"result:quota-{number}"])
    audits.run()
    PoseRequest.objects.create(owner=user, title=f"Wish {number}", category=top, status="completed", pose=pose)
