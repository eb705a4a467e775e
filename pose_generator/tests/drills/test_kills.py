"""All workers are killed in the middle of calls and Redis forgets everything: nobody loses a picture or a credit."""

import time
from typing import Any

import pytest
from PIL import Image

from lumiku.backends.tests.provider_stub import ProviderStub
from pose_generator.tests.drills.shop import CLOSING, Customer, Shop, until

pytestmark = [pytest.mark.drill, pytest.mark.timeout(180)]

POSES, PLACES = 40, 10
WORKERS = ["worker", "worker-2"]


def is_busy(shop: Shop, generation: str) -> bool:
    """Every place is in a call, some pictures have come and many still wait."""
    done, waiting = shop.count(generation, "completed"), shop.count(generation, "pending")
    return shop.provider.in_flight == PLACES and done >= 5 and waiting >= 10


def kill_everything(shop: Shop, generation: str) -> tuple[int, int]:
    """Kill all workers at once, then empty Redis; return how many calls were in flight and how many pictures waited."""
    in_flight = shop.provider.in_flight
    for worker in WORKERS:
        shop.stack.kill(worker)
    waiting = shop.count(generation, "pending")
    shop.empty_redis()
    return in_flight, waiting


def assert_receipt_is_exact(customer: Customer, generation: str) -> None:
    """What was held is spent or given back, picture by picture, once."""
    receipt = customer.get(f"generations/{generation}/receipt")
    assert receipt["held"] == POSES * 30 == receipt["captured"] + receipt["released"]
    assert receipt["stillHeld"] == receipt["refunded"] == 0
    outcome = {"completed": "capture", "failed": "release"}
    for line in receipt["poses"]:
        assert [entry["kind"] for entry in line["entries"]] == [outcome[line["status"]]]


def assert_news_are_whole(customer: Customer) -> None:
    """Numbers without a gap, one event for each picture, one closing event and that the last."""
    events = customer.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    kinds = [event["data"]["type"] for event in events if event["event"] == "pose-generation-update"]
    assert kinds.count("progress") == POSES
    assert [kind for kind in kinds if kind in CLOSING] == kinds[-1:]


def assert_pictures_are_stored(shop: Shop, generation: str) -> None:
    """Every completed picture and its thumbnail can be opened."""
    statement = "SELECT image, thumbnail FROM pose_generator_result WHERE generation_id = %s AND status = 'completed'"
    for names in shop.all(statement, generation):
        for name in names:
            with Image.open(shop.media / name) as picture:
                picture.load()


def test_killed_workers_and_an_empty_redis_cost_nobody_a_picture_or_a_credit(open_shop: Any) -> None:
    with ProviderStub(delay=1) as provider, open_shop(provider, places=PLACES // 2, workers=2) as shop:
        alice = shop.customer("alice", credits=POSES * 30)
        generation = alice.order(shop.poses(10), batchSize=4)

        until(lambda: is_busy(shop, generation), within=30, what="ten calls in flight and ten pictures waiting")
        in_flight, waiting = kill_everything(shop, generation)
        assert in_flight >= 5
        assert waiting >= 10
        restarted = time.monotonic()
        for worker in WORKERS:
            shop.stack.start(worker)
        shop.wait_for(generation, within=60)
        took = time.monotonic() - restarted

        extra = provider.report()["total"] - POSES
        done, failed = shop.count(generation, "completed"), shop.count(generation, "failed")
        print(
            f"\nkills: {in_flight} calls in flight and {waiting} pictures waiting at the kill, all ended {took:.1f} s "
            f"after the restart, {done} delivered, {failed} given back, {extra} extra provider calls"
        )
        assert done + failed == POSES
        assert 0 < extra <= in_flight
        assert_receipt_is_exact(alice, generation)
        assert_news_are_whole(alice)
        assert_pictures_are_stored(shop, generation)
        assert "all sums match" in shop.stack.manage("audit_ledger")
