"""Ranks who is near the picked incident, off the GUI thread."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QThreadPool, QTimer, Signal, Slot

from console.dispatch.arrival import arrives_first
from console.dispatch.eventplans import run_cards
from console.dispatch.near import NearUnit, Ranker
from console.dispatch.pace import Pace
from console.dispatch.recommend import Recommendation, RunCard, card_for, recommend
from console.dispatch.roster import Roster
from console.dispatch.streetsnow import StreetsNow
from console.domain.catalogue import CatalogueItem
from console.domain.errors import ZhihuiError
from console.geo.arrays import Floats
from console.roads import Mode, RoadGraph
from console.store.citypack import CityPack
from console.ui.closedroads import ClosedRoads, ClosedStreets, closed_roads, closed_streets
from console.ui.mirror import Mirror
from console.ui.poolwork import PoolWork
from console.ui.reasons import reason_text

_log = logging.getLogger("zhihui.console")
#: How many are shown, and how often they are ranked anew while the incident stays picked.
SHOWN = 9
#: Among so many of the nearest, busy ones as well, is looked for whom to recommend.
ADVISED = 30
AGAIN_MS = 5000
#: What was just done to a unit or an incident is shown before who is near is ranked anew.
SOON_MS = 250


class NearState(IntEnum):
    """Why the list is as it is; an empty list says so in words."""

    NOTHING_PICKED = 0
    NO_PLACE = 1
    NO_ROADS = 2
    NO_POSITIONS = 3
    RANKING = 4
    NONE_FREE = 5
    RANKED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NearFound:
    """The units nearest to an incident, nearest by road first.

    Attributes:
        reckoned: Road time in seconds and way to travel of every unit looked at, by its id.
        first: Of each unit the probability that it is there before the others listed, ``None``
            where its time is not known.
    """

    incident: str
    lat: float
    lon: float
    units: tuple[NearUnit, ...]
    first: tuple[float | None, ...] = ()
    advice: Recommendation | None = None
    reckoned: Mapping[str, tuple[Mode, float]] = field(default_factory=dict)


#: So many changed units are put into the roster one by one; of more it is made anew.
_FEW = 200


class _Outlet(QObject):
    """Carries outcomes to the finder's thread; held by the work, it outlives the finder.

    Signals:
        ranked: A `NearFound`, or why there is none.
        loaded: A `RoadGraph`, or why there is none.
        closed: The `ClosedRoads`, or why there are none.
        present: The `ClosedStreets`, or why there are none.
    """

    ranked = Signal(object)
    loaded = Signal(object)
    closed = Signal(object)
    present = Signal(object)

    def give_present(self, outcome: object) -> None:
        """Give on the roads of now without those that are shut; called in the pool's thread."""
        self.present.emit(outcome)

    def give_closed(self, outcome: object) -> None:
        """Give on the roads without those that are shut; called in the pool's thread."""
        self.closed.emit(outcome)

    def give_ranked(self, outcome: object) -> None:
        """Give on what became of a ranking; called in the pool's thread."""
        self.ranked.emit(outcome)

    def give_loaded(self, outcome: object) -> None:
        """Give on what became of reading the roads; called in the pool's thread."""
        self.loaded.emit(outcome)


class NearFinder(QObject):
    """Ranks the free units by road time to the picked incident, again every few seconds.

    Signals:
        found: The `NearFound`.
        state_changed: The `NearState`.
        failed: A sentence: why the roads cannot be used.
        roads_loaded: The city's whole `RoadGraph`.
    """

    found = Signal(object)
    roads_loaded = Signal(object)
    state_changed = Signal(int)
    failed = Signal(str)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._graph: RoadGraph | None = None
        self._whole: RoadGraph | None = None
        self._closures: list[Floats] = []
        self._roads_no = 0  # counts on with the roads and with what is shut
        self._ranker: Ranker | None = None
        self._streets: StreetsNow | None = None
        self._present: StreetsNow | None = None
        self._roster: Roster | None = None
        self._picked: str | None = None
        self._busy = False
        self._wanted = False
        self._trouble: str | None = None
        self.pace = Pace(zone=mirror.zone)
        self._cards: tuple[RunCard, ...] | None = None
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self.state = NearState.NOTHING_PICKED
        self._again = QTimer(self, interval=AGAIN_MS)
        self._again.timeout.connect(self.refresh)
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(self.refresh)
        self._outlet = _Outlet()
        self._outlet.ranked.connect(self._take_ranked, Qt.ConnectionType.QueuedConnection)
        self._outlet.closed.connect(self._take_closed, Qt.ConnectionType.QueuedConnection)
        self._outlet.present.connect(self._take_present, Qt.ConnectionType.QueuedConnection)
        self._outlet.loaded.connect(self._take_graph, Qt.ConnectionType.QueuedConnection)
        mirror.incidents_changed.connect(self._take_incidents)
        mirror.units_changed.connect(self._take_units)
        mirror.positions_changed.connect(self._take_positions)
        mirror.tables_changed.connect(self._take_tables)
        mirror.zone_changed.connect(self._take_zone)
        self._shown: frozenset[str] = frozenset()

    def stop(self) -> None:
        """Wait for what is being worked out."""
        self._again.stop()
        self._soon.stop()
        self._pool.waitForDone()

    @Slot(object)
    def take_pack(self, path: Path) -> None:
        """Read the roads from a city pack, in the background."""
        self._pool.start(PoolWork(lambda: _roads(path), self._outlet.give_loaded))

    @property
    def graph(self) -> RoadGraph | None:
        """The roads in use, ``None`` until they are loaded."""
        return self._graph

    @property
    def present(self) -> StreetsNow | None:
        """Roads and units as rankings reckon with them now, ``None``: with free roads."""
        return self._present

    @property
    def roads_now(self) -> RoadGraph | None:
        """The roads at the speeds that rankings reckon with now, ``None`` until they are loaded."""
        return self._graph if self._present is None else self._present.graph

    def set_graph(self, graph: RoadGraph) -> None:
        """Use these roads."""
        self._whole, self._streets = graph, None
        self._close_roads()
        self.roads_loaded.emit(graph)

    def set_closures(self, outlines: list[Floats]) -> None:
        """Shut the roads inside these rings (latitude and longitude, shape (n, 2)) to everybody."""
        self._closures = list(outlines)
        self._close_roads()

    def _close_roads(self) -> None:
        whole, closures = self._whole, self._closures
        self._roads_no += 1
        no = self._roads_no
        if whole is None:
            return
        if not closures:
            self._use_graph(whole)
            return
        self._pool.start(
            PoolWork(lambda: closed_roads(no, whole, closures), self._outlet.give_closed)
        )

    def _use_graph(self, graph: RoadGraph) -> None:
        self._graph, self._ranker = graph, Ranker(graph)
        self._present = None
        if self._streets is not None:
            self.take_streets(self._streets)
        self.refresh()

    @Slot(object)
    def take_streets(self, now: StreetsNow) -> None:
        """Reckon with the roads and the units as they are now, less what is shut."""
        self._streets, closures, no = now, self._closures, self._roads_no
        if not closures:
            self._present = now
            return
        work = PoolWork(lambda: closed_streets(no, now, closures), self._outlet.give_present)
        self._pool.start(work)

    @Slot(object)
    def _take_present(self, outcome: object) -> None:
        if isinstance(outcome, ClosedStreets):
            if outcome.of == self._roads_no:
                self._present = outcome.streets
        elif isinstance(outcome, Exception):
            self._tell(outcome)

    def roster(self) -> Roster:
        """Return the force in columns."""
        if self._roster is None:
            self._roster = Roster.of(self._mirror.units())
        return self._roster

    @Slot(object)
    def _take_closed(self, outcome: object) -> None:
        if isinstance(outcome, ClosedRoads):
            if outcome.of == self._roads_no:
                self._use_graph(outcome.graph)
        elif isinstance(outcome, Exception):
            self._tell(outcome)

    @Slot(str)
    def pick(self, incident_id: str) -> None:
        """Rank for an incident; an empty id stops."""
        self._picked = incident_id or None
        self._shown = frozenset()
        self._again.start() if self._picked else self._again.stop()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Rank again, at once or after the ranking that is under way."""
        self._soon.stop()
        if self._busy:
            self._wanted = True
            return
        incident = self._mirror.incident(self._picked) if self._picked else None
        if incident is None:
            self._say(NearState.NOTHING_PICKED)
        elif incident.lat is None or incident.lon is None:
            self._say(NearState.NO_PLACE)
        elif self._ranker is None:
            self._say(NearState.NO_ROADS)
        elif self._mirror.force is None:
            self._say(NearState.NO_POSITIONS)
        else:
            self._start(incident.id, incident.lat, incident.lon, self._ranker)

    def _start(self, incident: str, lat: float, lon: float, ranker: Ranker) -> None:
        force, at = self._mirror.force, self._mirror.now()
        if force is None:
            return
        roster, present = self.roster(), self._present
        if self.state is not NearState.RANKED:
            self._say(NearState.RANKING)
        case = self._mirror.incident(incident)
        tasks = Counter(str(one.unit) for one in self._mirror.running_assignments())
        if case is None:
            return
        card, pace = card_for(case, self._run_cards()), self.pace.copy()
        self._busy, self._wanted = True, False

        def work() -> NearFound:
            ranker.use(present)
            near = tuple(ranker.rank(roster, force, lat, lon, at, k=SHOWN))
            first = tuple(arrives_first(near))
            ranked = ranker.rank(roster, force, lat, lon, at, k=ADVISED, include_busy=True)
            units = {str(one.id): one for one in (roster.units[row] for row in ranked.rows)}
            advice = recommend(case, list(ranked), units, tasks=tasks, pace=pace, at=at, card=card)
            return NearFound(
                incident=incident,
                lat=lat,
                lon=lon,
                units=near,
                first=first,
                advice=advice,
                reckoned={
                    one.unit: (one.mode, one.seconds) for one in ranked if one.seconds is not None
                },
            )

        self._pool.start(PoolWork(work, self._outlet.give_ranked))

    def _run_cards(self) -> tuple[RunCard, ...]:
        if self._cards is None:
            self._cards = run_cards(self._mirror.every(CatalogueItem))
        return self._cards

    @Slot(str, list)
    def _take_tables(self, kind: str, _ids: list[str]) -> None:
        if kind == "catalogue":
            self._cards = None

    @Slot()
    def _take_zone(self) -> None:
        self.pace.zone = self._mirror.zone

    @Slot(object)
    def _take_ranked(self, outcome: object) -> None:
        self._busy = False
        if isinstance(outcome, NearFound) and outcome.incident == self._picked:
            self._trouble = None
            self._shown = frozenset(near.unit for near in outcome.units)
            self._say(NearState.RANKED if outcome.units else NearState.NONE_FREE)
            self.found.emit(outcome)
        elif isinstance(outcome, Exception):
            self._tell(outcome)
        if self._wanted or (isinstance(outcome, NearFound) and outcome.incident != self._picked):
            self.refresh()

    @Slot(object)
    def _take_graph(self, outcome: object) -> None:
        if isinstance(outcome, RoadGraph):
            self.set_graph(outcome)
        elif isinstance(outcome, Exception):
            self._tell(outcome)

    def _tell(self, error: Exception) -> None:
        """Say why there is no ranking; a list that is no longer worked out is not left standing."""
        self._say(NearState.RANKING)
        self.found.emit(NearFound(incident=self._picked or "", lat=0.0, lon=0.0, units=()))
        if str(error) == self._trouble:
            return  # said already, and tried again every few seconds
        self._trouble = str(error)
        if not isinstance(error, ZhihuiError):
            _log.error("who is near could not be worked out", exc_info=error)
        self.failed.emit(
            self.tr("Who is near cannot be worked out: {0}").format(reason_text(str(error)))
        )

    @Slot(list)
    def _take_incidents(self, ids: list[str]) -> None:
        if self._picked in ids:
            self._refresh_soon()

    def _refresh_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    @Slot(list)
    def _take_units(self, ids: list[str]) -> None:
        named = [self._mirror.unit(one) for one in ids]
        units = [one for one in named if one is not None]
        is_known = self._roster is not None and len(units) == len(ids) <= _FEW
        self._roster = self._roster.changed(units) if self._roster and is_known else None
        if self._shown.intersection(ids):
            self._refresh_soon()

    @Slot(object)
    def _take_positions(self, _: object) -> None:
        if self.state is NearState.NO_POSITIONS:
            self.refresh()

    def _say(self, state: NearState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(int(state))


def _roads(path: Path) -> RoadGraph:
    pack = CityPack.open(path)
    try:
        graph = pack.road_graph()
    finally:
        pack.close()
    graph.prepare()
    return graph
