"""How often the unit recommended is the one that would really arrive first: the city's truth."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from console.city.ground import write_synthetic
from console.city.movement_traffic import LUCK_MEAN, LUCK_SIGMA, STOP_S, Traffic
from console.city.people import make_units
from console.dispatch.near import NearUnit, Ranker, Roster
from console.dispatch.pace import Pace
from console.dispatch.recommend import RunCard, recommend
from console.domain.ids import IncidentId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.domain.units import Unit, UnitStatus
from console.geo.arrays import Floats
from console.roads import Mode, RoadGraph
from console.store.citypack import CityPack
from console.tracking.columns import ForceColumns, empty_columns

_ZONE = ZoneInfo("Asia/Shanghai")
_BEGIN = datetime(2026, 11, 9, tzinfo=UTC)
#: Units whose true arrival is reckoned; farther ones never come first.
_LOOKED_AT = 40
#: How often a race is run over to tell who is first most often; the share is right to ± 0.02.
_DRAWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Race:
    """Who would arrive when, for one incident.

    Attributes:
        by_truth: The choice of somebody who knows the traffic of the hour, and nobody's luck.
        first_share: Of the journeys drawn over and over again: how often the first choice is first.
        best_share: How often the candidate is that is first most often; nobody can do better.
    """

    recommended: str
    by_air: str
    real_s: dict[str, float]
    by_truth: str
    first_share: float
    best_share: float


def run(*, incidents: int = 300, free: int = 288, seed: int = 5) -> dict[str, object]:
    """Race all near units to incidents all over the city, at all hours of two weeks.

    Args:
        incidents: How many.
        free: Free units on duty, officers and vehicles.
        seed: Of the city, of who is where, and of its traffic.

    Returns:
        Share of incidents for which the first choice is first there, or there within half a minute
        of the first; the same for the nearest by air; regret of the first choice against an oracle
        that knows everything, seconds. ``hit_rate_without_luck`` is what somebody reached who
        knows the traffic of every hour: journeys differ by luck, which nobody can know.
        ``bound`` is the most that anybody can reach in the long run: each race is run
        `_DRAWS` times over with the same traffic and fresh luck, and the candidate counts that is
        first most often; ``expected_hit_rate`` is what the first choice reaches in the same runs.
    """
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        path = Path(folder) / "bench.citypack"
        write_synthetic(path, seed=seed)
        with CityPack.open(path) as pack:
            graph = pack.road_graph()
            units = _units(pack, free, seed)
    traffic = Traffic(truth_seed=seed + 1, utc_offset_h=8.0)
    pace = Pace(zone=_ZONE)
    rng = np.random.default_rng([seed, 77])
    _learn(pace, traffic, rng)
    ranker = Ranker(graph)
    drawn = (_race(no, ranker, units, traffic, pace, rng) for no in range(incidents))
    races = [one for one in drawn if one is not None]
    regrets = [race.real_s[race.recommended] - min(race.real_s.values()) for race in races]
    regrets_air = [race.real_s[race.by_air] - min(race.real_s.values()) for race in races]
    return {
        "hit_rate": _share(regrets, 0.0),
        "by_air_hit_rate": _share(regrets_air, 0.0),
        "hit_rate_within_30s": _share(regrets, 30.0),
        "by_air_hit_rate_within_30s": _share(regrets_air, 30.0),
        "hit_rate_without_luck": _share(
            [race.real_s[race.by_truth] - min(race.real_s.values()) for race in races], 0.0
        ),
        "bound": round(float(np.mean([race.best_share for race in races])), 3),
        "expected_hit_rate": round(float(np.mean([race.first_share for race in races])), 3),
        "share_of_bound": round(
            sum(race.first_share for race in races) / sum(race.best_share for race in races), 3
        ),
        "regret_p50_s": round(float(np.percentile(regrets, 50)), 1),
        "regret_p90_s": round(float(np.percentile(regrets, 90)), 1),
        "regret_p90_without_luck_s": round(
            float(
                np.percentile(
                    [race.real_s[race.by_truth] - min(race.real_s.values()) for race in races], 90
                )
            ),
            1,
        ),
        "by_air_regret_p90_s": round(float(np.percentile(regrets_air, 90)), 1),
        "incidents": len(races),
        "free_units": len(units),
    }


def _share(regrets: list[float], within_s: float) -> float:
    return round(sum(one <= within_s for one in regrets) / len(regrets), 3)


def _units(pack: CityPack, free: int, seed: int) -> list[Unit]:
    vehicles = max(free // 6, 1)
    made = make_units(pack, seed=seed, officers=free - vehicles, vehicles=vehicles)
    return [replace(unit, status=UnitStatus.AVAILABLE) for unit in made]


def _learn(pace: Pace, traffic: Traffic, rng: np.random.Generator) -> None:
    """Have two weeks of arrivals behind: what every dispatch of the past has told."""
    for no in range(6000):
        set_out = _BEGIN - timedelta(seconds=float(rng.uniform(0, 14 * 86_400)))
        mode = Mode.CAR if no % 2 else Mode.FOOT
        reckoned_s = float(rng.uniform(60, 900))
        on_wheels = mode is Mode.CAR
        real_s = traffic.travel_s(reckoned_s, set_out, f"past{no}", on_wheels=on_wheels)
        pace.arrived(mode, reckoned_s, real_s, set_out=set_out)


def _race(
    no: int,
    ranker: Ranker,
    units: list[Unit],
    traffic: Traffic,
    pace: Pace,
    rng: np.random.Generator,
) -> _Race | None:
    """Return one race, ``None`` where no road leads."""
    graph = ranker.graph
    at = _BEGIN + timedelta(seconds=float(rng.uniform(0, 14 * 86_400)))
    node = int(rng.integers(graph.n_nodes))
    lat, lon = float(graph.node_lat[node]), float(graph.node_lon[node])
    force = _force(graph, units, at, rng)
    ranking = ranker.rank(Roster.of(units), force, lat, lon, at, k=_LOOKED_AT)
    near = [one for one in ranking[:_LOOKED_AT] if one.seconds is not None]
    if not near:
        return None
    by_id = {str(unit.id): unit for unit in units}
    choice = recommend(
        _incident(no, lat, lon, at), near, by_id, tasks={}, pace=pace, at=at, card=RunCard()
    ).chosen[0]
    real_s = {
        str(one.unit): traffic.travel_s(
            one.seconds or 0.0, at, f"{no}-{one.unit}", on_wheels=one.mode is Mode.CAR
        )
        for one in near
    }
    by_air = min(near, key=lambda one: one.metres_by_air or 0.0)
    flow = traffic.flow(at)
    knowing = min(
        near,
        key=lambda one: (
            (one.seconds or 0.0) / flow + 20.0
            if one.mode is Mode.CAR
            else (one.seconds or 0.0) + 8.0
        ),
    )
    shares = _first_shares(near, flow, np.random.default_rng([no, 0xF125]))
    return _Race(
        recommended=str(choice.unit.id),
        by_air=str(by_air.unit),
        by_truth=str(knowing.unit),
        real_s=real_s,
        first_share=shares[str(choice.unit.id)],
        best_share=max(shares.values()),
    )


def _first_shares(near: list[NearUnit], flow: float, rng: np.random.Generator) -> dict[str, float]:
    """Return how often each candidate is first when the race is run over with fresh luck."""
    on_wheels = [one.mode is Mode.CAR for one in near]
    free_s = np.array([one.seconds or 0.0 for one in near]) / np.where(on_wheels, flow, 1.0)
    sigma = np.array([LUCK_SIGMA[each] for each in on_wheels])
    stop_s = np.array([STOP_S[each] for each in on_wheels])
    luck = rng.lognormal(LUCK_MEAN, sigma, (_DRAWS, len(near)))
    real_s = free_s * luck + rng.exponential(stop_s, (_DRAWS, len(near)))
    firsts = np.bincount(real_s.argmin(axis=1), minlength=len(near)) / _DRAWS
    return {str(one.unit): float(share) for one, share in zip(near, firsts, strict=True)}


def _incident(no: int, lat: float, lon: float, at: datetime) -> Incident:
    return Incident(
        id=IncidentId(f"i{no}"), form="0502", level=Level.CAUTION, stage=Stage.FILE,
        channel=Channel.HOTLINE, summary="", place="", opened_at=at, lat=lat, lon=lon,
    )  # fmt: skip


def _force(
    graph: RoadGraph, units: list[Unit], at: datetime, rng: np.random.Generator
) -> ForceColumns:
    columns = empty_columns(max(unit.no for unit in units) + 1)
    numbers = np.array([unit.no for unit in units])
    nodes = rng.integers(0, graph.n_nodes, len(units))
    spread: Floats = rng.normal(0, 2e-4, (2, len(units)))
    columns.lat[numbers] = graph.node_lat[nodes] + spread[0]
    columns.lon[numbers] = graph.node_lon[nodes] + spread[1]
    columns.t_ms[numbers] = int(at.timestamp() * 1000) - rng.integers(0, 9_000, len(units))
    return columns
