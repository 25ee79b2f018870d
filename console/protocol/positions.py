"""Packed positions: what devices send in, and what central sends out once a second.

Coordinates are WGS-84 in units of 1e-7 degree (11 mm); little-endian throughout.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from console.protocol.codec import MessageError

#: What a handheld, vehicle terminal or gateway sends: 28 bytes a fix.
INGEST = np.dtype(
    [
        ("unit", "<u4"),  # the unit's number
        ("t_ms", "<u8"),  # Unix milliseconds of the fix, by the device
        ("lat", "<i4"),
        ("lon", "<i4"),
        ("heading", "<u2"),  # hundredths of a degree, 65535 unknown
        ("speed", "<u2"),  # cm/s, 65535 unknown
        ("accuracy", "<u2"),  # decimetres, 65535 unknown
        ("flags", "<u2"),
    ]
)
#: What central sends to consoles: 20 bytes a fix.
LIVE = np.dtype(
    [
        ("unit", "<u4"),
        ("dt_ms", "<i4"),  # time of the fix less the frame's t0, mostly negative
        ("lat", "<i4"),
        ("lon", "<i4"),
        ("heading", "u1"),  # 256ths of a turn
        ("speed", "u1"),  # quarter metres a second, 255 unknown or faster
        ("accuracy", "u1"),  # metres, 255 unknown or worse
        ("flags", "u1"),
    ]
)
_HEAD = struct.Struct("<cIIQI")
UNKNOWN_U2 = 65535
UNKNOWN_U1 = 255
MAX_FIXES = 1_000_000
#: No clock says a later time, Unix milliseconds: the year 144683.
MAX_MS = 1 << 52
DEGREES = 1e-7


class FixFlag(IntFlag):
    """What else is known of a fix."""

    NONE = 0
    ASLEEP = 1  # the page that sent it has lost its position since (screen locked)
    KEYFRAME = 2  # the frame holds every unit of the tile
    NO_HEADING = 4


@dataclass(frozen=True, slots=True)
class PositionFrame:
    """One frame of positions.

    Attributes:
        tile: Tile of interest the fixes lie in, 0 for all.
        seq: Rises by one a frame of this tile; a gap means wait for the next keyframe.
        t0_ms: Unix milliseconds that the fixes' times count from.
        fixes: Array of `LIVE`, shape (n,).
    """

    tile: int
    seq: int
    t0_ms: int
    fixes: NDArray[np.void]

    @property
    def is_keyframe(self) -> bool:
        """Whether the frame holds every unit of its tile."""
        return bool(len(self.fixes)) and bool(self.fixes["flags"][0] & FixFlag.KEYFRAME)

    def to_bytes(self) -> bytes:
        """Return the frame as it goes over the wire."""
        head = _HEAD.pack(b"P", self.tile, self.seq, self.t0_ms, len(self.fixes))
        return head + self.fixes.tobytes()


def is_position_frame(frame: bytes) -> bool:
    """Whether a binary frame holds positions rather than a message."""
    return frame[:1] == b"P"


def decode_frame(frame: bytes) -> PositionFrame:
    """Return the positions in a frame.

    Raises:
        MessageError: The frame is cut short, too long or none of ours.
    """
    if len(frame) < _HEAD.size or frame[:1] != b"P":
        raise MessageError("a position frame without its head")
    _, tile, seq, t0_ms, count = _HEAD.unpack_from(frame)
    if count > MAX_FIXES or len(frame) != _HEAD.size + count * LIVE.itemsize:
        raise MessageError(f"a position frame of {len(frame)} bytes that says {count} fixes")
    if t0_ms > MAX_MS:
        raise MessageError(f"a position frame of the time {t0_ms} ms")
    fixes = np.frombuffer(frame, dtype=LIVE, offset=_HEAD.size)
    return PositionFrame(tile, seq, t0_ms, fixes)


def decode_ingest(body: bytes) -> NDArray[np.void]:
    """Return the fixes a device sent, shape (n,), dtype `INGEST`.

    Raises:
        MessageError: The body is no whole number of fixes, or too many.
    """
    if len(body) % INGEST.itemsize or len(body) > MAX_FIXES * INGEST.itemsize:
        raise MessageError(f"{len(body)} bytes are no whole number of {INGEST.itemsize}-byte fixes")
    return np.frombuffer(body, dtype=INGEST)
