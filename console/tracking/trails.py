"""Trails: where units were, thinned as fixes come and packed for keeping.

A chunk holds the kept fixes of one unit in one slot of ten minutes. Its columns are steps: seconds
since the fix before, millionths of a degree (11 cm) since the place before; they are compressed
together. A walker's fix takes about four bytes.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.domain.errors import ZhihuiError
from console.geo.bounds import Bounds

SLOT_MS = 600_000
#: A fix this near to the last kept one says nothing new …
STILL_M = 4.0
#: … until so much time has passed: that somebody stood there is part of the story.
AT_LEAST_EVERY_MS = 60_000
_METRES_A_DEGREE = 111_195.0
_MICRO = 1e6
_HEAD = struct.Struct("<BQiiH")  # layout, first time in ms, first place in 1e-6 degree, count
_SMALL, _LARGE = 1, 2
_COLUMNS = {_SMALL: ("<u2", "<i2"), _LARGE: ("<u4", "<i4")}
_EFFORT = 6

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


class TrailError(ZhihuiError):
    """Bytes that are no chunk of a trail."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trail:
    """Where one unit was, oldest first; all arrays have shape (n,).

    Attributes:
        unit_no: The unit's number.
        t_ms: Unix milliseconds, rising, to the second.
        lat: WGS-84 degrees, to 1e-6.
        lon: WGS-84 degrees.
    """

    unit_no: int
    t_ms: Longs
    lat: Floats
    lon: Floats

    def __len__(self) -> int:
        return len(self.t_ms)

    def between(self, from_ms: int, to_ms: int) -> Trail:
        """Return the part from one time up to another, both included."""
        first = int(np.searchsorted(self.t_ms, from_ms))
        last = int(np.searchsorted(self.t_ms, to_ms, side="right"))
        part = slice(first, last)
        return Trail(
            unit_no=self.unit_no, t_ms=self.t_ms[part], lat=self.lat[part], lon=self.lon[part]
        )

    @property
    def bounds(self) -> Bounds:
        """The rectangle it lies in."""
        return Bounds.around(self.lat, self.lon)


def pack_trail(trail: Trail) -> bytes:
    """Return a trail as a chunk.

    Raises:
        TrailError: It is empty, longer than 65,535 fixes, or its times do not rise.
    """
    count = len(trail)
    if not 0 < count <= 0xFFFF:
        raise TrailError(f"A trail of {count} fixes cannot be packed.")
    seconds = trail.t_ms // 1000
    steps = np.diff(seconds)
    if (steps < 0).any():
        raise TrailError("The times of a trail must rise.")
    lat = np.rint(trail.lat * _MICRO).astype(np.int64)
    lon = np.rint(trail.lon * _MICRO).astype(np.int64)
    north, east = np.diff(lat), np.diff(lon)
    fits = count == 1 or (
        steps.max() <= 0xFFFF and max(np.abs(north).max(), np.abs(east).max()) <= 0x7FFF
    )
    layout = _SMALL if fits else _LARGE
    time_type, place_type = _COLUMNS[layout]
    body = b"".join((
        _split(steps.astype(time_type)), _split(north.astype(place_type)),
        _split(east.astype(place_type)),
    ))  # fmt: skip
    head = _HEAD.pack(layout, int(seconds[0]) * 1000, int(lat[0]), int(lon[0]), count)
    return head + zlib.compress(body, _EFFORT)


def unpack_trail(unit_no: int, chunk: bytes) -> Trail:
    """Return the trail in a chunk.

    Raises:
        TrailError: The bytes are no chunk, or damaged.
    """
    try:
        layout, first_ms, lat0, lon0, count = _HEAD.unpack_from(chunk)
        time_type, place_type = _COLUMNS[layout]
        body = zlib.decompressobj().decompress(chunk[_HEAD.size :], 12 * 0xFFFF)
        steps_size = (count - 1) * np.dtype(time_type).itemsize
        side = (count - 1) * np.dtype(place_type).itemsize
        if count == 0 or len(body) != steps_size + 2 * side:
            raise TrailError("A chunk of a trail has a wrong length.")
    except (struct.error, KeyError, zlib.error) as error:
        raise TrailError(f"A chunk of a trail is damaged ({error}).") from error
    steps = _joined(body[:steps_size], time_type)
    north = _joined(body[steps_size : steps_size + side], place_type)
    east = _joined(body[steps_size + side :], place_type)
    return Trail(
        unit_no=unit_no,
        t_ms=_sums(first_ms // 1000, steps) * 1000,
        lat=_sums(lat0, north) / _MICRO,
        lon=_sums(lon0, east) / _MICRO,
    )


def unpack_trails(rows: Sequence[tuple[int, bytes]]) -> list[Trail]:
    """Return one trail a unit from many chunks, unpacked together.

    Args:
        rows: Unit numbers and chunks, those of one unit together and in the order of time.

    Raises:
        TrailError: One is no chunk, or damaged.
    """
    large = {unit for unit, chunk in rows if chunk[:1] != bytes([_SMALL])}
    by_unit: dict[int, list[Trail]] = {}
    for unit, chunk in rows:
        if unit in large:
            by_unit.setdefault(unit, []).append(unpack_trail(unit, chunk))
    found = {unit: joined(unit, parts) for unit, parts in by_unit.items()}
    found |= _unpack_small([row for row in rows if row[0] not in large])
    return [found[unit] for unit in dict.fromkeys(unit for unit, _ in rows)]


def _unpack_small(rows: Sequence[tuple[int, bytes]]) -> dict[int, Trail]:
    if not rows:
        return {}
    bodies, heads = [], []
    for _, chunk in rows:
        try:
            heads.append(_HEAD.unpack_from(chunk)[1:])
            bodies.append(zlib.decompressobj().decompress(chunk[_HEAD.size :], 12 * 0xFFFF))
        except (struct.error, zlib.error) as error:
            raise TrailError(f"A chunk of a trail is damaged ({error}).") from error
    first = np.array(heads, np.int64).reshape(-1, 4)
    count = first[:, 3]
    steps = count - 1
    sizes = np.fromiter((len(body) for body in bodies), np.int64, len(bodies))
    if (count == 0).any() or (sizes != 6 * steps).any():
        raise TrailError("A chunk of a trail has a wrong length.")
    planes = np.frombuffer(b"".join(bodies), np.uint8)
    chunk_of = np.repeat(np.arange(len(rows)), count)
    begin = np.cumsum(count) - count
    within = np.arange(int(count.sum())) - begin[chunk_of]
    is_step = within > 0
    at = (np.cumsum(sizes) - sizes)[chunk_of[is_step]] + within[is_step] - 1
    stride = steps[chunk_of[is_step]]

    def column(number: int, start: Longs, kind: type[np.generic]) -> Longs:
        low, high = planes[at + 2 * number * stride], planes[at + (2 * number + 1) * stride]
        values = (low.astype(np.uint16) | (high.astype(np.uint16) << 8)).view(kind)
        every = np.zeros(len(within), np.int64)
        every[is_step] = values
        every[begin] = start
        sums = np.cumsum(every)
        return np.asarray(sums - np.repeat(sums[begin] - start, count), np.int64)

    t_ms = column(0, first[:, 0] // 1000, np.uint16) * 1000
    lat = column(1, first[:, 1], np.int16) / _MICRO
    lon = column(2, first[:, 2], np.int16) / _MICRO
    units = np.array([unit for unit, _ in rows], np.int64)[chunk_of]
    edges = [0, *(np.flatnonzero(np.diff(units)) + 1).tolist(), len(units)]
    return {
        int(units[a]): Trail(unit_no=int(units[a]), t_ms=t_ms[a:b], lat=lat[a:b], lon=lon[a:b])
        for a, b in itertools.pairwise(edges)
    }


def _split(column: NDArray[np.generic]) -> bytes:
    """Return the low bytes of all numbers, then the next: alike bytes compress better together."""
    return column.view(np.uint8).reshape(len(column), column.dtype.itemsize).T.tobytes()


def _joined(body: bytes, kind: str) -> Longs:
    size = np.dtype(kind).itemsize
    planes = np.frombuffer(body, np.uint8).reshape(size, -1)
    return np.ascontiguousarray(planes.T).view(kind).ravel().astype(np.int64)


def _sums(first: int, steps: Longs) -> Longs:
    return np.concatenate([[first], first + np.cumsum(steps)]).astype(np.int64)


def joined(unit_no: int, parts: Sequence[Trail]) -> Trail:
    """Return parts of one unit's trail as one, in the order of their times."""
    ordered = sorted((part for part in parts if len(part)), key=lambda part: int(part.t_ms[0]))
    if not ordered:
        return Trail(unit_no=unit_no, t_ms=np.zeros(0, np.int64), lat=np.zeros(0), lon=np.zeros(0))
    return Trail(
        unit_no=unit_no,
        t_ms=np.concatenate([part.t_ms for part in ordered]),
        lat=np.concatenate([part.lat for part in ordered]),
        lon=np.concatenate([part.lon for part in ordered]),
    )


class Thinner:
    """Decides which fixes are worth keeping, and holds those of the slots still open."""

    def __init__(self) -> None:
        self._last = np.zeros((0, 3))  # time in ms, latitude, longitude of the last kept fix
        self._open: dict[tuple[int, int], list[tuple[int, float, float]]] = {}
        self._changed: set[tuple[int, int]] = set()
        self.seen = self.kept = 0

    def take(self, unit_no: Longs, t_ms: Longs, lat: Floats, lon: Floats) -> None:
        """Take fixes, at most one a unit, newer than those before; shape (n,) each."""
        if not len(unit_no):
            return
        self._reserve(int(unit_no.max()))
        last = self._last[unit_no]
        north = (lat - last[:, 1]) * _METRES_A_DEGREE
        east = (lon - last[:, 2]) * _METRES_A_DEGREE * np.cos(np.radians(lat))
        moved = np.hypot(north, east) >= STILL_M
        waited = t_ms - last[:, 0] >= AT_LEAST_EVERY_MS
        keep = np.flatnonzero((moved | waited) & (t_ms > last[:, 0]))
        self.seen, self.kept = self.seen + len(unit_no), self.kept + len(keep)
        no = unit_no[keep]
        self._last[no] = np.column_stack([t_ms[keep], lat[keep], lon[keep]])
        for unit, at, north_, east_ in zip(
            no.tolist(), t_ms[keep].tolist(), lat[keep].tolist(), lon[keep].tolist(), strict=True
        ):
            key = (at // SLOT_MS, unit)
            self._open.setdefault(key, []).append((at, north_, east_))
            self._changed.add(key)

    def changed(self) -> list[tuple[int, Trail]]:
        """Return slot and trail of what grew since the last call."""
        grown = [(slot, self._trail(slot, unit)) for slot, unit in sorted(self._changed)]
        self._changed = set()
        return grown

    def again(self, trails: Iterable[tuple[int, Trail]]) -> None:
        """Take note that what `changed` gave was not kept after all; what was let go stays so."""
        keys = {(slot, trail.unit_no) for slot, trail in trails}
        self._changed |= keys & self._open.keys()

    def forget_before(self, t_ms: int) -> None:
        """Let go of slots that ended before a time and were given out by `changed`."""
        done = [
            key for key in self._open if (key[0] + 1) * SLOT_MS <= t_ms and key not in self._changed
        ]
        for key in done:
            del self._open[key]

    @property
    def held(self) -> int:
        """How many fixes are held."""
        return sum(map(len, self._open.values()))

    def drop_oldest(self, most: int) -> int:
        """Let go of the oldest slots until at most so many fixes are held.

        Returns:
            How many fixes are lost so: those of slots that have not grown since `changed` gave
            them out are kept elsewhere.
        """
        lost, held = 0, self.held
        for key in sorted(self._open):
            if held <= most:
                break
            size = len(self._open.pop(key))
            held -= size
            if key in self._changed:
                self._changed.discard(key)
                lost += size
        return lost

    def open_since(self, from_ms: int, units: Iterable[int] | None = None) -> list[Trail]:
        """Return the trails of the slots still held that reach past a time."""
        wanted = None if units is None else set(units)
        return [
            self._trail(slot, unit)
            for slot, unit in sorted(self._open)
            if (slot + 1) * SLOT_MS > from_ms and (wanted is None or unit in wanted)
        ]

    def _trail(self, slot: int, unit: int) -> Trail:
        rows = np.array(self._open[slot, unit], float).reshape(-1, 3)
        return Trail(unit_no=unit, t_ms=rows[:, 0].astype(np.int64), lat=rows[:, 1], lon=rows[:, 2])

    def _reserve(self, no: int) -> None:
        if no >= len(self._last):
            room = np.zeros((2 * no + 64, 3))
            room[: len(self._last)] = self._last
            self._last = room


class Replayer:
    """Where every unit of some trails was at any time between, in columns."""

    def __init__(self, trails: Sequence[Trail]) -> None:
        """Take trails, one a unit."""
        held = [trail for trail in trails if len(trail)]
        self.unit_no = np.array([trail.unit_no for trail in held], np.int64)
        sizes = np.array([len(trail) for trail in held], np.int64)
        self._ends = np.cumsum(sizes)
        self._begins = self._ends - sizes
        self._t_ms, self._lat, self._lon = (
            np.concatenate([getattr(trail, name) for trail in held]) if held else np.zeros(0)
            for name in ("t_ms", "lat", "lon")
        )
        # One rising key for all trails lets one search serve them all.
        self._first_ms = int(self._t_ms.min()) if held else 0
        self._span_ms = int(self._t_ms.max()) - self._first_ms + 2 if held else 1
        trail_of = np.repeat(np.arange(len(held)), sizes)
        self._key = trail_of * self._span_ms + (self._t_ms - self._first_ms)

    @property
    def begins_ms(self) -> int:
        """Time of the first fix, Unix milliseconds, 0 when there is none."""
        return self._first_ms if len(self.unit_no) else 0

    @property
    def ends_ms(self) -> int:
        """Time of the last fix."""
        return int(self._t_ms.max()) if len(self.unit_no) else 0

    def at(self, t_ms: int) -> tuple[Longs, Longs, Floats, Floats]:
        """Return unit numbers, times, latitudes and longitudes of the last fix before a time.

        Units without a fix by then are left out; nothing is guessed between fixes.
        """
        offset = min(max(t_ms - self._first_ms, -1), self._span_ms - 2)
        wanted = np.arange(len(self.unit_no)) * self._span_ms + offset
        row = np.searchsorted(self._key, wanted, side="right") - 1
        known = row >= self._begins
        row = row[known]
        return (
            self.unit_no[known], self._t_ms[row].astype(np.int64), self._lat[row], self._lon[row]
        )  # fmt: skip
