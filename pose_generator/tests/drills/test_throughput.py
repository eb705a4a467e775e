"""How fast: many slow calls at once, the pipeline's own share, and an order's answer."""

import functools
import io
import time
from statistics import median
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.provider_stub import Handler, ProviderStub
from lumiku.testing import client_of, make_pose
from pose_generator.models import Project, Result
from pose_generator.tests.drills.shop import API, processor_seconds

pytestmark = [pytest.mark.drill, pytest.mark.timeout(180)]

ORDER = {"generationType": "GALLERY_REFERENCE", "batchSize": 10}


@functools.cache
def photo(width: int, height: int) -> bytes:
    """Return a PNG as heavy as a photograph: the stub's figure with the grain of a sensor."""
    grain = np.random.default_rng(1).integers(-9, 10, (height, width, 1))
    pixels = np.asarray(stub_pictures.figure(width, height)).astype(int) + grain
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


class PhotoHandler(Handler):
    def answer(self, status: int, data: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        super().answer(status, photo(*self.size) if kind == "image/png" else data, kind, headers)


class PhotoStub(ProviderStub):
    """A provider whose pictures are as heavy as photographs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._server.RequestHandlerClass = PhotoHandler


def test_a_hundred_calls_of_two_seconds_take_eight_seconds_with_fifty_places(open_shop: Any) -> None:
    with ProviderStub(delay=2) as provider, open_shop(provider, places=50) as shop:
        alice = shop.customer("alice", credits=3030)
        shop.serve(alice, shop.poses(1), within=60)  # what is made at first use is made

        generation, took = shop.serve(alice, shop.poses(10), batchSize=10, within=60)

        print(f"\nconcurrency: 100 poses at 2 s with 50 places in {took:.2f} s, {provider.max_in_flight} calls at once")
        assert shop.count(generation, "completed") == 100
        assert provider.report()["total"] == 101
        assert provider.max_in_flight == 50
        assert took <= 8


@pytest.mark.parametrize("stub", [ProviderStub, PhotoStub])
def test_the_pipeline_itself_makes_ten_pictures_a_second(open_shop: Any, stub: type[ProviderStub]) -> None:
    with stub(delay=0) as provider, open_shop(provider, places=8) as shop:
        alice = shop.customer("alice", credits=7000)
        poses = shop.poses(20)
        shop.serve(alice, poses, within=60)  # what is made at first use is made
        worker = shop.stack.pid("worker")
        before = processor_seconds(worker)

        generation, took = shop.serve(alice, poses, batchSize=10, within=120)

        used = (processor_seconds(worker) - before) * 1000 / 200
        name = shop.all("SELECT image FROM pose_generator_result WHERE generation_id = %s LIMIT 1", generation)[0][0]
        weight = (shop.media / name).stat().st_size / 1e6
        print(
            f"\nthroughput: 200 poses of 1024 x 1024, {weight:.2f} MB each: {200 / took:.1f} a second, "
            f"{used:.0f} ms of the worker's processor each"
        )
        assert shop.count(generation, "completed") == 200
        assert 200 / took >= 10


def test_an_order_of_five_hundred_is_answered_in_a_quarter_of_a_second(open_shop: Any) -> None:
    with ProviderStub(delay=30) as provider, open_shop(provider, places=5) as shop:
        alice = shop.customer("alice", credits=8 * 15_000)
        shop.stack.manage(
            "shell", "-c", "from lumiku.testing import make_pose\nfor n in range(50): make_pose(f'drill-{n}')"
        )
        poses = shop.poses(50)
        took = []

        for _ in range(7):
            started = time.perf_counter()
            generation = alice.order(poses, batchSize=10)
            took.append(time.perf_counter() - started)
            assert shop.count(generation, "pending", "processing") == 500

        milliseconds = [round(second * 1000) for second in took]
        print(
            f"\norder: POST /generate of 500 poses took {milliseconds} ms, median of the last five "
            f"{median(milliseconds[2:])} ms"
        )
        assert median(took[2:]) <= 0.25


@pytest.mark.django_db
def test_an_order_of_five_hundred_needs_as_many_queries_as_one_of_ten(make_user: Any, no_limits: None) -> None:
    alice = make_user("alice", amount=20_000)
    project = Project.objects.create(owner=alice, name="Large")
    poses = [str(make_pose(f"pose-{number}").pk) for number in range(50)]
    client = client_of(alice)
    needed = {}

    for number in (1, 50):
        body = {**ORDER, "projectId": str(project.pk), "selectedPoseIds": poses[:number]}
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(f"{API}/generate", body)
        assert answer.status_code == 202
        needed[number * 10] = len(queries)

    print(f"\norder: queries by poses {needed}")
    assert Result.objects.count() == 510
    assert needed[500] <= needed[10] + 1
