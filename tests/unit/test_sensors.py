"""Sensors: entered, read, silent when they are; on the map with value, age and limit."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from central_parts import CentralServer, Database
from pytestqt.qtbot import QtBot
from rule_rows import PlainRows, filed_rows
from test_map_binding import NoDetails, contents

from console.central.readings import ReadingBook
from console.city.meters import Meters, make_sensors
from console.domain.errors import ConflictError, RejectedError
from console.domain.levels import Role
from console.domain.sensors import Reading, Sensor, SensorKind, SensorState
from console.protocol.commands import PutSensors
from console.protocol.messages import Verdict
from console.protocol.readings import PastOfSensor, ReadingsTaken, ReadingsTold
from console.store.citypack import CityPack, CityPackWriter, Place
from console.sync.state import ChangeBatch, Contents, LinkPhase, LinkState, RowChange
from console.ui.mapfeed import MapFeed
from console.ui.mapsearch import HitKind, MapSearch
from console.ui.mapsensors import MapSensors, sensor_text
from console.ui.mapsprites import MapLayer, SensorShown
from console.ui.mirror import Mirror
from console.ui.sensorreadings import SensorReadings
from widgets.map.words import MapWords

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)
METER = Sensor(
    id="noise-1", kind=SensorKind.NOISE, name="家园建设工地", lat=39.91, lon=116.42, limit=70.0
)


def test_that_a_reading_is_worth_something_until_three_are_missed() -> None:
    quiet, loud = (Reading(sensor=METER.id, at=NOON, value=value) for value in (61.0, 70.0))
    assert METER.state(None, NOON) is SensorState.SILENT
    assert METER.state(quiet, NOON + timedelta(seconds=180)) is SensorState.NORMAL
    assert METER.state(quiet, NOON + timedelta(seconds=181)) is SensorState.SILENT
    assert METER.state(loud, NOON) is SensorState.OVER
    assert replace(METER, limit=None).state(loud, NOON) is SensorState.NORMAL


def test_that_sensors_are_entered_changed_and_retired() -> None:
    rows: PlainRows = filed_rows()
    rows.do(PutSensors(sensors=(METER,)), role=Role.ADMINISTRATOR)
    held = rows.get(Sensor, METER.id)
    assert isinstance(held, Sensor)
    assert held.version == 1
    rows.do(PutSensors(sensors=(replace(held, retired=True),)), role=Role.ADMINISTRATOR)
    with pytest.raises(ConflictError, match="changed by someone else"):
        rows.do(PutSensors(sensors=(held,)), role=Role.ADMINISTRATOR)
    for change, told in (
        ({"name": " "}, "has no name"),
        ({"period_s": 0}, "would send every 0 s"),
        ({"limit": float("nan")}, "is no number"),
        ({"lat": 95.0}, "globe"),
        ({"district": "nowhere"}, "which is not known"),
    ):
        bad = replace(METER, id="other", **change)  # type: ignore[arg-type]
        with pytest.raises(RejectedError, match=told):
            rows.do(PutSensors(sensors=(bad,)), role=Role.ADMINISTRATOR)


def test_that_only_newer_readings_of_known_sensors_count() -> None:
    past: list[tuple[str, int, float]] = []
    book = ReadingBook(lambda *row: past.append(row))
    book.know(["a", "b"])
    book.load([("a", 500, 1.0)])
    now = 1_000_000
    taken = book.take([("a", 900, 2.0), ("a", 800, 3.0), ("x", 900, 4.0)], now_ms=now)
    assert taken == ReadingsTaken(accepted=1, late=1, unknown=1)
    assert book.newer(0) == ReadingsTold(mark=1, rows=[("a", 900, 2.0)])
    # one from far ahead is of a wrong clock, one a little ahead is of now; no number is no reading
    rows = [("b", now + 600_000, 5.0), ("a", now + 1_000, 6.0), ("b", now, float("nan"))]
    assert book.take(rows, now_ms=now) == ReadingsTaken(accepted=1, late=2)
    assert book.newer(1).rows == [("a", now, 6.0)]
    assert book.newer(2).rows == []
    assert book.newer(99).rows == [("a", now, 6.0)]  # a mark of another run
    # the past has late ones as well, and none that is no reading
    assert past == [("a", 900, 2.0), ("a", 800, 3.0), ("a", now, 6.0)]
    assert sorted(book.unsaved()) == [("a", now, 6.0)]
    assert book.unsaved() == []


@pytest.mark.both_databases
def test_that_readings_are_taken_given_and_there_after_a_restart(
    tmp_path: Path, database: Database
) -> None:
    server = CentralServer(tmp_path / "home", database=database)
    server.start()
    admin = server.client(Role.ADMINISTRATOR)
    assert admin.post(PutSensors(sensors=(METER,)))[0].verdict is Verdict.ACCEPTED
    gateway, console = server.client(Role.GATEWAY), server.client()
    url, now = f"{server.url}/v1/readings", time.time_ns() // 1_000_000
    sent = gateway.http.post(url, json=[[METER.id, now - 1000, 82.5], ["x", now, 1]], timeout=60)
    assert sent.json() == {"accepted": 1, "late": 0, "unknown": 1}
    told = console.http.get(url, timeout=60).json()
    assert told["rows"] == [[METER.id, now - 1000, 82.5]]
    assert console.http.get(f"{url}?after={told['mark']}", timeout=60).json()["rows"] == []
    assert console.http.post(url, json=[], timeout=60).status_code == 403
    for bad, status in (('[["a", "b", 1]]', 422), ("{", 422)):
        assert gateway.http.post(url, data=bad, timeout=60).status_code == status
    server.stop()
    server.start()
    again = server.client().http.get(f"{server.url}/v1/readings", timeout=60).json()
    assert again["rows"] == [[METER.id, now - 1000, 82.5]]
    server.stop()


@pytest.fixture
def pack(tmp_path: Path) -> CityPack:
    path = tmp_path / "sites.citypack"
    with CityPackWriter(path) as writer:
        writer.put_meta({"west": "116.2", "south": "39.8", "east": "116.6", "north": "40.0"})
        writer.put_places([
            Place(kind="site" if n % 2 else "market", name_zh=f"{n}号工地", name_en="", address="",
                  lat=39.9 + n * 1e-4, lon=116.4)
            for n in range(400)
        ])  # fmt: skip
    return CityPack.open(path)


def test_that_a_city_from_a_map_has_noise_meters_where_nobody_builds(tmp_path: Path) -> None:
    path = tmp_path / "mapped.citypack"
    with CityPackWriter(path) as writer:
        writer.put_meta({"west": "116.2", "south": "39.8", "east": "116.6", "north": "40.0"})
        writer.put_places([
            Place(kind=("restaurant", "market", "address")[n % 3], name_zh="", name_en=f"P {n}",
                  address="", lat=39.9, lon=116.4)
            for n in range(300)
        ])  # fmt: skip
    with CityPack.open(path) as opened:
        sensors = make_sensors(opened, seed=1)
    kinds = {one.kind for one in sensors}
    assert kinds == {SensorKind.NOISE, SensorKind.GAS}
    assert sum(one.kind is SensorKind.NOISE for one in sensors) == 60
    assert len({one.id for one in sensors}) == len(sensors)
    assert {one.owner for one in sensors} == {"restaurant", "market"}


def test_that_the_citys_meters_are_quiet_by_night_but_for_a_few_sites(pack: CityPack) -> None:
    sensors = make_sensors(pack, seed=1)
    assert make_sensors(pack, seed=1) == sensors
    noise = np.array([one.kind is SensorKind.NOISE for one in sensors])
    assert noise.sum() == 200
    meters = Meters(sensors, seed=5, utc_offset_h=8.0)
    day = meters.values(datetime(2026, 11, 25, 15, tzinfo=UTC))[noise]
    assert 55 < day.mean() < 67
    over = [(meters.values(datetime(2026, 11, 25, 23, tzinfo=UTC))[noise] >= 70).mean(),
            (meters.values(datetime(2026, 11, 26, 1, tzinfo=UTC))[noise] >= 70).mean()]  # fmt: skip
    assert all(0 < share < 0.12 for share in over)
    assert (meters.values(datetime(2026, 11, 26, 4, tzinfo=UTC))[noise] >= 70).mean() == 0
    meters.due(NOON)
    rows = meters.due(NOON + timedelta(seconds=60))
    assert 0.9 * len(sensors) < len(rows) <= len(sensors)  # each once a minute, a few say nothing
    assert len({row[0] for row in rows}) == len(rows)
    assert all(0 <= NOON.timestamp() * 1000 + 60_000 - row[1] < 60_000 for row in rows)
    pack.close()


class Central:
    """Gives readings as central would."""

    def __init__(self, rows: list[tuple[str, int, float]]) -> None:
        self.rows = rows
        self.asked: list[int] = []

    def readings(self, after: int) -> Future[ReadingsTold]:
        self.asked.append(after)
        done: Future[ReadingsTold] = Future()
        done.set_result(ReadingsTold(mark=len(self.asked), rows=self.rows if after == 0 else []))
        return done

    def past_readings(
        self, sensors: Sequence[str], from_ms: int, to_ms: int
    ) -> Future[list[PastOfSensor]]:
        done: Future[list[PastOfSensor]] = Future()
        done.set_result([])
        return done


def test_that_the_map_shows_each_sensor_with_value_age_and_limit(qtbot: QtBot) -> None:
    now = datetime.now(UTC)
    mirror = Mirror(NoDetails(), now=lambda: now)
    old = replace(METER, id="noise-2", name="旧表")
    mirror.take_contents(Contents(rev=1, rows=(*contents().rows, METER, old)))
    mirror.take_link(LinkState(phase=LinkPhase.LIVE, since=now, url="x"))
    now_ms = int(now.timestamp() * 1000)
    central = Central([(METER.id, now_ms - 12_000, 82.46), (old.id, now_ms - 300_000, 60.0)])
    feed = MapFeed(now_ms=lambda: now_ms)
    readings = SensorReadings(mirror, central)
    MapSensors(mirror, feed, readings, readings)
    qtbot.waitUntil(lambda: central.asked == [0])

    def is_read() -> bool:
        shown = feed.sensor(METER.id)
        return shown is not None and shown.reading is not None

    qtbot.waitUntil(is_read)
    rows = feed.rows(MapLayer.SENSORS)
    assert json.loads(rows.names()) == ["82 dB(A)", "60 dB(A)"]
    words = MapWords()
    hint = words.hint(feed, MapLayer.SENSORS, METER.id)
    assert hint == "Noise · 家园建设工地\n82.5 dB(A) · limit 70 · 12 s"
    assert "silent for 5 min · last 60.0 dB(A)" in words.hint(feed, MapLayer.SENSORS, old.id)
    states = [feed.sensor(one).state for one in (METER.id, old.id)]  # type: ignore[union-attr]
    assert states == [SensorState.OVER, SensorState.SILENT]
    rev = rows.rev
    readings.ask()
    qtbot.waitUntil(lambda: central.asked == [0, 1])
    assert rows.rev == rev  # nothing new, nothing drawn
    gone = replace(METER, retired=True)
    mirror.take_changes(ChangeBatch(rev=2, rows=(RowChange(kind="sensor", id=gone.id, row=gone),)))
    assert feed.sensor(METER.id) is None
    search = MapSearch(mirror)
    with qtbot.waitSignal(search.found) as found:
        search.find("jiubiao")
    assert [(hit.kind, hit.id) for hit in found.args[1]] == [(HitKind.SENSOR, old.id)]
    search.stop()
    readings.stop()
    nothing = SensorShown(sensor=METER, reading=None, state=SensorState.SILENT)
    assert sensor_text(nothing, now) == "no reading yet"
