"""`zhihui test`: every check there is, the same on a desk and in CI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: More tests than this do not fail by chance: the step has failed.
MOST_UNSTEADY = 3
#: What pytest returns when it ran to the end and tests failed (`pytest.ExitCode.TESTS_FAILED`).
TESTS_FAILED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One step of the checks.

    Attributes:
        name: What it is called in the summary.
        command: What is run, in the checkout's root.
        environment: Variables set on top of ours.
    """

    name: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


class Outcome(NamedTuple):
    """What became of a step: its name, whether it passed, seconds, and its unsteady tests."""

    name: str
    passed: bool
    seconds: float
    unsteady: tuple[str, ...]


def all_checks(*, quick: bool) -> list[Check]:
    """Return the steps in order; ``quick`` leaves out those that start windows and servers."""
    python = sys.executable
    tools = Path(python).parent
    cores = os.cpu_count() or 1
    # A worker that hangs in a library's own code ends and is named; the other tests go on.
    shared = ("--dist", "worksteal", "--timeout-method", "thread")
    workers = ("-n", str(min(4, cores)), *shared)
    # A third of a unit test's time is waiting for a server or a thread: one worker more uses it.
    waiting = ("-n", str(min(5, cores + 1)), *shared)
    tests = (python, "-m", "pytest", "-q", "--durations", "5", "--durations-min", "5")
    offscreen, screen = (("QT_QPA_PLATFORM", "offscreen"),), (("QT_QPA_PLATFORM", "xcb"),)
    steps = [
        Check(name="format", command=(str(tools / "ruff"), "format", "--check", "-q", ".")),
        Check(name="lint", command=(str(tools / "ruff"), "check", "-q", ".")),
        Check(name="types", command=(python, "-m", "mypy")),
        Check(name="floors", command=(str(tools / "lint-imports"), "--no-logo")),
        Check(
            name="unit",
            command=(*tests, "tests/unit", *waiting, "--no-xvfb",
                     "-m", "not xvfb and not e2e and not soak"),
            environment=offscreen,
        ),
    ]  # fmt: skip
    if not quick:
        steps += [
            Check(
                name="crash and fuzz",
                command=(*tests, "tests/crash", *workers, "--no-xvfb", "-m", "not soak"),
                environment=offscreen,
            ),
            Check(
                name="windows",  # a screen of its own for every worker
                command=(*tests, "tests/unit", *workers, "-m", "xvfb and not soak"),
                environment=screen,
            ),
            Check(
                name="end to end",  # each starts a whole city: one after the other
                command=(*tests, "tests/e2e", "-m", "not soak"),
                environment=screen,
            ),
            Check(name="bundle", command=(*tests, "tests/bundle"), environment=screen),
        ]
    return steps


def run_checks(*, quick: bool, pytest_arguments: Sequence[str]) -> int:
    """Run the checks; returns 0 when every one passed.

    Tests of real servers, windows and browsers share a machine with whoever else is on it. A few
    that fail are tried once more, alone and in a new process, and are told as unsteady when they
    pass: that is a fault to be mended, and not one of the change that is checked. What fails
    twice, more than `MOST_UNSTEADY` of one step, or a run that breaks off fails the checks.

    Args:
        quick: Leave out what starts windows and servers.
        pytest_arguments: Handed on to pytest.
    """
    results: list[Outcome] = []
    for check in all_checks(quick=quick):
        started = time.monotonic()
        print(f"\n== {check.name}", flush=True)
        passed, unsteady = run_check(check, pytest_arguments)
        seconds = time.monotonic() - started
        results.append(Outcome(check.name, passed, seconds, unsteady))
        print(f"== {check.name}: {seconds:.1f} s", flush=True)
    print("\n" + "-" * min(72, shutil.get_terminal_size().columns))
    for one in results:
        print(f"{'ok    ' if one.passed else 'FAILED'}  {one.name:<24}{one.seconds:8.1f} s")
        for test in one.unsteady:
            print(f"        unsteady, passed when tried again: {test}")
    failed = sum(not one.passed for one in results)
    shaky = sum(len(one.unsteady) for one in results)
    told = f", {shaky} tests unsteady" if shaky else ""
    print(f"checks: {len(results) - failed} passed, {failed} failed{told}", flush=True)
    return 1 if failed else 0


def run_check(check: Check, pytest_arguments: Sequence[str]) -> tuple[bool, tuple[str, ...]]:
    """Run a step; returns whether it passed, and the tests that did only when tried again.

    Args:
        check: The step.
        pytest_arguments: Who hands any on to pytest looks for something: nothing is tried again.
    """
    environment = {**os.environ, **dict(check.environment)}
    if "pytest" not in check.command or pytest_arguments:
        command = (*check.command, *(pytest_arguments if "pytest" in check.command else ()))
        return _status(command, environment) == 0, ()
    with tempfile.TemporaryDirectory(prefix="zhihui-checks-") as cache:
        command = (*check.command, "-o", f"cache_dir={cache}")
        status = _status(command, environment)
        failed = failed_tests(Path(cache)) if status == TESTS_FAILED else ()
        if not 0 < len(failed) <= MOST_UNSTEADY:
            return status == 0, ()
        print(f"\n== {check.name}: tried once more, alone: {', '.join(failed)}", flush=True)
        again = (*command, "--last-failed", "--last-failed-no-failures", "none", "-n", "0")
        return (True, failed) if _status(again, environment) == 0 else (False, ())


def _status(command: Sequence[str], environment: Mapping[str, str]) -> int:
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def failed_tests(cache: Path) -> tuple[str, ...]:
    """Return the tests that failed in the run that left ``cache``, pytest's own, in order."""
    kept = cache / "v" / "cache" / "lastfailed"
    return tuple(sorted(json.loads(kept.read_text(encoding="utf-8")))) if kept.exists() else ()
