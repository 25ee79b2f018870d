"""`zhihui test`: every check there is, the same on a desk and in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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

    Args:
        quick: Leave out what starts windows and servers.
        pytest_arguments: Handed on to pytest.
    """
    results: list[tuple[str, bool, float]] = []
    for check in all_checks(quick=quick):
        extra = tuple(pytest_arguments) if "pytest" in check.command else ()
        started = time.monotonic()
        print(f"\n== {check.name}", flush=True)
        environment = {**os.environ, **dict(check.environment)}
        done = subprocess.run([*check.command, *extra], cwd=ROOT, env=environment, check=False)
        seconds = time.monotonic() - started
        results.append((check.name, done.returncode == 0, seconds))
        print(f"== {check.name}: {seconds:.1f} s", flush=True)
    print("\n" + "-" * min(72, shutil.get_terminal_size().columns))
    for name, passed, seconds in results:
        print(f"{'ok    ' if passed else 'FAILED'}  {name:<24}{seconds:8.1f} s")
    failed = sum(not passed for _, passed, _ in results)
    print(f"checks: {len(results) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
