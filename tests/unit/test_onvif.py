"""ONVIF against a service that runs here: discovery, streams, presets, moving; GB/T 28181 ids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from console.gateways.cameras import read_cameras
from console.gateways.onvif import (
    CameraServiceError,
    Found,
    Login,
    camera_from,
    find,
    go_to,
    look_up,
    move,
    own_addresses,
    presets_of,
)
from console.gateways.rows import ImportFileError, ImportReport
from tests.onvif_parts import ENDPOINT, OnvifCamera, onvif_camera

LOGIN = Login(username="admin", password="s3cret&<")


@pytest.fixture
def camera() -> Iterator[OnvifCamera]:
    with onvif_camera() as running:
        yield running


def test_that_a_camera_is_found_at_its_address_and_makes_a_point(camera: OnvifCamera) -> None:
    (found,) = find([camera.probe_address], listen_s=0.5)
    assert found == Found(
        service=camera.service, endpoint=ENDPOINT, name="East gate", hardware="PTZ-1"
    )
    looked = look_up(found, LOGIN)
    assert [one.token for one in looked.profiles] == ["main", "sub"]
    assert [(one.token, one.name) for one in looked.presets] == [("1", "gate"), ("2", "东侧")]
    point = camera_from(looked, LOGIN, district="cy")
    assert (point.name, point.main_url, point.sub_url) == (
        "East gate", "rtsp://127.0.0.1:8554/main", "rtsp://127.0.0.1:8554/sub",
    )  # fmt: skip
    assert point.onvif_url == f"{camera.service}#main"
    assert "s3cret" not in f"{point}{looked}{LOGIN}"
    assert camera_from(looked, LOGIN).id == point.id


def test_that_a_camera_is_found_by_multicast_in_this_machines_networks(
    camera: OnvifCamera,
) -> None:
    assert own_addresses()
    assert set(own_addresses()) <= {
        one.address for addresses in psutil.net_if_addrs().values() for one in addresses
    }
    for address in own_addresses():
        camera.join_group(address)
    tries = (find(listen_s=1.0) for _ in range(60))  # a busy machine answers late
    assert any(ENDPOINT in {one.endpoint for one in found} for found in tries)


def test_that_a_moving_camera_goes_where_it_is_sent(camera: OnvifCamera) -> None:
    url = f"{camera.service}#main"
    go_to(url, LOGIN, "东侧")
    go_to(camera.service, LOGIN, "1")
    move(url, LOGIN, pan=0.5, tilt=0.0, zoom=0.0)
    move(url, LOGIN, pan=0.0, tilt=0.0, zoom=0.0)
    assert camera.done == [
        ("GotoPreset", "main", "2"),
        ("GotoPreset", "sub", "1"),
        ("ContinuousMove", "main", "PT2S"),
        ("Stop", "main", ""),
    ]
    assert [one.name for one in presets_of(url, LOGIN)] == ["gate", "东侧"]
    with pytest.raises(CameraServiceError, match="no preset “attic”; it has gate, 东侧"):
        go_to(url, LOGIN, "attic")


def test_that_a_wrong_password_and_a_dead_service_are_told_without_the_password(
    camera: OnvifCamera,
) -> None:
    (found,) = find([camera.probe_address], listen_s=0.5)
    wrong = Login(username="admin", password="guessed-it")
    with pytest.raises(CameraServiceError, match="does not accept") as refused:
        look_up(found, wrong)
    dead = Found(service="http://127.0.0.1:9/onvif/device_service", endpoint="x")
    with pytest.raises(CameraServiceError, match="cannot be used") as gone:
        look_up(dead, wrong)
    assert "guessed-it" not in f"{refused.value}{gone.value}"
    assert find(["127.0.0.1:9"], listen_s=0.2) == []


def test_that_gb28181_ids_become_addresses_of_the_gateway(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text(
        "编号,名称,地址,子码流\n"
        "a,东单,34020000001320000001,\n"
        "b,西单,gb28181:34020000001320000002,gb28181:34020000001320000003\n"
        "c,北门,rtsp://10.0.0.1/x,\n",
        encoding="utf-8",
    )
    gateway = "rtsp://gb.example:554/{id}/{stream}"
    first, second, third = read_cameras(table, ImportReport(), gateway=gateway)
    assert first.main_url == "rtsp://gb.example:554/34020000001320000001/main"
    assert first.sub_url == "rtsp://gb.example:554/34020000001320000001/sub"
    assert second.sub_url == "rtsp://gb.example:554/34020000001320000003/sub"
    assert (third.main_url, third.sub_url) == ("rtsp://10.0.0.1/x", None)
    report = ImportReport()
    assert len(read_cameras(table, report)) == 1
    assert "gb28181_gateway" in report.text()
    with pytest.raises(ImportFileError, match=r"has no \{id\}"):
        read_cameras(table, ImportReport(), gateway="rtsp://gb.example/none")
