"""A small real RTSP server for tests: real H.264 and H.265 in RTP, and points that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import socket
import ssl
import threading
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.auth import Algorithm, Challenge, Credentials, is_authorized
from console.media.nal import Codec, is_parameter_set, parameter_sets, split_annex_b
from console.media.payload import packetise
from console.media.rtp import RtpPacket
from console.media.rtsp import Headers, Interleaved, Request, Response, RtspParser
from console.media.sdp import MediaDescription, SessionDescription, build_sdp

FPS, GOP = 25, 25
CREDENTIALS = Credentials(username="wall", password="geheim-%41")


@dataclass(frozen=True, slots=True)
class Clip:
    codec: Codec
    units: tuple[tuple[bytes, ...], ...]
    sets: tuple[bytes, ...]


@functools.cache
def make_clip(codec: Codec, frames: int = 50, shade: int = 90) -> Clip:
    """Encode a moving bright square over a grey street, two GOPs long."""
    return _encoded(codec, frames, shade, 5)


@functools.cache
def make_still() -> Clip:
    """Encode the same street without anything that moves."""
    return _encoded(Codec.H264, 50, 90, 0)


def _encoded(codec: Codec, frames: int, shade: int, step: int) -> Clip:
    encoder = av.CodecContext.create("libx264" if codec is Codec.H264 else "libx265", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.gop_size, encoder.thread_count = GOP, 1
    options = {"preset": "ultrafast", "tune": "zerolatency"}
    if codec is Codec.H265:
        options["x265-params"] = f"log-level=none:keyint={GOP}:min-keyint={GOP}:scenecut=0:pools=1"
    encoder.options = options
    units = []
    noise = np.random.default_rng(1).integers(0, 60, (180, 320, 3), np.uint8)
    for at in range(frames):
        image = np.full((180, 320, 3), shade, np.uint8) + noise
        image[60:120, (at * step) % 260 : (at * step) % 260 + 60] = 240
        frame = av.VideoFrame.from_ndarray(image, "rgb24")
        frame.pts = at
        units += [tuple(split_annex_b(bytes(packet))) for packet in encoder.encode(frame)]
    units += [tuple(split_annex_b(bytes(packet))) for packet in encoder.encode(None)]
    sets = parameter_sets(codec, [nal for unit in units for nal in unit])
    return Clip(codec, tuple(units), sets)


@functools.cache
def read_clip(path: Path, seconds: int) -> Clip:
    """Take the beginning of a real clip as it is, without encoding it anew."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        codec = Codec.H264 if stream.codec_context.name == "h264" else Codec.H265
        name = "h264_mp4toannexb" if codec is Codec.H264 else "hevc_mp4toannexb"
        to_annex_b = av.BitStreamFilterContext(name, stream)
        units = []
        for packet in container.demux(stream):
            if packet.size and len(units) < seconds * FPS:
                filtered = to_annex_b.filter(packet)
                units += [tuple(split_annex_b(bytes(one))) for one in filtered]
    return Clip(codec, tuple(units), parameter_sets(codec, [n for unit in units for n in unit]))


@dataclass
class Point:
    """How one path behaves.

    ``manner``: good, auth, wait, silent, garbage, no_packets, dies, bare (parameter sets only in
    the SDP), missing, mute_after (stays connected but stops sending), gaps (a packet of every
    GOP's sixth picture is lost), udp (refuses TCP with 461, sends over UDP).
    """

    clip: Clip
    manner: str = "good"
    timeout_s: int = 30
    opened: int = 0
    playing: int = 0
    asked: list[str] = field(default_factory=list)


class RtspPoints:
    """Serves points from a thread of its own until closed."""

    def __init__(self, points: dict[str, Point], tls: ssl.SSLContext | None = None) -> None:
        self.points, self._tls = points, tls
        self._udp: dict[int, tuple[socket.socket, int]] = {}
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="rtsp-points")
        self.port = 0

    def __enter__(self) -> RtspPoints:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        assert not self._thread.is_alive()

    def camera(self, name: str, *, password: str | None = None) -> Camera:
        auth = self.points[name].manner == "auth" if name in self.points else False
        scheme = "rtsp" if self._tls is None else "rtsps"
        return Camera(
            id=CameraId(name),
            name=f"工体北路 {name}",
            main_url=f"{scheme}://127.0.0.1:{self.port}/{name}/main",
            sub_url=f"{scheme}://127.0.0.1:{self.port}/{name}/sub",
            username=CREDENTIALS.username if auth else None,
            password=(password or CREDENTIALS.password) if auth else None,
        )

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        # A connection taken in the last moment begins its task while others are being ended.
        while tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        player: asyncio.Task[None] | None = None
        parser = RtspParser()
        try:
            while data := await reader.read(65536):
                parser.feed(data)
                for message in parser.messages():
                    if not isinstance(message, Request):
                        continue
                    name = message.url.split("/")[3]
                    answer = self._answer(name, message, id(writer))
                    if answer is None:
                        await asyncio.sleep(3600)
                    if self.points.get(name, Point(None)).manner == "garbage":  # type: ignore[arg-type]
                        writer.write(b"\x00\x01\x02 I am a printer, not a camera \xff" * 40)
                        continue
                    writer.write(answer.to_bytes())
                    if message.method == "PLAY" and player is None:
                        playing = self._play(self.points[name], writer)
                        player = asyncio.ensure_future(playing)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            if player is not None:
                player.cancel()
            if id(writer) in self._udp:
                self._udp.pop(id(writer))[0].close()
            writer.transport.abort()

    def _answer(self, name: str, request: Request, line: int) -> Response | None:
        fields = [("CSeq", request.cseq or "0")]
        point = self.points.get(name)
        if point is None:
            return Response(status=404, headers=Headers.of(fields))
        point.asked.append(request.method)
        if point.manner == "silent":
            return None
        if point.manner == "auth":
            challenge = Challenge(realm="points", nonce="0123456789", algorithm=Algorithm.MD5)
            given = request.headers.get("Authorization")
            if given is None or not is_authorized(
                given, challenge, CREDENTIALS, method=request.method
            ):
                fields.append(("WWW-Authenticate", challenge.to_header()))
                return Response(status=401, headers=Headers.of(fields))
        if request.method == "DESCRIBE":
            point.opened += 1
            clip = point.clip
            media = MediaDescription(
                kind="video",
                payload_type=96,
                encoding=clip.codec,
                parameter_sets=clip.sets,
                control="track1",
            )
            text = build_sdp(SessionDescription(media=(media,), control="*"), session=1)
            fields.append(("Content-Type", "application/sdp"))
            return Response(status=200, headers=Headers.of(fields), body=text.encode())
        if request.method == "SETUP":
            offer = request.headers.get("Transport") or ""
            ports = re.search(r"client_port=(\d+)-(\d+)", offer)
            if point.manner == "udp" and ports is None:
                return Response(status=461, headers=Headers.of(fields))
            if ports is not None:
                sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sender.bind(("127.0.0.1", 0))
                self._udp[line] = sender, int(ports[1])
                ours = sender.getsockname()[1]
                fields.append(("Transport", f"RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};"
                               f"server_port={ours}-{ours + 1}"))  # fmt: skip
            else:
                fields.append(("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"))
        return Response(
            status=200, headers=Headers.of([*fields, ("Session", f"7;timeout={point.timeout_s}")])
        )

    async def _play(self, point: Point, writer: asyncio.StreamWriter) -> None:
        point.playing += 1
        seq, index = 1, 10 if point.manner == "wait" else 0
        clip = point.clip
        try:
            while point.manner != "no_packets":
                nals = clip.units[index % len(clip.units)]
                if point.manner == "bare":
                    nals = tuple(n for n in nals if not is_parameter_set(clip.codec, n))
                payloads = packetise(clip.codec, nals)
                for at, payload in enumerate(payloads):
                    packet = RtpPacket(
                        payload_type=96,
                        seq=seq,
                        timestamp=index * 3600,
                        ssrc=1,
                        marker=at == len(payloads) - 1,
                        payload=payload,
                    )
                    seq += 1
                    if point.manner == "gaps" and index % GOP == 5 and at == 0:
                        continue
                    if id(writer) in self._udp:
                        sender, port = self._udp[id(writer)]
                        sender.sendto(packet.to_bytes(), ("127.0.0.1", port))
                    else:
                        writer.write(Interleaved(0, packet.to_bytes()).to_bytes())
                index += 1
                if point.manner == "dies" and index == 20:
                    writer.close()
                    return
                if point.manner == "mute_after" and index == 20:
                    return
                await writer.drain()
                await asyncio.sleep(1 / FPS)
        except ConnectionError:
            return
        finally:
            point.playing -= 1


@contextlib.contextmanager
def serving(**points: Point):
    """Serve these points, each under its name."""
    with RtspPoints(points) as server:
        yield server


def mixed_points(clip: Clip) -> dict[str, Point]:
    """Return 24 points, good ones and every kind of bad one among them."""
    manners = ("good", "good", "garbage", "good", "silent", "wait", "mute_after", "no_packets")
    return {f"C{n:02d}": Point(clip, manners[n % len(manners)]) for n in range(24)}


def mixed_cameras(server: RtspPoints) -> list[Camera]:
    """Return the cameras of ``mixed_points``; the fourth is where nobody listens."""
    cameras = [server.camera(name) for name in server.points]
    nowhere = "rtsp://127.0.0.1:9/x"
    cameras[3] = replace(cameras[3], main_url=nowhere, sub_url=nowhere)
    return cameras
