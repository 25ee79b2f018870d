"""Bad streams: 100,000 spoilt messages, spoilt sessions and pictures, cameras that lie."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import av
import psutil
import pytest
from fuzz_parts import spoilt
from rtsp_points import Clip, Point, make_clip, serving

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.errors import MediaError
from console.media.nal import Codec
from console.media.payload import AccessUnit, Depacketiser, packetise
from console.media.rtp import RtpPacket, parse_rtcp
from console.media.rtsp import Headers, Request, Response, RtspParser, parse_transports
from console.media.sdp import MediaDescription, SessionDescription, build_sdp, parse_sdp
from console.media.sps import picture_size
from console.video.decode import Decoder
from console.video.rtsp import Patience
from console.video.trouble import Trouble, VideoError
from console.video.visit import VisitSettings, visit

CASES = 100_000
pytestmark = pytest.mark.timeout(400)
IMPATIENT = VisitSettings(
    patience=Patience(connect_s=3.0, answer_s=3.0, silence_s=3.0), whole_s=12.0
)
#: For what ends by itself: a busy machine answers late, and is not what is told of then.
PATIENT = VisitSettings(
    patience=Patience(connect_s=60.0, answer_s=60.0, silence_s=60.0), whole_s=90.0
)


def described(clip: Clip) -> str:
    media = MediaDescription(
        kind="video", payload_type=96, encoding=clip.codec, parameter_sets=clip.sets, control="t1"
    )
    return build_sdp(SessionDescription(media=(media,), control="*"), session=1)


def answer(clip: Clip) -> bytes:
    headers = Headers.of([("CSeq", "1"), ("Content-Type", "application/sdp")])
    return Response(status=200, headers=headers, body=described(clip).encode()).to_bytes()


def packets(clip: Clip) -> list[bytes]:
    found, seq = [], 0
    for index, nals in enumerate(clip.units[:12]):
        payloads = packetise(clip.codec, nals)
        for at, payload in enumerate(payloads):
            seq += 1
            found.append(
                RtpPacket(
                    payload_type=96, seq=seq, timestamp=index * 3600, ssrc=1,
                    marker=at == len(payloads) - 1, payload=payload,
                ).to_bytes()
            )  # fmt: skip
    return found


def quietly(work: Callable[[], object]) -> bool:
    """Do it; return whether it was refused by the one error there is for it."""
    try:
        work()
    except MediaError:
        return True
    return False


def read_spoilt(count: int, seed: int) -> None:
    chance = random.Random(seed)
    clips = [make_clip(codec) for codec in Codec]
    refused = 0
    streams = [(clip.codec, packets(clip)) for clip in clips]
    readers = {codec: Depacketiser(codec) for codec, _ in streams}
    heads = [answer(clip) for clip in clips]
    sets = [(clip.codec, nal) for clip in clips for nal in clip.sets]
    for case in range(count):
        kind = case % 8
        if kind < 4:
            codec, wire = streams[case % 2]
            data = spoilt(wire[int(chance.random() * len(wire))], chance)
            refused += quietly(lambda d=data, c=codec: readers[c].feed(RtpPacket.parse(d)))
        elif kind == 4:
            parser = RtspParser()
            parser.feed(spoilt(heads[case // 8 % 2], chance))
            refused += quietly(lambda p=parser: list(p.messages()))
        elif kind == 5:
            text = spoilt(described(clips[case // 8 % 2]).encode(), chance)
            refused += quietly(lambda t=text: parse_sdp(t).video())
        elif kind == 6:
            codec, nal = sets[case // 8 % len(sets)]
            bad = spoilt(nal, chance)
            refused += quietly(lambda c=codec, n=bad: picture_size(c, n))
        else:
            data = spoilt(b"\x80\xc8\x00\x06" + bytes(24), chance)
            refused += quietly(lambda d=data: parse_rtcp(d))
            text = spoilt(b"RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=01", chance)
            refused += quietly(lambda t=text: parse_transports(t.decode("latin-1")))
    assert refused > count / 20
    held = sum(len(one._nals) + one._size for one in readers.values())
    assert held < 32 << 20


def test_that_a_hundred_thousand_spoilt_messages_are_read_or_refused() -> None:
    read_spoilt(CASES, 11)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_that_millions_of_spoilt_messages_are_read_or_refused() -> None:
    for seed in range(30):
        read_spoilt(CASES, 100 + seed)


@pytest.mark.parametrize("codec", list(Codec))
def test_that_spoilt_pictures_neither_crash_nor_leak(codec: Codec) -> None:
    av.logging.set_level(av.logging.PANIC)
    chance = random.Random(7)
    clip = make_clip(codec)
    process = psutil.Process()
    seen = frames = 0
    before = 0
    for turn in range(60):
        decoder = Decoder(codec, clip.sets, "rtsp://fuzz")
        for index, nals in enumerate(clip.units[:25]):
            bad = tuple(spoilt(nal, chance) if chance.random() < 0.3 else nal for nal in nals)
            unit = AccessUnit(timestamp=index * 3600, nals=bad, key=index == 0)
            try:
                decoded = decoder.decode(unit)
            except VideoError:
                break
            frames += decoded is not None
            seen += 1
        if turn == 20:
            gc.collect()
            before = process.memory_info().rss
    gc.collect()
    assert seen > 500
    assert frames > 50
    assert process.memory_info().rss - before < 64 << 20


class Spoiler(asyncio.Protocol):
    """A camera that says all it should, spoilt here and there, and sometimes hangs up."""

    def __init__(self, clips: list[Clip], chance: random.Random) -> None:
        self._clip = clips[int(chance.random() * len(clips))]
        self._chance, self._parser = chance, RtspParser()
        self._share = chance.choice((0.0, 0.05, 0.3))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        for request in self._parser.messages():
            if isinstance(request, Request):
                self._answer(request)

    def _answer(self, request: Request) -> None:
        fields = [("CSeq", request.cseq or "1"), ("Session", "1")]
        body = ""
        if request.method == "DESCRIBE":
            body = described(self._clip)
        if request.method == "SETUP":
            fields.append(("Transport", "RTP/AVP/TCP;interleaved=0-1"))
        answer = Response(status=200, headers=Headers.of(fields), body=body.encode())
        self._write(answer.to_bytes())
        if request.method == "PLAY":
            for packet in packets(self._clip) * 2:
                spoilt_one = self._maybe(packet)[:65535]
                self._write(b"$\x00" + len(spoilt_one).to_bytes(2, "big") + spoilt_one)
        if request.method == "PLAY" or self._chance.random() < self._share / 3:
            self._transport.close()

    def _maybe(self, data: bytes) -> bytes:
        return spoilt(data, self._chance) if self._chance.random() < self._share else data

    def _write(self, data: bytes) -> None:
        self._transport.write(self._maybe(data))


def visit_spoilt(count: int, seed: int) -> Counter[Trouble | None]:
    """Visit cameras whose every message may be spoilt, many at once; return what each gave."""
    chance = random.Random(seed)
    clips = [make_clip(codec) for codec in Codec]
    gave: Counter[Trouble | None] = Counter()

    async def look(camera: Camera, room: asyncio.Semaphore) -> None:
        async with room:
            seen = await visit(camera, IMPATIENT)
        gave[seen.trouble] += 1
        assert (seen.jpeg is None) == (seen.trouble is not None)
        assert seen.trouble is None or (seen.sentence or "").endswith(".")

    async def all_of_them() -> None:
        loop, room = asyncio.get_running_loop(), asyncio.Semaphore(40)
        server = await loop.create_server(lambda: Spoiler(clips, chance), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            url = f"rtsp://127.0.0.1:{port}/x"
            camera = Camera(id=CameraId("C1"), name="x", main_url=url)
            await asyncio.gather(*(look(camera, room) for _ in range(count)))
            await asyncio.sleep(0)

    av.logging.set_level(av.logging.PANIC)
    asyncio.run(all_of_them())
    return gave


def check_spoilt_sessions(count: int, seed: int) -> None:
    process, threads = psutil.Process(), threading.active_count()
    visit_spoilt(40, seed)
    gc.collect()
    handles, held = process.num_fds(), process.memory_info().rss
    gave = visit_spoilt(count, seed + 1)
    gc.collect()
    assert gave.total() == count
    assert gave[None] > count / 10, gave
    assert len(gave) >= 4, gave
    assert process.num_fds() <= handles
    assert threading.active_count() <= threads
    assert process.memory_info().rss - held < 64 << 20


def test_that_spoilt_sessions_end_in_a_picture_or_in_words_and_leave_nothing_open() -> None:
    check_spoilt_sessions(300, 5)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_that_a_hundred_thousand_spoilt_sessions_leave_nothing_open() -> None:
    check_spoilt_sessions(CASES, 6)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def redirects(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = writer.get_extra_info("sockname")[1]
    while await reader.read(4096):
        there = f"Location: rtsp://127.0.0.1:{port}/again\r\n\r\n"
        writer.write(b"RTSP/1.0 302 Found\r\nCSeq: 1\r\n" + there.encode())


async def a_byte_a_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4096)
    for byte in b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n" * 9:
        writer.write(bytes((byte,)))
        await asyncio.sleep(0.9)


async def huge_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4096)
    writer.write(b"RTSP/1.0 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-Fill: " + b"a" * 60_000 + b"\r\n")
        await writer.drain()


async def an_endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4096)
    writer.write(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"v" * 65536)
        await writer.drain()


async def garbage_sets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    parser = RtspParser()
    while data := await reader.read(4096):
        parser.feed(data)
        for request in parser.messages():
            fields = [("CSeq", getattr(request, "cseq", None) or "1"), ("Session", "1")]
            body = b""
            method = getattr(request, "method", "")
            if method == "DESCRIBE":
                body = (
                    b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
                    b"a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z/////////8=,aP////8=\r\n"
                )
            if method == "SETUP":
                fields.append(("Transport", "RTP/AVP/TCP;interleaved=0-1"))
            writer.write(Response(status=200, headers=Headers.of(fields), body=body).to_bytes())
            if method == "PLAY":
                for seq in range(3000):
                    nal = b"\x65" + bytes([seq & 0xFF]) * 200
                    packet = RtpPacket(
                        payload_type=96, seq=seq, timestamp=seq * 3600, ssrc=1, marker=True,
                        payload=nal,
                    ).to_bytes()  # fmt: skip
                    writer.write(b"$\x00" + len(packet).to_bytes(2, "big") + packet)
                await writer.drain()


@pytest.mark.parametrize(
    ("lies", "troubles"),
    [
        (redirects, {Trouble.REDIRECTED}),
        (a_byte_a_second, {Trouble.TIMED_OUT}),
        (huge_headers, {Trouble.GARBAGE}),
        (an_endless_body, {Trouble.GARBAGE}),
        (garbage_sets, {None, Trouble.GARBAGE, Trouble.NO_PICTURE, Trouble.TIMED_OUT}),
    ],
)
def test_that_a_camera_that_lies_is_named_and_left(
    lies: Handler, troubles: set[Trouble | None]
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await lies(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def look() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        camera = Camera(id=CameraId("C1"), name="x", main_url=f"rtsp://127.0.0.1:{port}/x")
        seen = await visit(camera, IMPATIENT if Trouble.TIMED_OUT in troubles else PATIENT)
        assert seen.trouble in troubles, seen
        if seen.trouble is None:
            # libavcodec made something of it: it is shown as what it is, a picture of nothing.
            assert seen.findings
        else:
            assert seen.jpeg is None
            assert (seen.sentence or "").endswith(".")
        server.close()
        own = asyncio.current_task()
        for task in asyncio.all_tasks() - {own}:
            task.cancel()
        await asyncio.gather(*(asyncio.all_tasks() - {own}), return_exceptions=True)

    av.logging.set_level(av.logging.PANIC)
    before = threading.active_count()
    asyncio.run(look())
    assert threading.active_count() <= before + 1


def test_that_hundreds_of_bad_and_good_points_leave_nothing_open() -> None:
    clip = make_clip(Codec.H264)
    manners = ("good", "garbage", "dies", "gaps", "mute_after", "missing")
    points = {f"C{n}": Point(clip, manners[n % len(manners)]) for n in range(30)}
    process = psutil.Process()

    async def rounds(cameras: list[Camera]) -> int:
        good = 0
        for _ in range(4):
            seen = await asyncio.gather(*(visit(camera, PATIENT) for camera in cameras))
            good += sum(one.jpeg is not None for one in seen)
        return good

    with serving(
        **{name: one for name, one in points.items() if one.manner != "missing"}
    ) as server:
        cameras = [server.camera(name) for name in points]
        asyncio.run(rounds(cameras[:6]))
        before = process.num_fds()
        assert asyncio.run(rounds(cameras)) >= 4 * 10
        # The server's own ends, in this process too, close a little later.
        until = time.monotonic() + 60
        while process.num_fds() > before + 4 and time.monotonic() < until:
            threading.Event().wait(0.05)
        assert process.num_fds() <= before + 4
