"""Who is inside one watched area, and how that is kept over a restart."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from console.domain.areas import Area
from console.domain.errors import ZhihuiError
from console.geo.bounds import Bounds
from console.geo.polygons import in_ring

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
_NEVER = int(np.iinfo(np.int64).min)
_EVER = int(np.iinfo(np.int64).max)
#: Who left is remembered for so long: a last fix that was kept earlier says nothing against it.
_LEFT_KEPT_MS = 3_600_000


class FenceStateError(ZhihuiError):
    """What was kept of an area cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaState:
    """Who is inside an area, ready to be kept.

    Attributes:
        outline_crc: Of the outline it is true of.
        empty_since: Unix milliseconds.
        no: Numbers of the units inside.
        since: Since when each is, Unix milliseconds.
        stayed: Whether it was told that each stays too long.
        left: Who left lately, with the Unix milliseconds.
    """

    outline_crc: int
    empty_since: int
    absence_told: bool
    no: Longs
    since: Longs
    stayed: Bools
    left: dict[int, int]

    def pack(self) -> bytes:
        """Return it as bytes."""
        parts = (
            self.outline_crc,
            self.empty_since,
            self.absence_told,
            self.no.astype("<u4").tobytes(),
            self.since.astype("<i8").tobytes(),
            self.stayed.astype("u1").tobytes(),
            self.left,
        )
        return msgspec.msgpack.encode(parts)

    @classmethod
    def unpack(cls, body: bytes) -> AreaState:
        """Return what was packed.

        Raises:
            FenceStateError: The bytes are damaged.
        """
        shape = tuple[int, int, bool, bytes, bytes, bytes, dict[int, int]]
        try:
            crc, empty, told, no, since, stayed, left = msgspec.msgpack.decode(body, type=shape)
            state = cls(
                outline_crc=crc,
                empty_since=empty,
                absence_told=told,
                no=np.frombuffer(no, "<u4").astype(np.int64),
                since=np.frombuffer(since, "<i8").astype(np.int64),
                stayed=np.frombuffer(stayed, "u1").astype(bool),
                left=left,
            )
        except (msgspec.MsgspecError, ValueError) as error:
            raise FenceStateError(f"Who is inside an area cannot be read: {error}.") from error
        if not len(state.no) == len(state.since) == len(state.stayed):
            raise FenceStateError("Who is inside an area cannot be read: its columns differ.")
        return state


class Watched:
    """One area with who is inside, by unit number.

    Attributes:
        differs: Whether anything changed that is worth keeping.
    """

    def __init__(self, area: Area, size: int, now_ms: int) -> None:
        self.ring = np.array(area.outline, float)
        self.outline_crc = zlib.crc32(self.ring.tobytes())
        self._box = Bounds.around(self.ring[:, 0], self.ring[:, 1])
        self.inside: Bools = np.zeros(size, bool)
        self.since: Longs = np.full(size, _NEVER, np.int64)
        self.stayed: Bools = np.zeros(size, bool)  # staying was told of
        self.left: dict[int, int] = {}
        self.count = 0
        self.differs = True
        self.use(area)
        self.empty_since = max(now_ms, self.starts_ms)
        self.absence_told = False

    def use(self, area: Area) -> None:
        """Follow the same outline with other rules or times."""
        self.area = area
        self.starts_ms = _NEVER if area.starts_at is None else _ms(area.starts_at.timestamp())
        self.ends_ms = _EVER if area.ends_at is None else _ms(area.ends_at.timestamp())

    def grow(self, size: int) -> None:
        """Make room for more unit numbers."""
        more = size - len(self.inside)
        if more > 0:
            self.inside = np.concatenate([self.inside, np.zeros(more, bool)])
            self.stayed = np.concatenate([self.stayed, np.zeros(more, bool)])
            self.since = np.concatenate([self.since, np.full(more, _NEVER, np.int64)])

    def concerned(self, no: Longs, lat: Floats, lon: Floats) -> NDArray[np.intp]:
        """Return which fixes may change anything: near the outline, or of somebody inside."""
        near = self._box.mask(lat, lon)
        if self.count:
            near = near | self.inside[no]
        return np.flatnonzero(near)

    def takes(self, no: Longs, t_ms: Longs) -> Bools:
        """Return which fixes are in the area's time, and not older than what is known here."""
        held = (t_ms >= self.starts_ms) & (t_ms < self.ends_ms)
        held &= ~self.inside[no] | (t_ms >= self.since[no])
        if self.left:
            held &= t_ms > np.array([self.left.get(one, _NEVER) for one in no.tolist()], np.int64)
        return held

    def holds(self, lat: Floats, lon: Floats) -> Bools:
        """Return which places are inside."""
        return in_ring(lat, lon, self.ring)

    def come(self, no: Longs, t_ms: Longs) -> None:
        """Note who is inside from now on."""
        if len(no):
            self.inside[no], self.since[no], self.stayed[no] = True, t_ms, False
            self.count += len(no)
            self.differs = True

    def go(self, no: Longs, t_ms: Longs) -> None:
        """Note who is inside no more."""
        if len(no):
            self.inside[no], self.stayed[no] = False, False
            self.count -= len(no)
            self.left.update(zip(no.tolist(), t_ms.tolist(), strict=True))
            self.differs = True

    def take_out(self, no: Longs, now_ms: int) -> None:
        """Take units out that are nowhere any more."""
        there = no[self.inside[no]]
        for one in no.tolist():
            self.left.pop(one, None)
        if len(there):
            self.inside[there], self.stayed[there] = False, False
            self.count -= len(there)
            self.differs = True
            if not self.count:
                self.empty_since = max(now_ms, self.empty_since)

    def begin_again(self, now_ms: int) -> None:
        """Count every time from now."""
        self.since[self.inside] = now_ms
        self.empty_since = max(now_ms, self.empty_since)
        self.differs = True

    def state(self) -> AreaState:
        """Return who is inside, ready to be kept."""
        no = np.flatnonzero(self.inside)
        newest = max(self.left.values(), default=0)
        self.left = {one: at for one, at in self.left.items() if newest - at < _LEFT_KEPT_MS}
        return AreaState(
            outline_crc=self.outline_crc,
            empty_since=self.empty_since,
            absence_told=self.absence_told,
            no=no,
            since=self.since[no],
            stayed=self.stayed[no],
            left=dict(self.left),
        )

    def restore(self, state: AreaState) -> None:
        """Take who was inside when it was kept."""
        self.inside[:] = False
        self.inside[state.no], self.since[state.no] = True, state.since
        self.stayed[state.no] = state.stayed
        self.left = dict(state.left)
        self.count = len(state.no)
        self.empty_since, self.absence_told = state.empty_since, state.absence_told


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
