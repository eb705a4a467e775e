"""From order to settlement with the pictures in a bucket, and everything on the way to it failing now and then."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from credits import ledger
from lumiku import backends, files, images, orphans
from lumiku.backends import ImageBackend, ImageRequest, Painting
from lumiku.backends.preview import PreviewBackend
from lumiku.testing import *  # noqa: F403
from lumiku.testing import make_pose, order_for, picture, sums_match, work
from lumiku.tests import s3
from lumiku.tests.s3 import Proxy, first_fail, some_fail
from lumiku.users.models import User
from pose_generator import generations, sweeping
from pose_generator.models import Project, Result


class Paid(ImageBackend):
    """Paints like a provider that is paid for each picture: counts them."""

    supports = PreviewBackend.supports

    def __init__(self) -> None:
        self.paintings = 0

    def paint(self, request: ImageRequest) -> Painting:
        self.paintings += 1
        data = picture(request.width, request.height, seed=request.seed)
        image = Image.open(io.BytesIO(data)).convert("RGB")
        return Painting(data=data, image=image, seed=request.seed, request_id=f"paid-{self.paintings}")

    def check(self) -> str:
        return "Paid."


@pytest.mark.drill
def test_of_forty_pictures_none_is_lost_or_paid_twice_when_every_fifth_request_fails(
    bucket: Proxy, alice: User, project: Project, monkeypatch: Any
) -> None:
    painter = Paid()
    monkeypatch.setattr(backends, "get", lambda name: painter)
    ledger.grant(alice, 1000, key="test:more", note="For the test")
    generation = generations.place(alice, order_for(project, [make_pose("standing")], variations=40))
    bucket.script = some_fail(0.2)

    work()

    results = list(Result.objects.filter(generation=generation))
    bucket.script = first_fail()
    assert [result.status for result in results] == ["completed"] * 40
    assert all(images.decode(files.read(result.image) or b"").size == (1024, 1024) for result in results)
    assert all(files.exists(result.thumbnail) for result in results)
    assert painter.paintings == 40
    assert sum(bucket.seen[fault] for fault in s3.FAULTS) > 10
    assert bucket.seen["lost"]
    sums_match()


def test_a_stored_original_is_adopted_from_the_bucket_and_not_paid_for_again(
    bucket: Proxy, alice: User, project: Project, monkeypatch: Any
) -> None:
    painter = Paid()
    monkeypatch.setattr(backends, "get", lambda name: painter)
    generations.place(alice, order_for(project, [make_pose("standing")]))
    result = Result.objects.get()
    files.put(f"results/{result.pk}/1-0.png", picture(1024, 1024))
    Result.objects.update(attempt=1)

    work()

    result.refresh_from_db()
    assert (result.status, result.image, painter.paintings) == ("completed", f"results/{result.pk}/1-0.png", 0)


def test_the_files_of_a_discarded_order_go_from_the_bucket(bucket: Proxy, alice: User, project: Project) -> None:
    generation = generations.place(alice, order_for(project, [make_pose("standing")]))
    work()
    assert files.names_in("results") != []

    generation.refresh_from_db()
    generations.discard(generation)
    sweeping.forget_discarded()

    assert files.names_in("results") == []


def test_while_the_storage_is_down_nothing_more_is_paid_for_and_nothing_fails(
    bucket: Proxy, alice: User, project: Project, monkeypatch: Any, settings: Any
) -> None:
    painter = Paid()
    monkeypatch.setattr(backends, "get", lambda name: painter)
    settings.TIMES = {**settings.TIMES, "call_deadline": 3, "lease": 5}
    generations.place(alice, order_for(project, [make_pose("standing")], variations=5))
    bucket.script = lambda method, path: "503"

    work()

    assert painter.paintings == 1
    assert set(Result.objects.values_list("status", "busy_answers", "lost_leases")) == {("pending", 0, 0)}

    bucket.script = first_fail()
    Result.objects.update(due_at=None)
    work()

    assert set(Result.objects.values_list("status", flat=True)) == {"completed"}
    assert painter.paintings == 6
    sums_match()


def test_of_files_that_lie_about_only_those_that_no_row_names_are_collected(
    bucket: Proxy, alice: User, project: Project, settings: Any
) -> None:
    settings.FILE_KEEPERS = ["pose_generator.keeping", "avatars.keeping"]
    generations.place(alice, order_for(project, [make_pose("standing")], variations=2))
    work()
    generations.place(alice, order_for(project, [make_pose("sitting")]))
    waiting = Result.objects.get(status="pending")
    done = Result.objects.filter(status="completed")[0]
    kept = {found.name for found in files.stored("")} | {files.put(f"results/{waiting.pk}/1-0.png", b"adoptable")}
    files.put(f"results/{done.pk}/0-9.png", b"of an attempt that lost")
    files.put("results/00000000-0000-4000-8000-000000000000/1-0.png", b"of no row")
    today = datetime.now(UTC)

    orphans.collect(now=today + timedelta(days=2))
    tally = orphans.collect(now=today + timedelta(days=3))

    assert tally.deleted == 2
    assert {found.name for found in files.stored("") if not found.name.startswith("orphans/")} == kept
