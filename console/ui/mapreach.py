"""Works out the reach rings of the picked incident, off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal

from console.dispatch.reach import ReachRing, reach_rings
from console.roads import RoadGraph

#: The rings show from where a vehicle comes within these times.
REACH_S = (600.0, 300.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What can be reached in time round an incident, the widest ring first."""

    incident: str
    rings: tuple[ReachRing, ...]


class _Work(QRunnable):
    """Works out one ring in a thread of the pool."""

    def __init__(self, work: Callable[[], Reach], done: Callable[[Reach], None]) -> None:
        super().__init__()
        self._work, self._done = work, done

    def run(self) -> None:
        """Do it."""
        self._done(self._work())


class ReachFinder(QObject):
    """Works out one ring at a time; of those asked for meanwhile only the last.

    Signals:
        found: The `Reach`.
    """

    found = Signal(object)
    _worked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._busy = False
        self._next: tuple[str, RoadGraph, float, float] | None = None
        self._worked.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def find(self, incident: str, graph: RoadGraph, lat: float, lon: float) -> None:
        """Work out the ring of an incident, at once or after the one under way."""
        self._next = (incident, graph, lat, lon)
        if not self._busy:
            self._start()

    def stop(self) -> None:
        """Wait for what is being worked out and start nothing more."""
        self._next = None
        self._pool.waitForDone()

    def _start(self) -> None:
        if self._next is None:
            return
        incident, graph, lat, lon = self._next
        self._next, self._busy = None, True

        def work() -> Reach:
            return Reach(incident=incident, rings=reach_rings(graph, lat, lon, REACH_S))

        self._pool.start(_Work(work, self._worked.emit))

    def _take(self, reach: Reach) -> None:
        self._busy = False
        if self._next is None:
            self.found.emit(reach)
        self._start()
