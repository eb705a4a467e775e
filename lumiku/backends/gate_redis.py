"""The gates of all processes and machines, in Redis.

Each operation is one EVALSHA of `gate_script.lua`, by the clock of the server. The keys of a backend share a hash tag
and expire by themselves. A Redis that does not answer is left alone for `AWAY` seconds: a hundred threads must not
each wait for it, and after that one thread alone tries again.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lumiku.backends import gate_memory

log = logging.getLogger(__name__)

AWAY = 5.0
TIMEOUT = 0.5
_CONNECTIONS = 10_000  # as many as threads ask at the same moment: to wait for one looks like a Redis that is away
_CONSTANTS = [
    "MINUTE",
    "KEPT",
    "ROW",
    "FAILURES",
    "WINDOW",
    "RETRY_FLOOR",
    "PROBE_WAIT",
    "PARALLEL_WAIT",
    "RETRY_WAIT",
]
_HEAD = "".join(f"local {name} = {getattr(gate_memory, name)}\n" for name in _CONSTANTS)
SCRIPT = _HEAD + Path(__file__).with_name("gate_script.lua").read_text(encoding="utf-8")


class Away(Exception):
    """Redis does not answer, or did not a moment ago."""


def keys_of(backend: str) -> list[str]:
    """Return the keys of a backend's gate, all of one slot of a cluster."""
    return [f"lumiku:gate:{{{backend}}}:{part}" for part in ("state", "places", "calls", "retries")]


class RedisGates:
    """The gates behind one address, for all threads; without an address they are always away."""

    def __init__(self, url: str) -> None:
        pool = redis.ConnectionPool.from_url(url or "redis://", max_connections=_CONNECTIONS)
        # Set afterwards, since what stands in the address would win: it is made for clients that can wait.
        pool.connection_kwargs |= {
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            "decode_responses": True,
        }
        self._client = redis.Redis(connection_pool=pool)
        self._script = self._client.register_script(SCRIPT)
        self._away_until = 0.0 if url else math.inf
        self._lock = threading.Lock()

    def ask(self, backend: str, operation: str, *arguments: Any, now: int | None = None) -> list[Any]:
        """Return what `operation` of the backend's gate answers, or raise Away; `now` in place of Redis' clock."""
        arguments = (operation, "" if now is None else now, *arguments)
        return self._reached(lambda: self._script(keys=keys_of(backend), args=arguments))

    def look(self, backends: list[str], *, now: int | None = None) -> list[list[Any]]:
        """Return what "look" answers for each of `backends`, in one round trip, or raise Away."""
        with self._client.pipeline(transaction=False) as pipe:
            for backend in backends:
                pipe.eval(SCRIPT, 4, *keys_of(backend), "look", "" if now is None else now)
            return self._reached(pipe.execute)

    def _reached(self, act: Callable[[], Any]) -> Any:
        self._stop_if_away()
        try:
            answer = act()
        except (redis.RedisError, OSError) as error:
            self._remember(error)
            raise Away from error
        if self._away_until:
            self._away_until = 0.0
            log.info("Redis answers again: the gates of all processes are one.")
        return answer

    def _stop_if_away(self) -> None:
        if not self._away_until:
            return
        with self._lock:
            if time.monotonic() < self._away_until:
                raise Away
            self._away_until = time.monotonic() + AWAY  # the others go on without it while this thread tries

    def _remember(self, error: Exception) -> None:
        with self._lock:
            news, self._away_until = not self._away_until, time.monotonic() + AWAY
        if news:
            log.warning("Redis does not answer, each process keeps gates of its own until it does: %s", error)
