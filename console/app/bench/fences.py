"""Whether central's watch of areas misses nothing and invents nothing, over restarts; its cost."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from console.app.bench._fencetruth import Fixes, Told, made_areas, made_fixes, truth
from console.app.bench._figures import machine, percentiles
from console.central.fences import LATE_MS, FenceKeeper, read_areas, read_kept
from console.central.group import Surroundings
from console.central.ledger import Numbers
from console.central.loop import WriterLink
from console.central.positions import PositionHub, read_fixes, write_fixes
from console.central.rows import LiveRows
from console.central.sequencer import Sequencer
from console.domain.areas import Area, AreaEvent
from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind, UnitStatus
from console.protocol.positions import INGEST
from console.store.cameraseal import CameraKey
from console.store.engine import open_engine, sqlite_url
from console.store.mapping import put_rows, read_rows
from console.store.seat import Seat
from console.store.upgrade import upgrade

_SAVED_EVERY = 5


class _Clock:
    """Time as it is in the simulated hour."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        """Return it, Unix milliseconds."""
        return self.at_ms


class _Crashing(WriterLink):
    """A link to the writer over which nothing is told once central is to die."""

    dies = False

    async def submit(self, *args: object) -> list[object]:  # type: ignore[override]
        """Have commands decided, unless central dies before."""
        if self.dies:
            raise _DiedError
        return await super().submit(*args)  # type: ignore[arg-type,return-value]


class _DiedError(Exception):
    """Central ended between keeping and telling."""


def run(
    *, units: int = 7400, areas: int = 200, seconds: int = 3600, restarts: int = 4, seed: int = 1
) -> dict[str, object]:
    """Watch the whole force for an hour, every unit telling its place every ten seconds.

    Of the fixes 2 % are lost, 2 % come twenty seconds late, 1 % twice. Central dies a few times:
    after it has kept who is inside and before it has told what happened.

    Args:
        units: How many units.
        areas: How many areas, each with all four rules.
        seconds: For how long.
        restarts: How often central dies.
        seed: Of ways, areas and delays.

    Returns:
        ``missed`` and ``invented`` against a reckoning of its own, ``told_twice``;
        ``share_of_a_core``: processor time of the watch over the time watched, its share of the
        writer's work included; ``beat_p99_ms``: how long one look a second takes.
    """
    rng = np.random.default_rng(seed)
    begin_ms = time.time_ns() // 1_000_000 // 1000 * 1000 - (seconds + 600) * 1000
    spread_m = 12_000.0 * (units / 7400) ** 0.5
    drawn = made_areas(rng, areas, spread_m)
    fixes = made_fixes(
        rng, units, begin_ms=begin_ms, seconds=seconds, every_s=10, spread_m=spread_m
    )
    dies_at = set(rng.choice(np.arange(60, seconds - 60), restarts, replace=False).tolist())
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        engine = open_engine(sqlite_url(Path(folder) / "central.db"))
        upgrade(engine)
        with engine.begin() as connection:
            put_rows(connection, [_unit(no) for no in range(1, units + 1)])
            put_rows(connection, drawn)
        watched = _Watched(engine, _Clock(begin_ms))
        cpu_s, beats_ms = watched.go_through(fixes, begin_ms, seconds + 60, dies_at)
        with engine.connect() as connection:
            events = read_rows(connection, AreaEvent)
        engine.dispose()
    until_ms = begin_ms + (seconds + 60) * 1000 - LATE_MS
    wanted = truth(drawn, fixes, begin_ms=begin_ms, until_ms=until_ms)
    told = [_told(event) for event in events]
    return {
        "units": units,
        "areas": areas,
        "restarts": restarts,
        "fixes": len(fixes.no),
        "events": len(told),
        "by_rule": dict(sorted(Counter(rule for _, rule, _, _ in told).items())),
        "missed": len(wanted - set(told)),
        "invented": len(set(told) - wanted),
        "told_twice": len(told) - len(set(told)),
        "share_of_a_core": round(cpu_s / seconds, 4),
        "beat_p50_ms": percentiles(beats_ms, 50)["p50_ms"],
        "beat_p99_ms": percentiles(beats_ms, 99)["p99_ms"],
        **machine(),
    }


class _Watched:
    """Central's watch on a database of its own, as often as it is started."""

    def __init__(self, engine: Engine, clock: _Clock) -> None:
        self._engine, self._clock = engine, clock

    def go_through(
        self, fixes: Fixes, begin_ms: int, seconds: int, dies_at: set[int]
    ) -> tuple[float, list[float]]:
        """Take every fix when it comes; return processor seconds of the watch, and its beats."""
        packed = _packed(fixes)
        bounds = np.searchsorted(
            fixes.comes_ms, begin_ms + np.arange(1, seconds + 1) * 1000, side="right"
        )
        cpu_s, beats_ms, second = 0.0, list[float](), 0
        while second < seconds:
            with self._central() as (sequencer, link):
                last = min([one for one in dies_at if one > second], default=seconds)
                part = [packed[a:b] for a, b in zip([0, *bounds[:-1]], bounds, strict=True)]
                more, beats = asyncio.run(self._live(link, part[second:last], dies=last < seconds))
                cpu_s, second = cpu_s + more, last
                beats_ms += beats
                del sequencer
        return cpu_s, beats_ms

    @contextmanager
    def _central(self) -> Iterator[tuple[Sequencer, _Crashing]]:
        surroundings = Surroundings(
            numbers=Numbers(ZoneInfo("Asia/Shanghai")),
            district_at=lambda _lat, _lon: (None, None),
            evidence_size=lambda _sha256: None,
            sealed=CameraKey(CameraKey.made().decode()).sealed,
        )
        sequencer = Sequencer(Seat(self._engine), surroundings, on_commit=lambda _: None)
        sequencer.start()
        try:
            yield sequencer, _Crashing(sequencer, self._engine)
        finally:
            sequencer.stop()

    async def _live(
        self, link: _Crashing, batches: list[NDArray[np.void]], *, dies: bool
    ) -> tuple[float, list[float]]:
        with self._engine.connect() as connection:
            units, kept = read_rows(connection, Unit), read_kept(connection)
            areas: list[Area] = read_areas(connection)
            hub = PositionHub(units, read_fixes(connection))
        keeper = FenceKeeper(link, hub, clock_ms=self._clock.now_ms)
        keeper.open(areas, units, kept)
        cpu_s, beats_ms = 0.0, []
        for number, batch in enumerate(batches):
            self._clock.at_ms += 1000
            hub.take(batch)
            link.dies = dies and number == len(batches) - 1
            cpu, wall = time.process_time(), time.perf_counter()
            try:
                await keeper.beat()
            except _DiedError:
                break
            cpu_s += time.process_time() - cpu
            beats_ms.append((time.perf_counter() - wall) * 1000)
            if number % _SAVED_EVERY == 0:
                for some in hub.unsaved():
                    await link.in_writer(partial(_keep_fixes, some))
        return cpu_s, beats_ms


def _keep_fixes(fixes: NDArray[np.void], connection: Connection, _rows: LiveRows) -> None:
    write_fixes(connection, fixes)


def _packed(fixes: Fixes) -> NDArray[np.void]:
    packed = np.zeros(len(fixes.no), INGEST)
    packed["unit"], packed["t_ms"] = fixes.no, fixes.t_ms
    packed["lat"], packed["lon"] = np.rint(fixes.lat * 1e7), np.rint(fixes.lon * 1e7)
    return packed


def _told(event: AreaEvent) -> Told:
    unit = -1 if event.unit is None else int(event.unit.removeprefix("u"))
    return event.area, event.rule.value, unit, round(event.at.timestamp() * 1000)


def _unit(no: int) -> Unit:
    return Unit(
        id=UnitId(f"u{no}"), no=no, call_sign=f"K{no}", kind=UnitKind.PATROL,
        status=UnitStatus.AVAILABLE, version=1,
    )  # fmt: skip
