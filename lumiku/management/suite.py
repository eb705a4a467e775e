"""The whole test suite: once on SQLite, once on a real PostgreSQL, always with a real Redis-compatible server.

    python -m lumiku.management.suite [--drill] [pytest arguments]

What the environment names is used (REDIS_URL, a PostgreSQL in DATABASE_URL); the rest is private and gone at the end.
The tests run with the settings of production and random secrets, and never with a key of a provider. Each test process
has a Valkey of its own, since published messages cross the numbers of Redis databases; an outside Redis is one for
all, so the tests then run in one process. This module is the command and, by PYTEST_PLUGINS, the plugin that gives
each process its own. `--drill` runs the drills alone, on PostgreSQL.
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from lumiku.management import embedded, processes
from lumiku.management.processes import ProcessError

_PROCESSES = "2"
_NOTHING_COLLECTED = 5


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Give this test process its own Redis and its own folder for pictures, before the settings are read."""
    is_controller = "PYTEST_XDIST_WORKER" not in os.environ and early_config.known_args_namespace.numprocesses
    if is_controller:  # it runs no test, and its children inherit its environment
        return
    processes.end_with_parent(signal.SIGKILL)  # a worker of pytest finishes its test first, else
    own = ExitStack()
    folder = Path(own.enter_context(tempfile.TemporaryDirectory(prefix="lumiku-test-")))
    os.environ["REDIS_URL"] = own.enter_context(embedded.redis_url(folder))
    os.environ["UPLOAD_PATH"] = str(folder / "media")
    early_config.add_cleanup(own.close)


#: Blank counts as not set: no test is billed to anybody, none keeps its pictures elsewhere.
KEYS = [
    "HUGGINGFACE_API_KEY", "HF_BASE_URL", "HF_ENDPOINT_URL", "FAL_KEY", "FAL_BASE_URL", "DIFFUSERS_MODEL",
    "FALLBACK_BACKENDS", "PICTURE_CHECK", "MATTE_MODEL", "STORAGE_MODE",
]  # fmt: skip


def _environment(database_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_hex(32),
        "JWT_SECRET": secrets.token_hex(32),
        "IMAGE_BACKEND": "preview",
        "ALLOW_PREVIEW": "1",
        **dict.fromkeys(KEYS, ""),
        "PYTEST_PLUGINS": "lumiku.management.suite",
        # Rewriting the asserts of all tests takes seconds of each process: what one has made, the others find.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def run_pytest(arguments: Sequence[str], env: Mapping[str, str]) -> tuple[int, str]:
    """Run pytest, showing its output as it comes; return its exit code and its last line, the summary."""
    last = ""
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=processes.die_with_parent(signal.SIGKILL),
    ) as running:
        try:
            for line in running.stdout or ():
                print(line, end="", flush=True)
                last = line.strip(" =\n") or last
        except BaseException:
            _interrupt(running)
            raise
    return running.returncode, last


def _interrupt(running: subprocess.Popen[str]) -> None:
    """Press Ctrl-C for pytest and its workers, who then stop their servers; then end who did not listen."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.wait(timeout=10)
        os.killpg(running.pid, signal.SIGKILL)


def _run_leg(name: str, database_url: str, marks: str, arguments: Sequence[str]) -> tuple[str, int, str]:
    parallel = "0" if os.environ.get("REDIS_URL") or marks == "drill" else _PROCESSES
    print(f"\n== {name} ==", flush=True)
    # Each process takes half of the tests in their order, so that it makes few of the things that modules share.
    spread = ["-n", parallel, "--dist", "worksteal"]
    code, summary = run_pytest([*spread, "-m", marks, *arguments], _environment(database_url))
    return name, code, summary


def run(arguments: Sequence[str]) -> int:
    """Run the legs, print their summaries and return the worst exit code; a leg without any test is no failure."""
    drill = "--drill" in arguments
    arguments = [argument for argument in arguments if argument != "--drill"]
    legs = []
    with tempfile.TemporaryDirectory(prefix="lumiku-suite-") as folder:
        if not drill:
            url = f"sqlite:///{folder}/lumiku.sqlite3"
            legs.append(_run_leg("SQLite", url, "not postgres and not drill", arguments))
        with _postgres_url(Path(folder)) as url:
            once = [] if drill else ["-p", "lumiku.management.database_only"]
            legs.append(_run_leg("PostgreSQL", url, "drill" if drill else "not drill", [*once, *arguments]))
    print()
    for name, _, summary in legs:
        print(f"{name}: {summary}")
    codes = [code for _, code, _ in legs]
    return max((code for code in codes if code != _NOTHING_COLLECTED), default=_NOTHING_COLLECTED)


@contextmanager
def _postgres_url(folder: Path) -> Iterator[str]:
    outside = os.environ.get("DATABASE_URL", "")
    if outside.startswith(("postgres", "pgsql", "psql")):
        yield outside
    else:
        with embedded.postgres(folder) as url:
            yield url


def main() -> None:
    """Run the suite as a command: exits with its code, or with one sentence and 1 if a server cannot run."""
    try:
        with processes.leaving_on_signals():
            sys.exit(run(sys.argv[1:]))
    except ProcessError as error:
        sys.exit(f"make test: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
