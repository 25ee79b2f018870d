"""Trails: packed and unpacked, thinned without losing a place, kept by the day, given out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest
from central_parts import CentralServer, a_city, some_units
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.levels import Role
from console.geo.bounds import Bounds
from console.geo.distance import flat_distance_m
from console.protocol.positions import INGEST
from console.store.trailstore import TrailStore, TrailStoreError
from console.tracking.trails import (
    SLOT_MS,
    STILL_M,
    Replayer,
    Thinner,
    Trail,
    TrailError,
    pack_trail,
    unpack_trail,
    unpack_trails,
)

START_MS = 3_000_000 * SLOT_MS


def trail(unit: int, rows: list[tuple[int, float, float]]) -> Trail:
    columns = np.array(rows, float).reshape(-1, 3)
    return Trail(
        unit_no=unit, t_ms=START_MS + columns[:, 0].astype(np.int64) * 1000, lat=columns[:, 1],
        lon=columns[:, 2],
    )  # fmt: skip


@st.composite
def trails(draw: st.DrawFn, unit: int = 7) -> Trail:
    seconds = draw(st.lists(st.integers(0, 200_000), min_size=1, max_size=40, unique=True))
    near = st.floats(-0.02, 0.02) if draw(st.booleans()) else st.floats(-60, 60)
    rows = [(at, 10 + draw(near), 20 + draw(near)) for at in sorted(seconds)]
    return trail(unit, rows)


@settings(max_examples=150)
@given(trails())
def test_that_a_trail_comes_back_to_the_second_and_the_decimetre(one: Trail) -> None:
    back = unpack_trail(7, pack_trail(one))
    assert back.t_ms.tolist() == one.t_ms.tolist()
    np.testing.assert_allclose(back.lat, one.lat, atol=5.1e-7, rtol=0)
    np.testing.assert_allclose(back.lon, one.lon, atol=5.1e-7, rtol=0)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 4), trails()), max_size=8))
def test_that_many_chunks_unpack_as_one_by_one(chunks: list[tuple[int, Trail]]) -> None:
    rows = [(unit, pack_trail(one)) for unit, one in sorted(chunks, key=lambda row: row[0])]
    together = {one.unit_no: one for one in unpack_trails(rows)}
    assert set(together) == {unit for unit, _ in rows}
    for unit, one in together.items():
        single = [unpack_trail(unit, chunk) for of, chunk in rows if of == unit]
        times = np.concatenate([part.t_ms for part in single])
        assert sorted(one.t_ms.tolist()) == sorted(times.tolist())
        assert one.lat.sum() == pytest.approx(sum(s.lat.sum() for s in single))


@given(st.binary(max_size=60))
def test_that_bytes_that_are_no_chunk_are_refused(body: bytes) -> None:
    for unpack in (lambda: unpack_trail(1, body), lambda: unpack_trails([(1, body)])):
        with pytest.raises(TrailError):
            unpack()


@pytest.mark.parametrize("rows", [[], [(5, 1.0, 1.0), (4, 1.0, 1.0)]])
def test_that_what_is_no_trail_is_not_packed(rows: list[tuple[int, float, float]]) -> None:
    with pytest.raises(TrailError):
        pack_trail(trail(1, rows))


def test_that_thinning_never_loses_a_place_by_more_than_it_says() -> None:
    rng = np.random.default_rng(3)
    thinner = Thinner()
    no = np.arange(50, dtype=np.int64)
    lat, lon = np.full(50, 39.9), np.full(50, 116.4)
    told: list[tuple[int, np.ndarray, np.ndarray]] = []
    for step in range(200):
        still = (no + step // 40) % 2 == 0
        lat = lat + np.where(still, 0.0, rng.normal(0, 8e-5, 50))
        lon = lon + np.where(still, 0.0, rng.normal(0, 8e-5, 50))
        at = START_MS + step * 10_000
        thinner.take(no, np.full(50, at, np.int64), lat, lon)
        told.append((at, lat.copy(), lon.copy()))
    kept: dict[int, list[Trail]] = {}
    for _slot, part in thinner.changed():
        kept.setdefault(part.unit_no, []).append(part)
    replay = Replayer([
        Trail(
            unit_no=unit,
            t_ms=np.concatenate([p.t_ms for p in parts]),
            lat=np.concatenate([p.lat for p in parts]),
            lon=np.concatenate([p.lon for p in parts]),
        )
        for unit, parts in kept.items()
    ])  # fmt: skip
    for at, lats, lons in told:
        units, _, there_lat, there_lon = replay.at(at)
        assert units.tolist() == no.tolist()
        assert flat_distance_m(lats, lons, there_lat, there_lon).max() < STILL_M
    assert thinner.kept < 0.7 * thinner.seen
    assert thinner.changed() == []


def test_that_what_is_let_go_is_lost_only_where_it_was_not_given_out() -> None:
    thinner, unit = Thinner(), np.array([7])
    for slot in range(3):
        at = np.array([START_MS + slot * SLOT_MS])
        thinner.take(unit, at, np.array([39.9 + slot / 10]), np.array([116.4]))
        if slot == 0:
            assert len(thinner.changed()) == 1
    grown = thinner.changed()
    thinner.again(grown)
    assert (thinner.drop_oldest(2), thinner.held) == (0, 2), "the first lies elsewhere"
    assert (thinner.drop_oldest(1), thinner.held) == (1, 1)
    thinner.again(grown)
    assert [slot for slot, _ in thinner.changed()] == [grown[1][0]], "what is gone stays gone"


def test_that_a_replay_shows_nobody_before_the_first_fix() -> None:
    replay = Replayer([trail(3, [(100, 1.0, 1.0), (200, 2.0, 2.0)]), trail(5, [(150, 3.0, 3.0)])])
    assert replay.at(START_MS + 99_000)[0].tolist() == []
    assert replay.at(START_MS + 149_999)[0].tolist() == [3]
    units, t_ms, lat, _ = replay.at(START_MS + 10**9)
    assert (units.tolist(), lat.tolist()) == ([3, 5], [2.0, 3.0])
    assert t_ms.tolist() == [START_MS + 200_000, START_MS + 150_000]
    assert Replayer([]).at(5)[0].tolist() == []


def test_that_trails_are_kept_by_the_day_found_by_unit_and_area_and_forgotten(
    tmp_path: Path,
) -> None:
    store = TrailStore(tmp_path / "trails")
    slot = START_MS // SLOT_MS
    late = slot + 200  # the next day
    store.put([(slot, trail(1, [(0, 39.9, 116.4), (60, 39.901, 116.4)]))])
    store.put([(slot, trail(1, [(0, 39.9, 116.4), (60, 39.901, 116.4), (90, 39.902, 116.4)]))])
    store.put([(slot, trail(2, [(30, 40.5, 117.0)]))])
    moved = trail(1, [(200 * 600 + 5, 39.95, 116.4)])
    store.put([(late, moved)])
    span = (START_MS, START_MS + 2 * 86_400_000)
    found = store.read(*span)
    assert [(one.unit_no, len(one)) for one in found] == [(1, 4), (2, 1)]
    assert [one.unit_no for one in store.read(*span, units=[2])] == [2]
    box = Bounds(west=116.3, south=39.8, east=116.5, north=40.0)
    assert [one.unit_no for one in store.read(*span, area=box)] == [1]
    assert len(store.read(START_MS + 50_000, START_MS + 70_000)[0]) == 1
    assert len(store.forget_before(span[1])) >= 1
    assert store.read(START_MS, START_MS + 600_000) == []


def test_that_a_damaged_file_of_trails_is_named(tmp_path: Path) -> None:
    store = TrailStore(tmp_path)
    store.put([(START_MS // SLOT_MS, trail(1, [(0, 39.9, 116.4)]))])
    (path,) = tmp_path.glob("*.trails")
    path.write_bytes(b"no database at all, but long enough to look at" * 40)
    with pytest.raises(TrailStoreError, match="Live positions go on"):
        store.read(START_MS, START_MS + 1000)


@dataclass(frozen=True)
class Sent:
    """Fixes of a unit on its way north."""

    unit: int
    count: int

    def body(self, now_ms: int) -> bytes:
        fixes = np.zeros(1, INGEST)
        fixes["unit"], fixes["t_ms"] = self.unit, now_ms - 1000 * (20 - self.count)
        fixes["lat"], fixes["lon"] = 399_000_000 + 5_000 * self.count, 1_164_000_000
        fixes["heading"] = fixes["speed"] = fixes["accuracy"] = 65535
        return fixes.tobytes()


def test_that_central_keeps_trails_over_a_restart_and_gives_them_to_the_desk(
    tmp_path: Path,
) -> None:
    server = CentralServer(tmp_path / "home")
    server.seed(some_units(), [], a_city())
    server.start()
    gateway, desk = server.client(Role.GATEWAY), server.client(Role.DISPATCHER)
    now_ms = time.time_ns() // 1_000_000
    for count in range(3):
        url = f"{server.url}/v1/positions"
        answer = gateway.http.post(url, data=Sent(1, count).body(now_ms), timeout=60)
        assert answer.json()["accepted"] == 1
    gateway.close()
    desk.close()
    server.stop()
    server.start()
    desk, operator = server.client(Role.DISPATCHER), server.client(Role.VIDEO_OPERATOR)
    url = f"{server.url}/v1/trails"
    span = {"from_ms": now_ms - 60_000, "to_ms": now_ms}
    answer = desk.http.get(url, timeout=60, params=span)
    (found,) = unpack_trails(msgspec.msgpack.decode(answer.content, type=list[tuple[int, bytes]]))
    assert found.unit_no == 1
    assert found.lat[-1] == pytest.approx(39.901, abs=1e-6)
    assert operator.http.get(url, timeout=60, params=span).status_code == 403
    too_long = desk.http.get(url, timeout=60, params={"from_ms": 0, "to_ms": now_ms})
    assert too_long.status_code == 422
    assert "three hours" in too_long.json()["error"]
    assert desk.http.get(url, timeout=60, params={**span, "box": "1,2,x"}).status_code == 422
    assert msgspec.msgpack.decode(
        desk.http.get(url, timeout=60, params={**span, "box": "1,2,3,4"}).content
    ) == []  # fmt: skip
    desk.close()
    operator.close()
    server.stop()
