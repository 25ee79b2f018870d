"""How long it takes to rank the whole force by road time, and whether the times are right."""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse.csgraph import dijkstra

from console.city.ground import write_synthetic
from console.city.people import make_units
from console.dispatch.arrival import arrives_first
from console.dispatch.near import Ranker
from console.dispatch.roster import Roster
from console.domain.units import Unit, UnitStatus
from console.geo.arrays import Floats
from console.geo.distance import flat_distance_m
from console.roads import Mode, RoadClass, RoadColumns, RoadGraph
from console.store.citypack import CityPack
from console.tracking.columns import ForceColumns, empty_columns

_PLACES = 12
_CHECKED_PLACES = 2
_WITHIN_S = 600.0
_TOLERANCE_S = 0.01
_FEW = 5
_SHOWN = 9
_JOINS = 40
#: How much of the second city there is: together over 300,000 edges.
_SECOND_SHARE = 0.65


def run(*, units: int = 7000, seed: int = 1) -> dict[str, object]:
    """Measure on two synthetic cities grown together, over 300,000 edges.

    Args:
        units: How many units are free, officers and vehicles together.
        seed: Of the city, the force and the places.

    Returns:
        Medians in milliseconds for all units, for those within 600 s and for the nearest five;
        the number of directed edges; how many nodes' times differ from networkx's by more than
        10 ms, ``None`` where networkx is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        path = Path(folder) / "bench.citypack"
        write_synthetic(path, seed=seed)
        with CityPack.open(path) as pack:
            graph = _twin_city(pack.road_graph())
            force_units = _free_units(pack, units, seed)
    rng = np.random.default_rng([seed, 100])
    at = datetime.now(UTC)
    force = _force(graph, force_units, at, rng)
    spots = rng.normal(0, 0.06, (_PLACES, 2)) + np.array([39.9087, 116.3975])
    ranker, roster = Ranker(graph), Roster.of(force_units)
    ranker.rank(roster, force, *_pairs(spots)[0], at)  # what is made once is made now
    reached = [
        len(ranker.free_within(roster, force, lat, lon, at, limit_s=_WITHIN_S))
        for lat, lon in _pairs(spots)
    ]

    def everyone(lat: float, lon: float) -> None:
        _move_some(force, force_units)
        ranker.rank(roster, force, lat, lon, at)[:_SHOWN]  # rows are made where they are shown

    def within(lat: float, lon: float) -> None:
        ranker.free_within(roster, force, lat, lon, at, limit_s=_WITHIN_S)

    def few(lat: float, lon: float) -> None:
        ranker.rank(roster, force, lat, lon, at, k=_FEW)[:_FEW]

    def first(lat: float, lon: float) -> None:
        arrives_first(ranker.rank(roster, force, lat, lon, at, k=_SHOWN))

    def plain(lat: float, lon: float) -> None:
        for mode in (Mode.CAR, Mode.FOOT):
            plain_seconds(graph, lat, lon, mode)

    cpu_ms = _median_ms(everyone, spots, clock=time.thread_time)
    return {
        "all_units_cpu_ms": cpu_ms,
        "plain_dijkstra_ms": _median_ms(plain, spots),
        "all_units_ms": _median_ms(everyone, spots),
        "within_600s_ms": _median_ms(within, spots),
        "nearest_5_ms": _median_ms(few, spots),
        "units": len(force_units),
        "units_within_600s": statistics.median(reached),
        "arrives_first_ms": _median_ms(first, spots),
        "nodes": graph.n_nodes,
        "edges": graph.n_edges,
        "mismatches_to_networkx": _mismatches(graph, spots[:_CHECKED_PLACES]),
    }


def _twin_city(graph: RoadGraph) -> RoadGraph:
    """Return a city and most of another beside it, joined where their edges come near."""
    one = graph.columns
    second = _western_part(one, _SECOND_SHARE)
    width = float(np.ptp(one.node_lon)) + 0.002
    count = graph.n_nodes
    east = np.argsort(one.node_lon)[-_JOINS:].astype(np.int32)
    west = np.argsort(second.node_lon)[:_JOINS].astype(np.int32) + count
    tail, head = np.concatenate([east, west]), np.concatenate([west, east])
    lat = np.concatenate([one.node_lat, second.node_lat])
    lon = np.concatenate([one.node_lon, second.node_lon + width])
    length = flat_distance_m(lat[tail], lon[tail], lat[head], lon[head]).astype(np.float32)

    def both(name: str, more: Any) -> Any:
        first = getattr(one, name)
        parts = (first, getattr(second, name), np.broadcast_to(more, len(tail)))
        return np.concatenate(parts).astype(first.dtype)

    return RoadGraph(
        RoadColumns(
            node_lat=lat,
            node_lon=lon,
            edge_from=np.concatenate([one.edge_from, second.edge_from + count, tail]),
            edge_to=np.concatenate([one.edge_to, second.edge_to + count, head]),
            edge_len_m=both("edge_len_m", length),
            edge_speed_mps=both("edge_speed_mps", 16.0),
            edge_class=both("edge_class", RoadClass.ARTERIAL),
            edge_name=both("edge_name", -1),
        )
    )


def _western_part(columns: RoadColumns, share: float) -> RoadColumns:
    """Return the roads whose ends lie in the western part of the nodes, renumbered."""
    inside = columns.node_lon <= np.quantile(columns.node_lon, share)
    kept = inside[columns.edge_from] & inside[columns.edge_to]
    number = (np.cumsum(inside) - 1).astype(np.int32)
    return RoadColumns(
        node_lat=columns.node_lat[inside],
        node_lon=columns.node_lon[inside],
        edge_from=number[columns.edge_from[kept]],
        edge_to=number[columns.edge_to[kept]],
        edge_len_m=columns.edge_len_m[kept],
        edge_speed_mps=columns.edge_speed_mps[kept],
        edge_class=columns.edge_class[kept],
        edge_name=columns.edge_name[kept],
    )


def _move_some(force: ForceColumns, units: list[Unit]) -> None:
    """Move a third of the units, as ten seconds between two rankings do at the most."""
    moved = np.array([unit.no for unit in units[::3]])
    force.lat[moved] += 1e-5


def plain_seconds(graph: RoadGraph, lat: float, lon: float, mode: Mode) -> Floats:
    """Return the times by one plain search over every node: what scipy needs by itself."""
    node = graph.nearest_node(lat, lon, mode)
    return np.asarray(dijkstra(graph.reversed_matrix(mode), indices=[node])[0])


def _pairs(spots: Floats) -> list[tuple[float, float]]:
    return [(float(lat), float(lon)) for lat, lon in spots]


def _free_units(pack: CityPack, count: int, seed: int) -> list[Unit]:
    vehicles = count * 400 // 7400
    made = make_units(pack, seed=seed, officers=count - vehicles, vehicles=vehicles)
    return [_freed(unit) for unit in made]


def _freed(unit: Unit) -> Unit:
    return Unit(
        id=unit.id, no=unit.no, call_sign=unit.call_sign, kind=unit.kind, skills=unit.skills,
        status=UnitStatus.AVAILABLE,
    )  # fmt: skip


def _force(
    graph: RoadGraph, units: list[Unit], at: datetime, rng: np.random.Generator
) -> ForceColumns:
    """Return a fresh fix for every unit, near a road node, denser where the nodes are."""
    columns = empty_columns(max(unit.no for unit in units) + 1)
    numbers = np.array([unit.no for unit in units])
    nodes = rng.integers(0, graph.n_nodes, len(units))
    columns.lat[numbers] = graph.node_lat[nodes] + rng.normal(0, 2e-4, len(units))
    columns.lon[numbers] = graph.node_lon[nodes] + rng.normal(0, 2e-4, len(units))
    columns.t_ms[numbers] = int(at.timestamp() * 1000) - rng.integers(0, 9_000, len(units))
    return columns


def _median_ms(
    ask: Callable[[float, float], object],
    spots: Floats,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    times = []
    for lat, lon in _pairs(spots):
        start = clock()
        ask(lat, lon)
        times.append((clock() - start) * 1000)
    return round(statistics.median(times), 2)


def _mismatches(graph: RoadGraph, spots: Floats) -> int | None:
    """Return how many times differ from networkx's over some places and all ways to travel."""
    if importlib.util.find_spec("networkx") is None:
        return None
    import networkx as nx  # noqa: PLC0415  (a test tool: the product runs without it)

    wrong = 0
    for mode in Mode:
        other: Any = nx.DiGraph()
        seconds = graph.seconds_of_edges(mode)
        for tail, head, cost in zip(
            graph.edge_from.tolist(), graph.edge_to.tolist(), seconds.tolist(), strict=True
        ):
            ends = ((head, tail),) if mode is Mode.CAR else ((head, tail), (tail, head))
            for a, b in ends:  # turned round, as the times are to a place
                held = other.get_edge_data(a, b, {"s": float("inf")})["s"]
                if cost < held:
                    other.add_edge(a, b, s=cost)
        for lat, lon in _pairs(spots):
            node = graph.nearest_node(lat, lon, mode)
            theirs = nx.single_source_dijkstra_path_length(other, node, weight="s")
            ours = graph.seconds_to_node(node, mode=mode)
            known = np.full(graph.n_nodes, np.inf)
            known[list(theirs)] = list(theirs.values())
            both = np.isfinite(ours) & np.isfinite(known)
            wrong += int(np.count_nonzero(np.isfinite(ours) != np.isfinite(known)))
            wrong += int(np.count_nonzero(np.abs(ours[both] - known[both]) > _TOLERANCE_S))
    return wrong
