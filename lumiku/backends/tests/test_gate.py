"""Who is let through: limits, retries, paid jobs, operators; the same in Redis and in a process's own memory."""

import logging
import os
import random
import signal
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from lumiku.backends import gate, gate_redis
from lumiku.backends.tests.gate_calls import ACCOUNT, Underway, busy, call, state

# ---- Limits ---------------------------------------------------------------------------------------------------------


def test_a_gate_nobody_asked_is_open_without_limit(painter):
    assert state(painter) == gate.State(painter, "", None, "", None, 0, 0, 0, 0)


def test_calls_at_once_stay_within_the_limit_and_each_gives_its_place_back(gates, clock, limited):
    name = limited(parallel=2)
    first, second = Underway(name), Underway(name)

    with pytest.raises(gate.Closed) as refused, gate.passed(name, patience=0.0):
        pass

    assert (refused.value.cause, state(name).in_flight, state(name).most) == ("parallel", 2, 2)
    assert 1.0 <= refused.value.wait < 2
    first.end(ValueError("a bug"))
    second.end()
    assert state(name).in_flight == 0
    assert call(name) == ""


def test_a_call_waits_a_moment_for_a_place(gates, limited):
    name = limited(parallel=1)
    holder = Underway(name)
    threading.Timer(0.3, holder.end).start()

    began = time.monotonic()
    assert call(name, patience=5.0) == ""

    assert 0.25 < time.monotonic() - began < 2


def test_patience_ends(gates, limited):
    name = limited(parallel=1)
    holder = Underway(name)

    began = time.monotonic()
    assert call(name, patience=0.3) == "parallel"

    assert 0.2 < time.monotonic() - began < 1
    holder.end()


def test_no_thread_waits_for_a_token_that_comes_too_late(gates, clock, limited):
    name = limited(per_minute=6)
    call(name)

    began = time.monotonic()
    assert call(name, patience=5.0) == "rate"  # the next token comes in ten seconds

    assert time.monotonic() - began < 1


@pytest.mark.parametrize("limit", [7, 120])
def test_any_minute_has_at_most_the_limit_and_a_twentieth_with_16_threads(gates, clock, limited, limit, redis_url):
    name = limited(per_minute=limit, parallel=0)
    several = [gate_redis.RedisGates(redis_url) for _ in range(4)] if gates == "redis" else [gate._own] * 4
    begun = []

    def press(thread):
        ask = several[thread % 4].ask
        while not ask(name, "enter", uuid.uuid4().hex, 120_000, 0, limit, 0, 0, now=clock())[0]:
            begun.append(clock())

    with ThreadPoolExecutor(16) as pool:
        for _ in range(180):
            list(pool.map(press, range(16)))
            clock.pass_by(1)

    for start in range(120):
        since = begun[0] + start * 1000
        minute = sum(since <= moment < since + 60_000 for moment in begun)
        assert limit * 0.85 <= minute <= max(limit, limit * 1.05)


def test_16_threads_of_4_clients_never_hold_more_places_than_there_are(gates, limited, redis_url):
    name = limited(parallel=5)
    several = [gate_redis.RedisGates(redis_url) for _ in range(4)] if gates == "redis" else [gate._own] * 4
    lock, held, most, entered = threading.Lock(), set(), [], []

    def press(thread):
        ask = several[thread % 4].ask
        for _ in range(40):
            token = uuid.uuid4().hex
            if ask(name, "enter", token, 120_000, 5, 0, 0, 0)[0]:
                continue
            with lock:
                held.add(token)
                most.append(len(held))
            time.sleep(random.uniform(0, 0.002))
            with lock:
                held.discard(token)
            ask(name, "leave", token, "", "answer", 0, "")
            entered.append(token)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(press, range(16)))

    assert max(most) == 5
    assert len(entered) > 40
    assert state(name).in_flight == 0


def test_the_place_of_a_killed_process_lapses(redis_url, settings, clock, limited):
    settings.GATE_URL = redis_url
    name = limited(parallel=1)
    child = os.fork()
    if child == 0:
        with gate.passed(name):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

    held = call(name)
    clock.pass_by(settings.TIMES["call_deadline"] + gate.MARGIN)

    assert (held, call(name)) == ("parallel", "")


# ---- Retries --------------------------------------------------------------------------------------------------------


def test_retries_are_at_most_half_of_the_calls(painter):
    for _ in range(40):
        call(painter)
    retried = [call(painter, retry=True) for _ in range(60)]

    assert retried == [""] * 40 + ["retries"] * 20
    assert (state(painter).calls, state(painter).retries) == (80, 40)


def test_ten_retries_a_minute_pass_in_a_quiet_hour(painter, clock):
    assert [call(painter, retry=True) for _ in range(12)] == [""] * 10 + ["retries"] * 2
    clock.pass_by(59)
    assert call(painter, retry=True) == "retries"
    clock.pass_by(1)
    assert call(painter, retry=True) == ""


def test_a_retry_above_the_budget_is_told_when_to_come_again(painter, clock):
    for _ in range(10):
        call(painter, retry=True)
    clock.pass_by(55)

    with pytest.raises(gate.Closed) as refused, gate.passed(painter, retry=True):
        pass

    assert (refused.value.cause, 5 <= refused.value.wait <= 6.25) == ("retries", True)
    assert state(painter).in_flight == 0


# ---- Jobs that are paid for -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ACCOUNT, busy(60)])
def test_a_paid_job_is_collected_through_a_closed_gate_and_does_not_open_it(painter, error):
    call(painter, error)

    assert (call(painter), call(painter, resumed=True)) == (state(painter).cause, "")
    assert state(painter).cause != ""


def test_collecting_takes_a_place_but_no_token_and_no_retry(gates, clock, limited):
    name = limited(parallel=1, per_minute=1)
    call(name)
    job = Underway(name, resumed=True, retry=True)

    assert (call(name, resumed=True), state(name).calls, state(name).retries) == ("parallel", 1, 0)
    job.end()


def test_collecting_does_not_wait_for_the_retry_budget(painter):
    for _ in range(10):
        call(painter, retry=True)

    assert (call(painter, retry=True), call(painter, retry=True, resumed=True)) == ("retries", "")


def test_an_operator_stops_collecting_too(painter):
    gate.close(painter, seconds=60, reason="maintenance")

    assert call(painter, resumed=True) == "operator"


# ---- Operators ------------------------------------------------------------------------------------------------------


def test_an_operator_s_closing_stands_whatever_calls_report(painter, clock):
    underway = [Underway(painter) for _ in range(3)]
    gate.close(painter, seconds=100, reason="the provider changes its model")
    for call_, error in zip(underway, [None, ACCOUNT, busy(600)], strict=True):
        call_.end(error)

    shut = state(painter)
    assert (shut.cause, shut.until, shut.reason) == (
        "operator",
        clock() / 1000 + 100,
        "the provider changes its model",
    )
    clock.pass_by(100)
    assert (call(painter), state(painter).cause) == ("", "")


def test_an_operator_s_closing_is_not_opened_by_a_probe_under_way(painter, clock):
    call(painter, busy(10))
    clock.pass_by(10)
    probe = Underway(painter)
    gate.close(painter, seconds=0.001, reason="now")
    clock.pass_by(1)
    probe.end()

    assert (state(painter).cause, state(painter).most) == ("operator", 1)


def test_an_operator_opens_at_once_and_failures_are_forgotten(painter):
    call(painter, ACCOUNT)
    gate.open(painter)
    for _ in range(9):
        call(painter, busy())
    gate.open(painter)
    call(painter, busy())

    assert (state(painter).cause, state(painter).failures_in_a_row) == ("", 1)


def test_a_fault_of_the_old_key_does_not_close_the_gate_that_an_operator_opened(painter, caplog):
    early = Underway(painter)
    call(painter, ACCOUNT)
    gate.open(painter)
    early.end(ACCOUNT)

    assert state(painter).cause == ""
    assert sum(record.levelno == logging.ERROR for record in caplog.records) == 1


def test_all_gates_are_read_at_once(gates, clock, limited):
    names = [limited(parallel=number) for number in (3, 5, 7)]
    call(names[1], busy(10))

    assert {name: (seen.cause, seen.most) for name, seen in gate.states(names).items()} == {
        names[0]: ("", 3),
        names[1]: ("busy", 0),
        names[2]: ("", 7),
    }
    assert gate.states([]) == {}


def test_one_backend_s_gate_says_nothing_of_another_s(gates, clock, limited):
    first, second = limited(), limited()
    call(first, ACCOUNT)

    assert (call(first), call(second)) == ("account", "")


def test_what_was_long_ago_is_forgotten(painter, clock):
    for _ in range(9):
        call(painter, busy())
    clock.pass_by(15 * 60)
    call(painter, busy())

    assert state(painter).failures_in_a_row == 1
