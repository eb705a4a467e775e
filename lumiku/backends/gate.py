"""The gate: how many calls a backend gets, from all worker processes and machines together.

    with gate.passed("huggingface", retry=result.busy_answers > 0):
        painting = backend.paint(request)

One limit on calls at once and on calls a minute (`LIMITS` of the backend's settings), and one memory of how it goes:

- It asked for time (Retry-After): closed until then. Our key or money there is at fault: closed for a minute, and the
  operator is told once. Ten failures in a row, or 16 of the last 20: closed for half a minute. Then one call at a time
  probes, until one is answered.
- An answer is a picture or a plain no ("moderated", "refused"). What comes from before the gate was closed may lengthen
  the closing, and nothing else.
- Looking back a minute from each retry, retries are at most half of the calls, or ten: above that they wait.
- Collecting a job that is paid for costs nothing: it takes a place, and only an operator stops it.

The truth is in Redis (`gate_redis`, one atomic script). While Redis is away each process decides the same for itself
(`gate_memory`), so that limits then hold for each process; a closing that this process has seen is known there, too.
"""

import functools
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from lumiku.backends import BackendError
from lumiku.backends.gate_memory import CLOSED, CLOSED_AGAIN, OPENED, MemoryGates
from lumiku.backends.gate_redis import Away, RedisGates

log = logging.getLogger(__name__)

#: Seconds: closed for our account, and at most for a Retry-After; a place outlives its call so long.
ACCOUNT, LONGEST, MARGIN = 60.0, 600.0, 30.0
REASON_CHARACTERS = 300
#: Worth a moment's wait in the thread; for the others the picture goes back into its queue.
BRIEF = {"parallel", "rate"}
CLOSINGS = {"busy", "account", "outage", "operator"}
ANSWERS = {"moderated", "refused"}
_WITHOUT_VERDICT = {"running": "running", "lost": ""}

#: Milliseconds since the epoch, in place of the clocks of Redis and of this machine; for tests.
clock: Callable[[], int] | None = None
_own = MemoryGates()
_shared = functools.cache(RedisGates)


class Closed(Exception):
    """The call was not let through: nothing was asked of the backend."""

    def __init__(self, backend: str, cause: str, wait: float) -> None:
        super().__init__(f"{backend} takes no call now ({cause}); ask again in {wait:.1f} s")
        self.wait = wait
        """Seconds until it is worth asking again, jittered."""
        self.cause = cause
        """Why the gate is closed: "busy" (Retry-After), "account" (key or money), "outage" (breaker), "operator"; or
        why an open one does not take this call: "retries" (their budget), "parallel", "rate"."""


@dataclass(frozen=True)
class State:
    """A backend's gate as it stands."""

    backend: str
    cause: str
    """Why it is closed or half-open, as in `Closed`; empty while it is open."""
    until: float | None
    """Epoch seconds at which it opens for a probe; past while it is half-open, None while it is open."""
    reason: str
    most: int | None
    """How many calls may be under way at once now: none, one probe, the limit on calls at once, None without limit."""
    in_flight: int
    calls: int
    """Begun in the last minute, as are `retries`, which are among them."""
    retries: int
    failures_in_a_row: int


@dataclass(frozen=True)
class _Ticket:
    """What a call that was let through shows when it leaves."""

    backend: str
    token: str
    era: int
    gates: RedisGates | MemoryGates
    """Who let it through."""
    is_probe: bool


@contextmanager
def passed(
    backend: str, *, retry: bool = False, resumed: bool = False, submits: bool = False, patience: float = 5.0
) -> Iterator[None]:
    """Let one call through, or raise Closed; report how it ended.

    `retry`: this result was tried before. `resumed`: a job already paid for is only collected. `submits`: a job is only
    ordered, which says nothing about how jobs end. Waits in the thread up to `patience` seconds for a place or a token.
    A BackendError that leaves the block counts and is raised again, marked if the call was a probe; any other exception
    only gives the place back.
    """
    ticket = _enter(backend, retry=retry, resumed=resumed, until=time.monotonic() + patience)
    kind, seconds, reason = "", 0.0, ""
    try:
        yield
        kind = "answer" if ticket.is_probe or not submits else ""
    except BackendError as error:
        error.is_probe = ticket.is_probe
        kind, seconds = verdict(error)
        reason = _short(str(error))
        raise
    finally:
        _leave(ticket, kind, seconds, reason)


def verdict(error: BackendError) -> tuple[str, float]:
    """Return what a failed call says of its backend, and for how many seconds it would close the gate. Pure."""
    if error.code in _WITHOUT_VERDICT:
        return _WITHOUT_VERDICT[error.code], 0.0
    if error.account:
        return "account", ACCOUNT
    if error.code in ANSWERS:
        return "answer", 0.0
    if error.retry_after:
        return "busy", min(error.retry_after, LONGEST)
    return "failure", settings.TIMES["outage"]


def states(names: Iterable[str]) -> dict[str, State]:
    """Return the gates of the backends called `names`, in one round trip."""
    names = list(names)
    try:
        looks = _shared(settings.GATE_URL).look(names, now=_now()) if names else []
    except Away:
        looks = _own.look(names, now=_now())
    return {name: _state(name, *look) for name, look in zip(names, looks, strict=True)}


def close(backend: str, *, seconds: float, reason: str, cause: str = "operator") -> None:
    """Close the gate; afterwards one call probes. An operator's word replaces any other closing, even a longer one."""
    lasts, reason = int(seconds * 1000), _short(reason)
    gates, (news,) = _ask(backend, "close", cause, lasts, reason)
    _remember(gates, backend, cause, lasts, reason)
    _tell(backend, news, cause, seconds, reason)


def open(backend: str) -> None:
    """Open the gate at once, as operators do; failures so far are forgotten."""
    _ask(backend, "open")
    _own.ask(backend, "open", now=_now())
    log.info("Backend %s was opened.", backend)


def forget(names: Iterable[str]) -> None:
    """Begin anew, as after the loss of Redis: closings, places and counts are gone."""
    for name in names:
        _ask(name, "forget")
        _own.ask(name, "forget")


def _short(reason: str) -> str:
    """Return text that every log and Redis take, whatever a provider wrote."""
    return reason[:REASON_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _now() -> int | None:
    return clock() if clock else None


def _ask(backend: str, operation: str, *arguments: Any) -> tuple[RedisGates | MemoryGates, list[Any]]:
    """Return who answered, and the answer."""
    shared = _shared(settings.GATE_URL)
    try:
        return shared, shared.ask(backend, operation, *arguments, now=_now())
    except Away:
        return _own, _own.ask(backend, operation, *arguments, now=_now())


def _limits(backend: str) -> dict[str, int]:
    return settings.IMAGE_BACKENDS.get(backend, {}).get("LIMITS", {})


def _enter(backend: str, *, retry: bool, resumed: bool, until: float) -> _Ticket:
    limits, hold = _limits(backend), int((settings.TIMES["call_deadline"] + MARGIN) * 1000)
    parallel, per_minute = limits.get("parallel") or 0, limits.get("per_minute") or 0
    while True:
        token = uuid.uuid4().hex
        gates, answer = _ask(backend, "enter", token, hold, parallel, per_minute, int(retry), int(resumed))
        cause, number, *probes = answer
        if not cause:
            return _Ticket(backend, token, number, gates, bool(probes[0]))
        wait, left = number / 1000, until - time.monotonic()
        if cause not in BRIEF or wait > left:
            _remember(gates, backend, cause, number)
            raise Closed(backend, cause, _jittered(max(wait, 1.0)))
        time.sleep(min(_jittered(wait), left))


def _remember(gates: RedisGates | MemoryGates, backend: str, cause: str, lasts: int, reason: str = "") -> None:
    """Keep a closing of the shared gate in mind, in case that Redis goes away before it ends."""
    if gates is not _own and cause in CLOSINGS:
        _own.ask(backend, "close", cause, lasts, reason, now=_now())


def _jittered(seconds: float) -> float:
    """Return a little more: those who wait for the same must not come at the same moment."""
    return seconds + random.uniform(0, min(seconds / 4, 5.0))


def _leave(ticket: _Ticket, kind: str, seconds: float, reason: str) -> None:
    backend, gates, era, lasts = ticket.backend, ticket.gates, ticket.era, int(seconds * 1000)
    try:
        (news,) = gates.ask(backend, "leave", ticket.token, era, kind, lasts, reason, now=_now())
    except Away:
        gates = _own
        (news,) = _own.ask(backend, "leave", ticket.token, "", kind, lasts, reason, now=_now())
    cause = "outage" if kind == "failure" else kind
    if news in (CLOSED, CLOSED_AGAIN):
        _remember(gates, backend, cause, lasts, reason)
    _tell(backend, news, cause, seconds, reason)


def _tell(backend: str, news: int, cause: str, seconds: float, reason: str) -> None:
    """Log what became of the gate: once, in whichever process it happened."""
    if news == OPENED:
        log.info("Backend %s answers again, its gate is open.", backend)
    elif news == CLOSED and cause == "account":
        log.error("Backend %s is closed, our key or money at the provider is at fault: %s", backend, reason)
    elif news in (CLOSED, CLOSED_AGAIN):
        level = logging.WARNING if news == CLOSED and cause == "outage" else logging.INFO
        log.log(level, "Backend %s is closed for %.0f s (%s): %s", backend, seconds, cause, reason)


def _state(name: str, cause: str, ends: int, reason: str, row: int, now: int, *counted: int) -> State:
    in_flight, calls, retries = counted
    limit = _limits(name).get("parallel") or None
    most = limit if not cause else int(now >= ends)
    until = ends / 1000 if cause else None
    return State(name, cause, until, reason, most, in_flight, calls, retries, row)
