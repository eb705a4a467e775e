"""Where a demo works: one at a time, on an empty database, never longer than it may.

Drawing the library takes longer than all the rest of a demo, and its pictures never change under their name, so they
stay from run to run; but only if the run that drew them got as far as a running stack.
"""

import fcntl
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from lumiku.management import processes
from lumiku.management.demo.order import DemoError


@contextmanager
def only_one(work: Path) -> Iterator[None]:
    """Keep a second demo out of `work` while the block lasts; raise DemoError if one is in there."""
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (work / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"another demo runs in {work}: wait until it ends, or stop it") from None
        yield


@contextmanager
def at_most(seconds: int, *, logs: Path) -> Iterator[None]:
    """Raise DemoError in the block when it takes longer, wherever it hangs; `within_limits` ends the watch."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise DemoError(f"this took longer than {seconds} s: look into the logs in {logs}")

    with processes.handling({signal.SIGALRM: give_up}):
        signal.alarm(seconds)
        try:
            yield
        finally:
            within_limits()


def within_limits() -> None:
    """End the watch of `at_most`: what follows has limits of its own and must not be cut short."""
    signal.alarm(0)


def empty(work: Path) -> Path:
    """Return the stack's folder in `work` with nothing in it but the drawings of the library, if they are whole."""
    stack, kept = work / "stack", work / "library"
    drawings = stack / "media" / "library"
    shutil.rmtree(kept, ignore_errors=True)
    if _whole(work).exists() and drawings.exists():
        drawings.rename(kept)
    _whole(work).unlink(missing_ok=True)
    shutil.rmtree(stack, ignore_errors=True)
    drawings.parent.mkdir(parents=True)
    if kept.exists():
        kept.rename(drawings)
    return stack


def keep_library(work: Path) -> None:
    """Let the next `empty` keep the drawings: the stack came up with them."""
    _whole(work).touch()


def _whole(work: Path) -> Path:
    return work / "library-is-whole"


def clear(out: Path) -> None:
    """Make the folder for the pictures and take those of an earlier demo out of it, nothing else."""
    out.mkdir(parents=True, exist_ok=True)
    for picture in out.glob("[0-9][0-9]-*-[0-9].*"):
        picture.unlink()
