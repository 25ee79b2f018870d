"""The whole synthetic city as a pack: the same bytes again, everything found in it, drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.city.ground import write_synthetic
from console.geo.mercator import tile_of
from console.render.tiles import TileRenderer
from console.store.citypack import CityPack

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("city") / "first.citypack"
    write_synthetic(made, seed=1)
    return made


def test_that_the_same_seed_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    write_synthetic(tmp_path / "again.citypack", seed=1, progress=lambda *step: told.append(step))
    assert (tmp_path / "again.citypack").read_bytes() == path.read_bytes()
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == ("done", 1.0)


def test_that_the_pack_is_sound_and_complete(path: Path) -> None:
    with CityPack.open(path) as pack:
        pack.verify()
        assert pack.meta["kind"] == "synthetic"
        assert pack.bounds.contains(39.9087, 116.3975)
        levels = [j.level.value for j in pack.jurisdictions()]
        assert levels.count("district") == 20
        assert levels.count("street") > 320
        assert pack.district_at(39.9087, 116.3975)[0] == "D18"
        graph = pack.road_graph()
        assert graph.n_edges > 100_000
        layers = {
            shape.layer
            for shape in pack.shapes(
                ("water", "green", "building", "road", "rail", "boundary", "label"), pack.bounds
            )
        }
        assert len(layers) == 7  # fmt: skip
        found = pack.find_places("工体北路 4号")
        assert found[0].name_zh == "工体北路 4号"
        assert pack.district_at(found[0].lat, found[0].lon)[0] == "D03"


def test_that_every_zoom_is_drawn_in_both_themes(path: Path, tmp_path: Path) -> None:
    renderer = TileRenderer(path, tmp_path)
    for zoom in range(renderer.min_zoom, renderer.max_zoom + 1):
        column, row = tile_of(39.9087, 116.3975, zoom)
        tiles = {renderer.png(theme, "zh", zoom, column, row) for theme in ("dark", "light")}
        assert len(tiles) == 2
        assert all(len(tile) > 1_000 for tile in tiles)
    renderer.close()
