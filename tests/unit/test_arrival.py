"""Who arrives first, against drawing lots; which cameras look at a place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.dispatch.arrival import SPREAD, arrives_first
from console.dispatch.near import NearUnit
from console.dispatch.sight import cameras_at
from console.domain.ids import CameraId, UnitId
from console.domain.places import Camera
from console.geo.distance import LocalPlane
from console.roads import Mode

PLANE = LocalPlane(39.9, 116.4)


def near(seconds: float | None, *, age_s: float = 0.0, mode: Mode = Mode.CAR) -> NearUnit:
    return NearUnit(
        unit=UnitId("u"), mode=mode, is_free=True, seconds=seconds, metres_by_air=None,
        age_s=age_s, note=None,
    )  # fmt: skip


def test_that_equals_share_and_one_alone_is_sure() -> None:
    assert arrives_first([near(300.0), near(300.0)]) == pytest.approx([0.5, 0.5], abs=1e-3)
    assert arrives_first([near(300.0)]) == pytest.approx([1.0])
    assert arrives_first([near(None), near(300.0)]) == [None, pytest.approx(1.0)]
    assert arrives_first([]) == []


def test_that_an_old_fix_makes_the_nearest_less_sure() -> None:
    fresh = arrives_first([near(240.0), near(400.0)])[0]
    old = arrives_first([near(240.0, age_s=300.0), near(400.0)])[0]
    assert fresh is not None
    assert old is not None
    assert fresh > 0.85 > old


def test_that_shares_agree_with_drawing_lots() -> None:
    rng = np.random.default_rng(4)
    medians = np.array([200.0, 230.0, 260.0, 500.0])
    times = medians * np.exp(rng.normal(0, SPREAD[Mode.CAR], (400_000, 4)))
    drawn = np.bincount(times.argmin(axis=1), minlength=4) / len(times)
    assert arrives_first([near(s) for s in medians.tolist()]) == pytest.approx(drawn, abs=3e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 20_000), st.floats(0, 1e6)), min_size=1, max_size=12))
def test_that_shares_always_add_up_to_one(rows: list[tuple[float, float]]) -> None:
    shares = arrives_first([near(seconds, age_s=age) for seconds, age in rows])
    assert sum(share for share in shares if share is not None) == pytest.approx(1.0)
    assert all(share is not None and 0 <= share <= 1 for share in shares)


def camera(name: str, east_m: float, north_m: float, bearing: float | None) -> Camera:
    lat, lon = PLANE.to_degrees(east_m, north_m)
    return Camera(
        id=CameraId(name), name=name, main_url="rtsp://x", lat=float(lat), lon=float(lon),
        bearing_deg=bearing,
    )  # fmt: skip


def test_that_cameras_that_look_come_before_those_that_stand_nearer() -> None:
    every = [
        camera("looks", 0, -200, 10.0),
        camera("turned away", 0, -150, 180.0),
        camera("beside", 30, 0, None),
        camera("too far", 0, -400, 0.0),
    ]
    found = cameras_at(every, 39.9, 116.4)
    assert [(sight.camera, sight.looks) for sight in found] == [("looks", True), ("beside", False)]
    assert found[0].metres == pytest.approx(200, rel=0.01)
    assert found[0].off_deg == pytest.approx(10.0, abs=0.1)
    assert cameras_at([], 39.9, 116.4) == []
