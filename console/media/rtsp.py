"""RTSP 1.0 messages (RFC 2326): an incremental parser for both sides, and building."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from console.media.errors import MediaError

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 256 * 1024
MAX_HEADERS = 100
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    457: "Invalid Range",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}
_DOLLAR = 0x24
_BLANK = b"\r\n"


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in the order they came; names compare without case."""

    items: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Headers:
        """Return headers with these names and values.

        Raises:
            MediaError: A name or value holds a line break.
        """
        kept = tuple((name, value) for name, value in pairs)
        for name, value in kept:
            if any(mark in name + value for mark in "\r\n"):
                raise MediaError("RTSP header", f"“{name[:40]}” holds a line break")
        return cls(kept)

    def get(self, name: str) -> str | None:
        """Return the first value of ``name``."""
        wanted = name.lower()
        return next((value for key, value in self.items if key.lower() == wanted), None)

    def all(self, name: str) -> list[str]:
        """Return every value of ``name``."""
        wanted = name.lower()
        return [value for key, value in self.items if key.lower() == wanted]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def cseq(self) -> str | None:
        """The number that the answer repeats."""
        return self.headers.get("CSeq")

    def to_bytes(self) -> bytes:
        """Return the message as it goes over the wire."""
        return _message(f"{self.method} {self.url} RTSP/1.0", self.headers, self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a server answers."""

    status: int
    reason: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def cseq(self) -> str | None:
        """The number of the request it answers."""
        return self.headers.get("CSeq")

    def to_bytes(self) -> bytes:
        """Return the message as it goes over the wire."""
        reason = self.reason or REASONS.get(self.status, "Unknown")
        return _message(f"RTSP/1.0 {self.status} {reason}", self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Interleaved:
    """One RTP or RTCP packet inside the RTSP connection (RFC 2326, 10.12)."""

    channel: int
    payload: bytes

    def to_bytes(self) -> bytes:
        """Return the packet with its head of four bytes.

        Raises:
            MediaError: It is longer than its head can say.
        """
        if len(self.payload) > 0xFFFF:
            raise MediaError("interleaved packet", f"{len(self.payload)} bytes are too many")
        head = bytes((_DOLLAR, self.channel & 0xFF)) + len(self.payload).to_bytes(2, "big")
        return head + self.payload


Message = Request | Response | Interleaved


class RtspParser:
    """Cuts a byte stream into RTSP messages and interleaved packets, as it arrives.

    After a `MediaError` the stream has no known message boundary: close the connection.
    """

    def __init__(
        self, *, max_head_bytes: int = MAX_HEAD_BYTES, max_body_bytes: int = MAX_BODY_BYTES
    ) -> None:
        self._max_head, self._max_body = max_head_bytes, max_body_bytes
        self._data = bytearray()
        self._at = 0
        self._searched = 0

    @property
    def held_bytes(self) -> int:
        """Bytes that wait for the rest of their message."""
        return len(self._data) - self._at

    def feed(self, data: bytes) -> None:
        """Take the next bytes from the connection."""
        if self._at:
            del self._data[: self._at]
            self._searched = max(0, self._searched - self._at)
            self._at = 0
        self._data += data

    def messages(self) -> Iterator[Message]:
        """Yield what is complete, leaving the rest for later.

        Raises:
            MediaError: What came is neither a message nor a packet, or exceeds the limits.
        """
        while (message := self.next_message()) is not None:
            yield message

    def next_message(self) -> Message | None:
        """Return the next complete message, or ``None`` when more bytes are needed.

        Raises:
            MediaError: What came is neither a message nor a packet, or exceeds the limits.
        """
        data = self._data
        while self._at < len(data) and data[self._at] in _BLANK:
            self._at += 1
        if self._at >= len(data):
            return None
        if data[self._at] == _DOLLAR:
            return self._take_packet()
        return self._take_message()

    def _take_packet(self) -> Interleaved | None:
        data, at = self._data, self._at
        if len(data) - at < 4:
            return None
        end = at + 4 + (data[at + 2] << 8 | data[at + 3])
        if len(data) < end:
            return None
        self._at = end
        return Interleaved(data[at + 1], bytes(data[at + 4 : end]))

    def _take_message(self) -> Request | Response | None:
        data, at = self._data, self._at
        end, begin_body = _head_end(data, at, max(at, self._searched - 3))
        if end < 0:
            self._searched = len(data)
            self._check_head(len(data) - at)
            return None
        self._check_head(end - at)
        first, headers = _parse_head(bytes(data[at:end]))
        size = _content_length(headers)
        if size > self._max_body:
            raise MediaError("RTSP message", f"a body of {size} bytes is too long")
        if len(data) < begin_body + size:
            return None
        self._at = begin_body + size
        self._searched = self._at
        return _build(first, headers, bytes(data[begin_body : self._at]))

    def _check_head(self, size: int) -> None:
        begin = bytes(self._data[self._at : self._at + 64])
        if size > self._max_head:
            raise MediaError("RTSP message", f"its head is longer than {self._max_head}", begin)
        if not begin[:1].isalpha():
            raise MediaError("RTSP message", "it begins with something else", begin)


def _head_end(data: bytearray, at: int, search_from: int) -> tuple[int, int]:
    """Return where the head ends and where the body begins, (-1, -1) when not yet there."""
    strict = data.find(b"\r\n\r\n", search_from)
    bare = data.find(b"\n\n", search_from, strict if strict >= 0 else len(data))
    if bare >= at:
        return bare, bare + 2
    return (strict, strict + 4) if strict >= 0 else (-1, -1)


def _parse_head(head: bytes) -> tuple[str, Headers]:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MediaError("RTSP head", "it is not text", head) from error
    lines = text.replace("\r\n", "\n").split("\n")
    pairs: list[tuple[str, str]] = []
    for line in lines[1:]:
        if line[:1] in " \t" and pairs and line:
            name, value = pairs[-1]
            pairs[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or len(pairs) >= MAX_HEADERS:
            raise MediaError("RTSP head", "a line in it is no header", line.encode())
        pairs.append((name.strip(), value.strip()))
    return lines[0], Headers(tuple(pairs))


def _content_length(headers: Headers) -> int:
    value = headers.get("Content-Length")
    if value is None:
        return 0
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise MediaError("RTSP message", f"“{value[:20]}” is no length")
    return int(value)


def _build(first: str, headers: Headers, body: bytes) -> Request | Response:
    words = first.split()
    if words and words[0].startswith("RTSP/"):
        if len(words) < 2 or not (words[1].isascii() and words[1].isdigit() and len(words[1]) == 3):
            raise MediaError("RTSP response", "it has no status", first.encode())
        reason = " ".join(words[2:])
        return Response(status=int(words[1]), reason=reason, headers=headers, body=body)
    if len(words) != 3 or not words[2].startswith("RTSP/"):
        raise MediaError("RTSP request", "its first line is not one", first.encode())
    return Request(method=words[0], url=words[1], headers=headers, body=body)


def _message(first: str, headers: Headers, body: bytes) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    if body and headers.get("Content-Length") is None:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """One offer or answer in a ``Transport`` header.

    Attributes:
        interleaved: Channels of RTP and RTCP inside the RTSP connection.
    """

    tcp: bool
    multicast: bool = False
    interleaved: tuple[int, int] | None = None
    ssrc: int | None = None

    def to_header(self) -> str:
        """Return the value of the header."""
        parts = ["RTP/AVP/TCP" if self.tcp else "RTP/AVP"]
        parts.append("multicast" if self.multicast else "unicast")
        if self.interleaved is not None:
            parts.append(f"interleaved={self.interleaved[0]}-{self.interleaved[1]}")
        if self.ssrc is not None:
            parts.append(f"ssrc={self.ssrc:08X}")
        return ";".join(parts)


def parse_transports(value: str) -> list[Transport]:
    """Read a ``Transport`` header: one entry an offer, in the client's order of preference.

    Raises:
        MediaError: An offer is malformed.
    """
    offers = []
    for offer in value.split(","):
        profile, *parameters = (part.strip() for part in offer.split(";"))
        named = dict(part.partition("=")[::2] for part in parameters)
        channels = named.get("interleaved")
        ssrc = named.get("ssrc")
        offers.append(
            Transport(
                tcp=profile.upper() == "RTP/AVP/TCP",
                multicast="multicast" in named,
                interleaved=None if channels is None else _channels(channels),
                ssrc=None if ssrc is None else _hexadecimal(ssrc),
            )
        )
    return offers


def _channels(text: str) -> tuple[int, int]:
    first, dash, second = text.partition("-")
    numbers = [one.strip() for one in ((first, second) if dash else (first,))]
    if not all(one.isascii() and one.isdigit() and len(one) < 4 for one in numbers):
        raise MediaError("Transport header", f"“{text[:20]}” are no channels")
    low = int(numbers[0])
    high = int(numbers[1]) if dash else low + 1
    if not (low < 256 and high < 256):
        raise MediaError("Transport header", f"channels {low}-{high} do not exist")
    return low, high


def _hexadecimal(text: str) -> int | None:
    """Return the number, or ``None``: cameras write the SSRC in ways of their own."""
    try:
        return int(text, 16) & 0xFFFFFFFF
    except ValueError:
        return None
