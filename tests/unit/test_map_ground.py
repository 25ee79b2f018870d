"""The ground under the map: districts and several authorities' grids, painted and asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from map_parts import ENGINE_TALK, FRAME, RESOURCES, Shown, exec_at_most, nearer
from PySide6.QtCore import QEventLoop, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from test_map_binding import NoDetails, contents

from console.city.beats import make_grids
from console.domain.catalogue import CatalogueItem, CatalogueName, Grid, item_id
from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.geo.polygons import PolygonIndex, in_rings
from console.store.citypack import CityPack, CityPackWriter
from console.sync.state import ChangeBatch, Contents, RowChange
from console.ui.groundshapes import grid_outline, place_inside
from console.ui.mapground import MapGround
from console.ui.mapmodel import MapAnswers, MapFrame, MapModel
from console.ui.mapsearch import HitKind, MapSearch
from console.ui.mirror import Mirror
from widgets.map import MapWidget


def square(south: float, west: float, side: float) -> np.ndarray:
    north, east = south + side, west + side
    return np.array([[south, west], [south, east], [north, east], [north, west], [south, west]])


def jurisdiction(one: str, parent: str | None, level: JurisdictionLevel, zh: str) -> Jurisdiction:
    above = JurisdictionId(parent) if parent else None
    return Jurisdiction(
        id=JurisdictionId(one), parent=above, level=level, name_zh=zh, name_en=f"{one} place",
        lat=39.9, lon=116.4,
    )  # fmt: skip


LEVEL = JurisdictionLevel
TREE = {
    jurisdiction("C01", None, LEVEL.CITY, "城"): square(39.80, 116.20, 0.4),
    jurisdiction("D01", "C01", LEVEL.DISTRICT, "朝阳区"): square(39.85, 116.30, 0.1),
    jurisdiction("D02", "C01", LEVEL.DISTRICT, "朝外区"): square(39.85, 116.40, 0.1),
    jurisdiction("D01S1", "D01", LEVEL.STREET, "三里屯街道"): square(39.85, 116.30, 0.1),
    jurisdiction("D02S1", "D02", LEVEL.STREET, "东街道"): square(39.85, 116.40, 0.1),
}


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[CityPack]:
    path = tmp_path / "ground.citypack"
    with CityPackWriter(path) as writer:
        writer.put_meta({"west": "116.2", "south": "39.8", "east": "116.6", "north": "40.2"})
        for one, ring in TREE.items():
            writer.put_jurisdiction(one, [ring])
    with CityPack.open(path) as opened:
        yield opened


def authority(code: str, zh: str) -> CatalogueItem:
    return CatalogueItem(
        id=item_id(CatalogueName.AUTHORITY, code), catalogue=CatalogueName.AUTHORITY, code=code,
        name_zh=zh, name_en=f"{code} office",
    )  # fmt: skip


def grid(whose: str, code: str, south: float, west: float, side: float) -> Grid:
    ring = square(south, west, side)[:, ::-1].tolist()
    return Grid(
        id=f"{whose}-{code}", authority=whose, code=code, name_zh="三里屯街道", name_en="Sanlitun",
        shape=json.dumps({"type": "Polygon", "coordinates": [ring]}), holder="张伟", phone="1000",
    )  # fmt: skip


GRIDS = (
    grid("cg", "朝-001", 39.85, 116.30, 0.05),
    grid("cg", "朝-002", 39.85, 116.35, 0.05),
    grid("police", "朝警01", 39.85, 116.32, 0.06),
)


@pytest.fixture
def ground(pack: CityPack, qtbot: QtBot) -> Iterator[MapGround]:
    mirror = Mirror(NoDetails())
    rows = (*contents().rows, authority("cg", "城市管理执法"), authority("police", "公安"), *GRIDS)
    mirror.take_contents(Contents(rev=1, rows=rows))
    made = MapGround(mirror, pack)
    qtbot.waitUntil(lambda: made.revisions["grids"] > 0)
    yield made
    made.stop()


def told(ground: MapGround, lat: float, lon: float, *hidden: str) -> list[tuple[str, str]]:
    return [(hit.kind.value, hit.text) for hit in ground.at(lat, lon, hidden)]


def test_that_a_place_is_told_by_every_authority_that_answers_for_it(ground: MapGround) -> None:
    assert told(ground, 39.86, 116.33) == [
        ("area", "D01 place · D01S1 place"), ("grid", "朝-001"), ("grid", "朝警01"),
    ]  # fmt: skip
    assert "cg office · 张伟 · 1000" in ground.at(39.86, 116.33)[1].more
    assert told(ground, 39.86, 116.33, "districts", "grid_police") == [("grid", "朝-001")]
    assert told(ground, 39.86, 116.33, "grids") == [("area", "D01 place · D01S1 place")]
    assert told(ground, 39.70, 116.33) == []
    assert [(one.code, one.grids) for one in ground.authorities] == [("cg", 2), ("police", 1)]


def test_that_grids_entered_or_retired_are_drawn_and_found(ground: MapGround, qtbot: QtBot) -> None:
    mirror = ground._mirror
    search = MapSearch(mirror)
    with qtbot.waitSignal(search.found) as found:
        search.find("朝002")
    assert [(hit.kind, hit.text) for hit in found.args[1]] == [(HitKind.GRID, "朝-002")]
    assert found.args[1][0].lat == pytest.approx(39.875)
    rev = ground.revisions["grids"]
    gone = replace(GRIDS[1], retired=True)
    mirror.take_changes(ChangeBatch(rev=2, rows=(RowChange(kind="grid", id=gone.id, row=gone),)))
    qtbot.waitUntil(lambda: ground.revisions["grids"] > rev)
    ids = [row["id"] for row in json.loads(ground.document("grids") or b"")]
    assert ids == ["cg-朝-001", "police-朝警01"]
    with qtbot.waitSignal(search.found) as found:
        search.find("朝002")
    assert found.args[1] == []
    search.stop()


def test_that_a_grid_without_a_shape_is_left_out() -> None:
    for shape in ("", "{", '{"type": "Point", "coordinates": [1, 2]}', '{"type": "Polygon"}'):
        assert grid_outline(replace(GRIDS[0], shape=shape)) is None


@given(st.lists(st.tuples(st.floats(0.2, 1.0), st.floats(0.01, 0.99)), min_size=3, max_size=24))
def test_that_a_name_is_written_inside_its_outline(corners: list[tuple[float, float]]) -> None:
    radius = np.array([radius for radius, _ in corners])
    turn = 2 * np.pi * (np.arange(len(corners)) + [share for _, share in corners]) / len(corners)
    ring = np.column_stack([radius * np.sin(turn), radius * np.cos(turn)])
    lat, lon = place_inside([ring])
    assert in_rings([lat], [lon], [ring]).all()


def test_that_the_citys_grids_cover_every_street_once_an_authority(pack: CityPack) -> None:
    grids = make_grids(pack, seed=1)
    assert make_grids(pack, seed=1) == grids
    assert len({one.id for one in grids}) == len(grids)
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(39.8501, 39.9499, 400), rng.uniform(116.3001, 116.4999, 400)
    for whose in ("cg", "street", "police"):
        mine = [outline for one in grids if one.authority == whose
                if (outline := grid_outline(one)) is not None]  # fmt: skip
        held = np.sum([in_rings(lat, lon, one.rings) for one in mine], axis=0)
        assert (held == 1).mean() > 0.99
    codes = {one.code.split("-")[0] for one in grids if one.authority == "cg"}
    assert codes == {"朝", "朝外"}  # as few characters as tell two districts apart
    found = PolygonIndex([grid_outline(grids[0]).rings]).find([lat[0]], [lon[0]])  # type: ignore[union-attr]
    assert found.shape == (1,)


@pytest.fixture
def shown(qapp: QApplication, ground: MapGround) -> Iterator[Shown]:
    made = Shown(qapp)
    made.widget.deleteLater()
    made.model.close()
    made.model = MapModel(
        resources=RESOURCES, frame=FRAME, tiles=made.tiles, feed=made.feed,
        answers=MapAnswers(ground=ground),
    )  # fmt: skip
    made.widget = MapWidget(made.model, theme=made.appearance.theme, language="en")
    made.widget.channel.failed.connect(made.problems.append)
    made.widget.resize(1000, 700)
    loop = QEventLoop()
    made.widget.ready.connect(loop.quit)
    made.widget.show()
    exec_at_most(loop)
    yield made
    made.widget.shutdown()
    made.widget.close()
    made.widget.deleteLater()
    made.model.close()


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_grids_are_painted_hovered_and_picked(shown: Shown, qtbot: QtBot) -> None:
    shown.widget.centre_on(39.875, 116.35, 13)
    painted = "mapPage.ground._shown !== undefined && mapPage.ground._inFlight === null"
    key = shown.take_keys(qtbot)
    assert shown.js("mapPage.ground.shown().length") == 0
    QTest.keyClick(key, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: shown.js(painted))
    line = "(() => { const p = mapPage.map.latLngToContainerPoint([39.875, 116.35]);"
    x, y = json.loads(shown.js(f"{line} return JSON.stringify([p.x, p.y]); }})()"))
    qtbot.waitUntil(lambda: nearer(shown.picture(), x, y, "#86B5AC"))

    QTest.mouseMove(key, QPoint(round(x) - 40, round(y) + 60))
    hint = "mapPage.panel.hint.hidden ? '' : mapPage.panel.hint.textContent"
    qtbot.waitUntil(lambda: "朝-001 · cg office · 张伟" in shown.js(hint))
    assert "朝警01" in shown.js(hint)
    assert "place" not in shown.js(hint)  # districts are not shown
    shown.click(x - 40, y + 60)
    rows = "mapPage.search.hits.map((hit) => hit.text).join()"
    qtbot.waitUntil(lambda: shown.js(rows) == "朝-001,朝警01")
    QTest.keyClick(key, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: shown.js("mapPage.ground.shown().join()") == "districts,grids")
    shown.js("mapPage.toggle('grid_cg'); 0")
    QTest.mouseMove(key, QPoint(round(x) - 60, round(y) + 60))
    qtbot.waitUntil(lambda: shown.js(hint).startswith("D01 place"))
    assert "朝-001" not in shown.js(hint)
    shown.js("mapPage.panel.toggleBox(true); 0")
    legend = "[...document.querySelectorAll('.legend-row')].map((row) => row.textContent).join()"
    assert "cg office (2)" in shown.js(legend)
    assert shown.problems == []


@pytest.fixture
def bare(qapp: QApplication, qtbot: QtBot) -> Iterator[Shown]:
    """A map of a city without a pack: no tiles, districts only as places."""
    mirror = Mirror(NoDetails())
    district = jurisdiction("D01", "C01", LEVEL.DISTRICT, "朝阳区")
    nowhere = replace(district, id=JurisdictionId("D09"), lat=None, lon=None)
    mirror.take_contents(Contents(rev=1, rows=(*contents().rows, district, nowhere)))
    ground = MapGround(mirror, None)
    made = Shown(qapp)
    made.widget.deleteLater()
    made.model.close()
    frame = MapFrame.of_places([(39.9, 116.4), (39.95, 116.45)])
    made.model = MapModel(
        resources=RESOURCES, frame=frame, tiles=None, feed=made.feed,
        answers=MapAnswers(ground=ground),
    )  # fmt: skip
    made.widget = MapWidget(made.model, theme=made.appearance.theme, language="zh_CN")
    made.widget.channel.failed.connect(made.problems.append)
    made.widget.resize(800, 600)
    with qtbot.waitSignal(made.widget.ready):
        made.widget.show()
    yield made
    made.widget.shutdown()
    made.widget.close()
    made.widget.deleteLater()
    made.model.close()
    ground.stop()


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_without_a_basemap_there_is_a_graticule_with_the_districts(
    bare: Shown, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: bare.js("document.querySelectorAll('.graticule').length") > 0)
    assert bare.js("mapPage.ground.shown().join()") == "districts"
    qtbot.waitUntil(lambda: bare.js("mapPage.ground._shown !== undefined"))
    code = (
        "(() => { const p = mapPage.map.latLngToContainerPoint([39.9, 116.4]);"
        " return JSON.stringify([p.x, p.y]); })()"
    )
    x, y = json.loads(bare.js(code))

    def is_named() -> bool:
        # the first of three characters stands left of the district's place
        picture = bare.picture()
        lit = [
            picture.pixelColor(round(x) - dx, round(y) + dy).lightness()
            for dx in range(4, 20) for dy in range(-6, 7)
        ]  # fmt: skip
        return max(lit) > 180

    qtbot.waitUntil(is_named)
    assert bare.problems == []
    assert MapFrame.of_places([]).bounds[0] < 74


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_old_tiles_stay_until_the_new_ones_are_there(shown: Shown, qtbot: QtBot) -> None:
    loaded = "Object.values(mapPage.basemap._tiles).filter((tile) => tile.loaded).length"
    qtbot.waitUntil(lambda: shown.js(loaded) > 0)
    kept = shown.js(
        f"(() => {{ mapPage.map.setZoom(mapPage.map.getZoom() + 1); return {loaded}; }})()"
    )
    assert kept > 0
    qtbot.waitUntil(
        lambda: shown.js(
            "Object.values(mapPage.basemap._tiles).every((one) => one.loaded"
            " && one.coords.z === mapPage.map.getZoom())"
        )
    )
