"""A decoder process (解码进程): opens, decodes and scales live streams beside the console.

The console's own thread then never waits for a decoder: pictures lie on boards, and only orders,
receipts and evidence go over the line between the two.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import av

from console.domain.places import Camera
from console.video.board import Board
from console.video.evidence import EvidenceError, EvidenceShot
from console.video.rtsp import Patience
from console.video.tilestream import TileStream

log = logging.getLogger("zhihui.video")

#: A little less urgent than the window that shows the pictures.
NICE = 2


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Console to decoder: keep a stream open and put its pictures on a board."""

    stream: int
    camera: Camera
    main: bool
    board: Path
    capacity: int
    patience: Patience


@dataclass(frozen=True, slots=True)
class NewBoard:
    """Console to decoder: larger pictures are wanted, on another board."""

    stream: int
    board: Path
    capacity: int


@dataclass(frozen=True, slots=True)
class CloseStream:
    """Console to decoder: nobody watches a stream any more."""

    stream: int


@dataclass(frozen=True, slots=True)
class TakeShot:
    """Console to decoder: secure the picture with this number."""

    stream: int
    request: int
    number: int
    clip: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """Decoder to console: the stream is closed and its board let go."""

    stream: int


@dataclass(frozen=True, slots=True)
class Shot:
    """Decoder to console: what was secured."""

    request: int
    shot: EvidenceShot


@dataclass(frozen=True, slots=True)
class NoShot:
    """Decoder to console: why nothing was."""

    request: int
    sentence: str


Order = OpenStream | NewBoard | CloseStream | TakeShot
Answer = Closed | Shot | NoShot
_Work = Coroutine[object, object, None]


class TileHost:
    """Carries out a console's orders until the line ends.

    Args:
        line: To the console.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._streams: dict[int, tuple[TileStream, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Work until the console lets go of the line."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._line.fileno(), self._read)
        try:
            await self._ended.wait()
        finally:
            loop.remove_reader(self._line.fileno())
            running = [task for _, task in self._streams.values()]
            for task in [*running, *self._tasks]:
                task.cancel()
            await asyncio.gather(*running, *self._tasks, return_exceptions=True)

    def _read(self) -> None:
        try:
            while self._line.poll():
                self._obey(self._line.recv())
        except (EOFError, OSError):
            self._ended.set()

    def _obey(self, order: Order) -> None:
        match order:
            case OpenStream():
                board = Board(order.board, order.capacity)
                stream = TileStream(order.camera, board, main=order.main, patience=order.patience)
                task = asyncio.get_running_loop().create_task(stream.run())
                self._streams[order.stream] = stream, task
            case NewBoard() if order.stream in self._streams:
                self._streams[order.stream][0].move_to(Board(order.board, order.capacity))
            case CloseStream():
                self._begin(self._close(order.stream))
            case TakeShot():
                self._begin(self._shoot(order))

    def _begin(self, work: _Work) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self, number: int) -> None:
        _, task = self._streams.pop(number, (None, None))
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._say(Closed(number))

    async def _shoot(self, order: TakeShot) -> None:
        stream, _ = self._streams.get(order.stream, (None, None))
        try:
            if stream is None:
                await self._say(NoShot(order.request, "The stream has just been closed."))
                return
            shot = await asyncio.to_thread(stream.shot, order.number, clip=order.clip)
        except EvidenceError as error:
            await self._say(NoShot(order.request, str(error)))
        else:
            await self._say(Shot(order.request, shot))

    async def _say(self, answer: Answer) -> None:
        async with self._sending:
            try:
                await asyncio.to_thread(self._line.send, answer)
            except OSError:
                self._ended.set()


def run_host(line: Connection) -> None:
    """Work in this process until the console lets go of the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(NICE)
    av.logging.set_level(av.logging.PANIC)
    sys.setswitchinterval(0.001)
    gc.freeze()
    serve(line)


def serve(line: Connection) -> None:
    """Work in this thread until the console lets go of the line."""

    async def work() -> None:
        await TileHost(line).run()

    asyncio.run(work())
    line.close()
