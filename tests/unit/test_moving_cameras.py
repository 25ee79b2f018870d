"""Cameras that move: on the map where their unit is, on the wall for the case they are at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import desk_city
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from rule_rows import PlainRows

from console.city.cameras.points import CARRIED_ONE_IN, _carried
from console.domain.errors import RejectedError
from console.domain.ids import CameraId, UnitId
from console.domain.levels import Role
from console.domain.places import Camera
from console.domain.units import UnitKind
from console.protocol.commands import PutCameras
from console.tracking.columns import empty_columns
from console.ui.mapriders import Riders
from console.ui.moving import FRESH_S, cameras_of_case, place_of


def camera(row_id: str, **more: object) -> Camera:
    return Camera(id=CameraId(row_id), name=row_id, main_url="rtsp://h/1", **more)  # type: ignore[arg-type]


def test_that_a_camera_is_where_its_unit_was_last_heard_from_and_nowhere_when_that_is_long_ago(
    qapp: QApplication,
) -> None:
    mirror = desk_city.filled_mirror()
    unit = mirror.units()[0]
    force = empty_columns(max(one.no for one in mirror.units()) + 1)
    force.lat[unit.no], force.lon[unit.no] = 39.9, 116.4
    force.t_ms[unit.no] = round(desk_city.NOW.timestamp() * 1000)
    moving = camera("m", unit=unit.id)
    assert place_of(mirror, moving, desk_city.NOW) is None
    mirror.take_positions(force)
    assert place_of(mirror, moving, desk_city.NOW) == (39.9, 116.4)
    late = desk_city.NOW + timedelta(seconds=FRESH_S + 1)
    assert place_of(mirror, moving, late) is None
    assert place_of(mirror, camera("f", lat=1.0, lon=2.0), late) == (1.0, 2.0)
    assert place_of(mirror, camera("n"), late) is None
    assert place_of(mirror, camera("g", unit=UnitId("nobody")), desk_city.NOW) is None


def test_that_a_case_has_the_cameras_of_the_units_sent_to_it(qapp: QApplication) -> None:
    mirror = desk_city.filled_mirror()
    running = next(iter(mirror.running_assignments()))
    other = next(one for one in mirror.units() if not mirror.assignments_of_unit(one.id))
    points = [camera("sent", unit=running.unit), camera("free", unit=other.id), camera("fixed")]
    assert cameras_of_case(mirror, running.incident, points) == ["sent"]
    retired = [replace(points[0], retired=True)]
    assert cameras_of_case(mirror, running.incident, retired) == []


def test_that_the_map_moves_only_what_moves() -> None:
    units = {one.id: one for one in desk_city.units()[:3]}
    first, second, third = units.values()
    cameras = [camera("a", lat=1.0, lon=2.0), camera("b", unit=second.id),
               camera("c", unit=UnitId("nobody"))]  # fmt: skip
    riders = Riders.of(cameras, np.array([1, 2, 3], np.uint8))
    force = empty_columns(max(one.no for one in units.values()) + 1)
    fresh = np.array([0, 0, 0], np.uint8)
    assert riders.moved(units, force, fresh) is None, "nobody has a fix"
    force.lat[second.no], force.lon[second.no] = 39.9, 116.4
    moved = riders.moved(units, force, np.array([0, 3, 0], np.uint8))
    assert moved is not None
    assert moved[0][0] == 1.0
    assert (moved[0][1], moved[1][1]) == (pytest.approx(39.9), pytest.approx(116.4))
    assert np.isnan(moved[0][2])
    assert riders.moved(units, force, np.array([0, 3, 0], np.uint8)) is None
    assert Riders.of(cameras[:1], np.zeros(1, np.uint8)).moved(units, force, fresh) is None
    assert first.id != third.id


def test_that_the_citys_vehicles_and_officers_carry_cameras() -> None:
    units = desk_city.units()
    points = [camera(f"C{n:04d}", lat=39.9, lon=116.4) for n in range(4 * CARRIED_ONE_IN)]
    made = _carried(points, units)
    carried = [one for one in made if one.unit is not None]
    assert 2 <= len(carried) <= 4
    kinds = {one.id: one.kind for one in units}
    on_vehicles = [one for one in carried if kinds[one.unit or UnitId("")] is UnitKind.VEHICLE]
    assert 0 < len(on_vehicles) < len(carried)
    assert all(one.lat is None and one.owner in {"vehicle", "bureau"} for one in carried)
    assert [one.id for one in made] == [one.id for one in points]
    assert _carried(points, ()) == points


def test_that_a_camera_rides_on_units_that_are_known_only() -> None:
    rows = PlainRows()
    body = PutCameras(cameras=(camera("m", unit=UnitId("nobody")),))
    with pytest.raises(RejectedError, match="which nobody knows"):
        rows.do(body, role=Role.GATEWAY)
