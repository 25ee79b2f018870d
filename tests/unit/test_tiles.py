"""Basemap tiles drawn from a real pack: looks, names, cache, threads, bad questions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.geo.mercator import TILE_PX, tile_bounds, tile_of
from console.render.tiles import TileError, TileRenderer
from console.render.tiles_labels import _GAP_PX, Label, LabelPlacer, _chosen
from console.render.tiles_style import MAX_ZOOM, MIN_ZOOM, Theme, rgb, style_of
from console.render.tiles_text import Lettering, Lettersmith, stamp
from console.store.citypack import CityPack, CityPackError, CityPackWriter, Shape, ShapeKind

ZOOM = 14
COLUMN, ROW = tile_of(39.9087, 116.3975, ZOOM)
BOX = tile_bounds(ZOOM, COLUMN, ROW)
CITY = np.array(
    [[39.0, 115.5], [39.0, 117.5], [41.0, 117.5], [41.0, 115.5]]
)  # fmt: skip


def at(share_down: float, share_right: float) -> tuple[float, float]:
    """A point of the middle tile, by shares of its side."""
    return (
        BOX.north + (BOX.south - BOX.north) * share_down,
        BOX.west + (BOX.east - BOX.west) * share_right,
    )


def write_pack(path: Path, shapes: list[Shape]) -> Path:
    with CityPackWriter(path) as pack:
        pack.put_meta({"west": "115.5", "south": "39", "east": "117.5", "north": "41"})
        pack.put_jurisdiction(
            Jurisdiction(id=JurisdictionId("C01"), parent=None, level=JurisdictionLevel.CITY,
                         name_zh="城", name_en="City", lat=40.0, lon=116.5),
            [CITY],
        )  # fmt: skip
        pack.put_shapes(shapes)
    return path


def line(shape_class: str, *points: tuple[float, float], zh: str = "", en: str = "") -> Shape:
    return Shape(layer="road", shape_class=shape_class, kind=ShapeKind.LINE,
                 points=np.array(points), name_zh=zh or None, name_en=en or None)  # fmt: skip


def small_city() -> list[Shape]:
    lake = np.array([at(0.1, 0.1), at(0.1, 0.4), at(0.4, 0.4), at(0.4, 0.1)])
    house = np.array([at(0.6, 0.6), at(0.6, 0.7), at(0.7, 0.7), at(0.7, 0.6)])
    return [
        Shape(layer="water", shape_class="lake", kind=ShapeKind.AREA, points=lake),
        Shape(layer="building", shape_class="block", kind=ShapeKind.AREA, points=house),
        line("motorway", at(0.5, -1.0), at(0.5, 2.0), zh="二环路", en="2nd Ring Road"),
        line("residential", at(0.0, 0.5), at(1.0, 0.5)),
    ]


@pytest.fixture
def tiles(tmp_path: Path) -> Iterator[TileRenderer]:
    renderer = TileRenderer(write_pack(tmp_path / "a.citypack", small_city()), tmp_path / "tiles")
    yield renderer
    renderer.close()


def picture(png: bytes) -> NDArray[np.uint8]:
    """Red, green, blue of a PNG."""
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded[:, :, ::-1], np.uint8)


@pytest.mark.parametrize("theme", list(Theme))
def test_that_water_land_houses_and_roads_have_their_colours(
    tiles: TileRenderer, theme: Theme
) -> None:
    style, tile = style_of(theme), picture(tiles.png(theme, "zh", ZOOM, COLUMN, ROW))
    assert tile.shape == (256, 256, 3)
    assert tuple(tile[64, 64]) == style.fill("water", "lake")
    assert tuple(tile[200, 60]) == style.land
    assert tuple(tile[166, 166]) == style.fill("building", "block")
    assert tuple(tile[128, 20]) == style.roads["motorway"].colour


def test_that_twice_the_scale_is_the_same_map_with_more_pixels(tiles: TileRenderer) -> None:
    once = picture(tiles.png("dark", "zh", ZOOM, COLUMN, ROW))
    twice = picture(tiles.png("dark", "zh", ZOOM, COLUMN, ROW, scale=2))
    assert twice.shape == (512, 512, 3)
    assert tuple(twice[128, 128]) == tuple(once[64, 64])


def test_that_names_come_in_the_language_asked_for(tiles: TileRenderer) -> None:
    chinese = tiles.png("dark", "zh", ZOOM, COLUMN, ROW)
    english = tiles.png("dark", "en", ZOOM, COLUMN, ROW)
    assert chinese != english


def test_that_outside_the_city_is_another_colour(tiles: TileRenderer) -> None:
    far = tile_of(35.0, 110.0, ZOOM)
    tile = picture(tiles.png("dark", "zh", ZOOM, *far))
    assert tuple(tile[100, 100]) == style_of(Theme.DARK).outside


def test_that_a_tile_is_kept_whole_and_read_again(tiles: TileRenderer, tmp_path: Path) -> None:
    first = tiles.png("light", "en", ZOOM, COLUMN, ROW)
    files = [path for path in (tmp_path / "tiles").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [f"{COLUMN}_{ROW}.png"]
    assert files[0].read_bytes() == first
    files[0].write_bytes(b"as kept")
    assert tiles.png("light", "en", ZOOM, COLUMN, ROW) == b"as kept"


def test_that_a_folder_that_cannot_be_written_costs_no_tile(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    pack = write_pack(tmp_path / "a.citypack", small_city())
    renderer = TileRenderer(pack, tmp_path / "file")
    with caplog.at_level(logging.WARNING):
        first = renderer.png("dark", "zh", ZOOM, COLUMN, ROW)
        assert renderer.png("dark", "zh", ZOOM, COLUMN, ROW) == first
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot be kept" in caplog.text
    renderer.close()


def test_that_threads_get_the_same_tiles(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "a.citypack", small_city())
    places = [(COLUMN + i % 3, ROW + i // 3) for i in range(9)] * 4
    alone, together = TileRenderer(pack, tmp_path / "1"), TileRenderer(pack, tmp_path / "2")
    expected = [alone.png("dark", "zh", ZOOM, x, y) for x, y in places]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda place: together.png("dark", "zh", ZOOM, *place), places))
    assert found == expected
    alone.close()
    together.close()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (("pink", "zh", 14, 1, 1, 1), "theme"),
        (("dark", "fr", 14, 1, 1, 1), "fr"),
        (("dark", "zh", MIN_ZOOM - 1, 1, 1, 1), "zoom"),
        (("dark", "zh", MAX_ZOOM + 1, 1, 1, 1), "zoom"),
        (("dark", "zh", 8, 256, 1, 1), "does not exist"),
        (("dark", "zh", 8, -1, 1, 1), "does not exist"),
        (("dark", "zh", 8, 1, 1, 3), "scale"),
    ],
)
def test_that_a_wrong_question_is_answered_with_a_sentence(
    tiles: TileRenderer, question: tuple[str, str, int, int, int, int], said: str
) -> None:
    with pytest.raises(TileError, match=said):
        tiles.png(*question)


def test_that_a_pack_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"nothing of the kind")
    with pytest.raises(CityPackError):
        TileRenderer(tmp_path / "x", tmp_path)


@pytest.mark.parametrize("zoom", [8, 11, 14, 18])
def test_that_a_pack_with_little_in_it_shows_a_graticule(tmp_path: Path, zoom: int) -> None:
    renderer = TileRenderer(write_pack(tmp_path / "a.citypack", []), tmp_path / "tiles")
    column, row = tile_of(39.9087, 116.3975, zoom)
    seen = set()
    for dx in range(3):
        for dy in range(3):
            tile = picture(renderer.png("dark", "zh", zoom, column + dx, row + dy))
            seen |= {tuple(colour) for colour in np.unique(tile.reshape(-1, 3), axis=0).tolist()}
    assert style_of(Theme.DARK).graticule in seen
    renderer.close()


def test_that_lines_meet_at_the_edges_of_tiles(tiles: TileRenderer) -> None:
    left = picture(tiles.png("light", "zh", ZOOM, COLUMN, ROW))
    right = picture(tiles.png("light", "zh", ZOOM, COLUMN + 1, ROW))
    assert np.abs(left[:, -1].astype(int) - right[:, 0]).max() < 8


def crowded(seed: int) -> list[Shape]:
    """Names all over some twenty tiles, far too many to be drawn."""
    rng = np.random.default_rng(seed)
    spots = rng.uniform((39.86, 116.33), (39.96, 116.47), (700, 2))
    return [
        Shape(layer="label", shape_class=("street", "water", "park")[i % 3], kind=ShapeKind.POINT,
              points=spots[i : i + 1], name_zh=f"第{i % 90}街道名",
              name_en=f"Some Long Name {i % 90}")
        for i in range(len(spots))
    ]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_that_neighbouring_tiles_agree_on_every_name(tmp_path: Path, lang: str) -> None:
    """Also over the edges of blocks, where each side is reckoned by itself."""
    pack = CityPack.open(write_pack(tmp_path / "a.citypack", crowded(7)))
    placer = LabelPlacer(pack, Lettersmith(), style_of(Theme.DARK), lang)
    tiles = {
        (x, y): placer.labels(ZOOM, x, y)
        for x in range(COLUMN - 4, COLUMN + 5)
        for y in range(ROW - 4, ROW + 5)
    }
    seen = {label for labels in tiles.values() for label in labels}
    assert len(seen) > 60
    for label in seen:
        for (x, y), labels in tiles.items():
            touches = (
                abs(label.x - (x + 0.5) * TILE_PX) < TILE_PX / 2 + label.half_width_px
                and abs(label.y - (y + 0.5) * TILE_PX) < TILE_PX / 2 + label.half_height_px
            )
            assert not touches or label in labels, (label, x, y)
    pack.close()


@pytest.mark.parametrize(
    ("zh", "en", "lang", "upright"),
    [
        ("工体北路", "Gongti North Road", "zh", True),
        ("工体北路", "Gongti North Road", "en", False),
        ("Eteläranta", "", "zh", False),
    ],
)
def test_that_only_chinese_names_stand_upright_on_steep_streets(
    tmp_path: Path, zh: str, en: str, lang: str, upright: bool
) -> None:
    street = line("arterial", at(-1.0, 0.5), at(2.0, 0.5), zh=zh, en=en)
    pack = CityPack.open(write_pack(tmp_path / "a.citypack", [street]))
    labels = LabelPlacer(pack, Lettersmith(), style_of(Theme.DARK), lang).labels(ZOOM, COLUMN, ROW)
    assert {label.lettering.upright for label in labels} == {upright}
    assert upright or all(abs(label.lettering.turn_deg) == 90 for label in labels)
    pack.close()


@given(
    places=st.lists(
        st.tuples(st.floats(0, 600), st.floats(0, 600), st.integers(0, 3)), max_size=40
    ),
    passes=st.integers(1, 4),
)  # fmt: skip
def test_that_no_two_names_overlap_and_the_first_is_always_drawn(
    places: list[tuple[float, float, int]], passes: int
) -> None:
    lettering = Lettering(11, (0, 0, 0), (255, 255, 255))
    labels = [
        Label(words=f"n{i}", lettering=lettering, x=x, y=y, half_width_px=40, half_height_px=8,
              rank=rank)
        for i, (x, y, rank) in enumerate(sorted(places, key=lambda place: place[2]))
    ]  # fmt: skip
    chosen = _chosen(labels, passes)
    drawn = [label for label, yes in zip(labels, chosen.tolist(), strict=True) if yes]
    assert bool(drawn) == bool(labels)
    assert not labels or chosen[0]
    for i, one in enumerate(drawn):
        for other in drawn[i + 1 :]:
            apart = abs(one.x - other.x) >= 80 + _GAP_PX or abs(one.y - other.y) >= 16 + _GAP_PX
            assert apart


def test_that_words_are_set_and_stamped(caplog: pytest.LogCaptureFixture) -> None:
    smith = Lettersmith()
    lettering = Lettering(20, rgb("#FF0000"), rgb("#000000"))
    canvas = np.zeros((60, 160, 3), np.uint8)
    stamp(canvas, smith.sprite("Zhihui", lettering), 80, 30)
    assert canvas[:, :, 2].max() == 255  # blue, green, red
    assert canvas[:, :, :2].max() == 0
    stamp(canvas, smith.sprite("Zhihui", lettering), 1_000, 1_000)
    turned = smith.sprite("Zhihui", replace(lettering, turn_deg=90.0))
    flat = smith.sprite("Zhihui", lettering)
    assert turned.cover.shape[:2] == flat.cover.shape[1::-1]


def test_that_missing_fonts_are_said_and_words_still_drawn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        smith = Lettersmith(regular=("/nowhere/font.ttc",), bold=())
    assert not smith.has_chinese
    assert "fonts-noto-cjk" in caplog.text
    sprite = smith.sprite("Road", Lettering(12, (255, 255, 255), (0, 0, 0)))
    assert float(sprite.cover.max()) == 1.0
