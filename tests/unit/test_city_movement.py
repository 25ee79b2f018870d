"""The moving force: along roads, at believable speeds, on its beat, seen by imperfect receivers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from console.city.movement import Mode, Movement, Travel, travel_of
from console.city.movement_gps import GpsHabits, Receivers, Truth
from console.city.movement_network import Network, NoRoadsError
from console.city.movement_traffic import Traffic
from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind
from console.geo.distance import LocalPlane
from console.protocol.positions import DEGREES, UNKNOWN_U2, FixFlag
from console.roads import Mode as RoadMode
from console.roads import RoadClass, RoadColumns

SIDE, STEP_DEG = 40, 0.0012
LAT0, LON0 = 39.9, 116.4


def grid() -> RoadColumns:
    """Return a grid of 40 × 40 crossings some 130 m by 102 m apart; every fifth row is fast."""
    rows, columns = np.divmod(np.arange(SIDE * SIDE), SIDE)
    east = np.flatnonzero(columns < SIDE - 1)
    north = np.flatnonzero(rows < SIDE - 1)
    a = np.concatenate([east, east + 1, north, north + SIDE])
    b = np.concatenate([east + 1, east, north + SIDE, north])
    fast = (rows[a] % 5 == 0) & (rows[a] == rows[b])
    lat, lon = LAT0 + rows * STEP_DEG, LON0 + columns * STEP_DEG
    across_m = 111_195.0 * np.hypot((lon[a] - lon[b]) * np.cos(np.radians(LAT0)), lat[a] - lat[b])
    return RoadColumns(
        node_lat=lat, node_lon=lon, edge_from=a, edge_to=b, edge_len_m=across_m,
        edge_speed_mps=np.where(fast, 22.0, 11.0).astype(np.float32),
        edge_class=np.full(len(a), RoadClass.SECONDARY, np.uint8), edge_name=np.full(len(a), -1),
    )  # fmt: skip


def force(count: int) -> list[Unit]:
    kinds = [(UnitKind.OFFICER, ()), (UnitKind.OFFICER, ("bike",)), (UnitKind.VEHICLE, ())]
    return [
        Unit(id=UnitId(f"U{no}"), no=no + 1, call_sign=f"U{no}", kind=kind, skills=skills)
        for no, (kind, skills) in enumerate((kinds * count)[:count])
    ]


def moving(count: int = 300, *, seed: int = 1) -> tuple[Movement, list[Unit]]:
    units, roads = force(count), grid()
    middle = np.tile([LAT0 + 0.02, LON0 + 0.02], (count, 1))
    flow = np.ones(len(roads.edge_to))
    move = Movement(units, roads, middle, seed=seed, edge_flow=flow)
    move.start(np.arange(count))
    return move, units


def test_that_units_travel_as_their_kind_and_skills_say() -> None:
    walker, rider, car = force(3)
    assert [travel_of(u) for u in (walker, rider, car)] == [Travel.FOOT, Travel.BIKE, Travel.CAR]


def test_that_the_same_seed_moves_the_force_in_the_same_way() -> None:
    (one, _), (other, _) = moving(), moving()
    for second in range(60):
        one.step(float(second), flow=0.7)
        other.step(float(second), flow=0.7)
    assert np.array_equal(one.x, other.x)
    assert np.array_equal(one.y, other.y)


def test_that_nobody_teleports_and_speeds_are_believable() -> None:
    move, _ = moving()
    move.step(0.0, flow=0.7)
    speeds = []
    for second in range(1, 600):
        x, y = move.x.copy(), move.y.copy()
        move.step(float(second), flow=0.7)
        speeds.append(np.hypot(move.x - x, move.y - y))
    gone = np.array(speeds)
    top = np.array([1.25 * 1.3, 3.6 * 1.3, 22.0 * 0.7 * 0.8 * 1.2])
    assert (gone.max(axis=0) <= top[move.travel] * 1.02).all()
    mean = [gone[:, move.travel == kind].mean() for kind in Travel]
    assert 0.5 < mean[0] < 1.4
    assert 1.2 < mean[1] < 3.9
    assert 2.0 < mean[2] < 9.0
    assert (gone.sum(axis=0) > 0.0).all()


def test_that_everybody_stays_on_the_roads_and_near_the_beat() -> None:
    move, _ = moving()
    for second in range(0, 1800, 2):
        move.step(float(second), flow=0.7)
    row = (move.plane.to_degrees(move.x, move.y)[0] - LAT0) / STEP_DEG
    column = (move.plane.to_degrees(move.x, move.y)[1] - LON0) / STEP_DEG
    on_road = (np.abs(row - np.round(row)) < 1e-6) | (np.abs(column - np.round(column)) < 1e-6)
    assert on_road.all()
    walkers = move.travel != Travel.CAR
    home = np.abs(row - SIDE / 2) + np.abs(column - SIDE / 2)
    assert np.quantile(home[walkers], 0.95) < 28


def test_that_cars_obey_one_way_streets_and_walkers_need_not() -> None:
    plane = LocalPlane(LAT0, LON0)
    ring = RoadColumns(
        node_lat=np.array([LAT0, LAT0, LAT0 + STEP_DEG, 45.0]),
        node_lon=np.array([LON0, LON0 + STEP_DEG, LON0, 10.0]),
        edge_from=np.array([0, 1, 2, 0]), edge_to=np.array([1, 2, 0, 3]),
        edge_len_m=np.full(4, 100.0), edge_speed_mps=np.full(4, 10.0),
        edge_class=np.full(4, RoadClass.TERTIARY, np.uint8), edge_name=np.full(4, -1),
    )  # fmt: skip
    car = Network(ring, plane, RoadMode.CAR)
    assert list(zip(car.start.tolist(), car.to.tolist(), strict=True)) == [(0, 1), (1, 2), (2, 0)]
    assert len(Network(ring, plane, RoadMode.FOOT).to) == 8


def test_that_roads_in_pieces_are_refused_with_a_sentence() -> None:
    split = RoadColumns(
        node_lat=np.array([1.0, 2.0]), node_lon=np.array([1.0, 2.0]), edge_from=np.array([0]),
        edge_to=np.array([1]), edge_len_m=np.array([5.0]), edge_speed_mps=np.array([9.0]),
        edge_name=np.array([-1]), edge_class=np.array([RoadClass.TERTIARY], np.uint8),
    )  # fmt: skip
    with pytest.raises(NoRoadsError, match="import the city again"):
        Network(split, LocalPlane(1.0, 1.0), RoadMode.CAR)


def test_that_a_unit_sent_to_a_place_is_there_in_time_stays_and_goes_back_to_its_beat() -> None:
    move, _ = moving(3)
    move.step(0.0, flow=0.7)
    lat, lon = np.array([LAT0 + 0.01, LAT0 + 0.02]), np.array([LON0 + 0.01, LON0 + 0.03])
    move.send(0, lat, lon, starts_s=10.0, arrives_s=310.0)
    for second in range(1, 310):
        before = (move.x[0], move.y[0])
        move.step(float(second), flow=0.7)
        assert np.hypot(move.x[0] - before[0], move.y[0] - before[1]) < 25.0
    assert move.mode[0] == Mode.JOURNEY
    move.step(310.0, flow=0.7)
    assert move.mode[0] == Mode.STILL
    there = move.latlon(np.array([0]))
    assert (there[0][0], there[1][0]) == pytest.approx((LAT0 + 0.02, LON0 + 0.03))
    move.release(0, now_s=310.0)
    for second in range(311, 450):
        move.step(float(second), flow=0.7)
    assert move.mode[0] == Mode.PATROL


def test_that_units_off_duty_do_not_move() -> None:
    move, _ = moving(6)
    move.step(0.0, flow=0.7)
    move.stop(np.array([0, 1]))
    x = move.x.copy()
    move.step(30.0, flow=0.7)
    assert (move.x[:2] == x[:2]).all()
    assert (move.x[2:] != x[2:]).any()


def _still(count: int, **habits: float) -> tuple[Receivers, Truth]:
    plane = LocalPlane(LAT0, LON0)
    truth = Truth(
        who=np.arange(count), x=np.zeros(count), y=np.zeros(count), speed_mps=np.zeros(count),
        heading_deg=np.zeros(count), is_page=np.ones(count, dtype=bool),
    )  # fmt: skip
    numbers = np.arange(1, count + 1, dtype=np.uint32)
    return Receivers(numbers, plane, seed=1, habits=GpsHabits(**habits)), truth


def test_that_the_noise_has_its_size_and_keeps_still_from_one_second_to_the_next() -> None:
    receivers, truth = _still(
        4000, outlier_chance=0.0, late_chance=0.0, twice_chance=0.0, gap_every_s=1e12
    )
    first, second = receivers.fixes(truth, 1000.0), receivers.fixes(truth, 1001.0)
    north_m = (first["lat"] * DEGREES - LAT0) * 111_195.0
    step_m = (second["lat"] - first["lat"]) * DEGREES * 111_195.0
    assert 4.5 < north_m.std() < 6.0
    assert step_m.std() < 2.0
    assert (first["heading"] == UNKNOWN_U2).all()
    assert (first["flags"] == FixFlag.NO_HEADING).all()


def test_that_outliers_come_at_their_rate_and_are_the_only_jumps() -> None:
    receivers, truth = _still(5000, outlier_chance=0.01, late_chance=0.0, twice_chance=0.0)
    fixes = receivers.fixes(truth, 1000.0)
    off_m = np.abs(fixes["lat"] * DEGREES - LAT0) * 111_195.0
    expected, sigma = 50.0, np.sqrt(50.0)
    assert abs(receivers.outliers - expected) < 3 * sigma
    assert (off_m > 35.0).sum() <= receivers.outliers


def test_that_late_fixes_arrive_after_newer_ones_and_none_is_lost() -> None:
    receivers, truth = _still(
        500, late_chance=0.05, twice_chance=0.0, gap_every_s=1e12, outlier_chance=0.0
    )
    newest = np.zeros(501, dtype=np.uint64)
    arrived = late = 0
    for second in range(1000, 1200):
        sends = truth if second < 1100 else Truth(
            who=truth.who[:0], x=truth.x[:0], y=truth.y[:0], speed_mps=truth.speed_mps[:0],
            heading_deg=truth.heading_deg[:0], is_page=truth.is_page[:0],
        )  # fmt: skip
        fixes = receivers.fixes(sends, float(second))
        arrived += len(fixes)
        late += int((fixes["t_ms"] < newest[fixes["unit"]]).sum())
        np.maximum.at(newest, fixes["unit"], fixes["t_ms"])
    assert arrived == 500 * 100
    assert abs(late - 2500) < 3 * np.sqrt(2500) + 500 * 2  # those held at the end have no newer one


def test_that_gaps_come_and_a_locked_page_says_so_with_its_last_fix() -> None:
    receivers, truth = _still(
        2000, gap_every_s=300.0, asleep_chance=0.5, late_chance=0.0, twice_chance=0.0
    )
    counts, asleep = [], 0
    for second in range(1000, 1600):
        fixes = receivers.fixes(truth, float(second))
        counts.append(len(fixes))
        asleep += int(((fixes["flags"] & FixFlag.ASLEEP) > 0).sum())
    assert counts[0] == 2000
    share_heard = 300.0 / (300.0 + 100.0)  # mean gap of 20 to 180 s
    assert np.mean(counts[300:]) / 2000 == pytest.approx(share_heard, abs=0.03)
    begun = 2000 * 600 * share_heard / 300.0
    assert 0.4 * begun < asleep < 0.6 * begun


def test_that_traffic_is_slow_in_the_rush_hour() -> None:
    traffic = Traffic(truth_seed=7, utc_offset_h=8.0)
    rush = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # 18:00 on a Monday
    night = rush + timedelta(hours=9)
    assert traffic.flow(rush) < 0.62 < 0.85 < traffic.flow(night)
    assert traffic.flow(rush) != Traffic(truth_seed=8, utc_offset_h=8.0).flow(rush)


def test_that_cars_on_patrol_are_slow_where_the_streets_are() -> None:
    gone_m = []
    for share in (1.0, 0.25):
        move, _ = moving(60)
        cars = move.travel == Travel.CAR
        flow = np.full(len(grid().edge_from), share)
        move.step(0.0, flow=flow)
        gone_m.append(0.0)
        for second in range(1, 120):
            x, y = move.x[cars], move.y[cars]
            move.step(float(second), flow=flow)
            gone_m[-1] += float(np.hypot(move.x[cars] - x, move.y[cars] - y).sum())
    assert gone_m[0] > 1.5 * gone_m[1]
