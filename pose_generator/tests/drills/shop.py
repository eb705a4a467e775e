"""A whole shop for a drill: real processes, a database and a Valkey of its own, a provider on loopback.

Customers come in by REST as anybody does. What a drill waits for is polled from the rows and the provider's counters
and never slept for: a drill that did not get where it wanted must fail and not pass by luck.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import psycopg
import redis

from lumiku.backends.tests.provider_stub import ProviderStub
from lumiku.management.stack import Stack
from lumiku.management.suite import KEYS

T = TypeVar("T")

API = "/api/apps/pose-generator"
CLOSING = {"completed", "partial", "failed", "cancelled"}
#: Blank counts as not set: the shop is private whatever the drills themselves run on.
PRIVATE = dict.fromkeys(["REDIS_URL", "REDIS_HOST", "CELERY_BROKER_URL", "UPLOAD_PATH", *KEYS], "")


def until(reached: Callable[[], T], *, within: float, what: str) -> T:
    """Return the first true value of `reached()`; fail with `what` when there is none `within` so many seconds."""
    ends_at = time.monotonic() + within
    while not (value := reached()):
        assert time.monotonic() < ends_at, f"not reached within {within} s: {what}"
        time.sleep(0.01)
    return value


class Customer:
    """Somebody with an account, credits and a project, who speaks REST."""

    def __init__(self, http: httpx2.Client, project: str) -> None:
        self.http = http
        self.project = project

    def get(self, path: str) -> Any:
        """Return the body of a GET of `path` below the API."""
        answer = self.http.get(f"{API}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(self, poses: Sequence[str], **more: Any) -> str:
        """Order one picture of each of `poses`, or what `more` says; return the generation's id."""
        kind = {"projectId": self.project, "generationType": "GALLERY_REFERENCE"}
        body = {**kind, "selectedPoseIds": list(poses), "batchSize": 1, **more}
        answer = self.http.post(f"{API}/generate", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["generationId"])

    def events(self) -> list[dict[str, Any]]:
        """Return all events of this customer, from the first."""
        events: list[dict[str, Any]] = []
        while page := self.http.get("/api/events", params={"after": len(events)}).json()["events"]:
            events += page
        return events


class Shop:
    """The running product: `stack` are its processes, `rows` its database, `provider` paints."""

    def __init__(self, stack: Stack, rows: psycopg.Connection[Any], provider: ProviderStub) -> None:
        self.stack = stack
        self.rows = rows
        self.provider = provider
        self.media = Path(stack.environment["UPLOAD_PATH"])

    def customer(self, name: str, *, credits: int) -> Customer:
        """Register a customer by REST, grant `credits` and open a project."""
        http = httpx2.Client(base_url=self.stack.address, timeout=30, trust_env=False)
        email = f"{name}@example.com"
        session = http.post("/api/auth/register", json={"email": email, "password": secrets.token_urlsafe(16)})
        assert session.status_code == 201, session.text
        http.headers["Authorization"] = f"Bearer {session.json()['access']}"
        self.stack.manage("grant_credits", email, str(credits), "--reason", "For the drill")
        project = http.post(f"{API}/projects", json={"projectName": "Drill"})
        assert project.status_code == 201, project.text
        return Customer(http, project.json()["project"]["id"])

    def poses(self, number: int) -> list[str]:
        """Return the ids of so many poses that anybody may order."""
        found = self.all("SELECT id FROM pose_generator_pose WHERE NOT is_premium ORDER BY slug LIMIT %s", number)
        assert len(found) == number
        return [str(pk) for (pk,) in found]

    def all(self, statement: str, *values: Any) -> list[Any]:
        """Return the rows of a statement."""
        return self.rows.execute(statement, values).fetchall()

    def count(self, generation: str, *statuses: str) -> int:
        """Return how many pictures of an order have one of `statuses`."""
        statement = "SELECT count(*) FROM pose_generator_result WHERE generation_id = %s AND status = ANY(%s)"
        return int(self.all(statement, generation, list(statuses))[0][0])

    def wait_for(self, generation: str, *, within: float) -> None:
        """Return when the order has ended: its closing event is committed together with that."""
        statement = "SELECT 1 FROM pose_generator_generation WHERE id = %s AND completed_at IS NOT NULL"
        until(lambda: self.all(statement, generation), within=within, what="the order's end")

    def serve(self, customer: Customer, poses: Sequence[str], *, within: float, **more: Any) -> tuple[str, float]:
        """Place an order and wait for its end; return its id and the seconds from the request to the closing event."""
        started = time.monotonic()
        generation = customer.order(poses, **more)
        self.wait_for(generation, within=within)
        return generation, time.monotonic() - started

    def empty_redis(self) -> None:
        """Let Redis forget every message and the sentinel."""
        with redis.Redis.from_url(self.stack.environment["REDIS_URL"]) as broker:
            broker.flushall()


def process_memory(pid: int) -> int:
    """Return the most memory that a process has had resident so far, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def processor_seconds(pid: int) -> float:
    """Return the processor time, user and system, that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def database(server: str) -> Iterator[str]:
    """Make an empty database on the PostgreSQL at `server` and yield its address; drop it at the end."""
    address = urlsplit(server)._replace(scheme="postgresql")
    name = f"drill_{secrets.token_hex(4)}"
    with psycopg.connect(address.geturl(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield address._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def open_shop(
    folder: Path,
    server: str,
    provider: ProviderStub,
    *,
    places: int,
    workers: int = 1,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Shop]:
    """Run the product in `folder`, on a database of its own, painting by `provider`, `places` pictures a worker.

    `environment` says more than that, or otherwise.
    """
    with database(server) as url:
        variables = {
            **PRIVATE,
            "DATABASE_URL": url,
            "IMAGE_BACKEND": "huggingface",
            "HF_BASE_URL": provider.url,
            "LIMITS": "off",
            "WORKER_CONCURRENCY": str(places),
            **(environment or {}),
        }
        stack = Stack(folder, environment=variables, workers=workers)
        with stack, psycopg.connect(url, autocommit=True) as rows:
            yield Shop(stack, rows, provider)
