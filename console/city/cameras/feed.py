"""One session's pictures, and the clock that sends them to all sessions."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Sequence
from typing import Protocol

from console.city.cameras.bands import Bands, ClockBands
from console.city.cameras.city import CameraCity
from console.city.cameras.faults import FaultKind
from console.city.cameras.live import LiveSource
from console.city.cameras.points import Joining, PointSpec
from console.city.cameras.settings import FRAME_RATE, GOP_FRAMES
from console.city.cameras.track import PacketTrack
from console.media.rtp import VIDEO_CLOCK_HZ, SenderReport

PAYLOAD_TYPE = 96
_TICK_CLOCK = VIDEO_CLOCK_HZ // FRAME_RATE
_HEAD = struct.Struct(">BBHBBHII")
_HEAD_BYTES = 12
_MASK = 0xFFFFFFFF
_REPORT_TICKS = 5 * FRAME_RATE
_MOST_HELD_BYTES = 1536 * 1024
_FEW_HELD_BYTES = 64 * 1024
_MOST_BEHIND_TICKS = FRAME_RATE
SLOTS = 4


class Feed(Protocol):
    """Gives a session its pictures."""

    def since(self, tick: int, now: int) -> Sequence[tuple[int, bool, tuple[bytes, ...]]]:
        """Return (tick, key, payloads) of the pictures after ``tick`` up to ``now``."""
        ...

    def newest_key(self, now: int) -> int | None:
        """Return the tick of the newest key picture."""
        ...


class SharedFeed:
    """Pictures of a shared track, with the point's own name in the key pictures.

    The picture of a tick follows from the time alone, so all who watch see the same.
    """

    def __init__(
        self,
        city: CameraCity,
        point: PointSpec,
        stream: str,
        track: PacketTrack,
        bands: Bands | ClockBands,
    ) -> None:
        self._city, self._point, self._stream = city, point, stream
        self._track: PacketTrack = track
        self._bands = bands

    def newest_key(self, now: int) -> int:
        """Return the tick of the newest key picture."""
        return now - (now + self._point.phase) % GOP_FRAMES

    def since(self, tick: int, now: int) -> list[tuple[int, bool, tuple[bytes, ...]]]:
        """Return (tick, key, payloads) of the pictures after ``tick`` up to ``now``."""
        found = []
        for number in range(tick + 1, now + 1):
            place = number + self._point.phase
            if place % GOP_FRAMES == 0:
                at_s = number / FRAME_RATE
                self._track = self._city.showing(self._point, self._stream, at_s) or self._track
            pictures = self._track.pictures
            picture = pictures[place % len(pictures)]
            payloads = picture.payloads
            if picture.key:
                bands = self._bands
                own = bands.at(number) if isinstance(bands, ClockBands) else bands
                payloads += own[picture.parity]
            found.append((number, picture.key, payloads))
        return found


class LiveFeed:
    """Pictures of a live point."""

    def __init__(self, source: LiveSource) -> None:
        self._source = source

    def newest_key(self, now: int) -> int | None:
        """Return the tick of the newest key picture, ``None`` before the first."""
        return self._source.key_tick or None

    def since(self, tick: int, now: int) -> list[tuple[int, bool, tuple[bytes, ...]]]:
        """Return (tick, key, payloads) of what has been encoded since ``tick``."""
        return [(one.tick, one.key, one.payloads) for one in self._source.after(tick)]


class Playing:
    """One stream on its way to one client, inside its RTSP connection.

    Args:
        channels: Interleaved channels of RTP and RTCP.
        ssrc: RTP source.
        seq: Sequence number of the first packet.
        offset: Added to every RTP timestamp.
    """

    def __init__(
        self,
        *,
        city: CameraCity,
        point: PointSpec,
        feed: Feed,
        transport: asyncio.WriteTransport,
        channels: tuple[int, int],
        ssrc: int,
        seq: int,
        offset: int,
    ) -> None:
        self._city, self._point, self._feed = city, point, feed
        self._transport, self._channels = transport, channels
        self._ssrc, self._offset = ssrc, offset
        self.seq = seq
        self._sent_tick: int | None = None
        self._report_tick = 0
        self._packets = self._octets = 0
        self._skipping = False
        self.skipped = 0

    def begin(self, now: int) -> int:
        """Fix with which picture the client begins; return its RTP timestamp.

        A point that caches its GOP begins with the newest key picture, another with what comes.
        """
        first = now + 1
        if self._point.joining is Joining.GOP or self._point.live:
            key = self._feed.newest_key(now)
            first = first if key is None else key
        self._sent_tick = first - 1
        return self.timestamp(first)

    def timestamp(self, tick: int) -> int:
        """Return the RTP timestamp of a tick."""
        return (self._offset + tick * _TICK_CLOCK) & _MASK

    def send(self, now: int) -> None:
        """Send what is due, unless the client reads too slowly: then wait for a key picture."""
        if self._sent_tick is None or self._transport.is_closing():
            return
        if now - self._sent_tick > GOP_FRAMES + _MOST_BEHIND_TICKS:
            self._sent_tick = now - 1
            self._skipping = True
        pictures = self._feed.since(self._sent_tick, now)
        if not pictures:
            return
        self._sent_tick = pictures[-1][0]
        if self._is_mute(now):
            return
        parts: list[bytes] = []
        held = self._transport.get_write_buffer_size()
        for tick, key, payloads in pictures:
            if held > _MOST_HELD_BYTES:
                self._skipping = True
            if self._skipping and not (key and held <= _FEW_HELD_BYTES):
                self.skipped += 1
                continue
            self._skipping = False
            held += self._put(parts, tick, payloads)
        if parts:
            self._report(parts, pictures[-1][0])
            self._transport.write(b"".join(parts))

    def _is_mute(self, now: int) -> bool:
        fault = self._city.fault(self._point, now / FRAME_RATE)
        if fault is None or fault.kind is not FaultKind.OFFLINE:
            return False
        self._skipping = True
        if fault.severity == 3:
            self._transport.abort()
        return True

    def _put(self, parts: list[bytes], tick: int, payloads: tuple[bytes, ...]) -> int:
        """Add one picture's packets; return their bytes."""
        timestamp = self.timestamp(tick)
        channel, seq, ssrc = self._channels[0], self.seq, self._ssrc
        last, size = len(payloads) - 1, 0
        for index, payload in enumerate(payloads):
            kind = PAYLOAD_TYPE | 0x80 if index == last else PAYLOAD_TYPE
            length = len(payload)
            parts.append(
                _HEAD.pack(0x24, channel, length + _HEAD_BYTES, 0x80, kind, seq, timestamp, ssrc)
            )
            parts.append(payload)
            seq = (seq + 1) & 0xFFFF
            size += length
        self.seq = seq
        self._packets += last + 1
        self._octets += size
        return size + 16 * (last + 1)

    def _report(self, parts: list[bytes], tick: int) -> None:
        if tick - self._report_tick < _REPORT_TICKS:
            return
        self._report_tick = tick
        report = SenderReport(
            ssrc=self._ssrc,
            unix_s=tick / FRAME_RATE,
            timestamp=self.timestamp(tick),
            packets=self._packets,
            octets=self._octets,
        ).to_bytes(self._point.id)
        head = bytes((0x24, self._channels[1])) + len(report).to_bytes(2, "big")
        # Before the pictures, so that a client knows their time from the first one on.
        parts.insert(0, head + report)


class Beat:
    """Sends to all sessions at the frame rate, a part of them at a time.

    It runs only while somebody watches.
    """

    def __init__(self) -> None:
        self._slots: list[set[Playing]] = [set() for _ in range(SLOTS)]
        self._timer: asyncio.TimerHandle | None = None
        self._step = 0

    @staticmethod
    def tick() -> int:
        """Return the present tick: 25ths of a second since 1970."""
        return int(time.time() * FRAME_RATE)

    @property
    def watched(self) -> int:
        """Streams that are being sent."""
        return sum(len(slot) for slot in self._slots)

    def add(self, playing: Playing) -> None:
        """Begin to send to a session."""
        min(self._slots, key=len).add(playing)
        if self._timer is None:
            self._schedule()

    def remove(self, playing: Playing) -> None:
        """Send no more to a session."""
        for slot in self._slots:
            slot.discard(playing)

    def stop(self) -> None:
        """Send to nobody any more."""
        for slot in self._slots:
            slot.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        rate = FRAME_RATE * SLOTS
        now_s = time.time()
        self._step = int(now_s * rate) + 1
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._step / rate - now_s, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self.tick()
        # A slot passed over while the loop was busy catches up at its next turn.
        for playing in list(self._slots[self._step % SLOTS]):
            playing.send(now)
        if self.watched:
            self._schedule()
