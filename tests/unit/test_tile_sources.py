"""Ready-made tiles: real and made files, broken ones, another datum, a server."""

from __future__ import annotations

import gzip
import http.server
import itertools
import json
import sqlite3
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_data import real_data
from vector_parts import field, line_layer, varint, vector_tile

from console.app.basemap import open_basemap
from console.gateways.tileserver import TileAddressError, TileServer
from console.geo.coordinates import Datum
from console.geo.datums import wgs84_to_bd09, wgs84_to_gcj02
from console.geo.mercator import metres_a_pixel, to_degrees, to_pixels
from console.render.mvt import VectorTileError, read_tile
from console.render.mvt_draw import draw_tile
from console.render.tilefiles import (
    MbTiles,
    PmTiles,
    TileFileError,
    open_tiles,
    tile_id_of,
)
from console.render.tiles_style import Theme, style_of
from console.render.tiles_text import Lettersmith
from console.render.tilesource import SourceTiles, shifted_pixels


def picture(body: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)


def one_colour(image: np.ndarray) -> bool:
    return bool((image == image[0, 0]).all())


def plain_png(colour: tuple[int, int, int], side: int = 256) -> bytes:
    _, body = cv2.imencode(".png", np.full((side, side, 3), colour, np.uint8))
    return body.tobytes()


def mbtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], kind: str = "png") -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        db.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data)")
        db.executemany(
            "INSERT INTO metadata VALUES (?, ?)", [("format", kind), ("attribution", "© us")]
        )
        db.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)",
            [(z, x, (1 << z) - 1 - y, body) for (z, x, y), body in tiles.items()],
        )
    return path


def pmtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], kind: int = 2) -> Path:
    """Write a small PMTiles file with a root directory alone."""
    rows = sorted((tile_id_of(*place), body) for place, body in tiles.items())
    data = b"".join(body for _, body in rows)
    ids = [number for number, _ in rows]
    steps = [ids[0], *(b - a for a, b in itertools.pairwise(ids))]
    directory = varint(len(rows)) + b"".join(map(varint, steps)) + varint(1) * len(rows)
    directory += b"".join(varint(len(body)) for _, body in rows)
    directory += varint(1) + varint(0) * (len(rows) - 1)
    packed = gzip.compress(directory)
    meta = gzip.compress(json.dumps({"attribution": "© them"}).encode())
    root, start = 127, 127 + len(packed) + len(meta)
    head = b"PMTiles\x03" + struct.pack(
        "<8Q", root, len(packed), root + len(packed), len(meta), start, 0, start, len(data)
    )  # fmt: skip
    head += struct.pack("<3Q", len(rows), len(rows), len(rows))
    zooms = [z for z, _, _ in tiles]
    head += bytes([1, 2, 1, kind, min(zooms), max(zooms)])
    path.write_bytes(head.ljust(127, b"\0") + packed + meta + data)
    return path


@settings(max_examples=60)
@given(st.integers(0, 12), st.data())
def test_that_tiles_are_numbered_along_the_curve(z: int, data: st.DataObject) -> None:
    side = 1 << z
    x, y = data.draw(st.integers(0, side - 1)), data.draw(st.integers(0, side - 1))
    number = tile_id_of(z, x, y)
    base = (4**z - 1) // 3
    assert base <= number < base + 4**z
    if z <= 4:
        every = {tile_id_of(z, a, b) for a in range(side) for b in range(side)}
        assert every == set(range(base, base + 4**z))
        at = {tile_id_of(z, a, b): (a, b) for a in range(side) for b in range(side)}
        steps = [abs(at[n][0] - at[n + 1][0]) + abs(at[n][1] - at[n + 1][1])
                 for n in range(base, base + 4**z - 1)]  # fmt: skip
        assert set(steps) <= {1}
    # figures of the specification: 1/0/0 is 1, 12/3423/1763 is 19078479
    assert (tile_id_of(1, 0, 0), tile_id_of(12, 3423, 1763)) == (1, 19078479)


def test_that_a_real_raster_pmtiles_is_shown() -> None:
    with closing(PmTiles(real_data("map/stamen_toner_z3.pmtiles"))) as file:
        assert (file.is_vector, file.min_zoom, file.max_zoom) == (False, 0, 3)
        pictures = [file.tile(z, x, y) for z in range(4) for x in range(1 << z)
                    for y in range(1 << z)]  # fmt: skip
        assert all(body is not None and picture(body).shape == (256, 256, 3) for body in pictures)
        assert file.tile(4, 0, 0) is None
        tiles = SourceTiles(file)
        places = [(x, y) for x in range(8) for y in range(8)]
        x, y = max(places, key=lambda at: picture(tiles.png("light", "en", 3, *at)).mean())
        light, dark = (picture(tiles.png(theme, "en", 3, x, y)) for theme in ("light", "dark"))
        assert light.mean() > 120 > dark.mean()
        nearer = picture(tiles.png("light", "en", 8, 128, 85, 2))
        assert nearer.shape == (512, 512, 3)


def test_that_mbtiles_and_pmtiles_give_the_same(tmp_path: Path) -> None:
    tiles = {
        (10, 843 + x, 387 + y): plain_png((10 * x, 20 * y, 99)) for x in range(3) for y in (0, 1)
    }
    for path in (mbtiles(tmp_path / "a.mbtiles", tiles), pmtiles(tmp_path / "a.pmtiles", tiles)):
        with closing(open_tiles(path)) as file:
            assert (file.min_zoom, file.max_zoom) == (10, 10)
            assert file.attribution in ("© us", "© them")
            assert {place: file.tile(*place) for place in tiles} == tiles
            assert file.tile(10, 0, 0) is None


def test_that_a_vector_tile_is_drawn_in_the_themes_colours(tmp_path: Path) -> None:
    body = gzip.compress(vector_tile())
    path = mbtiles(tmp_path / "v.mbtiles", {(12, 3370, 1550): body}, kind="pbf")
    tiles = SourceTiles(open_tiles(path))
    whole = picture(tiles.png("light", "zh", 12, 3370, 1550)).astype(int)
    water, land = whole[100, 40], whole[60, 200]
    assert np.abs(water - land).max() > 15
    names = whole[110:140, 165:215]
    assert np.abs(names - land).max() > 40  # 工体 stands there
    assert np.abs(whole[219, 200] - land).max() > 15  # the motorway
    nearer = picture(tiles.png("light", "zh", 13, 6741, 3100)).astype(int)
    assert np.abs(nearer[20, 128] - land).max() <= 3  # the eastern half holds no water
    dark = picture(tiles.png("dark", "zh", 12, 3370, 1550))
    assert dark.mean() < 60
    tiles.close()


@pytest.mark.parametrize(
    ("layer", "tags"),
    [
        ("transportation_name", {"class": "primary", "name": "工体北路"}),
        ("roads", {"kind": "major_road", "name:zh": "工体北路", "name": "Gongti"}),
    ],
)
def test_that_roads_of_vector_tiles_bear_their_names_along_their_lines(
    layer: str, tags: dict[str, str]
) -> None:
    style, smith = style_of(Theme.LIGHT), Lettersmith()
    slanted = [(300, 900), (3800, 2900)]
    short = [(3600, 200), (3700, 260)]

    def drawn(with_names: bool, line: list[tuple[int, int]], zoom: int = 14) -> np.ndarray:
        told = tags if with_names else {key: tags[key] for key in tags if "name" not in key}
        layers = read_tile(field(3, line_layer(layer, [line], [told])))
        return draw_tile(layers, style, zoom, 256, smith, lang="zh").astype(int)

    rows, columns = np.nonzero(
        np.abs(drawn(True, slanted) - drawn(False, slanted)).max(axis=2) > 60
    )
    assert len(rows) > 60
    # the words lie along the line: their middle is on it, and they rise as it does
    assert abs(rows.mean() - (900 + (columns.mean() * 16 - 300) * 2000 / 3500) / 16) < 4
    assert 0.3 < np.polyfit(columns, rows, 1)[0] < 0.9
    # nothing is written where it would not fit, nor from too far away
    assert np.abs(drawn(True, short) - drawn(False, short)).max() == 0
    assert np.abs(drawn(True, slanted, 10) - drawn(False, slanted, 10)).max() == 0


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_that_tiles_of_another_datum_lie_where_wgs84_has_them(tmp_path: Path, datum: Datum) -> None:
    """A cross painted at a place in GCJ-02 has to appear at that place's WGS-84 pixel."""
    z, lat, lon = 16, 39.9087, 116.3975
    there = [float(v) for v in wgs84_to_gcj02(lat, lon)]
    if datum is Datum.BD09:
        from console.geo.datums import gcj02_to_bd09  # noqa: PLC0415

        there = [float(v) for v in gcj02_to_bd09(*there)]
    x, y = (float(v) for v in to_pixels(*there, z))
    tiles = {}
    for column in range(int(x // 256) - 3, int(x // 256) + 4):
        for row in range(int(y // 256) - 3, int(y // 256) + 4):
            image = np.zeros((256, 256, 3), np.uint8)
            centre = (round(x - column * 256), round(y - row * 256))
            cv2.circle(image, centre, 6, (0, 0, 255), -1)
            tiles[z, column, row] = cv2.imencode(".png", image)[1].tobytes()
    source = SourceTiles(open_tiles(mbtiles(tmp_path / "g.mbtiles", tiles)), datum)
    wx, wy = (float(v) for v in to_pixels(lat, lon, z))
    tile = picture(source.png("dark", "zh", z, int(wx // 256), int(wy // 256)))
    rows, columns = np.nonzero(tile[..., 2] > 128)
    found = (columns.mean() + int(wx // 256) * 256, rows.mean() + int(wy // 256) * 256)
    assert np.hypot(found[0] - wx, found[1] - wy) < 0.8
    back = to_degrees(found[0], found[1], z)
    assert abs(float(back[0]) - lat) < 2e-5


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("side", [256, 512])
@pytest.mark.parametrize(("z", "least_m"), [(8, 1.0), (10, 0.3), (12, 0.1), (14, 0.1), (18, 0.1)])
def test_that_every_pixel_of_a_tile_is_shifted_to_a_tenth_of_a_metre(
    datum: Datum, side: int, z: int, least_m: float
) -> None:
    column, row = (int(float(v) // 256) for v in to_pixels(39.9, 116.4, z))
    found = shifted_pixels(datum, (z, column, row), side)
    middles = (np.arange(side) + 0.5) * 256 / side
    columns, rows = np.meshgrid(middles + column * 256, middles + row * 256)
    lat, lon = to_degrees(columns.ravel(), rows.ravel(), z)
    shift = wgs84_to_gcj02 if datum is Datum.GCJ02 else wgs84_to_bd09
    true = np.column_stack(to_pixels(*shift(lat, lon), z)).reshape(side, side, 2)
    off_m = np.hypot(*np.moveaxis(found - true, -1, 0)) * metres_a_pixel(39.9, z)
    assert off_m.max() < least_m


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("a.pmtiles", b"", "cannot be read"),
        ("a.pmtiles", b"PMTiles\x02" + bytes(200), "version 2"),
        ("a.pmtiles", b"hello" * 100, "no PMTiles"),
        ("a.pmtiles", b"PMTiles\x03" + b"\xff" * 300, "packed with|cut short|damaged|impossible"),
        ("a.mbtiles", b"no database" * 300, "no MBTiles"),
        ("a.tif", b"", "neither"),
    ],
)
def test_that_a_broken_file_is_refused_and_the_pack_goes_on(
    tmp_path: Path, name: str, body: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(TileFileError, match=reason) as caught:
        open_tiles(path)
    assert "The map goes on" in str(caught.value)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_that_a_file_spoilt_anywhere_gives_tiles_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("spoilt")
    tiles = {(3, x, 2): plain_png((x, 9, 9), 16) for x in range(8)}
    path = pmtiles(folder / "a.pmtiles", tiles)
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(body[: data.draw(st.integers(1, len(body)))]))
    try:
        with closing(PmTiles(path)) as file:
            for place in tiles:
                file.tile(*place)
    except TileFileError:
        return  # a sentence: what any other error would not be


@settings(max_examples=150)
@given(st.binary(max_size=200) | st.just(vector_tile()[:-3]))
def test_that_bytes_that_are_no_vector_tile_are_refused_or_empty(body: bytes) -> None:
    try:
        layers = read_tile(body)
    except VectorTileError:
        return
    assert all(layer.extent > 0 for layer in layers)


def test_that_a_tile_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    file = MbTiles(mbtiles(tmp_path / "b.mbtiles", {(5, 1, 1): bomb}))
    with pytest.raises(TileFileError, match="unpacks to more than"):
        file.tile(5, 1, 1)
    tiles = SourceTiles(file)
    empty = picture(tiles.png("dark", "zh", 5, 1, 1))
    assert one_colour(empty)
    tiles.close()


class Hills(http.server.BaseHTTPRequestHandler):
    """A tile server with one picture for everything, and a way elsewhere."""

    asked: list[str] = []  # noqa: RUF012 - the server makes a handler a request

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere.png")
            self.end_headers()
            return
        body = plain_png((1, 2, 3))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    Hills.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hills) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()
        thread.join()


def test_that_a_servers_tiles_are_kept_and_its_silence_does_not_stop_the_map(
    server: str, tmp_path: Path
) -> None:
    now = [0.0]
    source = TileServer(f"{server}/t/{{z}}/{{x}}/{{y}}.png", tmp_path, clock=lambda: now[0])
    assert source.tile(3, 1, 2) == plain_png((1, 2, 3))
    assert source.tile(3, 1, 2) == plain_png((1, 2, 3))
    assert Hills.asked == ["/t/3/1/2.png"]
    away = TileServer(f"{server}/away/{{z}}/{{x}}/{{y}}.png", tmp_path / "away")
    assert away.tile(3, 1, 2) is None  # a way elsewhere is not gone
    dead = TileServer("http://127.0.0.1:9/{z}/{x}/{y}.png", tmp_path / "dead", clock=lambda: now[0])
    assert dead.tile(3, 1, 2) is None
    assert dead._rests_until == 20.0
    assert one_colour(picture(SourceTiles(dead).png("dark", "zh", 3, 1, 2)))


@pytest.mark.parametrize(
    "address", ["ftp://h/{z}/{x}/{y}", "http:///{z}/{x}/{y}", "http://h/{z}/{x}", "http://{x}/{z}/{y}",
                "http://h/{z}/{x}/{y}/{key}", "http://h/{z"]
)  # fmt: skip
def test_that_an_address_that_cannot_be_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(TileAddressError):
        TileServer(address, tmp_path)


def test_that_a_wrong_basemap_falls_back_to_the_pack_and_says_so(tmp_path: Path) -> None:
    from test_citypack import write_small  # noqa: PLC0415

    pack = write_small(tmp_path / "s.citypack")
    tiles, owner, trouble = open_basemap(
        str(tmp_path / "none.mbtiles"), "GCJ-02", pack_path=pack, cache=tmp_path / "cache"
    )
    assert owner is None
    assert "The map goes on with the city pack" in trouble
    assert picture(tiles.png("dark", "zh", 10, 843, 387)).shape == (256, 256, 3)
    tiles.close()
