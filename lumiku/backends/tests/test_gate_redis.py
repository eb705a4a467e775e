"""The gate in Redis: it decides as in memory, leaves nothing behind, and may go away."""

import logging
import os
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from hypothesis import given
from hypothesis import settings as pace
from hypothesis import strategies as st

from lumiku.backends import BackendError, gate, gate_memory, gate_redis
from lumiku.backends.tests.gate_calls import ACCOUNT, Underway, busy, call, state
from lumiku.management import embedded

# ---- Both places decide alike ---------------------------------------------------------------------------------------


CALLERS = ["a", "b", "c", "d", "e", "f"]
MILLISECONDS = st.sampled_from([0, 1, 400, 5_000, 30_000, 60_000, 125_000])
OPERATIONS = st.one_of(
    st.tuples(
        st.just("enter"),
        st.sampled_from(CALLERS),
        st.just(120_000),
        st.sampled_from([0, 2]),
        st.sampled_from([0, 7, 90]),
        st.integers(0, 1),
        st.integers(0, 1),
    ),
    st.tuples(
        st.just("leave"),
        st.sampled_from(CALLERS),
        st.sampled_from(["mine", ""]),
        st.sampled_from(["answer", "running", "failure", "failure", "busy", "account", ""]),
        MILLISECONDS,
        st.just("ein Grund – ❄"),
    ),
    st.tuples(st.just("close"), st.sampled_from(["operator", "account", "busy"]), MILLISECONDS, st.just("told")),
    st.tuples(st.just("open")),
    st.tuples(
        st.just("storm"),
        st.integers(8, 25),
        st.sampled_from([1, 4, 6, 30]),
        st.sampled_from([0, 90]),
        st.integers(0, 1),
    ),
    st.tuples(st.just("look")),
    st.tuples(st.just("later"), st.sampled_from([1, 250, 5_000, 30_000, 61_000, 1_000_000])),
)


class Twins:
    """The same operations in Redis and in memory; whatever differs is an error."""

    def __init__(self, url):
        self.shared, self.own = gate._shared(url), gate_memory.MemoryGates()
        self.name, self.now, self.tickets = uuid.uuid4().hex, 1_800_000_000_000, {}

    def ask(self, operation, *arguments):
        answer = self.shared.ask(self.name, operation, *arguments, now=self.now)
        assert answer == self.own.ask(self.name, operation, *arguments, now=self.now), (operation, arguments)
        return answer

    def enter(self, caller, *limits):
        token = uuid.uuid4().hex
        cause, era, *_probes = self.ask("enter", token, *limits)
        if not cause:
            self.tickets[caller] = (token, era)

    def leave(self, caller, era, *verdict):
        token, own_era = self.tickets.get(caller, (caller, 0))
        self.ask("leave", token, own_era if era == "mine" else "", *verdict)

    def storm(self, calls, answered, per_minute, retry):
        """Calls that fail, but for each one that is `answered`."""
        for number in range(1, calls + 1):
            self.enter("storm", 120_000, 0, per_minute, retry, 0)
            self.leave("storm", "mine", "failure" if number % answered else "answer", 30_000, "503")


@pace(max_examples=120, deadline=None)
@given(st.lists(OPERATIONS, min_size=10, max_size=60))
def test_redis_and_memory_decide_alike_whatever_happens(redis_url, operations):
    twins = Twins(redis_url)
    for operation, *arguments in operations:
        if operation == "later":
            twins.now += arguments[0]
        elif operation in ("enter", "leave", "storm"):
            getattr(twins, operation)(*arguments)
        else:
            twins.ask(operation, *arguments)
    twins.ask("look")
    twins.shared.ask(twins.name, "forget")


# ---- Redis itself ---------------------------------------------------------------------------------------------------


def test_every_key_expires_and_all_of_a_backend_lie_in_one_slot(redis_url, settings, limited):
    settings.GATE_URL = redis_url
    name = limited(parallel=3, per_minute=60)
    underway = Underway(name, retry=True)
    gate.close(name, seconds=3600, reason="closed")

    with redis.Redis.from_url(redis_url) as client:
        lives = {key.decode(): client.ttl(key) for key in client.keys(f"*{name}*")}

    assert set(lives) == {f"lumiku:gate:{{{name}}}:{part}" for part in ("state", "places", "calls", "retries")}
    assert 3600 < lives.pop(f"lumiku:gate:{{{name}}}:state") <= 3600 + 900
    assert all(0 < life <= 120 for life in lives.values())
    underway.end()


def test_redis_own_clock_counts(redis_url, settings, limited):
    settings.GATE_URL = redis_url
    name = limited()
    before = time.time()
    call(name, busy(10))

    assert before + 9 < state(name).until < time.time() + 11


@pytest.fixture
def mortal(tmp_path, settings, monkeypatch):
    """A Valkey that a test may kill: the process, its address is in the settings."""
    server, settings.GATE_URL = embedded.valkey_process(tmp_path)
    server.start()
    embedded.wait_for_valkey(server, settings.GATE_URL)
    monkeypatch.setattr(gate, "_own", gate_memory.MemoryGates())
    yield server
    if server.running:
        os.kill(server.pid, signal.SIGKILL)


def restart(server, settings):
    server.start()
    embedded.wait_for_valkey(server, settings.GATE_URL)


def kill(server):
    os.kill(server.pid, signal.SIGKILL)
    while server.running:
        time.sleep(0.005)


def test_redis_may_die_in_the_middle_and_come_back(mortal, settings, limited, monkeypatch, caplog):
    monkeypatch.setattr(gate_redis, "AWAY", 0.2)
    caplog.set_level(logging.INFO)
    name = limited(parallel=1)
    underway = Underway(name)
    gate._own.ask(name, "open")  # the eras of the two places are not the same
    kill(mortal)
    underway.end(ACCOUNT)

    assert (call(name), state(name).cause) == ("account", "account")
    assert sum("Redis does not answer" in record.message for record in caplog.records) == 1
    restart(mortal, settings)
    time.sleep(0.25)
    assert (call(name), state(name).cause) == ("", "")
    assert "Redis answers again" in caplog.text


def test_a_closing_that_was_seen_holds_while_redis_is_away(mortal, limited):
    name = limited()
    gate.close(name, seconds=60, reason="maintenance")
    kill(mortal)

    assert call(name) == "operator"


def test_a_closing_of_another_process_holds_while_redis_is_away_once_it_was_met(mortal, settings, limited):
    name = limited()
    gate_redis.RedisGates(settings.GATE_URL).ask(name, "close", "account", 60_000, "402")
    met = call(name)
    kill(mortal)

    assert (met, call(name)) == ("account", "account")


def test_a_redis_that_hangs_holds_a_hundred_threads_up_for_a_moment_once(mortal, limited):
    name = limited()
    call(name)
    os.kill(mortal.pid, signal.SIGSTOP)
    began = time.monotonic()
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: call(name), range(100)))
    first = time.monotonic() - began
    again = [call(name) for _ in range(100)]
    second = time.monotonic() - began - first

    assert set(answers + again) == {""}
    assert first < 2.5
    assert second < 0.3


def test_a_redis_that_was_emptied_is_taught_the_script_again(redis_url, settings, limited):
    settings.GATE_URL = redis_url
    name = limited()
    call(name)
    with redis.Redis.from_url(redis_url) as client:
        client.script_flush()

    call(name, busy(10))

    assert gate_redis.RedisGates(redis_url).look([name])[0][0] == "busy"


def test_a_reason_may_hold_any_text(gates, clock, limited):
    name = limited()
    call(name, BackendError("account", "\ud800 ❄ " + "x" * 5000, account=True))

    assert state(name).cause == "account"
    assert len(state(name).reason) <= 300
