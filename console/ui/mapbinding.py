"""Joins the map's feed to the mirror: what differs there is shown here, a few times a second."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from console.dispatch.near import NearUnit
from console.dispatch.reach import ReachRing
from console.ui.mapfeed import MapFeed, NearMark
from console.ui.mapposts import posts_of
from console.ui.mapreach import Reach, ReachFinder
from console.ui.mapsprites import MapLayer
from console.ui.mirror import Mirror
from console.ui.near import NearFinder, NearFound, NearState, badge_text

#: Rows that change are gathered for so long before the map is told.
GATHER_MS = 200
NEAR_SHOWN = 5
#: More changed units than this are taken as a new list.
MANY = 500


class MapBinding(QObject):
    """Follows a mirror on behalf of a map's feed."""

    def __init__(self, mirror: Mirror, feed: MapFeed, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._feed = mirror, feed
        self._units: set[str] = set()
        self._stale: set[MapLayer] = set()
        self._finder: NearFinder | None = None
        self._near: tuple[NearUnit, ...] = ()
        self._first: tuple[float | None, ...] = ()
        self._near_to = ""
        self._reach: tuple[ReachRing, ...] = ()
        self._reach_asked: tuple[str, float, float] | None = None
        self._reaches = ReachFinder(self)
        self._reaches.found.connect(self._take_reach)
        self._gather = QTimer(self)
        self._gather.setSingleShot(True)
        self._gather.setInterval(GATHER_MS)
        self._gather.timeout.connect(self._tell)
        mirror.positions_changed.connect(feed.set_force)
        mirror.units_changed.connect(self._note_units)
        mirror.cameras_changed.connect(self._noter(MapLayer.CAMERAS))
        mirror.incidents_changed.connect(self._noter(MapLayer.INCIDENTS))
        mirror.tables_changed.connect(self._note_tables)
        self._stale = set(MapLayer)
        self._tell()
        if mirror.force is not None:
            feed.set_force(mirror.force)

    def follow_near(self, finder: NearFinder) -> None:
        """Number the units the finder finds, and draw what a vehicle reaches in five minutes."""
        self._finder = finder
        finder.found.connect(self._take_near)
        finder.state_changed.connect(self._take_near_state)

    def stop(self) -> None:
        """Wait for what is being worked out."""
        self._reaches.stop()

    def _take_near(self, found: NearFound) -> None:
        graph = self._finder.roads_now if self._finder is not None else None
        asked = (found.incident, found.lat, found.lon)
        if graph is not None and asked != self._reach_asked:
            self._reach_asked = asked
            self._reach = ()
            self._reaches.find(found.incident, graph, found.lat, found.lon)
        self._near, self._near_to = tuple(found.units[:NEAR_SHOWN]), found.incident
        self._first = found.first[:NEAR_SHOWN]
        self._show_near()

    def _take_near_state(self, state: int) -> None:
        if state in (NearState.NOTHING_PICKED, NearState.NO_PLACE, NearState.NONE_FREE):
            self._near = self._first = ()
            if state != NearState.NONE_FREE:
                self._reach, self._reach_asked = (), None
            self._show_near()

    def _take_reach(self, reach: Reach) -> None:
        if self._reach_asked is not None and self._reach_asked[0] == reach.incident:
            self._reach = reach.rings
            self._show_near()

    def _show_near(self) -> None:
        marks = [
            NearMark(unit=row.unit, rank=rank, text=badge_text(row, first))
            for rank, (row, first) in enumerate(zip(self._near, self._first, strict=True), start=1)
        ]
        self._feed.set_near(marks, self._reach, incident=self._near_to)

    def _noter(self, layer: MapLayer) -> Callable[[list[str]], None]:
        def note(_ids: list[str]) -> None:
            self._stale.add(layer)
            self._gather_more()

        return note

    def _note_tables(self, kind: str, _ids: list[str]) -> None:
        if kind == "command_post":
            self._stale.add(MapLayer.INCIDENTS)
            self._gather_more()

    def _note_units(self, ids: list[str]) -> None:
        self._units.update(ids)
        self._gather_more()

    def _gather_more(self) -> None:
        if not self._gather.isActive():
            self._gather.start()

    def _tell(self) -> None:
        if MapLayer.UNITS in self._stale or len(self._units) > MANY:
            self._feed.set_units(self._mirror.units())
        elif self._units:
            known = (self._mirror.unit(unit) for unit in self._units)
            self._feed.update_units([unit for unit in known if unit is not None])
        if MapLayer.CAMERAS in self._stale:
            self._feed.set_cameras(self._mirror.cameras())
        if MapLayer.INCIDENTS in self._stale:
            self._feed.set_incidents(self._mirror.open_incidents())
            self._feed.set_posts(posts_of(self._mirror))
        self._units.clear()
        self._stale.clear()
