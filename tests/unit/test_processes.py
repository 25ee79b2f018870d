import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from console.app.lineage import child_environment, nice_session
from console.app.processes import Child, Family, ProcessError, wait_until
from tests.real_data import ROOT


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        os.sched_yield()
    return False


def test_that_a_child_that_dies_first_is_told_at_once() -> None:
    child = Child(name="the server", arguments=["no-such-command"])
    child.start()
    with pytest.raises(ProcessError, match="the server could not start"):
        wait_until(lambda: False, child, timeout_s=30, log_hint="its log")


def test_that_a_dead_child_is_started_again_after_a_pause() -> None:
    child = Child(name="short-lived", arguments=["--version"])
    family = Family()
    family.start(child)
    first = child.process
    assert first is not None
    first.wait(60)
    now = time.monotonic()
    family.look_after(now)
    family.look_after(now + 0.1)
    assert child.process is first
    family.look_after(now + 60)
    assert child.process is not first
    family.stop()
    assert not child.is_running


def test_that_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, signal\n"
        "from console.app.lineage import child_environment\n"
        "follow = 'import os, signal; from console.app.lineage import follow_parent; '\n"
        "follow += 'follow_parent(os.environ); print(os.getpid(), flush=True); signal.pause()'\n"
        "subprocess.Popen([sys.executable, '-c', follow], env=child_environment(nice=0),\n"
        "    start_new_session=True)\n"
        "signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait(60)
    assert until(lambda: not alive(child))


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="sessions are no groups")
def test_that_the_session_of_a_nice_child_is_nice_too() -> None:
    script = (
        "import os; from console.app.lineage import follow_parent; follow_parent(os.environ); "
        "print(os.nice(0), open('/proc/self/autogroup').read())"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], env=child_environment(nice=7), cwd=ROOT,
        start_new_session=True, capture_output=True, text=True, check=True, timeout=60,
    ).stdout.split()  # fmt: skip
    assert told[0] == str(min(os.nice(0) + 7, 19))  # on top of what we are
    assert told[-1] == "7"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="sessions are no groups")
def test_that_a_session_that_others_lead_is_left_alone() -> None:
    before = Path("/proc/self/autogroup").read_text()
    assert os.getsid(0) == os.getpid() or not nice_session(3)
    assert Path("/proc/self/autogroup").read_text() == before


def test_that_what_central_keeps_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "console.app", "central", "--home", str(home)]
        ended = subprocess.run([*command, "--port", port], cwd=ROOT, check=False, timeout=60)
    assert ended.returncode == 2
    for kept in (home, home / "logs", home / "logs" / "central.log"):
        assert kept.stat().st_mode & 0o077 == 0, kept


def test_that_an_end_on_purpose_is_not_a_crash() -> None:
    child = Child(name="closed", arguments=["--version"], ends_on=frozenset({0}))
    family = Family()
    family.start(child)
    assert child.process is not None
    first = child.process
    first.wait(60)
    assert child.has_ended
    now = time.monotonic()
    for later in (0.0, 60.0, 120.0):
        family.look_after(now + later)
    assert child.process is first
