"""Every message twice, over eight threads: each picture is made once, paid once and told once."""

import queue
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from lumiku import backends, images
from lumiku.backends import ImageBackend, ImageRequest, Painting
from lumiku.testing import events_of, in_threads, make_pose, order_for, picture, sums_match
from lumiku.users.models import User
from pose_generator import generations, rendering
from pose_generator.models import Generation, Project, Result

pytestmark = pytest.mark.postgres

THREADS = 8
ORDERS = {"alice": [100, 50], "bob": [100, 50]}
CLOSING = {"completed", "partial", "failed", "cancelled"}


@cache
def only_picture() -> tuple[bytes, Any]:
    data = picture(320, 320)
    return data, images.decode(data)


class OnePicture(ImageBackend):
    """Paints the same picture for everybody, at once, and counts."""

    supports = frozenset({"control", "reference", "seed"})

    def __init__(self) -> None:
        self.asked: list[int] = []

    def paint(self, request: ImageRequest) -> Painting:
        self.asked.append(request.seed)
        data, image = only_picture()
        return Painting(data=data, image=image, seed=request.seed, request_id=f"call-{len(self.asked)}")

    def check(self) -> str:
        return "Paints one picture."


@pytest.fixture
def one_picture(settings: Any) -> Iterator[OnePicture]:
    settings.IMAGE_BACKENDS = {"one": {"BACKEND": f"{__name__}.OnePicture"}}
    settings.LIMITS_ON = False
    backends.get.cache_clear()
    backend = backends.get("one")
    assert isinstance(backend, OnePicture)
    yield backend
    backends.get.cache_clear()


def place_all(owner: User, sizes: list[int]) -> None:
    project = Project.objects.create(owner=owner, name="Twice")
    for number, size in enumerate(sizes):
        poses = [make_pose(f"{owner.name}-stance-{number}-{index}") for index in range(size // 10)]
        generations.place(owner, order_for(project, poses, variations=10, backend="one", seed=number))


def deliver_twice(ids: list[Any]) -> list[Any]:
    """Let eight workers hear each bell twice, the second right after the first; return what they raised."""
    bells: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for pk in ids:
        bells.put(pk)
        bells.put(pk)

    def work(_: int) -> None:
        while True:
            try:
                pk = bells.get_nowait()
            except queue.Empty:
                return
            rendering.render(pk)

    return [error for error in in_threads(THREADS, work) if error]


def assert_told_once(owner: User) -> None:
    """Each picture has one event, and each order one closing event, its last; `events_of` looks for gaps."""
    news = [event.data for event in events_of(owner)]
    told = Counter(item["pose"]["id"] for item in news if item["type"] == "progress")
    assert told == Counter(
        str(pk) for pk in Result.objects.filter(generation__owner=owner).values_list("pk", flat=True)
    )
    for generation in Generation.objects.filter(owner=owner):
        kinds = [item["type"] for item in news if item["generation_id"] == str(generation.pk)]
        assert [kind for kind in kinds if kind in CLOSING] == ["completed"] == kinds[-1:]


@pytest.mark.timeout(60)
def test_three_hundred_pictures_whose_every_message_comes_twice_are_made_paid_and_told_once(
    committing: None, make_user: Any, one_picture: OnePicture
) -> None:
    owners = {name: make_user(name, amount=4500) for name in ORDERS}
    for name, owner in owners.items():
        place_all(owner, ORDERS[name])
    ids = list(Result.objects.order_by("number", "generation").values_list("pk", flat=True))

    errors = deliver_twice(ids)

    assert errors == []
    assert (len(ids), len(one_picture.asked)) == (300, 300)
    assert set(Result.objects.values_list("status", "attempt")) == {("completed", 1)}
    sums_match()
    for owner in owners.values():
        owner.account.refresh_from_db()
        assert (owner.account.available, owner.account.held) == (0, 0)
        assert_told_once(owner)
