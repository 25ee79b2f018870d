"""Listens to the force's fixes for how fast the roads are, off the GUI thread."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QThreadPool, QTimer, Signal, Slot

from console.dispatch.roadspeeds import RoadSpeeds
from console.dispatch.streetsnow import StreetsNow
from console.roads import RoadGraph
from console.ui.mirror import Mirror
from console.ui.nearfinder import NearFinder
from console.ui.poolwork import PoolWork

_log = logging.getLogger("zhihui.console")
#: Fixes are taken so often, and what they told is given on every so many times.
LISTEN_MS = 10_000
GIVEN_EVERY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What was learnt of roads that may not be those in use any more.

    Attributes:
        streets: ``None`` where it is not given on yet.
    """

    roads: RoadGraph
    streets: StreetsNow | None


class _Outlet(QObject):
    """Carries outcomes to the watch's thread; held by the work, it outlives the watch.

    Signals:
        ready: A `RoadSpeeds`, or why there is none.
        heard: A `_Heard`, or what went wrong.
    """

    ready = Signal(object)
    heard = Signal(object)

    def give_ready(self, outcome: object) -> None:
        """Give on what learns; called in the pool's thread."""
        self.ready.emit(outcome)

    def give_heard(self, outcome: object) -> None:
        """Give on what was learnt; called in the pool's thread."""
        self.heard.emit(outcome)


class StreetWatch(QObject):
    """Learns from all fixes held, and tells the finder of who is near every minute.

    Signals:
        changed: The `StreetsNow`.
    """

    changed = Signal(object)

    def __init__(self, mirror: Mirror, finder: NearFinder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._finder = mirror, finder
        self._roads: RoadGraph | None = None
        self._speeds: RoadSpeeds | None = None
        self._busy = False
        self._turns = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._outlet = _Outlet()
        self._outlet.ready.connect(self._take_ready, Qt.ConnectionType.QueuedConnection)
        self._outlet.heard.connect(self._take_heard, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self, interval=LISTEN_MS)
        self._timer.timeout.connect(self.listen)
        finder.roads_loaded.connect(self.use_roads)
        self.changed.connect(finder.take_streets)

    def stop(self) -> None:
        """Wait for what is being worked out."""
        self._timer.stop()
        self._pool.waitForDone()

    @Slot(object)
    def use_roads(self, graph: RoadGraph) -> None:
        """Learn of these roads from now on."""
        self._roads, self._speeds = graph, None
        self._pool.start(PoolWork(lambda: RoadSpeeds(graph), self._outlet.give_ready))

    @Slot()
    def listen(self) -> None:
        """Take the fixes that came in since the last time."""
        speeds, force = self._speeds, self._mirror.force
        if speeds is None or force is None or self._busy:
            return
        self._busy, self._turns = True, self._turns + 1
        roster, at = self._finder.roster(), self._mirror.now()
        is_due = self._turns % GIVEN_EVERY == 0

        def work() -> _Heard:
            speeds.take(roster, force, at)
            return _Heard(roads=speeds.graph, streets=speeds.now() if is_due else None)

        self._pool.start(PoolWork(work, self._outlet.give_heard))

    @Slot(object)
    def _take_ready(self, outcome: object) -> None:
        if isinstance(outcome, RoadSpeeds):
            if outcome.graph is self._roads:
                self._speeds = outcome
                self._timer.start()
        elif isinstance(outcome, Exception):
            _log.error("roads cannot be listened to", exc_info=outcome)

    @Slot(object)
    def _take_heard(self, outcome: object) -> None:
        self._busy = False
        if isinstance(outcome, _Heard):
            if outcome.streets is not None and outcome.roads is self._roads:
                self.changed.emit(outcome.streets)
        elif isinstance(outcome, Exception):
            _log.error("how fast roads are could not be learnt", exc_info=outcome)
