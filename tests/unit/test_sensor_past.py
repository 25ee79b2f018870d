"""What sensors have read is kept by central, given out, and there after a restart."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from central_parts import CentralServer, Database
from hypothesis import given
from hypothesis import strategies as st

from console.domain.levels import Role
from console.domain.sensors import Sensor, SensorKind
from console.protocol.commands import PutSensors
from console.protocol.messages import Verdict
from console.store.readingstore import (
    SLOT_MS,
    Past,
    ReadingStore,
    ReadingStoreError,
    pack_past,
    unpack_past,
)

DAY_MS = 86_400_000
BEGIN_MS = 1_800_000_000_000 // DAY_MS * DAY_MS
METER = Sensor(id="noise-1", kind=SensorKind.NOISE, name="家园建设工地", limit=70.0)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3599),
            st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False),
        ),
        min_size=1,
        max_size=70,
    )
)
def test_that_an_hour_comes_out_of_its_chunk_as_it_went_in(rows: list[tuple[int, float]]) -> None:
    past = Past.of((BEGIN_MS + second * 1000, value) for second, value in rows)
    back = unpack_past(pack_past(past))
    assert back.t_ms.tolist() == past.t_ms.tolist()
    # To a hundredth, and to what a number of 64 bits tells of a large one.
    np.testing.assert_allclose(back.value, past.value, atol=0.0051, rtol=1e-15)


def test_that_what_is_kept_late_or_twice_is_there_once_and_in_order(tmp_path: Path) -> None:
    store = ReadingStore(tmp_path)
    minutes = [(BEGIN_MS + at * 60_000, 50.0 + at % 7) for at in range(26 * 60)]
    late, rest = minutes[100:200], minutes[:100] + minutes[200:]
    store.put({"a": Past.of(rest), "b": Past.of(minutes[:3])})
    store.put({"a": Past.of(late)})
    store.put({"a": Past.of(late[:5])})
    found = ReadingStore(tmp_path).read("a", 0, BEGIN_MS + 3 * DAY_MS)
    assert list(zip(found.t_ms.tolist(), found.value.tolist(), strict=True)) == minutes
    part = store.read("a", BEGIN_MS + DAY_MS - 60_000, BEGIN_MS + DAY_MS)
    assert part.t_ms.tolist() == [BEGIN_MS + DAY_MS - 60_000, BEGIN_MS + DAY_MS]
    assert len(store.read("c", BEGIN_MS, BEGIN_MS + DAY_MS)) == 0
    assert len(list(tmp_path.glob("*.readings"))) == 2
    assert len(store.forget_before(BEGIN_MS + DAY_MS + SLOT_MS)) == 1
    assert store.read("a", BEGIN_MS, BEGIN_MS + 2 * DAY_MS).t_ms[0] == BEGIN_MS + DAY_MS


def test_that_a_damaged_file_is_named_and_what_was_read_is_not_lost(tmp_path: Path) -> None:
    store = ReadingStore(tmp_path)
    store.put({"a": Past.of([(BEGIN_MS, 1.0)])})
    (path,) = tmp_path.glob("*.readings")
    for side in tmp_path.glob("*-*"):
        side.unlink()
    path.write_bytes(b"no database" * 100)
    with pytest.raises(ReadingStoreError, match=path.name):
        store.read("a", BEGIN_MS, BEGIN_MS)
    with pytest.raises(ReadingStoreError, match="set the file aside"):
        store.put({"a": Past.of([(BEGIN_MS, 1.0)])})


@pytest.mark.both_databases
def test_that_central_gives_what_sensors_read_also_after_a_restart(
    tmp_path: Path, database: Database
) -> None:
    server = CentralServer(tmp_path / "home", database=database)
    server.start()
    admin, gateway = server.client(Role.ADMINISTRATOR), server.client(Role.GATEWAY)
    assert admin.post(PutSensors(sensors=(METER,)))[0].verdict is Verdict.ACCEPTED
    url, now = f"{server.url}/v1/readings", time.time_ns() // 1_000_000_000 * 1000
    # the newest first, then what a gateway had kept back while its line was down
    for rows in ([[now, 71.0]], [[now - 3_600_000 * 30, 60.25], [now - 60_000, 65.5]]):
        sent = [[METER.id, *row] for row in rows]
        assert gateway.http.post(url, json=sent, timeout=60).status_code == 200
    told = [[now - 3_600_000 * 30, 60.25], [now - 60_000, 65.5], [now, 71.0]]
    week = {"sensor": METER.id, "from_ms": now - 7 * DAY_MS, "to_ms": now}
    console = server.client()
    answer = console.http.get(f"{url}/past", params=week, timeout=60)
    assert answer.json() == [{"sensor": METER.id, "rows": told}]
    hour = {**week, "from_ms": now - 3_600_000, "sensor": [METER.id, "x"]}
    answer = console.http.get(f"{url}/past", params=hour, timeout=60)
    assert answer.json() == [{"sensor": METER.id, "rows": told[1:]}, {"sensor": "x", "rows": []}]
    for bad in (
        {"to_ms": now - 8 * DAY_MS},
        {"from_ms": now - 32 * DAY_MS},
        {"sensor": [f"s{n}" for n in range(51)]},
        {"sensor": ["a"] * 5},
        {"to_ms": 10**17},
    ):
        refused = console.http.get(f"{url}/past", params={**week, **bad}, timeout=60)
        assert refused.status_code == 422, bad
        assert "ask for less" in refused.text
    server.stop()
    server.start()
    url = f"{server.url}/v1/readings/past"
    answer = server.client().http.get(url, params=week, timeout=60)
    assert answer.json() == [{"sensor": METER.id, "rows": told}]
    server.stop()
