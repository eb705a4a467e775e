"""A provider on loopback: the hf-inference dialect at any POST path, with faults on request.

In a test:      with ProviderStub(delay=0) as stub: backend(base_url=stub.url); stub.fail_next("429", retry_after=2)
As a process:   python -m lumiku.backends.tests.provider_stub --port 0 --delay 1 --log FILE
                GET /_calls -> {"total", "in_flight", "max_in_flight", "seeds"}
                POST /_fail {"faults": ["503", "drip", {"name": "429", "retry_after": 2}]}
It prints its address on the first line. Every error answer echoes the key it was given, as a careless provider would.
"""

import argparse
import contextlib
import json
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lumiku.backends.tests import stub_faults, stub_pictures


@dataclass(frozen=True)
class Call:
    """One finished call for a picture; names of headers in lower case, times in seconds since 1970."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    started_at: float
    ended_at: float


class ProviderStub:
    """The stub in this process; `delay` is seconds before each answer, `token` (if given) the only key it takes."""

    def __init__(self, *, port: int = 0, delay: float = 0.0, token: str = "", log: Path | None = None) -> None:
        self.delay = delay
        self.token = token
        self.calls: list[Call] = []
        self.seeds: list[Any] = []
        self.in_flight = self.max_in_flight = 0
        self.closing = threading.Event()
        self._faults: deque[stub_faults.Fault] = deque()
        self.weather: Callable[[int], stub_faults.Fault | None] = lambda number: None
        """What befalls call `number` (from 1) for which no fault was asked for; a drill may set another."""
        self._log = log
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), Handler)
        self._server.stub = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/models/black-forest-labs/FLUX.1-dev"

    def __enter__(self) -> "ProviderStub":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def fail_next(self, name: str, *, times: int = 1, retry_after: float | None = None) -> None:
        """Give each of the next `times` calls the fault `name` (a status or a key of stub_faults.FAULTS)."""
        if name not in stub_faults.FAULTS:
            raise ValueError(f"no fault {name!r}; known: {', '.join(stub_faults.FAULTS)}")
        self._faults.extend([stub_faults.Fault(name, retry_after)] * times)

    def settled(self, *, within: float = 2.0) -> list[Call]:
        """Return the calls as soon as none is in flight; a client may have its answer before the call is kept."""
        ends_at = time.monotonic() + within
        while self.in_flight and time.monotonic() < ends_at:
            time.sleep(0.01)
        return self.calls

    def next_fault(self, number: int) -> stub_faults.Fault | None:
        """Take the fault that waits for the next call, or what the weather has for call `number`."""
        with self._lock:
            return self._faults.popleft() if self._faults else self.weather(number)

    def report(self) -> dict[str, Any]:
        """Return the counters of GET /_calls; `seeds` in the order in which calls began."""
        with self._lock:
            counters = {"total": len(self.seeds), "in_flight": self.in_flight, "max_in_flight": self.max_in_flight}
            return {**counters, "seeds": list(self.seeds)}

    @contextlib.contextmanager
    def counted(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Iterator[int]:
        """Count a call while it runs and keep it afterwards; gives its number, from 1."""
        started_at = time.time()
        with self._lock:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            self.seeds.append(body.get("parameters", {}).get("seed"))
            number = len(self.seeds)
        try:
            yield number
        finally:
            self._keep(Call(path, headers, body, started_at, time.time()))

    def _keep(self, call: Call) -> None:
        with self._lock:
            self.in_flight -= 1
            self.calls.append(call)
            if self._log:
                with self._log.open("a") as lines:
                    # The key stays out of files.
                    lines.write(json.dumps({k: v for k, v in asdict(call).items() if k != "headers"}) + "\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    stub: ProviderStub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client leaves early: that is what the drills make it do."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 256 * 1024  # head and body leave together
    server: _Server

    def log_message(self, *arguments: Any) -> None:
        """Keep quiet: a line for each of thousands of calls would cost more than the calls."""

    def do_GET(self) -> None:
        if self.path == "/_calls":
            self.answer_json(200, self.server.stub.report())
        elif self.path == "/_poll":
            self.answer_json(200, {"data": {"status": "processing"}})
        elif self._key_is_good():
            self.answer_json(200, {"ok": True})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/_fail":
            for fault in body["faults"]:
                self.server.stub.fail_next(**(fault if isinstance(fault, dict) else {"name": fault}))
            self.answer_json(200, {"ok": True})
        elif self._key_is_good():
            with self.server.stub.counted(self.path, self._headers(), body) as self.number:
                self._paint(body)

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _key_is_good(self) -> bool:
        token = self.server.stub.token
        good = not token or self.headers.get("Authorization") == f"Bearer {token}"
        if not good:
            self.answer_json(401, {"error": "Invalid username or password."})
        return good

    def _paint(self, body: dict[str, Any]) -> None:
        parameters = body.get("parameters", {})
        self.size = int(parameters.get("width", 1024)), int(parameters.get("height", 1024))
        self.seed = int(parameters.get("seed", 0))
        self.server.stub.closing.wait(self.server.stub.delay)
        fault = self.server.stub.next_fault(self.number)
        if fault:
            stub_faults.FAULTS[fault.name](self, fault)
        else:
            self.answer(200, stub_pictures.picture(*self.size, self.seed), "image/png")
        self.wfile.flush()

    def answer_json(self, status: int, data: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self.answer(status, json.dumps(data).encode(), "application/json", headers)

    def answer(self, status: int, data: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        """Send a whole answer."""
        self.head(status, kind, {"Content-Length": str(len(data)), **(headers or {})})
        self.wfile.write(data)

    def head(self, status: int, kind: str, headers: dict[str, str]) -> None:
        """Send the head of an answer."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, "x-request-id": f"stub-{getattr(self, 'number', 0)}"}.items():
            self.send_header(name, value)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def hang(self) -> None:
        """Say no more until the client leaves or the stub closes."""
        self.wfile.flush()
        self.close_connection = True
        while not self.server.stub.closing.is_set():
            if select.select([self.connection], [], [], 0.1)[0]:
                return


def main() -> None:
    """Run the stub as a process until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds before each answer")
    parser.add_argument("--log", type=Path, help="a file that gets a JSON line for each finished call")
    arguments = parser.parse_args()
    with ProviderStub(port=arguments.port, delay=arguments.delay, log=arguments.log) as stub:
        print(stub.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
