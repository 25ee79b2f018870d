"""Cameras found from the command line and the administration; plans that turn moving cameras."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest
from central_parts import CentralClient, CentralServer, a_city, some_units
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from test_patrol_plans import NoDetails

from console.app.admin_base import AdminRequestError, Central
from console.app.admin_cameras import discover_cameras
from console.app.desktop_ptz import CameraMover
from console.domain.ids import CameraId
from console.domain.levels import Role
from console.domain.places import Camera
from console.patrol.plans import PatrolPlan
from console.store.cameraseal import CameraKey
from console.sync.state import Contents
from console.ui.discovery import CameraDiscovery
from console.ui.mirror import Mirror
from console.ui.plandraft import PlanDraft
from console.ui.wall_clock import WallClock
from console.ui.wall_feed import WallFeed
from tests.onvif_parts import OnvifCamera, onvif_camera
from widgets.admin.discovery import DiscoveryWindow
from widgets.common.appearance import Appearance
from widgets.wall.planform import PlanForm
from widgets.wall.presetcell import PresetBox

SECRET = "s3cret&<"


@pytest.fixture
def camera() -> Iterator[OnvifCamera]:
    with onvif_camera() as running:
        yield running


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path / "home")
    server.seed(some_units(), [], a_city())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def admin(central: CentralServer) -> Iterator[CentralClient]:
    client = central.client(Role.ADMINISTRATOR)
    yield client
    client.close()


def test_that_the_command_finds_and_enters_cameras_once(
    camera: OnvifCamera,
    central: CentralServer,
    admin: CentralClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at = Central(url=central.url, http=admin.http)
    asked = {"user": "admin", "address": camera.probe_address, "add": "yes"}
    for _ in range(2):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
        assert discover_cameras(at, asked) == 0
    said = capsys.readouterr().out
    assert "1 cameras answered, 1 entered." in said
    assert "(entered already)" in said
    assert SECRET not in said
    ((name, main, password, service),) = central.query(
        "SELECT name, main_url, password, onvif_url FROM camera"
    )
    assert (name, main) == ("East gate", "rtsp://127.0.0.1:8554/main")
    assert SECRET not in password
    assert service == f"{camera.service}#main"
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    discover_cameras(at, asked)
    assert "does not accept this user name" in capsys.readouterr().out
    with pytest.raises(AdminRequestError, match="takes user=NAME"):
        discover_cameras(at, {"colour": "red"})


class Source:
    """The sync client's way to central, without a cache."""

    def __init__(self, client: CentralClient) -> None:
        self._client = client

    def administer(
        self, method: str, path: str, kind: type[Any], body: object = None
    ) -> Future[Any]:
        done: Future[Any] = Future()
        data = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        url = f"{self._client.server.url}{path}"
        answer = self._client.http.request(method, url, data=data, headers=headers, timeout=60)
        done.set_result(msgspec.json.decode(answer.content, type=kind))
        return done


@pytest.mark.xvfb
def test_that_the_window_finds_cameras_and_enters_those_chosen(
    camera: OnvifCamera,
    central: CentralServer,
    admin: CentralClient,
    appearance: Appearance,
    qtbot: QtBot,
) -> None:
    discovery = CameraDiscovery(Source(admin))
    window = DiscoveryWindow(discovery)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.user.setText("admin")
    window.password.setText(SECRET)
    window.addresses.setText(camera.probe_address)
    with qtbot.waitSignal(discovery.found):
        qtbot.keyClick(window.addresses, Qt.Key.Key_Return)
    texts = [window.table.item(0, column).text() for column in range(4)]  # type: ignore[union-attr]
    assert texts == ["East gate", camera.service, "2", "gate  东侧"]
    with qtbot.waitSignal(discovery.entered):
        qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert central.query("SELECT name FROM camera") == [("East gate",)]
    window.password.setText("wrong")
    with qtbot.waitSignal(discovery.found):
        qtbot.keyClick(window.password, Qt.Key.Key_Return)
    assert "does not accept" in window.table.item(0, 3).text()  # type: ignore[union-attr]
    window.enter_chosen()
    assert "Nothing is chosen" in window.told.text()
    discovery.stop()


def test_that_a_plan_turns_a_moving_camera_and_a_hand_moves_it(
    camera: OnvifCamera, appearance: Appearance, qtbot: QtBot
) -> None:
    key = CameraKey(CameraKey.made().decode())
    moving = key.sealed(
        Camera(id=CameraId("m"), name="East gate", main_url="rtsp://127.0.0.1:9/x",
               username="admin", password=SECRET, onvif_url=f"{camera.service}#main")
    )  # fmt: skip
    fixed = Camera(id=CameraId("f"), name="fixed", main_url="rtsp://127.0.0.1:9/y")
    mirror = Mirror(NoDetails())
    mirror.take_contents(Contents(rev=1, rows=(moving, fixed)))
    mover = CameraMover(mirror, lambda: key)
    said: list[str] = []
    mover.told.connect(lambda sentence, _trouble: said.append(sentence))
    feed = WallFeed([moving, fixed], tiles=2)
    clock = WallClock(feed)
    clock.preset_wanted.connect(mover.send)
    presets = ((moving.id, "东侧"), (fixed.id, "1"))
    feed.set_plan(PatrolPlan(name="p", points=(moving.id, fixed.id), presets=presets))
    qtbot.waitUntil(lambda: camera.done == [("GotoPreset", "main", "2")])
    assert said == [
        "fixed has no ONVIF service, so no presets; its address is entered in the administration."
    ]
    mover.move("m", 0.5, 0.0, 0.0)
    qtbot.waitUntil(lambda: camera.done[-1][0] == "ContinuousMove")
    mover.move("m", 0.0, 0.0, 0.0)
    qtbot.waitUntil(lambda: camera.done[-1][0] == "Stop")
    mover.send("m", "attic")
    qtbot.waitUntil(lambda: len(said) == 2)
    assert "no preset “attic”" in said[1]
    mover.stop()
    assert feed.stop()


@pytest.mark.xvfb
def test_that_presets_of_a_plan_are_picked_from_what_the_camera_reports(
    camera: OnvifCamera, appearance: Appearance, qtbot: QtBot
) -> None:
    key = CameraKey(CameraKey.made().decode())
    moving = key.sealed(
        Camera(id=CameraId("m"), name="East gate", main_url="rtsp://127.0.0.1:9/x",
               username="admin", password=SECRET, onvif_url=f"{camera.service}#main")
    )  # fmt: skip
    fixed = Camera(id=CameraId("f"), name="fixed", main_url="rtsp://127.0.0.1:9/y")
    mirror = Mirror(NoDetails())
    mirror.take_contents(Contents(rev=1, rows=(moving, fixed)))
    mover, form = CameraMover(mirror, lambda: key), PlanForm()
    form.presets_wanted.connect(mover.list_presets)
    mover.presets_came.connect(form.show_presets)
    qtbot.addWidget(form)
    form.retranslate()
    form.show_draft(PlanDraft(name="p", points=("m", "f")))
    form.show()
    qtbot.waitExposed(form)

    def opened(row: int) -> PresetBox:
        with qtbot.waitSignal(mover.presets_came, timeout=60_000):
            form.points.setCurrentCell(row, 2)
            form.points.editItem(form.points.item(row, 2))
        (box,) = form.points.findChildren(PresetBox)
        return box

    box = opened(0)
    assert [box.itemText(row) for row in range(box.count())] == ["", "gate", "东侧"]
    box.setCurrentIndex(2)
    box.activated.emit(2)
    assert form.draft(PlanDraft()).presets == {"m": "东侧", "f": ""}
    qtbot.waitUntil(lambda: not form.points.findChildren(PresetBox), timeout=60_000)
    camera.presets.append(("3", "北口"))
    box = opened(0)  # it is asked again
    assert [box.itemText(row) for row in range(box.count())] == ["", "gate", "东侧", "北口"]
    assert box.lineEdit().placeholderText() == ""
    box.setCurrentIndex(2)
    box.activated.emit(2)
    qtbot.waitUntil(lambda: not form.points.findChildren(PresetBox), timeout=60_000)
    with qtbot.waitSignal(mover.presets_came, timeout=60_000):
        form.points.editItem(form.points.item(0, 2))
        (box,) = form.points.findChildren(PresetBox)
        assert box.count() == 4  # those known from earlier are offered meanwhile
        assert box.toolTip() == "asking the camera…"
    form.show_presets("m", [], "is away")
    assert (box.count(), box.toolTip()) == (4, "is away")
    box.setCurrentIndex(1)
    box.activated.emit(1)
    qtbot.waitUntil(lambda: not form.points.findChildren(PresetBox), timeout=60_000)
    box = opened(1)
    assert box.count() == 0
    assert "no ONVIF service" in box.lineEdit().placeholderText()
    mover.stop()
