"""A small simulated city on a grid of streets, run in a thread against a real central."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from central_parts import ANSWER_WITHIN_S, CentralClient, CentralServer, Stream

from console.city.handhelds_habits import HandheldHabits
from console.city.life import City
from console.city.settings import CitySettings
from console.domain.ids import new_id
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.protocol.codec import decode
from console.protocol.commands import AssignUnit, OpenIncident
from console.protocol.messages import Beat, Changes, Verdict
from console.protocol.positions import DEGREES, decode_frame, is_position_frame
from console.roads import RoadClass, RoadColumns, RoadName
from console.store.citypack import CityPackWriter, Place

SIDE, STEP_DEG, LAT0, LON0 = 20, 0.0012, 39.9, 116.4
#: Everybody does what is hoped, at once.
WILLING = HandheldHabits(refuse=0.0, never=0.0, late=0.0, forget=0.0)
#: It is ten in the morning there whenever a test is run: nobody's shift ends while it is looked at.
UTC_OFFSET_H = 10.0 - datetime.now(UTC).hour


def write_small_pack(path: Path) -> Path:
    """Write a city of one district and two streets on a grid of 20 × 20 crossings."""
    rows, columns = np.divmod(np.arange(SIDE * SIDE), SIDE)
    east, north = np.flatnonzero(columns < SIDE - 1), np.flatnonzero(rows < SIDE - 1)
    a = np.concatenate([east, east + 1, north, north + SIDE])
    b = np.concatenate([east + 1, east, north + SIDE, north])
    lat, lon = LAT0 + rows * STEP_DEG, LON0 + columns * STEP_DEG
    length_m = 111_195.0 * np.hypot((lon[a] - lon[b]) * np.cos(np.radians(LAT0)), lat[a] - lat[b])
    roads = RoadColumns(
        node_lat=lat, node_lon=lon, edge_from=a.astype(np.int32), edge_to=b.astype(np.int32),
        edge_len_m=length_m.astype(np.float32), edge_speed_mps=np.full(len(a), 11.0, np.float32),
        edge_class=np.full(len(a), RoadClass.SECONDARY, np.uint8),
        edge_name=(rows[a] % 2).astype(np.int32),
    )  # fmt: skip
    end = {"lat": LAT0 + SIDE * STEP_DEG, "lon": LON0 + SIDE * STEP_DEG}
    box = np.array([[LAT0, LON0], [LAT0, end["lon"]], [end["lat"], end["lon"]], [end["lat"], LON0]])
    with CityPackWriter(path) as pack:
        pack.put_meta(
            {"kind": "synthetic", "name_zh": "小城", "name_en": "Smallville", "west": str(LON0),
             "south": str(LAT0), "east": str(end["lon"]), "north": str(end["lat"]), "seed": "1"}
        )  # fmt: skip
        pack.put_jurisdiction(_place("C", None, JurisdictionLevel.CITY), [box])
        pack.put_jurisdiction(_place("D01", "C", JurisdictionLevel.DISTRICT), [box])
        for street in ("D01S01", "D01S02"):
            pack.put_jurisdiction(_place(street, "D01", JurisdictionLevel.STREET), [box])
        pack.put_roads(roads, [RoadName(zh="东长街", en="Dongchang"), RoadName(zh=None, en="East")])
        pack.put_places(
            Place(kind="address", name_zh=f"东长街{n}号", name_en="", address="",
                  lat=float(lat[n]), lon=float(lon[n]))
            for n in range(0, SIDE * SIDE, 3)
        )  # fmt: skip
    return path


def _place(key: str, parent: str | None, level: JurisdictionLevel) -> Jurisdiction:
    return Jurisdiction(
        id=key, parent=parent, level=level, name_zh=key, name_en=key,
        lat=LAT0 + 0.012, lon=LON0 + 0.012,
    )  # fmt: skip


def city_settings(server: CentralServer, folder: Path, **changes: object) -> CitySettings:
    """Return settings of a small, willing, hurried city without citizens."""
    pack = folder / "small.citypack"
    if not pack.exists():
        write_small_pack(pack)
    settings = CitySettings(
        url=server.url, password=server.password("city"), pack_path=pack, home=folder,
        officers=60, vehicles=6, rate=0.0, pace=5000.0, habits=WILLING,
        utc_offset_h=UTC_OFFSET_H,
    )  # fmt: skip
    return replace(settings, **changes)  # type: ignore[arg-type] - any field may be changed


class CityThread:
    """A city that lives in a thread until it is stopped."""

    def __init__(self, settings: CitySettings) -> None:
        self.city = City(settings)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="city", daemon=True)

    def __enter__(self) -> CityThread:
        self._thread.start()
        assert self._ready.wait(ANSWER_WITHIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(ANSWER_WITHIN_S)
        assert not self._thread.is_alive(), "the city does not stop"
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as error:  # noqa: BLE001 - raised in the test's thread
            self._error = error

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self.city.run(self._stop)


class Watcher:
    """What a console sees of central's changes, from the first on."""

    def __init__(self, client: CentralClient) -> None:
        self._stream: Stream = client.stream(rev=0, epoch=_epoch(client))
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.fixes: dict[int, list[tuple[float, float]]] = {}

    def until(self, wanted: Callable[[], bool]) -> None:
        """Take frames until something is so."""
        while not wanted():
            frame = self._stream.frame()
            if isinstance(frame, bytes) and is_position_frame(frame):
                for fix in decode_frame(frame).fixes:
                    where = fix["lat"] * DEGREES, fix["lon"] * DEGREES
                    self.fixes.setdefault(int(fix["unit"]), []).append(where)
                continue
            message = decode(frame if isinstance(frame, bytes) else frame.encode())
            if isinstance(message, Beat):
                self._stream.send(Beat())
            for change in message.changes if isinstance(message, Changes) else ():
                row = self.rows.setdefault((change.row_kind, change.row_id), {})
                row.update(change.patch)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows of a kind."""
        return [row for (one, _), row in self.rows.items() if one == kind]

    def row(self, kind: str, row_id: str) -> dict[str, Any]:
        """Return one row, empty while it is not known."""
        return self.rows.get((kind, row_id), {})

    def on_duty(self) -> list[str]:
        """Return the units that are free."""
        return [row["id"] for row in self.of("unit") if row["status"] == "available"]

    def close(self) -> None:
        """Stop watching."""
        self._stream.close()


def _epoch(client: CentralClient) -> str:
    health = client.http.get(f"{client.server.url}/v1/health", timeout=60)
    return str(health.json()["epoch"])


def send_one(client: CentralClient, unit: str, *, place: bool = True) -> tuple[str, str]:
    """Open an incident and send a unit; return the ids of the incident and the assignment."""
    incident, assignment = (new_id(datetime.now(UTC)) for _ in range(2))
    where = {"lat": LAT0 + 0.006, "lon": LON0 + 0.006} if place else {}
    results = client.post(
        OpenIncident(incident=incident, form="0501", place="东长街9号", summary="摊贩占道",
                     channel="12345", **where),
        AssignUnit(assignment=assignment, incident=incident, unit=unit),
    )  # fmt: skip
    assert [one.verdict for one in results] == [Verdict.ACCEPTED] * 2
    return incident, assignment
