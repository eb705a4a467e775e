"""A small order does not wait for a large one."""

from statistics import median
from typing import Any

import pytest

from lumiku.backends.tests.provider_stub import ProviderStub
from pose_generator.tests.drills.shop import Customer, Shop

pytestmark = [pytest.mark.drill, pytest.mark.timeout(180)]

ROUNDS, PLACES = 5, 5


def seconds_of_four(shop: Shop, customer: Customer) -> float:
    """Order four pictures and return the seconds to the closing event."""
    generation, took = shop.serve(customer, shop.poses(4), within=60)
    assert shop.count(generation, "completed") == 4
    return took


def test_bobs_four_pictures_beside_alices_five_hundred_take_at_most_three_times_as_long_as_alone(
    open_shop: Any,
) -> None:
    with ProviderStub(delay=1) as provider, open_shop(provider, places=PLACES) as shop:
        alice, bob = shop.customer("alice", credits=15_000), shop.customer("bob", credits=1_200)

        alone = median(seconds_of_four(shop, bob) for _ in range(ROUNDS))
        large = alice.order(shop.poses(25), batchSize=10, cameras=[{"yaw": 0}, {"yaw": 30}])
        beside = median(seconds_of_four(shop, bob) for _ in range(ROUNDS))

        served, waiting = shop.count(large, "completed"), shop.count(large, "pending")
        print(
            f"\nfairness: bob's 4 poses took {alone:.2f} s alone and {beside:.2f} s beside alice's 500 "
            f"({beside / alone:.1f} x); alice got {served} meanwhile, {waiting} of hers still waited"
        )
        assert waiting >= PLACES  # else bob had places for nothing
        assert served >= ROUNDS  # the small one does not stop the large one either
        assert beside <= 3 * alone
