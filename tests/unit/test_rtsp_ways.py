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
from console.domain.places import Camera
from console.media.nal import Codec, is_key, may_begin_key
from console.media.payload import packetise
from console.video.looks import LooksReader
from console.video.points import write_points
from console.video.rtsp import stream_address
from console.video.sweep import Sweep
from console.video.trouble import Trouble
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
