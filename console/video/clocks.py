"""Which points' clocks are read when, and whether they are wrong, until they are read again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from zlib import crc32

from console.domain.ids import CameraId
from console.video.clock import is_wrong

#: A clock is read at one look of so many; where none was found, at one of more.
_EVERY, _EVERY_WITHOUT = 10, 40
#: A clock is first looked for at these looks, never at the very first: a reading takes as long as
#: the rest of a visit, and the first round is to show every point soon.
_FIRST_TRIES = frozenset({1, 4, 9, 16})
#: Points begin to count apart, so that no round has to read all clocks.
_APART = 8


class Clocks:
    """Remembers for each point what was last read.

    Attributes:
        zone: Of the cameras' clocks; this machine's own where ``None``.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self.zone = zone
        self._looks: dict[CameraId, int] = {}
        self._wrong: dict[CameraId, bool] = {}

    def is_due(self, point: CameraId, *, doubtful: bool) -> bool:
        """Whether a point's clock is to be read at its next look."""
        looks = self._looks.get(point, 0) - crc32(point.encode()) % _APART
        if doubtful or looks in _FIRST_TRIES:
            return True
        return looks > 0 and looks % (_EVERY if point in self._wrong else _EVERY_WITHOUT) == 0

    def note(self, point: CameraId, reading: datetime | None, at: datetime) -> bool:
        """Take what one look has read, and return whether the clock is known to be wrong.

        Args:
            point: Which.
            reading: As written, without a zone; ``None`` where nothing was or could be read.
            at: When the picture was taken, aware UTC.
        """
        self._looks[point] = self._looks.get(point, 0) + 1
        if reading is not None:
            local = at.astimezone(self.zone).replace(tzinfo=None)
            self._wrong[point] = is_wrong(reading, local)
        return self._wrong.get(point, False)

    def keep_only(self, points: Iterable[CameraId]) -> None:
        """Forget the points that are gone."""
        kept = set(points)
        self._looks = {point: one for point, one in self._looks.items() if point in kept}
        self._wrong = {point: one for point, one in self._wrong.items() if point in kept}
