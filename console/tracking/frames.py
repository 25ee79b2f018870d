"""Position frames: packed from columns, unpacked into columns, their order watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.protocol.positions import (
    DEGREES,
    INGEST,
    LIVE,
    UNKNOWN_U1,
    UNKNOWN_U2,
    FixFlag,
    PositionFrame,
)
from console.tracking.columns import ForceColumns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fixes:
    """Fixes in columns, in the order they came; unknown values are NaN."""

    unit: NDArray[np.int64]
    t_ms: NDArray[np.int64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    heading_deg: NDArray[np.float32]
    speed_mps: NDArray[np.float32]
    accuracy_m: NDArray[np.float32]
    flags: NDArray[np.uint16]


def _scaled(raw: NDArray[np.unsignedinteger], unknown: int, unit: float) -> NDArray[np.float32]:
    values = raw.astype(np.float32) * np.float32(unit)
    values[raw == unknown] = np.nan
    return values


def from_ingest(fixes: NDArray[np.void]) -> Fixes:
    """Return the fixes in an array of `INGEST`."""
    return Fixes(
        unit=fixes["unit"].astype(np.int64),
        t_ms=np.minimum(fixes["t_ms"], np.uint64(1 << 52)).astype(np.int64),
        lat=fixes["lat"] * DEGREES,
        lon=fixes["lon"] * DEGREES,
        heading_deg=_scaled(fixes["heading"], UNKNOWN_U2, 0.01),
        speed_mps=_scaled(fixes["speed"], UNKNOWN_U2, 0.01),
        accuracy_m=_scaled(fixes["accuracy"], UNKNOWN_U2, 0.1),
        flags=fixes["flags"] & np.uint16(FixFlag.ASLEEP),
    )


def from_frame(frame: PositionFrame) -> Fixes:
    """Return the fixes in a frame of `LIVE`."""
    fixes = frame.fixes
    heading = fixes["heading"].astype(np.float32) * np.float32(360.0 / 256.0)
    heading[(fixes["flags"] & FixFlag.NO_HEADING) != 0] = np.nan
    return Fixes(
        unit=fixes["unit"].astype(np.int64),
        t_ms=fixes["dt_ms"].astype(np.int64) + frame.t0_ms,
        lat=fixes["lat"] * DEGREES,
        lon=fixes["lon"] * DEGREES,
        heading_deg=heading,
        speed_mps=_scaled(fixes["speed"], UNKNOWN_U1, 0.25),
        accuracy_m=_scaled(fixes["accuracy"], UNKNOWN_U1, 1.0),
        flags=(fixes["flags"] & np.uint8(FixFlag.ASLEEP)).astype(np.uint16),
    )


def _byte(values: NDArray[np.float32], unit: float) -> NDArray[np.uint8]:
    scaled = np.rint(np.nan_to_num(values, nan=np.inf) / unit)
    clipped: NDArray[np.uint8] = np.clip(scaled, 0, UNKNOWN_U1).astype(np.uint8)
    return clipped


def pack_frame(
    columns: ForceColumns,
    nos: NDArray[np.int64],
    *,
    now_ms: int,
    seq: int,
    tile: int = 0,
    keyframe: bool = False,
) -> PositionFrame:
    """Return the fixes of the units ``nos`` as a frame.

    Args:
        columns: Where the fixes are.
        nos: Unit numbers that have a fix; shape (n,).
        now_ms: Unix milliseconds the frame's times count from.
        seq: Rises by one a frame of this tile.
        tile: Tile of interest, 0 for all.
        keyframe: Whether ``nos`` are all units of the tile.
    """
    live = np.zeros(len(nos), dtype=LIVE)
    heading = columns.heading_deg[nos]
    no_heading = np.isnan(heading)
    live["unit"] = nos
    live["dt_ms"] = np.clip(columns.t_ms[nos] - now_ms, -(2**31), 2**31 - 1)
    live["lat"] = np.rint(columns.lat[nos] / DEGREES)
    live["lon"] = np.rint(columns.lon[nos] / DEGREES)
    turns = np.rint(np.nan_to_num(heading) * (256.0 / 360.0)).astype(np.int64)
    live["heading"] = turns % 256
    live["speed"] = _byte(columns.speed_mps[nos], 0.25)
    live["accuracy"] = _byte(columns.accuracy_m[nos], 1.0)
    flags = (columns.flags[nos] & FixFlag.ASLEEP).astype(np.uint8)
    flags[no_heading] |= np.uint8(FixFlag.NO_HEADING)
    if keyframe:
        flags |= np.uint8(FixFlag.KEYFRAME)
    live["flags"] = flags
    return PositionFrame(tile, seq, now_ms, live)


def fixes_of(columns: ForceColumns, nos: NDArray[np.int64]) -> Fixes:
    """Return the fixes of some units, by their numbers."""
    return Fixes(
        unit=nos,
        t_ms=columns.t_ms[nos],
        lat=columns.lat[nos],
        lon=columns.lon[nos],
        heading_deg=columns.heading_deg[nos],
        speed_mps=columns.speed_mps[nos],
        accuracy_m=columns.accuracy_m[nos],
        flags=columns.flags[nos],
    )


def to_ingest(fixes: Fixes) -> NDArray[np.void]:
    """Return fixes as the array of `INGEST` that a device sends."""

    def word(values: NDArray[np.float32], unit: float) -> NDArray[np.uint16]:
        scaled = np.rint(np.nan_to_num(values, nan=np.inf) / unit)
        clipped: NDArray[np.uint16] = np.clip(scaled, 0, UNKNOWN_U2).astype(np.uint16)
        return clipped

    packed = np.zeros(len(fixes.unit), dtype=INGEST)
    packed["unit"], packed["t_ms"] = fixes.unit, fixes.t_ms
    packed["lat"] = np.rint(fixes.lat / DEGREES)
    packed["lon"] = np.rint(fixes.lon / DEGREES)
    packed["heading"] = word(fixes.heading_deg, 0.01)
    packed["speed"] = word(fixes.speed_mps, 0.01)
    packed["accuracy"] = word(fixes.accuracy_m, 0.1)
    packed["flags"] = fixes.flags
    return packed


class FrameOrder:
    """Watches the numbers of position frames, by tile.

    A fix says where a unit is, not how far it moved, so a frame after a gap is still good; but
    units that moved in the lost frame and not since are older than need be until a keyframe.
    """

    def __init__(self) -> None:
        self._last: dict[int, int] = {}
        self._waiting: set[int] = set()
        self.lost = 0

    @property
    def is_whole(self) -> bool:
        """Whether no tile waits for a keyframe."""
        return not self._waiting

    def take(self, frame: PositionFrame) -> bool:
        """Note a frame.

        Returns:
            Whether its tile is whole with it.
        """
        last = self._last.get(frame.tile)
        self._last[frame.tile] = frame.seq
        if frame.is_keyframe:
            self._waiting.discard(frame.tile)
        elif last is None or frame.seq != last + 1:
            self._waiting.add(frame.tile)
            self.lost += max(frame.seq - last - 1, 0) if last is not None else 0
        return frame.tile not in self._waiting
