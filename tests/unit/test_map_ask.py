"""What the map is asked: names while they are typed, and the menu at a place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from map_parts import ENGINE_TALK, FRAME, RESOURCES, Shown, exec_at_most, fill
from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from test_map_binding import CENTRE, NoDetails, contents, unit
from test_map_binding import graph as graph  # noqa: PLC0414 - the fixture

from console.dispatch.streetsnow import StreetsNow
from console.domain.areas import AreaEvent, FenceRule
from console.domain.ids import CameraId, IncidentId, UnitId
from console.domain.incidents import Stage
from console.protocol.commands import PutAreas
from console.roads import RoadGraph
from console.store.citypack import CityPackWriter, Place
from console.sync.state import ChangeBatch, Contents, RowChange
from console.tracking.columns import empty_columns
from console.ui.actions import DeskActions
from console.ui.mapareas import MapAreas
from console.ui.mapfeed import MapFeed, clock_ms
from console.ui.mapmodel import MapAnswers, MapModel
from console.ui.mapplace import MapPlaces
from console.ui.mapsearch import HitKind, MapSearch
from console.ui.mapsprites import MapLayer
from console.ui.mirror import Mirror
from console.ui.near import NearFinder
from widgets.map import MapWidget
from widgets.map.mapwindow import MapMode, MapWindow


def full_mirror() -> Mirror:
    mirror = Mirror(NoDetails())
    rows = list(contents().rows)
    camera = next(row for row in rows if row.id == "C1")
    incident = next(row for row in rows if row.id == "i1")
    rows += [
        replace(camera, id=CameraId("C2"), name="工体北路东口", lat=39.9015, bearing_deg=180.0),
        replace(
            incident, id=IncidentId("i0"), number="20261120-00009", stage=Stage.EVALUATE,
            opened_at=datetime(2026, 11, 20, tzinfo=UTC),
        ),
    ]  # fmt: skip
    rows = [replace(row, number="20261127-00317") if row.id == "i1" else row for row in rows]
    mirror.take_contents(Contents(rev=1, rows=tuple(rows)))
    columns = empty_columns(8)
    columns.lat[:] = CENTRE[0] + 0.002 * (1 + np.arange(8))
    columns.lon[:] = CENTRE[1]
    columns.t_ms[:] = clock_ms()
    mirror.take_positions(columns)
    return mirror


@pytest.fixture
def mirror(qtbot: QtBot) -> Mirror:
    return full_mirror()


@pytest.fixture
def pack_path(tmp_path: Path) -> Path:
    path = tmp_path / "small.citypack"
    with CityPackWriter(path) as pack:
        pack.put_meta({"west": "116.2", "south": "39.8", "east": "116.6", "north": "40.0"})
        pack.put_places([
            Place(kind="market", name_zh="三里屯市场", name_en="Sanlitun Market",
                  address="三里屯路 1", lat=39.93, lon=116.45),
            Place(kind="address", name_zh="工体北路4号", name_en="", address="工体北路4号",
                  lat=39.92, lon=116.44),
        ])  # fmt: skip
    return path


def asked(search: MapSearch, qtbot: QtBot, text: str) -> list[tuple[str, str]]:
    with qtbot.waitSignal(search.found, check_params_cb=lambda said, _: said == text) as told:
        search.find(text)
    return [(str(hit.kind), hit.text) for hit in told.args[1]]


def test_that_everything_with_a_name_is_found_as_it_is_typed(
    mirror: Mirror, pack_path: Path, qtbot: QtBot
) -> None:
    search = MapSearch(mirror)
    search.take_pack(pack_path)
    assert asked(search, qtbot, "c3")[0] == ("unit", "C3")
    assert asked(search, qtbot, "317") == [("incident", "20261127-00317")]
    assert asked(search, qtbot, "gtbldk") == [("camera", "工体北路东口")]
    assert {kind for kind, _ in asked(search, qtbot, "工体北路")} == {"camera", "address"}
    assert asked(search, qtbot, "sanli")[0][0] == "place"
    coordinates = asked(search, qtbot, "39.9, 116.4")
    assert [kind for kind, _ in coordinates] == ["coordinates"] * 3
    assert asked(search, qtbot, "没有这个地方") == []
    search.stop()


def test_that_a_new_unit_is_found_at_once(mirror: Mirror, qtbot: QtBot) -> None:
    search = MapSearch(mirror)
    assert asked(search, qtbot, "望京") == []
    later = replace(unit(9), call_sign="望京一号", version=1)
    mirror.take_contents(Contents(rev=2, rows=(*contents().rows, later)))
    assert asked(search, qtbot, "wangjing") == [("unit", "望京一号")]
    search.stop()


def test_that_a_place_tells_its_cameras_history_and_who_is_near(
    mirror: Mirror,
    graph: RoadGraph,
    qtbot: QtBot,
) -> None:
    feed = MapFeed()
    feed.set_units(mirror.units())
    places = MapPlaces(mirror, feed, lambda: graph)
    assert places.heat() == []  # both are older than a day
    mirror._now = lambda: datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert places.heat() == [CENTRE]
    assert places.heat_near(*CENTRE) == "Incidents of 24 h within 300 m: 1"
    assert places.heat_near(CENTRE[0] + 0.01, CENTRE[1]) == ""
    mirror._now = lambda: datetime.now(UTC)
    with qtbot.waitSignal(places.listed) as listed:
        assert places.cameras(*CENTRE) == ["C2", "C1"]
    assert "looks here" in listed.args[1][0].more
    with qtbot.waitSignal(places.listed) as listed:
        places.history(*CENTRE)
    assert [hit.id for hit in listed.args[1]] == ["i1", "i0"]
    with qtbot.waitSignal(places.said):
        places.history(39.5, 116.0)
    with qtbot.waitSignal(feed.marks_changed):
        places.near(*CENTRE)
    marks = json.loads(feed.marks())
    assert [mark["index"] for mark in marks["near"]] == [0, 1, 2, 3, 4]
    assert places.incident_at(*CENTRE) == "i1"
    assert places.incident_at(39.5, 116.0) is None
    with qtbot.waitSignal(places.way_found) as found:
        places.route(CENTRE, (CENTRE[0] + 0.018, CENTRE[1]))
    way = found.args[0]
    assert way.text.startswith("3.3′ · 2.0 km")
    assert way.points[0] == pytest.approx(CENTRE)
    places.stop()


def test_that_a_place_on_the_map_is_reckoned_with_the_roads_of_now(
    mirror: Mirror, graph: RoadGraph, qtbot: QtBot
) -> None:
    slow = graph.with_speeds(graph.edge_speed_mps / 2)
    now = StreetsNow(graph=slow, level=2.0, own=np.ones(8))
    told: list[tuple[list[str], list[object], str]] = []
    for present in (None, now):
        feed = MapFeed()
        feed.set_units(mirror.units())
        places = MapPlaces(mirror, feed, lambda: graph, present=lambda present=present: present)
        with qtbot.waitSignal(feed.marks_changed, timeout=60_000):
            places.near(*CENTRE)
        marks = json.loads(feed.marks())
        with qtbot.waitSignal(places.way_found, timeout=60_000) as found:
            places.route(CENTRE, (CENTRE[0] + 0.018, CENTRE[1]))
        near = [mark["text"] for mark in marks["near"]]
        told.append((near, marks["reach"], found.args[0].text))
        places.stop()
    free, present = told
    assert free[0] != present[0]
    assert free[1] != present[1]
    assert (free[2][:4], present[2][:4]) == ("3.3′", "6.7′")


def test_that_without_roads_the_map_says_so(mirror: Mirror, qtbot: QtBot) -> None:
    places = MapPlaces(mirror, MapFeed(), lambda: None)
    for ask in (lambda: places.near(*CENTRE), lambda: places.route(CENTRE, CENTRE)):
        with qtbot.waitSignal(places.said):
            ask()


class Kept:
    """Takes commands as central would: an area that is put is there at once."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self.bodies: list[PutAreas] = []

    def submit(self, body: PutAreas, base_version: int | None = None) -> str:
        self.bodies.append(body)
        rows = tuple(RowChange(kind="area", id=area.id, row=area) for area in body.areas)
        self._mirror.take_changes(ChangeBatch(rev=10 + len(self.bodies), rows=rows))
        return "c"


def test_that_an_area_is_drawn_counted_told_of_and_retired(
    mirror: Mirror, qtbot: QtBot, tmp_path: Path
) -> None:
    kept = Kept(mirror)
    areas = MapAreas(mirror, DeskActions(mirror, kept))
    outline = [(39.9, 116.39), (39.91, 116.39), (39.91, 116.41), (39.9, 116.41)]
    areas.draw(outline, {"name": "工体", "kind": "post", "rules": ["leave"], "need": 6})
    (shown,) = areas.shown
    assert (shown.inside, shown.missing, shown.holds) == (4, 2, True)
    left = AreaEvent(
        id="e1", area=shown.area.id, rule=FenceRule.LEAVE, at=mirror.now(), unit=UnitId("u0")
    )
    old = replace(left, id="e0", at=left.at - timedelta(minutes=9))
    rows = tuple(RowChange(kind="area_event", id=one.id, row=one) for one in (old, left))
    with qtbot.waitSignal(areas.happened) as told:
        mirror.take_changes(ChangeBatch(rev=20, rows=rows))
    assert "left “工体” at" in told.args[0]
    assert areas.events.of_area(shown.area.id) == [left, old]
    path = tmp_path / "x.geojson"
    path.write_text("{", encoding="utf-8")
    with qtbot.waitSignal(areas.failed):
        assert areas.import_file(path) == 0
    areas.retire(shown.area.id)
    assert areas.shown == []


def test_that_a_closure_is_gone_round(mirror: Mirror, graph: RoadGraph, qtbot: QtBot) -> None:
    finder = NearFinder(mirror)
    finder.set_graph(graph)
    areas = MapAreas(mirror, DeskActions(mirror, Kept(mirror)), finder)
    finder.pick("i1")
    with qtbot.waitSignal(finder.found) as before:
        finder.refresh()
    # the street north of the incident, on which all units stand
    outline = [(39.9002, 116.3995), (39.9015, 116.3995), (39.9015, 116.4005), (39.9002, 116.4005)]
    areas.draw(outline, {"name": "封路", "kind": "closure"})
    qtbot.waitUntil(lambda: finder.graph is not graph)
    with qtbot.waitSignal(finder.found) as after:
        finder.refresh()
    times = [found.args[0].units[0].seconds for found in (before, after)]
    assert times[1] > times[0] + 10
    areas.retire(areas.shown[0].area.id)
    qtbot.waitUntil(lambda: finder.graph is graph)
    finder.stop()


@pytest.fixture
def asking(qapp: QApplication, pack_path: Path) -> Iterator[Shown]:
    shown = Shown(qapp)
    shown.widget.deleteLater()
    shown.model.close()
    mirror = full_mirror()
    search, places = MapSearch(mirror), MapPlaces(mirror, shown.feed, lambda: None)
    search.take_pack(pack_path)
    areas = MapAreas(mirror, DeskActions(mirror, Kept(mirror)))
    shown.model = MapModel(
        resources=RESOURCES, frame=FRAME, tiles=shown.tiles, feed=shown.feed,
        answers=MapAnswers(search=search, places=places, areas=areas),
    )  # fmt: skip
    shown.widget = MapWidget(shown.model, theme=shown.appearance.theme, language="en")
    shown.widget.resize(1000, 700)
    fill(shown)
    loop = QEventLoop()
    shown.widget.ready.connect(loop.quit)
    shown.widget.show()
    exec_at_most(loop)
    yield shown
    shown.widget.shutdown()
    shown.widget.close()
    shown.widget.deleteLater()
    shown.model.close()
    search.stop()
    places.stop()


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_the_search_is_typed_and_chosen_by_keys(asking: Shown, qtbot: QtBot) -> None:
    shown = asking
    target = shown.take_keys(qtbot)
    QTest.keyClick(target, Qt.Key.Key_Slash)
    qtbot.waitUntil(lambda: shown.js("document.activeElement === mapPage.search.input"))
    for key in "sanli":
        QTest.keyClick(target, key)
    rows = "mapPage.search.hits.map((hit) => hit.kind + ' ' + hit.text).join('|')"
    qtbot.waitUntil(lambda: shown.js(rows) == f"{HitKind.PLACE} Sanlitun Market")
    QTest.keyClick(target, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: abs(shown.js("mapPage.map.getCenter().lat") - 39.93) < 1e-4)
    assert shown.js("document.querySelector('.map-label').textContent") == "Sanlitun Market"
    QTest.keyClick(target, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: shown.js("mapPage.search.input.value") == "")

    QTest.keyClick(target, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
    QTest.keyClick(target, Qt.Key.Key_2)
    said = "mapPage.panel.note.textContent"
    qtbot.waitUntil(lambda: shown.js(said).startswith("Roads or positions are not here"))
    assert shown.problems == []


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_clicks_measure_until_escape(asking: Shown, qtbot: QtBot) -> None:
    shown = asking
    shown.click(300, 400, Qt.MouseButton.RightButton)
    qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
    QTest.keyClick(shown.take_keys(qtbot), Qt.Key.Key_5)
    qtbot.waitUntil(lambda: shown.js("mapPage.tool !== null"))
    shown.click(500, 400)
    qtbot.waitUntil(lambda: shown.js("mapPage.tool.points.length") == 2)
    metres = shown.js("mapPage.tool.points[0].distanceTo(mapPage.tool.points[1])")
    label = shown.js("document.querySelector('.map-label').textContent")
    assert label == f"{metres / 1000:.2f} km"
    QTest.keyClick(shown.target(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: shown.js("document.querySelectorAll('.map-label').length") == 0)


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_an_area_is_drawn_by_clicks_and_named_in_its_form(asking: Shown, qtbot: QtBot) -> None:
    shown = asking
    shown.click(400, 300, Qt.MouseButton.RightButton)
    qtbot.waitUntil(lambda: shown.js("mapPage.radial.isOpen"))
    QTest.keyClick(shown.take_keys(qtbot), Qt.Key.Key_8)
    qtbot.waitUntil(lambda: shown.js("mapPage.tool !== null"))
    for x, y in ((500, 300), (500, 400)):
        shown.click(x, y)
    qtbot.waitUntil(lambda: shown.js("mapPage.tool.points.length") == 3)
    QTest.keyClick(shown.target(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown.js("!mapPage.areas.form.hidden"))
    for key in "fence":
        QTest.keyClick(shown.target(), key)
    QTest.keyClick(shown.target(), Qt.Key.Key_Return)
    label = "document.querySelector('.area-label')?.textContent ?? ''"
    qtbot.waitUntil(lambda: shown.js(label).startswith("fence"))
    assert shown.problems == []


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_a_meaning_is_hidden_from_the_legend_and_another_map_follows(
    asking: Shown, qtbot: QtBot
) -> None:
    shown = asking
    shown.settle(qtbot)
    count = "mapPage.stats.counts.units"
    before = shown.js(count)
    shown.js("mapPage.toggle('status_available'); 0")
    qtbot.waitUntil(lambda: shown.js(count) < before)
    shown.js("mapPage.toggle('mark_bar'); 0")
    shown.settle(qtbot)
    left = shown.js(count)
    assert 0 < left < before
    shown.js("mapPage.goTo({lat: 39.9, lon: 116.4, zoom: 11, hidden: [], groups: true}); 0")
    qtbot.waitUntil(lambda: shown.js(count) > left)
    # a view saved before there were grids does not show them; one that knew them does
    assert shown.js("mapPage.hidden.join()") == "districts,grids,colours"
    shown.js(
        "mapPage.goTo({lat: 39.9, lon: 116.4, zoom: 11, hidden: ['heat'], groups: true,"
        " known: ['grids', 'districts', 'colours']}); 0"
    )
    assert shown.js("mapPage.hidden.join()") == "heat"

    window = MapWindow(shown.model, shown.appearance)
    window.resize(500, 400)
    with qtbot.waitSignal(window.map.ready):
        window.show()
    views: list[dict[str, float]] = []
    window.map.view_moved.connect(views.append)
    window.set_mode(MapMode.OVERVIEW)
    window.take_view({"lat": 39.95, "lon": 116.5, "zoom": 14.0})
    qtbot.waitUntil(lambda: bool(views) and abs(views[-1]["lat"] - 39.95) < 1e-3)
    assert views[-1]["zoom"] == 11
    window.set_mode(MapMode.FOLLOWING)
    window.follow_unit("u3")
    qtbot.waitUntil(lambda: views[-1]["zoom"] == 15)
    place = shown.feed.rows(MapLayer.UNITS).place_of("u3")
    assert place is not None
    assert views[-1]["lat"] == pytest.approx(place[0], abs=1e-3)
    with qtbot.waitSignal(window.closed):
        window.close()
    window.deleteLater()
    shown.settle(qtbot)  # the first map goes on
    assert shown.problems == []


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_heat_is_painted_where_incidents_were(asking: Shown, qtbot: QtBot) -> None:
    shown = asking
    shown.js("mapPage.channel.ask_heat = () => {}; 0")  # the places of the test stay
    shown.js("mapPage.toggle('heat'); mapPage.heat.setPlaces([[39.9, 116.4], [39.9, 116.4]]); 0")
    lit = (
        "(() => { const c = mapPage.heat._canvas, at = mapPage.map.latLngToContainerPoint("
        "[39.9, 116.4]).divideBy(HEAT_STEP_PX).floor();"
        " const ctx = c.getContext('2d'); return [ctx.getImageData(at.x, at.y, 1, 1).data[3],"
        " ctx.getImageData(0, 0, 1, 1).data[3]].join(); })()"
    )
    qtbot.waitUntil(lambda: shown.js("mapPage.heat._places.length") == 2)
    qtbot.waitUntil(lambda: int(shown.js(lit).split(",")[0]) > 120)
    assert shown.js(lit).split(",")[1] == "0"
    shown.js("mapPage.toggle('heat'); 0")
    assert shown.js("document.querySelectorAll('.heat-canvas').length") == 0
    assert shown.problems == []
