"""The life of the simulated city: everything in it, moved on second by second."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from console.city.central_line import (
    Account,
    CentralLine,
    Ingested,
    LineError,
    RefusedByCentralError,
)
from console.city.citizens import Citizens, ReportSource, TruthBook, catch_up_from, post_reports
from console.city.citizens_events import Happenings
from console.city.citizens_rates import ComplaintRates
from console.city.command_post import CommandPost
from console.city.duty import Duty
from console.city.habitat import Habitat, read_habitat
from console.city.handhelds import Handhelds, HandheldSettings
from console.city.memory import Memory, recall
from console.city.meters import Meters
from console.city.movement import Mode, Movement
from console.city.movement_gps import Receivers
from console.city.movement_streets import Streets
from console.city.movement_traffic import Traffic
from console.city.movement_ways import Ways
from console.city.people_shifts import Roster
from console.city.positions import PositionFeed
from console.city.replay import ReplaySource
from console.city.settings import CitySettings
from console.domain.units import UnitKind
from console.store.secretfile import read_or_make

_LOG = logging.getLogger("zhihui.city")
TICK_S = 1.0
#: A tick that begins this late is a sign that the machine is busy.
LATE_S = 2.0
DUTY_S, REPORTS_S, READINGS_S, SAVE_S, FIGURES_S = 10.0, 1.0, 5.0, 30.0, 600.0


class City:
    """The simulated city.

    Args:
        settings: What it is to be.

    Raises:
        CityPackError: The pack cannot be used.
        NoJurisdictionError: Nobody can be given a home in it.
        NoRoadsError: Nobody can go round in it.
        ReplayError: The complaints to be replayed cannot be read.
    """

    def __init__(self, settings: CitySettings) -> None:
        self.settings = settings
        habitat = read_habitat(settings)
        self.graph, self.units = habitat.graph, habitat.units
        self._memory_path = settings.home / "city" / "memory.npz"
        self._memory = recall(self._memory_path, force=self._force_key())
        self.traffic = Traffic(truth_seed=settings.truth_seed, utc_offset_h=habitat.utc_offset_h)
        self.streets = Streets(self.graph, self.traffic, truth_seed=settings.truth_seed)
        self.movement = Movement(
            self.units,
            self.graph.columns,
            habitat.homes,
            seed=settings.seed,
            edge_flow=self.streets.of_edges,
        )
        if self._memory is not None:
            self.movement.put_back(self._memory.lat, self._memory.lon)
        line = CentralLine(
            Account(
                url=settings.url.rstrip("/"),
                name=settings.account,
                password=settings.password,
                device=settings.device,
                secret=_device_secret(settings.home),
                code=settings.device_code,
                ca=settings.ca,
            )
        )
        self._real = np.array([unit.id in settings.real_units for unit in self.units], np.bool_)
        self.feed = self._make_feed(line)
        self.handhelds = self._make_handhelds(line, habitat.utc_offset_h)
        self._duty_post, self._report_post = CommandPost(line), CommandPost(line)
        self.duty = self._make_duty(habitat.utc_offset_h)
        self._make_reports(habitat)
        self._line, self._no_readings = line, False
        self.meters = Meters(
            habitat.sensors, seed=settings.truth_seed, utc_offset_h=habitat.utc_offset_h
        )
        self._late = 0
        self._met = asyncio.Event()

    def _make_feed(self, line: CentralLine) -> PositionFeed:
        receivers = Receivers(
            np.array([unit.no for unit in self.units], dtype=np.uint32),
            self.movement.plane,
            seed=self.settings.seed,
            habits=self.settings.gps,
        )
        return PositionFeed(
            line,
            self.movement,
            receivers,
            is_page=np.array([unit.kind is not UnitKind.VEHICLE for unit in self.units]),
            outside=self._real,
            on_taken=self._taken,
        )

    def _make_handhelds(self, line: CentralLine, utc_offset_h: float) -> Handhelds:
        settings = self.settings
        return Handhelds(
            line,
            [unit for unit in self.units if unit.id not in settings.real_units],
            movement=self.movement,
            index={unit.id: index for index, unit in enumerate(self.units)},
            ways=Ways(self.streets, self.movement, self.traffic),
            settings=HandheldSettings(
                habits=settings.habits,
                truth_seed=settings.truth_seed,
                pace=settings.pace,
                utc_offset_h=utc_offset_h,
            ),
            on_welcome=self._welcomed,
        )

    def _make_duty(self, utc_offset_h: float) -> Duty:
        count = len(self.units)
        return Duty(
            self.units,
            Roster(count, seed=self.settings.seed, utc_offset_h=utc_offset_h),
            movement=self.movement,
            post=self._duty_post,
            is_busy=self.handhelds.book.is_busy,
            outside=self._real,
            was_on=np.zeros(count, np.bool_) if self._memory is None else self._memory.is_on,
        )

    def _make_reports(self, habitat: Habitat) -> None:
        """Let citizens complain, and a file be replayed."""
        settings, memory = self.settings, self._memory
        self._sources: list[ReportSource] = []
        self._sent_until = catch_up_from(memory.sent_until if memory else None, _now())
        self._replayed = dict(memory.replayed) if memory else {}
        self._replay: ReplaySource | None = None
        if settings.rate > 0:
            truth = TruthBook(settings.home / "city" / "truth_events.jsonl")
            happenings = Happenings(
                ComplaintRates(
                    settings.rate, seed=settings.seed, utc_offset_h=habitat.utc_offset_h
                ),
                habitat.book,
                seed=settings.seed,
                truth_seed=settings.truth_seed,
            )
            self._sources.append(Citizens(happenings, truth, since=self._sent_until))
        if settings.replay is not None:
            first = self._replayed.get(settings.replay.name, 0)
            self._replay = ReplaySource(settings.replay, speed=settings.replay_speed, first=first)
            self._sources.append(self._replay)
            _LOG.info("%d complaints of %s to replay", self._replay.left, settings.replay)

    async def run(self, stop: asyncio.Event) -> None:
        """Live until ``stop`` is set; then remember and end."""
        parts = (self._move(), self._report_for_duty(), self._complain(), self._measure(),
                 self._keep(), self._tell_figures(), self.handhelds.run())  # fmt: skip
        tasks = [asyncio.ensure_future(part) for part in parts]
        stopped = asyncio.ensure_future(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*tasks, stopped):
                task.cancel()
            await asyncio.gather(*tasks, stopped, return_exceptions=True)
            await self.feed.close()
            self._save()

    async def _move(self) -> None:
        next_s = time.monotonic()
        while True:
            now = _now()
            flow = await asyncio.to_thread(self.streets.flow, now)
            self.movement.step(now.timestamp(), flow=flow)
            self.feed.tick(int(now.timestamp()), now.timestamp())
            next_s += TICK_S
            behind_s = time.monotonic() - next_s
            if behind_s > LATE_S:
                self._late += 1
                next_s = time.monotonic()
            await asyncio.sleep(max(-behind_s, 0.0))

    async def _report_for_duty(self) -> None:
        while True:
            self.duty.tick(_now())
            self._met.clear()
            await self._duty_post.pump()
            try:
                async with asyncio.timeout(REPORTS_S if len(self._duty_post) else DUTY_S):
                    await self._met.wait()
            except TimeoutError:
                continue

    async def _complain(self) -> None:
        while True:
            now = _now()
            for source in self._sources:
                reports = await asyncio.to_thread(source.due, now)
                post_reports(reports, self._report_post)
            if await self._report_post.pump():
                self._sent_until = now
                if self._replay is not None:
                    self._replayed[self._replay.path.name] = self._replay.next
            await asyncio.sleep(REPORTS_S)

    async def _measure(self) -> None:
        while True:
            rows = self.meters.due(_now())
            try:
                if rows:
                    await asyncio.to_thread(self._line.send_readings, rows)
                self._no_readings = False
            except (LineError, RefusedByCentralError) as error:
                if not self._no_readings:
                    _LOG.warning("%s Readings of sensors are lost meanwhile.", error)
                self._no_readings = True
            await asyncio.sleep(READINGS_S)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(SAVE_S)
            self._save()

    async def _tell_figures(self) -> None:
        while True:
            before, cpu_before = time.monotonic(), time.process_time()
            sent = self.feed.sent
            await asyncio.sleep(FIGURES_S)
            took_s = time.monotonic() - before
            _LOG.info(
                "%d on duty, %d tasks, %.0f positions a second, %.1f %% of a core%s",
                int((self.movement.mode != Mode.OFF).sum()),
                len(self.handhelds.book),
                (self.feed.sent - sent) / took_s,
                (time.process_time() - cpu_before) / took_s * 100.0,
                f", {self._late} seconds left out (busy machine)" if self._late else "",
            )
            self._late = 0

    def _welcomed(self, epoch: str) -> None:
        self.duty.meet(epoch, _now())

    def _taken(self, taken: Ingested) -> None:
        if self.duty.learn(taken.unknown, _now()):
            self._met.set()

    def _force_key(self) -> str:
        s = self.settings
        return f"{s.pack_path.name}|{s.seed}|{s.officers}|{s.vehicles}"

    def _save(self) -> None:
        lat, lon = self.movement.latlon(np.arange(len(self.units)))
        Memory(
            force=self._force_key(),
            lat=lat,
            lon=lon,
            is_on=self.duty.is_on,
            sent_until=self._sent_until,
            replayed=self._replayed,
        ).save(self._memory_path)


def _device_secret(home: Path) -> str:
    """Return what this city proves to be the same gateway with, made at its first start."""
    path = home / "city" / "device.key"
    return read_or_make(path, lambda: secrets.token_urlsafe(32).encode()).decode()


def _now() -> datetime:
    return datetime.now(UTC)
