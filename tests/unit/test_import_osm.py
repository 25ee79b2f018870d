import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import networkx
import numpy as np
import osmium
import pytest

from console.app.config import Config
from console.app.site import site_zone
from console.gateways.osm import import_osm
from console.gateways.osm_zone import ZoneVotes, zone_table
from console.gateways.rows import ImportFileError, ImportReport
from console.roads.columns import RoadClass
from console.store.citypack import CityPack
from tests.real_data import real_data

#: Two crossing streets, one of them one-way, a park with a pond, an address, a school, and a coast.
SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><bounds minlon="116.0" minlat="39.0" maxlon="116.02" maxlat="39.02"/>
<node id="1" lat="39.01" lon="116.000"/><node id="2" lat="39.01" lon="116.01"/>
<node id="3" lat="39.01" lon="116.02"/><node id="4" lat="39.00" lon="116.01"/>
<node id="5" lat="39.02" lon="116.01"/>
<node id="6" lat="39.012" lon="116.012"/><node id="7" lat="39.012" lon="116.016"/>
<node id="8" lat="39.016" lon="116.016"/><node id="9" lat="39.016" lon="116.012"/>
<node id="10" lat="39.0121" lon="116.0121"><tag k="addr:street" v="工体北路"/>
<tag k="addr:housenumber" v="4号"/></node>
<node id="11" lat="39.005" lon="116.005"><tag k="amenity" v="school"/><tag k="name" v="第三小学"/>
<tag k="name:en" v="Third School"/></node>
<node id="12" lat="39.002" lon="116.002"><tag k="place" v="suburb"/><tag k="name" v="南里"/></node>
<node id="13" lat="39.018" lon="116.018"><tag k="place" v="suburb"/><tag k="name" v="北里"/></node>
<node id="20" lat="39.003" lon="115.99"/><node id="21" lat="39.003" lon="116.03"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/>
<tag k="name" v="东西街"/><tag k="oneway" v="yes"/><tag k="maxspeed" v="60"/></way>
<way id="2"><nd ref="4"/><nd ref="2"/><nd ref="5"/><tag k="highway" v="residential"/></way>
<way id="3"><nd ref="6"/><nd ref="7"/><nd ref="8"/><nd ref="9"/><nd ref="6"/>
<tag k="leisure" v="park"/><tag k="name" v="朝阳公园"/></way>
<way id="4"><nd ref="98"/><nd ref="99"/><tag k="highway" v="residential"/></way>
<way id="5"><nd ref="21"/><nd ref="20"/><tag k="natural" v="coastline"/></way>
</osm>"""


def quiet(_text: str) -> None:
    """Progress that nobody reads."""


def test_that_a_small_extract_becomes_a_whole_city(tmp_path: Path) -> None:
    source = tmp_path / "small.osm"
    source.write_text(SMALL, encoding="utf-8")
    report = import_osm(source, tmp_path / "small.citypack", name="小城", progress=quiet)
    assert [line for line, _ in report.lines] == [4]
    with CityPack.open(tmp_path / "small.citypack") as pack:
        assert pack.meta["name_zh"] == "小城"
        graph = pack.road_graph()
        assert len(graph.node_lat) == 5
        assert len(graph.edge_from) == 2 + 4
        main = graph.edge_class == RoadClass.ARTERIAL
        assert np.allclose(graph.edge_speed_mps[main], 60 / 3.6 * 0.75)
        layers = {(s.layer, s.shape_class) for s in pack.shapes(("green", "road"), pack.bounds)}
        assert layers == {("green", "park"), ("road", "arterial"), ("road", "residential")}
        (school,) = pack.find_places("Third School")
        assert (school.kind, school.name_zh) == ("school", "第三小学")
        (address,) = pack.find_places("工体北路 4号")
        assert address.lat == pytest.approx(39.0121)
        south, _ = pack.district_at(39.004, 116.003)
        north, _ = pack.district_at(39.017, 116.017)
        names = {j.id: j.name_zh for j in pack.jurisdictions()}
        assert (names[south or ""], names[north or ""]) == ("南里", "北里")


def test_that_a_city_has_the_zone_that_is_said_or_that_its_objects_tell(tmp_path: Path) -> None:
    source = tmp_path / "small.osm"
    source.write_text(SMALL, encoding="utf-8")
    import_osm(source, tmp_path / "a.citypack", zone="Europe/Oslo", progress=quiet)
    report = import_osm(source, tmp_path / "b.citypack", progress=quiet)
    assert any("--time-zone" in note for note in report.notes)
    told = '<tag k="place" v="suburb"/><tag k="timezone" v="Europe/Helsinki"/>'
    source.write_text(SMALL.replace('<tag k="place" v="suburb"/>', told, 1), encoding="utf-8")
    import_osm(source, tmp_path / "c.citypack", progress=quiet)
    zones = {}
    for name in "abc":
        with CityPack.open(tmp_path / f"{name}.citypack") as pack:
            zones[name] = pack.meta.get("time_zone")
        home = tmp_path / "home"
        assert site_zone(Config(), home, pack.path) == (zones[name] or "Asia/Shanghai")
        assert site_zone(Config(time_zone="Asia/Tokyo"), home, pack.path) == "Asia/Tokyo"
    assert zones == {"a": "Europe/Oslo", "b": None, "c": "Europe/Helsinki"}
    assert site_zone(Config(), tmp_path / "home") == "Asia/Shanghai"


def test_that_of_a_countrys_zones_the_nearest_is_taken() -> None:
    table = [
        ("FI", "Europe/Helsinki", 60.17, 24.97),
        ("BR", "America/Sao_Paulo", -23.53, -46.62),
        ("BR", "America/Campo_Grande", -20.45, -54.62),
        ("BR", "Mars/Olympus", -20.4, -54.6),
    ]
    votes = ZoneVotes()
    assert votes.zone(-20.4, -54.6, table) is None
    for tags in ({"timezone": "Mars/Olympus"}, {"addr:country": "br"}, {"ISO3166-2": "BR-MS"},
                 {"addr:country": "FI"}):  # fmt: skip
        votes.note(tags)
    assert votes.zone(-20.4, -54.6, table) == "America/Campo_Grande"
    assert votes.zone(-22.9, -47.0, table) == "America/Sao_Paulo"
    assert votes.zone(-20.4, -54.6, []) is None


def test_that_this_machines_table_of_zones_is_read_if_it_has_one() -> None:
    found = {zone: (lat, lon) for _, zone, lat, lon in zone_table()}
    assert found.get("Europe/Helsinki", (60.1667, 24.9667)) == pytest.approx(
        (60.17, 24.97), abs=0.01
    )
    assert found.get("America/Sao_Paulo", (-23.5333, -46.6167)) == pytest.approx(
        (-23.53, -46.62), abs=0.01
    )


def test_that_the_sea_lies_to_the_right_of_the_coast(tmp_path: Path) -> None:
    source = tmp_path / "small.osm"
    source.write_text(SMALL, encoding="utf-8")
    import_osm(source, tmp_path / "small.citypack", progress=quiet)
    with CityPack.open(tmp_path / "small.citypack") as pack:
        (sea,) = [s for s in pack.shapes(("water",), pack.bounds) if s.shape_class == "sea"]
        # The coast runs from east to west, so its right is the north.
        assert sea.points[:, 0].min() == pytest.approx(39.003, abs=1e-6)


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress])
def test_that_a_file_cut_short_is_said_and_leaves_nothing(
    tmp_path: Path, packer: Callable[[bytes], bytes]
) -> None:
    ending = {gzip.compress: "gz", bz2.compress: "bz2"}[packer]
    whole = packer((SMALL + "<!-- " + "x" * 4000 + " -->").encode())
    source = tmp_path / f"cut.osm.{ending}"
    source.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(ImportFileError, match="cut short"):
        import_osm(source, tmp_path / "cut.citypack", progress=quiet)
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_that_a_real_extract_cut_short_is_said(tmp_path: Path) -> None:
    whole = real_data("map/Helsinki.osm.pbf").read_bytes()
    source = tmp_path / "cut.osm.pbf"
    source.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImportFileError, match="cut short"):
        import_osm(source, tmp_path / "cut.citypack", progress=quiet)


@pytest.mark.parametrize("name", ["Helsinki.osm.pbf", "campo-grande.osm.gz"])
def test_that_counts_agree_with_osmium_and_routes_with_networkx(tmp_path: Path, name: str) -> None:
    source = real_data(f"map/{name}")
    report: ImportReport = import_osm(source, tmp_path / "x.citypack", progress=quiet)
    counted = sum(1 for _ in osmium.FileProcessor(str(source)))
    assert report.taken == counted
    with CityPack.open(tmp_path / "x.citypack") as pack:
        graph = pack.road_graph()
    net = networkx.DiGraph()
    seconds = graph.edge_len_m.astype(float) / graph.edge_speed_mps.astype(float)
    driven = graph.edge_class != RoadClass.FOOTWAY
    for start, end, cost in zip(
        graph.edge_from[driven].tolist(), graph.edge_to[driven].tolist(), seconds[driven].tolist(),
        strict=True,
    ):  # fmt: skip
        old = net.get_edge_data(start, end, {"cost": np.inf})["cost"]
        net.add_edge(start, end, cost=min(cost, old))
    target = int(max(networkx.strongly_connected_components(net), key=len).pop())
    expected = networkx.single_source_dijkstra_path_length(net.reverse(), target, weight="cost")
    ours = graph.seconds_to(float(graph.node_lat[target]), float(graph.node_lon[target]))
    assert len(expected) > 1_000
    for node, cost in expected.items():
        assert ours[node] == pytest.approx(cost, rel=1e-3, abs=0.5)


#: A coast, a lake and a street that leave the map and come back: nodes outside are not in the file.
CUT = SMALL.replace(
    "</osm>",
    """<node id="30" lat="39.003" lon="116.0195"/><node id="31" lat="39.003" lon="116.0005"/>
<node id="40" lat="39.014" lon="116.0002"/><node id="41" lat="39.016" lon="116.003"/>
<node id="42" lat="39.018" lon="116.0002"/>
<way id="5"><nd ref="97"/><nd ref="30"/><nd ref="31"/><nd ref="96"/>
<tag k="natural" v="coastline"/></way>
<way id="6"><nd ref="40"/><nd ref="41"/><nd ref="42"/><nd ref="95"/><nd ref="40"/>
<tag k="natural" v="water"/></way>
<way id="7"><nd ref="1"/><nd ref="2"/><nd ref="94"/><nd ref="3"/><nd ref="5"/>
<tag k="highway" v="tertiary"/></way></osm>""",
).replace('<way id="5"><nd ref="21"/><nd ref="20"/><tag k="natural" v="coastline"/></way>', "")


def test_that_what_the_edge_of_an_extract_cuts_ends_there(tmp_path: Path) -> None:
    source = tmp_path / "cut.osm"
    source.write_text(CUT, encoding="utf-8")
    import_osm(source, tmp_path / "cut.citypack", progress=quiet)
    with CityPack.open(tmp_path / "cut.citypack") as pack:
        graph = pack.road_graph()
        tertiary = graph.edge_class == RoadClass.TERTIARY
        place = np.column_stack([graph.node_lat, graph.node_lon]).round(3)
        ends = {
            (tuple(place[a]), tuple(place[b]))
            for a, b in zip(graph.edge_from[tertiary], graph.edge_to[tertiary], strict=True)
        }
        across = ((39.01, 116.01), (39.01, 116.02))
        assert len(ends) == 4
        assert across not in ends
        assert across[::-1] not in ends
        water = {shape.shape_class: shape for shape in pack.shapes(("water",), pack.bounds)}
        assert water["sea"].points[:, 0].min() == pytest.approx(39.003, abs=1e-6)
        assert water["sea"].points[:, 1].min() == pytest.approx(pack.bounds.west, abs=1e-6)
        assert len(water["lake"].points) == 4
        districts, _ = pack.districts_at(graph.node_lat, graph.node_lon)
        assert None not in districts
