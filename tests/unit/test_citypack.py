"""City packs on real files: written, read, cut short, overwritten."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.geo.bounds import Bounds
from console.roads import RoadColumns, RoadName
from console.store.citypack import (
    CityPack,
    CityPackError,
    CityPackWriter,
    Place,
    Shape,
    ShapeKind,
)

SQUARE = np.array([[39.0, 116.0], [39.0, 117.0], [40.0, 117.0], [40.0, 116.0]])
WEST_HALF = np.array([[39.0, 116.0], [39.0, 116.5], [40.0, 116.5], [40.0, 116.0]])
CITY = Bounds(west=116, south=39, east=117, north=40)


def write_small(path: Path) -> Path:
    city, street = JurisdictionId("D01"), JurisdictionId("D01S01")
    with CityPackWriter(path) as pack:
        pack.put_meta({"name_en": "Smallville", "west": "116", "south": "39"})
        pack.put_meta({"east": "117", "north": "40"})
        pack.put_jurisdiction(
            Jurisdiction(id=street, parent=city, level=JurisdictionLevel.STREET,
                         name_zh="东街", name_en="East", lat=39.5, lon=116.2),
            [WEST_HALF],
        )  # fmt: skip
        pack.put_jurisdiction(
            Jurisdiction(id=city, parent=None, level=JurisdictionLevel.DISTRICT,
                         name_zh="小区", name_en="Small", lat=39.5, lon=116.5),
            [SQUARE],
        )  # fmt: skip
        pack.put_roads(
            RoadColumns(
                node_lat=np.array([39.5, 39.6]),
                node_lon=np.array([116.5, 116.5]),
                edge_from=np.array([0, 1], np.int32),
                edge_to=np.array([1, 0], np.int32),
                edge_len_m=np.array([11_120, 11_120], np.float32),
                edge_speed_mps=np.array([10, 10], np.float32),
                edge_class=np.array([2, 2], np.uint8),
                edge_name=np.array([0, -1], np.int32),
            ),
            [RoadName(zh="工体北路", en="Gongti North Road")],
        )
        points = np.array([[39.5, 116.5], [39.6, 116.5]])
        pack.put_shapes([
            Shape(layer="road", shape_class="arterial", kind=ShapeKind.LINE, points=points,
                  name_zh="工体北路"),
            Shape(layer="building", shape_class="house", kind=ShapeKind.AREA, points=SQUARE),
        ])  # fmt: skip
        pack.put_places([
            Place(kind="address", name_zh="工体北路 4号", name_en="4 Gongti North Road",
                  address="小区 东街", lat=39.51, lon=116.5),
            Place(kind="market", name_zh="工体市场", name_en="Gongti Market",
                  address="工体北路 9号", lat=39.52, lon=116.5),
            Place(kind="school", name_zh="第一小学 100%", name_en="First School", address="",
                  lat=39.53, lon=116.5),
        ])  # fmt: skip
    return path


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[CityPack]:
    with CityPack.open(write_small(tmp_path / "small.citypack")) as opened:
        yield opened


def test_that_what_was_written_is_read(pack: CityPack) -> None:
    assert pack.meta["name_en"] == "Smallville"
    assert pack.bounds == CITY
    assert [j.id for j in pack.jurisdictions()] == ["D01", "D01S01"]
    assert pack.rings("D01")[0].tolist() == SQUARE.tolist()
    graph = pack.road_graph()
    assert (graph.n_nodes, graph.n_edges) == (2, 2)
    assert graph.names[0].zh == "工体北路"
    road = next(pack.shapes(["road"], CITY))
    assert (road.name_zh, road.kind, road.shape_class) == ("工体北路", ShapeKind.LINE, "arterial")
    assert road.points == pytest.approx(np.array([[39.5, 116.5], [39.6, 116.5]]), abs=1e-7)
    assert len(pack.sha256) == 64
    pack.verify()


def test_that_shapes_come_by_layer_place_and_zoom(pack: CityPack) -> None:
    assert {s.layer for s in pack.shapes(["road", "building"], CITY)} == {"road", "building"}
    assert [s.layer for s in pack.shapes(["road", "building"], CITY, zoom=10)] == ["road"]
    away = Bounds(west=1, south=1, east=2, north=2)
    assert list(pack.shapes(["road", "building"], away)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("工体", ["工体市场", "工体北路 4号"]),
        ("工体北路", ["工体市场", "工体北路 4号"]),
        ("工体北路 4号", ["工体北路 4号"]),
        ("gongti market", ["工体市场"]),
        ("100%", ["第一小学 100%"]),
        ("%", ["第一小学 100%"]),
        ('"北路', []),
        ("  ", []),
        ("nowhere", []),
    ],
)
def test_that_places_are_found_by_any_part_of_their_words(
    pack: CityPack, text: str, found: list[str]
) -> None:
    assert [place.name_zh for place in pack.find_places(text)] == found


def test_that_a_point_has_its_district_and_street(pack: CityPack) -> None:
    assert pack.district_at(39.5, 116.2) == ("D01", "D01S01")
    assert pack.district_at(39.5, 116.8) == ("D01", None)
    assert pack.district_at(50.0, 100.0) == (None, None)


def test_that_threads_read_the_same_pack_at_once(pack: CityPack) -> None:
    found: list[int] = []

    def read() -> None:
        for _ in range(50):
            found.append(len(pack.find_places("工体")))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2] * 200


def test_that_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CityPackError, match="cannot be read"):
        CityPack.open(tmp_path / "none.citypack")


def test_that_a_file_of_another_kind_is_said(tmp_path: Path) -> None:
    picture = tmp_path / "x.citypack"
    picture.write_bytes(b"\x89PNG" + bytes(500))
    with pytest.raises(CityPackError, match="not an SQLite file"):
        CityPack.open(picture)
    database = tmp_path / "y.citypack"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE meta (key, value)")
    connection.close()
    with pytest.raises(CityPackError, match="no city pack"):
        CityPack.open(database)


def test_that_a_file_cut_short_is_said(tmp_path: Path) -> None:
    path = write_small(tmp_path / "small.citypack")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CityPackError, match="cut short"):
        CityPack.open(path)
    path.write_bytes(b"")
    with pytest.raises(CityPackError, match="no city pack"):
        CityPack.open(path)


def test_that_damage_inside_is_found(tmp_path: Path) -> None:
    path = write_small(tmp_path / "small.citypack")
    whole = bytearray(path.read_bytes())
    whole[4096:] = bytes(b ^ 0x5A for b in whole[4096:])
    path.write_bytes(whole)
    with pytest.raises(CityPackError, match=r"damaged|no city pack"), CityPack.open(path) as pack:
        pack.verify()


def test_that_another_layout_is_said(tmp_path: Path) -> None:
    path = write_small(tmp_path / "small.citypack")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    connection.commit()
    connection.close()
    with pytest.raises(CityPackError, match="version 99"):
        CityPack.open(path)


def test_that_a_writer_that_fails_leaves_the_old_pack(tmp_path: Path) -> None:
    path = write_small(tmp_path / "small.citypack")
    before = path.read_bytes()

    def fail() -> None:
        with CityPackWriter(path) as writer:
            writer.put_meta({"name_en": "Other"})
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["small.citypack"]


def test_that_a_shape_of_no_layer_is_refused(tmp_path: Path) -> None:
    shape = Shape(layer="sky", shape_class="", kind=ShapeKind.AREA, points=SQUARE)
    with pytest.raises(ValueError, match="sky"), CityPackWriter(tmp_path / "a") as writer:
        writer.put_shapes([shape])
