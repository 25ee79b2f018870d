"""Points encoded anew while somebody watches, with a clock that is true to the frame."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import cycle
from pathlib import Path

from console.city.cameras.bands import band_picture
from console.city.cameras.encode import Encoder, Picture, decode_track, shape_of
from console.city.cameras.fonts import Lettering
from console.city.cameras.points import PointSpec
from console.city.cameras.settings import FRAME_RATE, GOP_FRAMES, CameraCityError
from console.city.cameras.track import Track
from console.media.nal import is_key
from console.media.payload import packetise

_LOG = logging.getLogger("zhihui.cameras")
_KEPT_TICKS = 2 * GOP_FRAMES


@dataclass(frozen=True, slots=True)
class LivePicture:
    """One picture: its tick (25ths of a second since 1970), packets, whether it is a key one."""

    tick: int
    key: bool
    payloads: tuple[bytes, ...]


class LiveSource:
    """Encodes one stream of one point in a thread of its own, from `start` to `stop`.

    Args:
        point: The point.
        stream: "main" or "sub".
        name: What is written beside the clock.
        zone: Of the clock; this machine's own where ``None``.
        track_path: The scene's track, which is decoded, marked with the time and encoded anew.
    """

    def __init__(
        self,
        point: PointSpec,
        stream: str,
        name: str,
        track_path: Path,
        zone: tzinfo | None = None,
    ) -> None:
        self._point, self._stream, self._name, self._path = point, stream, name, track_path
        self._zone = zone
        self._shape = shape_of(point.codec, stream)
        self._pictures: dict[int, LivePicture] = {}
        self._newest = 0
        self._key_tick = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"live-{point.id}-{stream}")

    def start(self) -> None:
        """Begin to encode."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it has ended."""
        self._ending.set()
        self._thread.join()

    @property
    def key_tick(self) -> int:
        """Tick of the newest key picture, 0 before the first."""
        return self._key_tick

    def after(self, tick: int) -> Iterator[LivePicture]:
        """Yield what has been encoded since ``tick``."""
        newest = self._newest
        for number in range(max(tick + 1, newest - _KEPT_TICKS + 1), newest + 1):
            picture = self._pictures.get(number)
            if picture is not None:
                yield picture

    def _run(self) -> None:
        try:
            self._encode()
        except CameraCityError as error:
            _LOG.warning("The live point %s shows nothing: %s", self._point.id, error)

    def _encode(self) -> None:
        encoder = Encoder(self._shape)
        lettering = Lettering()
        track = Track.load(self._path)
        tick = int(time.time() * FRAME_RATE)
        for picture in _forever(track):
            tick += 1
            wait_s = tick / FRAME_RATE - time.time()
            if wait_s < -1.0:  # the machine was busy or asleep: go on with the present
                tick = int(time.time() * FRAME_RATE) + 1
                wait_s = tick / FRAME_RATE - time.time()
            if self._ending.wait(max(0.0, wait_s)):
                return
            self._stamp(picture, lettering)
            for nals in encoder.encode(picture):
                self._keep(tick, nals)

    def _stamp(self, picture: Picture, lettering: Lettering) -> None:
        now = datetime.now(UTC).astimezone(self._zone)
        text = f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d}  {self._name}"
        low = self._shape.height_px - self._shape.band_px
        picture[low : self._shape.height_px] = band_picture(lettering, text, self._shape)

    def _keep(self, tick: int, nals: list[bytes]) -> None:
        key = any(is_key(self._point.codec, nal) for nal in nals)
        payloads = tuple(packetise(self._point.codec, nals))
        self._pictures[tick] = LivePicture(tick, key, payloads)
        if key:
            self._key_tick = tick
        self._newest = tick
        for number in [old for old in self._pictures if old <= tick - _KEPT_TICKS]:
            del self._pictures[number]


def _forever(track: Track) -> Iterator[Picture]:
    for _ in cycle((None,)):
        yield from (picture.copy() for picture in decode_track(track))
