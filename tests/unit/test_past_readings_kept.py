"""Past readings and trails go on being kept whatever one time of it met, and hold a bounded lot."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from central_parts import some_units
from sqlalchemy import select
from test_area_events import Central

from console.app.config import Config
from console.app.wiring import central_settings
from console.central import pastreadings
from console.central.again import again, tried
from console.central.disk import DiskGuard
from console.central.loop import WriterLink
from console.central.pastreadings import ReadingPast
from console.central.positions import PositionHub
from console.central.readings import ReadingRoutes
from console.central.trails import TrailKeeper
from console.protocol.positions import INGEST
from console.store.readingstore import SLOT_MS, Past, ReadingStore
from console.store.tables import LAST_READING
from console.store.trailstore import TrailStore, TrailStoreError
from console.tracking.trails import SLOT_MS as TRAIL_SLOT_MS

DAY_MS = 86_400_000
NOW_MS = time.time_ns() // 1_000_000_000 * 1000


def rows_of(past: ReadingPast, sensor: str) -> list[tuple[int, float]]:
    (found,) = asyncio.run(past.read([sensor], NOW_MS - DAY_MS, NOW_MS))
    return found.rows


def full_guard(folder: Path) -> DiskGuard:
    guard = DiskGuard(folder, reserve_bytes=4096, spare_bytes=1 << 62)
    guard.open()
    assert guard.is_full
    return guard


def test_that_a_file_that_cannot_be_deleted_keeps_no_reading_from_being_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "20000101.readings").mkdir()
    past = ReadingPast(tmp_path, DiskGuard(tmp_path))
    past.note("a", NOW_MS, 61.5)
    asyncio.run(past.keep())
    assert ReadingStore(tmp_path).read("a", NOW_MS, NOW_MS).value.tolist() == [61.5]
    assert "20000101.readings" in caplog.text
    assert not past._fresh
    (tmp_path / "20000101.trails").mkdir()
    with pytest.raises(TrailStoreError, match=r"20000101\.trails"):
        TrailStore(tmp_path).forget_before(NOW_MS)


def test_that_the_keeping_outlives_an_error_nobody_thought_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pastreadings, "KEEP_S", 0.005)
    past = ReadingPast(tmp_path / "readings", DiskGuard(tmp_path))
    real, met = past.store.put, [MemoryError("no room to sort")]

    def put(rows: dict[str, Past]) -> int:
        if met:
            raise met.pop()
        return real(rows)

    monkeypatch.setattr(past.store, "put", put)
    past.note("a", NOW_MS, 61.5)

    async def until_kept() -> None:
        async with asyncio.timeout(60):
            running = asyncio.create_task(past.run())
            while not len(await asyncio.to_thread(past.store.read, "a", NOW_MS, NOW_MS)):
                assert not running.done()
                await asyncio.sleep(0.005)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(until_kept())
    assert "ReadingPast.keep failed" in caplog.text
    assert rows_of(past, "a") == [(NOW_MS, 61.5)]


def test_that_work_that_is_waited_for_goes_on_after_it_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> int:
        times, done = 0, asyncio.Event()

        async def work() -> None:
            nonlocal times
            times += 1
            if times == 1:
                raise OSError("a disk is gone")
            done.set()

        await tried(work)
        assert "a disk is gone" in caplog.text
        going = asyncio.create_task(again(work, 0.001))
        async with asyncio.timeout(60):
            await done.wait()
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        return times

    assert asyncio.run(run()) >= 2


def test_that_of_a_damaged_hour_only_that_hour_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begin = NOW_MS // DAY_MS * DAY_MS
    store = ReadingStore(tmp_path)
    store.put({"a": Past.of([(begin, 1.0), (begin + SLOT_MS, 2.0), (begin + 2 * SLOT_MS, 3.0)])})
    (path,) = tmp_path.glob("*.readings")
    with closing(sqlite3.connect(path)) as connection, connection:
        whole = connection.execute("SELECT data FROM chunk ORDER BY slot").fetchall()
        change = "UPDATE chunk SET data = ? WHERE slot = ?"
        connection.execute(change, (b"\x00no chunk", begin // SLOT_MS + 1))
        connection.execute(change, (whole[0][0], begin // SLOT_MS + 2))  # of another hour
    assert store.read("a", begin, begin + DAY_MS - 1).value.tolist() == [1.0]
    assert f"in hour {begin // SLOT_MS + 1} since 1970 is lost" in caplog.text
    late = [(begin + slot * SLOT_MS + 60_000, 4.0 + slot) for slot in (1, 2)]
    store.put({"a": Past.of(late), "b": Past.of([(begin, 9.0)])})
    assert store.read("a", begin, begin + DAY_MS - 1).value.tolist() == [1.0, 5.0, 6.0]
    assert store.read("b", begin, begin).value.tolist() == [9.0]


def test_that_a_days_damaged_file_keeps_no_other_day_from_being_written(tmp_path: Path) -> None:
    store = ReadingStore(tmp_path)
    store.put({"a": Past.of([(NOW_MS - DAY_MS, 1.0)])})
    (path,) = tmp_path.glob("*.readings")
    for side in tmp_path.glob("*-*"):
        side.unlink()
    path.write_bytes(b"no database" * 100)
    past = ReadingPast(tmp_path, DiskGuard(tmp_path))
    past.note("a", NOW_MS - DAY_MS + 60_000, 2.0)
    past.note("a", NOW_MS, 3.0)
    asyncio.run(past.keep())
    assert store.read("a", NOW_MS, NOW_MS).value.tolist() == [3.0]
    assert past._fresh["a"][NOW_MS - DAY_MS + 60_000] == 2.0, "it is tried again"


def test_that_a_full_disk_is_left_to_commands_and_the_oldest_readings_go(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    past = ReadingPast(tmp_path / "readings", full_guard(tmp_path), most_held=3)
    for minute in (1, 0, 3, 2):
        past.note("a", NOW_MS - minute * 60_000, float(minute))
    past.note("b", NOW_MS - 600_000, 10.0)
    asyncio.run(past.keep())
    assert not (tmp_path / "readings").exists()
    assert [value for _, value in rows_of(past, "a")] == [2.0, 1.0, 0.0]
    assert rows_of(past, "b") == []
    assert "2 past readings, the oldest" in caplog.text


def test_that_a_full_disk_stops_trails_aloud_and_they_go_on_when_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    guard = full_guard(tmp_path)
    hub = PositionHub(some_units(3), np.zeros(0, INGEST))
    trails = TrailKeeper(tmp_path / "trails", hub, guard, most_held=3)

    def keep(t_ms: int) -> None:
        rows = np.zeros(3, INGEST)
        rows["unit"], rows["t_ms"] = [1, 2, 3], t_ms
        rows["lat"], rows["lon"] = 399_050_000 + t_ms % 1_000_000, 1_164_050_000
        hub.take(rows)
        asyncio.run(trails.keep())

    keep(NOW_MS - 1_200_000)
    assert not (tmp_path / "trails").exists()
    assert trails.counters == {"trails_paused": 1, "trail_fixes_held": 3, "trail_fixes_lost": 0}
    assert "trails are not written (central's disk is full)" in caplog.text
    caplog.clear()
    keep(NOW_MS)  # another slot: more is held than may be
    assert trails.counters == {"trails_paused": 1, "trail_fixes_held": 3, "trail_fixes_lost": 3}
    assert "3 fixes of trails, the oldest" in caplog.text
    assert "are not written" not in caplog.text, "it is said once"
    guard._spare_bytes, guard._full_since = 0, -60.0
    guard.look()
    assert not guard.is_full
    assert trails.is_paused, "until something is written"
    asyncio.run(trails.keep())
    assert "trails are written again" in caplog.text
    assert not trails.is_paused
    kept = TrailStore(tmp_path / "trails").read(NOW_MS - DAY_MS, NOW_MS)
    assert [one.t_ms.tolist() for one in kept] == [[NOW_MS]] * 3, "what was held is kept"


def test_that_a_write_of_trails_that_finds_no_room_tells_the_guard(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path, reserve_bytes=4096, spare_bytes=0)
    guard.open()
    assert not guard.is_full
    hub = PositionHub(some_units(3), np.zeros(0, INGEST))
    trails = TrailKeeper(tmp_path / "trails", hub, guard)

    def put(rows: object) -> int:
        raise TrailStoreError(tmp_path, "full") from OSError(errno.ENOSPC, "no room")

    trails.store.put = put  # type: ignore[method-assign]
    asyncio.run(trails.keep())
    assert guard.is_full
    assert trails.paused_since is not None


def test_that_trails_refused_by_a_disk_with_room_are_written_when_it_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = DiskGuard(tmp_path, reserve_bytes=4096, spare_bytes=0)
    guard.open()
    assert not guard.is_full
    hub = PositionHub(some_units(3), np.zeros(0, INGEST))
    trails = TrailKeeper(tmp_path / "trails", hub, guard, most_held=3)

    def refuse(rows: object) -> int:
        raise TrailStoreError(tmp_path, "not allowed") from PermissionError(errno.EACCES, "no")

    def keep(t_ms: int) -> None:
        rows = np.zeros(3, INGEST)
        rows["unit"], rows["t_ms"] = [1, 2, 3], t_ms
        rows["lat"], rows["lon"] = 399_050_000 + t_ms % 1_000_000, 1_164_050_000
        hub.take(rows)
        asyncio.run(trails.keep())

    first, second = (NOW_MS - slots * TRAIL_SLOT_MS for slots in (4, 2))
    with monkeypatch.context() as patched:
        patched.setattr(trails.store, "put", refuse)
        keep(first)
        keep(second)
        assert not guard.is_full
        assert trails.counters == {"trails_paused": 1, "trail_fixes_held": 3, "trail_fixes_lost": 3}
    asyncio.run(trails.keep())
    assert not trails.is_paused
    kept = TrailStore(tmp_path / "trails").read(NOW_MS - DAY_MS, NOW_MS)
    assert [one.t_ms.tolist() for one in kept] == [[second]] * 3


def test_that_past_readings_are_kept_as_long_as_the_rules_say(tmp_path: Path) -> None:
    store, old = ReadingStore(tmp_path), NOW_MS - 40 * DAY_MS
    store.put({"a": Past.of([(old, 1.0), (NOW_MS, 2.0)])})
    asyncio.run(ReadingPast(tmp_path, DiskGuard(tmp_path), 0).keep())
    assert len(store.read("a", old, NOW_MS)) == 2
    rules = central_settings(tmp_path, Config(keep_readings_days=30)).retention
    asyncio.run(ReadingPast(tmp_path, DiskGuard(tmp_path), rules.readings_days).keep())
    assert store.read("a", old, NOW_MS).value.tolist() == [2.0]


def test_that_the_newest_readings_are_written_although_the_first_writing_failed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    central = Central(tmp_path)

    def save() -> list[tuple[str, float]]:
        assert central.sequencer is not None
        routes._link, routes._saved_at = WriterLink(central.sequencer, central.engine), -1e9
        asyncio.run(routes._save())
        with central.engine.connect() as connection:
            query = select(LAST_READING.c.sensor, LAST_READING.c.value)
            return [(sensor, value) for sensor, value in connection.execute(query)]

    past = ReadingPast(tmp_path / "readings", DiskGuard(tmp_path))
    routes = ReadingRoutes(None, None, past)  # type: ignore[arg-type]
    routes._book.know(["a"])
    routes._book.take([("a", NOW_MS - 1000, 61.5)], now_ms=NOW_MS)
    central.stop()  # nobody writes now
    assert save() == []
    assert "readings are not kept yet" in caplog.text
    central.start()
    assert save() == [("a", 61.5)]
    assert routes._book.unsaved() == []
    central.close()
