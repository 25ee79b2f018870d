"""How soon a new console can be worked with: a snapshot as a file, beside the same rows as JSON."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine

from console.app.bench._figures import machine
from console.central.ledger import open_ledger
from console.domain.ids import CameraId, IncidentId, UnitId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.domain.places import Camera, LogEntry
from console.domain.units import Unit, UnitKind, UnitStatus
from console.protocol.codec import ROW_TYPES, Row, kind_of
from console.store.cache import Cache, cache_engine
from console.store.engine import open_engine, sqlite_url
from console.store.mapping import insert_all, put_rows, read_rows, values_of
from console.store.snapshot import write_snapshot
from console.store.tables import ROW_TABLES
from console.store.upgrade import upgrade

_AT = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
_CAMERAS, _UNITS = 38_000, 7_400


def run(*, rows: int = 250_000, encrypted: bool = True) -> dict[str, object]:
    """Make a snapshot of so many rows, take it into a cache, and do the same by JSON.

    Args:
        rows: 38,000 cameras, 7,400 units, and incidents with three lines of log each.
        encrypted: Whether the cache is encrypted, as a console's is.

    Returns:
        Seconds until the rows are in the cache, checked (`usable_s`), and megabytes of the file;
        how long central takes to make it; the same rows as JSON written, read and stored.
    """
    key = token_hex(32) if encrypted is True else None
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as name:
        folder = Path(name)
        engine = open_engine(sqlite_url(folder / "central.db"))
        upgrade(engine)
        with engine.begin() as connection:
            open_ledger(connection)
            count = _fill(connection, rows)
        began = time.perf_counter()
        made = write_snapshot(engine, folder / "snapshot.sqlite", at=_AT)
        made_s = time.perf_counter() - began
        began = time.perf_counter()
        with closing(Cache(folder / "cache.db", key)) as cache:
            cache.import_snapshot(made.path, sha256=made.sha256)
            usable_s = time.perf_counter() - began
            held = len(cache.contents())
            read_s = time.perf_counter() - began - usable_s
        told = _by_json(engine, folder / "json.db", key)
        engine.dispose()
    return {
        "usable_s": round(usable_s, 2),
        "megabytes": round(made.size / 1e6, 1),
        "made_s": round(made_s, 2),
        "read_s": round(read_s, 2),
        "rows": count,
        "rows_shown": held,
        "encrypted": key is not None,
        **told,
        **machine(),
    }


def _by_json(engine: Engine, path: Path, key: str | None) -> dict[str, float]:
    """Return what the same rows take as JSON: written by central, read and stored by a console."""
    began = time.perf_counter()
    with engine.connect() as connection:
        rows: dict[str, list[Any]] = {
            kind: read_rows(connection, row_type) for kind, row_type in ROW_TYPES.items()
        }
    body = msgspec.json.encode(rows)
    made_s = time.perf_counter() - began
    began = time.perf_counter()
    Cache(path, key).close()  # its tables
    cache = cache_engine(path, key)
    with cache.begin() as written:
        for kind, plain in msgspec.json.decode(body).items():
            found: list[Row] = [msgspec.convert(one, ROW_TYPES[kind]) for one in plain]
            put_rows(written, found)
    cache.dispose()
    return {
        "json_usable_s": round(time.perf_counter() - began, 2),
        "json_megabytes": round(len(body) / 1e6, 1),
        "json_made_s": round(made_s, 2),
    }


def _fill(connection: Connection, wanted: int) -> int:
    incidents = max((wanted - _CAMERAS - _UNITS) // 4, 1)
    parts: list[list[Row]] = [
        [_camera(no) for no in range(_CAMERAS)],
        [_unit(no) for no in range(1, _UNITS + 1)],
        [_incident(no) for no in range(incidents)],
        [_line(no, line) for no in range(incidents) for line in range(3)],
    ]
    for part in parts:
        insert_all(connection, ROW_TABLES[kind_of(part[0])], [values_of(row) for row in part])
    return sum(len(part) for part in parts)


def _camera(no: int) -> Camera:
    return Camera(id=CameraId(f"camera-{no}"), name=f"工体北路 {no} 号路口",
                  main_url=f"rtsp://10.0.{no // 250}.{no % 250}:554/main", lat=39.9 + no * 1e-6,
                  lon=116.4, district=None, version=1)  # fmt: skip


def _unit(no: int) -> Unit:
    return Unit(id=UnitId(f"unit-{no}"), no=no, call_sign=f"K{no}", kind=UnitKind.OFFICER,
                status=UnitStatus.AVAILABLE, name=f"张{no}", phone="13800000000")  # fmt: skip


def _incident(no: int) -> Incident:
    return Incident(
        id=IncidentId(f"01a21f6e-35c9-7e85-9b48-{no:012d}"), form="0301", level=Level.ROUTINE,
        stage=Stage.FILE, channel=Channel.HOTLINE, summary="夜间施工噪声扰民", opened_at=_AT,
        place=f"朝阳区工体北路 {no} 号", number=f"20261127-{no:05d}", lat=39.93, lon=116.44,
        changed_at=_AT,
    )  # fmt: skip


def _line(no: int, line: int) -> LogEntry:
    return LogEntry(
        id=f"line-{no}-{line}", at=_AT, incident=IncidentId(f"01a21f6e-35c9-7e85-9b48-{no:012d}"),
         actor=None, verb="noted", detail="居民反映仍在施工",
    )  # fmt: skip
