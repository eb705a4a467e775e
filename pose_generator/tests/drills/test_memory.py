"""Two hundred calls at once need threads, not connections and not gigabytes."""

from typing import Any

import pytest

from lumiku.backends.tests.provider_stub import ProviderStub
from pose_generator.tests.drills.shop import Shop, process_memory, until

pytestmark = [pytest.mark.drill, pytest.mark.timeout(180)]

CALLS = 200
CONNECTIONS = 100 - 3  # PostgreSQL keeps three of its 100 for the superuser


def connections(shop: Shop) -> int:
    """Return how many connections the shop's database has now, ours too."""
    return int(shop.all("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")[0][0])


def most_connections(shop: Shop, generation: str) -> int:
    """Wait for the order's end and return how many connections there were at most."""
    most = 0

    def watch() -> bool:
        nonlocal most
        most = max(most, connections(shop))
        return not shop.count(generation, "pending", "processing")

    until(watch, within=100, what="the order's end")
    return most


def test_two_hundred_calls_in_flight_stay_below_a_gigabyte_and_a_hundred_connections(open_shop: Any) -> None:
    with ProviderStub(delay=20) as provider, open_shop(provider, places=CALLS) as shop:
        alice = shop.customer("alice", credits=CALLS * 30)
        worker = shop.stack.pid("worker")
        idle = process_memory(worker)

        generation = alice.order(shop.poses(20), batchSize=10)
        until(lambda: provider.in_flight == CALLS, within=60, what="200 calls in flight at once")
        in_flight, held = process_memory(worker), connections(shop)
        most = most_connections(shop, generation)

        peak = process_memory(worker)
        print(
            f"\nmemory: the worker's peak was {idle / 1e6:.0f} MB idle, {in_flight / 1e6:.0f} MB with {CALLS} calls in "
            f"flight, {peak / 1e6:.0f} MB in all; {held} database connections in flight, {most} at most"
        )
        assert shop.count(generation, "completed") == CALLS
        assert max(held, most) <= CONNECTIONS
        assert peak < 1e9
