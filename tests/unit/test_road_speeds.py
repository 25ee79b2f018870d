"""How fast roads are and who goes how fast, learnt from fixes, and what rankings make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from test_near import AT, PLANE, SIDE, STEP_M, at_m, graph, make_unit  # noqa: F401 - a fixture

from console.dispatch.near import Ranker
from console.dispatch.roadmatch import RoadMatch
from console.dispatch.roadspeeds import PATROL_SHARE, RoadSpeeds
from console.dispatch.roster import Roster
from console.domain.units import Unit, UnitKind, UnitStatus
from console.roads import Mode, RoadClass, RoadGraph
from console.tracking.columns import ForceColumns, empty_columns

EAST, NORTH, WEST = 90.0, 0.0, 270.0
#: The western half of the grid is jammed, the eastern one is free.
MIDDLE_M = SIDE * STEP_M / 2
FREE_MPS, JAMMED_MPS = 10.0 * PATROL_SHARE, 3.0 * PATROL_SHARE


def cars(count: int) -> list[Unit]:
    return [make_unit(no, UnitKind.VEHICLE) for no in range(count)]


def driving(at: datetime, rng: np.random.Generator, count: int) -> ForceColumns:
    """Return cars on streets all over the grid, on the way east, at the speed of their half."""
    force = empty_columns(count)
    row = rng.integers(SIDE, size=count)
    east_m = rng.uniform(10.0, (SIDE - 1) * STEP_M - 10.0, count)
    force.lat[:], force.lon[:] = PLANE.to_degrees(east_m, row * STEP_M + rng.normal(0, 4, count))
    force.t_ms[:] = int(at.timestamp() * 1000) - rng.integers(0, 5000, count)
    force.heading_deg[:] = EAST + rng.normal(0, 4, count)
    usual = np.where(east_m < MIDDLE_M, JAMMED_MPS, FREE_MPS)
    force.speed_mps[:] = usual * rng.lognormal(0, 0.05, count)
    return force


def heard(
    graph: RoadGraph,  # noqa: F811 - the fixture's name
    minutes: int = 20,
    count: int = 120,
) -> tuple[RoadSpeeds, datetime]:
    speeds, rng, roster = RoadSpeeds(graph), np.random.default_rng(5), Roster.of(cars(count))
    at = AT
    for _ in range(minutes * 6):
        at += timedelta(seconds=10)
        speeds.take(roster, driving(at, rng, count), at)
    return speeds, at


def test_that_a_car_is_put_on_the_road_it_follows(graph: RoadGraph) -> None:  # noqa: F811
    match = RoadMatch(graph)
    # Beside the street from (200, 400) to (400, 400): east, west, across it, and off in a yard.
    places = [
        (290.0, 406.0, EAST),
        (290.0, 394.0, WEST),
        (290.0, 404.0, NORTH),
        (290.0, 470.0, EAST),
    ]
    lat, lon = PLANE.to_degrees(
        np.array([one[0] for one in places]), np.array([one[1] for one in places])
    )
    edges = match.edges(lat, lon, np.array([one[2] for one in places]))
    assert (edges[2], edges[3]) == (-1, -1)
    begin, end = 2 * SIDE + 1, 2 * SIDE + 2
    assert (graph.edge_from[edges[0]], graph.edge_to[edges[0]]) == (begin, end)
    assert (graph.edge_from[edges[1]], graph.edge_to[edges[1]]) == (end, begin)


def test_that_nobody_is_put_on_a_one_way_street_against_its_way(
    graph: RoadGraph,  # noqa: F811
) -> None:
    columns = graph.columns
    keep = columns.edge_from < columns.edge_to
    one_way = RoadGraph(
        replace(
            columns,
            **{
                name: getattr(columns, name)[keep]
                for name in columns.__slots__
                if name.startswith("edge_")
            },
        )
    )
    lat, lon = PLANE.to_degrees(np.array([290.0, 290.0]), np.array([404.0, 404.0]))
    found = RoadMatch(one_way).edges(lat, lon, np.array([EAST, WEST]))
    assert found[0] >= 0
    assert found[1] == -1


def test_that_a_jam_is_learnt_where_it_is(graph: RoadGraph) -> None:  # noqa: F811
    speeds, _ = heard(graph)
    now = speeds.now()
    east, _ = PLANE.to_metres(graph.node_lat, graph.node_lon)
    middle = (east[graph.edge_from] + east[graph.edge_to]) / 2
    in_jam = np.median(now.graph.edge_speed_mps[middle < MIDDLE_M - 1000])
    outside = np.median(now.graph.edge_speed_mps[middle > MIDDLE_M + 1000])
    assert in_jam == pytest.approx(3.0, rel=0.2)
    assert outside == pytest.approx(10.0, rel=0.2)
    assert 1.2 < now.level < 2.6  # what the city has on average


def test_that_the_ranking_goes_round_a_jam_and_says_what_it_costs(
    graph: RoadGraph,  # noqa: F811
) -> None:
    speeds, at = heard(graph)
    through, outside = make_unit(0, UnitKind.VEHICLE), make_unit(1, UnitKind.VEHICLE)
    force = empty_columns(2)
    place = at_m(MIDDLE_M, 2800.0)
    for no, east_m in ((0, MIDDLE_M - 1600.0), (1, MIDDLE_M + 2000.0)):
        force.lat[no], force.lon[no] = at_m(east_m, 2800.0)
        force.t_ms[no] = int(at.timestamp() * 1000)
    roster, ranker = Roster.of([through, outside]), Ranker(graph)
    free = ranker.rank(roster, force, *place, at)
    assert [one.unit for one in free] == ["u0", "u1"]
    assert [one.jam_s for one in free] == [0.0, 0.0]
    ranker.use(speeds.now())
    present = ranker.rank(roster, force, *place, at)
    assert [one.unit for one in present] == ["u1", "u0"]
    assert present[0].jam_s < 30.0 < present[1].jam_s
    ranker.use(None)
    assert [one.unit for one in ranker.rank(roster, force, *place, at)] == ["u0", "u1"]


def test_that_a_jam_is_forgotten_when_nobody_tells_of_it_any_more(
    graph: RoadGraph,  # noqa: F811
) -> None:
    speeds, at = heard(graph)
    before = speeds.now().level
    nobody = empty_columns(120)
    speeds.take(Roster.of(cars(120)), nobody, at + timedelta(hours=3))
    after = speeds.now()
    assert before > 1.2
    assert after.level == pytest.approx(1.0, abs=0.02)


def test_that_a_fix_counts_once_and_only_of_those_who_are_on_duty_and_move(
    graph: RoadGraph,  # noqa: F811
) -> None:
    speeds, rng = RoadSpeeds(graph), np.random.default_rng(3)
    force = driving(AT, rng, 30)
    force.speed_mps[:5] = 0.0
    force.heading_deg[5:10] = np.nan
    force.t_ms[10:15] = 0
    off = [replace(unit, status=UnitStatus.OFF_DUTY) for unit in cars(20)[15:]]
    roster = Roster.of([*cars(15), *off, *cars(30)[20:]])
    told = speeds.take(roster, force, AT)
    assert 0 < told <= 10
    assert speeds.take(roster, force, AT + timedelta(seconds=10)) == 0
    assert speeds.take(roster, empty_columns(0), AT + timedelta(seconds=20)) == 0


def test_that_whoever_walks_slowly_is_reckoned_to_arrive_later(
    graph: RoadGraph,  # noqa: F811
) -> None:
    speeds, walkers = RoadSpeeds(graph), [make_unit(no) for no in range(20)]
    roster, rng, at = Roster.of(walkers), np.random.default_rng(4), AT
    pace = np.where(np.arange(20) == 7, 0.75, 1.0) * 1.2
    for _ in range(120):
        at += timedelta(seconds=10)
        force = empty_columns(20)
        force.lat[:], force.lon[:] = at_m(1000.0, 1000.0)
        force.t_ms[:] = int(at.timestamp() * 1000)
        force.speed_mps[:] = pace * rng.lognormal(0, 0.1, 20)
        speeds.take(roster, force, at)
    now = speeds.now()
    assert now.own[7] == pytest.approx(1 / 0.75, rel=0.1)
    assert now.own[3] == pytest.approx(1.0, rel=0.05)
    assert now.own_of(np.array([3, 7, 500], np.int32))[2] == 1.0
    ranker = Ranker(graph)
    ranker.use(now)
    found = ranker.rank(roster, force, *at_m(1800.0, 1000.0), at)
    assert found[19].unit == "u7"


def test_that_roads_at_other_speeds_share_all_else(graph: RoadGraph) -> None:  # noqa: F811
    slow = graph.with_speeds(graph.edge_speed_mps / 2)
    place = at_m(1000.0, 1000.0)
    usual, longer = (one.seconds_to(*place, mode=Mode.CAR) for one in (graph, slow))
    assert longer == pytest.approx(2 * usual, rel=1e-5)
    for each in (Mode.FOOT, Mode.BIKE):
        assert slow.seconds_to(*place, mode=each) == pytest.approx(
            graph.seconds_to(*place, mode=each)
        )
    assert slow.fastest_mps == pytest.approx(5.0)
    assert graph.fastest_mps == pytest.approx(10.0)
    assert set(slow.edge_class) == {RoadClass.TERTIARY}
