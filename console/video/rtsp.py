"""A lean RTSP client: one TCP connection, one video stream, access units as they come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from console.media.auth import Challenge, authorization, strongest
from console.media.errors import MediaError
from console.media.nal import Codec, may_begin_key
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
from console.video.address import Patience, StreamAddress, redirected, stream_address
from console.video.connect import connected
from console.video.pulse import Pulse, Wait
from console.video.trouble import Trouble, VideoError

__all__ = ["Patience", "RtspStream", "StreamAddress", "playing", "stream_address"]
log = logging.getLogger("zhihui.video")

_READ_BYTES = 1 << 16
_MAX_BAD_PACKETS = 200
#: A camera that makes its viewers wait for the next key picture is listened to so often.
DOZE_S = 0.2
#: Where it is known when that comes, it is read so long after; no further off than the second.
_BURST_S, _LONGEST_DOZE_S = 0.03, 1.5
#: When patience has ended, what has come meanwhile is read for so long.
_LAST_S = 0.02
#: A picture is read so late at most; more, and its timestamps tell nothing.
_LATEST_S = 2.0
#: Bytes of an RTP header without extension, padding and contributing sources, and its first one.
_RTP_HEADER, _PLAIN_RTP = 12, 0x80
_TROUBLES = {
    401: Trouble.UNAUTHORISED,
    403: Trouble.UNAUTHORISED,
    404: Trouble.NOT_FOUND,
    453: Trouble.BUSY,
    454: Trouble.NOT_FOUND,
    461: Trouble.UNSUPPORTED,
    503: Trouble.BUSY,
    **dict.fromkeys((300, 301, 302, 303, 305, 307, 308), Trouble.REDIRECTED),
}
#: RFC 2326, 11.3 and RFC 7826, 17.4, where they say where to; so many are followed.
_REDIRECTIONS, _MOST_REDIRECTS = frozenset({301, 302, 303, 307, 308}), 4


class _LedOn(Exception):  # noqa: N818 - it is no error: the camera says where to go on
    """A camera leads to another address."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class RtspStream:
    """One stream that plays; made by ``playing``.

    Attributes:
        codec: What comes.
        headers: Parameter sets told in the session description.
        silence_s: Longest time from one packet to the next so far, seconds that count (`pulse`).
    """

    def __init__(
        self,
        address: StreamAddress,
        patience: Patience,
        ends: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        pulse: Pulse,
    ) -> None:
        self.codec = Codec.H264
        self.headers: tuple[bytes, ...] = ()
        self.silence_s = 0.0
        self._address, self._patience = address, patience
        self._reader, self._writer = ends
        self._pulse, self._has_answered = pulse, False
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
        self._skips = self._stops = False
        self._key_due_s: float | None = None
        self._began: tuple[float, int] | None = None

    def skip_to_key(self, due_s: float | None = None) -> None:
        """Pass over packets, unread, until one comes that a key unit may begin with.

        What came after that key unit waits until more is asked for.

        Args:
            due_s: When the key unit is expected, in the loop's time; ``None`` if that is unknown.
        """
        self._skips = self._stops = True
        self._key_due_s = due_s

    def waited_s(self, unit: AccessUnit) -> tuple[float, float] | None:
        """Return when a unit was sent, in the loop's time, and how long after the first packet.

        By the camera's clock: how late it was read plays no part.

        Returns:
            ``None`` where nothing was passed over, or the camera's clock jumps.
        """
        if self._began is None:
            return None
        came_s, timestamp = self._began
        after_s = ((unit.timestamp - timestamp) & 0xFFFFFFFF) / 90_000
        late_s = asyncio.get_running_loop().time() - came_s - after_s
        return (came_s + after_s, after_s) if abs(late_s) < _LATEST_S else None

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
        wait, is_late = self._pulse.wait(self._patience.silence_s), False
        while True:
            units: list[AccessUnit] = []
            heard = self._drain(units)
            if heard:
                self.silence_s = max(self.silence_s, wait.took_s)
                wait = self._pulse.wait(self._patience.silence_s)
            elif is_late:  # what comes is no packet
                raise self._ran_out(Trouble.LOST, "no packets any more")
            if units:
                return units
            self._keep_alive(asyncio.get_running_loop().time())
            if heard and self._skips:
                await self._doze()
                wait = self._pulse.wait(self._patience.silence_s)
            is_late = wait.is_over
            await self._read(wait, Trouble.LOST, "silence")

    async def _doze(self) -> None:
        """Let packets gather in the system's buffer: hundreds that wait wake the loop less often.

        What came meanwhile is read in one go afterwards.
        """
        due_s = self._key_due_s
        left_s = 0.0 if due_s is None else due_s - asyncio.get_running_loop().time()
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]  # TCP's and TLS's have it
        try:
            await asyncio.sleep(left_s + _BURST_S if 0.0 < left_s < _LONGEST_DOZE_S else DOZE_S)
        finally:
            if not self._writer.is_closing():
                self._writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above

    def say_goodbye(self) -> None:
        """Tell the camera that the stream is no longer wanted, without waiting for an answer."""
        if self._session is not None and not self._writer.is_closing():
            self._send("TEARDOWN", self._base, ())

    def leave(self) -> None:
        """Have no more of the stream: what comes still is not read."""
        self.say_goodbye()
        self._writer.transport.abort()

    def _drain(self, units: list[AccessUnit]) -> bool:
        """Take every complete message; return whether a packet of the stream was among them."""
        heard = False
        early, self._early = self._early, []
        for packet in early:
            heard |= self._take_packet(packet, units)
        while (message := self._parser.next_message()) is not None:
            if isinstance(message, Interleaved):
                heard |= self._take_packet(message, units)
                if self._stops and units and units[-1].key:
                    self._stops = False
                    break
            elif isinstance(message, Response):
                self._take_late_answer(message)
        return heard

    def _take_packet(self, packet: Interleaved, units: list[AccessUnit]) -> bool:
        if packet.channel != self._channel:
            return False
        if self._skips:
            data = packet.payload
            if self._began is None and len(data) > _RTP_HEADER:
                came_s = asyncio.get_running_loop().time()
                self._began = came_s, int.from_bytes(data[4:8], "big")
            # A header of another shape (extension, contributing sources) is read the long way.
            is_plain = len(data) > _RTP_HEADER and data[0] == _PLAIN_RTP
            if is_plain and not may_begin_key(self.codec, data, _RTP_HEADER):
                return True
            self._skips = False
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

    async def _read(self, wait: Wait, trouble: Trouble, what: str) -> None:
        """Take what comes next; what is there already is taken however late it is looked for.

        Raises:
            VideoError: Nothing comes (then the trouble, with what was waited for), or no more.
        """
        with self._pulse.waiting():
            while True:
                left_s = wait.left_s
                try:
                    async with asyncio.timeout(left_s or _LAST_S) as limit:
                        data = await self._reader.read(_READ_BYTES)
                    break
                except TimeoutError as error:
                    if not left_s or not limit.expired():
                        raise self._ran_out(trouble, what) from error
        if not data:
            raise VideoError(Trouble.LOST, self._address.url, "closed by the camera")
        self._pulse.heard()
        self._parser.feed(data)

    def _ran_out(self, trouble: Trouble, what: str) -> VideoError:
        url, answered = self._address.url, self._has_answered
        return VideoError(trouble, url, what, ran_out=True, answered=answered)

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
        location = answer.headers.get("Location")
        if answer.status in _REDIRECTIONS and location:
            raise _LedOn(location)
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
        wanted, is_late = str(self._cseq), False
        wait = self._pulse.wait(self._patience.answer_s)
        while True:
            while (message := self._parser.next_message()) is not None:
                if isinstance(message, Interleaved):
                    self._early.append(message)
                elif isinstance(message, Response) and message.cseq in (wanted, None):
                    self._has_answered = True
                    return message
            if is_late:  # whatever else comes
                raise self._ran_out(Trouble.TIMED_OUT, method)
            is_late = wait.is_over
            await self._read(wait, Trouble.TIMED_OUT, method)


async def _opened(address: StreamAddress, patience: Patience, pulse: Pulse) -> RtspStream:
    """Return a stream that plays, at the address that the camera's leads to."""
    for _ in range(_MOST_REDIRECTS + 1):
        stream = RtspStream(address, patience, await connected(address, patience), pulse)
        try:
            await stream.play()
        except _LedOn as on:
            stream.leave()
            address = redirected(address, on.location)
        except BaseException:
            stream.leave()
            raise
        else:
            return stream
    raise VideoError(Trouble.REDIRECTED, address.url, f"after {_MOST_REDIRECTS} redirections")


@asynccontextmanager
async def playing(
    address: StreamAddress, patience: Patience | None = None, pulse: Pulse | None = None
) -> AsyncIterator[RtspStream]:
    """Open a stream, play it, and leave nothing open behind.

    A camera that leads to another address, as gateways do, is followed there.

    Args:
        address: Where it is and how to log on.
        patience: How long the camera may take, the usual times where ``None``.
        pulse: Of all that wait for cameras beside this one; it is alone where ``None``.

    Raises:
        VideoError: It cannot be had, or breaks while it plays.
    """
    stream: RtspStream | None = None
    try:
        stream = await _opened(address, patience or Patience(), pulse or Pulse())
        yield stream
    except MediaError as error:
        raise VideoError(Trouble.GARBAGE, address.url, str(error)) from error
    except OSError as error:
        raise VideoError(Trouble.LOST, address.url, str(error)) from error
    finally:
        if stream is not None:
            stream.leave()
