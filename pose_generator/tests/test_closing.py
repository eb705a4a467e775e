"""A closed account's orders, pictures, photos and poses go; its rows and credits' entries stay and prove themselves."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db.models.functions import Now

from avatars import creation
from avatars.models import Avatar
from credits.models import Account, Entry
from lumiku.testing import PASSWORD, client_of, in_threads, make_pose, order_for, picture, sums_match, work
from lumiku.users.models import User
from pose_generator import generations, private_poses, projects, rendering, settlement, sweeping
from pose_generator.models import Category, Generation, Pose, Project, Result, Status, Upload


def close(user: User) -> None:
    assert client_of(user).delete("/api/auth/profile", {"password": PASSWORD}).status_code == 204


def files_of(user: User) -> set[str]:
    """The names of all stored files that belong to the user."""
    results = Result.objects.filter(generation__owner=user).values_list("pk", flat=True)
    avatars = Avatar.objects.filter(owner=user).values_list("pk", flat=True)
    folders = [
        f"uploads/{user.pk}",
        f"poses/{user.pk}",
        *(f"results/{pk}" for pk in results),
        *(f"avatars/{pk}" for pk in avatars),
    ]
    return {
        f"{folder}/{name}"
        for folder in folders
        if default_storage.exists(folder)
        for name in default_storage.listdir(folder)[1]
    }


def furnish(user: User, project: Project) -> Generation:
    """Give the user an avatar, an upload, a private pose and an order of two pictures that waits."""
    creation.upload(user, picture(), name="Sari", traits={"gender": "female"})
    projects.upload(user, picture(seed=2), purpose="background")
    root = Category.objects.create(slug="casual", name_en="Casual")
    Category.objects.create(slug=private_poses.HOME, name_en="Everyday", parent=root)
    pose = make_pose("standing")
    private_poses._keep(user, np.asarray(pose.keypoints), "My own", None)
    return generations.place(user, order_for(project, [pose], variations=2))


def hours_pass() -> None:
    """Let the hourly tidying come twice, hours after the closing."""
    for _ in range(2):
        sweeping.tidy()
        User.objects.exclude(closed_at=None).update(closed_at=Now() - timedelta(hours=3))
    sweeping.tidy()


def test_everything_of_a_closed_account_goes_and_the_ledger_proves_itself(alice: User, project: Project) -> None:
    generation = furnish(alice, project)
    work()
    assert len(files_of(alice)) >= 10

    close(alice)
    hours_pass()

    assert files_of(alice) == set()
    generation.refresh_from_db()
    assert (generation.status, generation.discarded_at is None) == (Status.COMPLETED, False)
    assert not Project.objects.owned_by(alice).exists()
    assert not Upload.objects.owned_by(alice).exists()
    assert not Avatar.objects.owned_by(alice).exists()
    assert Avatar.objects.get().traits == {}
    assert Pose.objects.get(owner=alice).name_en == ""
    assert User.objects.get(pk=alice.pk).emptied_at is not None
    sums_match()


def test_what_waits_is_given_back_when_the_account_closes(alice: User, project: Project) -> None:
    generation = furnish(alice, project)

    close(alice)

    generation.refresh_from_db()
    assert (generation.status, generation.cancel_requested_at is None) == (Status.CANCELLED, False)
    assert work() == 0
    assert (Account.objects.get(pk=alice.pk).held, Account.objects.get(pk=alice.pk).available) == (0, 998)
    sums_match()


def test_what_is_being_painted_ends_and_then_goes(alice: User, project: Project) -> None:
    generation = furnish(alice, project)
    running = settlement.start(generation.results.order_by("number")[0].pk, by="a worker")
    assert running is not None

    close(alice)
    hours_pass()
    assert User.objects.get(pk=alice.pk).emptied_at is None
    assert [name for name in files_of(alice) if name.startswith("uploads/")]  # it may be painted with them
    rendering._deliver(running, rendering.make(running))
    assert any(name.startswith(f"results/{running.pk}/") for name in files_of(alice))
    hours_pass()

    assert files_of(alice) == set()
    assert Entry.objects.filter(account=alice.pk, kind="capture", key=f"result:{running.pk}").count() == 1
    assert User.objects.get(pk=alice.pk).emptied_at is not None
    sums_match()


def test_an_order_that_slips_in_while_the_account_closes_is_cancelled_within_the_hour(
    alice: User, project: Project
) -> None:
    generation = furnish(alice, project)
    claimed = settlement.start(generation.results.order_by("number")[0].pk, by="a worker")
    assert claimed is not None
    settlement.fail(claimed, "moderated")
    work()
    close(alice)

    again = generations.retry(alice, generation)  # its request had been let in before
    hours_pass()

    again.refresh_from_db()
    assert (again.status, again.discarded_at is None) == (Status.CANCELLED, False)
    assert Account.objects.get(pk=alice.pk).held == 0


def test_a_strangers_things_stay(alice: User, bob: User, project: Project) -> None:
    furnish(alice, project)
    creation.upload(bob, picture(seed=3), name="Budi", traits={})
    before = files_of(bob)

    close(alice)
    hours_pass()

    assert files_of(bob) == before != set()
    assert Avatar.objects.owned_by(bob).count() == 1


@pytest.mark.postgres
def test_orders_and_a_closing_at_once_leave_nothing_held(committing: None, make_user: Any) -> None:
    carol = make_user("carol", amount=10_000)
    project, pose = Project.objects.create(owner=carol, name="Spring"), make_pose("standing")
    client = client_of(carol)

    def act(index: int) -> Any:
        if index == 10:
            return client.delete("/api/auth/profile", {"password": PASSWORD}).status_code
        return generations.place(carol, order_for(project, [pose], variations=2))

    outcomes = in_threads(20, act)
    hours_pass()

    assert outcomes[10] == 204
    assert not Generation.objects.open().filter(owner=carol).exists()
    account = Account.objects.get(pk=carol.pk)
    assert (account.held, account.available) == (0, 10_000)
    sums_match()
