"""The simulated city's RTSP server, asked by real clients over real sockets."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from itertools import pairwise, product, repeat

import av
import numpy as np
import pytest
from rtsp_client import TCP, Client

from console.city.cameras.encode import encode_track, shape_of, standing_track
from console.city.cameras.faults import FaultKind, FaultSchedule
from console.city.cameras.maker import TrackKey
from console.city.cameras.points import Guard, Joining, credentials, point_specs
from console.city.cameras.server import camera_server
from console.city.cameras.settings import CameraCityError, CameraServerSettings
from console.media.auth import authorization, strongest
from console.media.nal import Codec, is_parameter_set
from console.media.rtp import SenderReport
from console.media.sdp import parse_sdp

COUNT = 100
#: The pictures of a fault are made by a process that gives way to everything else.
LONG_S = 200
FAULT_RATE = 0.1
BLACK = (FaultKind.BLACK, 3, Codec.H264)


def moving_pictures(shape, count):
    chance = np.random.default_rng(5)
    size = (shape.height_px * 3 // 2, shape.width_px)
    noise = np.kron(chance.integers(40, 200, (size[0] // 60, size[1] // 80)), np.ones((60, 80)))
    for index in range(count):
        yield np.roll(noise, (2 * index, 3 * index), (0, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Put four scenes on disk, so that the server has all it needs at once."""
    folder = tmp_path_factory.mktemp("scenes")
    made = {}
    for codec, stream in product((Codec.H264, Codec.H265), ("sub", "main")):
        shape = shape_of(codec, stream)
        pictures = moving_pictures(shape, 50)
        if (codec, stream) == (Codec.H265, "main"):  # nobody looks, and it takes longest
            pictures = repeat(next(pictures), 50)
        made[codec, stream] = encode_track(shape, pictures), standing_track(shape)
    for (codec, stream), (track, standing) in made.items():
        for number in (0, 1, 2) if codec is Codec.H264 else (3,):
            track.save(TrackKey(codec=codec, scene=number).path(folder, "s1", stream))
        standing.save(TrackKey(codec=codec, scene=-1).path(folder, "s1", stream))
    return folder


@contextmanager
def running(**settings):
    """Run a server in a thread of its own; yields it, and its loop."""
    started, ending = threading.Event(), asyncio.Event()
    found = {}

    async def serve():
        try:
            wanted = CameraServerSettings(**{"happening_chance": 0.0, **settings})
            async with camera_server(wanted) as server:
                found.update(server=server, loop=asyncio.get_running_loop())
                started.set()
                await ending.wait()
        finally:
            started.set()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(60)
        yield found["server"], found["loop"]
    finally:
        found["loop"].call_soon_threadsafe(ending.set)
        thread.join(60)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def server(scenes):
    settings = {"scenes_dir": scenes, "port": 0, "count": COUNT, "scene_count": 4}
    with running(**settings, fault_rate=0.0, makers=1, session_timeout_s=30.0) as (found, _):
        yield found


def a_point(*, codec=Codec.H264, guard=Guard.NONE, joining=None, live=False):
    """Return the first point that is so."""
    return next(
        point
        for point in point_specs(COUNT, 1)
        if (point.codec, point.guard, point.live) == (codec, guard, live)
        and joining in (None, point.joining)
    )


def url_of(server, point, stream, seed=1):
    secret = credentials(point.no, seed)
    user = "" if point.guard is Guard.NONE else f"{secret.username}:{secret.password}@"
    return f"rtsp://{user}127.0.0.1:{server.port}/{point.id}/{stream}"


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("guard", list(Guard))
def test_that_libavformat_reads_thirty_pictures(server, codec, guard):
    point = a_point(codec=codec, guard=guard)
    with av.open(url_of(server, point, "sub"), options={"rtsp_transport": "tcp"}) as container:
        assert container.streams.video[0].codec_context.name == codec.decoder
        frames = [frame for frame, _ in zip(container.decode(video=0), range(30), strict=False)]
    assert len(frames) == 30
    assert (frames[0].width, frames[0].height) == (640, 360)


def test_that_main_is_1280_by_720(server):
    point = a_point()
    with av.open(url_of(server, point, "main"), options={"rtsp_transport": "tcp"}) as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (1280, 720)


def test_that_wrong_credentials_are_refused(server):
    point = a_point(guard=Guard.MD5)
    url = f"rtsp://zhihui:wrong@127.0.0.1:{server.port}/{point.id}/sub"
    with pytest.raises(av.FFmpegError, match="401"):
        av.open(url, options={"rtsp_transport": "tcp"})


def test_that_udp_is_refused_with_461(server):
    async def ask():
        client = await Client.to(server.port, f"{a_point().id}/sub")
        answer = await client.ask("SETUP", ("Transport", "RTP/AVP;unicast;client_port=5000-5001"))
        client.close()
        return answer.status

    assert asyncio.run(ask()) == 461


def test_that_a_cached_gop_comes_at_once_with_absolute_time(server):
    async def watch():
        client = await Client.to(server.port, f"{a_point(joining=Joining.GOP).id}/sub")
        begun = time.time()
        play = await client.play()
        answered = time.time()
        units, reports = await client.units(Codec.H264, 61)
        client.close()
        return play, units, reports, begun, answered

    play, units, reports, begun, answered = asyncio.run(watch())
    assert units[0].key
    assert f"rtptime={units[0].timestamp}" in play.headers.get("RTP-Info")
    assert {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(units)} == {3600}
    keys = [index for index, unit in enumerate(units) if unit.key]
    assert keys == [0, 50]
    assert sum(is_parameter_set(Codec.H264, nal) for nal in units[50].nals) == 2
    assert isinstance(reports[0], SenderReport)
    first_s = reports[0].unix_s - ((reports[0].timestamp - units[0].timestamp) & 0xFFFFFFFF) / 90000
    assert begun - 2.1 < first_s <= answered, "a picture that was there before it was asked for"


def test_that_a_waiting_point_begins_in_the_middle(server):
    async def watch():
        point = a_point(joining=Joining.WAIT)
        client = await Client.to(server.port, f"{point.id}/sub")
        begun = time.time()
        await client.play()
        units, reports = await client.units(Codec.H264, 60)
        arrived = time.time()
        client.close()
        return units, reports[0], begun, arrived

    units, report, begun, arrived = asyncio.run(watch())
    keys = [index for index, unit in enumerate(units) if unit.key]
    assert len(keys) in (1, 2)
    since_s = ((units[0].timestamp - report.timestamp + 2**31) & 0xFFFFFFFF) - 2**31
    assert begun - 0.5 < report.unix_s + since_s / 90000 < arrived


def test_that_two_points_of_one_scene_differ_in_their_names_only(server):
    points = [p for p in point_specs(COUNT, 1) if p.codec is Codec.H264 and p.guard is Guard.NONE]
    scene = points[0].scene % 3
    first, second = [p for p in points if p.scene % 3 == scene and not p.live][:2]
    shown = []
    for point in (first, second):
        with av.open(url_of(server, point, "sub"), options={"rtsp_transport": "tcp"}) as container:
            frames = container.decode(video=0)
            found = next(frame for frame in frames if frame.key_frame)
            shown.append(found.to_ndarray()[:360])
    assert np.array_equal(shown[0][:336], shown[1][:336])
    assert not np.array_equal(shown[0][336:], shown[1][336:])


def test_that_a_live_point_is_encoded_only_while_it_is_watched(server):
    point = next(p for p in point_specs(COUNT, 1) if p.live and p.codec is Codec.H264)

    def names():
        return [t.name for t in threading.enumerate() if t.name.startswith("live-")]

    assert names() == []
    with av.open(url_of(server, point, "sub"), options={"rtsp_transport": "tcp"}) as container:
        frames = [frame for frame, _ in zip(container.decode(video=0), range(10), strict=False)]
        assert names() == [f"live-{point.id}-sub"]
    bands = [frame.to_ndarray()[336:360] for frame in frames]
    assert len({band.tobytes() for band in bands}) == 10
    assert until(lambda: not names())


def until(condition, seconds=60.0):
    """Wait for another thread or process."""
    ending = time.monotonic() + seconds
    waiting = threading.Event()
    while not (met := condition()) and time.monotonic() < ending:
        waiting.wait(0.02)
    return met


def test_that_pause_stops_play_goes_on_and_teardown_ends(server):
    async def watch():
        client = await Client.to(server.port, f"{a_point().id}/sub")
        play = await client.play()
        session = ("Session", play.headers.get("Session"))
        await client.units(Codec.H264, 2)
        statuses = [(await client.ask("PAUSE", session)).status]
        client.packets.clear()
        statuses.append((await client.ask("GET_PARAMETER", session)).status)
        assert client.packets == []
        statuses.append((await client.ask("PLAY", session)).status)
        units, _ = await client.units(Codec.H264, 2)
        assert units[0].key
        statuses.append((await client.ask("TEARDOWN", session)).status)
        with pytest.raises(ConnectionResetError):
            await client.message()
        client.close()
        return statuses

    assert asyncio.run(watch()) == [200, 200, 200, 200]
    assert until(lambda: server.watched == 0)


def test_that_requests_out_of_order_or_unknown_are_refused(server):
    async def ask():
        point = a_point()
        client = await Client.to(server.port, f"{point.id}/sub")
        base = f"rtsp://127.0.0.1:{server.port}"
        found = [
            (await client.ask("PLAY", ("Session", "123"))).status,
            (await client.ask("TEARDOWN")).status,
            (await client.ask("RECORD")).status,
            (await client.ask("DESCRIBE", url=f"{base}/C9999/sub")).status,
            (await client.ask("DESCRIBE", url=f"{base}/{point.id}/third")).status,
            (await client.ask("DESCRIBE", url="rtsp://[bad/")).status,
            (await client.ask("SETUP", ("Transport", "RTP/AVP/TCP;interleaved=x-y"))).status,
            (await client.ask("OPTIONS", url="*")).status,
        ]
        description = await client.ask("DESCRIBE")
        client.close()
        return found, parse_sdp(description.body)

    found, description = asyncio.run(ask())
    assert found == [454, 454, 501, 404, 404, 404, 400, 200]
    assert description.video().codec is Codec.H264
    assert description.video().frame_rate == 25.0


def test_that_digest_is_answered_with_the_strongest_that_is_offered(server):
    async def ask():
        point = a_point(guard=Guard.SHA256)
        client = await Client.to(server.port, f"{point.id}/sub")
        refused = await client.ask("DESCRIBE")
        offers = refused.headers.all("WWW-Authenticate")
        challenge = strongest(offers)
        answer = authorization(
            challenge, credentials(point.no, 1), method="DESCRIBE", uri=client.url
        )
        accepted = await client.ask("DESCRIBE", ("Authorization", answer))
        replayed = await client.ask("SETUP", ("Authorization", answer), ("Transport", TCP))
        client.close()
        return refused.status, challenge.algorithm, accepted.status, replayed.status

    assert asyncio.run(ask()) == (401, "SHA-256", 200, 401)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\xff" * 40_000,
        b"DESCRIBE rtsp://x RTSP/1.0\r\nContent-Length: 900000000\r\n\r\n",
        b"DESCRIBE rtsp://x RTSP/1.0\r\n\r\n",
    ],
)
def test_that_garbage_is_answered_with_400_and_others_go_on(server, garbage):
    async def ask():
        other = await Client.to(server.port, f"{a_point().id}/sub")
        await other.play()
        client = await Client.to(server.port, "")
        client.writer.write(garbage)
        status = (await client.message()).status
        client.close()
        units, _ = await other.units(Codec.H264, 30)
        other.close()
        return status, len(units)

    status, seen = asyncio.run(ask())
    assert status == 400
    assert seen >= 30


def test_that_a_silent_client_is_cut_off(scenes):
    settings = {"scenes_dir": scenes, "port": 0, "count": 4, "scene_count": 4, "fault_rate": 0.0}
    with running(**settings, makers=1, session_timeout_s=0.4) as (server, _):

        async def wait():
            client = await Client.to(server.port, "C0001/sub")
            with pytest.raises(ConnectionResetError):
                await client.message()
            client.close()

        asyncio.run(wait())


def test_that_a_port_in_use_is_said(scenes, server):
    async def start():
        settings = CameraServerSettings(scenes_dir=scenes, port=server.port, count=4, scene_count=4)
        async with camera_server(settings):
            raise AssertionError

    with pytest.raises(CameraCityError, match="choose another"):
        asyncio.run(start())


def faulty_points(points, now_s):
    """Return a truth seed with which a point is black and another offline, and the two.

    Both faults last for ``LONG_S`` more, and a fault ends with its camera's own hour: whichever
    points have enough left of theirs are taken. No other fault is there whose pictures would have
    to be made first.
    """
    for seed in range(1_000_000):
        schedule, black, offline, others = FaultSchedule(seed, FAULT_RATE), None, None, 0
        for point in points:
            fault = schedule.at(point.no, now_s)
            if fault is None:
                continue
            lasts = fault.to_s >= now_s + LONG_S
            if lasts and (fault.kind, fault.severity) == (FaultKind.OFFLINE, 2):
                offline = point
            elif lasts and (fault.kind, fault.severity, point.codec) == BLACK:
                black = point
            else:
                others += 1
        if black and offline and not others:
            return seed, black, offline
    raise AssertionError


def test_that_faults_are_shown_and_their_truth_is_on_record(scenes, tmp_path):
    points = point_specs(8, 1)
    seed, black, offline = faulty_points(points, time.time())
    truth = tmp_path / "truth.jsonl"
    settings = {"scenes_dir": scenes, "port": 0, "count": 8, "scene_count": 4, "makers": 1}
    with running(**settings, truth_path=truth, truth_seed=seed, fault_rate=FAULT_RATE) as (
        server,
        _,
    ):
        assert until(lambda: server.city.fault(black, time.time()) is not None, LONG_S)
        with av.open(url_of(server, black, "sub"), options={"rtsp_transport": "tcp"}) as found:
            frame = next(found.decode(video=0)).to_ndarray()
        assert frame[:330].mean() < 20
        with pytest.raises(av.FFmpegError, match=r"(?i)5xx|503|server"):
            av.open(url_of(server, offline, "sub"), options={"rtsp_transport": "tcp"})
    rows = [json.loads(line) for line in truth.read_text().splitlines()]
    kinds = {row["camera"]: (row["kind"], row["severity"]) for row in rows}
    assert kinds[black.id] == ("black", 3)
    assert kinds[offline.id] == ("offline", 2)
