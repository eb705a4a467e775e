import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest

from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.provider_stub import ProviderStub


def post(url, body):
    sent = urllib.request.Request(url, json.dumps(body).encode(), {"Authorization": "Bearer hf_secret"})
    with urllib.request.urlopen(sent, timeout=10) as answer:
        return answer.read()


def order(seed):
    return {"inputs": "x", "parameters": {"width": 128, "height": 128, "seed": seed}}


def refusal(url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(url, order(1))
    return caught.value


def calls(root):
    with urllib.request.urlopen(f"{root}/_calls", timeout=10) as answer:
        return json.load(answer)


def test_the_stub_runs_as_a_process_that_drills_can_watch_and_script(tmp_path):
    log = tmp_path / "calls.jsonl"
    command = [sys.executable, "-m", "lumiku.backends.tests.provider_stub", "--delay", "0.4", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            root = url.split("/models/")[0]
            thread = threading.Thread(target=post, args=[url, order(42)])
            thread.start()
            time.sleep(0.25)
            during = calls(root)
            thread.join()
            post(f"{root}/_fail", {"faults": ["503", {"name": "429", "retry_after": 2}]})
            refusals = [refusal(url), refusal(url)]
            time.sleep(0.1)
            after = calls(root)
        finally:
            process.terminate()

    assert during == {"total": 1, "in_flight": 1, "max_in_flight": 1, "seeds": [42]}
    assert [(e.code, e.headers["Retry-After"]) for e in refusals] == [(503, None), (429, "2")]
    assert (after["total"], after["in_flight"], after["seeds"]) == (3, 0, [42, 1, 1])
    assert json.loads(log.read_text().splitlines()[0])["body"]["parameters"]["seed"] == 42
    assert "hf_secret" not in log.read_text()


def test_a_fault_that_does_not_exist_is_refused():
    with ProviderStub() as stub, pytest.raises(ValueError, match="known: 400"):
        stub.fail_next("418")


def test_a_hanging_call_is_over_when_its_client_leaves():
    with ProviderStub() as stub:
        stub.fail_next("hang")
        with pytest.raises(TimeoutError), urllib.request.urlopen(stub.url, b"{}", timeout=0.3) as answer:
            answer.read()

        (call,) = stub.settled()

    assert 0.2 < call.ended_at - call.started_at < 1.5


def test_pictures_differ_by_seed_and_are_cheap():
    stub_pictures.picture(1024, 1024, 0)
    began = time.process_time()

    pictures = {stub_pictures.picture(1024, 1024, seed) for seed in range(50)}

    assert len(pictures) == 50
    assert time.process_time() - began < 0.5
