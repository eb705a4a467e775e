"""Orders are taken while Redis is away or silent, and run when it is back."""

import os
import signal
import time
from typing import Any

import pytest

from lumiku.backends.tests.provider_stub import ProviderStub
from pose_generator.tests.drills.shop import Customer, Shop

pytestmark = [pytest.mark.drill, pytest.mark.timeout(180)]

ORDERS = 5


def orders_placed(shop: Shop, customer: Customer) -> tuple[list[str], float]:
    """Place some orders; return their ids and the seconds of the slowest."""
    ids, slowest = [], 0.0
    for _ in range(ORDERS):
        started = time.monotonic()
        ids.append(customer.order(shop.poses(2), batchSize=1))
        slowest = max(slowest, time.monotonic() - started)
    return ids, slowest


def seconds_to_end(shop: Shop, orders: list[str]) -> float:
    started = time.monotonic()
    for order in orders:
        shop.wait_for(order, within=60)
        assert shop.count(order, "completed") == 2
    return time.monotonic() - started


def test_orders_are_taken_without_redis_and_run_once_it_is_back(open_shop: Any) -> None:
    with ProviderStub() as provider, open_shop(provider, places=5) as shop:
        alice = shop.customer("alice", credits=5_000)
        shop.serve(alice, shop.poses(1), within=60, batchSize=1)

        shop.stack.kill("valkey")
        orders, slowest = orders_placed(shop, alice)
        shop.stack.start("valkey")
        waited = seconds_to_end(shop, orders)

    print(f"\nRedis away: slowest of {ORDERS} orders {slowest:.2f} s; all ended {waited:.1f} s after its return.")
    assert slowest <= 1
    assert waited <= 30


def test_a_redis_that_never_answers_neither_holds_up_orders_nor_loses_one(open_shop: Any) -> None:
    with ProviderStub() as provider, open_shop(provider, places=5) as shop:
        alice = shop.customer("alice", credits=5_000)
        shop.serve(alice, shop.poses(1), within=60, batchSize=1)

        os.kill(shop.stack.pid("valkey"), signal.SIGSTOP)
        try:
            orders, slowest = orders_placed(shop, alice)
        finally:
            os.kill(shop.stack.pid("valkey"), signal.SIGCONT)
        waited = seconds_to_end(shop, orders)

    print(f"\nRedis silent: slowest of {ORDERS} orders {slowest:.2f} s; all ended {waited:.1f} s after it spoke.")
    assert slowest <= 1
    assert waited <= 45
