"""Road graphs against networkx on random graphs."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from console.geo.distance import LocalPlane, flat_distance_m
from console.roads import (
    FOOT_MPS,
    Mode,
    NoRouteError,
    RoadClass,
    RoadColumns,
    RoadColumnsError,
    RoadGraph,
)
from console.roads.contraction import Contracted, fastest_only

PLANE = LocalPlane(39.9087, 116.3975)


def columns_of(
    east_m: list[float], north_m: list[float], edges: list[tuple[int, int]],
    *, speed_mps: list[float] | None = None, classes: list[int] | None = None,
) -> RoadColumns:  # fmt: skip
    lat, lon = PLANE.to_degrees(np.array(east_m, float), np.array(north_m, float))
    tail = np.array([a for a, _ in edges], np.int32)
    head = np.array([b for _, b in edges], np.int32)
    return RoadColumns(
        node_lat=lat,
        node_lon=lon,
        edge_from=tail,
        edge_to=head,
        edge_len_m=flat_distance_m(lat[tail], lon[tail], lat[head], lon[head]).astype(np.float32),
        edge_speed_mps=np.array(speed_mps or [10.0] * len(edges), np.float32),
        edge_class=np.array(classes or [RoadClass.TERTIARY] * len(edges), np.uint8),
        edge_name=np.full(len(edges), -1, np.int32),
    )


def random_graph(seed: int, nodes: int = 60, edges: int = 220) -> RoadGraph:
    rng = np.random.default_rng(seed)
    east, north = rng.uniform(0, 3000, nodes), rng.uniform(0, 3000, nodes)
    loop = [(i, (i + 1) % nodes) for i in range(nodes)]  # everything reaches everything
    more = [(int(a), int(b)) for a, b in rng.integers(0, nodes, (edges, 2)) if a != b]
    every = loop + more + more[:20]
    speeds = rng.uniform(2, 25, len(every)).tolist()
    return RoadGraph(columns_of(east.tolist(), north.tolist(), every, speed_mps=speeds))


def as_networkx(graph: RoadGraph, mode: Mode) -> nx.DiGraph:
    other = nx.DiGraph()
    other.add_nodes_from(range(graph.n_nodes))
    seconds = graph.seconds_of_edges(mode)
    for a, b, s in zip(graph.edge_from, graph.edge_to, seconds, strict=True):
        for x, y in [(int(a), int(b))] + ([(int(b), int(a))] if mode is not Mode.CAR else []):
            if np.isfinite(s) and s < other.get_edge_data(x, y, {"s": np.inf})["s"]:
                other.add_edge(x, y, s=float(s))
    return other


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), mode=st.sampled_from(list(Mode)))
def test_that_seconds_to_a_node_agree_with_networkx(seed: int, mode: Mode) -> None:
    graph = random_graph(seed)
    target = seed % graph.n_nodes
    expected = nx.single_source_dijkstra_path_length(
        as_networkx(graph, mode).reverse(), target, weight="s"
    )
    found = graph.seconds_to_node(target, mode=mode)
    assert found == pytest.approx([expected[i] for i in range(graph.n_nodes)], rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), mode=st.sampled_from(list(Mode)))
def test_that_a_route_is_as_fast_as_networkx_finds(seed: int, mode: Mode) -> None:
    graph = random_graph(seed)
    start, end = seed % 60, (seed * 7 + 3) % 60
    expected = nx.dijkstra_path_length(as_networkx(graph, mode), start, end, weight="s")
    route = graph.route(
        graph.node_lat[start], graph.node_lon[start], graph.node_lat[end], graph.node_lon[end],
        mode=mode,
    )  # fmt: skip
    assert route.seconds == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert np.all(np.diff(route.elapsed_s) >= 0)
    assert len(route.points) == len(route.elapsed_s)
    if mode is not Mode.CAR:
        speed_mps = graph.off_road_mps(mode)
        assert route.metres == pytest.approx(route.seconds * speed_mps, rel=1e-3, abs=0.01)


def test_that_a_limit_leaves_what_lies_beyond_infinite() -> None:
    graph = random_graph(3)
    everything = graph.seconds_to(graph.node_lat[0], graph.node_lon[0])
    limit = float(np.median(everything))
    near = graph.seconds_to(graph.node_lat[0], graph.node_lon[0], limit)
    inside = everything < limit - 0.01
    assert near[inside] == pytest.approx(everything[inside])
    assert np.all(np.isinf(near[everything > limit + 0.01]))
    assert near.dtype == np.float32


def test_that_one_way_binds_cars_but_not_walkers() -> None:
    square = columns_of([0, 500, 500, 0], [0, 0, 500, 500], [(0, 1), (1, 2), (2, 3), (3, 0)])
    graph = RoadGraph(square)
    lat, lon = graph.node_lat, graph.node_lon
    by_car = graph.route(lat[1], lon[1], lat[0], lon[0])
    on_foot = graph.route(lat[1], lon[1], lat[0], lon[0], mode=Mode.FOOT)
    assert by_car.metres == pytest.approx(1500, rel=1e-3)
    assert on_foot.metres == pytest.approx(500, rel=1e-3)


def test_that_nobody_walks_on_a_motorway_and_no_car_drives_on_a_footway() -> None:
    edges = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 3), (3, 0), (3, 2), (2, 3)]
    fast, path = int(RoadClass.MOTORWAY), int(RoadClass.FOOTWAY)
    graph = RoadGraph(
        columns_of([0, 500, 1000, 500], [0, 0, 0, 900], edges, classes=[fast] * 4 + [path] * 4)
    )
    lat, lon = graph.node_lat, graph.node_lon
    assert len(graph.route(lat[0], lon[0], lat[2], lon[2]).points) == 5  # over node 1
    walked = graph.route(lat[0], lon[0], lat[2], lon[2], mode=Mode.FOOT)
    assert walked.metres > 2000
    assert graph.nearest_node(lat[1], lon[1], Mode.FOOT) != 1


def test_that_a_place_off_the_road_costs_the_way_to_it() -> None:
    graph = RoadGraph(columns_of([0, 1000], [0, 0], [(0, 1), (1, 0)]))
    lat, lon = PLANE.to_degrees(1000, 135)
    seconds = graph.seconds_to(float(lat), float(lon), mode=Mode.FOOT)
    assert seconds == pytest.approx([1135 / FOOT_MPS, 135 / FOOT_MPS], rel=1e-3)


def test_that_a_dead_island_is_never_the_nearest_node() -> None:
    edges = [(0, 1), (1, 2), (2, 0), (3, 4)]
    graph = RoadGraph(columns_of([0, 100, 100, 5000, 5100], [0, 0, 100, 0, 0], edges))
    assert graph.nearest_node(graph.node_lat[3], graph.node_lon[3]) in {0, 1, 2}


def test_that_no_way_is_said_with_both_places() -> None:
    """Two loops joined one way only: the small one cannot be reached from the large one."""
    graph = RoadGraph(columns_of([0, 100], [0, 0], [(0, 1)]))
    lat, lon = graph.node_lat, graph.node_lon
    start, end = (0, 1) if graph.nearest_node(lat[0], lon[0]) == 1 else (1, 0)
    nodes, _ = graph._way(1, 0, Mode.CAR)
    assert len(nodes) == 0
    error = NoRouteError((lat[start], lon[start]), (lat[end], lon[end]), Mode.CAR)
    assert "no way by car" in str(error)


def test_that_columns_that_do_not_fit_are_refused() -> None:
    good = columns_of([0, 100], [0, 0], [(0, 1)])
    with pytest.raises(RoadColumnsError, match="ends at node 7"):
        RoadGraph(columns_of([0, 100], [0, 0], [(0, 1)]).__class__(
            **{**{n: getattr(good, n) for n in good.__slots__}, "edge_to": np.array([7], np.int32)}
        ))  # fmt: skip
    with pytest.raises(RoadColumnsError, match="no road"):
        RoadGraph(columns_of([0, 100], [0, 0], []))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), rounds=st.integers(0, 3))
def test_that_taking_chains_out_changes_no_time(seed: int, rounds: int) -> None:
    """Sparse graphs of bends, yards, rings and one-way streets, from every kind of node."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 70))
    pairs = rng.integers(0, size, (int(rng.integers(1, 2 * size)), 2))
    cost = rng.uniform(0.5, 90, len(pairs))
    back = rng.random(len(pairs)) < 0.6
    tail = np.concatenate([pairs[:, 0], pairs[back, 1]]).astype(np.int32)
    head = np.concatenate([pairs[:, 1], pairs[back, 0]]).astype(np.int32)
    network = fastest_only(head, tail, np.concatenate([cost, cost[back]]), size)
    small = Contracted(network, rounds)
    for node in range(size):
        expected = dijkstra(network, indices=[node])[0]
        assert small.seconds([(node, 0.0)]) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    limit = 60.0
    expected = dijkstra(network, indices=[0], limit=limit)[0]
    assert small.seconds([(0, 0.0)], limit) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_that_a_closed_road_is_gone_round_and_the_rest_stays() -> None:
    square = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (3, 0), (0, 3)]
    graph = RoadGraph(columns_of([0, 500, 500, 0], [0, 0, 500, 500], square))
    middle_lat, middle_lon = PLANE.to_degrees(250.0, 0.0)

    def in_cordon(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return flat_distance_m(lat, lon, middle_lat, middle_lon) < 50

    closed = graph.edges_touching(in_cordon)
    assert np.flatnonzero(closed).tolist() == [0, 1]
    rest = graph.without(closed)
    lat, lon = graph.node_lat, graph.node_lon
    assert graph.route(lat[0], lon[0], lat[1], lon[1]).metres == pytest.approx(500, rel=1e-3)
    assert rest.route(lat[0], lon[0], lat[1], lon[1]).metres == pytest.approx(1500, rel=1e-3)
    assert graph.without(np.zeros(8, bool)) is graph
