"""RTP packets (RFC 3550 section 5) and the RTCP reports that tell absolute time (section 6)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from console.media.errors import MediaError

VIDEO_CLOCK_HZ = 90_000
HEADER = struct.Struct(">BBHII")
_VERSION = 2 << 6
_RTCP_HEAD = struct.Struct(">BBH")
_SENDER = struct.Struct(">IQIII")
_SENDER_REPORT = 200
_RECEIVER_REPORT = 201
_SOURCE_DESCRIPTION = 202
_GOODBYE = 203
#: Seconds from 1900 (NTP) to 1970 (Unix).
_NTP_UNIX_S = 2_208_988_800


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    """One RTP packet.

    Attributes:
        timestamp: In units of the clock of its payload type, modulo 2³².
        marker: For video: the packet ends its access unit.
    """

    payload_type: int
    seq: int
    timestamp: int
    ssrc: int
    marker: bool = False
    payload: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the packet as it goes over the wire."""
        second = (self.marker << 7) | (self.payload_type & 0x7F)
        head = HEADER.pack(
            _VERSION,
            second,
            self.seq & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc & 0xFFFFFFFF,
        )
        return head + self.payload

    @classmethod
    def parse(cls, data: bytes) -> RtpPacket:
        """Read a packet; contributing sources, header extension and padding are taken off.

        Raises:
            MediaError: It is no RTP packet or is cut short.
        """
        if len(data) < HEADER.size:
            raise MediaError("RTP packet", f"{len(data)} bytes are too few", data)
        first, second, seq, timestamp, ssrc = HEADER.unpack_from(data)
        if first >> 6 != 2:
            raise MediaError("RTP packet", f"version {first >> 6} is not known", data)
        begin = HEADER.size + 4 * (first & 0x0F)
        if first & 0x10:
            if begin + 4 > len(data):
                raise MediaError("RTP packet", "its header extension is cut short", data)
            begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")
        end = len(data)
        if first & 0x20:
            end -= data[-1]
            if not data[-1]:
                raise MediaError("RTP packet", "its padding has no length", data)
        if begin > end:
            raise MediaError("RTP packet", "its header runs past its end", data)
        return cls(
            payload_type=second & 0x7F,
            seq=seq,
            timestamp=timestamp,
            ssrc=ssrc,
            marker=bool(second & 0x80),
            payload=data[begin:end],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """RTCP sender report: which absolute time an RTP timestamp stands for.

    Attributes:
        unix_s: Absolute time, seconds since 1970 UTC.
        timestamp: RTP timestamp of the same instant.
        packets: Packets sent so far, modulo 2³².
        octets: Payload bytes sent so far, modulo 2³².
    """

    ssrc: int
    unix_s: float
    timestamp: int
    packets: int = 0
    octets: int = 0

    def to_bytes(self, cname: str = "") -> bytes:
        """Return the report, followed by a source description when ``cname`` is given."""
        ntp = round((self.unix_s + _NTP_UNIX_S) * (1 << 32)) & ((1 << 64) - 1)
        mask = 0xFFFFFFFF
        body = _SENDER.pack(
            self.ssrc & mask, ntp, self.timestamp & mask, self.packets & mask, self.octets & mask
        )
        report = _RTCP_HEAD.pack(0x80, _SENDER_REPORT, len(body) // 4) + body
        return report + _description(self.ssrc & mask, cname) if cname else report


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodbye:
    """RTCP goodbye: the source has ended."""

    ssrc: int

    def to_bytes(self) -> bytes:
        """Return the packet as it goes over the wire."""
        return _RTCP_HEAD.pack(0x81, _GOODBYE, 1) + (self.ssrc & 0xFFFFFFFF).to_bytes(4, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    """RTCP receiver report, without blocks: a sign of life."""

    ssrc: int

    def to_bytes(self) -> bytes:
        """Return the packet as it goes over the wire."""
        head = _RTCP_HEAD.pack(0x80, _RECEIVER_REPORT, 1)
        return head + (self.ssrc & 0xFFFFFFFF).to_bytes(4, "big")


RtcpPacket = SenderReport | ReceiverReport | Goodbye


def parse_rtcp(data: bytes) -> list[RtcpPacket]:
    """Read a compound RTCP packet; kinds that are not known are passed over.

    Raises:
        MediaError: It is no RTCP packet or is cut short.
    """
    found: list[RtcpPacket] = []
    for kind, body in _rtcp_parts(data):
        if kind == _SENDER_REPORT:
            if len(body) < _SENDER.size:
                raise MediaError("RTCP sender report", "it is cut short", data)
            ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
            found.append(
                SenderReport(
                    ssrc=ssrc,
                    unix_s=ntp / (1 << 32) - _NTP_UNIX_S,
                    timestamp=timestamp,
                    packets=packets,
                    octets=octets,
                )
            )
        elif kind in (_RECEIVER_REPORT, _GOODBYE) and len(body) >= 4:
            ssrc = int.from_bytes(body[:4], "big")
            bye = kind == _GOODBYE
            found.append(Goodbye(ssrc=ssrc) if bye else ReceiverReport(ssrc=ssrc))
    return found


def _rtcp_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + 4 > len(data) or data[at] >> 6 != 2:
            raise MediaError("RTCP packet", "its head is not one", data[at:])
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            raise MediaError("RTCP packet", "it is cut short", data[at:])
        yield data[at + 1], data[at + 4 : end]
        at = end


def _description(ssrc: int, cname: str) -> bytes:
    text = cname.encode()[:255]
    chunk = ssrc.to_bytes(4, "big") + bytes((1, len(text))) + text
    chunk += b"\x00" * (4 - len(chunk) % 4)
    return _RTCP_HEAD.pack(0x81, _SOURCE_DESCRIPTION, len(chunk) // 4) + chunk
