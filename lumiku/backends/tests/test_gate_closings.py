"""What closes a gate and what opens it, the same in Redis and in a process's own memory."""

import itertools
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lumiku.backends import BackendError, gate
from lumiku.backends.tests.gate_calls import ACCOUNT, Underway, busy, call, state

FAILURES = ["busy", "unavailable", "timeout", "unreachable", "bad_answer"]


# ---- The provider asks for time -------------------------------------------------------------------------------------


def test_a_backend_that_asks_for_time_gets_it_and_then_one_probe(painter, clock):
    call(painter, busy(10))
    closed = state(painter)
    refusals = {call(painter) for _ in range(20)}
    clock.pass_by(10)

    assert (closed.cause, closed.most, closed.until) == ("busy", 0, clock() / 1000)
    assert refusals == {"busy"}
    assert state(painter).most == 1
    probe = Underway(painter)
    assert call(painter) == "busy"
    probe.end()
    assert (call(painter), state(painter).cause, state(painter).until) == ("", "", None)


def test_the_wait_says_when_it_is_worth_asking_again(painter, clock):
    call(painter, busy(10))
    clock.pass_by(4)

    with pytest.raises(gate.Closed) as refused, gate.passed(painter):
        pass

    assert 6 <= refused.value.wait <= 7.5


@pytest.mark.parametrize(("waits", "seconds"), [((5, 40), 40), ((40, 5), 40), ((3600,), 600)])
def test_the_longer_closing_stands_but_never_for_more_than_ten_minutes(painter, clock, waits, seconds):
    calls = [Underway(painter) for _ in waits]
    for underway, wait in zip(calls, waits, strict=True):
        underway.end(busy(wait))

    assert state(painter).until == clock() / 1000 + seconds


def test_half_a_minute_of_retry_after_10_costs_one_probe_in_ten_seconds(painter, clock):
    begun = 0
    for _ in range(300):
        begun += sum(call(painter, busy(10)) == "" for _ in range(4))
        clock.pass_by(0.1)

    assert begun == 3


@pytest.mark.parametrize("code", ["running", "lost"])
def test_a_job_that_goes_on_closes_nothing(painter, code):
    call(painter, BackendError(code, retryable=True, retry_after=5))

    assert state(painter).cause == ""


# ---- Our key or money -----------------------------------------------------------------------------------------------


def test_a_fault_of_our_account_closes_the_gate_for_a_minute_and_tells_the_operator_once(painter, clock, caplog):
    calls = [Underway(painter) for _ in range(12)]
    for underway in calls:
        underway.end(ACCOUNT)

    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in errors] == [
        f"Backend {painter} is closed, our key or money at the provider is at fault: account: 402 out of credits"
    ]
    assert (state(painter).cause, state(painter).until) == ("account", clock() / 1000 + 60)
    assert call(painter) == "account"


def test_a_probe_that_fails_keeps_the_gate_closed_and_tells_nobody_again(painter, clock, caplog):
    call(painter, ACCOUNT)
    begun = 0
    for _ in range(300):
        begun += call(painter, ACCOUNT) == ""
        clock.pass_by(1)

    assert begun == 4
    assert sum(record.levelno == logging.ERROR for record in caplog.records) == 1
    clock.pass_by(60)
    assert [call(painter), state(painter).cause] == ["", ""]


def test_an_account_s_fault_names_the_closing_even_if_the_backend_asked_for_more_time(painter, clock):
    calls = [Underway(painter) for _ in range(3)]
    calls[0].end(busy(300))
    calls[1].end(ACCOUNT)
    calls[2].end(busy(400))

    assert (state(painter).cause, state(painter).until) == ("account", clock() / 1000 + 400)


# ---- The breaker ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", FAILURES)
def test_ten_failures_in_a_row_open_the_breaker(painter, clock, code, caplog):
    for _ in range(9):
        call(painter, BackendError(code, retryable=True))
    before = state(painter)
    call(painter, BackendError(code, retryable=True))

    assert (before.cause, before.failures_in_a_row) == ("", 9)
    assert (state(painter).cause, state(painter).until) == ("outage", clock() / 1000 + 30)
    assert sum(record.levelno == logging.WARNING and "outage" in record.message for record in caplog.records) == 1


def test_16_failures_of_the_last_20_open_the_breaker_and_15_do_not(painter):
    pattern = "ffff.ffff.ffff.fff.f"  # 16 of 20, never ten in a row

    for mark in pattern[:-1]:
        call(painter, busy() if mark == "f" else None)
    assert state(painter).cause == ""
    call(painter, busy())
    assert state(painter).cause == "outage"


def test_15_failures_of_every_20_go_on(painter):
    for mark in "fff.fff.fff.fff.fff." * 5:
        call(painter, busy() if mark == "f" else None)

    assert state(painter).cause == ""


@pytest.mark.parametrize("answer", [None, "moderated", "refused"])
def test_an_answer_ends_the_row_of_failures(painter, answer):
    for _ in range(9):
        call(painter, busy())
    call(painter, answer and BackendError(answer))
    call(painter, busy())

    assert (state(painter).cause, state(painter).failures_in_a_row) == ("", 1)


@pytest.mark.parametrize("code", ["lost", "running"])
def test_a_job_that_is_lost_or_goes_on_is_neither_answer_nor_failure(painter, code):
    for _ in range(9):
        call(painter, busy())
        call(painter, BackendError(code, retryable=True))
    assert (state(painter).cause, state(painter).failures_in_a_row) == ("", 9)
    call(painter, busy())
    assert state(painter).cause == "outage"


def test_jobs_that_go_on_do_not_dilute_the_last_twenty_verdicts(painter):
    for _ in range(16):
        call(painter, busy())
        call(painter, BackendError("running", retryable=True))

    assert state(painter).cause == "outage"


def test_one_failure_of_a_probe_closes_again(painter, clock):
    call(painter, busy(10))
    clock.pass_by(10)
    call(painter, busy())

    assert (state(painter).cause, state(painter).until) == ("outage", clock() / 1000 + 30)


def test_a_total_outage_is_probed_once_in_half_a_minute(painter, clock):
    begun = []
    for _ in range(1200):
        begun += [clock()] * sum(call(painter, busy()) == "" for _ in range(2))
        clock.pass_by(0.5)

    probes = begun[10:]
    assert len(probes) == 19  # ten minutes
    assert min(later - earlier for earlier, later in itertools.pairwise(probes)) >= 30_000


def test_a_probe_that_is_answered_opens_the_gate_with_a_clean_slate(painter, clock):
    for _ in range(10):
        call(painter, busy())
    clock.pass_by(30)
    call(painter, BackendError("refused"))
    for _ in range(9):
        call(painter, busy())

    assert state(painter).cause == ""


def test_a_probe_that_dies_does_not_block_for_ever(painter, clock, settings):
    call(painter, busy(10))
    clock.pass_by(10)
    probe = Underway(painter)  # and is never heard of again
    clock.pass_by(settings.TIMES["call_deadline"] + 29)
    blocked = call(painter)
    clock.pass_by(1)

    assert (blocked, call(painter), state(painter).cause) == ("busy", "", "")
    probe.end()


def test_a_probe_that_trips_over_a_bug_of_ours_makes_room_for_the_next(painter, clock):
    call(painter, busy(10))
    clock.pass_by(10)
    Underway(painter).end(ValueError("a bug"))

    assert state(painter).cause == "busy"
    assert (call(painter), state(painter).cause) == ("", "")


def test_of_many_threads_one_probes(gates, limited, clock):
    name = limited()
    call(name, busy(10))
    clock.pass_by(10)
    begun, together = [], threading.Barrier(16)

    def probe(_):
        together.wait()
        try:
            with gate.passed(name):
                begun.append(1)
                together.wait()
        except gate.Closed:
            together.wait()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(probe, range(16)))

    assert (len(begun), state(name).cause) == (1, "")


# ---- Late verdicts --------------------------------------------------------------------------------------------------


def test_a_success_from_before_the_closing_opens_nothing(painter, clock):
    early, half_open = Underway(painter), Underway(painter)
    call(painter, ACCOUNT)
    early.end()
    assert state(painter).cause == "account"
    clock.pass_by(60)
    half_open.end()
    assert (state(painter).cause, state(painter).most) == ("account", 1)


def test_failures_from_before_the_closing_do_not_lengthen_it(painter, clock):
    early = [Underway(painter) for _ in range(12)]
    for underway in early[:10]:
        underway.end(busy())
    closed_until = state(painter).until
    clock.pass_by(20)
    for underway in early[10:]:
        underway.end(busy())

    assert (state(painter).until, closed_until) == (closed_until, clock() / 1000 + 10)


def test_failures_from_before_the_closing_do_not_close_the_gate_that_was_opened_since(painter, clock):
    early = [Underway(painter) for _ in range(12)]
    call(painter, ACCOUNT)
    clock.pass_by(60)
    call(painter)
    for underway in early[:-1]:
        underway.end(busy())
    early[-1].end(ACCOUNT)

    assert (state(painter).cause, state(painter).failures_in_a_row) == ("", 0)


def test_the_provider_s_later_word_about_time_counts_while_the_gate_is_closed(painter, clock):
    early = Underway(painter)
    call(painter, busy(10))
    clock.pass_by(10)
    probe = Underway(painter)
    early.end(busy(20))
    probe.end()

    assert (state(painter).cause, state(painter).until) == ("busy", clock() / 1000 + 20)
