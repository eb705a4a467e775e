"""Child processes: an early end is told in a sentence, a stubborn one is killed, and none is left."""

import os
import sys
import time

import pytest

from lumiku.management import processes
from lumiku.management.processes import Process, ProcessError
from lumiku.tests.test_embedded import wait_until_gone


def python(code, folder, name="child"):
    return Process(name, [sys.executable, "-c", code], folder=folder)


def test_a_child_that_ends_early_is_reported_by_the_telling_line_of_its_log(tmp_path):
    child = python("print('starting'); print('Error: the moon is full'); print('bye'); exit(3)", tmp_path)
    child.start()

    with pytest.raises(ProcessError) as report:
        processes.wait_until(lambda: False, watching=[child], patience=10, what="The child")

    assert str(report.value) == f"child ended by itself: Error: the moon is full (see {tmp_path / 'child.log'})"


def test_an_earlier_run_is_not_blamed_for_a_later_end(tmp_path):
    (tmp_path / "child.log").write_text("Error: of yesterday\n")
    child = python("print('gone')", tmp_path)
    child.start()
    child.wait(until=time.monotonic() + 10)

    with pytest.raises(ProcessError, match="ended by itself: gone"):
        child.check()


def test_a_child_that_is_never_ready_ends_the_wait_with_its_log(tmp_path):
    child = python("import time; time.sleep(60)", tmp_path)
    child.start()

    with pytest.raises(ProcessError, match=r"The child is not ready after 0 s: look into .*child\.log"):
        processes.wait_until(lambda: False, watching=[child], patience=0.2, what="The child")

    processes.stop([child])
    assert not child.running


def test_a_program_that_does_not_exist_is_a_sentence(tmp_path):
    child = Process("ghost", [str(tmp_path / "ghost")], folder=tmp_path)

    with pytest.raises(ProcessError, match="ghost cannot be executed"):
        child.start()


def test_a_child_that_ignores_the_request_is_killed_with_its_own_children(tmp_path):
    stubborn = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    child = python(stubborn, tmp_path)
    child.start()
    processes.wait_until(lambda: b"\n" in child.log.read_bytes(), watching=[child], patience=10, what="The child")
    grandchild = int(child.log.read_text())

    processes.stop([child], patience=0.3)

    assert wait_until_gone([child.pid, grandchild]) == []


def test_a_killed_child_can_be_started_again_but_not_twice(tmp_path):
    child = python("import time; time.sleep(60)", tmp_path)
    child.start()
    first = child.pid

    child.kill()
    child.start()
    with pytest.raises(ProcessError, match="runs already"):
        child.start()

    assert child.running
    assert child.pid != first
    processes.stop([child])


def test_ctrl_c_in_the_terminal_does_not_reach_the_children(tmp_path):
    child = python("import time; time.sleep(60)", tmp_path)
    child.start()

    group = os.getpgid(child.pid)

    processes.stop([child])
    assert group == child.pid != os.getpgid(0)
