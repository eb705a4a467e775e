"""fal.ai's queue on loopback: jobs that take their time, outlive whoever submitted them, and fail on request.

In a test:      with FalStub(delay=0) as stub: backend(base_url=stub.url); stub.fail_next("status", "503")
As a process:   python -m lumiku.backends.tests.fal_stub --port 0 --delay 20 --log FILE
                GET /_calls -> {"submitted", "collected", "cancelled", "in_flight", "max_in_flight", "statuses", ...}
                POST /_fail {"faults": [{"step": "status", "name": "503"}, {"step": "end", "name": "policy"}]}
It prints its address on the first line. A fault that is a status refuses the call; any other spoils the answer only: a
submission whose answer is spoilt is a job all the same. Every error echoes the key, as a careless provider would.
"""

import argparse
import contextlib
import json
import re
import threading
import time
import uuid
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lumiku.backends.tests import provider_stub, stub_faults, stub_pictures

STEPS = ("submit", "status", "result", "picture", "cancel")
QUEUED_SHARE = 0.3  # of a job's time it waits in the queue


def _typed(kind: str) -> dict[str, Any]:
    return {"detail": [{"loc": ["body", "prompt"], "msg": "no", "type": kind, "url": "https://docs.example/"}]}


#: How a job may end instead of with a picture: HTTP status and body of the result, and what changes in the status.
ENDINGS: dict[str, tuple[int, dict[str, Any]]] = {
    "policy": (422, _typed("content_policy_violation")),
    "invalid": (422, _typed("less_than_equal")),
    "broken": (500, {"detail": "the runner broke", "error_type": "runner_server_error"}),
    "overloaded": (503, {"detail": "no runner", "error_type": "runner_scheduling_failure"}),
    "cancelled": (499, {"detail": "cancelled", "error_type": "client_cancelled"}),
    "no_pictures": (200, {"images": []}),
    "strange_pictures": (200, {"images": {"url": 7}}),
}
#: Where a result may say that its picture is.
ADDRESSES = {
    "elsewhere": "https://pictures.example/x.png",
    "inward": "http://169.254.169.254/latest/meta-data",
    "look_alike": "https://fal.media.example/x.png",
    "plain_http": "http://v3.fal.media/x.png",
    "odd_port": "https://v3.fal.media:8443/x.png",
    "the_queue": "https://queue.fal.run/x.png",
    "data": "data:image/png;base64,AAAA",
    "no_address": "http://[::1/x.png",
    "endless": "https://v3.fal.media/" + "x" * 70_000,
}


@dataclass
class Job:
    """One order in the queue; `seconds` is how long it takes."""

    seconds: float
    body: dict[str, Any]
    app: str
    ending: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    submitted_at: float = field(default_factory=time.monotonic)
    cancelled: bool = False
    collected: bool = False

    def share(self) -> float:
        """Return how much of its time is over, 1 when it has ended."""
        return min(1.0, (time.monotonic() - self.submitted_at) / self.seconds) if self.seconds else 1.0

    def runs(self) -> bool:
        return not self.cancelled and self.share() < 1


class FalStub:
    """The stub in this process; jobs take `delay` seconds, `token` (if given) is the only key it takes."""

    def __init__(self, *, port: int = 0, delay: float = 0.0, token: str = "", log: Path | None = None) -> None:
        self.delay = delay
        self.token = token
        self.jobs: dict[str, Job] = {}
        self.headers: dict[str, list[dict[str, str]]] = defaultdict(list)
        """Headers of the calls of each step, names in lower case."""
        self.odd_ids: deque[Any] = deque()
        """What the next submissions are told to be the ids of their jobs."""
        self.closing = threading.Event()
        self.counts: Counter[str] = Counter()
        self.max_in_flight = 0
        self._faults: dict[str, deque[stub_faults.Fault]] = defaultdict(deque)
        self._log = log
        self.lock = threading.RLock()
        self._server = _Server(("127.0.0.1", port), Handler)
        self._server.stub = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "FalStub":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def fail_next(self, step: str, name: str, *, times: int = 1, retry_after: float | None = None) -> None:
        """Give the next `times` calls of a step a fault; step "end" makes the next jobs end as ENDINGS, ADDRESSES or
        "flagged" say."""
        known = {*ENDINGS, *ADDRESSES, "flagged"} if step == "end" else set(stub_faults.FAULTS)
        if step not in (*STEPS, "end") or name not in known:
            raise ValueError(f"no fault {name!r} at {step!r}")
        self._faults[step].extend([stub_faults.Fault(name, retry_after)] * times)

    def next_fault(self, step: str) -> stub_faults.Fault | None:
        """Take the fault that waits for the next call of a step."""
        with self.lock:
            return self._faults[step].popleft() if self._faults[step] else None

    def submit(self, app: str, body: dict[str, Any]) -> Job:
        """Take an order."""
        ending = self.next_fault("end")
        job = Job(seconds=self.delay, body=body, app=app, ending=ending.name if ending else "")
        with self.lock:
            self.jobs[job.id] = job
            self.max_in_flight = max(self.max_in_flight, self.in_flight())
        self.note("submitted", job)
        return job

    def note(self, event: str, job: Job) -> None:
        """Write an event of a job to the log."""
        with self.lock:
            if self._log:
                line = {"event": event, "job": job.id, "seed": job.body.get("seed"), "at": time.time()}
                with self._log.open("a") as lines:
                    lines.write(json.dumps(line) + "\n")

    def in_flight(self) -> int:
        """Return how many jobs have not ended."""
        return sum(job.runs() for job in list(self.jobs.values()))

    def report(self) -> dict[str, Any]:
        """Return the counters of GET /_calls: of jobs, and of calls for each step."""
        with self.lock:
            jobs = list(self.jobs.values())
            return {
                "submitted": len(jobs),
                "collected": sum(job.collected for job in jobs),
                "cancelled": sum(job.cancelled for job in jobs),
                "in_flight": self.in_flight(),
                "max_in_flight": self.max_in_flight,
                "statuses": self.counts["status"],
                "results": self.counts["result"],
                "pictures": self.counts["picture"],
                "cancels": self.counts["cancel"],
                "submissions": self.counts["submit"],
                "seeds": [job.body.get("seed") for job in jobs],
            }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    stub: FalStub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client leaves early: that is what the drills make it do."""


class Handler(provider_stub.Handler):
    server: _Server  # type: ignore[assignment]  # the faults need no more of a stub than its port and its closing

    def do_GET(self) -> None:
        if self.path == "/_calls":
            self.answer_json(200, self.server.stub.report())
        elif match := re.fullmatch(r"/files/([\w-]+)\.png", self.path):
            self._step("picture", match[1])
        elif match := re.fullmatch(r"/[\w.-]+/[\w.-]+/requests/([\w-]+)(/status)?", self.path):
            self._step("status" if match[2] else "result", match[1])
        else:
            self.answer_json(404, {"detail": "Not Found"})

    def do_PUT(self) -> None:
        match = re.fullmatch(r"/[\w.-]+/[\w.-]+/requests/([\w-]+)/cancel", self.path)
        self._step("cancel", match[1] if match else "")

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/_fail":
            for fault in self.body["faults"]:
                self.server.stub.fail_next(**fault)
            self.answer_json(200, {"ok": True})
        else:
            self._step("submit", "")

    def _step(self, step: str, name: str) -> None:
        stub = self.server.stub
        with stub.lock:
            stub.counts[step] += 1
            stub.headers[step].append(self._headers())
        job = stub.jobs.get(name)
        if step != "picture" and not self._key_is_good():
            return
        fault = stub.next_fault(step)
        if step == "submit" and not (fault and fault.name in stub_faults.STATUSES):
            job = stub.submit(self.path.strip("/"), self.body)
        self.size = _size(job.body if job else {})
        self.seed = int(job.body.get("seed", 0)) if job else 0
        if fault:
            stub_faults.FAULTS[fault.name](self, fault)
        elif job is None or (job.cancelled and step != "cancel"):
            self.answer_json(404, {"detail": "Request not found"})
        else:
            getattr(self, f"_{step}")(job)
        self.wfile.flush()

    def _key_is_good(self) -> bool:
        token = self.server.stub.token
        good = not token or self.headers.get("Authorization") == f"Key {token}"
        if not good:
            self.answer_json(401, {"detail": f"No user found for {self.headers.get('Authorization')}"})
        return good

    def _submit(self, job: Job) -> None:
        # The addresses lead astray: nobody should follow them.
        urls = dict.fromkeys(("status_url", "response_url", "cancel_url"), "http://localhost:1/astray")
        odd = self.server.stub.odd_ids
        self.answer_json(200, {"request_id": odd.popleft() if odd else job.id, "status": "IN_QUEUE", **urls})

    def _status(self, job: Job) -> None:
        share = job.share()
        if share < 1:
            waits = share < QUEUED_SHARE
            self.answer_json(202, {"status": "IN_QUEUE", "queue_position": 0} if waits else {"status": "IN_PROGRESS"})
            return
        status, body = ENDINGS.get(job.ending, (200, {}))
        failed = {"error": "failed", "error_type": body.get("error_type", "")} if status >= 500 else {}
        self.answer_json(200, {"status": "COMPLETED", **failed})

    def _result(self, job: Job) -> None:
        if job.share() < 1:
            self.answer_json(400, {"detail": "Request is still in progress"})
            return
        status, body = ENDINGS.get(job.ending, (200, _pictures(job, self.server.stub.url)))
        self.answer_json(status, body)

    def _picture(self, job: Job) -> None:
        self.answer(200, stub_pictures.picture(*self.size, self.seed), "image/png")
        job.collected = True
        self.server.stub.note("collected", job)

    def _cancel(self, job: Job) -> None:
        if not job.runs():
            self.answer_json(400, {"status": "ALREADY_COMPLETED"})
            return
        job.cancelled = True
        self.server.stub.note("cancelled", job)
        self.answer_json(202, {"status": "CANCELLATION_REQUESTED"})


def _size(body: dict[str, Any]) -> tuple[int, int]:
    size = body.get("image_size", {})
    return int(size.get("width", 1024)), int(size.get("height", 1024))


def _pictures(job: Job, origin: str) -> dict[str, Any]:
    width, height = _size(job.body)
    url = ADDRESSES.get(job.ending, f"{origin}/files/{job.id}.png")
    picture = {"url": url, "width": width, "height": height, "content_type": "image/png"}
    return {
        "images": [picture],
        "seed": job.body.get("seed"),
        "has_nsfw_concepts": [job.ending == "flagged"],
        "prompt": job.body.get("prompt"),
    }


def main() -> None:
    """Run the stub as a process until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--delay", type=float, default=5.0, help="seconds that a job takes")
    parser.add_argument("--log", type=Path, help="a file that gets a JSON line for each event of a job")
    arguments = parser.parse_args()
    with FalStub(port=arguments.port, delay=arguments.delay, log=arguments.log) as stub:
        print(stub.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
