"""Manners under load: what the provider sees while it is busy, refuses our key, is away, or lies."""

import itertools
import os
import random
import time
from typing import Any

import pytest

from lumiku.backends import BackendError, ImageRequest
from lumiku.backends.huggingface import HuggingFaceBackend
from lumiku.backends.tests import stub_faults
from lumiku.backends.tests.fal_stub import FalStub
from lumiku.backends.tests.provider_stub import ProviderStub
from lumiku.backends.tests.stub_faults import Fault
from pose_generator.tests.drills.shop import process_memory, processor_seconds, until

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300)]

#: What is believed until the call's deadline, and what is no lie: both are tested elsewhere.
LEFT_OUT = {"hang", "silent", "drip", "drip_head", "jpeg", "webp"}


def test_a_provider_that_fails_three_calls_in_ten_costs_no_picture(open_shop: Any) -> None:
    dice = random.Random(4)
    with ProviderStub(delay=0.2) as provider, open_shop(provider, places=50) as shop:
        alice = shop.customer("alice", credits=20_000)
        provider.weather = lambda number: Fault("503") if dice.random() < 0.3 else None
        order, seconds = shop.serve(alice, shop.poses(125), within=240, batchSize=4)
        done, calls = shop.count(order, "completed"), provider.report()["total"]

    print(f"\n30 % of calls answer 503: {done} of 500 came in {seconds:.1f} s with {calls / 500:.2f} calls each.")
    assert done >= 498
    assert calls <= 1.6 * 500


def test_a_provider_that_asks_for_time_gets_it_from_every_worker(open_shop: Any) -> None:
    with ProviderStub(delay=0.1) as provider, open_shop(provider, places=10, workers=4) as shop:
        alice = shop.customer("alice", credits=20_000)
        shop.serve(alice, shop.poses(10), within=60)
        began: list[float] = []

        def busy(number: int) -> Fault | None:
            began.append(time.monotonic())
            return Fault("429", retry_after=10) if began[-1] - began[0] < 30 else None

        provider.weather = busy
        order, seconds = shop.serve(alice, shop.poses(100), within=200, batchSize=2)
        done = shop.count(order, "completed")

    first = sum(1 for moment in began if moment - began[0] < 1)
    probes = sum(1 for moment in began if 1 <= moment - began[0] < 30)
    print(f"\n30 s of 429: {first} calls at once (40 places), {probes} probes; {done}/200 in {seconds:.1f} s.")
    assert first <= 40
    assert probes <= 3
    assert done == 200


def test_a_provider_that_wants_money_is_left_alone_and_work_goes_on_by_itself(open_shop: Any) -> None:
    with ProviderStub(delay=0.5) as provider, open_shop(provider, places=10, workers=2) as shop:
        alice = shop.customer("alice", credits=20_000)
        shop.serve(alice, shop.poses(10), within=60)
        before = provider.report()["total"]
        provider.weather = lambda number: Fault("402")
        order = alice.order(shop.poses(50))
        until(lambda: provider.report()["total"] > before, within=20, what="the first call")
        time.sleep(20)  # long enough for whatever would come
        unpaid = provider.report()["total"] - before
        provider.weather = lambda number: None
        shop.wait_for(order, within=150)
        done = shop.count(order, "completed")
        tries = shop.all("SELECT max(busy_answers) FROM pose_generator_result WHERE generation_id = %s", order)[0][0]

    print(f"\n402: {unpaid} calls for 20 places, then quiet; {done} of 50 came after the account was topped up.")
    assert unpaid <= 20 + 2
    assert (done, tries) == (50, 0)


def test_an_outage_past_the_deadline_gives_the_credits_back_without_spinning(open_shop: Any) -> None:
    # Twenty times as fast: thirty seconds are ten minutes, and the order's deadline falls within them.
    fast = {"OUTAGE_SECONDS": "1.5", "ORDER_DEADLINE_SECONDS": "25", "SWEEP_SECONDS": "1"}
    with ProviderStub() as provider, open_shop(provider, places=10, environment=fast) as shop:
        alice = shop.customer("alice", credits=20_000)
        shop.serve(alice, shop.poses(5), within=60)
        provider.weather = lambda number: Fault("500")
        before, started = provider.report()["total"], time.monotonic()
        order = alice.order(shop.poses(100))
        until(lambda: provider.report()["total"] - before >= 10, within=20, what="the breaker")
        time.sleep(2)
        worker, opened, calls = shop.stack.pid("worker"), time.monotonic(), provider.report()["total"]
        used = processor_seconds(worker)
        shop.wait_for(order, within=60)
        spent, waited = processor_seconds(worker) - used, time.monotonic() - opened
        probes = provider.report()["total"] - calls
        lost = shop.count(order, "failed")
        balance = alice.http.get("/api/credits/balance").json()

    print(
        f"\nOutage: {calls - before} calls until the breaker, {probes} probes in {waited:.0f} s, "
        f"{100 * spent / waited:.1f} % of a core; {lost} of 100 given back after {time.monotonic() - started:.0f} s."
    )
    assert probes <= waited / 1.5 + 1
    assert lost == 100
    assert balance["held"] == 0


def test_a_job_outlives_the_worker_that_ordered_it(open_shop: Any) -> None:
    with FalStub(delay=8) as jobs, ProviderStub() as provider:
        environment = {"IMAGE_BACKEND": "fal", "FAL_KEY": "key", "FAL_BASE_URL": jobs.url}
        with open_shop(provider, places=10, environment=environment) as shop:
            alice = shop.customer("alice", credits=20_000)
            order = alice.order(shop.poses(10))
            written = "SELECT count(*) FROM pose_generator_result WHERE generation_id = %s AND job <> ''"
            until(lambda: shop.all(written, order)[0][0] == 10, within=30, what="ten jobs on their rows")
            shop.stack.kill("worker")
            shop.stack.start("worker")
            shop.wait_for(order, within=120)
            done, submitted = shop.count(order, "completed"), jobs.report()["submitted"]

    print(f"\nWorker killed with 10 jobs under way: {done} of 10 came, {submitted} jobs were submitted.")
    assert (done, submitted) == (10, 10)


def test_no_lie_of_three_hundred_is_believed_and_memory_stays_small() -> None:
    lies = [name for name in stub_faults.FAULTS if name not in LEFT_OUT]
    before = process_memory(os.getpid())
    with ProviderStub() as provider:
        backend = HuggingFaceBackend(
            token="hf_key", model="black-forest-labs/FLUX.1-dev", provider="hf-inference", base_url=provider.url
        )
        told = 0
        for name in itertools.islice(itertools.cycle(lies), 300):
            provider.fail_next(name)
            with pytest.raises(BackendError) as refusal:
                backend.paint(ImageRequest(prompt="a woman", width=512, height=512, seed=1))
            assert "canary" not in refusal.value.code
            told += 1
    grown = (process_memory(os.getpid()) - before) / 1e6

    print(f"\n{told} hostile answers of {len(lies)} kinds: none accepted; the process grew by {grown:.0f} MB.")
    assert grown <= 150
