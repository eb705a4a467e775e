"""`manage.py gate`: an operator sees the gates, closes one and opens it again."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from lumiku.backends import BackendError, gate, gate_memory
from pose_generator import tasks
from pose_generator.models import Pause


@pytest.fixture(autouse=True)
def gates_of_our_own(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.IMAGE_BACKENDS = {"preview": {"BACKEND": ""}, "painter": {"BACKEND": "", "LIMITS": {"parallel": 3}}}
    monkeypatch.setattr(gate, "_own", gate_memory.MemoryGates())


def run(*words: str) -> list[str]:
    """Return the lines that the command prints."""
    out = io.StringIO()
    call_command("gate", *words, stdout=out)
    return out.getvalue().splitlines()


def line_of(name: str, lines: list[str]) -> str:
    return next(line for line in lines if line.startswith(name))


@pytest.mark.parametrize("words", [(), ("show",)])
def test_each_backend_has_a_line(words: tuple[str, ...]) -> None:
    head, *lines = run(*words)

    assert head.split()[:3] == ["backend", "gate", "until"]
    assert [line.split() for line in lines] == [
        ["preview", "open", "0", "0", "0", "0"],
        ["painter", "open", "0", "0", "0", "0"],
    ]


def test_a_closed_gate_says_why_and_until_when() -> None:
    with pytest.raises(BackendError), gate.passed("painter"):
        raise BackendError("account", "402 out of credits", account=True)

    line = line_of("painter", run("show"))

    assert "closed (account)" in line
    assert f"{timezone.now() + timedelta(seconds=60):%Y-%m-%d %H:%M}"[:-1] in line or "UTC" in line
    assert line.endswith("account: 402 out of credits")
    assert "open" in line_of("preview", run("show"))


def test_what_an_operator_closes_is_closed_and_a_row() -> None:
    lines = run("close", "painter", "--seconds", "120", "--reason", "They change the model.")

    pause = Pause.objects.get()
    assert (pause.backend, pause.reason) == ("painter", "They change the model.")
    assert 110 < (pause.until - timezone.now()).total_seconds() <= 120
    with pytest.raises(gate.Closed) as refused, gate.passed("painter"):
        pass
    assert refused.value.cause == "operator"
    assert line_of("painter", lines).endswith("They change the model.")


def test_closing_again_replaces_the_first_closing() -> None:
    run("close", "painter", "--seconds", "7200")
    run("close", "painter", "--seconds", "60", "--reason", "sooner")

    pause = Pause.objects.get()
    assert (pause.until - timezone.now()).total_seconds() <= 60
    assert gate.states(["painter"])["painter"].reason == "sooner"


def test_the_row_is_shown_when_the_gate_has_forgotten() -> None:
    run("close", "painter", "--reason", "maintenance")
    gate.forget(["painter"])

    line = line_of("painter", run())

    assert "paused" in line
    assert line.endswith("maintenance")


def test_opening_takes_the_row_away_and_rings(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(tasks, "_ring_soon", lambda: rung.append(gate.states(["painter"])["painter"].cause))
    run("close", "painter")

    with django_capture_on_commit_callbacks(execute=True):
        lines = run("open", "painter")

    assert rung == [""]  # the gate was open when the bell rang
    assert not Pause.objects.exists()
    assert line_of("painter", lines).split()[1] == "open"


@pytest.mark.parametrize("words", [("open", "nobody"), ("close", "nobody")])
def test_a_backend_that_is_not_there_is_named_with_those_that_are(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="no backend nobody; there are preview, painter"):
        run(*words)

    assert not Pause.objects.exists()


@pytest.mark.parametrize("seconds", ["0", "-5", "nan", "1e12"])
def test_a_closing_that_never_ends_or_never_was_is_refused(seconds: str) -> None:
    with pytest.raises(CommandError, match="--seconds"):
        run("close", "painter", "--seconds", seconds)

    assert not Pause.objects.exists()
