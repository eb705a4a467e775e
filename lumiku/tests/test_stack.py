"""The stack: what stops it before it starts, and that nothing of it stays."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from lumiku.management import processes, stack
from lumiku.management.stack import Stack, StackError
from lumiku.tests.test_embedded import BASE_DIR, children_of, wait_until_gone

#: Blank counts as not set: the stack is private whatever the tests themselves run on.
PRIVATE = {"REDIS_URL": "", "REDIS_HOST": "", "DATABASE_URL": "", "UPLOAD_PATH": "", "HUGGINGFACE_API_KEY": ""}


def test_the_environment_is_private_and_that_of_production(tmp_path):
    env = stack.complete({}, tmp_path, port=4100)

    assert env["DATABASE_URL"] == f"sqlite:///{tmp_path}/lumiku.sqlite3"
    assert env["UPLOAD_PATH"] == f"{tmp_path}/media"
    assert (env["DEBUG"], env["ALLOW_PREVIEW"], env["PORT"]) == ("0", "1", "4100")
    assert len(env["SECRET_KEY"]) == len(env["JWT_SECRET"]) == 64
    assert env["SECRET_KEY"] != env["JWT_SECRET"]


def test_secrets_are_the_same_at_the_next_start_so_that_tokens_stay_valid(tmp_path):
    first, second = (stack.complete({}, tmp_path, port=4100) for _ in range(2))

    assert first["JWT_SECRET"] == second["JWT_SECRET"]


def test_what_somebody_has_set_stays_but_debug_is_off(tmp_path):
    own = {"DATABASE_URL": "postgresql://db/shop", "HUGGINGFACE_API_KEY": "hf_x", "DEBUG": "1", "JWT_SECRET": ""}

    env = stack.complete({**own, "ALLOWED_HOSTS": "shop.example"}, tmp_path, port=1)

    assert env["DATABASE_URL"] == "postgresql://db/shop"
    assert env["HUGGINGFACE_API_KEY"] == "hf_x"
    assert env["DEBUG"] == "0"
    assert len(env["JWT_SECRET"]) == 64
    assert env["ALLOWED_HOSTS"].split(",")[:2] == ["shop.example", "localhost"]


def test_a_folder_with_spaces_and_signs_survives_the_database_address(tmp_path):
    import environ

    folder = tmp_path / "my shop+50%"
    folder.mkdir()

    url = stack.complete({}, folder, port=1)["DATABASE_URL"]

    assert environ.Env.db_url_config(url)["NAME"] == str(folder / "lumiku.sqlite3")


def test_a_taken_port_is_a_sentence_and_nothing_is_started(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with (
            pytest.raises(StackError, match=rf"Port {port} is taken: .*PORT=4001 make run"),
            Stack(tmp_path, port=port),
        ):
            pass

    assert list(tmp_path.glob("*.log")) == []


def test_a_second_stack_in_the_same_folder_is_refused(tmp_path):
    import fcntl

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with pytest.raises(StackError, match="Another Lumiku runs in"), Stack(tmp_path):
            pass


def test_settings_that_must_not_run_end_the_start_with_their_own_sentence(tmp_path):
    paints_nothing = Stack(tmp_path, environment={**PRIVATE, "IMAGE_BACKEND": "oil"})

    with pytest.raises(StackError) as refusal, paints_nothing:
        pass

    assert str(refusal.value).startswith("manage.py migrate failed: lumiku: IMAGE_BACKEND=oil is unknown")
    assert "\n" not in str(refusal.value)
    assert wait_until_gone([paints_nothing.pid("valkey")]) == []


def test_a_failed_start_frees_the_folder_and_the_signal_handlers(tmp_path):
    before = signal.getsignal(signal.SIGTERM)

    for _ in range(2):
        with pytest.raises(StackError, match="oil is unknown"), Stack(tmp_path, environment={"IMAGE_BACKEND": "oil"}):
            pass

    assert signal.getsignal(signal.SIGTERM) is before


# ---- With everything running: `make drill` -------------------------------------------------------------------------


@pytest.mark.drill
def test_a_stack_answers_restarts_a_killed_worker_and_leaves_nothing(tmp_path):
    with Stack(tmp_path, environment=PRIVATE, workers=2) as running:
        names = ["valkey", "web", "worker", "worker-2", "beat"]
        pids = {name: running.pid(name) for name in names}
        with urllib.request.urlopen(f"{running.address}/readyz", timeout=5) as response:
            ready = response.status

        running.kill("worker")
        with pytest.raises(StackError, match="worker ended by itself"):
            running.watch()
        running.start("worker")

        pids["new worker"] = running.pid("worker")

    assert ready == 200
    assert pids["new worker"] != pids["worker"]
    assert wait_until_gone(pids.values()) == []
    assert processes.is_free(running.port)


@pytest.mark.drill
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_of_a_stack_outlives_a_parent_that_gets(number, tmp_path):
    code = (
        "import sys; from pathlib import Path; from lumiku.management.stack import Stack\n"
        "with Stack(Path(sys.argv[1])) as stack:\n    print('up', flush=True); stack.watch()"
    )
    env = {**os.environ, **PRIVATE}
    command = [sys.executable, "-c", code, str(tmp_path)]
    parent = subprocess.Popen(command, cwd=BASE_DIR, env=env, stdout=subprocess.PIPE, text=True)
    said = parent.stdout.readline()
    children = children_of(parent.pid)

    parent.send_signal(number)
    started = time.monotonic()
    parent.wait(timeout=20)

    assert said == "up\n"
    assert len(children) == 4
    assert wait_until_gone(children) == []
    assert time.monotonic() - started < 12


@pytest.mark.drill
def test_a_second_make_run_on_a_busy_port_says_so_and_exits_1(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        env = {**os.environ, "DEBUG": "1", "PORT": str(other.getsockname()[1])}

        done = subprocess.run(
            [sys.executable, "manage.py", "up"], cwd=BASE_DIR, env=env, capture_output=True, text=True, check=False
        )

    assert done.returncode == 1
    assert "is taken" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
