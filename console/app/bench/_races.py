"""A force on patrol whose fixes come in, and races of its free units to incidents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from console.city.movement import Movement
from console.city.movement_gps import GpsHabits, Receivers, Truth
from console.city.movement_streets import Streets
from console.city.movement_traffic import Traffic, private_luck
from console.dispatch.near import NearUnit, Ranker
from console.dispatch.pace import Pace
from console.dispatch.recommend import RunCard, recommend
from console.dispatch.roadspeeds import RoadSpeeds
from console.dispatch.roster import Roster
from console.domain.ids import IncidentId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.domain.units import Unit, UnitStatus
from console.geo.arrays import Bools, Floats
from console.protocol.positions import UNKNOWN_U2
from console.roads import Mode, RoadGraph
from console.tracking.columns import ForceColumns, copied, empty_columns

#: Fixes come so often; before a race so much of them is listened to.
FIX_S, LISTENED = 10, timedelta(minutes=15)
#: Units whose true arrival is reckoned; farther ones never come first.
LOOKED_AT = 40
#: How often a race is run over to tell who is first most often; the share is right to ± 0.02.
_DRAWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Who would arrive when, for one incident: seconds after the first there is.

    Attributes:
        advised: Of the unit recommended.
        plain: Of the one recommended to somebody who knows free roads and the hour, and no fixes.
        by_air: Of the nearest as the crow flies.
        knowing: Of the choice of somebody who knows all streets and everybody's own pace, and
            nobody's luck.
        first_share: How often the unit recommended is first when luck is drawn anew.
        best_share: How often that unit is that is first most often; nobody can do better.
        off: Logarithm of the time reckoned for the unit recommended against its real one.
    """

    advised: float
    plain: float
    by_air: float
    knowing: float
    first_share: float
    best_share: float
    off: float


class Races:
    """The city of the races.

    Args:
        graph: Its roads.
        units: Those on duty; `free` of them can be sent.
        homes: Of each, degrees, shape (n, 2).
        free: Whether each is free, shape (n,).
        seed: Of who is where; the truth has a seed of its own.
        truth_seed: Of traffic and luck.
    """

    def __init__(
        self,
        graph: RoadGraph,
        units: list[Unit],
        homes: Floats,
        free: Bools,
        *,
        seed: int,
        truth_seed: int,
    ) -> None:
        self.graph, self.units = graph, units
        self._traffic = Traffic(truth_seed=truth_seed, utc_offset_h=8.0)
        self._streets = Streets(graph, self._traffic, truth_seed=truth_seed)
        self._movement = Movement(
            units, graph.columns, homes, seed=seed, edge_flow=self._streets.of_edges
        )
        self._who = np.arange(len(units))
        self._movement.start(self._who)
        numbers = np.array([unit.no for unit in units], np.uint32)
        self._receivers = Receivers(numbers, self._movement.plane, seed=seed, habits=GpsHabits())
        self._index = {str(unit.id): row for row, unit in enumerate(units)}
        on_duty = [replace(unit, status=UnitStatus.EN_ROUTE) for unit in units]
        self._everybody = Roster.of(on_duty)
        self.can_go = [
            replace(unit, status=UnitStatus.AVAILABLE)
            for unit, is_free in zip(units, free, strict=True)
            if is_free
        ]
        self._by_id = {str(unit.id): unit for unit in self.can_go}
        self._roster = Roster.of(self.can_go)
        self._force = empty_columns(int(numbers.max()) + 1)
        self._rng = np.random.default_rng([seed, 77])
        self.speeds = RoadSpeeds(graph)
        self.advised, self.plain, self._true = Ranker(graph), Ranker(graph), Ranker(graph)
        self.told = 0

    def remember(self, pace: Pace, until: datetime) -> None:
        """Let two weeks of arrivals be known to somebody who knows free roads and the hour."""
        own = self._movement.own
        for no in range(4000):
            set_out = until - timedelta(seconds=float(self._rng.uniform(0, 14 * 86_400)))
            mode = Mode.CAR if no % 2 else Mode.FOOT
            reckoned_s = float(self._rng.uniform(60, 900))
            flow = self._traffic.flow(set_out) if mode is Mode.CAR else 1.0
            real_s = self._traffic.travel_s(
                reckoned_s / flow, f"past{no}", on_wheels=mode is Mode.CAR,
                own=float(own[no % len(own)]),
            )  # fmt: skip
            pace.arrived(mode, reckoned_s, real_s, set_out=set_out)

    def listen(self, until: datetime) -> None:
        """Let the force patrol for a while before ``until`` and take its fixes."""
        now_s = until.timestamp() - LISTENED.total_seconds()
        self._movement.step(now_s - 1.0, flow=1.0)
        while now_s < until.timestamp():
            at = datetime.fromtimestamp(now_s, until.tzinfo)
            flow = self._streets.flow(at)
            # Speed over ground is that of the last second, as receivers tell it.
            self._movement.step(now_s + FIX_S - 1.0, flow=flow)
            self._movement.step(now_s + FIX_S, flow=flow)
            now_s += FIX_S
            self._hear(now_s)
            at = datetime.fromtimestamp(now_s, until.tzinfo)
            self.told += self.speeds.take(self._everybody, self._force, at)

    def _hear(self, now_s: float) -> None:
        move, force = self._movement, self._force
        fixes = self._receivers.fixes(
            Truth(
                who=self._who, x=move.x, y=move.y, speed_mps=move.speed_mps,
                heading_deg=move.heading_deg, is_page=np.zeros(len(self._who), bool),
            ),
            now_s,
        )  # fmt: skip
        no = fixes["unit"].astype(np.int64)
        newer = fixes["t_ms"].astype(np.int64) > force.t_ms[no]
        fixes, no = fixes[newer], no[newer]
        force.lat[no], force.lon[no] = fixes["lat"] * 1e-7, fixes["lon"] * 1e-7
        force.t_ms[no] = fixes["t_ms"]
        # Consoles are told of speeds in quarter metres and of headings in 256ths of a turn.
        for column, field, step in (
            (force.speed_mps, "speed", 0.25), (force.heading_deg, "heading", 360.0 / 256.0),
        ):  # fmt: skip
            values = fixes[field]
            rounded = np.round(values * 0.01 / step) * step
            column[no] = np.where(values == UNKNOWN_U2, np.nan, rounded)

    def races(self, at: datetime, count: int, pace: Pace, plain: Pace) -> Iterator[Race]:
        """Give races at one moment, to places all over the city."""
        self.advised.use(self.speeds.now())
        self._true = Ranker(self._streets.ways(at))
        for no in range(count):
            race = self._race(f"{at:%d%H%M}-{no}", at, pace, plain)
            if race is not None:
                yield race

    def _race(self, name: str, at: datetime, pace: Pace, plain: Pace) -> Race | None:
        graph, rng = self.graph, self._rng
        node = int(rng.integers(graph.n_nodes))
        place = float(graph.node_lat[node]), float(graph.node_lon[node])
        force = self._scattered(at)
        near = self._nearest(self.advised, force, place, at)
        usual = self._nearest(self.plain, force, place, at)
        by_truth = self._nearest(self._true, force, place, at, k=None)
        true_s = {str(one.unit): one.seconds for one in by_truth if one.seconds is not None}
        names = [
            name
            for name in dict.fromkeys(
                str(one.unit) for one in (*near, *usual, *by_truth[:LOOKED_AT])
            )
            if name in true_s
        ]
        if not near or not usual or not names:
            return None
        rows = [self._index[each] for each in names]
        own, on_wheels = self._movement.own[rows], self._movement.travel[rows] == 2
        moving_s = np.array([true_s[each] for each in names]) / own
        real_s = {
            each: self._traffic.travel_s(float(s), f"{name}-{each}", on_wheels=bool(wheels))
            for each, s, wheels in zip(names, moving_s, on_wheels, strict=True)
        }
        draws = np.random.default_rng([len(names), node])
        luck = private_luck(np.broadcast_to(moving_s, (_DRAWS, len(names))), on_wheels, draws)
        share = np.bincount(luck.argmin(axis=1), minlength=len(names)) / _DRAWS
        incident = _incident(name, place, at)
        choice, expected_s = self._choice(incident, near, pace, at)
        plainly, _ = self._choice(incident, usual, plain, at)
        by_air = min(usual, key=lambda one: one.metres_by_air or 0.0)
        first_s = min(real_s.values())
        for one, of in ((near, pace), (usual, plain)):
            self._learn(one, real_s, of, at)
        return Race(
            advised=real_s[choice] - first_s,
            plain=real_s[plainly] - first_s,
            by_air=real_s[str(by_air.unit)] - first_s,
            knowing=real_s[names[int(luck.mean(axis=0).argmin())]] - first_s,
            first_share=float(share[names.index(choice)]),
            best_share=float(share.max()),
            off=float(np.log(real_s[choice] / max(expected_s, 1.0))),
        )

    def _learn(
        self, near: list[NearUnit], real_s: dict[str, float], pace: Pace, at: datetime
    ) -> None:
        """Let three of those near have been sent: their arrivals are known afterwards."""
        for row in self._rng.integers(len(near), size=3):
            one = near[int(row)]
            pace.arrived(one.mode, one.seconds or 0.0, real_s[str(one.unit)], set_out=at)

    def _choice(
        self, incident: Incident, near: list[NearUnit], pace: Pace, at: datetime
    ) -> tuple[str, float]:
        advice = recommend(incident, near, self._by_id, tasks={}, pace=pace, at=at, card=RunCard())
        chosen = advice.chosen[0]
        return str(chosen.unit.id), chosen.arrives_s or 0.0

    def _nearest(
        self,
        ranker: Ranker,
        force: ForceColumns,
        place: tuple[float, float],
        at: datetime,
        k: int | None = LOOKED_AT,
    ) -> list[NearUnit]:
        ranking = ranker.rank(self._roster, force, *place, at, k=k)
        return [one for one in ranking if one.seconds is not None]

    def _scattered(self, at: datetime) -> ForceColumns:
        """Return the fixes with every free unit anywhere: calls find them all over the city."""
        force, rng = copied(self._force, len(self._force)), self._rng
        numbers = self._roster.no
        nodes = rng.integers(0, self.graph.n_nodes, len(numbers))
        spread = rng.normal(0, 2e-4, (2, len(numbers)))
        force.lat[numbers] = self.graph.node_lat[nodes] + spread[0]
        force.lon[numbers] = self.graph.node_lon[nodes] + spread[1]
        force.t_ms[numbers] = int(at.timestamp() * 1000) - rng.integers(0, 9_000, len(numbers))
        return force


def _incident(name: str, place: tuple[float, float], at: datetime) -> Incident:
    return Incident(
        id=IncidentId(f"i{name}"), form="0502", level=Level.CAUTION, stage=Stage.FILE,
        channel=Channel.HOTLINE, summary="", place="", opened_at=at, lat=place[0], lon=place[1],
    )  # fmt: skip
