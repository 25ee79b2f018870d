"""A board (画板): memory that a decoder process paints one stream's pictures on and a viewer reads.

One side writes, the other reads; neither waits for the other. A picture lies in one of three
places; its number is written last, and a reader that finds another number after copying reads
again, so that no picture is ever seen half.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.domain.errors import ZhihuiError
from console.video.trouble import Trouble

_PLACES = 3
_HEAD_BYTES = 4096
_TRIES = 4
_TROUBLES = tuple(Trouble)
_PLACE = np.dtype(
    [("number", "i8"), ("taken_us", "i8"), ("taken_ns", "i8"), ("width", "i4"), ("height", "i4")]
)
_HEAD = np.dtype(
    [
        ("latest", "i8"),
        ("frame_ns", "i8"),
        ("decoded", "i8"),
        ("scaled", "i8"),
        ("trouble", "i8"),
        ("opening_ms", "i8"),
        ("first_ms", "i8"),
        ("key_ms", "i8"),
        ("want_width", "i8"),
        ("want_height", "i8"),
        ("every_us", "i8"),
        ("taken", "i8"),
        ("places", _PLACE, (_PLACES,)),
    ]
)
_FOLDERS = (Path("/dev/shm"), Path(tempfile.gettempdir()))


class BoardError(ZhihuiError):
    """There is no room for the pictures of another stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """One picture as it was read.

    Attributes:
        number: Counts the pictures of the board; a higher one is newer.
        taken_us: When its frame arrived, Unix microseconds.
        taken_s: The same on ``time.monotonic``.
        pixels: Shape (height, width, 4), blue first; the reader's own copy.
    """

    number: int
    taken_us: int
    taken_s: float
    pixels: NDArray[np.uint8]


class Board:
    """One stream's memory, opened by either side.

    Args:
        path: Its file.
        capacity: Bytes of the largest picture.
    """

    def __init__(self, path: Path, capacity: int) -> None:
        self.path, self.capacity = path, capacity
        descriptor = os.open(path, os.O_RDWR)
        try:
            self._map = mmap.mmap(descriptor, _HEAD_BYTES + _PLACES * capacity)
        finally:
            os.close(descriptor)
        whole = np.frombuffer(self._map, np.uint8)
        self._head = whole[: _HEAD.itemsize].view(_HEAD)
        self._pixels = [
            whole[_HEAD_BYTES + place * capacity : _HEAD_BYTES + (place + 1) * capacity]
            for place in range(_PLACES)
        ]

    @classmethod
    def made(cls, capacity: int) -> Board:
        """Make a new one; its room is reserved, so that painting on it cannot fail.

        Raises:
            BoardError: There is no room.
        """
        size = _HEAD_BYTES + _PLACES * capacity
        trouble: OSError | None = None
        for folder in _FOLDERS:
            path = folder / f"zhihui-{os.getpid()}-{secrets.token_hex(6)}"
            try:
                if shutil.disk_usage(folder).free < 2 * size:
                    continue
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                try:
                    os.posix_fallocate(descriptor, 0, size)
                finally:
                    os.close(descriptor)
                return cls(path, capacity)
            except OSError as error:
                trouble = error
                with contextlib.suppress(OSError):
                    path.unlink()
        raise BoardError(
            f"There is no memory for the pictures of another stream ({trouble or 'no room'}); "
            "show fewer tiles, or make room in the temporary folder."
        )

    @staticmethod
    def clear_left() -> None:
        """Give back what programs that were killed have left: their number stands in the name."""
        for folder in _FOLDERS:
            for path in folder.glob("zhihui-*-????????????"):
                pid = path.name.split("-")[1]
                if pid.isdigit() and not _lives(int(pid)):
                    with contextlib.suppress(OSError):
                        path.unlink()

    def forget(self) -> None:
        """Give the memory back once both sides have let go of it; call it on the maker's side."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    # the decoder's side

    def wanted(self) -> tuple[tuple[int, int], float, int]:
        """Return the box (pixels), the seconds between pictures, and the last number taken."""
        head = self._head[0]
        box = (int(head["want_width"]), int(head["want_height"]))
        return box, int(head["every_us"]) / 1e6, int(head["taken"])

    def paint(
        self, pixels: NDArray[np.uint8], *, number: int, taken_us: int, taken_s: float
    ) -> None:
        """Put the next picture on.

        Args:
            pixels: Shape (height, width, 4), rows may be padded; no larger than the capacity.
            number: Higher than every one before.
            taken_us: When its frame arrived, Unix microseconds.
            taken_s: The same on ``time.monotonic``.
        """
        at = number % _PLACES
        height, width = pixels.shape[:2]
        place = self._head["places"][0]
        place["number"][at] = 0
        self._pixels[at][: height * width * 4].reshape(height, width, 4)[:] = pixels
        place["width"][at], place["height"][at] = width, height
        place["taken_us"][at], place["taken_ns"][at] = taken_us, round(taken_s * 1e9)
        place["number"][at] = number
        self._head["latest"][0] = number

    def note_frame(self, now_s: float, *, decoded: int, scaled: int) -> None:
        """Say that a frame came; that ends every trouble."""
        head = self._head
        head["decoded"][0], head["scaled"][0] = decoded, scaled
        head["trouble"][0] = 0
        head["frame_ns"][0] = round(now_s * 1e9)

    def note_trouble(self, trouble: Trouble) -> None:
        """Say why there is no picture."""
        self._head["trouble"][0] = _TROUBLES.index(trouble) + 1

    def note_times(
        self, *, opening_s: float | None, first_s: float | None, key_s: float | None
    ) -> None:
        """Say how long opening, first frame and one key unit to the next took, seconds."""
        for name, value in (("opening_ms", opening_s), ("first_ms", first_s), ("key_ms", key_s)):
            if value is not None:
                self._head[name][0] = max(1, round(value * 1000))

    # the viewer's side

    def want(self, width: int, height: int, fps: float) -> None:
        """Say how large and how often pictures are wanted."""
        head = self._head
        head["want_width"][0], head["want_height"][0] = width, height
        head["every_us"][0] = round(1e6 / fps)

    @property
    def latest(self) -> int:
        """Number of the newest picture, 0 before the first."""
        return int(self._head["latest"][0])

    @property
    def counts(self) -> tuple[int, int]:
        """How many frames were decoded, and how many of them scaled."""
        return int(self._head["decoded"][0]), int(self._head["scaled"][0])

    @property
    def trouble(self) -> Trouble | None:
        """Why there is no picture."""
        code = int(self._head["trouble"][0])
        return _TROUBLES[code - 1] if 0 < code <= len(_TROUBLES) else None

    @property
    def frame_s(self) -> float | None:
        """When the last frame came, on ``time.monotonic``."""
        at_ns = int(self._head["frame_ns"][0])
        return at_ns / 1e9 if at_ns else None

    @property
    def times_s(self) -> tuple[float | None, float | None, float | None]:
        """Seconds that opening, first frame and one key unit to the next took."""
        head = self._head
        opening, first, key = (int(head[n][0]) for n in ("opening_ms", "first_ms", "key_ms"))
        return (
            opening / 1000 if opening else None,
            first / 1000 if first else None,
            key / 1000 if key else None,
        )

    def read(self, after: int, *, take: bool) -> Painted | None:
        """Return the newest picture if its number is above ``after``.

        Args:
            after: Number of the picture seen before.
            take: Whether there is room for the next now.
        """
        for _ in range(_TRIES):
            number = self.latest
            if number <= after:
                return None
            at = number % _PLACES
            place = self._head["places"][0]
            if int(place["number"][at]) != number:
                continue
            width, height = int(place["width"][at]), int(place["height"][at])
            taken_us, taken_ns = int(place["taken_us"][at]), int(place["taken_ns"][at])
            size = width * height * 4
            if not 0 < size <= self.capacity:
                continue
            pixels = self._pixels[at][:size].reshape(height, width, 4).copy()
            if int(place["number"][at]) != number:
                continue
            if take:
                self._head["taken"][0] = number
            return Painted(number=number, taken_us=taken_us, taken_s=taken_ns / 1e9, pixels=pixels)
        return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is another person's
    return True
