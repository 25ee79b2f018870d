"""The tracks that are at hand: loads them from disk, has missing ones made, forgets unused ones."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from console.city.cameras.maker import Made, MakerSettings, TrackKey, work
from console.city.cameras.settings import CameraCityError
from console.city.cameras.track import PacketTrack, Track

_LOG = logging.getLogger("zhihui.cameras")
_MOST_BYTES = 160 << 20
_STOP_S = 3.0
#: What could not be made is not tried again for so long: its maker is needed by others.
_REST_S = 60.0


class Workers:
    """The processes that make tracks; each does one at a time, the most urgent first."""

    def __init__(self, settings: MakerSettings, count: int) -> None:
        self._settings, self._wanted = settings, count
        self._urgent: deque[TrackKey] = deque()
        self._later: deque[TrackKey] = deque()
        self._known: set[TrackKey] = set()
        self._idle: list[Connection] = []
        self._processes: dict[Connection, BaseProcess] = {}
        self._doing: dict[Connection, TrackKey] = {}
        self._waiting: dict[TrackKey, asyncio.Future[str | None]] = {}
        self._troubles: dict[TrackKey, tuple[float, str]] = {}

    def made(self, key: TrackKey, *, urgent: bool) -> asyncio.Future[str | None]:
        """Have a key made, once; the result is ``None`` or why it could not be made."""
        future = self._waiting.get(key)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            since, trouble = self._troubles.get(key, (-_REST_S, ""))
            if time.monotonic() < since + _REST_S:
                future.set_result(trouble)
                return future
            self._waiting[key] = future
        elif urgent and key in self._later:
            self._later.remove(key)
        else:
            return future
        (self._urgent if urgent else self._later).append(key)
        self._hand_out()
        return future

    def keep(self, count: int) -> None:
        """Go on with at most ``count`` processes; busy ones finish what they do."""
        self._wanted = count
        while len(self._processes) > count and self._idle:
            self._end(self._idle.pop())

    @property
    def left(self) -> int:
        """Keys that wait or are being made."""
        return len(self._waiting)

    def _hand_out(self) -> None:
        while self._urgent or self._later:
            if not self._idle:
                if len(self._processes) >= self._wanted:
                    return
                self._start()
            key = (self._urgent or self._later).popleft()
            connection = self._idle.pop()
            self._doing[connection] = key
            with contextlib.suppress(OSError):  # it has ended: told when its end is read
                connection.send(key)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=work, args=(theirs, self._settings), name="zhihui-cameras-maker", daemon=True
        )
        process.start()
        theirs.close()
        self._processes[ours] = process
        self._idle.append(ours)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours.fileno(), partial(self._receive, ours))

    def _receive(self, connection: Connection) -> None:
        try:
            made: Made = connection.recv()
        except (EOFError, OSError):
            _LOG.error("The process that makes pictures has ended; what is there is shown on.")
            key = self._doing.pop(connection, None)
            self._end(connection)
            if key is not None:
                self._settle(key, "The process that makes pictures has ended.")
            self._hand_out()
            return
        self._doing.pop(connection, None)
        self._settle(made.key, made.trouble)
        if len(self._processes) > self._wanted:
            self._end(connection)
        else:
            self._idle.append(connection)
        self._hand_out()

    def _settle(self, key: TrackKey, trouble: str | None) -> None:
        if trouble is not None:
            self._troubles[key] = (time.monotonic(), trouble)
        future = self._waiting.pop(key, None)
        if future is not None and not future.done():
            future.set_result(trouble)

    def _give_up(self, trouble: str) -> None:
        self._urgent.clear()
        self._later.clear()
        for future in self._waiting.values():
            if not future.done():
                future.set_result(trouble)
        self._waiting.clear()

    def _end(self, connection: Connection) -> None:
        process = self._processes.pop(connection, None)
        if connection in self._idle:
            self._idle.remove(connection)
        asyncio.get_running_loop().remove_reader(connection.fileno())
        connection.close()
        if process is not None and process.is_alive():
            process.terminate()
        multiprocessing.active_children()  # takes note of those that have ended

    async def stop(self) -> None:
        """End the processes and wait until they are gone."""
        processes = list(self._processes.values())
        for connection in list(self._processes):
            self._end(connection)
        self._idle.clear()
        self._give_up("The camera server is stopping.")
        for process in processes:
            await asyncio.to_thread(process.join, _STOP_S)
            if process.is_alive():
                process.kill()
                await asyncio.to_thread(process.join)


class Library:
    """Hands out tracks cut into packets; the least recently used leave memory first.

    Args:
        settings: Where tracks are kept and how they are made.
        workers: Makes what is missing.
    """

    def __init__(self, settings: MakerSettings, workers: Workers) -> None:
        self._settings, self._workers = settings, workers
        self._held: OrderedDict[tuple[TrackKey, str], PacketTrack] = OrderedDict()
        self._sizes: dict[tuple[TrackKey, str], int] = {}
        self._tasks: dict[tuple[TrackKey, str], asyncio.Task[PacketTrack]] = {}
        self._on_disk: set[TrackKey] = set()

    def path(self, key: TrackKey, stream: str) -> Path:
        """Return where a track is kept."""
        return key.path(self._settings.folder, self._settings.source, stream)

    def is_made(self, key: TrackKey) -> bool:
        """Say whether a key's tracks are on disk."""
        if key not in self._on_disk:
            if not all(path.exists() for path in self._settings.paths(key)):
                return False
            self._on_disk.add(key)
        return True

    def missing(self, keys: Iterable[TrackKey]) -> list[TrackKey]:
        """Return those of ``keys`` that are still to be made."""
        return [key for key in keys if not self.is_made(key)]

    async def make(self, key: TrackKey, *, urgent: bool = False) -> None:
        """Have a key made unless it is.

        Raises:
            CameraCityError: It cannot be made.
        """
        if self.is_made(key):
            return
        trouble = await asyncio.shield(self._workers.made(key, urgent=urgent))
        if trouble is not None:
            raise CameraCityError(trouble)

    def held(self, key: TrackKey, stream: str) -> PacketTrack | None:
        """Return a track if it is in memory; if not, it will be soon if it is on disk."""
        track = self._held.get((key, stream))
        if track is not None:
            self._held.move_to_end((key, stream))
        elif self.is_made(key) and (key, stream) not in self._tasks:
            self._load(key, stream)
        return track

    async def track(self, key: TrackKey, stream: str) -> PacketTrack:
        """Return a track, loading or making it first if need be.

        Raises:
            CameraCityError: It cannot be made or read.
        """
        track = self.held(key, stream)
        if track is None:
            await self.make(key, urgent=True)
            task = self._tasks.get((key, stream)) or self._load(key, stream)
            track = await asyncio.shield(task)
        return track

    def _load(self, key: TrackKey, stream: str) -> asyncio.Task[PacketTrack]:
        path = self.path(key, stream)
        task = asyncio.create_task(self._read(key, stream, path))
        self._tasks[key, stream] = task
        task.add_done_callback(lambda _: self._tasks.pop((key, stream), None))
        return task

    async def _read(self, key: TrackKey, stream: str, path: Path) -> PacketTrack:
        try:
            track, size = await asyncio.to_thread(_load_packets, path)
        except CameraCityError as error:
            _LOG.warning("%s", error)
            self._on_disk.discard(key)
            raise
        self._held[key, stream] = track
        self._sizes[key, stream] = size
        while sum(self._sizes.values()) > _MOST_BYTES and len(self._held) > 1:
            oldest, _ = self._held.popitem(last=False)
            del self._sizes[oldest]
        return track

    async def stop(self) -> None:
        """Wait for what is being read."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


def _load_packets(path: Path) -> tuple[PacketTrack, int]:
    """Return a track in packets and its bytes on disk; a damaged file is taken away.

    Raises:
        CameraCityError: The track cannot be read; it will be made anew when next asked for.
    """
    try:
        return PacketTrack.of(Track.load(path)), path.stat().st_size
    except CameraCityError:
        path.unlink(missing_ok=True)
        raise
