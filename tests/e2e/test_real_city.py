"""`zhihui run --city` on Helsinki: Boston's requests in the queue, units on Helsinki's streets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from console.app.config import Config
from console.app.ground import ensure_pack
from console.app.imports import ImportRequest, import_file
from console.app.site import pack_of_home
from console.app.wiring import RunPlan
from console.gateways.osm import import_osm
from console.geo.bounds import Bounds
from console.store.citypack import CityPack
from tests.e2e.living_city import LivingCity, leftovers, until
from tests.real_data import real_data

pytestmark = pytest.mark.e2e
SIZES = ("--officers", "60", "--vehicles", "6", "--cameras", "8")


@pytest.fixture(scope="module")
def helsinki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingCity]:
    """Helsinki with Boston's requests moved onto it and the street clips as its cameras."""
    source = real_data("map/Helsinki.osm.pbf")
    requests = real_data("complaints/boston311_2015.parquet")
    clips = real_data("video/street_360p25_h264.mp4").parent
    folder = tmp_path_factory.mktemp("helsinki")
    pack = folder / "Helsinki.citypack"
    import_osm(source, pack, progress=lambda _: None)
    complaints = folder / "boston.jsonl"
    request = ImportRequest(
        kind="complaints", path=requests, home=folder, mapping=Path("boston311"), onto=pack,
        out=complaints,
    )  # fmt: skip
    assert import_file(request) == 0
    city = LivingCity(
        folder / "home", "--city", str(source), "--clips", str(clips),
        "--complaints", str(complaints), "--replay-speed", "20000", *SIZES,
    )  # fmt: skip
    children = city.children
    yield city
    assert city.stop() == 0
    assert leftovers(children) == []


def bounds_of(city: LivingCity) -> Bounds:
    """Return how far the city reaches."""
    path = pack_of_home(city.home)
    assert path is not None
    with CityPack.open(path) as pack:
        return pack.bounds


def test_that_bostons_requests_come_into_the_queue_at_helsinkis_places(
    helsinki: LivingCity,
) -> None:
    until(lambda: helsinki.rows("SELECT count(*) FROM report")[0][0] > 100, "100 reports")
    reports = helsinki.rows("SELECT external_id, text, place, lat, lon FROM report")
    asked = pyarrow.parquet.read_table(
        real_data("complaints/boston311_2015.parquet"), columns=["case_enquiry_id", "type"]
    )
    kinds = dict(zip(*(map(str, column.to_pylist()) for column in asked.columns), strict=True))
    assert all(text.startswith(kinds[case]) for case, text, *_ in reports)
    box = bounds_of(helsinki)
    assert all(box.contains(lat, lon) for *_, lat, lon in reports)
    places = {place for _, _, place, *_ in reports}
    assert any("katu" in place for place in places)
    assert not {"Roxbury", "Dorchester"} & places
    open_incidents = helsinki.rows("SELECT count(*) FROM incident WHERE stage = 'file'")[0][0]
    assert open_incidents > 20


def test_that_everybody_and_every_camera_has_a_place_in_helsinki(helsinki: LivingCity) -> None:
    box = bounds_of(helsinki)
    cameras = helsinki.rows("SELECT lat, lon, district FROM camera")
    assert len(cameras) == 8
    assert all(box.contains(lat, lon) and district for lat, lon, district in cameras)
    homes = helsinki.rows("SELECT district FROM unit WHERE kind = 'officer'")
    assert len(homes) == 60
    assert all(district for (district,) in homes)
    until(
        lambda: helsinki.rows("SELECT count(*) FROM unit WHERE status = 'available'")[0][0] > 5,
        "officers on duty",
    )
    until(lambda: helsinki.rows("SELECT count(*) FROM last_fix")[0][0] > 5, "their positions")
    fixes = np.array(helsinki.rows("SELECT lat_e7, lon_e7 FROM last_fix"), np.float64) / 1e7
    near = box.grown(0.002, 0.004)  # a bad fix is off by a street or two
    assert near.mask(fixes[:, 0], fixes[:, 1]).mean() > 0.9


def test_that_a_home_goes_on_with_its_city_without_being_told(helsinki: LivingCity) -> None:
    plan = RunPlan(home=helsinki.home, config=Config(), window=False)
    assert ensure_pack(plan) == pack_of_home(helsinki.home)
