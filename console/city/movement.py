"""Where every unit of the simulated city is: on its beat, on its way to a place, or at one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from console.city.movement_journeys import Journey, make_journey
from console.city.movement_network import Floats, Ints, Network
from console.city.movement_patrols import Gait, Patrols
from console.domain.units import Unit, UnitKind
from console.geo.distance import LocalPlane
from console.roads import Mode as RoadMode
from console.roads import RoadColumns

#: A unit that is late for a step (a stalled process) never moves on by more than this at once.
LONGEST_STEP_S = 30.0


class Mode(IntEnum):
    """What a unit is doing, as far as moving goes."""

    OFF = 0
    PATROL = 1
    JOURNEY = 2
    STILL = 3


class Travel(IntEnum):
    """How a unit gets about."""

    FOOT = 0
    BIKE = 1
    CAR = 2


def travel_of(unit: Unit) -> Travel:
    """Return how the unit gets about: by car if it is or has one, else by bicycle or on foot."""
    if unit.kind is UnitKind.VEHICLE or "vehicle" in unit.skills:
        return Travel.CAR
    return Travel.BIKE if "bike" in unit.skills else Travel.FOOT


class Movement:
    """The places of all units, moved on together.

    Args:
        units: The force; a unit's index here is its index everywhere in this class.
        roads: The city's road graph.
        homes: Latitude and longitude of the middle of each unit's home, shape (n, 2).
        seed: Every turn, stop and stride comes from it.
        edge_flow: Share of flow of each edge of ``roads``, shape (m,), from the truth.

    Attributes:
        mode: `Mode` of each unit.
        x: Metres east of the city's middle; ``y`` is metres north.
        own: Speed of each unit against what is usual for how it gets about, shape (n,).

    Raises:
        NoRoadsError: The roads do not hang together.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        roads: RoadColumns,
        homes: Floats,
        *,
        seed: int,
        edge_flow: Floats,
    ) -> None:
        count = len(units)
        self.plane = LocalPlane(float(np.median(roads.node_lat)), float(np.median(roads.node_lon)))
        self.travel = np.array([travel_of(unit) for unit in units], dtype=np.int8)
        self.own: Floats = np.ones(count)
        self.mode = np.full(count, Mode.OFF, dtype=np.int8)
        self.speed_mps, self.heading_deg = np.zeros(count), np.zeros(count)
        self._journeys: dict[int, Journey] = {}
        self._rejoins: dict[int, int] = {}
        self._by_car = self.travel == Travel.CAR
        self._slot = np.zeros(count, dtype=np.int64)
        rng = np.random.default_rng([seed, 0x30BE])
        self._sides = tuple(
            self._side(roads, homes, edge_flow, rng, by_car=by_car) for by_car in (False, True)
        )
        self.x, self.y = np.zeros(count), np.zeros(count)
        for side in self._sides:
            self.x[side.who], self.y[side.who] = side.patrols.xy(np.arange(len(side.who)))
        self._last_s: float | None = None

    def _side(
        self,
        roads: RoadColumns,
        homes: Floats,
        edge_flow: Floats,
        rng: np.random.Generator,
        *,
        by_car: bool,
    ) -> _Side:
        """Return the units that go by car, or those that do not, on their network."""
        network = Network(roads, self.plane, RoadMode.CAR if by_car else RoadMode.FOOT)
        who = np.flatnonzero(self._by_car == by_car)
        self._slot[who] = np.arange(len(who))
        x, y = self.plane.to_metres(homes[who, 0], homes[who, 1])
        near = network.nearest(x, y, among=120)
        beat = near[np.arange(len(who)), rng.integers(near.shape[1], size=len(who))]
        beat_m = rng.uniform(900.0, 2200.0, len(who)) * (1.6 if by_car else 0.5)
        gait, self.own[who] = _gait(self.travel[who], rng, by_car=by_car)
        patrols = Patrols(
            network,
            beat_node=beat,
            beat_m=beat_m,
            gait=gait,
            edge_flow=edge_flow[network.source],
            rng=rng,
        )
        return _Side(who=who, network=network, patrols=patrols)

    def latlon(self, who: Ints) -> tuple[Floats, Floats]:
        """Return where the units truly are, WGS-84 degrees, latitude first."""
        return self.plane.to_degrees(self.x[who], self.y[who])

    def start(self, who: Ints) -> None:
        """Send units that are off duty on patrol, from where they were last."""
        fresh = who[self.mode[who] == Mode.OFF]
        self.mode[fresh] = Mode.PATROL

    def stop(self, who: Ints) -> None:
        """Take units off the streets."""
        self.mode[who] = Mode.OFF
        self.speed_mps[who] = 0.0
        for unit in who.tolist():
            self._journeys.pop(unit, None)
            self._rejoins.pop(unit, None)

    def send(
        self, unit: int, lat: Floats, lon: Floats, *, starts_s: float, arrives_s: float
    ) -> None:
        """Send one unit along the points given, from where it is; it stays at the last one.

        Args:
            unit: Its index.
            lat: Latitudes of the way, shape (n,), n ≥ 1.
            lon: Longitudes.
            starts_s: Unix seconds of the departure.
            arrives_s: Unix seconds of the arrival.
        """
        x, y = self.plane.to_metres(lat, lon)
        x = np.concatenate([self.x[unit : unit + 1], x])
        y = np.concatenate([self.y[unit : unit + 1], y])
        self._rejoins.pop(unit, None)
        self._journeys[unit] = make_journey(x, y, starts_s=starts_s, arrives_s=arrives_s)
        self.mode[unit] = Mode.JOURNEY

    def hold(self, unit: int) -> None:
        """Make one unit stay where it is."""
        self._journeys.pop(unit, None)
        self._rejoins.pop(unit, None)
        self.mode[unit] = Mode.STILL
        self.speed_mps[unit] = 0.0

    def release(self, unit: int, *, now_s: float) -> None:
        """Let one unit go back to its beat, by the nearest crossing."""
        if self.mode[unit] in (Mode.PATROL, Mode.OFF):
            return
        network = self._sides[int(self._by_car[unit])].network
        node = int(network.nearest(self.x[unit : unit + 1], self.y[unit : unit + 1])[0, 0])
        x = np.array([self.x[unit], network.x[node]])
        y = np.array([self.y[unit], network.y[node]])
        pace_mps = (1.25, 3.6, 6.0)[int(self.travel[unit])]
        took_s = float(np.hypot(x[1] - x[0], y[1] - y[0])) / pace_mps
        self._journeys[unit] = make_journey(x, y, starts_s=now_s, arrives_s=now_s + took_s)
        self._rejoins[unit] = node
        self.mode[unit] = Mode.JOURNEY

    def step(self, now_s: float, *, flow: float | Floats) -> None:
        """Move everybody on to ``now_s`` (Unix seconds).

        Args:
            now_s: The present.
            flow: Share of free-flow speed that the streets have now, all of them or each edge.
        """
        dt_s = 1.0 if self._last_s is None else min(now_s - self._last_s, LONGEST_STEP_S)
        self._last_s = now_s
        if dt_s <= 0.0:
            return
        for side in self._sides:
            slots = np.flatnonzero(self.mode[side.who] == Mode.PATROL)
            if len(slots):
                side.patrols.step(slots, dt_s, flow)
                who = side.who[slots]
                self.x[who], self.y[who] = side.patrols.xy(slots)
                self.speed_mps[who] = side.patrols.speed_mps[slots]
                self.heading_deg[who] = side.patrols.heading_deg(slots)
        for unit, journey in list(self._journeys.items()):
            self._travel(unit, journey, now_s)

    def _travel(self, unit: int, journey: Journey, now_s: float) -> None:
        x, y, speed_mps, heading_deg = journey.where(now_s)
        self.x[unit], self.y[unit] = x, y
        self.speed_mps[unit], self.heading_deg[unit] = speed_mps, heading_deg
        if now_s < journey.arrives_s:
            return
        del self._journeys[unit]
        node = self._rejoins.pop(unit, None)
        if node is None:
            self.mode[unit] = Mode.STILL
            return
        patrols = self._sides[int(self._by_car[unit])].patrols
        patrols.place(self._slot[unit : unit + 1], np.array([node]))
        self.mode[unit] = Mode.PATROL

    def put_back(self, lat: Floats, lon: Floats) -> None:
        """Put every unit where it was when the city last ran, at the nearest crossing.

        Args:
            lat: Degrees, shape (n,); NaN for a unit that was nowhere.
            lon: Degrees, shape (n,).
        """
        x, y = self.plane.to_metres(lat, lon)
        for side in self._sides:
            slots = np.flatnonzero(np.isfinite(x[side.who]) & np.isfinite(y[side.who]))
            if len(slots):
                who = side.who[slots]
                side.patrols.place(slots, side.network.nearest(x[who], y[who])[:, 0])
                self.x[who], self.y[who] = side.patrols.xy(slots)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """Those who go by car, or those who do not.

    Attributes:
        who: Their indices in the force.
    """

    who: Ints
    network: Network
    patrols: Patrols


def _gait(
    travel: NDArray[np.int8], rng: np.random.Generator, *, by_car: bool
) -> tuple[Gait, Floats]:
    """Return how they go, and how fast each is against what is usual."""
    if by_car:
        own = rng.normal(1.0, 0.08, len(travel)).clip(0.75, 1.2)
        return Gait(own_mps=own, by_edge=0.8, stop_chance=0.1, stop_s=22.0), own
    usual = np.where(travel == Travel.BIKE, 3.6, 1.25)
    own = rng.normal(1.0, 0.1, len(travel)).clip(0.7, 1.3)
    return Gait(own_mps=usual * own, by_edge=0.0, stop_chance=0.22, stop_s=45.0), own
