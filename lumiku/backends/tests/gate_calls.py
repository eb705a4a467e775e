"""Calls through the gate for tests, in Redis and in a process's own memory, by one clock that the test turns."""

import uuid

import pytest

from lumiku.backends import BackendError, gate, gate_memory
from lumiku.management import embedded

#: The fixtures, for `conftest.py`; everything else is imported by name.
__all__ = ["clock", "gates", "limited", "painter", "redis_url"]

NOBODY_THERE = "redis://127.0.0.1:1/0"


class Clock:
    """Milliseconds that pass only when told."""

    def __init__(self):
        self.now = 1_800_000_000_000

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += round(seconds * 1000)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    with embedded.redis_url(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture(params=["redis", "memory"])
def gates(request, redis_url, settings, monkeypatch):
    """Both places where gates may be kept, with empty memories."""
    settings.GATE_URL = redis_url if request.param == "redis" else NOBODY_THERE
    monkeypatch.setattr(gate, "_own", gate_memory.MemoryGates())
    return request.param


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(gate, "clock", clock)
    return clock


@pytest.fixture
def limited(settings):
    """Return a function that adds a backend with limits to the settings and returns its name."""

    def add(**limits):
        name = f"painter-{uuid.uuid4().hex[:8]}"
        settings.IMAGE_BACKENDS = {**settings.IMAGE_BACKENDS, name: {"BACKEND": "", "LIMITS": limits}}
        return name

    return add


@pytest.fixture
def painter(gates, clock, limited):
    """The name of a backend without limits."""
    return limited()


ACCOUNT = BackendError("account", "402 out of credits", retryable=True, account=True)


def busy(seconds=None):
    return BackendError("busy", "429", retryable=True, retry_after=seconds)


def call(name, error=None, *, patience=0.0, **kinds):
    """Make one call that ends at once; return what stopped it: nothing, or the cause of the gate."""
    try:
        with gate.passed(name, patience=patience, **kinds):
            if error is not None:
                raise error
    except gate.Closed as closed:
        return closed.cause
    except BackendError as raised:
        assert raised is error
    return ""


class Underway:
    """A call that has begun and ends when told."""

    def __init__(self, name, **kinds):
        self._call = gate.passed(name, patience=0.0, **kinds)
        self._call.__enter__()

    def end(self, error=None):
        try:
            self._call.__exit__(error and type(error), error, None)
        except Exception as raised:
            assert raised is error


def state(name):
    return gate.states([name])[name]
