"""What the sweep last found at each camera point, put on the map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QObject, QTimer

from console.domain.ids import CameraId
from console.ui.mapfeed import MapFeed
from console.ui.mapsprites import CameraState
from console.video.looks import SweepLook
from console.video.trouble import Trouble

#: How often the sweep's findings are read.
READ_MS = 5000
#: Looks are written in groups a little after they were had; so far back is read again.
OVERLAP = timedelta(seconds=30)
_FAULTS = frozenset({Trouble.GARBAGE, Trouble.UNSUPPORTED, Trouble.NO_PICTURE, Trouble.LOST})


class LookSource(Protocol):
    """The sweep's looks."""

    def states(self, since: datetime | None = None) -> Sequence[SweepLook]:
        """Return the state of every point visited since then."""


def state_of(look: SweepLook) -> CameraState:
    """Return what a look says of a camera; one that had no room for us is not judged."""
    if look.trouble is Trouble.BUSY:
        return CameraState.UNKNOWN
    if look.trouble is not None:
        return CameraState.FAULTY if look.trouble in _FAULTS else CameraState.OFFLINE
    return CameraState.FAULTY if look.findings else CameraState.GOOD


class CameraStates(QObject):
    """Reads the sweep's looks every few seconds on behalf of a map's feed."""

    def __init__(self, looks: LookSource, feed: MapFeed, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looks, self._feed = looks, feed
        self._states: dict[CameraId, CameraState] = {}
        self._newest: datetime | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(READ_MS)
        self._timer.timeout.connect(self.read)
        self._timer.start()
        self.read()

    def read(self) -> None:
        """Take what the sweep has found since it was last read."""
        since = None if self._newest is None else self._newest - OVERLAP
        looks = self._looks.states(since)
        if not looks:
            return
        self._newest = max(look.visited_at for look in looks)
        self._states |= {look.point: state_of(look) for look in looks}
        self._feed.set_camera_states(self._states)
