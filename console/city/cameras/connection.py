"""One client's RTSP connection to the simulated cameras."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from console.city.cameras.city import CameraCity
from console.city.cameras.faults import FaultKind
from console.city.cameras.feed import PAYLOAD_TYPE, Beat, LiveFeed, Playing, SharedFeed
from console.city.cameras.points import Guard, PointSpec, credentials
from console.city.cameras.settings import FRAME_RATE, STREAMS, CameraCityError
from console.city.cameras.track import PacketTrack
from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId
from console.media.auth import Algorithm, Challenge, is_authorized
from console.media.errors import MediaError
from console.media.rtsp import (
    Headers,
    Interleaved,
    Request,
    Response,
    RtspParser,
    parse_transports,
)
from console.media.sdp import MediaDescription, SessionDescription, build_sdp

_LOG = logging.getLogger("zhihui.cameras")
_SERVER = "Zhihui simulated cameras"
_PUBLIC = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER"
_TRACK = "track1"
_MOST_REFUSALS = 8
_MOST_WAITING = 16
_PATIENCE_S = 30.0
Answer = Callable[["CameraConnection", Request, "_Target"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Target:
    """What an address names: a point and one of its streams."""

    point: PointSpec
    stream: str


@dataclass(slots=True)
class _Session:
    """What SETUP has agreed on; ``playing`` is set while pictures are sent."""

    id: str
    target: _Target
    channels: tuple[int, int]
    ssrc: int
    offset: int
    seq: int
    playing: Playing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What every connection needs to know of its server.

    Attributes:
        connections: Those that are open.
        timeout_s: A client that gives no sign of life for so long is cut off.
    """

    city: CameraCity
    beat: Beat
    seed: int
    timeout_s: float
    connections: set[CameraConnection]


class CameraConnection(asyncio.Protocol):
    """Answers one client and sends it the pictures that it asked for."""

    def __init__(self, door: Door) -> None:
        self._door, self._city = door, door.city
        self._parser = RtspParser()
        self._transport: asyncio.Transport | None = None
        self._requests: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._session: _Session | None = None
        self._live: _Target | None = None
        self._nonce = secrets.token_hex(16)
        self._refusals = 0
        self._heard_s = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._door.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._door.connections.discard(self)
        self._end_session()
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        self._heard_s = time.monotonic()
        try:
            self._parser.feed(data)
            for message in self._parser.messages():
                if isinstance(message, Request):
                    self._requests.append(message)
                elif isinstance(message, Interleaved):
                    continue  # receiver reports: a sign of life, which has been noted
        except MediaError as error:
            self._refuse_garbage(error)
            return
        if len(self._requests) > _MOST_WAITING:
            self.close()
        elif self._requests and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_all())
            self._task.add_done_callback(self._answered)

    def is_silent(self, now_s: float) -> bool:
        """Say whether the client has given no sign of life for too long (monotonic seconds)."""
        return now_s - self._heard_s > self._door.timeout_s

    def close(self) -> None:
        """Cut the client off."""
        if self._transport is not None:
            self._transport.abort()

    def _refuse_garbage(self, error: MediaError) -> None:
        _LOG.info("A client is cut off: %s", error)
        if self._transport is not None:
            self._transport.write(Response(status=400).to_bytes())
            self._transport.close()

    async def _answer_all(self) -> None:
        try:
            while self._requests and self._transport is not None:
                request = self._requests.popleft()
                response = await self._answer(request)
                if response is None or self._transport.is_closing():
                    self.close()
                    return
                self._write(request, response)
        finally:
            self._task = None

    def _answered(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("A request could not be answered", exc_info=task.exception())
            self.close()

    def _write(self, request: Request, response: Response) -> None:
        assert self._transport is not None
        own = [("CSeq", request.cseq or "0"), ("Server", _SERVER)]
        headers = Headers.of([*own, *response.headers])
        answer = Response(
            status=response.status, reason=response.reason, headers=headers, body=response.body
        )
        self._transport.write(answer.to_bytes())
        if request.method == "PLAY" and response.status == 200 and self._session is not None:
            playing = self._session.playing
            if playing is not None:
                playing.send(Beat.tick())
                self._door.beat.add(playing)
        elif request.method == "TEARDOWN" and response.status == 200:
            self._transport.close()

    async def _answer(self, request: Request) -> Response | None:
        """Return the answer, ``None`` when the connection is to be cut."""
        target = self._target(request.url)
        early = self._answer_early(request, target)
        if early is not None or target is None:
            return early
        fault = self._city.fault(target.point, time.time())
        if fault is not None and fault.kind is FaultKind.OFFLINE and fault.severity > 1:
            return _refusal(503) if fault.severity == 2 else None
        try:
            return await _ANSWERS[request.method](self, request, target)
        except MediaError as error:
            _LOG.info("A request is refused: %s", error)
            return _refusal(400)
        except ZhihuiError as error:
            _LOG.warning("%s shows nothing: %s", target.point.id, error)
            return _refusal(503)

    def _answer_early(self, request: Request, target: _Target | None) -> Response | None:
        """Return the answer to what needs no camera, or is refused before it is asked."""
        if request.cseq is None:
            return _refusal(400)
        if request.method == "OPTIONS":
            return _response([("Public", _PUBLIC)])
        if request.method not in _ANSWERS:
            return _refusal(501)
        return _refusal(404) if target is None else self._refused(request, target.point)

    def _target(self, url: str) -> _Target | None:
        try:
            parts = urlsplit(url).path.strip("/").split("/")
        except ValueError:
            return None
        if parts[-1] == _TRACK:
            del parts[-1]
        point = self._city.points.get(CameraId(parts[0]))
        stream = parts[1] if len(parts) == 2 else ""
        return _Target(point, stream) if point is not None and stream in STREAMS else None

    def _refused(self, request: Request, point: PointSpec) -> Response | None:
        """Return the refusal of a client that has not shown who it is."""
        challenges = self._challenges(point)
        if not challenges:
            return None
        value = request.headers.get("Authorization")
        secret = credentials(point.no, self._door.seed)
        try:
            for challenge in challenges if value is not None else ():
                if is_authorized(value or "", challenge, secret, method=request.method):
                    self._refusals = 0
                    return None
        except MediaError as error:
            _LOG.info("%s: %s", point.id, error)
        self._refusals += 1
        if self._refusals > _MOST_REFUSALS:
            return _refusal(400)
        return _refusal(401, [("WWW-Authenticate", one.to_header()) for one in challenges])

    def _challenges(self, point: PointSpec) -> list[Challenge]:
        realm = f"camera {point.id}"
        if point.guard is Guard.NONE:
            return []
        if point.guard is Guard.BASIC:
            return [Challenge(realm=realm)]
        names = [Algorithm.MD5] if point.guard is Guard.MD5 else [Algorithm.SHA256, Algorithm.MD5]
        return [Challenge(realm=realm, nonce=self._nonce, algorithm=name) for name in names]

    async def _describe(self, request: Request, target: _Target) -> Response:
        track = await self._first_track(target)
        codec = target.point.codec
        description = SessionDescription(
            name=f"{target.point.id} {target.stream}",
            control="*",
            media=(
                MediaDescription(
                    kind="video",
                    payload_type=PAYLOAD_TYPE,
                    encoding=codec,
                    parameter_sets=track.sets,
                    control=_TRACK,
                    frame_rate=float(FRAME_RATE),
                    parameters=(("packetization-mode", "1"),) if codec == "H264" else (),
                ),
            ),
        )
        body = build_sdp(description, session=target.point.no).encode()
        base = request.url.rstrip("/") + "/"
        return _response([("Content-Base", base), ("Content-Type", "application/sdp")], body)

    async def _first_track(self, target: _Target) -> PacketTrack:
        wait = self._city.first_track(target.point, target.stream, time.time())
        try:
            return await asyncio.wait_for(wait, _PATIENCE_S)
        except TimeoutError:
            raise CameraCityError("Its pictures are still being made. Try again soon.") from None

    async def _setup(self, request: Request, target: _Target) -> Response:
        if self._session is not None and self._session.playing is not None:
            return _refusal(455)
        offers = parse_transports(request.headers.get("Transport") or "")
        offer = next((one for one in offers if one.tcp and not one.multicast), None)
        if offer is None:
            return _refusal(461)
        channels = offer.interleaved or (0, 1)
        self._session = _Session(
            id=secrets.token_hex(8),
            target=target,
            channels=channels,
            ssrc=secrets.randbits(32),
            offset=secrets.randbits(32),
            seq=secrets.randbits(16),
        )
        answer = (
            f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"
            f";ssrc={self._session.ssrc:08X}"
        )
        return _response([self._session_header(), ("Transport", answer)])

    def _session_header(self) -> tuple[str, str]:
        assert self._session is not None
        return "Session", f"{self._session.id};timeout={int(self._door.timeout_s)}"

    def _own_session(self, request: Request, target: _Target) -> _Session | None:
        named = (request.headers.get("Session") or "").partition(";")[0].strip()
        session = self._session
        return session if session and session.id == named and session.target == target else None

    async def _play(self, request: Request, target: _Target) -> Response:
        session = self._own_session(request, target)
        if session is None or self._transport is None:
            return _refusal(454)
        if session.playing is None:
            feed = await self._feed(target)
            if self._transport.is_closing():
                self._leave_live()
                return _refusal(503)
            session.playing = Playing(
                city=self._city,
                point=target.point,
                feed=feed,
                transport=self._transport,
                channels=session.channels,
                ssrc=session.ssrc,
                seq=session.seq,
                offset=session.offset,
            )
            timestamp = session.playing.begin(Beat.tick())
        else:
            timestamp = session.playing.timestamp(Beat.tick())
        track = f"{request.url.rstrip('/')}/{_TRACK}"
        info = f"url={track};seq={session.playing.seq};rtptime={timestamp}"
        return _response([self._session_header(), ("Range", "npt=now-"), ("RTP-Info", info)])

    async def _feed(self, target: _Target) -> SharedFeed | LiveFeed:
        track = await self._first_track(target)
        name = await self._city.name(target.point)
        if target.point.live:
            self._live = target
            return LiveFeed(self._city.watch_live(target.point, target.stream, name))
        point, stream = target.point, target.stream
        if point.clock_off_s is None:
            bands = await self._city.bands.bands(point, stream, name)
            return SharedFeed(self._city, point, stream, track, bands)
        clock = self._city.bands.clock(point, stream, name, partial(self._city.clock_off_s, point))
        feed = SharedFeed(self._city, point, stream, track, clock)
        await clock.begin(feed.newest_key(Beat.tick()))
        return feed

    async def _pause(self, request: Request, target: _Target) -> Response:
        session = self._own_session(request, target)
        if session is None:
            return _refusal(454)
        self._stop_playing()
        return _response([self._session_header()])

    async def _teardown(self, request: Request, target: _Target) -> Response:
        session = self._own_session(request, target)
        if session is None:
            return _refusal(454)
        header = ("Session", session.id)
        self._end_session()
        return _response([header])

    async def _get_parameter(self, request: Request, target: _Target) -> Response:
        if request.headers.get("Session") and self._own_session(request, target) is None:
            return _refusal(454)
        return _response([self._session_header()] if self._session else [])

    def _stop_playing(self) -> None:
        session = self._session
        if session is not None and session.playing is not None:
            self._door.beat.remove(session.playing)
            session.seq = session.playing.seq
            session.playing = None
        self._leave_live()

    def _leave_live(self) -> None:
        if self._live is not None:
            self._city.leave_live(self._live.point, self._live.stream)
            self._live = None

    def _end_session(self) -> None:
        self._stop_playing()
        self._session = None


_ANSWERS: dict[str, Answer] = {
    "DESCRIBE": CameraConnection._describe,
    "SETUP": CameraConnection._setup,
    "PLAY": CameraConnection._play,
    "PAUSE": CameraConnection._pause,
    "TEARDOWN": CameraConnection._teardown,
    "GET_PARAMETER": CameraConnection._get_parameter,
}


def _response(headers: list[tuple[str, str]], body: bytes = b"") -> Response:
    return Response(status=200, headers=Headers.of(headers), body=body)


def _refusal(status: int, headers: list[tuple[str, str]] | None = None) -> Response:
    return Response(status=status, headers=Headers.of(headers or []))
