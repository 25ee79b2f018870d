"""Ways to a camera: RTSP over TLS with and without proof, cameras that speak UDP only, parts."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rtsp_points import Point, RtspPoints, make_clip, serving

from console.app.config import Config, ConfigError, camera_ca, sweep_processes
from console.app.wiring import WiringError, sweep_settings
from console.central.tls import make_authority, renew_certificate, tls_files
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.nal import Codec, is_key, may_begin_key
from console.media.payload import packetise
from console.video.address import redirected
from console.video.looks import LooksReader
from console.video.points import write_points
from console.video.rtsp import stream_address
from console.video.sweep import Sweep
from console.video.trouble import Trouble, VideoError
from console.video.visit import BRIEF, Visit, VisitSettings, plain_visit, visit


def seen(camera: Camera, ca: Path | None = None) -> Visit:
    patience = replace(BRIEF, ca=None if ca is None else str(ca))
    return asyncio.run(visit(camera, VisitSettings(patience=patience)))


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    files = tls_files(tmp_path / "tls")
    make_authority(files, at=datetime.now(UTC))
    renew_certificate(files, ["127.0.0.1"], at=datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return files.ca, context


def test_that_a_stream_over_tls_is_seen_and_its_certificate_checked_where_there_is_an_authority(
    authority: tuple[Path, ssl.SSLContext], tmp_path: Path
) -> None:
    ca, context = authority
    other = tls_files(tmp_path / "other")
    make_authority(other, at=datetime.now(UTC))
    clip = make_clip(Codec.H264)
    with RtspPoints({"C1": Point(clip), "C2": Point(clip, "auth")}, context) as server:
        for name in ("C1", "C2"):
            camera = server.camera(name)
            assert camera.main_url.startswith("rtsps://")
            assert seen(camera, ca).jpeg is not None
            assert seen(camera).jpeg is not None, "most cameras sign their certificates alone"
        wrong = seen(server.camera("C1"), other.ca)
        assert (wrong.jpeg, wrong.trouble) == (None, Trouble.UNPROVEN)
        assert "certificate" in (wrong.sentence or "")
        address = stream_address(server.camera("C1"), main=False)
        settings = VisitSettings(patience=replace(BRIEF, ca=str(ca)))
        assert plain_visit(server.camera("C1"), address, settings).jpeg is not None


def test_that_a_camera_that_speaks_udp_only_is_seen_all_the_same() -> None:
    with serving(
        C1=Point(make_clip(Codec.H264), "udp"), C2=Point(make_clip(Codec.H265), "udp")
    ) as server:
        for name in ("C1", "C2"):
            found = seen(server.camera(name))
            assert found.trouble is None, found.sentence
            assert found.jpeg is not None
            assert server.points[name].asked.count("SETUP") >= 2, "first over TCP, then over UDP"


def test_that_an_authority_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    assert camera_ca(Config()) is None
    with pytest.raises(ConfigError, match="camera_ca"):
        camera_ca(Config(camera_ca=str(tmp_path / "none.pem")))


def test_that_several_sweeps_share_the_points_and_leave_their_looks_in_one_file(
    tmp_path: Path,
) -> None:
    config = Config(cache_key="file", sweep_points_per_s=40.0, sweep_processes=2)
    assert sweep_processes(config) == 2
    assert sweep_processes(Config()) >= 1
    home = tmp_path / "home"
    parts = [sweep_settings(home, config, "main", part=part, parts=2) for part in range(2)]
    assert [one.max_per_s for one in parts] == [20.0, 20.0]
    with pytest.raises(WiringError, match="count from 0"):
        sweep_settings(home, config, "main", part=2, parts=2)
    clip = make_clip(Codec.H264)
    with serving(**{f"C{n}": Point(clip) for n in range(6)}) as server:
        cameras = [server.camera(name) for name in server.points]
        write_points(parts[0].points_path, cameras, parts[0].key)

        async def both() -> list[int]:
            sweeps = [Sweep(one) for one in parts]
            found = await asyncio.gather(*(sweep.once() for sweep in sweeps))
            for sweep in sweeps:
                sweep.close()
            return [len(one) for one in found]

        assert asyncio.run(both()) == [3, 3]
    states = LooksReader(parts[0].looks_path).states()
    assert {state.point for state in states} == set(server.points)
    assert all(state.picture_at is not None for state in states)


def test_that_only_what_may_begin_a_key_unit_is_read_while_one_is_waited_for() -> None:
    for codec in Codec:
        clip = make_clip(codec)
        for number, nals in enumerate(clip.units):
            begins = [may_begin_key(codec, payload) for payload in packetise(codec, nals)]
            if any(is_key(codec, nal) for nal in nals):
                assert begins[0], (codec, number)
            else:
                assert not any(begins), (codec, number)
        padded = b"\x80" * 12 + packetise(codec, clip.units[0])[0]
        assert may_begin_key(codec, padded, 12)
        assert may_begin_key(codec, b"\x01", 0), "too short to tell: it is read"


def test_that_cameras_that_make_their_viewers_wait_are_seen_in_both_codecs() -> None:
    points = {codec.name: Point(make_clip(codec), "wait") for codec in Codec}
    with serving(**points) as server:
        for name in points:
            found = seen(server.camera(name))
            assert found.trouble is None, found.sentence
            assert (found.first_frame_s or 0.0) > (found.opening_s or 0.0)


class Gateway(asyncio.Protocol):
    """Leads all who ask to another address."""

    def __init__(self, location: str, asked: list[bytes]) -> None:
        self._location, self._asked = location, asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked.append(data)
        head = f"RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: {self._location}\r\n\r\n"
        self._transport.write(head.encode())
        self._transport.close()


async def led(location: str, camera: Camera) -> tuple[Visit, int]:
    """Visit a camera through a gateway; return how often that was asked as well."""
    asked: list[bytes] = []
    loop = asyncio.get_running_loop()
    gateway = await loop.create_server(lambda: Gateway(location, asked), "127.0.0.1", 0)
    async with gateway:
        port = gateway.sockets[0].getsockname()[1]
        url = f"rtsp://127.0.0.1:{port}/34020000001320000001"
        found = await visit(replace(camera, main_url=url, sub_url=None), VisitSettings())
    return found, len(asked)


def test_that_a_gateway_that_leads_on_is_followed_to_the_stream() -> None:
    with serving(C1=Point(make_clip(Codec.H264), "auth")) as server:
        camera = server.camera("C1")
        found, asked = asyncio.run(led(camera.main_url, camera))
    assert found.trouble is None, found.sentence
    assert found.jpeg is not None
    assert asked == 1


@pytest.mark.parametrize("location", ["", "http://127.0.0.1/x", "rtsp://[::1/x", "rtsp:///x"])
def test_that_an_address_that_leads_nowhere_is_said_to(location: str) -> None:
    camera = Camera(id=CameraId("C1"), name="x", main_url="rtsp://127.0.0.1/x")
    found, _ = asyncio.run(led(location, camera))
    assert found.trouble is Trouble.REDIRECTED
    assert "leads to other addresses" in (found.sentence or "")


def test_that_a_password_goes_to_its_own_host_only_and_never_from_tls_to_bare() -> None:
    camera = Camera(
        id=CameraId("C1"), name="x", main_url="rtsps://10.0.0.1/a", username="u", password="p"
    )
    address = stream_address(camera, main=True)
    same = redirected(address, "rtsps://10.0.0.1:8322/b")
    assert (same.credentials, same.port, same.secure) == (address.credentials, 8322, True)
    other = redirected(address, "rtsps://v:w@10.0.0.2/b")
    assert other.credentials is None
    assert (other.url, other.port) == ("rtsps://10.0.0.2/b", 322)
    with pytest.raises(VideoError) as error:
        redirected(address, "rtsp://10.0.0.1/b")
    assert error.value.trouble is Trouble.REDIRECTED
