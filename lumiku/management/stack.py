"""The whole product on one machine: Valkey, web, worker and beat as the real processes that a deployment runs.

Nothing is simulated and nothing shared: the stack has its own folder with database, pictures, secrets and logs, and is
configured through the environment like any deployment. It is up when the web process is ready and a worker has shown
signs of life; when it leaves, by whatever way, no process of it stays.
"""

import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from lumiku.management import embedded, processes
from lumiku.management.processes import Process, ProcessError

BASE_DIR = Path(__file__).resolve().parent.parent.parent


class StackError(Exception):
    """The stack cannot start or go on; the message is one sentence for a person."""


def complete(given: Mapping[str, str], folder: Path, *, port: int) -> dict[str, str]:
    """Return the variables `given`, completed to the environment of a stack in `folder` whose web process has `port`.

    What is given and not blank stays (an own key, database, Redis); only DEBUG is off whatever is given.
    """
    own = {
        "SECRET_KEY": embedded.kept_secret(folder, "SECRET_KEY"),
        "JWT_SECRET": embedded.kept_secret(folder, "JWT_SECRET"),
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'lumiku.sqlite3'))}",
        "UPLOAD_PATH": str(folder / "media"),
        "ALLOW_PREVIEW": "1",
    }
    return {
        **given,
        **{name: value for name, value in own.items() if not given.get(name)},
        "DEBUG": "0",
        "PORT": str(port),
        # We ask for readiness by a local name, whatever name the shop has.
        "ALLOWED_HOSTS": ",".join(filter(None, [given.get("ALLOWED_HOSTS"), "localhost,127.0.0.1,[::1]"])),
        "DJANGO_SETTINGS_MODULE": "lumiku.settings",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def _one_kind_of_error() -> Iterator[None]:
    try:
        yield
    except ProcessError as error:
        raise StackError(str(error)) from error


class Stack:
    """`with Stack(folder) as stack:` runs the product until the block ends, at `stack.address`.

    `port` 0 takes a free one; `environment` overrides single variables of all processes, and a blank one counts as not
    set; `workers` is the number of worker processes. The processes are called "web", "worker" ("worker-2", ...), "beat"
    and, unless REDIS_URL or REDIS_HOST is set, "valkey"; each logs to `<folder>/<name>.log`. Entering raises StackError
    if the stack is not up within `patience` seconds, if a process ends early, or if the port or the folder is taken.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        workers: int = 1,
        patience: float = 60,
    ) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.environment: dict[str, str] = {}
        self._overrides = dict(environment or {})
        self._workers = workers
        self._patience = patience
        self._processes: dict[str, Process] = {}
        self._cleanup = ExitStack()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            self._cleanup.enter_context(processes.leaving_on_signals())
            self._take_folder()
            self._cleanup.callback(self.stop)
            self._enter()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    @_one_kind_of_error()
    def _enter(self) -> None:
        if self.port and not processes.is_free(self.port):
            raise StackError(
                f"Port {self.port} is taken: stop what listens there, or choose another one, as in PORT=4001 make run."
            )
        self.port = self.port or processes.free_port()
        self._prepare()
        self._add_servers()
        for name in [name for name in self._processes if name != "valkey"]:
            self.start(name)
        self.wait_until_ready()

    def _take_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self._cleanup.enter_context((self.folder / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"Another Lumiku runs in {self.folder}: stop it first.") from None
        for log in self.folder.glob("*.log"):
            log.unlink()

    def _prepare(self) -> None:
        given = {**os.environ, **self._overrides}
        if not given.get("REDIS_URL") and not given.get("REDIS_HOST"):
            self._processes["valkey"], given["REDIS_URL"] = embedded.valkey_process(self.folder)
            self.start("valkey")
            embedded.wait_for_valkey(self._processes["valkey"], given["REDIS_URL"])
        self.environment = complete(given, self.folder, port=self.port)
        # System checks belong to `make lint`; without them each command starts in half the time.
        self.manage("migrate", "--no-input", "--verbosity=0", "--skip-checks")
        self.manage("import_poses", "--skip-checks")

    def _add_servers(self) -> None:
        web = ["daphne", "-b", "127.0.0.1", "-p", str(self.port), "lumiku.asgi:application"]
        self._add("web", *web)
        self._add("worker", "celery", "-A", "lumiku", "worker")
        for number in range(2, self._workers + 1):
            self._add(f"worker-{number}", "celery", "-A", "lumiku", "worker", "-n", f"worker-{number}@%h")
        schedule = str(self.folder / "beat-schedule")
        self._add("beat", "celery", "-A", "lumiku", "beat", "--schedule", schedule, "--pidfile=")

    def _add(self, name: str, *module: str) -> None:
        command = [sys.executable, "-m", *module]
        self._processes[name] = Process(name, command, folder=self.folder, env=self.environment, cwd=BASE_DIR)

    def manage(self, *arguments: str) -> str:
        """Run `manage.py` with these arguments in the stack's environment and return what it printed.

        Raise StackError with the last line of its complaint if it fails.
        """
        log = self.folder / "manage.log"
        with log.open("ab") as complaints:
            start = complaints.tell()
            done = subprocess.run(
                [sys.executable, "manage.py", *arguments],
                env=self.environment,
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                preexec_fn=processes.die_with_parent(signal.SIGKILL),
                check=False,
            )
        if done.returncode:
            line = processes.telling_line(log, since=start) or f"exit code {done.returncode}"
            raise StackError(f"manage.py {arguments[0]} failed: {line} (see {log})")
        return done.stdout

    @_one_kind_of_error()
    def start(self, name: str) -> None:
        """Start the process called `name` (again); it may take a second until it serves."""
        self._processes[name].start()

    def kill(self, name: str) -> None:
        """SIGKILL the process called `name` with its children, and return once it is gone."""
        self._processes[name].kill()

    def pid(self, name: str) -> int:
        """Return the process id of the process called `name`."""
        return self._processes[name].pid

    @_one_kind_of_error()
    def wait_until_ready(self) -> None:
        """Return once the web process is ready and a worker is alive; raise StackError after `patience` seconds."""
        for ready, what in ((self._web_is_ready, "The web process"), (self._worker_is_alive, "The worker")):
            processes.wait_until(ready, watching=[*self._processes.values()], patience=self._patience, what=what)

    def _web_is_ready(self) -> bool:
        return self._get("/readyz")[0] == 200

    def _worker_is_alive(self) -> bool:
        _, body = self._get("/api/apps/pose-generator/health")
        return body.get("checks", {}).get("workers") == "ok"

    def _get(self, path: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            return response.status, json.loads(body) if body.startswith(b"{") else {}
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    @_one_kind_of_error()
    def watch(self) -> None:
        """Block while all processes run; raise StackError with one sentence as soon as one ends by itself."""
        while True:
            for process in self._processes.values():
                process.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop everything, at most some seconds politely; Valkey goes last, since the others speak to it to the end."""
        impatient = dict.fromkeys([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], signal.SIG_IGN)
        with processes.handling(impatient):
            processes.stop(process for name, process in self._processes.items() if name != "valkey")
            processes.stop(process for name, process in self._processes.items() if name == "valkey")
