"""The console's window on a real central: started, worked by keyboard, ended, started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from map_parts import ENGINE_TALK
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.app.consolesettings import ConsoleSettings
from console.app.desktop_map import MapDock, build_map
from console.app.desktop_models import DeskModels
from console.app.desktop_window import DeskWindow
from console.domain.levels import Role
from console.geo.distance import LocalPlane
from console.protocol.commands import OpenIncident
from console.protocol.positions import INGEST, UNKNOWN_U2
from console.roads import RoadClass, RoadColumns, RoadGraph
from widgets.common.appearance import Appearance
from widgets.map.mapwindow import MapMode
from widgets.shell.command_edit import NoCommands
from widgets.shell.regions import Region
from widgets.shell.window import MainWindow

if TYPE_CHECKING:
    from central_parts import CentralServer

pytestmark = [pytest.mark.e2e, pytest.mark.xvfb]
ROOT = Path(__file__).parents[2]
PLANE = LocalPlane(39.9087, 116.3975)
INCIDENT = "1" * 32
RUN = """
import json, sys
from pathlib import Path
from console.app.consolesettings import ConsoleSettings
from console.app.desktop import run_console
said = json.loads(sys.argv[1])
paths = {name: Path(said.pop(name)) for name in ("home", "resources", "started_file")}
sys.exit(run_console(ConsoleSettings(**said, **paths)))
"""


def street() -> RoadGraph:
    """Ten junctions in a row, 200 m apart, driven at 10 m/s."""
    nodes = np.arange(10)
    lat, lon = PLANE.to_degrees(nodes * 200.0, nodes * 0.0)
    there = np.column_stack([nodes[:-1], nodes[1:]])
    pairs = np.concatenate([there, there[:, ::-1]]).astype(np.int32)
    size = len(pairs)
    return RoadGraph(
        RoadColumns(
            node_lat=lat,
            node_lon=lon,
            edge_from=pairs[:, 0].copy(),
            edge_to=pairs[:, 1].copy(),
            edge_len_m=np.full(size, 200.0, np.float32),
            edge_speed_mps=np.full(size, 10.0, np.float32),
            edge_class=np.full(size, RoadClass.TERTIARY, np.uint8),
            edge_name=np.full(size, -1, np.int32),
        )
    )


def settings_for(server: CentralServer, home: Path) -> ConsoleSettings:
    return ConsoleSettings(
        url=server.url,
        account="dispatcher",
        password=server.password("dispatcher"),
        home=home,
        resources=ROOT / "resources",
        started_file=home / "started.json",
    )


def report_incident_and_positions(server: CentralServer) -> None:
    """One urgent incident at the street's beginning; K1 … K8 along the street, K1 nearest."""
    lat, lon = (float(each) for each in PLANE.to_degrees(100.0, 0.0))
    client = server.client(Role.GATEWAY)
    fixes = np.zeros(8, INGEST)
    fixes["unit"] = np.arange(1, 9)
    fixes["t_ms"] = int(client.http.get(f"{server.url}/v1/health", timeout=60).json()["server_ms"])
    east_m = np.arange(1, 9) * 150.0
    lats, lons = PLANE.to_degrees(east_m, east_m * 0.0)
    fixes["lat"], fixes["lon"] = np.round(lats * 1e7), np.round(lons * 1e7)
    fixes["heading"] = fixes["speed"] = fixes["accuracy"] = UNKNOWN_U2
    answer = client.http.post(f"{server.url}/v1/positions", data=fixes.tobytes(), timeout=60)
    assert answer.json()["accepted"] == 8, answer.text
    client.close()
    dispatcher = server.client(Role.DISPATCHER)
    dispatcher.post(
        OpenIncident(
            incident=INCIDENT,
            form="0401",
            place="东单北大街 1 号",
            summary="燃气味",
            channel="12345",
            lat=lat,
            lon=lon,
        )
    )
    dispatcher.close()


class Console:
    """A console in this process: its models and its window."""

    def __init__(self, qapp: QApplication, settings: ConsoleSettings) -> None:
        settings.folder.mkdir(parents=True, exist_ok=True)
        self.appearance = Appearance(qapp, settings.resources, language="en")
        self.window = MainWindow(self.appearance, NoCommands(), settings.folder / "layout.ini")
        self.models = DeskModels(settings, self.window)
        self.desk = DeskWindow(self.window, self.models, self.appearance)
        self.models.finder.set_graph(street())
        self.models.start()

    def close(self) -> None:
        self.window.close()
        self.models.stop()


@pytest.fixture
def console(
    qapp: QApplication, qtbot: QtBot, central_server: CentralServer, tmp_path: Path
) -> Iterator[Console]:
    report_incident_and_positions(central_server)
    started = Console(qapp, settings_for(central_server, tmp_path / "desk"))
    qtbot.addWidget(started.window)
    started.window.show()
    qtbot.waitExposed(started.window)
    started.window.activateWindow()
    qtbot.waitUntil(started.window.isActiveWindow)
    yield started
    started.close()


def test_that_a_dispatch_is_two_keys_from_the_queue_and_reaches_central(
    console: Console, qtbot: QtBot, central_server: CentralServer
) -> None:
    desk, models = console.desk, console.models
    qtbot.waitUntil(lambda: models.queue.rowCount() == 1)
    qtbot.waitUntil(lambda: models.mirror.force is not None)
    console.window.regions.show_region(Region.QUEUE)
    desk.queue.table.selectRow(0)
    qtbot.keyClick(desk.queue.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: models.near.rowCount() == 8)
    assert desk.near.table.hasFocus()
    nearest = [models.near.unit_at(row) for row in (0, 1)]
    assert nearest == ["u1", "u2"]
    qtbot.keyClick(desk.near.table, Qt.Key.Key_Return)
    assert console.window.regions.focused_region() is Region.CARD

    def accepted() -> list[str]:
        return [one.unit for one in models.mirror.assignments_of(INCIDENT)]

    qtbot.waitUntil(lambda: sorted(accepted()) == ["u1", "u2"])
    qtbot.waitUntil(lambda: models.mirror.outbox.unsent == 0)
    qtbot.waitUntil(lambda: not models.mirror.is_pending(INCIDENT))
    console.models.actions.dispatch(INCIDENT, ["u3"])
    qtbot.waitUntil(lambda: len(accepted()) == 3)


def test_that_a_place_on_the_map_gets_an_incident_and_somebody_by_keys_alone(
    console: Console, qtbot: QtBot, central_server: CentralServer
) -> None:
    desk, models = console.desk, console.models
    qtbot.waitUntil(lambda: models.mirror.force is not None)
    lat, lon = (float(each) for each in PLANE.to_degrees(800.0, 0.0))
    desk.send_to(lat, lon)
    qtbot.keyClicks(desk.form.form.lineEdit(), "Night con")
    qtbot.keyClick(desk.form.place, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert desk.near.table.hasFocus()
    qtbot.waitUntil(lambda: models.near.rowCount() > 0)
    sent = models.near.unit_at(0)
    assert sent in {"u5", "u6"}  # 750 and 900 m along the street
    qtbot.keyClick(desk.near.table, Qt.Key.Key_1)
    card = models.card.card
    assert card is not None
    incident = card.incident.id
    assert (card.incident.lat, card.incident.lon) == (lat, lon)

    def accepted() -> list[str]:
        return [one.unit for one in models.mirror.assignments_of(incident)]

    qtbot.waitUntil(lambda: accepted() == [sent])
    qtbot.waitUntil(lambda: not models.mirror.is_pending(incident))


@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_maps_are_open_again_as_they_were(console: Console, qtbot: QtBot) -> None:
    models = console.models
    qtbot.waitUntil(lambda: models.mirror.force is not None)
    settings = models.settings
    for before in (0, 1):
        dock = build_map(models, console.appearance, None, console.window)
        assert isinstance(dock, MapDock), dock
        dock.widget.resize(600, 400)
        qtbot.addWidget(dock.widget)
        with qtbot.waitSignal(dock.widget.ready):
            dock.widget.show()
        qtbot.waitUntil(lambda dock=dock, n=before: len(dock.windows) == n)
        if not before:
            window = dock.open_another()
            window.set_mode(MapMode.FOLLOWING)
            window.follow_unit("u3")
            qtbot.waitUntil((settings.folder / "maps.json").is_file)
        else:
            (window,) = dock.windows
            assert (window.mode, window.state().unit) == (MapMode.FOLLOWING, "u3")
        dock.close()
        dock.deleteLater()


def test_that_what_is_done_offline_is_shown_unsent_and_sent_when_central_is_back(
    console: Console, qtbot: QtBot, central_server: CentralServer
) -> None:
    models, window = console.models, console.window
    qtbot.waitUntil(lambda: models.queue.rowCount() == 1)
    central_server.stop()
    qtbot.waitUntil(lambda: not models.status.line.is_live)
    window.command_entered.emit("L 1 2")
    qtbot.waitUntil(lambda: models.status.line.unsent == 1)
    qtbot.waitUntil(lambda: window.top._unsent_label.text() == "unsent 1")
    assert models.mirror.is_pending(INCIDENT)
    assert "offline" in window.bottom.link.text()
    central_server.start()
    qtbot.waitUntil(lambda: models.status.line.unsent == 0)
    qtbot.waitUntil(lambda: not models.mirror.is_pending(INCIDENT))
    incident = models.mirror.incident(INCIDENT)
    assert incident is not None
    assert incident.level == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_the_process_shows_its_window_ends_cleanly_and_keeps_its_place(
    central_server: CentralServer, tmp_path: Path, number: signal.Signals, qtbot: QtBot
) -> None:
    settings = settings_for(central_server, tmp_path / "desk")
    home, started_file = settings.home, settings.started_file
    assert started_file is not None
    home.mkdir()
    said = {
        "url": settings.url,
        "account": settings.account,
        "password": settings.password,
        "home": str(home),
        "resources": str(settings.resources),
        "started_file": str(started_file),
        "workspace": "wall",
        "theme": "light",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, json.dumps(said)], cwd=ROOT, env={**os.environ}
    )
    try:
        qtbot.waitUntil(lambda: _has(started_file, "usable_s"), timeout=240_000)
        process.send_signal(number)
        assert process.wait(120) == 0
    finally:
        process.kill()
    times = json.loads(started_file.read_text())
    assert 0 < times["window_s"] <= times["usable_s"]
    kept = QSettings(str(settings.folder / "layout.ini"), QSettings.Format.IniFormat)
    assert (kept.value("workspace"), kept.value("theme")) == ("wall", "light")


def _has(path: Path, name: str) -> bool:
    return path.is_file() and name in json.loads(path.read_text())
