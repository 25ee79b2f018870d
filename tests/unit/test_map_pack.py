"""The map's packed layers, looks and feed, without a screen."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from console.domain.ids import CameraId, IncidentId, UnitId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.domain.places import Camera
from console.domain.units import Unit, UnitKind, UnitStatus
from console.render.mappage import MapPageError, build_page, page_html
from console.tracking import ForceColumns, Freshness
from console.tracking.columns import empty_columns
from console.ui.mapfeed import MapFeed, NearMark
from console.ui.mapgraphics import graphics_environment, has_gpu
from console.ui.maplayers import NOTHING, LayerRows
from console.ui.mappack import PackError, pack, packed_age, to_world, unpack
from console.ui.mapsprites import (
    CameraState,
    MapLayer,
    all_specs,
    camera_sprite,
    direction_of,
    incident_sprite,
    unit_specs,
    unit_sprite,
    unit_sprites,
)
from console.ui.mapview import fitting_zoom

RESOURCES = Path(__file__).parents[2] / "resources"
NOW_MS = 1_800_000_000_000
CM_AT_EQUATOR = 256.0 / 4_007_501_669


def unit(no: int, status: UnitStatus = UnitStatus.AVAILABLE, **more: object) -> Unit:
    kind = UnitKind.OFFICER
    return replace(
        Unit(id=UnitId(f"u{no}"), no=no, call_sign=f"K{no}", kind=kind, status=status), **more
    )


def force(count: int, *, age_s: float = 1.0) -> ForceColumns:
    columns = empty_columns(count)
    columns.lat[:] = 39.9 + np.arange(count) * 0.001
    columns.lon[:] = 116.4
    columns.t_ms[:] = NOW_MS - int(age_s * 1000)
    columns.heading_deg[:] = 90.0
    columns.speed_mps[:] = 2.0
    return columns


def incident(no: int, **more: object) -> Incident:
    made = Incident(
        id=IncidentId(f"i{no}"),
        form="0307",
        level=Level.HIGH,
        stage=Stage.FILE,
        channel=Channel.HOTLINE,
        summary="",
        place="",
        opened_at=datetime(2026, 11, 22, tzinfo=UTC),
        number=f"20261122-{no:05d}",
        lat=39.9,
        lon=116.4,
    )
    return replace(made, **more)


@pytest.fixture
def feed(qapp: QApplication) -> MapFeed:
    return MapFeed(now_ms=lambda: NOW_MS)


def sprites_of(feed: MapFeed, layer: MapLayer = MapLayer.UNITS) -> list[int]:
    return unpack(feed.rows(layer).body()).sprite.tolist()


@given(
    st.lists(
        st.tuples(st.floats(39.0, 41.0), st.floats(115.0, 118.0), st.integers(0, 254)), max_size=50
    )
)
def test_that_a_packed_layer_comes_back_to_within_two_centimetres(
    points: list[tuple[float, float, int]],
) -> None:
    lat = np.array([p[0] for p in points], dtype=float)
    lon = np.array([p[1] for p in points], dtype=float)
    sprite = np.array([p[2] for p in points], dtype=np.uint8)
    age = packed_age(sprite * 3.0)
    body = pack(lat, lon, sprite, age, rev=7, names_rev=3, time_ms=12.5)
    back = unpack(body)
    x, y = to_world(lat, lon)
    assert len(body) == 40 + 10 * len(points)
    assert (back.rev, back.names_rev, back.time_ms) == (7, 3, 12.5)
    np.testing.assert_allclose(back.x, x, atol=8 * CM_AT_EQUATOR, rtol=0)
    np.testing.assert_allclose(back.y, y, atol=8 * CM_AT_EQUATOR, rtol=0)
    assert back.sprite.tolist() == sprite.tolist()
    assert back.age.tolist() == [int(3 * no / 4) for no in sprite.tolist()]


@given(st.binary(max_size=200))
def test_that_bytes_that_are_no_layer_are_refused(body: bytes) -> None:
    with pytest.raises(PackError):
        unpack(body)


def test_that_mercator_agrees_with_its_definition() -> None:
    x, y = to_world(np.array([0.0, 39.9]), np.array([0.0, 116.4]))
    phi = math.radians(39.9)
    northing = math.log(math.tan(math.pi / 4 + phi / 2))
    assert x.tolist() == pytest.approx([128.0, (116.4 + 180) / 360 * 256])
    assert y.tolist() == pytest.approx([128.0, 128 - northing * 256 / (2 * math.pi)])


def test_that_every_look_has_a_number_below_that_of_nothing() -> None:
    assert all(len(specs) < NOTHING for specs in all_specs().values())
    assert max(camera_sprite(state, 359.0) for state in CameraState) < len(all_specs()["cameras"])
    assert incident_sprite(Level.ROUTINE, waits=True) == len(all_specs()["incidents"]) - 1


@given(st.sampled_from(UnitStatus), st.sampled_from(UnitKind), st.none() | st.floats(0.0, 359.9))
def test_that_a_fresh_units_number_leads_to_its_look(
    status: UnitStatus, kind: UnitKind, heading_deg: float | None
) -> None:
    spec = unit_specs()[unit_sprite(status, kind, heading_deg)]
    shapes = {UnitStatus.ON_SCENE: "diamond", UnitStatus.EN_ROUTE: "chevron"}
    if status in shapes:
        assert spec.shape == shapes[status]
    assert spec.mark == {"officer": "none", "patrol": "dot", "vehicle": "bar"}[kind.value]
    if status is UnitStatus.OFF_DUTY:
        assert spec.group == "off_duty"
    elif heading_deg is not None:
        turn = (spec.heading - heading_deg + 180) % 360 - 180 if spec.heading is not None else 999
        assert abs(turn) <= 22.5


@pytest.mark.parametrize("freshness", [Freshness.STALE, Freshness.ASLEEP])
def test_that_stale_and_asleep_are_dashed_and_grey(freshness: Freshness) -> None:
    one = np.ones(1, dtype=np.uint8)
    for status in range(4):
        number = unit_sprites(one * status, one * 0, one * 3, one * freshness)[0]
        spec = unit_specs()[number]
        assert spec.dashed
        assert spec.hollow
        assert (spec.colour, spec.heading) == ("off", None)


def test_that_directions_are_eight_and_unknown_is_none() -> None:
    headings = np.array([0.0, 44.0, 350.0, 180.0, np.nan])
    assert direction_of(headings).tolist() == [1, 2, 1, 5, 0]


def test_that_units_stand_where_the_force_says_and_the_rest_are_not_drawn(feed: MapFeed) -> None:
    feed.set_units([unit(1), unit(0, UnitStatus.ON_SCENE), unit(9)])
    feed.set_force(force(2))
    layer = unpack(feed.rows(MapLayer.UNITS).body())
    x, y = to_world(np.array([39.9, 39.901]), np.array([116.4, 116.4]))
    assert json.loads(feed.rows(MapLayer.UNITS).names()) == ["K0", "K1", "K9"]
    np.testing.assert_allclose(layer.x[:2], x, atol=1e-6)
    np.testing.assert_allclose(layer.y[:2], y, atol=1e-6)
    looks = unit_specs()
    assert [looks[n].shape for n in layer.sprite[:2]] == ["diamond", "ring"]
    assert layer.sprite[2] == NOTHING
    assert feed.rows(MapLayer.UNITS).place_of("u9") is None
    assert feed.rows(MapLayer.UNITS).place_of("u1") == pytest.approx((39.901, 116.4))


def test_that_a_unit_fades_though_nothing_comes_any_more(qapp: QApplication) -> None:
    now = [NOW_MS]
    feed = MapFeed(now_ms=lambda: now[0])
    feed.set_units([unit(0)])
    feed.set_force(force(1))
    assert not unit_specs()[sprites_of(feed)[0]].dashed
    rev = feed.rows(MapLayer.UNITS).rev
    feed.refresh_ages()
    assert feed.rows(MapLayer.UNITS).rev == rev
    now[0] += 300_000
    feed.refresh_ages()
    assert feed.rows(MapLayer.UNITS).rev == rev + 1
    assert unit_specs()[sprites_of(feed)[0]].dashed
    age_s, freshness = feed.fix_of("u0")
    assert age_s == pytest.approx(301.0)
    assert freshness is Freshness.STALE


def test_that_a_change_of_status_keeps_the_order_of_rows(feed: MapFeed) -> None:
    feed.set_units([unit(0), unit(1)])
    feed.set_force(force(2))
    order = feed.rows(MapLayer.UNITS).order_rev
    feed.update_units([unit(1, UnitStatus.EN_ROUTE)])
    assert feed.rows(MapLayer.UNITS).order_rev == order
    assert unit_specs()[sprites_of(feed)[1]].shape == "chevron"
    feed.update_units([unit(2)])
    assert feed.rows(MapLayer.UNITS).order_rev == order + 1


def test_that_a_pick_in_a_former_order_finds_who_was_there() -> None:
    rows = LayerRows(MapLayer.INCIDENTS)
    rows.set_order(["a", "b"], ["", ""])
    before = rows.order_rev
    rows.set_order(["b"], [""])
    assert rows.thing_at(0, before) == "a"
    assert rows.thing_at(0, rows.order_rev) == "b"
    assert rows.thing_at(5, before) is None
    assert rows.thing_at(0, 99) is None


def test_that_incidents_without_a_place_or_work_left_are_not_drawn(feed: MapFeed) -> None:
    feed.set_incidents([incident(1), incident(2, lat=None), incident(3, stage=Stage.EVALUATE)])
    assert feed.rows(MapLayer.INCIDENTS).ids == ("i1", "i2")
    assert sprites_of(feed, MapLayer.INCIDENTS)[1] == NOTHING
    assert json.loads(feed.rows(MapLayer.INCIDENTS).names())[0] == "00001"


def test_that_camera_states_change_looks_only(feed: MapFeed) -> None:
    camera = Camera(id=CameraId("C1"), name="路口", main_url="rtsp://x/1", lat=39.9, lon=116.4)
    feed.set_cameras([camera, replace(camera, id=CameraId("C2"), retired=True)])
    assert feed.rows(MapLayer.CAMERAS).ids == ("C1",)
    order = feed.rows(MapLayer.CAMERAS).order_rev
    feed.set_camera_states({CameraId("C1"): CameraState.OFFLINE})
    assert sprites_of(feed, MapLayer.CAMERAS) == [camera_sprite(CameraState.OFFLINE, None)]
    assert feed.rows(MapLayer.CAMERAS).order_rev == order


def test_that_marks_name_rows_with_the_order_they_are_of(feed: MapFeed) -> None:
    feed.set_units([unit(0), unit(1)])
    feed.set_incidents([incident(1)])
    feed.set_picked(MapLayer.INCIDENTS, "i1")
    near = [
        NearMark(unit=UnitId("u1"), rank=1, text="2′"),
        NearMark(unit=UnitId("x"), rank=2, text=""),
    ]
    feed.set_near(near)
    marks = json.loads(feed.marks())
    assert marks["rings"] == [["incidents", 0, feed.rows(MapLayer.INCIDENTS).order_rev]]
    units_order = feed.rows(MapLayer.UNITS).order_rev
    assert marks["near"] == [{"index": 1, "order": units_order, "rank": 1, "text": "2′"}]


def test_that_the_page_names_no_address_but_its_own_files() -> None:
    html = page_html(39.9, 116.4, 11)
    assert "http" not in html.replace("http-equiv", "")
    assert "L.map(" in html
    assert html.index("L.map(") < html.index("startMapPage(map_zhihui)")


def test_that_every_file_the_page_asks_for_is_there() -> None:
    files = build_page(RESOURCES, lat=39.9, lon=116.4, zoom=11, channel_script=b"//")
    html = files["index.html"].body.decode()
    asked = {part.split('"')[0] for part in html.split('src="')[1:]}
    asked |= {part.split('"')[0] for part in html.split('href="')[1:]}
    assert asked <= set(files)
    assert files["worker.js"].media_type in ("text/javascript", "application/javascript")


def test_that_a_missing_file_of_the_page_is_said(tmp_path: Path) -> None:
    with pytest.raises(MapPageError, match="Install Zhihui again"):
        build_page(tmp_path, lat=0, lon=0, zoom=11, channel_script=b"")


def test_that_without_a_graphics_processor_qt_quick_paints_in_software(tmp_path: Path) -> None:
    environ: dict[str, str] = {"ZHIHUI_GPU": "0"}
    assert graphics_environment(environ)["QT_QUICK_BACKEND"] == "software"
    assert environ["QT_QUICK_BACKEND"] == "software"
    kept = {"ZHIHUI_GPU": "0", "QT_QUICK_BACKEND": "rhi"}
    assert "QT_QUICK_BACKEND" not in graphics_environment(kept)
    assert "QT_QUICK_BACKEND" not in graphics_environment({"ZHIHUI_GPU": "1"})
    assert not has_gpu({}, tmp_path)
    (tmp_path / "renderD128").touch()
    assert has_gpu({}, tmp_path)


@given(
    st.lists(st.tuples(st.floats(39.7, 40.1), st.floats(116.1, 116.7)), min_size=1, max_size=5),
    st.integers(300, 2000),
    st.integers(200, 1200),
)
def test_that_the_map_steps_back_just_far_enough(
    places: list[tuple[float, float]], width: int, height: int
) -> None:
    centre = (39.9, 116.4)
    zoom = fitting_zoom(centre, places, (width, height), at_least=6, at_most=15.0)
    x, y = to_world(np.array([p[0] for p in places]), np.array([p[1] for p in places]))
    x0, y0 = to_world(np.array([centre[0]]), np.array([centre[1]]))
    away = max(np.abs(x - x0).max() / (width / 2 - 48), np.abs(y - y0).max() / (height / 2 - 48))
    assert 6 <= zoom <= 15
    assert zoom == 6 or away * 2**zoom <= 1 + 1e-9
    assert zoom == 15 or away * 2 ** (zoom + 1) > 1 - 1e-9
    assert fitting_zoom(centre, [], (width, height), at_least=6, at_most=15.0) == 15.0


def test_that_a_citys_places_are_where_the_functions_themselves_put_them() -> None:
    rng = np.random.default_rng(3)
    for middle in (-69.0, -33.9, 0.0, 39.9, 60.2, 69.2):
        lat = middle + rng.uniform(-0.74, 0.74, 5000)
        lon = rng.uniform(116.0, 117.0, 5000)
        x, y = to_world(lat, lon)
        exact = 128.0 - np.arctanh(np.sin(np.radians(lat))) * (128.0 / np.pi)
        assert np.abs(y - exact).max() * 2**18 < 0.01, middle
        np.testing.assert_allclose(x, (lon + 180) * 256 / 360)
    wide = np.array([-89.0, 0.0, 89.0, np.nan])
    _, y = to_world(wide, wide * 0.0)
    assert y[:3] == pytest.approx([256.0, 128.0, 0.0], abs=1e-6)
    assert np.isnan(y[3])


def test_that_units_with_numbers_between_or_beyond_the_force_are_told_apart(feed: MapFeed) -> None:
    made = [
        Unit(id=UnitId(f"u{no}"), no=no, call_sign=f"K{no}", kind=UnitKind.PATROL,
             status=list(UnitStatus)[no % 4])
        for no in range(8)
    ]  # fmt: skip
    columns = empty_columns(8)
    columns.lat[:], columns.lon[:] = 39.9 + np.arange(8) * 1e-3, 116.4
    columns.t_ms[:] = NOW_MS - np.arange(8) * 20_000
    columns.t_ms[3] = 0
    feed.set_units(made)
    feed.set_force(columns)
    before = sprites_of(feed)
    assert before[3] == NOTHING
    assert len(set(before)) > 4
    feed.set_units(made[:2] + made[3:])
    assert sprites_of(feed) == before[:2] + before[3:]
    feed.set_units([*made, replace(made[0], id=UnitId("far"), no=10_000)])
    assert sprites_of(feed) == [*before, NOTHING]
