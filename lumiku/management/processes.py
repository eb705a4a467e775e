"""Child processes that never outlive us.

Each child leads a process group of its own: Ctrl-C in a terminal reaches only the parent, which then stops its children
in order, each with all that it started. On Linux the kernel ends them too when the parent is killed (PR_SET_PDEATHSIG),
so not even SIGKILL leaves a server behind. A child that ends too early is reported by the telling line of its own log.
"""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_TELLING = re.compile(r"error|exception|critical|refused|denied|failed|failure|in use|lumiku:", re.IGNORECASE)
_POLL = 0.05  # seconds between two looks


class ProcessError(Exception):
    """A process did not start, or ended by itself; the message is one sentence for a person."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nothing listens now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether a server could listen on 127.0.0.1:`port`."""
    with socket.socket() as listener:
        # As servers do: connections of the last server that are still closing do not make a port busy.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def telling_line(log: Path, *, since: int = 0) -> str:
    """Return the last line of `log`, from byte `since` on, that speaks of an error; else its last line; else ""."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - 20_000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)]
    return (telling or lines or [""])[-1][:300]


def end_with_parent(last_signal: signal.Signals) -> None:
    """Let the kernel send us `last_signal` when the thread that started us is gone (on Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, last_signal)


def die_with_parent(last_signal: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn` by which the child gets `last_signal` when the thread that starts it is gone."""
    parent = os.getpid()

    def before_exec() -> None:
        end_with_parent(last_signal)
        if os.getppid() != parent:  # it died before the kernel knew
            os._exit(1)

    return before_exec


class Process:
    """A child by name: can be started, killed and started again; its output goes to `<folder>/<name>.log`.

    `stop_signal` asks it to end, `last_signal` is what the kernel sends it when we are gone. `uid` runs it as another
    user (root only). Start it from a thread that lives as long as the child may: to the kernel that is its parent.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        uid: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        last_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command, self._env, self._cwd, self._uid = list(command), env, cwd, uid
        self._stop_signal, self._last_signal = stop_signal, last_signal
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        """The process id, which is also that of its group; raise ProcessError if it was never started."""
        if self._popen is None:
            raise ProcessError(f"{self.name} was not started.")
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        """Start it, appending to its log; raise ProcessError if it runs already or cannot be executed."""
        if self.running:
            raise ProcessError(f"{self.name} runs already.")
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            try:
                self._popen = self._spawn(log.fileno())
            except OSError as error:
                raise ProcessError(f"{self.name} cannot be executed: {error}.") from error

    def _spawn(self, output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            env=self._env,
            cwd=self._cwd,
            user=self._uid,
            group=self._uid,
            extra_groups=None if self._uid is None else [],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(self._last_signal),
        )

    def check(self) -> None:
        """Raise ProcessError, with the telling line of the log, unless it runs."""
        if not self.running:
            line = telling_line(self.log, since=self._log_start) or "it wrote nothing"
            raise ProcessError(f"{self.name} ended by itself: {line} (see {self.log})")

    def ask_to_stop(self) -> None:
        self._signal_group(self._stop_signal)

    def kill(self) -> None:
        """End it and all that it started, now (SIGKILL), and wait until it is gone."""
        self._signal_group(signal.SIGKILL)
        if self._popen is not None:
            self._popen.wait()

    def wait(self, *, until: float) -> None:
        """Wait for its end, at most until the monotonic time `until`."""
        if self._popen is not None:
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout=max(0.0, until - time.monotonic()))

    def _signal_group(self, number: signal.Signals) -> None:
        if self._popen is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._popen.pid, number)


def stop(processes: Iterable[Process], *, patience: float = 5) -> None:
    """Ask all `processes` to stop at once, and kill what still runs after `patience` seconds, their children too."""
    stopping = list(processes)
    until = time.monotonic() + patience
    for process in stopping:
        process.ask_to_stop()
    for process in stopping:
        process.wait(until=until)
        process.kill()


def wait_until(ready: Callable[[], bool], *, watching: Sequence[Process], patience: float, what: str) -> None:
    """Return once `ready()`; raise ProcessError if one of `watching` ends, or after `patience` seconds."""
    until = time.monotonic() + patience
    while not ready():
        for process in watching:
            process.check()
        if time.monotonic() > until:
            logs = ", ".join(str(process.log) for process in watching)
            raise ProcessError(f"{what} is not ready after {patience:.0f} s: look into {logs}.")
        time.sleep(_POLL)


@contextmanager
def leaving_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit, so that the blocks around us end as they do after Ctrl-C."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with handling({signal.SIGTERM: leave, signal.SIGHUP: leave}):
        yield


@contextmanager
def handling(handlers: Mapping[signal.Signals, Any]) -> Iterator[None]:
    """Handle these signals so while the block lasts; ignored ones stay ignored, and only the main thread can do it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in handlers}
    for number, handler in handlers.items():
        if before[number] is not signal.SIG_IGN:  # nohup
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
