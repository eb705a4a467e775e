"""A real S3 server on loopback for tests, and a proxy before it that makes trouble.

The server is moto's, in a process of its own. The proxy asks its script what to do with each request: nothing, answer
with an error, answer never, cut the line before the server hears of it, or after ("lost": done, but nobody was told).
"""

import contextlib
import http.client
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from signal import SIGKILL
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from lumiku.management import processes
from lumiku.storages.bucket import Bucket

#: What can go wrong with one request.
FAULTS = ["500", "503", "403", "silence", "reset", "lost"]
BUCKET = "pictures"
Script = Callable[[str, str], str]
"""Takes the method and the path of a request; returns one of FAULTS, or "" to let it through."""


@contextmanager
def server() -> Iterator[str]:
    """Run an S3 server; yield its address."""
    port = processes.free_port()
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=processes.die_with_parent(SIGKILL),
    ) as moto:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            moto.kill()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("The S3 server did not start.")


class Proxy(ThreadingHTTPServer):
    """Passes requests on to `upstream` (host and port), or does to them what `script` says."""

    daemon_threads = True
    #: A thread that keeps silent must not hold up the end.
    block_on_close = False

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = urlsplit(upstream).netloc
        self.script: Script = lambda method, path: ""
        self.seen: Counter[str] = Counter()
        """Requests by what was done to them."""
        self.asked: list[tuple[str, str]] = []
        """Method and path of each request."""
        self.expecting = 0
        """How many waited for "100 Continue", which this proxy never says, like R2."""
        self.over = threading.Event()
        self.guard = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer goes out at once and whole

    def handle_expect_100(self) -> bool:
        return True

    def log_message(self, *args: Any) -> None:
        pass

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.guard:
            fault = self.server.script(self.command, self.path)
            self.server.seen[fault] += 1
            self.server.asked.append((self.command, self.path))
            self.server.expecting += "Expect" in self.headers
        if fault == "silence":
            self.server.over.wait(30)
            self._cut()
        elif fault == "reset":
            self._cut()
        elif fault.isdigit():
            words = f"<Error><Code>Fault{fault}</Code></Error>"
            self._answer(int(fault), {"Content-Type": "application/xml"}, words.encode())
        else:
            status, headers, answer = self._ask(body)
            if fault == "lost":
                self._cut()
            else:
                self._answer(status, headers, answer)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST = handle_any

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=30)
        with contextlib.closing(upstream):
            upstream.request(self.command, self.path, body=body, headers=dict(self.headers))
            answer = upstream.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _cut(self) -> None:
        """Reset the connection: what is left unsent is thrown away, and the other side sees an error."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Run a proxy before `upstream`."""
    with Proxy(upstream) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            running.over.set()
            running.shutdown()
            thread.join()


def some_fail(share: float, *, seed: int = 1) -> Script:
    """Return a script in which each request has a fault with the probability `share`, all kinds alike.

    Three in a row are followed by one that works: an outage is a test of its own.
    """
    draw, in_a_row = random.Random(seed), 0

    def script(method: str, path: str) -> str:
        nonlocal in_a_row
        fault = draw.choice(FAULTS) if draw.random() < share and in_a_row < 3 else ""
        in_a_row = in_a_row + 1 if fault else 0
        return fault

    return script


def first_fail(*faults: str) -> Script:
    """Return a script in which the first requests have these faults."""
    left = list(faults)
    return lambda method, path: left.pop(0) if left else ""


def options(address: str, **more: Any) -> dict[str, Any]:
    """Return what STORAGES says of a bucket at `address`; silence is given up after 1.5 seconds."""
    return {
        "BACKEND": "lumiku.storages.bucket.Bucket",
        "OPTIONS": {
            "access_key": "test-key",
            "secret_key": "test-secret",
            "bucket_name": BUCKET,
            "endpoint_url": address,
            "region_name": "auto",
            "answer_within": 1.5,
            **more,
        },
    }


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    with server() as address:
        yield address


@cache
def _session() -> boto3.Session:
    """One for all tests: each session reads the library's long description of S3 again."""
    return boto3.Session(aws_access_key_id="test-key", aws_secret_access_key="test-secret")


@pytest.fixture
def bucket(s3_server: str, settings: Any, monkeypatch: Any) -> Iterator[Proxy]:
    """An empty bucket behind a proxy that does no harm yet; STORAGES says so. Faults are asked again after a moment."""
    _empty(_session().client("s3", endpoint_url=s3_server, region_name="auto"))
    monkeypatch.setattr(Bucket, "_create_session", lambda storage: _session())
    monkeypatch.setattr("lumiku.storages.bucket.BACKOFF_BASE", 0.02)
    with proxy(s3_server) as between:
        settings.STORAGES = {**settings.STORAGES, "default": options(between.address)}
        yield between


def _empty(client: Any) -> None:
    """Make the bucket if it is not there, and delete what is in it."""
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "auto"})
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        if found := page.get("Contents"):
            client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": each["Key"]} for each in found]})
