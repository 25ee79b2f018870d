"""Who is near, against the plain reckoning unit by unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from console.dispatch.near import FixNote, NearUnit, free_within, rank
from console.dispatch.roster import Roster, mode_of
from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind, UnitStatus
from console.geo.distance import LocalPlane, flat_distance_m
from console.protocol.positions import FixFlag
from console.roads import BIKE_MPS, FOOT_MPS, Mode, RoadClass, RoadColumns, RoadGraph
from console.tracking.columns import ForceColumns, empty_columns

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)
PLANE = LocalPlane(39.9087, 116.3975)
SIDE = 30
STEP_M = 200.0


@pytest.fixture(scope="module")
def graph() -> RoadGraph:
    """A grid of 30 × 30 streets 200 m apart, driven at 10 m/s."""
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = np.concatenate([
        np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
        np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
    ])  # fmt: skip
    pairs = np.concatenate([pairs, pairs[:, ::-1]]).astype(np.int32)
    lat, lon = PLANE.to_degrees((number % SIDE).ravel() * STEP_M, (number // SIDE).ravel() * STEP_M)
    size = len(pairs)
    return RoadGraph(
        RoadColumns(
            node_lat=lat,
            node_lon=lon,
            edge_from=pairs[:, 0].copy(),
            edge_to=pairs[:, 1].copy(),
            edge_len_m=np.full(size, STEP_M, np.float32),
            edge_speed_mps=np.full(size, 10.0, np.float32),
            edge_class=np.full(size, RoadClass.TERTIARY, np.uint8),
            edge_name=np.full(size, -1, np.int32),
        )
    )


def make_unit(no: int, kind: UnitKind = UnitKind.OFFICER, *skills: str) -> Unit:
    return Unit(
        id=UnitId(f"u{no}"), no=no, call_sign=f"K{no}", kind=kind, skills=skills,
        status=UnitStatus.AVAILABLE,
    )  # fmt: skip


def fixes_at(places_m: dict[int, tuple[float, float]], *, age_s: float = 5.0) -> ForceColumns:
    columns = empty_columns(max(places_m, default=-1) + 1)
    for no, (east_m, north_m) in places_m.items():
        lat, lon = PLANE.to_degrees(east_m, north_m)
        columns.lat[no], columns.lon[no] = lat, lon
        columns.t_ms[no] = AT_MS - round(age_s * 1000)
    return columns


def at_m(east_m: float, north_m: float) -> tuple[float, float]:
    lat, lon = PLANE.to_degrees(east_m, north_m)
    return float(lat), float(lon)


def names(found: list[NearUnit]) -> list[str]:
    return [near.unit for near in found]


def test_that_a_car_far_off_comes_before_a_walker_nearer_by(graph: RoadGraph) -> None:
    units = [make_unit(1), make_unit(2, UnitKind.VEHICLE)]
    force = fixes_at({1: (2000, 1000), 2: (4000, 1000)})
    found = rank(units, force, graph, *at_m(1000, 1000), AT)
    assert names(found) == ["u2", "u1"]
    assert [near.mode for near in found] == [Mode.CAR, Mode.FOOT]
    assert found[0].seconds == pytest.approx(300, rel=1e-2)
    assert found[1].seconds == pytest.approx(1000 / FOOT_MPS, rel=1e-2)
    assert found[1].metres_by_air == pytest.approx(1000, rel=1e-3)
    assert found[0].age_s == pytest.approx(5.0)
    assert found[0].note is None


def test_that_an_officer_with_a_vehicle_drives() -> None:
    assert mode_of(make_unit(1, UnitKind.OFFICER, "vehicle")) is Mode.CAR
    assert mode_of(make_unit(1, UnitKind.PATROL)) is Mode.FOOT
    assert mode_of(make_unit(1, UnitKind.OFFICER, "bike", "legal")) is Mode.BIKE
    assert mode_of(make_unit(1, UnitKind.VEHICLE)) is Mode.CAR


def test_that_busy_units_come_only_when_asked_for(graph: RoadGraph) -> None:
    busy = replace(make_unit(1), status=UnitStatus.ON_SCENE)
    off = replace(make_unit(2), status=UnitStatus.OFF_DUTY)
    units = [busy, off, make_unit(3)]
    force = fixes_at({1: (1000, 1200), 2: (1000, 1000), 3: (1000, 2000)})
    assert names(rank(units, force, graph, *at_m(1000, 1000), AT)) == ["u3"]
    everyone = rank(units, force, graph, *at_m(1000, 1000), AT, include_busy=True)
    assert [(near.unit, near.is_free) for near in everyone] == [("u1", False), ("u3", True)]


def test_that_what_is_wrong_with_a_fix_is_said(graph: RoadGraph) -> None:
    units = [make_unit(no) for no in (1, 2, 3, 900)]
    force = fixes_at({1: (1000, 1200), 2: (1000, 1400)})
    force.t_ms[1] -= 60_000
    force.flags[2] = FixFlag.ASLEEP
    found = rank(units, force, graph, *at_m(1000, 1000), AT)
    assert [(near.unit, near.note) for near in found[:2]] == [
        ("u1", FixNote.LATE_FIX),
        ("u2", FixNote.ASLEEP),
    ]
    assert {near.unit for near in found[2:]} == {"u3", "u900"}
    assert all(near.note is FixNote.NO_FIX and near.seconds is None for near in found[2:])


def test_that_without_any_fix_the_free_units_are_still_named(graph: RoadGraph) -> None:
    found = rank([make_unit(1)], empty_columns(0), graph, *at_m(0, 0), AT, k=5)
    assert [(near.unit, near.note) for near in found] == [("u1", FixNote.NO_FIX)]
    assert rank([], empty_columns(0), graph, *at_m(0, 0), AT) == []


@pytest.mark.parametrize("seed", range(5))
def test_that_a_few_are_the_first_of_all(graph: RoadGraph, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = [UnitKind.VEHICLE if drives else UnitKind.OFFICER for drives in rng.random(400) < 0.1]
    units = [make_unit(no, kind) for no, kind in enumerate(kinds)]
    force = fixes_at({no: tuple(rng.uniform(0, 5800, 2)) for no in range(400)})
    place = at_m(*rng.uniform(0, 5800, 2))
    everyone = rank(units, force, graph, *place, AT)
    assert len(everyone) == 400
    for k in (1, 7, 60):
        few = rank(units, force, graph, *place, AT, k=k)
        assert [near.seconds for near in few] == pytest.approx(
            [near.seconds for near in everyone[:k]], rel=1e-4
        )


def test_that_times_agree_with_routes(graph: RoadGraph) -> None:
    rng = np.random.default_rng(9)
    units = [make_unit(no, UnitKind.VEHICLE) for no in range(20)]
    force = fixes_at({no: tuple(rng.uniform(0, 5800, 2)) for no in range(20)})
    lat, lon = at_m(2900, 2900)
    for near in rank(units, force, graph, lat, lon, AT):
        no = int(near.unit[1:])
        if flat_distance_m(force.lat[no], force.lon[no], lat, lon) > 200:
            route = graph.route(force.lat[no], force.lon[no], lat, lon)
            assert near.seconds == pytest.approx(route.seconds, rel=1e-3)


def test_that_a_limit_leaves_out_who_is_farther_or_unknown(graph: RoadGraph) -> None:
    units = [make_unit(1), make_unit(2), make_unit(3, UnitKind.OFFICER, "bike"), make_unit(4)]
    force = fixes_at({1: (1000, 1400), 2: (1000, 2600), 3: (1000, 2600)})
    found = free_within(units, force, graph, *at_m(1000, 1000), AT, limit_s=600)
    assert [(near.unit, near.mode) for near in found] == [("u1", Mode.FOOT), ("u3", Mode.BIKE)]
    assert found[1].seconds == pytest.approx(1600 / BIKE_MPS, rel=1e-2)


def test_that_a_roster_of_which_some_changed_equals_one_made_anew() -> None:
    units = [make_unit(no) for no in range(1, 9)]
    roster = Roster.of(units)
    for no in (2, 5, 2):
        status = (UnitStatus.OFF_DUTY, UnitStatus.ON_SCENE)[no == 5]
        units[no] = replace(units[no], status=status, kind=UnitKind.VEHICLE)
        changed = roster.changed([units[no]])
        assert changed is not None
        anew = Roster.of(units)
        assert changed.units == anew.units
        for name in ("no", "kind_no", "mode", "is_free", "is_on_duty"):
            assert np.array_equal(getattr(changed, name), getattr(anew, name)), name
        roster = changed
    assert roster.changed([make_unit(99)]) is None
