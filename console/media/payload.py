"""NAL units in RTP payloads: H.264 (RFC 6184, mode 1) and H.265 (RFC 7798, without DONL)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.media.errors import MediaError
from console.media.nal import Codec, is_key, join_annex_b, nal_type
from console.media.rtp import RtpPacket

#: Leaves room for the RTP, UDP and IP heads in an Ethernet frame.
MAX_PAYLOAD_BYTES = 1400
MAX_UNIT_BYTES = 16 << 20
_STAP_A, _FU_A = 24, 28
_AP, _FU = 48, 49
_SINGLE_LAST_H264 = 23
_SINGLE_LAST_H265 = 47
_AGGREGATE_BELOW_BYTES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnit:
    """The NAL units of one picture.

    Attributes:
        timestamp: RTP timestamp, 90 kHz, modulo 2³².
        key: Decoding can begin here.
    """

    timestamp: int
    nals: tuple[bytes, ...]
    key: bool

    def annex_b(self) -> bytes:
        """Return the units as a decoder takes them."""
        return join_annex_b(self.nals)


def packetise(
    codec: Codec, nals: Iterable[bytes], max_payload: int = MAX_PAYLOAD_BYTES
) -> list[bytes]:
    """Return the RTP payloads of one access unit; the last one's packet carries the marker.

    Small units that follow each other (parameter sets, SEI) share one packet; large ones are
    cut into fragments.

    Args:
        codec: What the units are.
        nals: Units without start code, in decoding order.
        max_payload: Bytes of a payload, at least 64.

    Raises:
        MediaError: A unit is shorter than its header, or ``max_payload`` is too small.
    """
    if max_payload < 64:
        raise MediaError("RTP payload size", f"{max_payload} bytes are too few")
    payloads: list[bytes] = []
    small: list[bytes] = []
    header = 1 if codec is Codec.H264 else 2
    for nal in nals:
        _check_unit(codec, nal)
        fits = header + sum(len(one) + 2 for one in [*small, nal]) <= max_payload
        if small and (not fits or len(nal) > _AGGREGATE_BELOW_BYTES):
            payloads.append(_aggregate(codec, small))
            small = []
        if len(nal) <= min(_AGGREGATE_BELOW_BYTES, max_payload - header - 2):
            small.append(nal)
        elif len(nal) <= max_payload:
            payloads.append(bytes(nal))
        else:
            payloads.extend(_fragments(codec, nal, max_payload))
    if small:
        payloads.append(_aggregate(codec, small))
    return payloads


def _check_unit(codec: Codec, nal: bytes) -> None:
    kind = nal_type(codec, nal)
    last = _SINGLE_LAST_H264 if codec is Codec.H264 else _SINGLE_LAST_H265
    if kind > last or (codec is Codec.H264 and not kind):
        raise MediaError("NAL unit", f"type {kind} means something else in RTP", nal)


def _aggregate(codec: Codec, nals: Sequence[bytes]) -> bytes:
    if len(nals) == 1:
        return bytes(nals[0])
    body = b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)
    if codec is Codec.H264:
        importance = max(nal[0] & 0x60 for nal in nals)
        return bytes((importance | _STAP_A,)) + body
    layer = min((nal[0] & 1) << 5 | nal[1] >> 3 for nal in nals)
    temporal = min(nal[1] & 7 for nal in nals)
    return bytes((_AP << 1 | layer >> 5, (layer & 0x1F) << 3 | temporal)) + body


def _fragments(codec: Codec, nal: bytes, max_payload: int) -> list[bytes]:
    if codec is Codec.H264:
        head = bytes((nal[0] & 0xE0 | _FU_A,))
        kind, body = nal[0] & 0x1F, nal[1:]
    else:
        head = bytes((nal[0] & 0x81 | _FU << 1, nal[1]))
        kind, body = nal[0] >> 1 & 0x3F, nal[2:]
    step = max_payload - len(head) - 1
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    last = len(pieces) - 1
    return [
        head + bytes(((index == 0) << 7 | (index == last) << 6 | kind,)) + piece
        for index, piece in enumerate(pieces)
    ]


class Depacketiser:
    """Puts access units together again from the RTP packets of one stream, in order.

    A gap in the sequence drops the access unit it falls into, and is counted; nothing is
    emitted half.

    Attributes:
        lost: Packets missing so far.
        dropped: Access units thrown away so far, for a gap or for malformed packets.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._nals: list[bytes] = []
        self._size = 0
        self._fragment: bytearray | None = None
        self._timestamp: int | None = None
        self._next_seq: int | None = None
        self._broken = False
        self._joined = False
        self.lost = 0
        self.dropped = 0

    def feed(self, packet: RtpPacket) -> list[AccessUnit]:
        """Take the next packet and return the access units it completes (none, one or two).

        Raises:
            MediaError: The payload is malformed; its access unit is dropped, feeding may go on.
        """
        done: list[AccessUnit] = []
        gap = 0 if self._next_seq is None else (packet.seq - self._next_seq) & 0xFFFF
        self._next_seq = (packet.seq + 1) & 0xFFFF
        if gap:
            self.lost += gap if gap < 0x8000 else 0
            self._break()
        if self._timestamp is not None and packet.timestamp != self._timestamp:
            # The marker was lost or never sent: what is held is whole unless a gap is in it.
            self._finish(done)
            self._broken = bool(gap)
        self._timestamp = packet.timestamp
        try:
            self._take(packet.payload)
        except MediaError:
            self._break()
            if packet.marker:
                self._finish(done)
            raise
        if packet.marker:
            self._finish(done)
        return done

    def _break(self) -> None:
        self._broken = True
        self._fragment = None
        self._nals.clear()
        self._size = 0

    def _finish(self, done: list[AccessUnit]) -> None:
        whole = self._nals and self._fragment is None and not self._broken
        if whole and self._timestamp is not None:
            key = any(is_key(self._codec, nal) for nal in self._nals)
            done.append(AccessUnit(timestamp=self._timestamp, nals=tuple(self._nals), key=key))
        elif self._broken or self._fragment is not None:
            self.dropped += 1
        self._nals.clear()
        self._size = 0
        self._fragment = None
        self._broken = False
        self._joined = True
        self._timestamp = None

    def _take(self, payload: bytes) -> None:
        if self._codec is Codec.H264:
            self._take_h264(payload)
        else:
            self._take_h265(payload)

    def _take_h264(self, payload: bytes) -> None:
        if not payload:
            raise MediaError("RTP payload", "it is empty")
        kind = payload[0] & 0x1F
        if 1 <= kind <= _SINGLE_LAST_H264:
            self._add(payload)
        elif kind == _STAP_A:
            self._add_aggregated(payload, 1)
        elif kind == _FU_A:
            if len(payload) < 3:
                raise MediaError("FU-A packet", "it is cut short", payload)
            head = bytes((payload[0] & 0xE0 | payload[1] & 0x1F,))
            self._add_fragment(head, payload[1], payload[2:])
        else:
            raise MediaError("H.264 payload", f"type {kind} is not used in mode 1", payload)

    def _take_h265(self, payload: bytes) -> None:
        if len(payload) < 2:
            raise MediaError("RTP payload", f"{len(payload)} bytes are too few", payload)
        kind = payload[0] >> 1 & 0x3F
        if kind <= _SINGLE_LAST_H265:
            self._add(payload)
        elif kind == _AP:
            self._add_aggregated(payload, 2)
        elif kind == _FU:
            if len(payload) < 4:
                raise MediaError("FU packet", "it is cut short", payload)
            head = bytes((payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]))
            self._add_fragment(head, payload[2], payload[3:])
        else:
            raise MediaError("H.265 payload", f"type {kind} is not known", payload)

    def _add(self, nal: bytes) -> None:
        if self._fragment is not None:
            raise MediaError("RTP payload", "a fragmented unit before it never ended", nal)
        self._grow(len(nal))
        if not self._broken:
            self._nals.append(nal)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > MAX_UNIT_BYTES:
            raise MediaError("access unit", f"it is larger than {MAX_UNIT_BYTES} bytes")

    def _add_aggregated(self, payload: bytes, at: int) -> None:
        shortest = at
        while at < len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            at += 2
            if size < shortest or at + size > len(payload):
                raise MediaError("aggregation packet", f"a unit of {size} bytes in it", payload)
            self._add(payload[at : at + size])
            at += size

    def _add_fragment(self, head: bytes, flags: int, body: bytes) -> None:
        if flags & 0x80:
            if self._fragment is not None:
                raise MediaError("fragment", "the unit before it never ended", body)
            self._grow(len(head) + len(body))
            if not self._broken:
                self._fragment = bytearray(head + body)
        elif self._broken:
            return
        elif self._fragment is None:
            if self._joined:
                raise MediaError("fragment", "its beginning is missing", body)
            self._break()  # we came in the middle of a picture, as every client may
        else:
            self._grow(len(body))
            self._fragment += body
        if flags & 0x40 and self._fragment is not None:
            self._nals.append(bytes(self._fragment))
            self._fragment = None
