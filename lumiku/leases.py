"""Leases: a worker that lives says so; one that does not is relieved.

One thread per process renews, every ten seconds and with one statement for each kind of work, the leases of all rows in
its hands. A row is renewed only until its time is up, so a hung thread cannot hold it for ever. What else a living
process has to say (that it is a worker) is said in the same round.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

log = logging.getLogger(__name__)

#: This process, as it signs its claims.
ME = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"

#: Until when the lease of which row (its model, key and attempt) is renewed.
_kept: dict[tuple[Any, Any, int], float] = {}
_guard = threading.Lock()
_thread: threading.Thread | None = None
_said: list[Callable[[], None]] = []


@contextmanager
def kept(row: Any, *, seconds: float) -> Iterator[None]:
    """Renew the lease of a claimed row (`attempt`, `claimed_by`, `lease_until`) while the block runs, for `seconds`."""
    mine = (type(row), row.pk, row.attempt)
    with _guard:
        _kept[mine] = time.monotonic() + seconds
    _start_thread()
    try:
        yield
    finally:
        with _guard:
            _kept.pop(mine, None)


def renew() -> int:
    """Renew every lease in this process's hands; return how many are still its own."""
    now = time.monotonic()
    mine: dict[Any, list[Any]] = defaultdict(list)
    with _guard:
        for (model, pk, _attempt), until in _kept.items():
            if until > now:
                mine[model].append(pk)
    lease = Now() + timedelta(seconds=settings.TIMES["lease"])
    return sum(
        model.objects.filter(pk__in=pks, status="processing", claimed_by=ME).update(lease_until=lease)
        for model, pks in mine.items()
    )


def keep_saying(what: Callable[[], None]) -> None:
    """Call `what` now and in each round of this process's thread."""
    what()
    with _guard:
        _said.append(what)
    _start_thread()


def fall_silent() -> None:
    """Say no more; rows in hand are still renewed until they are done."""
    with _guard:
        _said.clear()


def _start_thread() -> None:
    global _thread
    with _guard:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="leases", daemon=True)
            _thread.start()


def _run() -> None:
    """The thread: sleep, renew, speak. Ends when there is nothing left to do."""
    while True:
        time.sleep(settings.TIMES["lease_renewal"])
        try:
            renew()
            for say in list(_said):
                say()
        except Exception as error:  # whatever it is, the next round tries again: other threads' work hangs on it
            log.warning("Leases were not renewed: %s", error)
        finally:
            connection.close()
        if _idle():
            return


def _idle() -> bool:
    """Whether the thread may end; decided under the guard, so that a row kept at this moment starts another."""
    global _thread
    with _guard:
        if _kept or _said:
            return False
        _thread = None
        return True
