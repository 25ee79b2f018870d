"""Live tiles as the console sees them: streams that decoder processes keep open."""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from multiprocessing.connection import Connection, wait

import numpy as np
from numpy.typing import NDArray

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.store.cameraseal import CameraKey, opened_or_bare
from console.video.board import Board
from console.video.evidence import EvidenceShot
from console.video.rtsp import Patience
from console.video.starters import Starter, in_process, in_thread
from console.video.tilehost import (
    Answer,
    Closed,
    CloseStream,
    NewBoard,
    NoShot,
    OpenStream,
    Order,
    Shot,
    TakeShot,
)
from console.video.trouble import Trouble, VideoError

log = logging.getLogger("zhihui.video")

STALE_AFTER_S = 2.0
#: Room for pictures of this size from the start; larger ones get a board of their own.
_USUAL_BYTES = 960 * 540 * 4
_POLL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One frame as a tile shows it.

    Attributes:
        number: Counts the pictures of this tile; a higher one is newer.
        taken_at: When the frame arrived, aware UTC.
        taken_s: The same on ``time.monotonic``.
        pixels: Shape (height, width, 4), blue first, the tile's size.
    """

    camera: CameraId
    number: int
    taken_at: datetime
    taken_s: float
    pixels: NDArray[np.uint8]


class TileState(StrEnum):
    """What a tile's stream is doing."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class TileStatus:
    """State of a tile's stream.

    Attributes:
        age_s: Age of the newest frame, ``None`` where there never was one.
        trouble: Why it failed; stays until a frame comes, whatever is tried meanwhile.
        sentence: The same in words.
    """

    state: TileState
    age_s: float | None = None
    trouble: Trouble | None = None
    sentence: str | None = None


class LiveTile:
    """One stream that a decoder process keeps open; made by ``Decoders.open``.

    Args:
        camera: The point.
        main: Whether it is the main stream.
        number: Names it on the line to its decoder.
        host: Its decoder.
    """

    def __init__(self, camera: Camera, *, main: bool, number: int, host: _Host) -> None:
        self.camera, self.main, self.number = camera, main, number
        self._host = host
        self.board = Board.made(_USUAL_BYTES)
        self._outgrown: list[Board] = []
        self._box = (640, 360)
        self._fps = 25.0
        self.board.want(*self._box, self._fps)
        self._stopping = False
        self.ended = threading.Event()

    def stop(self) -> None:
        """Ask for its end; returns at once."""
        if not self._stopping:
            self._stopping = True
            self._host.send(CloseStream(self.number))

    def join(self, timeout_s: float = 0.0) -> bool:
        """Wait for its end; return whether it has ended."""
        until_s = time.monotonic() + timeout_s
        self._host.take_answers()
        while not self.ended.is_set() and time.monotonic() < until_s:
            self._host.wait_for_answer(min(_POLL_S, timeout_s))
            self._host.take_answers()
        return self.ended.is_set()

    def show_at(self, width: int, height: int, fps: float) -> None:
        """Say how large the tile is (device pixels) and how often it is looked at."""
        box = max(2, width), max(2, height)
        if box == self._box and fps == self._fps:
            return
        self._box, self._fps = box, fps
        size = box[0] * box[1] * 4
        if size > self.board.capacity:
            before, self.board = self.board, Board.made(size)
            self.board.want(*box, fps)
            # The decoder may not have opened it yet: it stays until the next one is painted on.
            self._outgrown.append(before)
            self._host.send(NewBoard(self.number, self.board.path, self.board.capacity))
        else:
            self.board.want(*box, fps)

    def forget(self) -> None:
        """Give the memory of its pictures back."""
        self._forget_outgrown()
        self.board.forget()

    def newest(self) -> Picture | None:
        """Return the newest picture without taking it."""
        return self._read(0, take=False)

    def take(self, after: int) -> Picture | None:
        """Return the newest picture if its number is above ``after``; room for the next."""
        return self._read(after, take=True)

    def ask_shot(self, number: int, *, clip: bool = False) -> int:
        """Ask for evidence of one picture; the answer comes by ``Decoders.answers``.

        Returns:
            The number that the answer bears.
        """
        return self._host.ask_shot(self, number, clip=clip)

    def status(self) -> TileStatus:
        """Return what the stream is doing now."""
        frame_s, trouble = self.board.frame_s, self.board.trouble
        age_s = None if frame_s is None else time.monotonic() - frame_s
        if self._stopping:
            return TileStatus(state=TileState.STOPPED, age_s=age_s)
        if trouble is not None:
            sentence = str(VideoError(trouble, self._address()))
            return TileStatus(
                state=TileState.FAILED, age_s=age_s, trouble=trouble, sentence=sentence
            )
        if age_s is None:
            return TileStatus(state=TileState.CONNECTING)
        state = TileState.STALE if age_s > STALE_AFTER_S else TileState.LIVE
        return TileStatus(state=state, age_s=age_s)

    def order(self, patience: Patience) -> OpenStream:
        """Return what its decoder is told."""
        board, camera = self.board, self._host.readable(self.camera)
        return OpenStream(self.number, camera, self.main, board.path, board.capacity, patience)

    def _forget_outgrown(self) -> None:
        while self._outgrown:
            self._outgrown.pop().forget()

    def _address(self) -> str:
        main = self.main or self.camera.sub_url is None
        url = self.camera.main_url if main else self.camera.sub_url or ""
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"

    def _read(self, after: int, *, take: bool) -> Picture | None:
        painted = self.board.read(after, take=take)
        if painted is None:
            return None
        self._forget_outgrown()
        return Picture(
            camera=self.camera.id,
            number=painted.number,
            taken_at=datetime.fromtimestamp(painted.taken_us / 1e6, UTC),
            taken_s=painted.taken_s,
            pixels=painted.pixels,
        )


class _Host:
    """One decoder: its process (or thread), the line to it, and what it keeps open."""

    def __init__(
        self, patience: Patience, start: Starter, readable: Callable[[Camera], Camera]
    ) -> None:
        self._patience, self._start, self.readable = patience, start, readable
        self._requests = itertools.count(1)
        self._answers: list[Shot | NoShot] = []
        self._asked: dict[int, LiveTile] = {}
        self.tiles: dict[int, LiveTile] = {}
        self._line, self._join = self._begun()

    def _begun(self) -> tuple[Connection, Callable[[], None]]:
        ours, theirs = multiprocessing.Pipe()
        return ours, self._start(theirs)

    @property
    def line(self) -> Connection:
        """Where answers come from."""
        return self._line

    def open(self, tile: LiveTile) -> None:
        self.tiles[tile.number] = tile
        self.send(tile.order(self._patience))

    def send(self, order: Order) -> None:
        try:
            self._line.send(order)
        except OSError:
            self._revive()

    def ask_shot(self, tile: LiveTile, number: int, *, clip: bool) -> int:
        request = next(self._requests) * 1000 + id(self) % 1000
        self._asked[request] = tile
        self.send(TakeShot(tile.number, request, number, clip))
        return request

    def wait_for_answer(self, timeout_s: float) -> None:
        wait([self._line], timeout_s)

    def take_answers(self) -> list[Shot | NoShot]:
        """Take what has come; return the answers about evidence that nobody has taken yet."""
        try:
            while self._line.poll():
                self._take(self._line.recv())
        except (EOFError, OSError):
            self._revive()
        return self._answers

    def _take(self, answer: Answer) -> None:
        if isinstance(answer, Closed):
            tile = self.tiles.pop(answer.stream, None)
            if tile is not None:
                tile.forget()
                tile.ended.set()
        else:
            self._asked.pop(answer.request, None)
            self._answers.append(answer)

    def _revive(self) -> None:
        """Start the decoder anew: it has ended by itself. Its streams are opened again."""
        log.error("A decoder of live pictures has ended by itself; it is started again.")
        self._line.close()
        self._join()
        words = "The decoder of live pictures had to be started again; take the evidence again."
        self._answers += [NoShot(request, words) for request in self._asked]
        self._asked.clear()
        self._line, self._join = self._begun()
        for number, tile in list(self.tiles.items()):
            if tile.status().state is TileState.STOPPED:
                del self.tiles[number]
                tile.forget()
                tile.ended.set()
            else:
                self._line.send(tile.order(self._patience))

    def close(self) -> None:
        self._line.close()
        self._join()
        for tile in self.tiles.values():
            tile.forget()
            tile.ended.set()
        self.tiles.clear()


class Decoders:
    """The decoders of a console; each is started when it is first needed.

    Args:
        count: How many share the streams.
        patience: How long a camera may take, the usual times where ``None``.
        start: Starts one on its end of the line: in a process, or in a thread.
    """

    def __init__(
        self,
        count: int = 2,
        patience: Patience | None = None,
        start: Starter = in_process,
    ) -> None:
        self._count, self._patience, self._start = count, patience or Patience(), start
        self._hosts: list[_Host] = []
        self._key: CameraKey | None = None
        Board.clear_left()
        self._numbers = itertools.count(1)

    def open(self, camera: Camera, *, main: bool) -> LiveTile:
        """Have a stream kept open by the decoder that has the fewest.

        Raises:
            BoardError: There is no memory for its pictures.
        """
        host = min(self._hosts, key=lambda one: len(one.tiles), default=None)
        if host is None or (host.tiles and len(self._hosts) < self._count):
            host = _Host(self._patience, self._start, self._readable)
            self._hosts.append(host)
        tile = LiveTile(camera, main=main, number=next(self._numbers), host=host)
        host.open(tile)
        return tile

    def use_key(self, key: CameraKey) -> bool:
        """Open credentials with this key from now on; return whether it is another one."""
        is_other = self._key is None or self._key.hex() != key.hex()
        self._key = key
        return is_other

    def _readable(self, camera: Camera) -> Camera:
        return opened_or_bare(camera, self._key)

    @property
    def lines(self) -> Iterable[Connection]:
        """Where answers come from, to wait for them."""
        return [host.line for host in self._hosts]

    def answers(self) -> list[Shot | NoShot]:
        """Return the answers about evidence that have come; each once."""
        found: list[Shot | NoShot] = []
        for host in self._hosts:
            answers = host.take_answers()
            found += answers
            answers.clear()
        return found

    def close(self) -> None:
        """End every decoder and wait for it."""
        for host in self._hosts:
            host.close()
        self._hosts.clear()


__all__ = [
    "Decoders",
    "EvidenceShot",
    "LiveTile",
    "NoShot",
    "Picture",
    "Shot",
    "TileState",
    "TileStatus",
    "in_process",
    "in_thread",
]
