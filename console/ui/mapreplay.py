"""Replay of positions: trails fetched from central, shown in the place of the live force."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot

from console.domain.errors import ZhihuiError
from console.geo.polygons import in_ring
from console.tracking import ForceColumns
from console.tracking.columns import empty_columns
from console.tracking.trails import Replayer, Trail
from console.ui.mapfeed import MapFeed
from console.ui.mirror import Mirror
from console.ui.reasons import reason_text

HOUR_MS = 3_600_000
#: So many trails have colours that people tell apart.
MOST_KEPT = 7


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
        place: Name of the area whose visitors alone are shown, none for everybody.
    """

    is_on: bool = False
    is_loading: bool = False
    begins_ms: int = 0
    ends_ms: int = 0
    at_ms: int = 0
    units: int = 0
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlace:
    """An area whose visitors alone are shown.

    Attributes:
        outline: Corners, WGS-84, not closed.
    """

    name: str
    outline: tuple[tuple[float, float], ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """South, west, north and east."""
        lats, lons = zip(*self.outline, strict=True)
        return min(lats), min(lons), max(lats), max(lons)

    def visited(self, trails: list[Trail], from_ms: int, to_ms: int) -> list[Trail]:
        """Return the trails that have a fix inside between two times, whole."""
        ring = np.array(self.outline, float)
        return [
            trail
            for trail in trails
            if len(part := trail.between(from_ms, to_ms))
            and bool(in_ring(part.lat, part.lon, ring).any())
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrail:
    """The way of one unit.

    Attributes:
        name: Its call sign.
        colour: Number of the colour that tells it from the others, 0 for the picked unit.
        points: Latitude and longitude of each place.
    """

    name: str
    colour: int
    points: list[list[float]]


class MapReplay(QObject):
    """Shows one stretch of the past on a map's feed, and gives the present back.

    Signals:
        changed: The `ReplayState`.
        trails_changed: List of `ShownTrail`: of the picked unit, and of those kept beside it.
        failed: A sentence: why there are no trails.
    """

    changed = Signal(object)
    trails_changed = Signal(object)
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
        self._place: ReplayPlace | None = None
        self._picked = ""
        self._kept: dict[str, int] = {}
        self._points: dict[str, list[list[float]]] = {}
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
        place = self._place
        self._say(
            ReplayState(
                is_loading=True, begins_ms=begin, ends_ms=end, at_ms=end,
                place="" if place is None else place.name,
            )
        )  # fmt: skip
        self._source.trails(begin, end, box=None if place is None else place.box).add_done_callback(
            lambda done: self._came.emit(number, _outcome(done, place, begin, end))
        )

    def open_at(
        self, place: ReplayPlace | None, ends_ms: int | None = None, hours: float = 1.0
    ) -> None:
        """Fetch a stretch of the past with those alone who were at a place; ``None`` for all."""
        self._place = place
        self.open(ends_ms, hours)

    def seek(self, at_ms: int) -> None:
        """Show where everybody was at a time."""
        if self._replayer is None:
            return
        at = min(max(at_ms, self.state.begins_ms), self.state.ends_ms)
        self._feed.show_past(_columns(self._replayer, at), at)
        self._say(replace(self.state, is_on=True, is_loading=False, at_ms=at))

    def close(self) -> None:
        """Show the present again."""
        self._asked += 1
        self._replayer = self._place = None
        self._feed.show_present()
        self._say(ReplayState())

    def trace(self, unit_id: str) -> None:
        """Fetch the trail of the picked unit, up to the time shown; an empty id takes it away."""
        before, self._picked = self._picked, unit_id
        if before not in self._kept:
            self._points.pop(before, None)
        self._fetch(unit_id)

    def keep(self, unit_id: str = "") -> None:
        """Keep the trail of a unit beside others, or let go of it.

        Args:
            unit_id: Its id; none for the unit that was picked last.
        """
        unit = unit_id or self._picked
        if not unit:
            return
        if unit in self._kept:
            del self._kept[unit]
            if unit != self._picked:
                self._points.pop(unit, None)
            self._say_trails()
        elif len(self._kept) >= MOST_KEPT:
            self.failed.emit(
                self.tr("{0} trails are kept beside each other at most; let go of one first.")
                .format(MOST_KEPT)
            )  # fmt: skip
        else:
            used = set(self._kept.values())
            self._kept[unit] = next(no for no in range(1, MOST_KEPT + 1) if no not in used)
            self._fetch(unit)

    def _fetch(self, unit_id: str, hours: float = 0.5) -> None:
        unit = self._mirror.unit(unit_id) if unit_id else None
        if unit is None:
            self._say_trails()
            return
        now_ms = int(self._mirror.now().timestamp() * 1000)
        state = self.state
        begin, end = now_ms - round(hours * HOUR_MS), now_ms
        if state.is_on:
            begin, end = state.begins_ms, state.at_ms
        self._source.trails(begin, max(end, begin), unit=unit.no).add_done_callback(
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
            self.failed.emit(
                self.tr("Nobody was there in that time.")
                if self._place is not None
                else self.tr("Central has no positions of that time.")
            )
        self._replayer = Replayer(trails)
        self.state = replace(self.state, units=len(trails))
        self.seek(self.state.at_ms)
        for unit_id in {*self._kept, self._picked} - {""}:
            self._fetch(unit_id)

    @Slot(str, object)
    def _take_trail(self, unit_id: str, outcome: object) -> None:
        is_wanted = unit_id == self._picked or unit_id in self._kept
        if not is_wanted or not isinstance(outcome, list):
            return
        trail: Trail | None = outcome[0] if outcome else None
        points = [] if trail is None else np.column_stack([trail.lat, trail.lon]).tolist()
        self._points[unit_id] = points
        self._say_trails()

    def _say_trails(self) -> None:
        shown = []
        for unit_id in dict.fromkeys((*self._kept, self._picked)):
            points, unit = self._points.get(unit_id), self._mirror.unit(unit_id)
            if points and unit is not None:
                colour = self._kept.get(unit_id, 0)
                shown.append(ShownTrail(name=unit.call_sign, colour=colour, points=points))
        self.trails_changed.emit(shown)

    def _say(self, state: ReplayState) -> None:
        self.state = state
        self.changed.emit(state)


def _outcome(
    done: Future[list[Trail]],
    place: ReplayPlace | None = None,
    from_ms: int = 0,
    to_ms: int = 0,
) -> list[Trail] | str:
    """Return the trails, or why there are none; runs in the thread that fetched them."""
    try:
        trails = done.result()
    except CancelledError:
        return ""
    except (ZhihuiError, OSError) as error:
        return str(error)
    return trails if place is None else place.visited(trails, from_ms, to_ms)


def _columns(replayer: Replayer, at_ms: int) -> ForceColumns:
    """Return the force as it was at a time."""
    nos, t_ms, lat, lon = replayer.at(at_ms)
    columns = empty_columns(int(nos.max()) + 1 if len(nos) else 1)
    columns.lat[nos], columns.lon[nos], columns.t_ms[nos] = lat, lon, t_ms
    return columns


def moment(at_ms: int) -> datetime:
    """Return a time of the bar, aware UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
