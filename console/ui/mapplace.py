"""What is asked about a place on the map: who is near, cameras, history, the way to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal

from console.dispatch.arrival import arrives_first
from console.dispatch.near import NearUnit, Ranker
from console.dispatch.reach import ReachRing, reach_rings
from console.dispatch.roster import Roster
from console.dispatch.sight import cameras_at
from console.dispatch.streetsnow import StreetsNow
from console.domain.errors import ZhihuiError
from console.domain.incidents import Incident
from console.geo.distance import flat_distance_m
from console.roads import Mode, RoadGraph
from console.ui.mapfeed import MapFeed, NearMark
from console.ui.mapreach import REACH_S
from console.ui.mapsearch import Hit, HitKind
from console.ui.mirror import Mirror
from console.ui.near import badge_text, minutes_text
from console.ui.poolwork import PoolWork
from console.ui.words import form_word, stage_word, time_text

NEAR_SHOWN = 5
#: What happened this near to a place counts as its history, metres.
HISTORY_M = 150.0
HISTORY_SHOWN = 30
#: The heat is that of so long, and of so many at the most.
HEAT_OF = timedelta(hours=24)
MOST_HEAT = 20_000
#: What the pointer tells of the heat is counted within this, metres.
HEAT_NEAR_M = 300.0
#: An incident this near to a place is the one that is meant, metres.
SAME_PLACE_M = 60.0


class PlaceAction(StrEnum):
    """What the menu at a place offers."""

    INCIDENT = "incident"
    NEAR = "near"
    CAMERAS = "cameras"
    HISTORY = "history"
    ROUTE = "route"
    SEND = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayFound:
    """A way by road.

    Attributes:
        points: Latitude and longitude of each bend.
        text: Minutes and kilometres, by car and on foot.
    """

    points: tuple[tuple[float, float], ...]
    text: str


@dataclass(frozen=True, slots=True)
class _NearThere:
    near: tuple[NearUnit, ...]
    rings: tuple[ReachRing, ...]


class MapPlaces(QObject):
    """Answers questions about places; what takes time is done off the GUI thread.

    Signals:
        listed: A heading and a list of `Hit`.
        way_found: A `WayFound`.
        said: A sentence: what was found, or why nothing.
    """

    listed = Signal(str, object)
    way_found = Signal(object)
    said = Signal(str)
    _worked = Signal(object)

    def __init__(
        self,
        mirror: Mirror,
        feed: MapFeed,
        graph: Callable[[], RoadGraph | None],
        parent: QObject | None = None,
        *,
        present: Callable[[], StreetsNow | None] = lambda: None,
    ) -> None:
        # `graph` gives the roads, ``None`` until they are loaded; `present` what they and the
        # units are like now, ``None``: free roads.
        super().__init__(parent)
        self._mirror, self._feed, self._graph = mirror, feed, graph
        self._present = present
        self._ranker: Ranker | None = None
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._worked.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def stop(self) -> None:
        """Wait for what is being worked out."""
        self._pool.waitForDone()

    def near(self, lat: float, lon: float) -> None:
        """Number the free units nearest by road to a place, and draw what is reached from it."""
        graph, force, at = self._graph(), self._mirror.force, self._mirror.now()
        if graph is None or force is None:
            self.said.emit(self.tr("Roads or positions are not here yet; try again in a moment."))
            return
        if self._ranker is None or self._ranker.graph is not graph:
            self._ranker = Ranker(graph)
        ranker, units, now = self._ranker, self._mirror.units(), self._present()

        def work() -> _NearThere:
            ranker.use(now)
            ranking = ranker.rank(Roster.of(units), force, lat, lon, at, k=NEAR_SHOWN)
            return _NearThere(tuple(ranking), reach_rings(ranker.graph, lat, lon, REACH_S))

        self._pool.start(PoolWork(work, self._worked.emit))

    def cameras(self, lat: float, lon: float) -> list[str]:
        """List the points that look at a place, the best first; return their ids."""
        sights = cameras_at(self._mirror.cameras(), lat, lon)
        hits = []
        for sight in sights:
            camera = self._mirror.camera(sight.camera)
            if camera is None:
                continue
            looks = self.tr("looks here") if sight.looks else self.tr("beside it")
            more = f"{round(sight.metres)} m · {looks}"
            hits.append(
                Hit(
                    kind=HitKind.CAMERA,
                    id=camera.id,
                    text=camera.name,
                    more=more,
                    lat=camera.lat,
                    lon=camera.lon,
                )
            )
        if hits:
            self.listed.emit(self.tr("Camera points that see this place"), hits)
        else:
            self.said.emit(self.tr("No camera point looks at this place."))
        return [hit.id for hit in hits]

    def history(self, lat: float, lon: float) -> None:
        """List the incidents at a place, the newest first."""
        here = [one for one in self._mirror.incidents() if _metres(one, lat, lon) <= HISTORY_M]
        here.sort(key=lambda one: one.opened_at, reverse=True)
        if not here:
            self.said.emit(self.tr("No incident is known within 150 m of this place."))
            return
        hits = [
            Hit(
                kind=HitKind.INCIDENT,
                id=one.id,
                text=f"{one.short_number or '—'} {form_word(one.form)}",
                more=f"{time_text(one.opened_at, seconds=False)} · {stage_word(one.stage)}",
                lat=one.lat,
                lon=one.lon,
            )
            for one in here[:HISTORY_SHOWN]
        ]
        words = self.tr("Incidents within 150 m: {n}").replace("{n}", str(len(here)))
        self.listed.emit(words, hits)

    def heat(self) -> list[tuple[float, float]]:
        """Return where incidents of the last 24 hours were, open and closed, WGS-84 degrees."""
        since = self._mirror.now() - HEAT_OF
        return [
            (one.lat, one.lon)
            for one in self._mirror.incidents()
            if one.lat is not None and one.lon is not None and one.opened_at >= since
        ][-MOST_HEAT:]

    def heat_near(self, lat: float, lon: float) -> str:
        """Return how many incidents of the last 24 hours were near a place, in words, or ""."""
        places = np.array(self.heat()).reshape(-1, 2)
        metres = flat_distance_m(places[:, 0], places[:, 1], lat, lon)
        near = int(np.count_nonzero(metres <= HEAT_NEAR_M))
        words = self.tr("Incidents of 24 h within {m} m: {n}")
        told = words.replace("{m}", f"{HEAT_NEAR_M:.0f}").replace("{n}", str(near))
        return told if near else ""

    def incident_at(self, lat: float, lon: float) -> str | None:
        """Return the open incident at a place, the nearest one."""
        near = [(_metres(one, lat, lon), one.id) for one in self._mirror.open_incidents()]
        metres, incident = min(near, default=(float("inf"), ""))
        return incident if metres <= SAME_PLACE_M else None

    def route(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Find the way from one place to another, by car, and how long it is on foot."""
        graph = self._graph()
        if graph is None:
            self.said.emit(self.tr("The road network is not loaded yet."))
            return
        now = self._present()
        roads = graph if now is None else now.graph

        def work() -> WayFound:
            drive = roads.route(*start, *end)
            walk = roads.route(*start, *end, mode=Mode.FOOT)
            text = (
                f"{minutes_text(drive.seconds)} · {drive.metres / 1000:.1f} km · "
                f"{self.tr('on foot')} {minutes_text(walk.seconds)}"
            )
            points = tuple((float(lat), float(lon)) for lat, lon in drive.points)
            return WayFound(points=points, text=text)

        self._pool.start(PoolWork(work, self._worked.emit))

    def _take(self, outcome: object) -> None:
        if isinstance(outcome, WayFound):
            self.way_found.emit(outcome)
        elif isinstance(outcome, _NearThere):
            self._show_near(outcome)
        elif isinstance(outcome, ZhihuiError):
            self.said.emit(str(outcome))
        elif isinstance(outcome, Exception):
            raise outcome

    def _show_near(self, found: _NearThere) -> None:
        shares = arrives_first(found.near)
        marks = [
            NearMark(unit=row.unit, rank=rank, text=badge_text(row, share))
            for rank, (row, share) in enumerate(zip(found.near, shares, strict=True), start=1)
        ]
        self._feed.set_near(marks, found.rings)
        if not marks:
            self.said.emit(self.tr("No unit on duty is free."))


def _metres(incident: Incident, lat: float, lon: float) -> float:
    if incident.lat is None or incident.lon is None:
        return float("inf")
    return float(flat_distance_m(incident.lat, incident.lon, lat, lon))
