"""Replay of positions: trails fetched from central, shown in the place of the live force."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot

from console.domain.errors import ZhihuiError
from console.tracking import ForceColumns
from console.tracking.columns import empty_columns
from console.tracking.trails import Replayer, Trail
from console.ui.mapfeed import MapFeed
from console.ui.mirror import Mirror
from console.ui.reasons import reason_text

HOUR_MS = 3_600_000


class TrailSource(Protocol):
    """Gives trails to come."""

    def trails(
        self,
        from_ms: int,
        to_ms: int,
        *,
        unit: int | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> Future[list[Trail]]:
        """Return the trails to come, one a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayState:
    """What the time bar shows.

    Attributes:
        is_on: Whether the past is shown in the place of the present.
        is_loading: Whether trails are on their way.
        begins_ms: Where the bar begins, Unix milliseconds.
        ends_ms: Where it ends.
        at_ms: The time shown.
        units: How many units have a trail in it.
    """

    is_on: bool = False
    is_loading: bool = False
    begins_ms: int = 0
    ends_ms: int = 0
    at_ms: int = 0
    units: int = 0


class MapReplay(QObject):
    """Shows one stretch of the past on a map's feed, and gives the present back.

    Signals:
        changed: The `ReplayState`.
        trail_changed: Latitude and longitude of each place of a unit's trail, a list.
        failed: A sentence: why there are no trails.
    """

    changed = Signal(object)
    trail_changed = Signal(object)
    failed = Signal(str)
    _came = Signal(int, object)
    _trail_came = Signal(str, object)

    def __init__(
        self, mirror: Mirror, feed: MapFeed, source: TrailSource, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._mirror, self._feed, self._source = mirror, feed, source
        self._replayer: Replayer | None = None
        self._asked = 0
        self._traced = ""
        self.state = ReplayState()
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._trail_came.connect(self._take_trail, Qt.ConnectionType.QueuedConnection)

    def open(self, ends_ms: int | None = None, hours: float = 1.0) -> None:
        """Fetch a stretch of the past and show its end.

        Args:
            ends_ms: Where it ends, Unix milliseconds; ``None`` for now.
            hours: How long it is, at most three.
        """
        end = ends_ms if ends_ms is not None else int(self._mirror.now().timestamp() * 1000)
        begin = end - round(hours * HOUR_MS)
        self._asked += 1
        number = self._asked
        self._say(ReplayState(is_loading=True, begins_ms=begin, ends_ms=end, at_ms=end))
        self._source.trails(begin, end).add_done_callback(
            lambda done: self._came.emit(number, _outcome(done))
        )

    def seek(self, at_ms: int) -> None:
        """Show where everybody was at a time."""
        if self._replayer is None:
            return
        at = min(max(at_ms, self.state.begins_ms), self.state.ends_ms)
        self._feed.show_past(_columns(self._replayer, at), at)
        self._say(
            ReplayState(
                is_on=True, begins_ms=self.state.begins_ms, ends_ms=self.state.ends_ms, at_ms=at,
                units=self.state.units,
            )
        )  # fmt: skip

    def close(self) -> None:
        """Show the present again."""
        self._asked += 1
        self._replayer = None
        self._feed.show_present()
        self._say(ReplayState())

    def trace(self, unit_id: str, hours: float = 0.5) -> None:
        """Fetch the trail of one unit, up to the time shown; an empty id takes it away."""
        self._traced = unit_id
        unit = self._mirror.unit(unit_id) if unit_id else None
        if unit is None:
            self.trail_changed.emit([])
            return
        now_ms = int(self._mirror.now().timestamp() * 1000)
        end = self.state.at_ms if self.state.is_on else now_ms
        self._source.trails(end - round(hours * HOUR_MS), end, unit=unit.no).add_done_callback(
            lambda done: self._trail_came.emit(unit_id, _outcome(done))
        )

    @Slot(int, object)
    def _take(self, number: int, outcome: object) -> None:
        if number != self._asked:
            return
        if isinstance(outcome, str):
            self._replayer = None
            self._say(ReplayState())
            if outcome:
                self.failed.emit(
                    self.tr("The past cannot be shown: {0}").format(reason_text(outcome))
                )
            return
        trails: list[Trail] = outcome if isinstance(outcome, list) else []
        if not trails:
            self._say(ReplayState())
            self.failed.emit(self.tr("Central has no positions of that time."))
            return
        self._replayer = Replayer(trails)
        state = self.state
        self.state = ReplayState(
            begins_ms=state.begins_ms, ends_ms=state.ends_ms, at_ms=state.at_ms, units=len(trails)
        )
        self.seek(state.at_ms)

    @Slot(str, object)
    def _take_trail(self, unit_id: str, outcome: object) -> None:
        if unit_id != self._traced or not isinstance(outcome, list):
            return
        trail: Trail | None = outcome[0] if outcome else None
        points = [] if trail is None else np.column_stack([trail.lat, trail.lon]).tolist()
        self.trail_changed.emit(points)

    def _say(self, state: ReplayState) -> None:
        self.state = state
        self.changed.emit(state)


def _outcome(done: Future[list[Trail]]) -> list[Trail] | str:
    """Return the trails, or why there are none; runs in the thread that fetched them."""
    try:
        return done.result()
    except CancelledError:
        return ""
    except (ZhihuiError, OSError) as error:
        return str(error)


def _columns(replayer: Replayer, at_ms: int) -> ForceColumns:
    """Return the force as it was at a time."""
    nos, t_ms, lat, lon = replayer.at(at_ms)
    columns = empty_columns(int(nos.max()) + 1 if len(nos) else 0)
    columns.lat[nos], columns.lon[nos], columns.t_ms[nos] = lat, lon, t_ms
    return columns


def moment(at_ms: int) -> datetime:
    """Return a time of the bar, aware UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
