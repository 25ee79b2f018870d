"""The sweep (快巡): a niced process that visits every point in turn, round after round."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from asyncio import ensure_future
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.domain.hints import PointHints
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.store.cameraseal import CameraKey
from console.video.clocks import Clocks
from console.video.diagnosis import Finding, Known
from console.video.habits import Habits
from console.video.judge import Judge
from console.video.looks import LooksError, LooksWriter, SweepLook, SweepState
from console.video.points import PointsError, read_points, read_zone, stamp_of, write_points
from console.video.pointwatches import PointWatches
from console.video.pulse import Pulse
from console.video.rounds import Crowd, Rounds
from console.video.trouble import Trouble
from console.video.usual import Baselines, Fault, FaultBook, FaultEvent, is_day_at
from console.video.visit import Visit, VisitSettings, visit

__all__ = [
    "PointsError",
    "Sweep",
    "SweepSettings",
    "read_points",
    "run_sweep",
    "write_points",
]
log = logging.getLogger("zhihui.sweep")

_WRITE_EVERY_S = 0.5
_STATE_EVERY_S = 2.0
_IDLE_S = 2.0
_FEEL_S = 0.05
#: Points may wait for their moment as many as are visited in so long.
_AHEAD_S = 4.0
#: Load per core above which the sweep halves its pace.
_BUSY_LOAD = 1.5
_SLOWEST_SHARE = 0.25
#: Handshakes at the same time: hundreds may wait for pictures, but a server that is asked by all of
#: them at once answers none in time.
_OPENING_AT_ONCE = 24
#: Where pictures wait for longer to be judged, visits come in faster than they are done with: who
#: waits for a turn can be passed by a doubt that is to be settled, who waits for the judge cannot.
_JUDGE_BEHIND_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSettings:
    """One sweep process.

    Attributes:
        points_path: List of points as ``write_points`` leaves it; read again when it changes.
        looks_path: Where the pictures go.
        max_per_s: Visits a second at most; the sweep goes slower by itself on a busy machine.
        at_once: Visits at the same time at most.
        revisit_s: From one look at a point that gave a picture to the next, at least.
        part: Which share of the points this process takes, from 0 …
        parts: … of how many.
        niceness: Added to the process's niceness.
        zone: Of the clocks in the pictures; this machine's own where ``None``.
        zone_path: Where the zone is that central told, as ``write_zone`` leaves it; it wins.
        key: Of the list of points and of the pictures, ``None`` where they are not locked.
    """

    points_path: Path
    looks_path: Path
    max_per_s: float = 10.0
    at_once: int = 512
    revisit_s: float = 4.0
    part: int = 0
    parts: int = 1
    niceness: int = 15
    zone: tzinfo | None = None
    zone_path: Path | None = None
    key: CameraKey | None = field(default=None, repr=False, compare=False)
    visit: VisitSettings = field(default_factory=VisitSettings)


def run_sweep(settings: SweepSettings) -> int:
    """Sweep until SIGINT or SIGTERM; return the process's exit status."""
    if settings.niceness > 0:
        os.nice(settings.niceness)
    return asyncio.run(_until_stopped(settings))


async def _until_stopped(settings: SweepSettings) -> int:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise RuntimeError("the sweep runs in a task")
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    sweep = Sweep(settings)
    try:
        await sweep.run()
    except asyncio.CancelledError:
        log.info("sweep stopped")
    except LooksError as error:
        log.error("%s", error)
        return 1
    finally:
        sweep.close()
    return 0


class Sweep:
    """Goes round the points in an asyncio loop.

    Args:
        settings: Which points, how fast.
    """

    def __init__(self, settings: SweepSettings) -> None:
        self._settings = settings
        self._writer = LooksWriter(settings.looks_path, settings.key)
        self._habits = Habits()
        ahead = round(settings.max_per_s * _AHEAD_S)
        self._rounds = Rounds(
            revisit_s=settings.revisit_s, begin_s=self._habits.begin_s, ahead=ahead
        )
        self._baselines, self._book = Baselines(), FaultBook()
        self._watches, self._clocks = PointWatches(), Clocks(settings.zone)
        self._hints: dict[CameraId, PointHints] = {}
        self._events: list[FaultEvent] = []
        self._judge, self._crowd = Judge(), Crowd(most=settings.at_once)
        self._pulse = Pulse()
        self._last: dict[CameraId, NDArray[np.uint8]] = {}
        self._alike: set[CameraId] = set()
        self._done: list[Visit] = []
        self._told: Callable[[Visit], None] = lambda seen: None
        self._running: set[asyncio.Task[None]] = set()
        self._opening: set[CameraId] = set()
        self._room = asyncio.Event()
        self._share, self._visits = 1.0, 0
        self._told_s = self._read_s = 0.0
        self._stamp: tuple[int, int] | None = None

    async def run(self) -> None:
        """Visit until cancelled.

        Raises:
            LooksError: The pictures cannot be written.
        """
        work = [ensure_future(one) for one in (self._write_on(), self._go_on(), self._feel())]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._end([*work, *self._running])

    async def rounds(self, count: int, told: Callable[[Visit], None]) -> None:
        """Visit every point ``count`` times, as fast as the machine allows.

        A round does not wait for the slowest point of the one before.

        Args:
            count: How many rounds.
            told: Told each visit.
        """
        self._read_points(time.monotonic())
        left = dict.fromkeys(self._rounds.points, count)

        def note(seen: Visit) -> None:
            left[seen.camera] -= 1
            if not left[seen.camera]:
                self._rounds.drop(seen.camera)
            told(seen)

        self._told = note
        beside = [ensure_future(one) for one in (self._feel(), self._write_on())]
        try:
            while len(self._rounds):
                await self._place()
                now_s = time.monotonic()
                camera = self._rounds.next(now_s)
                if camera is not None:
                    self._begin(camera)
                    continue
                wait_s = max(0.001, self._rounds.wait_s(now_s))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._room.wait(), wait_s)
                self._room.clear()
            await asyncio.gather(*self._running, return_exceptions=True)
        finally:
            await self._end([*beside, *self._running])

    async def once(self) -> list[Visit]:
        """Visit every point once, as fast as the machine allows, and return what was found."""
        found: list[Visit] = []
        await self.rounds(1, found.append)
        return found

    def close(self) -> None:
        """Write what is done and close the file."""
        try:
            self._write()
        except LooksError as error:
            log.error("%s", error)
        self._writer.close()
        self._judge.close()

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _go_on(self) -> None:
        due_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            self._read_points(now_s)
            self._say_state(now_s)
            if not len(self._rounds):
                await asyncio.sleep(_IDLE_S)
                continue
            await self._place()
            now_s = time.monotonic()
            camera = self._rounds.next(now_s)
            if camera is None:
                await asyncio.sleep(min(_IDLE_S, max(0.01, self._rounds.wait_s(now_s))))
                continue
            self._begin(camera)
            # At an even pace; time lost in waiting for a place is not made up in a burst.
            due_s = max(due_s + 1.0 / (self._settings.max_per_s * self._share), now_s)
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    async def _place(self) -> None:
        """Wait until there is room for another visit."""
        while (
            len(self._running) >= self._crowd.now
            or len(self._opening) >= _OPENING_AT_ONCE
            or self._judge.behind_s > _JUDGE_BEHIND_S
        ):
            self._room.clear()
            await self._room.wait()

    def _begin(self, camera: Camera) -> None:
        task = ensure_future(self._visit(camera))
        self._running.add(task)
        self._opening.add(camera.id)
        task.add_done_callback(partial(self._left, camera.id))

    def _left(self, point: CameraId, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._opening.discard(point)
        self._room.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("A visit to %s met a fault of ours", point, exc_info=task.exception())
            seen = Visit(camera=point, at=datetime.now(UTC), trouble=Trouble.UNSUPPORTED)
            self._rounds.done(point, seen.trouble, time.monotonic())
            self._done.append(seen)
            self._told(seen)

    async def _visit(self, camera: Camera) -> None:
        trouble = self._rounds.down(camera, time.monotonic())
        if trouble is not None:
            seen = Visit(camera=camera.id, at=datetime.now(UTC), trouble=trouble)
        else:
            day = is_day_at(camera, datetime.now(UTC))
            known = self._baselines.known(camera.id, day=day)
            seen = await self._visited(camera, known)
            if seen.metrics is not None:
                good = not seen.findings  # a clock says nothing about the picture
                self._baselines.note(camera.id, seen.metrics, day=day, good=good)
                if self._clocks.note(camera.id, seen.clock, seen.at):
                    seen = replace(seen, findings=(*seen.findings, Finding.WRONG_CLOCK))
        if seen.pixels is not None:
            self._last[camera.id] = seen.pixels
            self._hints[camera.id] = self._watches.look(camera.id, seen.pixels, seen.at)
        self._habits.note(seen, self._rounds.failures(camera.id))
        (self._alike.add if seen.alike else self._alike.discard)(seen.camera)
        if seen.sentence is not None:
            log.debug("%s: %s", camera.id, seen.sentence)
        self._rounds.done(camera.id, seen.trouble, time.monotonic(), answered=seen.answered)
        self._visits += 1
        found: tuple[Fault, ...] = seen.findings if seen.trouble is None else (seen.trouble,)
        self._events += self._book.look(camera.id, found, seen.at.timestamp())
        if self._book.is_doubtful(camera.id) and seen.trouble is None:
            self._rounds.hasten(camera.id, time.monotonic())
        self._done.append(seen)
        self._told(seen)

    async def _visited(self, camera: Camera, known: Known | None) -> Visit:
        """Visit a point; until its handshake is done it takes one of few places for that."""

        def opened(opening_s: float) -> None:
            self._opening.discard(camera.id)
            self._crowd.note(opening_s)
            self._room.set()

        point, now_s = camera.id, time.monotonic()
        patient = replace(
            self._habits.fitted(point, self._settings.visit, failures=self._rounds.failures(point)),
            reads_clock=self._clocks.is_due(point, doubtful=self._book.is_doubtful(point)),
            judge=self._judge,
            pulse=self._pulse,
            stays=point in self._alike,
            key_due_s=self._habits.key_due_s(point, now_s),
        )
        return await visit(camera, patient, self._last.get(point), known, opened)

    async def _feel(self) -> None:
        """Fit the number of visits to what the loop can bear."""
        while True:
            began_s = time.monotonic()
            await asyncio.sleep(_FEEL_S)
            late_s = time.monotonic() - began_s - _FEEL_S
            self._habits.feel(late_s)
            self._crowd.feel(late_s, full=len(self._running) >= self._crowd.now)
            self._room.set()

    def _say_state(self, now_s: float) -> None:
        """Go slower while the machine is busy, and say so."""
        if now_s - self._told_s <= _STATE_EVERY_S:
            return
        self._told_s = now_s
        busy = os.getloadavg()[0] / (os.cpu_count() or 1) > _BUSY_LOAD
        share = self._share / 2 if busy else self._share * 2
        self._share = min(1.0, max(_SLOWEST_SHARE, share))
        state = SweepState(
            part=self._settings.part,
            points=len(self._rounds),
            per_s=self._settings.max_per_s * self._share,
            slowed=self._share < 1.0,
            at=datetime.now(UTC),
            visits=self._visits,
        )
        self._writer.put_state(state)

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(_WRITE_EVERY_S)
            self._write()

    def _write(self) -> None:
        done, self._done = self._done, []
        events, self._events = self._events, []
        if done:
            self._writer.put([(self._look(one), one.jpeg) for one in done])
        hints, self._hints = self._hints, {}
        if hints:
            self._writer.put_hints(hints.values())
        if events:
            self._writer.put_faults(events)

    def _look(self, seen: Visit) -> SweepLook:
        # A visit that came just in time says nothing of how long others wait.
        usual_s = self._habits.first_s(seen.camera)
        return SweepLook(
            point=seen.camera,
            visited_at=seen.at,
            picture_at=None if seen.jpeg is None else seen.at,
            trouble=seen.trouble,
            findings=seen.findings,
            first_frame_s=None if seen.first_frame_s is None else usual_s,
        )

    def _read_points(self, now_s: float) -> None:
        """Read the list of points again if it has changed."""
        if self._stamp is not None and now_s - self._read_s < _IDLE_S:
            return
        self._read_s = now_s
        settings = self._settings
        self._clocks.zone = read_zone(settings.zone_path) or settings.zone
        stamp = stamp_of(settings.points_path)
        if stamp == self._stamp:
            return
        try:
            cameras = read_points(settings.points_path, settings.key)
        except PointsError as error:
            log.warning("%s", error)
            return
        self._stamp = stamp
        mine = cameras[settings.part :: settings.parts]
        kept = {camera.id for camera in mine}
        self._last = {point: seen for point, seen in self._last.items() if point in kept}
        self._baselines.keep_only(kept)
        self._alike &= kept
        self._watches.keep_only(kept)
        self._clocks.keep_only(kept)
        self._habits.keep_only(kept)
        self._rounds.set_points(mine)
