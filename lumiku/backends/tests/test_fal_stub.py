import json
import subprocess
import sys
import urllib.request

import pytest

from lumiku.backends import ImageRequest
from lumiku.backends.fal import FalBackend
from lumiku.backends.tests.fal_stub import FalStub


def request(seed):
    return ImageRequest(prompt="a woman in a red dress", width=512, height=640, seed=seed)


@pytest.mark.parametrize(("step", "name"), [("status", "policy"), ("end", "503"), ("nowhere", "503")])
def test_a_fault_that_cannot_be_played_is_refused(step, name):
    with pytest.raises(ValueError, match=name):
        FalStub().fail_next(step, name)


def test_the_stub_runs_as_a_process_with_long_jobs_faults_and_a_log(tmp_path):
    log = tmp_path / "jobs.log"
    command = [sys.executable, "-m", "lumiku.backends.tests.fal_stub", "--port", "0", "--delay", "1", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            painter = FalBackend(token="id:secret", model="fal-ai/flux-general", base_url=url, deadline=10)
            faults = json.dumps({"faults": [{"step": "status", "name": "503"}]}).encode()
            urllib.request.urlopen(urllib.request.Request(f"{url}/_fail", faults), timeout=5).read()
            first, second = painter.submit(request(1)), painter.submit(request(2))
            painter.stop(second)
            painter.collect(first, request(1))
            report = json.load(urllib.request.urlopen(f"{url}/_calls", timeout=5))
        finally:
            process.terminate()

    assert {name: report[name] for name in ("submitted", "collected", "cancelled", "in_flight")} == {
        "submitted": 2,
        "collected": 1,
        "cancelled": 1,
        "in_flight": 0,
    }
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()] == [
        "submitted",
        "submitted",
        "cancelled",
        "collected",
    ]
