"""A live tile: one thread that keeps one stream open, decodes it, and holds the newest picture."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.decode import Decoded, Decoder, Gop, fitted, to_bgra
from console.video.evidence import EvidenceShot, secure
from console.video.fallback import read_with_libavformat
from console.video.rtsp import Patience, playing, stream_address
from console.video.trouble import Trouble, VideoError

log = logging.getLogger("zhihui.video")

STALE_AFTER_S = 2.0
_NO_PICTURE_AFTER_S = 8.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 10.0
_HARD_TROUBLES = frozenset({Trouble.UNAUTHORISED, Trouble.NOT_FOUND, Trouble.UNSUPPORTED})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One frame as a tile shows it, with what evidence is made from.

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
    frame: VideoFrame
    gop: Gop
    units: int

    def evidence(self) -> EvidenceShot:
        """Secure exactly this frame and its originals.

        Raises:
            EvidenceError: The originals are no longer held.
        """
        return secure(self.camera, self.frame, self.gop, self.units, at=self.taken_at)


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
    """Keeps one camera's stream open in a thread of its own, and reconnects by itself.

    The newest frame wins: frames are decoded as they come (each leans on the one before), but
    one is scaled only when the viewer has taken the last, or that has grown old.

    Args:
        camera: The point; its credentials are used and never logged.
        main: Whether to show the main stream instead of the sub stream.
        patience: How long the camera may take.
    """

    def __init__(
        self, camera: Camera, *, main: bool = False, patience: Patience | None = None
    ) -> None:
        self.camera, self.main = camera, main
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._picture: Picture | None = None
        self._taken = True
        self._number = 0
        self._box = (640, 360)
        self._every_s = 0.04
        self._frame_s: float | None = None
        self._trouble: VideoError | None = None
        self._stopping = threading.Event()
        self._cancel: Callable[[], object] | None = None
        self._fall_back = False
        self._wait_s = _FIRST_WAIT_S
        self._scaled_s = 0.0
        self._thread = threading.Thread(target=self._run, name=f"tile-{camera.id}", daemon=False)

    def start(self) -> None:
        """Begin; call it once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stopping.set()
        with self._lock:
            if self._cancel is not None:
                self._cancel()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread's end; return whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def show_at(self, width: int, height: int, fps: float) -> None:
        """Say how large the tile is (device pixels) and how often it is looked at."""
        with self._lock:
            self._box = (max(2, width), max(2, height))
            self._every_s = 1.0 / fps

    def newest(self) -> Picture | None:
        """Return the newest picture without taking it."""
        with self._lock:
            return self._picture

    def take(self, after: int) -> Picture | None:
        """Return the newest picture if its number is above ``after``; room for the next."""
        with self._lock:
            picture = self._picture
            if picture is None or picture.number <= after:
                return None
            self._taken = True
            return picture

    def status(self) -> TileStatus:
        """Return what the stream is doing now."""
        with self._lock:
            age_s = None if self._frame_s is None else time.monotonic() - self._frame_s
            trouble = self._trouble
        if self._stopping.is_set():
            return TileStatus(state=TileState.STOPPED, age_s=age_s)
        if trouble is not None:
            return TileStatus(
                state=TileState.FAILED,
                age_s=age_s,
                trouble=trouble.trouble,
                sentence=str(trouble),
            )
        if age_s is None:
            return TileStatus(state=TileState.CONNECTING)
        state = TileState.STALE if age_s > STALE_AFTER_S else TileState.LIVE
        return TileStatus(state=state, age_s=age_s)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._keep_on())

    async def _keep_on(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise RuntimeError("a live tile runs in a task")
        with self._lock:
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            while not self._is_over():
                await self._try_once()
                await asyncio.sleep(self._wait_s)
                self._wait_s = min(_LONGEST_WAIT_S, self._wait_s * 2)
        except asyncio.CancelledError:
            log.debug("%s: stopped", self.camera.id)
        finally:
            with self._lock:
                self._cancel = None

    def _is_over(self) -> bool:
        """Whether to end: told so, or the program ends without having told anybody."""
        return self._stopping.is_set() or not threading.main_thread().is_alive()

    async def _try_once(self) -> None:
        try:
            if self._fall_back:
                self._read_otherwise()
            else:
                await self._watch()
        except VideoError as error:
            log.info("%s: %s (%s)", self.camera.id, error, error.detail)
            with self._lock:
                self._trouble = error
            if error.trouble in _HARD_TROUBLES:
                self._wait_s = _LONGEST_WAIT_S
            self._fall_back = not self._fall_back and error.retry_otherwise
        except Exception as error:  # the tile goes on, and says that it shows nothing
            log.exception("%s: its stream met a fault", self.camera.id)
            with self._lock:
                self._trouble = VideoError(Trouble.GARBAGE, self.camera.id, type(error).__name__)

    async def _watch(self) -> None:
        address = stream_address(self.camera, main=self.main)
        async with playing(address, self._patience) as stream:
            decoder = Decoder(stream.codec, stream.headers, address.url)
            began_s = time.monotonic()
            seen, gaps = False, 0
            while not self._is_over():
                units = await stream.next_units()
                if stream.gaps != gaps:
                    gaps = stream.gaps
                    decoder.forget()
                for unit in units:
                    decoded = decoder.decode(unit)
                    if decoded is not None:
                        seen = True
                        self._hold(decoded)
                if not seen and time.monotonic() - began_s > _NO_PICTURE_AFTER_S:
                    raise VideoError(Trouble.NO_PICTURE, address.url, "no key unit came")

    def _read_otherwise(self) -> None:
        address = stream_address(self.camera, main=self.main)
        for decoded in read_with_libavformat(address, self._patience, self._is_over):
            self._hold(decoded)

    def _hold(self, decoded: Decoded) -> None:
        """Note that a frame came; scale it if anybody wants it."""
        now_s = time.monotonic()
        with self._lock:
            self._frame_s = now_s
            self._trouble = None
            box, every_s = self._box, self._every_s
            picture = self._picture
            old = picture is None or now_s - picture.taken_s > 2 * every_s
            wanted = self._taken or old
        self._wait_s = _FIRST_WAIT_S
        # A little early will do: a stream at the tile's own rate must not lose every other frame.
        if not wanted or now_s - self._scaled_s < 0.75 * every_s:
            return
        self._scaled_s = now_s
        size = fitted(decoded.frame.width, decoded.frame.height, *box)
        try:
            pixels = to_bgra(decoded.frame, *size)
        except (FFmpegError, ValueError) as error:
            raise VideoError(Trouble.GARBAGE, self.camera.id, str(error)) from error
        self._number += 1
        held = Picture(
            camera=self.camera.id,
            number=self._number,
            taken_at=datetime.now(UTC),
            taken_s=now_s,
            pixels=pixels,
            frame=decoded.frame,
            gop=decoded.gop,
            units=decoded.units,
        )
        with self._lock:
            self._picture, self._taken = held, False
