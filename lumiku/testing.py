"""People and things for tests: alice has credits and a project, bob is a stranger, staff operates.

Nothing here is a mock: the preview backend paints (the same request once in a process), files go to a temporary folder,
and `work` does what the workers do, in this thread.
"""

import dataclasses
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from django.db import connection
from django.db.models import Q
from PIL import Image
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

from avatars import painting
from avatars.models import Portrait
from credits import audits, jobs, ledger
from credits.models import Entry, QuotaUse
from lumiku import triggers
from lumiku.backends import ImageRequest, Painting, gate
from lumiku.backends.preview import PreviewBackend
from lumiku.events.models import Event
from lumiku.users import accounts
from lumiku.users.models import User
from pose_generator import changing, neighbours, rendering, window
from pose_generator.models import BackgroundChange, Category, Generation, Pose, Project
from pose_generator.orders import Order
from pose_generator.posing import kinematics

#: The fixtures, for the `conftest.py` of each package's tests; everything else is imported by name.
__all__ = [
    "_fast_and_private",
    "_rules_back",
    "alice",
    "as_alice",
    "as_bob",
    "bob",
    "committing",
    "make_user",
    "no_limits",
    "pose",
    "project",
    "staff",
]

# How long one example takes says nothing on a shared machine.
hypothesis.settings.register_profile("lumiku", deadline=None)
hypothesis.settings.load_profile("lumiku")

API = "/api/apps/pose-generator"
PASSWORD = "correct horse battery"
UPRIGHT = kinematics.keypoints({}).round(4).tolist()


_drawn: OrderedDict[str, Painting] = OrderedDict()
_draw = PreviewBackend.paint


def _draw_once(backend: PreviewBackend, request: ImageRequest) -> Painting:
    """What preview draws, from memory where it drew it before: the same request gives the same bytes, say its tests."""
    pictures = [hash(image.tobytes()) for image in (request.control, request.reference) if image]
    key = f"{pictures} {dataclasses.replace(request, prompt='', control=None, reference=None)}"  # it reads no prompts
    painting = _drawn.pop(key, None) or _draw(backend, request)
    _drawn[key] = painting
    if len(_drawn) > 40:
        _drawn.popitem(last=False)
    return dataclasses.replace(painting, image=painting.image.copy())


_listed: dict[str, Any] = {}
_list = WhiteNoiseMiddleware.add_files_from_finders
_listing = threading.Lock()


def _list_once(middleware: WhiteNoiseMiddleware) -> None:
    """Each test client has middleware of its own; the static files stay the same and are looked for once."""
    with _listing:
        if not _listed:
            _list(middleware)
            _listed.update(middleware.files)
    middleware.files.update(_listed)


@pytest.fixture(autouse=True)
def _fast_and_private(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap password hashes, a media folder and gates of the test's own: other test processes share its Redis."""
    monkeypatch.setattr(PreviewBackend, "paint", _draw_once)
    monkeypatch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", _list_once)
    settings.GATE_URL = ""
    gate.forget(settings.IMAGE_BACKENDS)
    neighbours.forget()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    local = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = {**settings.STORAGES, "default": local}


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """Return a function that makes a user with credits."""

    def make(name: str, *, amount: int = 0, **fields: Any) -> User:
        user = User.objects.create_user(f"{name}@example.com", PASSWORD, name=name, **fields)
        if amount:
            ledger.grant(user, amount, key=f"test:{user.pk}", note="For the test")
        return user

    return make


@pytest.fixture
def alice(make_user: Callable[..., User]) -> User:
    return make_user("alice", amount=1000)


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    return make_user("bob", amount=1000)


@pytest.fixture
def staff(make_user: Callable[..., User]) -> User:
    return make_user("staff", is_staff=True, is_superuser=True)


def client_of(user: User | None) -> APIClient:
    """Return a REST client that speaks for `user` with a real token."""
    client = APIClient()
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {accounts.session_for(user).access}")
    return client


@pytest.fixture
def as_alice(alice: User) -> APIClient:
    return client_of(alice)


@pytest.fixture
def as_bob(bob: User) -> APIClient:
    return client_of(bob)


def picture(width: int = 300, height: int = 400, *, format: str = "PNG", seed: int = 1) -> bytes:
    """Return an encoded picture that is neither flat nor like another seed's."""
    noise = np.random.default_rng(seed).integers(0, 255, (height // 10, width // 10, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize((width, height)).save(out, format)
    return out.getvalue()


@pytest.fixture
def no_limits(settings: Any) -> None:
    settings.LIMITS_ON = False


RULES = [
    *triggers.append_only("credits_entry"),
    *triggers.append_only("credits_membership"),
    *triggers.append_only("credits_quotause"),
    *triggers.append_only("events_event", deletable=True),
]


@pytest.fixture
def _rules_back(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    yield
    with django_db_blocker.unblock():
        triggers.create(RULES, connection)


@pytest.fixture
def committing(_rules_back: None, transactional_db: None) -> Iterator[None]:
    """For tests that really commit: their teardown empties every table, which the ledger's own rules refuse."""
    yield
    triggers.lift(RULES, connection)


def in_threads(number: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(0)` … `act(number - 1)` at the same moment; return the results, exceptions as they are."""
    start = threading.Barrier(number)

    def run(index: int) -> Any:
        start.wait(timeout=30)
        try:
            return act(index)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.fixture
def pose(db: None) -> Pose:
    return make_pose("standing")


def make_pose(slug: str, **fields: Any) -> Pose:
    """Return a pose of the library that stands upright, in a category of its own."""
    root = Category.objects.get_or_create(slug="fashion", defaults={"name_en": "Fashion"})[0]
    category = Category.objects.get_or_create(slug="editorial", defaults={"name_en": "Editorial", "parent": root})[0]
    defaults = {
        "category": category,
        "name_en": slug.replace("-", " ").title(),
        "name_id": f"Pose {slug}",
        "description_en": f"A person in the pose {slug}.",
        "keypoints": UPRIGHT,
    }
    return Pose.objects.create(slug=slug, **{**defaults, **fields})


@pytest.fixture
def project(alice: User) -> Project:
    return Project.objects.create(owner=alice, name="Spring")


def order_for(project: Project, poses: list[Pose], **fields: Any) -> Order:
    """Return an order of `poses`, one picture each unless `variations` says more."""
    defaults = {"kind": Generation.Kind.GALLERY, "variations": 1, "backend": "preview", "seed": 7}
    return Order(project=project, poses=poses, **{**defaults, **fields})


def work() -> int:
    """Do what the workers do until nothing is due; return how many pictures were taken in hand."""
    done = 0
    while taken := window.take():
        for pk, _queue in taken:
            rendering.render(pk)
            done += 1
    while changes := jobs.take(BackgroundChange, most=50):
        for pk in changes:
            changing.run(pk)
    while portraits := jobs.take(Portrait, most=50):
        for pk in portraits:
            painting.run(pk)
    return done


def sums_match() -> None:
    """Assert that the ledger proves itself and that every ended order accounts for its hold or its daily poses."""
    assert list(audits.faults()) == []
    for generation in Generation.objects.exclude(status__in=["pending", "processing"]).select_related("hold"):
        if generation.hold is None:
            key = f"generation:{generation.pk}"
            uses = QuotaUse.objects.filter(Q(key=key) | Q(taken__key=key))
            assert sum(use.poses for use in uses) == generation.results.filter(status="completed").count()
            continue
        moves = Entry.objects.filter(hold=generation.hold).exclude(kind="refund")
        assert -sum(move.held for move in moves) == generation.hold.held
        paid = sum(-move.held for move in moves if move.kind == "capture")
        assert paid == sum(result.price for result in generation.results.filter(status="completed"))


def events_of(user: User) -> list[Event]:
    """Return the user's events in order, after asserting that their numbers have no gap."""
    events = list(Event.objects.filter(stream=user.pk).order_by("seq"))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return events
