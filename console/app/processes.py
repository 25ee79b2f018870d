"""Starting, watching and stopping the processes of `zhihui run`."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from console.app.lineage import child_environment
from console.domain.errors import ZhihuiError

_log = logging.getLogger("zhihui.run")
#: A process that dies sooner than this after its start has something wrong with its settings.
EARLY_DEATH_S = 3.0
MAX_PAUSE_S = 30.0


class ProcessError(ZhihuiError):
    """A process that is needed did not come up, or died; says which and where its log is."""


@dataclass(slots=True, kw_only=True)
class Child:
    """One process of ours.

    Attributes:
        name: What a person calls it.
        arguments: Arguments of `python -m console.app`.
        nice: Added to its niceness.
        ends_on: Exit statuses that are an end on purpose; after any other it is started again.
        environment: Variables set on top of ours.
    """

    name: str
    arguments: Sequence[str]
    nice: int = 0
    ends_on: frozenset[int] = frozenset()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    due_at: float = field(default=0.0)

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def has_ended(self) -> bool:
        """Whether the process ended on purpose."""
        return self.process is not None and self.process.poll() in self.ends_on

    def start(self) -> None:
        """Start the process; it dies with us, whatever kills us."""
        command = [*_ourselves(), *self.arguments]
        environment = {**child_environment(nice=self.nice), **self.environment}
        self.process = subprocess.Popen(command, env=environment, start_new_session=True)
        self.started_at = time.monotonic()
        _log.info("started %s (pid %d)", self.name, self.process.pid)

    def ask_to_end(self) -> None:
        """Ask the process to end, if it lives."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, *, timeout_s: float) -> None:
        """Ask the process to end, and end it when it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.ask_to_end()
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _log.warning("%s did not stop within %.0f s and was killed", self.name, timeout_s)
            self.process.kill()
            self.process.wait()


def _ourselves() -> list[str]:
    """Return how this program is started: a bundle is its own command, else the module."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "console.app"]


class Family:
    """The processes of one run: started in order, restarted when they die; the first ends last."""

    def __init__(self, *, stop_timeout_s: float = 10.0) -> None:
        self._children: list[Child] = []
        self._stop_timeout_s = stop_timeout_s

    @property
    def children(self) -> tuple[Child, ...]:
        """The processes, in the order they were started."""
        return tuple(self._children)

    def start(self, child: Child) -> Child:
        """Start a process and keep it."""
        child.start()
        self._children.append(child)
        return child

    def look_after(self, now: float) -> None:
        """Start again what has died, each time after a longer pause.

        Args:
            now: The monotonic clock, seconds.
        """
        for child in self._children:
            if child.process is None or child.is_running or child.has_ended:
                continue
            if child.due_at == 0.0:
                lived = now - child.started_at
                child.deaths = child.deaths + 1 if lived < MAX_PAUSE_S else 1
                pause = min(MAX_PAUSE_S, 0.5 * 2**child.deaths)
                child.due_at = now + pause
                _log.warning(
                    "%s ended by itself (exit %s); it is started again in %.0f s",
                    child.name,
                    child.process.returncode,
                    pause,
                )
            elif now >= child.due_at:
                child.due_at = 0.0
                child.start()

    def stop(self) -> None:
        """Stop everything: those that lean on the first all at once, then the first."""
        dependent = self._children[:0:-1]
        for child in dependent:
            child.ask_to_end()
        for child in (*dependent, *self._children[:1]):
            child.stop(timeout_s=self._stop_timeout_s)


def wait_until(
    ready: Callable[[], bool],
    child: Child,
    *,
    timeout_s: float,
    log_hint: str,
    poll_s: float = 0.05,
) -> None:
    """Wait until ``ready()``.

    Raises:
        ProcessError: The process died first, or it took longer than ``timeout_s``.
    """
    end = time.monotonic() + timeout_s
    while not ready():
        if not child.is_running:
            raise ProcessError(
                f"{child.name} could not start; it said why above, and in {log_hint}."
            )
        if time.monotonic() > end:
            raise ProcessError(
                f"{child.name} was not ready after {timeout_s:.0f} s. See {log_hint}."
            )
        time.sleep(poll_s)
