"""The city pack comes from central when there is none here, or another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from central_parts import CentralServer, a_city, some_units
from sync_parts import console
from test_citypack import write_small

from console.store.citypack import CityPack


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    folder = tmp_path_factory.mktemp("city")
    server = CentralServer(
        folder / "home",
        pack_path=write_small(folder / "small.citypack"),
        time_zone="Europe/Helsinki",
    )
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


def test_that_the_pack_is_fetched_once_and_known_without_central(
    city: CentralServer, tmp_path: Path
) -> None:
    password, home = city.password("dispatcher"), tmp_path / "desk"
    with console(city.url, password, home) as (_, recorder):
        recorder.wait(lambda me: me.packs, "the pack")
        fetched = recorder.packs[0]
        with CityPack.open(fetched) as pack:
            assert pack.meta["name_en"]
    made_at = fetched.stat().st_mtime_ns
    with console(city.url, password, home) as (_, recorder):
        recorder.live()
        recorder.wait(lambda me: me.packs, "the pack")
        assert recorder.packs == [fetched]
        assert fetched.stat().st_mtime_ns == made_at
    with console("http://127.0.0.1:9", password, home) as (_, recorder):
        recorder.wait(lambda me: me.packs == [fetched], "the pack")


def test_that_the_zone_of_the_citys_clocks_is_told_and_known_without_central(
    city: CentralServer, tmp_path: Path
) -> None:
    password, home = city.password("dispatcher"), tmp_path / "desk"
    with console(city.url, password, home) as (_, recorder):
        recorder.wait(lambda me: me.zones == ["Europe/Helsinki"], "the zone")
        recorder.wait(lambda me: me.packs, "the pack")
    with console("http://127.0.0.1:9", password, home) as (_, recorder):
        recorder.wait(lambda me: me.zones == ["Europe/Helsinki"], "the zone")


def test_that_a_central_without_a_pack_tells_the_zone(tmp_path: Path) -> None:
    server = CentralServer(tmp_path / "central", time_zone="Europe/Helsinki")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    try:
        with console(server.url, server.password("dispatcher"), tmp_path / "desk") as (_, recorder):
            recorder.wait(lambda me: me.zones == ["Europe/Helsinki"], "the zone")
            assert recorder.packs == []
    finally:
        server.stop()


def test_that_the_same_pack_here_is_used_and_another_replaced(
    city: CentralServer, tmp_path: Path
) -> None:
    password = city.password("dispatcher")
    other = tmp_path / "other.citypack"
    other.write_bytes(write_small(tmp_path / "same.citypack").read_bytes() + b"\0" * 4096)
    with console(city.url, password, tmp_path / "desk", pack_path=other) as (_, recorder):
        recorder.wait(lambda me: len(me.packs) == 2, "central's pack")
        assert recorder.packs[0] == other
        assert recorder.packs[1].parent == tmp_path / "desk" / "city"
