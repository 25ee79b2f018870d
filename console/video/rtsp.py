"""A lean RTSP client: one TCP connection, one video stream, access units as they come."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from console.domain.places import Camera
from console.media.auth import Challenge, Credentials, authorization, strongest
from console.media.errors import MediaError
from console.media.nal import Codec
from console.media.payload import AccessUnit, Depacketiser
from console.media.rtp import RtpPacket
from console.media.rtsp import (
    Headers,
    Interleaved,
    Request,
    Response,
    RtspParser,
    Transport,
    parse_transports,
)
from console.media.sdp import control_url, parse_sdp
from console.video.trouble import Trouble, VideoError

log = logging.getLogger("zhihui.video")

DEFAULT_PORT = 554
#: Of RTSP over TLS (RFC 7826, 19.2).
SECURE_PORT = 322
_READ_BYTES = 1 << 16
_MAX_BAD_PACKETS = 200
_TROUBLES = {
    401: Trouble.UNAUTHORISED,
    403: Trouble.UNAUTHORISED,
    404: Trouble.NOT_FOUND,
    453: Trouble.BUSY,
    454: Trouble.NOT_FOUND,
    461: Trouble.UNSUPPORTED,
    503: Trouble.BUSY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a camera may take.

    Attributes:
        connect_s: For the TCP connection.
        answer_s: For each answer to a request.
        silence_s: Without a packet of the stream; after that it is lost.
        ca: File of the authority that cameras' certificates must be from, for RTSP over TLS;
            ``None`` encrypts without proving who is there.
    """

    connect_s: float = 4.0
    answer_s: float = 4.0
    silence_s: float = 5.0
    ca: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAddress:
    """Where a stream is; the credentials are no part of ``url``, ``secure`` is RTSP over TLS.

    Attributes:
        url: As it stands in requests, log and sentences.
    """

    url: str
    host: str
    port: int
    credentials: Credentials | None = None
    secure: bool = False


def stream_address(camera: Camera, *, main: bool) -> StreamAddress:
    """Return the address of a camera's main or sub stream; main where it has no sub.

    Raises:
        VideoError: The address is no RTSP address.
    """
    url = camera.main_url if main or camera.sub_url is None else camera.sub_url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise VideoError(Trouble.UNREACHABLE, "an address that cannot be read") from error
    if parts.scheme not in ("rtsp", "rtsps") or not host:
        raise VideoError(Trouble.UNREACHABLE, f"{parts.scheme}://{host or ''}", "no RTSP address")
    name, password = camera.username, camera.password
    if name is None and parts.username is not None:
        name, password = unquote(parts.username), unquote(parts.password or "")
    bracketed = f"[{host}]" if ":" in host else host
    shown = f"{bracketed}:{port}" if port else bracketed
    return StreamAddress(
        url=parts._replace(netloc=shown).geturl(),
        host=host,
        port=port or (SECURE_PORT if parts.scheme == "rtsps" else DEFAULT_PORT),
        secure=parts.scheme == "rtsps",
        credentials=None if name is None else Credentials(username=name, password=password or ""),
    )


class RtspStream:
    """One stream that plays; made by ``playing``.

    Attributes:
        codec: What comes.
        headers: Parameter sets told in the session description.
    """

    def __init__(
        self,
        address: StreamAddress,
        patience: Patience,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.codec = Codec.H264
        self.headers: tuple[bytes, ...] = ()
        self._address, self._patience = address, patience
        self._reader, self._writer = reader, writer
        self._parser = RtspParser()
        self._challenge: Challenge | None = None
        self._cseq = 0
        self._answered = 0
        self._channel = 0
        self._depacketiser = Depacketiser(self.codec)
        self._early: list[Interleaved] = []
        self._session: str | None = None
        self._base = address.url
        self._alive_method = "GET_PARAMETER"
        self._alive_every_s = 25.0
        self._alive_at = asyncio.get_running_loop().time()
        self._bad = 0

    @property
    def gaps(self) -> int:
        """How many packets and access units went missing so far; what follows leans on them."""
        return self._depacketiser.lost + self._depacketiser.dropped

    async def play(self) -> None:
        """Describe, set up and start the stream.

        Raises:
            VideoError: It cannot be had.
        """
        described = await self._ask("DESCRIBE", self._address.url, ("Accept", "application/sdp"))
        base = described.headers.get("Content-Base") or described.headers.get("Content-Location")
        self._base = (base or self._address.url).strip()
        session = parse_sdp(described.body)
        try:
            video = session.video()
        except MediaError as error:
            raise VideoError(Trouble.UNSUPPORTED, self._address.url, str(error)) from error
        self.codec = video.codec or Codec.H264
        self.headers = video.parameter_sets
        self._depacketiser = Depacketiser(self.codec)
        offer = Transport(tcp=True, interleaved=(0, 1)).to_header()
        setup = await self._ask(
            "SETUP", control_url(self._base, video.control), ("Transport", offer)
        )
        self._read_setup(setup)
        whole = control_url(self._base, session.control)
        await self._ask("PLAY", whole, ("Range", "npt=0.000-"))
        self._alive_at = asyncio.get_running_loop().time()

    async def next_units(self) -> Sequence[AccessUnit]:
        """Return the access units that have come, at least one.

        Raises:
            VideoError: The stream is lost, or is none.
        """
        loop = asyncio.get_running_loop()
        heard_at = loop.time()
        while True:
            units: list[AccessUnit] = []
            heard = self._drain(units)
            if units:
                return units
            now = loop.time()
            heard_at = now if heard else heard_at
            left_s = heard_at + self._patience.silence_s - now
            if left_s <= 0:
                raise VideoError(Trouble.LOST, self._address.url, "no packets any more")
            self._keep_alive(now)
            try:
                async with asyncio.timeout(left_s):
                    await self._read()
            except TimeoutError as error:
                raise VideoError(Trouble.LOST, self._address.url, "silence") from error

    async def doze(self, seconds: float) -> None:
        """Let packets gather in the system's buffer: hundreds that wait wake the loop less often.

        Args:
            seconds: How long; what came meanwhile is read in one go afterwards.
        """
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]  # TCP's and TLS's have it
        try:
            await asyncio.sleep(seconds)
        finally:
            if not self._writer.is_closing():
                self._writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above

    def say_goodbye(self) -> None:
        """Tell the camera that the stream is no longer wanted, without waiting for an answer."""
        if self._session is not None and not self._writer.is_closing():
            self._send("TEARDOWN", self._base, ())

    def _drain(self, units: list[AccessUnit]) -> bool:
        """Take every complete message; return whether a packet of the stream was among them."""
        heard = False
        early, self._early = self._early, []
        for packet in early:
            heard |= self._take_packet(packet, units)
        for message in self._parser.messages():
            if isinstance(message, Interleaved):
                heard |= self._take_packet(message, units)
            elif isinstance(message, Response):
                self._take_late_answer(message)
        return heard

    def _take_packet(self, packet: Interleaved, units: list[AccessUnit]) -> bool:
        if packet.channel != self._channel:
            return False
        try:
            units.extend(self._depacketiser.feed(RtpPacket.parse(packet.payload)))
        except MediaError as error:
            self._bad += 1
            if self._bad > _MAX_BAD_PACKETS:
                raise VideoError(
                    Trouble.GARBAGE, self._address.url, str(error), retry_otherwise=True
                ) from error
            return False
        self._bad = 0
        return True

    def _take_late_answer(self, answer: Response) -> None:
        """Answers while playing are to keep-alives; learn from the ones that say no."""
        if answer.status == 401:
            self._challenge = strongest(answer.headers.all("WWW-Authenticate"))
        elif answer.status >= 400:
            self._alive_method = "OPTIONS"

    def _keep_alive(self, now: float) -> None:
        if now - self._alive_at >= self._alive_every_s:
            self._alive_at = now
            self._send(self._alive_method, self._base, ())

    def _read_setup(self, answer: Response) -> None:
        transports = parse_transports(answer.headers.get("Transport") or "")
        if transports and transports[0].interleaved is not None:
            self._channel = transports[0].interleaved[0]
        session, _, rest = (answer.headers.get("Session") or "").partition(";")
        self._session = session.strip() or None
        name, _, timeout = rest.strip().partition("=")
        if name.lower() == "timeout" and timeout.isdigit():
            self._alive_every_s = max(1.0, int(timeout) * 0.45)

    async def _read(self) -> None:
        data = await self._reader.read(_READ_BYTES)
        if not data:
            raise VideoError(Trouble.LOST, self._address.url, "closed by the camera")
        self._parser.feed(data)

    def _send(self, method: str, url: str, fields: Sequence[tuple[str, str]]) -> None:
        self._cseq += 1
        pairs = [("CSeq", str(self._cseq)), ("User-Agent", "Zhihui"), *fields]
        if self._session is not None:
            pairs.append(("Session", self._session))
        if self._challenge is not None and self._address.credentials is not None:
            self._answered += 1
            answer = authorization(
                self._challenge,
                self._address.credentials,
                method=method,
                uri=url,
                count=self._answered,
            )
            pairs.append(("Authorization", answer))
        request = Request(method=method, url=url, headers=Headers.of(pairs))
        self._writer.write(request.to_bytes())

    async def _ask(self, method: str, url: str, *fields: tuple[str, str]) -> Response:
        answer = await self._asked(method, url, fields)
        can_answer = self._address.credentials is not None
        if answer.status == 401 and can_answer:
            first = self._challenge is None
            self._challenge = strongest(answer.headers.all("WWW-Authenticate"))
            self._answered = 0
            if first or self._challenge.stale:
                answer = await self._asked(method, url, fields)
        if answer.status >= 300:
            known = Trouble.LOST if answer.status >= 500 else Trouble.UNSUPPORTED
            raise VideoError(
                _TROUBLES.get(answer.status, known),
                self._address.url,
                f"{method}: {answer.status} {answer.reason}",
                retry_otherwise=answer.status == 461,  # a camera that knows UDP only
            )
        return answer

    async def _asked(self, method: str, url: str, fields: Sequence[tuple[str, str]]) -> Response:
        self._send(method, url, fields)
        wanted = str(self._cseq)
        try:
            async with asyncio.timeout(self._patience.answer_s):
                while True:
                    while (message := self._parser.next_message()) is not None:
                        if isinstance(message, Interleaved):
                            self._early.append(message)
                        elif isinstance(message, Response) and message.cseq in (wanted, None):
                            return message
                    await self._read()
        except TimeoutError as error:
            raise VideoError(Trouble.TIMED_OUT, self._address.url, method) from error


@functools.cache
def _secured(ca: str | None) -> ssl.SSLContext:
    """Return what encrypts; without an authority it proves nothing: cameras sign alone.

    Raises:
        OSError: The authority's file cannot be read; ``ssl.SSLError`` where it holds none.
    """
    if ca is not None:
        return ssl.create_default_context(cafile=ca)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _connected(
    address: StreamAddress, patience: Patience
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(patience.connect_s):
            secure = _secured(patience.ca) if address.secure else None
            return await asyncio.open_connection(address.host, address.port, ssl=secure)
    except TimeoutError as error:
        raise VideoError(Trouble.TIMED_OUT, address.url, "connecting") from error
    except ssl.SSLCertVerificationError as error:
        raise VideoError(Trouble.UNPROVEN, address.url, str(error)) from error
    except ssl.SSLError as error:
        raise VideoError(Trouble.GARBAGE, address.url, str(error)) from error
    except ConnectionRefusedError as error:
        raise VideoError(Trouble.REFUSED, address.url, str(error)) from error
    except (OSError, socket.gaierror) as error:
        raise VideoError(Trouble.UNREACHABLE, address.url, str(error)) from error


@asynccontextmanager
async def playing(
    address: StreamAddress, patience: Patience | None = None
) -> AsyncIterator[RtspStream]:
    """Open a stream, play it, and leave nothing open behind.

    Args:
        address: Where it is and how to log on.
        patience: How long the camera may take, the usual times where ``None``.

    Raises:
        VideoError: It cannot be had, or breaks while it plays.
    """
    patience = patience or Patience()
    reader, writer = await _connected(address, patience)
    stream = RtspStream(address, patience, reader, writer)
    try:
        await stream.play()
        yield stream
    except MediaError as error:
        raise VideoError(Trouble.GARBAGE, address.url, str(error)) from error
    except OSError as error:
        raise VideoError(Trouble.LOST, address.url, str(error)) from error
    finally:
        stream.say_goodbye()
        writer.transport.abort()
