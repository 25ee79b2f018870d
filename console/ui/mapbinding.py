"""Joins the map's feed to the mirror: what differs there is shown here, a few times a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer

from console.dispatch.near import NearUnit
from console.ui.mapfeed import MapFeed, NearMark
from console.ui.mapsprites import MapLayer
from console.ui.mirror import Mirror

#: Rows that change are gathered for so long before the map is told.
GATHER_MS = 100
NEAR_SHOWN = 5
#: More changed units than this are taken as a new list.
MANY = 500


def minutes_text(seconds: float | None) -> str:
    """Return road time for a badge: "0.4′", "3.4′", "12′"; "?" when there is no way known."""
    if seconds is None:
        return "?"
    minutes = seconds / 60
    return f"{minutes:.1f}′" if minutes < 10 else f"{minutes:.0f}′"


class MapBinding(QObject):
    """Follows a mirror on behalf of a map's feed."""

    def __init__(self, mirror: Mirror, feed: MapFeed, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._feed = mirror, feed
        self._units: set[str] = set()
        self._stale: set[MapLayer] = set()
        self._gather = QTimer(self)
        self._gather.setSingleShot(True)
        self._gather.setInterval(GATHER_MS)
        self._gather.timeout.connect(self._tell)
        mirror.positions_changed.connect(feed.set_force)
        mirror.units_changed.connect(self._note_units)
        mirror.cameras_changed.connect(self._noter(MapLayer.CAMERAS))
        mirror.incidents_changed.connect(self._noter(MapLayer.INCIDENTS))
        self._stale = set(MapLayer)
        self._tell()
        if mirror.force is not None:
            feed.set_force(mirror.force)

    def show_near(
        self, near: Iterable[NearUnit], reach: Iterable[tuple[float, float]] = ()
    ) -> None:
        """Number the nearest units on the map, nearest first; none takes the numbers away."""
        marks = [
            NearMark(unit=row.unit, rank=rank, text=minutes_text(row.seconds))
            for rank, row in enumerate(near, start=1)
            if rank <= NEAR_SHOWN
        ]
        self._feed.set_near(marks, tuple(reach))

    def _noter(self, layer: MapLayer) -> Callable[[list[str]], None]:
        def note(_ids: list[str]) -> None:
            self._stale.add(layer)
            self._gather_more()

        return note

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
        self._units.clear()
        self._stale.clear()
