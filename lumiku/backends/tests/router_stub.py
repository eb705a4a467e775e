"""Hugging Face's router, the providers behind it and their picture hosts, on loopback.

In a test:      with RouterStub() as stub: backend(provider="fal-ai").paint(...); stub.fail_next("500", stage="poll")

While it runs, every https request of huggingface_hub's guarded client ends here over plain http, whatever host it
names. Only the wire is led elsewhere: the look-up, with its check for public addresses, and TLS are skipped. All that
the guard judges (addresses, keys, bytes, seconds) runs as it does in production, on the true names.

Stages of a call, for faults and for answers put into the stub's mouth (`stub.lies[stage]`): hub, order, poll, result,
picture.
"""

import base64
import contextlib
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import httpcore2
import huggingface_hub
from huggingface_hub.inference._providers import _common, fal_ai, hf_inference, wavespeed

from lumiku.backends import transport
from lumiku.backends.tests import provider_stub, stub_faults, stub_pictures

#: What each host's paths are called at the router.
PREFIXES = {
    "router.huggingface.co": "",
    "fal.run": "/fal-ai",
    "queue.fal.run": "/fal-ai",
    "inference.api.nscale.com": "/nscale",
    "api.replicate.com": "/replicate",
    "api.together.xyz": "/together",
    "api.wavespeed.ai": "/wavespeed",
}
PICTURES = {
    "fal-ai": "https://v3.fal.media/files/{}.png",
    "replicate": "https://replicate.delivery/xezq/{}/out.png",
    "wavespeed": "https://d1q70pf5vjeyhc.cloudfront.net/predictions/{}/1.png",
}
POLLING_SECONDS = 0.02  # the library waits half a second before each look
PROVIDERS = ("fal-ai", "hf-inference", "nscale", "replicate", "together", "wavespeed")


@dataclass(frozen=True)
class Asked:
    """One request as it came, names of headers in lower case."""

    method: str
    host: str
    path: str
    headers: dict[str, str]


@dataclass
class Job:
    """One ordered picture: size in pixels, and how often it is still "in progress" when asked for."""

    name: str
    provider: str
    size: tuple[int, int]
    seed: int
    polls: int


class RouterStub(provider_stub.ProviderStub):
    """The stub in this process; while it runs, it has the guarded client of this process for itself."""

    def __init__(self, *, delay: float = 0.0) -> None:
        super().__init__(delay=delay)
        self._server.RequestHandlerClass = Handler
        self.asked: list[Asked] = []
        self.jobs: dict[str, Job] = {}
        self.lies: dict[str, Any] = {}
        self.polls = 1
        self.unsafe = False
        self.brush: Callable[[int, int, int], bytes] = stub_pictures.picture
        self._staged: defaultdict[str, deque[stub_faults.Fault]] = defaultdict(deque)
        self._led = contextlib.ExitStack()

    def __enter__(self) -> "RouterStub":
        super().__enter__()
        transport.install()
        self._led.enter_context(mock.patch.object(transport, "_Network", lambda: _Loopback(self.port)))
        for module in (fal_ai, wavespeed):
            self._led.enter_context(mock.patch.object(module, "_POLLING_INTERVAL", POLLING_SECONDS))
        _forget()
        return self

    def __exit__(self, *raised: object) -> None:
        self._led.close()
        _forget()
        super().__exit__(*raised)

    def fail_next(self, name: str, *, times: int = 1, retry_after: float | None = None, stage: str = "order") -> None:
        """Give the next `times` requests of `stage` the fault `name`."""
        if name not in stub_faults.FAULTS:
            raise ValueError(f"no fault {name!r}; known: {', '.join(stub_faults.FAULTS)}")
        self._staged[stage].extend([stub_faults.Fault(name, retry_after)] * times)

    def fault_at(self, stage: str) -> stub_faults.Fault | None:
        """Take the fault that waits for the next request of `stage`."""
        return self._staged[stage].popleft() if self._staged[stage] else None

    def take(self, provider: str, body: dict[str, Any]) -> Job:
        """Note an order and return its job."""
        job = Job(f"job-{len(self.jobs) + 1}", provider, *ordered(provider, body), self.polls)
        self.jobs[job.name] = job
        return job


class _Wire(transport._Stream):
    """A connection that stays without TLS."""

    def start_tls(self, *arguments: Any, **options: Any) -> "_Wire":
        return self


class _Loopback(transport._Network):
    """Leads every host to the stub's port."""

    def __init__(self, port: int) -> None:
        self._port = port

    def connect_tcp(self, host: str, port: int, *arguments: Any, **options: Any) -> httpcore2.NetworkStream:
        return _Wire(httpcore2.SyncBackend().connect_tcp("127.0.0.1", self._port, 5.0))


def _forget() -> None:
    """Drop the client, so that the next one takes the network of now, and what the library keeps of the Hub."""
    huggingface_hub.close_session()
    _common._fetch_inference_provider_mapping.cache_clear()
    hf_inference._check_supported_task.cache_clear()


def ordered(provider: str, body: dict[str, Any]) -> tuple[tuple[int, int], int]:
    """Return size in pixels and seed of an order as `provider` reads it; unknown fields are ignored, as theirs are."""
    fields = body.get("input") or body.get("parameters") or body
    seed = int(fields.get("seed", 0))
    if match := re.fullmatch(r"(\d+)[x*](\d+)", str(fields.get("size", ""))):
        return (int(match[1]), int(match[2])), seed
    box = fields.get("image_size") or ({} if provider in ("nscale", "wavespeed") else fields)
    return (int(box.get("width", 1024)), int(box.get("height", 1024))), seed


class Handler(provider_stub.Handler):
    """Each provider's dialect, told apart by host and path."""

    size = (512, 512)
    seed = 0

    @property
    def stub(self) -> RouterStub:
        stub = self.server.stub
        assert isinstance(stub, RouterStub)
        return stub

    def do_GET(self) -> None:
        host = self._note("GET")
        job = self.stub.jobs.get(match[0]) if (match := re.search(r"job-\d+", self.path)) else None
        if host == "huggingface.co":
            self._hub()
        elif job is None:
            self.answer_json(404, {"error": "no such job"})
        else:
            self.size, self.seed = job.size, job.seed
            self._job(job) if host in PREFIXES else self._picture(job)
        self.wfile.flush()

    def do_POST(self) -> None:
        host = self._note("POST")
        provider = (PREFIXES.get(host, "/unknown") + self.path).split("/")[1]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.stub.counted(self.path, self._headers(), body) as self.number:
            job = self.stub.take(provider, body)
            self.size, self.seed = job.size, job.seed
            self.stub.closing.wait(self.stub.delay)
            self._order(job)
        self.wfile.flush()

    def _note(self, method: str) -> str:
        headers = self._headers()
        self.stub.asked.append(Asked(method, headers["host"], self.path, headers))
        return headers["host"]

    def _say(self, stage: str, data: Any, status: int = 200) -> None:
        """Answer with the fault of this stage, else with the lie of this stage, else with `data`."""
        fault = self.stub.fault_at(stage)
        if fault:
            stub_faults.FAULTS[fault.name](self, fault)
        elif isinstance(data, bytes):
            self.answer(200, data, "image/png")
        else:
            self.answer_json(status, self.stub.lies.get(stage, data))

    def _hub(self) -> None:
        model = self.path.removeprefix("/api/models/").partition("?")[0]
        task = "image-to-image" if re.search("edit|flux.2", model, re.IGNORECASE) else "text-to-image"
        mapping = {name: {"providerId": model.lower(), "task": task, "status": "live"} for name in PROVIDERS}
        owner = {"name": "lumiku", "type": "user"}
        known = {"id": model, "pipeline_tag": task, "tags": [], "inferenceProviderMapping": mapping}
        self._say("hub", owner if self.path == "/api/whoami-v2" else known)

    def _order(self, job: Job) -> None:
        if job.provider == "hf-inference":
            self._say("order", self.stub.brush(*job.size, job.seed))
        elif job.provider in ("together", "nscale"):
            picture = base64.b64encode(self.stub.brush(*job.size, job.seed)).decode()
            self._say("order", {"id": job.name, "data": [{"index": 0, "b64_json": picture}]})
        elif job.provider == "replicate":
            self._say("order", {"id": job.name, "status": "succeeded", "output": [self._address(job)]}, 201)
        elif job.provider == "wavespeed":
            get = f"https://api.wavespeed.ai/api/v3/predictions/{job.name}/result"
            self._say("order", {"data": {"id": job.name, "status": "created", "urls": {"get": get}, "outputs": []}})
        elif "_subdomain=queue" in self.path or self.headers["Host"] == "queue.fal.run":
            response = f"https://queue.fal.run/fal-ai/edit/requests/{job.name}"
            self._say("order", {"status": "IN_QUEUE", "request_id": job.name, "response_url": response})
        else:
            self._say("order", self._finished(job))

    def _job(self, job: Job) -> None:
        waiting = job.polls > 0
        if job.provider == "wavespeed":
            job.polls -= 1
            self._say("poll" if waiting else "result", {"data": self._finished(job, waiting=waiting)})
        elif "/status" in self.path:
            job.polls -= 1
            status = (202, "IN_PROGRESS") if waiting else (200, "COMPLETED")
            self._say("poll", {"request_id": job.name, "status": status[1]}, status[0])
        else:
            self._say("result", self._finished(job))

    def _finished(self, job: Job, *, waiting: bool = False) -> dict[str, Any]:
        if job.provider == "wavespeed":
            outputs = [] if waiting else [self._address(job)]
            status = "processing" if waiting else "completed"
            return {"id": job.name, "status": status, "outputs": outputs, "has_nsfw_contents": [self.stub.unsafe]}
        pictures = [{"url": self._address(job), "content_type": "image/png"}]
        return {"images": pictures, "seed": job.seed, "has_nsfw_concepts": [self.stub.unsafe], "prompt": ""}

    def _address(self, job: Job) -> str:
        return PICTURES[job.provider].format(job.name)

    def _picture(self, job: Job) -> None:
        self._say("picture", self.stub.brush(*job.size, job.seed))
