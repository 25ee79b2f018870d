"""One live stream inside a decoder process: kept open, decoded, its pictures put on a board."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime

from av.error import FFmpegError

from console.domain.places import Camera
from console.video.board import Board
from console.video.clips import ClipSource
from console.video.decode import Decoded, Decoder, Gop, Scaler, fitted
from console.video.evidence import EvidenceError, EvidenceShot, secure
from console.video.fallback import read_with_libavformat
from console.video.rtsp import Patience, playing, stream_address
from console.video.trouble import Trouble, VideoError

log = logging.getLogger("zhihui.video")

#: Seconds before a moment that its clip reaches back.
CLIP_S = 10.0
#: Longer than the ten seconds that smart cameras let pass between key pictures.
_NO_PICTURE_AFTER_S = 15.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 10.0
_KEPT_PICTURES = 6
_HARD_TROUBLES = frozenset({Trouble.UNAUTHORISED, Trouble.NOT_FOUND, Trouble.UNSUPPORTED})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Kept:
    """A picture that is still to be seen: what evidence of it is made from."""

    decoded: Decoded
    at: datetime


class TileStream:
    """Keeps one camera's stream open and reconnects by itself; a task of the decoder's loop.

    The newest frame wins: frames are decoded as they come (each leans on the one before), but
    one is scaled only when the viewer has taken the last, or that has grown old.

    Args:
        camera: The point; its credentials are used and never logged.
        board: Where its pictures go.
        main: Whether to show the main stream instead of the sub stream.
        patience: How long the camera may take.
    """

    def __init__(self, camera: Camera, board: Board, *, main: bool, patience: Patience) -> None:
        self.camera, self.board, self.main = camera, board, main
        self._patience = patience
        self._scaler = Scaler()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._gops: deque[tuple[float, Gop]] = deque()
        self._number = board.latest  # counts on where a decoder before this one ended
        self._decoded = 0
        self._fall_back = False
        self._wait_s = _FIRST_WAIT_S
        self._scaled_s = 0.0
        self._painted_s: float | None = None
        self._began_s = 0.0
        self._seen = False
        self._ending = threading.Event()

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            while True:
                await self._try_once()
                await asyncio.sleep(self._wait_s)
                self._wait_s = min(_LONGEST_WAIT_S, self._wait_s * 2)
        finally:
            self._ending.set()

    def move_to(self, board: Board) -> None:
        """Go on on another board, larger pictures being wanted; numbers go on counting."""
        self.board = board
        self._painted_s, self._scaled_s = None, 0.0

    def shot(self, number: int, *, clip: bool) -> EvidenceShot:
        """Secure the picture with this number and its originals; safe to call in a thread.

        Args:
            number: As the board counts.
            clip: Whether the last ten seconds are wanted as well.

        Raises:
            EvidenceError: It is no longer held.
        """
        kept = self._kept.get(number)
        if kept is None:
            raise EvidenceError(
                self.camera.id,
                f"The picture of {self.camera.id} that was shown is gone (its stream was just "
                "opened anew); take the evidence again.",
            )
        decoded = kept.decoded
        source = None
        if clip:
            gops = [gop for _, gop in self._gops]
            source = ClipSource.ending_at(gops, decoded.gop, decoded.units, seconds=CLIP_S)
        return secure(
            self.camera.id, decoded.frame, decoded.gop, decoded.units, at=kept.at, clip=source
        )

    async def _try_once(self) -> None:
        self._began_s, self._seen = time.monotonic(), False
        try:
            if self._fall_back:
                await self._read_otherwise()
            else:
                await self._watch()
        except VideoError as error:
            log.info("%s: %s (%s)", self.camera.id, error, error.detail)
            self.board.note_trouble(error.trouble)
            if error.trouble in _HARD_TROUBLES:
                self._wait_s = _LONGEST_WAIT_S
            self._fall_back = not self._fall_back and error.retry_otherwise
        except Exception:  # the tile goes on, and says that it shows nothing
            log.exception("%s: its stream met a fault", self.camera.id)
            self.board.note_trouble(Trouble.GARBAGE)

    async def _watch(self) -> None:
        address = stream_address(self.camera, main=self.main)
        async with playing(address, self._patience) as stream:
            opening_s = time.monotonic() - self._began_s
            self.board.note_times(opening_s=opening_s, first_s=None, key_s=None)
            decoder = Decoder(stream.codec, stream.headers, address.url)
            gaps = 0
            while True:
                units = await stream.next_units()
                if stream.gaps != gaps:
                    gaps = stream.gaps
                    decoder.forget()
                for unit in units:
                    decoded = decoder.decode(unit)
                    if decoded is not None:
                        self._hold(decoded)
                    # Many come at once where a camera keeps its last group: neither the other
                    # streams nor whoever asks for evidence wait until all of them are decoded.
                    await asyncio.sleep(0)
                if not self._seen and time.monotonic() - self._began_s > _NO_PICTURE_AFTER_S:
                    raise VideoError(Trouble.NO_PICTURE, address.url, "no key unit came")

    async def _read_otherwise(self) -> None:
        """Read with libavformat in a thread; a stop is seen at its next packet."""
        ended = threading.Event()
        loop = asyncio.get_running_loop()

        def read() -> None:
            address = stream_address(self.camera, main=self.main)
            over = lambda: ended.is_set() or self._ending.is_set()  # noqa: E731 - two words
            for decoded in read_with_libavformat(address, self._patience, over):
                asyncio.run_coroutine_threadsafe(self._held(decoded), loop).result(
                    self._patience.silence_s
                )

        try:
            await asyncio.to_thread(read)
        finally:
            ended.set()

    async def _held(self, decoded: Decoded) -> None:
        self._hold(decoded)

    def _hold(self, decoded: Decoded) -> None:
        """Note that a frame came; scale it if anybody wants it."""
        now_s = time.monotonic()
        self._decoded += 1
        self._wait_s = _FIRST_WAIT_S
        self._note_gop(decoded, now_s)
        if not self._seen:
            self._seen = True
            self.board.note_times(opening_s=None, first_s=now_s - self._began_s, key_s=None)
        box, every_s, taken = self.board.wanted()
        old = self._painted_s is None or now_s - self._painted_s > 2 * every_s
        # A little early will do: a stream at the tile's own rate must not lose every other frame.
        due = now_s - self._scaled_s >= 0.75 * every_s
        if due and (old or taken >= self._number):
            self._scaled_s = now_s
            self._paint(decoded, box, now_s)
        self.board.note_frame(now_s, decoded=self._decoded, scaled=self._number)

    def _paint(self, decoded: Decoded, box: tuple[int, int], now_s: float) -> None:
        width, height = fitted(decoded.frame.width, decoded.frame.height, *box)
        while width * height * 4 > self.board.capacity:
            width, height = width // 4 * 2, height // 4 * 2
        try:
            pixels = self._scaler.bgra(decoded.frame, width, height)
        except (FFmpegError, ValueError) as error:
            raise VideoError(Trouble.GARBAGE, self.camera.id, str(error)) from error
        self._number += 1
        at = datetime.now(UTC)
        self._kept[self._number] = _Kept(decoded=decoded, at=at)
        while len(self._kept) > _KEPT_PICTURES:
            self._kept.popitem(last=False)
        self.board.paint(
            pixels, number=self._number, taken_us=round(at.timestamp() * 1e6), taken_s=now_s
        )
        self._painted_s = now_s

    def _note_gop(self, decoded: Decoded, now_s: float) -> None:
        """Keep the originals of the last seconds, and learn how far apart key units are."""
        if self._gops and self._gops[-1][1] is decoded.gop:
            return
        if self._gops and self._seen:
            key_s = decoded.gop.seconds_after(self._gops[-1][1])
            if key_s is not None:
                self.board.note_times(opening_s=None, first_s=None, key_s=key_s)
        self._gops.append((now_s, decoded.gop))
        while len(self._gops) > 1 and now_s - self._gops[1][0] > CLIP_S:
            self._gops.popleft()
