"""Duty end to end: a real central, the desk's real window, an officer's page in a real Chromium."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from central_parts import CentralServer, a_city, some_units
from chromium import FLAGS, patient
from desk_parts import all_answered
from playwright.sync_api import Page, sync_playwright
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from test_console_window import ROOT, Console, settings_for
from test_handheld_page import PLACE, log_on

from console.app.desktop_shift import ShiftDock
from console.domain.areas import Area, AreaId, AreaKind
from console.domain.telling import MessageKind, Receipt
from console.ui.dutyboard import DutyBoard
from widgets.shift.window import DutyWindow, Pane

pytestmark = [pytest.mark.e2e, pytest.mark.xvfb]
WITHIN_MS = 120_000
CORNERS = ((39.92, 116.43), (39.94, 116.43), (39.94, 116.45), (39.92, 116.45))


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path / "home", resources_dir=ROOT / "resources")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    assert chromium, "these tests need Debian's chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(
            viewport={"width": 390, "height": 780}, geolocation=PLACE,
            permissions=["geolocation"], locale="zh-CN",
        )  # fmt: skip
        yield patient(context).new_page()
        context.close()
        browser.close()


class Watch:
    """A dispatcher's console with its duty window, worked by keys."""

    def __init__(self, console: Console, server: CentralServer, qtbot: QtBot) -> None:
        self.console, self.server, self.qtbot = console, server, qtbot
        self.dock = ShiftDock(console.window, console.models, console.appearance)
        self.until(lambda: len(console.models.mirror.units()) == 8)
        self.until(lambda: console.models.mirror.who is not None)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WITHIN_MS)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.server.database)) as connection:
            return connection.execute(query).fetchall()

    def open(self, pane: Pane) -> DutyWindow:
        if self.dock.shown is None:
            self.qtbot.keyClick(self.console.window, Qt.Key.Key_F11)
        shown = self.dock.shown
        assert shown is not None
        self.qtbot.waitExposed(shown)
        shown.activateWindow()
        self.until(shown.isActiveWindow)
        number = Qt.Key(Qt.Key.Key_1 + pane)
        self.qtbot.keyClick(shown, number, Qt.KeyboardModifier.ControlModifier)
        assert shown.tabs.currentIndex() == pane
        return shown

    def receipts(self, kind: MessageKind) -> dict[str, str]:
        """Return how far the newest message of a kind has come, by unit, as the console has it."""
        mirror = self.console.models.mirror
        lines = [one for one in self.console.models.messages.values if one.message.kind is kind]
        newest = lines[0].message.id
        mine = [one for one in mirror.every(Receipt) if one.message == newest]
        return {str(one.unit): one.state.value for one in mine}


@pytest.fixture
def watch(
    qapp: QApplication, qtbot: QtBot, central: CentralServer, tmp_path: Path
) -> Iterator[Watch]:
    started = Console(qapp, settings_for(central, tmp_path / "desk"))
    qtbot.addWidget(started.window)
    started.window.show()
    qtbot.waitExposed(started.window)
    started.window.activateWindow()
    qtbot.waitUntil(started.window.isActiveWindow)
    watch = Watch(started, central, qtbot)
    yield watch
    watch.dock.stop()
    started.close()


def test_that_duty_roll_call_and_broadcast_go_from_window_to_phone_and_back(
    watch: Watch, central: CentralServer, page: Page, qtbot: QtBot
) -> None:
    models = watch.console.models
    # an officer logs on with everything it carries; the board shows it
    log_on(page, central, "K7")
    page.click("#equipment > summary")
    said = {"vehicle": "京A·12345", "radio": "4071", "handheld": "H-7", "body_camera": "BC-77",
            "post": "东单岗"}  # fmt: skip
    for field, value in said.items():
        page.fill(f"#equipment-{field}", value)
    page.keyboard.press("Tab")
    page.click("#toggle-duty")
    shown = watch.open(Pane.BOARD)
    board = shown.board.table.model()

    def on_board() -> list[str]:
        found = [row for row in range(board.rowCount()) if board.index(row, 0).data() == "K7"]
        wanted = (DutyBoard.VEHICLE, DutyBoard.RADIO, DutyBoard.HANDHELD, DutyBoard.CAMERA,
                  DutyBoard.POST)  # fmt: skip
        return [board.index(found[0], column).data() for column in wanted] if found else []

    watch.until(lambda: on_board() == list(said.values()))
    # a broadcast to an area drawn on the map reaches who is inside, and comes back as read
    area = Area(id=AreaId("a"), name="演练区", kind=AreaKind.FENCE, outline=CORNERS)
    models.actions.put_areas([area])
    watch.until(lambda: models.mirror.area("a") is not None)
    watch.until(lambda: models.duty_actions.in_area(area).units != ())
    watch.dock.write_to_area("a")
    messages = shown.messages
    assert (shown.tabs.currentIndex(), messages.to.text()) == (Pane.MESSAGES, "演练区")
    messages.words.setText("雷雨将至，注意避险")
    qtbot.keyClick(messages.words, Qt.Key.Key_Return)
    watch.until(lambda: bool(models.messages.values))
    watch.until(lambda: watch.receipts(MessageKind.BROADCAST) == {"u7": "delivered"})
    page.click("#page-messages")
    watch.until(lambda: watch.receipts(MessageKind.BROADCAST) == {"u7": "read"})
    wanted = "1 sent · 1 delivered · 1 read"
    watch.until(lambda: models.messages.state_text(models.messages.values[0]) == wanted)
    ((outline,),) = watch.rows("SELECT outline FROM message WHERE kind = 'broadcast'")
    assert "39.92" in outline
    # the roll is called: one answers on the page, one by radio, the rest are told apart
    roll = watch.open(Pane.ROLL).roll
    roll.to.setText("city")
    qtbot.keyClick(roll.words, Qt.Key.Key_Return)
    page.click(".answer")
    watch.until(lambda: roll.table.value is not None)
    watch.until(lambda: watch.receipts(MessageKind.ROLL_CALL).get("u7") == "answered")
    watch.until(lambda: roll.units.model().rowCount() == 8)
    roll.units.selectRow(0)
    radio = roll.units.value.receipt.unit
    assert radio != "u7"
    qtbot.keyClick(roll.units, Qt.Key.Key_R)
    watch.until(lambda: watch.receipts(MessageKind.ROLL_CALL).get(radio) == "answered")
    qtbot.keyClick(roll.table, Qt.Key.Key_E)
    ended = "SELECT ended_at IS NOT NULL, units FROM message WHERE kind = 'roll_call'"
    watch.until(lambda: watch.rows(ended) == [(1, 8)])
    answered = (
        "SELECT unit, answered_by FROM receipt WHERE answered_at IS NOT NULL ORDER BY unit = 'u7'"
    )
    assert watch.rows(answered) == [(radio, "dispatcher"), ("u7", None)]
    told = "ended: 2 of 8 answered"  # at central first, and a moment later in the list
    watch.until(lambda: roll.table.model().state_text(roll.table.value) == told)


def test_that_a_case_is_printed_and_a_packet_read_back_and_signed_by_keys(
    watch: Watch, central: CentralServer, qtbot: QtBot, tmp_path: Path
) -> None:
    models = watch.console.models
    sentence, is_done = models.commands.run("N 夜间施工 @工体北路 4; 已来电三次")
    assert is_done, sentence
    watch.until(lambda: any(one.number for one in models.mirror.open_incidents()))
    (case,) = models.mirror.open_incidents()
    message, is_sent = models.commands.run("/msg K1 请先查看施工许可")
    assert is_sent, message
    watch.until(lambda: all_answered(models))
    file = tmp_path / "case.pdf"
    sentence, is_done = models.commands.run(f"/print {case.short_number} {file}")
    assert is_done, sentence
    assert file.read_bytes().startswith(b"%PDF")
    assert file.stat().st_size > 2000
    # the packet of the shift
    pane = watch.open(Pane.HANDOVER).handover
    pane.instruction.setText("大风天加密巡查")
    qtbot.keyClick(pane.instruction, Qt.Key.Key_Return)
    watch.until(lambda: pane.rules.model().rowCount() == 1)
    pane.words.setText("K3 电台有杂音")
    qtbot.keyClick(pane.words, Qt.Key.Key_Return)
    watch.until(lambda: pane.table.model().rowCount() == 3)
    qtbot.keyClick(pane.table, Qt.Key.Key_G)
    signed = "SELECT given_at IS NOT NULL, taken_at IS NOT NULL, read_back FROM handover"
    watch.until(lambda: watch.rows(signed) == [(1, 0, "[]")])
    qtbot.keyClick(pane.table, Qt.Key.Key_Space)
    watch.until(lambda: len(models.mirror.outbox.tray) == 1)
    assert "does not read back" in (models.mirror.outbox.tray[0].result.reason or "")
    paper = tmp_path / "packet.pdf"
    pane.print_wanted.emit(paper)
    assert paper.read_bytes().startswith(b"%PDF")
