"""The gate's decisions in this process's memory: what they mean, and what counts while Redis is away.

`gate_script.lua` decides the same, line by line, inside Redis; a test drives both with the same thousands of random
operations and compares every answer. One script in two languages, rather than one function over a state fetched and
written back under WATCH: with hundreds of threads at one gate most of such transactions would be repeated.

All times are milliseconds. A backend's gate is open, closed until `ends`, or half-open from then on: one probe at a
time. What is known of a backend is forgotten when nothing was written for `KEPT`.
"""

import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

#: Calls and retries are counted over this long.
MINUTE = 60_000
KEPT = 15 * MINUTE
#: The breaker opens at so many failures in a row, or at so many among the latest verdicts.
ROW, FAILURES, WINDOW = 10, 16, 20
#: So many retries a minute are let through however few calls there are: the last pictures of a quiet hour.
RETRY_FLOOR = 10
#: When to ask again: a probe is out, all places are taken, the retry budget is used up (no longer than this).
PROBE_WAIT, PARALLEL_WAIT, RETRY_WAIT = 5_000, 250, 15_000

#: What `leave` and `close` say: nothing to tell, closed, closed again after a failed probe, open again.
SILENT, CLOSED, CLOSED_AGAIN, OPENED = 0, 1, 2, 3


@dataclass
class Gate:
    """The gate of one backend. Each operation returns the list that the script returns."""

    now: int = 0
    cause: str = ""
    """Why it is closed or half-open; empty while it is open."""
    reason: str = ""
    probe: str = ""
    """The token of the call that probes."""
    verdicts: str = ""
    """The latest verdicts since it was opened, newest last: 1 is a failure."""
    ends: int = 0
    probe_ends: int = 0
    era: int = 0
    """When it was opened last: calls that began before are late and do not count."""
    row: int = 0
    tat: float = 0
    """Theoretical arrival time of the next call (GCRA, a token bucket in one number)."""
    kept: int = 0
    places: dict[str, int] = field(default_factory=dict)
    calls: deque[int] = field(default_factory=deque)
    retries: deque[int] = field(default_factory=deque)

    def enter(self, token: str, hold: int, parallel: int, per_minute: int, retry: int, resumed: int) -> tuple[Any, ...]:
        """Return "", the era and whether it probes if the call `token` may begin, else the cause and how long to wait.

        Its place lapses after `hold`. Limits are 0 where there are none. A burst is a twentieth of the limit, so any
        minute has at most 5 % more calls than the limit.
        """
        fresh, retries = not resumed, retry and not resumed
        if self._closed() and (fresh or self.cause == "operator"):
            return self.cause, self.ends - self.now
        probes = self.cause and fresh
        if probes and self.probe and self.now < self.probe_ends:
            return self.cause, min(self.probe_ends - self.now, PROBE_WAIT)
        self._trim()
        if retries and len(self.retries) + 1 > max((len(self.calls) + 1) / 2, RETRY_FLOOR):
            return "retries", min(self.retries[0] + MINUTE - self.now, RETRY_WAIT)
        if parallel and len(self.places) >= parallel:
            return "parallel", PARALLEL_WAIT
        if fresh and per_minute and (wait := self._take_token(per_minute)):
            return "rate", wait
        self.places[token] = self.now + hold
        if fresh:
            self.calls.append(self.now)
        if retries:
            self.retries.append(self.now)
        if probes:
            self.probe, self.probe_ends = token, self.now + hold
        if probes or (fresh and per_minute):
            self._save()
        return "", self.era, int(bool(probes))

    def leave(self, token: str, era: int | str, kind: str, lasts: int, reason: str) -> tuple[int]:
        """Give the place of `token` back, heed its verdict and return what is to be told.

        `kind` is "answer", "running" (an answer that says nothing of a picture), "failure", "busy", "account", or ""
        for no verdict. A gate that this closes stays so for `lasts`. Late verdicts open nothing and may only lengthen
        or rename a closing; an `era` of "" is not late.
        """
        self.places.pop(token, None)
        probe = self.probe == token
        if probe:
            self.probe = ""
        counts = probe or (not self.cause and era in ("", self.era))
        news = SILENT
        if kind in ("account", "busy"):
            late = self.cause and not kind == self.cause == "account"
            news = self._shut(kind, lasts, reason) if counts or late else SILENT
        elif counts and kind == "failure":
            self.row, self.verdicts = self.row + 1, (self.verdicts + "1")[-WINDOW:]
            if probe or self.row >= ROW or self.verdicts.count("1") >= FAILURES:
                news = self._shut("outage", lasts, reason)
        elif counts and kind in ("answer", "running"):
            if kind == "answer":
                self.row, self.verdicts = 0, (self.verdicts + "0")[-WINDOW:]
            if probe and self.now >= self.ends:
                news = self._open()
        if probe or kind:
            self._save()
        return (news,)

    def close(self, cause: str, lasts: int, reason: str) -> tuple[int]:
        """Close it, unless a longer closing stands; an operator's word replaces every other."""
        news = self._shut(cause, lasts, reason)
        self._save()
        return (news,)

    def open(self) -> tuple[int]:
        """Open it at once; verdicts so far are forgotten."""
        news = self._open()
        self._save()
        return (news,)

    def look(self) -> tuple[str, int, str, int, int, int, int, int]:
        """Return cause, end, reason, failures in a row, now, calls under way, calls and retries of the last minute."""
        self._trim()
        counted = len(self.places), len(self.calls), len(self.retries)
        return self.cause, self.ends, self.reason, self.row, self.now, *counted

    def load(self, now: int) -> None:
        """Look at the clock; forget what has been kept long enough."""
        if now >= self.kept:
            self.cause = self.reason = self.probe = self.verdicts = ""
            self.ends = self.probe_ends = self.era = self.row = 0
            self.tat = 0
        self.now = now

    def _save(self) -> None:
        self.kept = max(self.now, self.ends) + KEPT

    def _closed(self) -> bool:
        return bool(self.cause) and self.now < self.ends

    def _trim(self) -> None:
        for begun in (self.calls, self.retries):
            while begun and begun[0] <= self.now - MINUTE:
                begun.popleft()
        for token in [token for token, ends in self.places.items() if ends <= self.now]:
            del self.places[token]

    def _take_token(self, per_minute: int) -> int:
        """Take one token and return 0, or return how long until there is one."""
        interval = MINUTE / per_minute
        burst = per_minute // 20 * interval
        # The upper bound heals a clock that was set back, and a limit that was raised.
        tat = min(max(self.tat, self.now), self.now + burst + interval)
        if tat - self.now > burst:
            return math.ceil(tat - burst - self.now)
        self.tat = tat + interval
        return 0

    def _shut(self, cause: str, lasts: int, reason: str) -> int:
        stands = self._closed() and cause != "operator"
        if stands and self.cause == "operator":
            return SILENT
        ends = self.now + lasts
        # Whoever must act is told: our account names the closing, however long another cause would last.
        renames = not stands or cause == "account" or (self.cause != "account" and ends > self.ends)
        self.ends = max(ends, self.ends) if stands else ends
        if not renames:
            return SILENT
        same, self.cause, self.reason = self.cause == cause, cause, reason
        if cause == "operator":
            self.probe = ""
        return CLOSED if not same else SILENT if stands else CLOSED_AGAIN

    def _open(self) -> int:
        self.cause = self.reason = self.probe = self.verdicts = ""
        self.ends = self.row = 0
        self.era = max(self.now, self.era + 1)
        return OPENED


class MemoryGates:
    """The gates of this process, for all its threads."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}
        self._lock = threading.Lock()

    def ask(self, backend: str, operation: str, *arguments: Any, now: int | None = None) -> list[Any]:
        """Return what `operation` of the backend's gate answers; "forget" begins anew."""
        with self._lock:
            if operation == "forget":
                return [self._gates.pop(backend, None) is not None]
            gate = self._gates.setdefault(backend, Gate())
            gate.load(int(time.time() * 1000) if now is None else now)
            return list(getattr(gate, operation)(*arguments))

    def look(self, backends: list[str], *, now: int | None = None) -> list[list[Any]]:
        """Return what "look" answers for each of `backends`."""
        return [self.ask(backend, "look", now=now) for backend in backends]
