"""From key press to full display at the desk, while the queue grows and the whole force is on duty.

A real central runs as a process; the console's own window and models run in this one.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import requests
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from console.app import served, wiring
from console.app.bench._figures import machine, percentiles, plan_for, scratch_home, start_central
from console.app.bench.wall import SWITCH_EVERY_S
from console.app.config import Config, home_directory
from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.app.desktop_window import DeskWindow
from console.app.processes import Family
from console.domain.assignments import AssignmentState
from console.domain.ids import new_id
from console.domain.incidents import Stage
from console.domain.units import Unit
from console.protocol.commands import AnyBody, OpenIncident, SetDuty
from console.protocol.messages import Command
from console.protocol.positions import INGEST, UNKNOWN_U2
from console.store.citypack import CityPack
from widgets.common.appearance import Appearance
from widgets.shell.command_edit import NoCommands
from widgets.shell.window import MainWindow

_FORMS = ("0502", "0503", "0102", "0301", "0501", "0105", "0303")
_WAIT_S = 30.0
#: What is waited for is looked at no later than so long after it came.
_WAKE_MS = 2


def run(
    *, first: int = 200, last: int = 800, per_s: float = 10.0, units: int = 2400, rounds: int = 60
) -> dict[str, object]:
    """Pick, dispatch and enter steps by key while incidents come in.

    Args:
        first: Open incidents at the beginning.
        last: Open incidents at the end.
        per_s: New ones a second.
        units: Units on duty, each with a fresh position.
        rounds: How often each key is pressed.

    Returns:
        Milliseconds from a key to the moment everything it changes is on the screen: a row picked
        (card and who is near), units sent (queue, card and near list), a step typed (card); how
        often the queue was out of order, and how often the chosen row was another's.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with ExitStack() as closing:
        home = closing.enter_context(scratch_home())
        plan, pack = plan_for(home, _config(units), home_directory(None))
        family = Family()
        closing.callback(family.stop)
        url = start_central(family, plan, pack)
        gateway = _Sender(url, "city", served.password_of(home, "city"))
        seat = _Sender(url, "hotline", served.password_of(home, "hotline"))
        spots = Spots(pack)
        seat.open_incidents(first, spots)
        settings = ConsoleSettings(
            url=url, account="dispatcher", password=served.password_of(home, "dispatcher"),
            home=home / "desk", pack_path=pack, resources=wiring.RESOURCES,
        )  # fmt: skip
        keys, open_at_end = _worked(settings, (gateway, seat, spots), last, per_s, rounds)
    return {
        **{
            f"{name}_{key}": value
            for name, values in keys.ms.items()
            for key, value in percentiles(values, 50, 99).items()
        },
        # What the window's thread itself worked for it: the same on a busy machine.
        "thread_ms": {name: percentiles(values, 50, 99) for name, values in keys.cpu_ms.items()},
        "rounds": {name: len(values) for name, values in keys.ms.items()},
        "open_at_end": open_at_end,
        "out_of_order": keys.unsorted,
        "moved_under_the_cursor": keys.moved,
        **machine(),
    }


def _worked(
    settings: ConsoleSettings,
    senders: tuple[_Sender, _Sender, Spots],
    last: int,
    per_s: float,
    rounds: int,
) -> tuple[_Keys, int]:
    """Work a desk while a thread opens incidents at its own pace."""
    gateway, seat, spots = senders
    app = QApplication.instance() or QApplication(["zhihui"])
    assert isinstance(app, QApplication)
    sys.setswitchinterval(SWITCH_EVERY_S)
    settings.folder.mkdir(parents=True, exist_ok=True)
    appearance = Appearance(app, settings.resources, theme="dark", language="zh_CN")
    window = MainWindow(appearance, NoCommands(), settings.folder / "layout.ini")
    window.resize(1920, 1080)
    models = DeskModels(settings, window)
    desk = DeskWindow(window, models, appearance)
    keys = _Keys(window, models, desk)
    window.show()
    models.start()
    stopping = threading.Event()

    def pour() -> None:
        while not stopping.wait(1.0):
            seat.open_incidents(round(per_s), spots)

    pouring = threading.Thread(target=pour, name="bench-pour", daemon=True)
    try:
        wait_until(lambda: models.queue.rowCount() > 0, within_s=60)
        gateway.put_on_duty(models.mirror.units(), spots)
        wait_until(lambda: models.mirror.force is not None, within_s=60)
        wait_until(lambda: models.finder.graph is not None, within_s=60)
        pouring.start()
        for no in range(rounds):
            keys.round(no)
            if models.queue.rowCount() >= last:
                stopping.set()
    finally:
        stopping.set()
        if pouring.is_alive():
            pouring.join()
        open_at_end = models.queue.rowCount()
        window.close()
        models.stop()
    return keys, open_at_end


def _config(units: int) -> Config:
    vehicles = units // 6
    return Config(officers=units - vehicles, vehicles=vehicles)


class _Sender:
    """Sends commands and positions as a gateway does."""

    def __init__(self, url: str, account: str, password: str) -> None:
        self._url = url
        self._session = requests.Session()
        token = served.log_on(url, account, password)
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._seq = 0

    def post(self, bodies: list[AnyBody]) -> None:
        """Send commands, two hundred at a time."""
        for at in range(0, len(bodies), 200):
            commands = [self._command(body) for body in bodies[at : at + 200]]
            answer = self._session.post(
                f"{self._url}/v1/commands", data=msgspec.json.encode(commands), timeout=60
            )
            answer.raise_for_status()

    def put_on_duty(self, units: list[Unit], spots: Spots) -> None:
        """Have every unit come on duty with a fresh position on some street."""
        now = datetime.now(UTC)
        self.post([SetDuty(unit=unit.id, on_duty=True, at=now) for unit in units])
        fixes = np.zeros(len(units), INGEST)
        fixes["unit"] = [unit.no for unit in units]
        fixes["t_ms"] = int(now.timestamp() * 1000)
        where = [spots.draw() for _ in units]
        fixes["lat"] = [round(lat * 1e7) for lat, _ in where]
        fixes["lon"] = [round(lon * 1e7) for _, lon in where]
        fixes["heading"] = fixes["speed"] = fixes["accuracy"] = UNKNOWN_U2
        answer = self._session.post(f"{self._url}/v1/positions", data=fixes.tobytes(), timeout=60)
        answer.raise_for_status()

    def open_incidents(self, count: int, spots: Spots) -> None:
        """Open incidents all over the city."""
        self.post([self._opened(spots) for _ in range(count)])

    def _opened(self, spots: Spots) -> OpenIncident:
        lat, lon = spots.draw()
        now = datetime.now(UTC)
        form = _FORMS[self._seq % len(_FORMS)]
        self._seq += 1
        return OpenIncident(
            incident=new_id(now), form=form, place=f"测试街 {self._seq} 号", summary="bench",
            channel="12345", lat=lat, lon=lon,
        )  # fmt: skip

    def _command(self, body: AnyBody) -> Command:
        self._seq += 1
        now = datetime.now(UTC)
        return Command(
            command_id=new_id(now), console_id="bench", seq=self._seq, made_at=now, body=body
        )


class Spots:
    """Places on streets, drawn from a seed."""

    def __init__(self, pack_path: Path, seed: int = 3) -> None:
        with CityPack.open(pack_path) as pack:
            graph = pack.road_graph()
        self._lat, self._lon = graph.node_lat, graph.node_lon
        self._rng = np.random.default_rng(seed)

    def draw(self) -> tuple[float, float]:
        """Return latitude and longitude of a street corner."""
        node = int(self._rng.integers(len(self._lat)))
        return float(self._lat[node]), float(self._lon[node])


class _Keys(QObject):
    """Presses keys and waits until what they change is on the screen."""

    def __init__(self, window: MainWindow, models: DeskModels, desk: DeskWindow) -> None:
        super().__init__()
        self._window, self._models, self._desk = window, models, desk
        self.ms: dict[str, list[float]] = {"pick": [], "dispatch": [], "status": []}
        self.cpu_ms: dict[str, list[float]] = {"pick": [], "dispatch": [], "status": []}
        self.unsorted = self.moved = 0

    def round(self, no: int) -> None:
        """Pick a row that waits, send the nearest unit, enter that it accepts."""
        models, table = self._models, self._desk.queue.table
        row = self._waiting_row(no)
        if row is None:
            return
        table.selectRow(row)
        table.setFocus()
        chosen = table.current_id()
        self._look_at_order()
        wait_until(lambda: True)
        if table.current_id() != chosen:
            self.moved += 1
        incident = str(chosen)
        self._timed("pick", table, Qt.Key.Key_Return, lambda: self._is_shown(incident))
        unit = models.near.unit_at(0)
        if unit is None:
            return
        near = self._desk.near.table
        self._timed("dispatch", near, Qt.Key.Key_1, lambda: self._has_unit(incident, unit))
        held = models.mirror.unit(unit)
        edit = self._window.top.command
        edit.setFocus()
        edit.setText(f"S {held.call_sign if held else unit} accepted")
        wait_until(lambda: not models.mirror.is_pending(unit), within_s=_WAIT_S)
        self._timed("status", edit, Qt.Key.Key_Return, lambda: self._is_taken(incident, unit))

    def _timed(self, name: str, where: QWidget, key: Qt.Key, is_shown: Callable[[], bool]) -> None:
        began, worked = time.perf_counter(), time.thread_time()
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, _LETTERS.get(key, ""))
            QApplication.sendEvent(where, event)
        if wait_until(is_shown, within_s=_WAIT_S):
            # What it changed is laid out, shown and drawn now, before anything else comes.
            QApplication.sendPostedEvents()
            QApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest)
            self.ms[name].append((time.perf_counter() - began) * 1000)
            self.cpu_ms[name].append((time.thread_time() - worked) * 1000)

    def _waiting_row(self, no: int) -> int | None:
        queue, mirror = self._models.queue, self._models.mirror
        rows = queue.rowCount()
        for step in range(rows):
            row = (no * 7 + step) % rows
            incident = mirror.incident(queue.incident_at(row) or "")
            if incident is not None and incident.stage is Stage.FILE:
                return row
        return None

    def _look_at_order(self) -> None:
        queue, mirror = self._models.queue, self._models.mirror
        held = [mirror.incident(queue.incident_at(row) or "") for row in range(queue.rowCount())]
        levels = [int(one.level) for one in held if one is not None]
        self.unsorted += levels != sorted(levels)

    def _is_shown(self, incident: str) -> bool:
        models = self._models
        card = models.card.card
        is_there = card is not None and card.incident.id == incident
        return is_there and models.near.incident == incident and models.near.rowCount() > 0

    def _has_unit(self, incident: str, unit: str) -> bool:
        card = self._models.card.card
        return card is not None and any(one.assignment.unit == unit for one in card.assignments)

    def _is_taken(self, incident: str, unit: str) -> bool:
        card = self._models.card.card
        return card is not None and any(
            one.assignment.unit == unit and one.assignment.state is AssignmentState.ACCEPTED
            for one in card.assignments
        )


_LETTERS = {Qt.Key.Key_1: "1", Qt.Key.Key_Return: "\r"}


def wait_until(condition: Callable[[], bool], *, within_s: float = 0.0) -> bool:
    """Let Qt work until a condition holds; return whether it does in time.

    It sleeps between events, as a window does: spinning would take the interpreter's lock, and a
    core, from the threads that are waited for.
    """
    end = time.perf_counter() + within_s
    waking = QTimer(interval=_WAKE_MS)
    waking.start()
    flags = QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
    while True:
        QApplication.processEvents(flags)
        if condition():
            return True
        if time.perf_counter() > end:
            return False
