"""The truth of travel times: congestion that neighbours share, and luck that is a journey's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from test_near import at_m, graph  # noqa: F401 - a fixture

from console.city.movement_congestion import LASTS_S, REACH_M, Congestion
from console.city.movement_streets import MIDWAY, Streets
from console.city.movement_traffic import Traffic, private_luck
from console.roads import Mode, RoadGraph

RUSH = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # 18:00 on a Monday


def test_that_congestion_is_shared_near_by_and_for_a_while() -> None:
    near, far = [], []
    later, much_later = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, y = rng.uniform(0, 40_000, (2, 200))
        field = Congestion(seed, np.r_[x, x + 300, x + 20_000], np.r_[y, y, y])
        here, beside, away = np.log(field.excess(1e9)).reshape(3, -1)
        near.append(np.corrcoef(here, beside)[0, 1])
        far.append(np.corrcoef(here, away)[0, 1])
        later.append(np.corrcoef(here, np.log(field.excess(1e9 + 120))[:200])[0, 1])
        much_later.append(np.corrcoef(here, np.log(field.excess(1e9 + 4 * LASTS_S))[:200])[0, 1])
    assert REACH_M > 300
    assert np.mean(near) > 0.8 > 0.35 > abs(np.mean(far))
    assert np.mean(later) > 0.8 > 0.35 > abs(np.mean(much_later))


def test_that_the_same_moment_is_the_same_for_whoever_asks_and_delays_keep_their_mean() -> None:
    x, y = np.random.default_rng(1).uniform(0, 100_000, (2, 4000))
    one, other = Congestion(7, x, y), Congestion(7, x, y)
    other.excess(5.0)
    assert one.excess(1e9).tolist() == other.excess(1e9).tolist()
    assert one.excess(1e9).tolist() != Congestion(8, x, y).excess(1e9).tolist()
    means = [Congestion(seed, x, y).excess(1e9).mean() for seed in range(30)]
    assert np.mean(means) == pytest.approx(1.0, abs=0.1)


def test_that_jams_belong_to_the_rush_hour(graph: RoadGraph) -> None:  # noqa: F811 - the fixture
    traffic = Traffic(truth_seed=7, utc_offset_h=8.0)
    streets = Streets(graph, traffic, truth_seed=7)
    rush, night = streets.flow(RUSH), streets.flow(RUSH + timedelta(hours=9))
    assert np.median(rush) == pytest.approx(traffic.flow(RUSH), rel=0.35)
    assert np.std(np.log(rush)) > 4 * np.std(np.log(night))
    assert streets.flow(RUSH + timedelta(seconds=5)) is streets.flow(RUSH + timedelta(seconds=9))
    assert (rush > 0).all()
    assert (night <= 1.0).all()


def test_that_ways_are_sought_on_the_streets_of_about_the_journeys_middle(
    graph: RoadGraph,  # noqa: F811 - the fixture
) -> None:
    streets = Streets(graph, Traffic(truth_seed=7, utc_offset_h=8.0), truth_seed=7)
    ways = streets.ways(RUSH)
    expected = graph.edge_speed_mps * streets.flow(RUSH + MIDWAY) * streets.of_edges
    assert ways.edge_speed_mps == pytest.approx(expected, rel=1e-5)
    assert streets.ways(RUSH + timedelta(seconds=30)) is ways
    place = at_m(400.0, 400.0)
    from_far = graph.nearest_node(*at_m(4000.0, 4000.0))
    usual, real = (each.seconds_to(*place, mode=Mode.CAR)[from_far] for each in (graph, ways))
    assert real > 1.3 * usual


def test_that_short_journeys_are_the_less_certain_ones() -> None:
    rng = np.random.default_rng(2)
    for wheels in (True, False):
        spreads = []
        for seconds in (120.0, 600.0, 2400.0):
            took = private_luck(np.full((20_000, 1), seconds), np.array([wheels]), rng)
            assert (took > 0.7 * seconds).all()
            spreads.append(float(np.std(np.log(took))))
        assert spreads == sorted(spreads, reverse=True)
        assert spreads[0] > 1.5 * spreads[2]
        assert spreads[1] < 0.15


def test_that_a_journey_keeps_its_luck_and_is_as_fast_as_who_makes_it() -> None:
    traffic = Traffic(truth_seed=7, utc_offset_h=8.0)
    took = [traffic.travel_s(600.0, f"a{n}", on_wheels=True) for n in range(400)]
    assert took[0] == traffic.travel_s(600.0, "a0", on_wheels=True)
    assert took[0] != Traffic(truth_seed=8, utc_offset_h=8.0).travel_s(600.0, "a0", on_wheels=True)
    slow = [traffic.travel_s(600.0, f"a{n}", on_wheels=True, own=0.8) for n in range(400)]
    assert np.median(slow) > 1.15 * np.median(took)
