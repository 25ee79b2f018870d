"""What happened at an area before what this console keeps: asked of central, page by page."""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError, Future
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot

from console.domain.areas import AreaEvent
from console.domain.errors import ZhihuiError
from console.ui.mirror import Mirror
from console.ui.outcomes import outcome_of

_LOG = logging.getLogger("zhihui.map")
#: So many are asked for at once.
PAGE = 50


class AreaEventSource(Protocol):
    """Gives what happened at areas."""

    def area_events(self, area: str, before: str, limit: int) -> Future[list[AreaEvent]]:
        """Return what happened before an event, the newest first, to come."""


class AreaPast(QObject):
    """Asks for older events of one area at a time.

    Signals:
        changed: Id of the area of which more is known, or not to be had.
    """

    changed = Signal(str)
    _came = Signal(str, object)

    def __init__(
        self, mirror: Mirror, source: AreaEventSource, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._mirror, self._source = mirror, source
        self._area = ""
        self._events: list[AreaEvent] = []
        self._is_asking = False
        self.is_whole = self.is_refused = False
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def begin(self, area: str) -> None:
        """Forget what was asked of another area."""
        if area != self._area:
            self._area, self._events = area, []
            self.is_whole = self.is_refused = self._is_asking = False

    def after(self, recent: list[AreaEvent]) -> list[AreaEvent]:
        """Return what is held here, the newest first, and what central has told before it."""
        held = {one.id for one in recent}
        return recent + [one for one in self._events if one.id not in held]

    def ask(self, last: AreaEvent | None) -> None:
        """Ask for what was before an event, or for the newest; `changed` follows."""
        link = self._mirror.link
        if self._is_asking:
            return
        if link is None or not link.is_live:
            self.is_refused = True
            self.changed.emit(self._area)
            return
        self._is_asking = True
        area = self._area
        asked = self._source.area_events(area, "" if last is None else last.id, PAGE)
        asked.add_done_callback(lambda done: self._came.emit(area, outcome_of(done)))

    @Slot(str, object)
    def _take(self, area: str, outcome: object) -> None:
        if area != self._area:
            return
        self._is_asking = False
        if isinstance(outcome, list):
            known = {one.id for one in self._events}
            self._events += [one for one in outcome if one.id not in known]
            self.is_whole, self.is_refused = len(outcome) < PAGE, False
        elif isinstance(outcome, ZhihuiError | CancelledError):
            _LOG.info("older events of an area did not come: %s", outcome)
            self.is_refused = True
        elif isinstance(outcome, BaseException):
            raise outcome
        self.changed.emit(area)
