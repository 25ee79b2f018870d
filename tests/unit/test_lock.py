"""The session lock: covers everything, lets nothing through, opens to the password alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from central_parts import CentralServer
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit
from pytestqt.qtbot import QtBot
from sync_parts import Cut, console

from console.app.desktop_lock import IdleWatch
from console.domain.errors import ZhihuiError
from console.domain.levels import Level
from console.sync.http import LinkError
from console.sync.state import LinkTrouble
from console.ui.lock import FREE_TRIES, SessionLock
from widgets.common.appearance import Appearance
from widgets.shell.alarm_bar import AlarmLine
from widgets.shell.command_edit import NoCommands
from widgets.shell.lock_cover import LockCover
from widgets.shell.regions import Region
from widgets.shell.window import MainWindow

HELD_DOWN = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class Keeper:
    """Knows a password."""

    def __init__(self) -> None:
        self.locked = False
        self.trouble: ZhihuiError | None = None

    def check_password(self, typed: str) -> Future[bool]:
        done: Future[bool] = Future()
        if self.trouble is not None:
            done.set_exception(self.trouble)
        else:
            done.set_result(typed == "right")
        return done

    def remember_locked(self, is_locked: bool) -> None:
        self.locked = is_locked

    def was_locked(self) -> bool:
        return self.locked


class Said:
    """What a lock said."""

    def __init__(self, lock: SessionLock) -> None:
        self.sentences: list[str] = []
        self.changes: list[bool] = []
        lock.refused.connect(self.sentences.append)
        lock.changed.connect(self.changes.append)


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


def test_that_the_password_alone_opens_and_wrong_ones_cost_time(
    qtbot: QtBot, keeper: Keeper
) -> None:
    now = [100.0]
    lock = SessionLock(keeper, clock_s=lambda: now[0])
    said = Said(lock)
    lock.try_password("right")  # it is open
    lock.lock()
    lock.lock()
    assert (lock.is_locked, keeper.locked, said.changes) == (True, True, [True])
    lock.try_password("")
    for tried in range(1, FREE_TRIES + 1):
        lock.try_password("wrong")
        qtbot.waitUntil(lambda n=tried: len(said.sentences) == n)
    assert lock.is_locked
    lock.try_password("right")
    assert "wait 30 s" in said.sentences[-1]
    assert lock.is_locked
    now[0] += 31
    lock.try_password("wrong")
    qtbot.waitUntil(lambda: len(said.sentences) == FREE_TRIES + 2)
    now[0] += 59
    lock.try_password("right")
    assert "wait" in said.sentences[-1]  # the wait has doubled
    now[0] += 2
    lock.try_password("right")
    qtbot.waitUntil(lambda: not lock.is_locked)
    assert (keeper.locked, said.changes) == (False, [True, False])


def test_that_what_keeps_it_shut_is_said_and_a_restart_does_not_open_it(
    qtbot: QtBot, keeper: Keeper
) -> None:
    lock = SessionLock(keeper)
    said = Said(lock)
    lock.lock()
    keeper.trouble = LinkError(LinkTrouble.NOT_ALLOWED, "Your session has ended; log on again.")
    lock.try_password("right")
    qtbot.waitUntil(lambda: bool(said.sentences))
    assert "session has ended" in said.sentences[0]
    again = SessionLock(keeper)
    again.resume()
    assert again.is_locked


@pytest.fixture
def window(appearance: Appearance, qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    shown = MainWindow(appearance, NoCommands(), tmp_path / "layout.ini")
    qtbot.addWidget(shown)
    for region in Region:
        shown.regions.set_widget(region, QPlainTextEdit(region.value))
    shown.resize(1366, 768)
    shown.show()
    qtbot.waitExposed(shown)
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    yield shown
    shown.close()


def alarm(number: int, level: Level = Level.CRITICAL) -> AlarmLine:
    return AlarmLine(id=f"a{number}", level=level, text=f"alarm {number}")


@pytest.mark.xvfb
def test_that_nothing_is_seen_or_reached_under_the_cover(
    qtbot: QtBot, window: MainWindow, appearance: Appearance
) -> None:
    cover = LockCover(window)
    sheet = QDialog(window)
    sheet.show()
    qtbot.waitExposed(sheet)
    window.activateWindow()
    window.regions.show_region(Region.QUEUE)
    queue = window.regions.widget(Region.QUEUE)
    assert isinstance(queue, QPlainTextEdit)
    queue.setFocus()
    before = queue.toPlainText()
    commands: list[int] = []
    window.new_incident_wanted.connect(lambda: commands.append(1))
    cover.cover()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is cover.edit)
    middle = window.mapToGlobal(window.rect().center())
    for place in (middle, window.mapToGlobal(QPoint(5, 5)), window.mapToGlobal(QPoint(1300, 700))):
        under = QGuiApplication.topLevelAt(place)
        assert under is not None
        at = window.childAt(window.mapFromGlobal(place))
        assert at is cover or cover.isAncestorOf(at)
    over_sheet = sheet.childAt(sheet.rect().center())
    assert over_sheet is not None
    assert over_sheet.property("role") == "cover"
    qtbot.keyClick(queue, Qt.Key.Key_A)
    qtbot.keyClick(cover.edit, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(cover.edit, Qt.Key.Key_Tab)
    qtbot.mouseClick(queue.viewport(), Qt.MouseButton.LeftButton)
    assert (queue.toPlainText(), commands) == (before, [])
    assert QApplication.focusWidget() is cover.edit
    window.resize(1200, 700)
    qtbot.waitUntil(lambda: cover.geometry() == window.rect())
    late = QDialog(window)
    late.show()
    qtbot.waitExposed(late)
    shown = late.childAt(late.rect().center())
    assert shown is not None
    assert shown.property("role") == "cover"
    typed: list[str] = []
    cover.password_entered.connect(typed.append)
    cover.edit.setFocus()
    qtbot.keyClicks(cover.edit, "secret")
    qtbot.keyClick(cover.edit, Qt.Key.Key_Return)
    assert (typed, cover.edit.text()) == (["secret"], "")
    cover.lift()
    assert not cover.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: commands == [1])
    for one in (sheet, late):
        one.close()


@pytest.mark.xvfb
def test_that_alarms_are_counted_on_the_cover_and_heard(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    beeps: list[int] = []
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append(1))
    cover = LockCover(window)
    window.bottom.alarms.alarms_set.connect(cover.set_alarms)
    window.bottom.alarms.set_alarms([alarm(1)])
    assert beeps == []  # the screen is open: it is seen
    cover.cover()
    assert "1" in cover.alarm_text
    window.bottom.alarms.set_alarms([alarm(1)])
    assert beeps == []
    window.bottom.alarms.set_alarms([alarm(1), alarm(2, Level.HIGH)])
    assert len(beeps) == 1
    assert cover.alarm_text == "Alarms nobody has acknowledged: 2, critical: 1"
    cover._again.timeout.emit()
    assert len(beeps) == 2  # until somebody comes
    window.bottom.alarms.set_alarms([])
    assert cover.alarm_text == "No alarm waits."
    cover._again.timeout.emit()
    assert len(beeps) == 2
    cover.lift()


@pytest.mark.xvfb
def test_that_the_key_asks_for_the_lock_and_a_hand_on_it_is_noticed(
    qtbot: QtBot, window: MainWindow
) -> None:
    wanted: list[int] = []
    window.lock_wanted.connect(lambda: wanted.append(1))
    watch = IdleWatch(window)
    watch._touched_s -= 1000
    assert watch.idle_s >= 1000
    qtbot.keyClick(window, Qt.Key.Key_L, HELD_DOWN)
    qtbot.waitUntil(lambda: wanted == [1])
    handle = window.windowHandle()
    qtbot.keyClick(handle, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: watch.idle_s < 1000)


def test_that_central_says_whether_it_is_the_password_and_without_it_this_console_does(
    central_server: CentralServer, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    cut = Cut(central_server.url)
    with console(cut.url, password, tmp_path / "desk", timeout_s=2.0) as (client, recorder):
        recorder.live()
        assert client.check_password(password).result(60)
        assert not client.check_password("wrong").result(60)
        for _ in range(4):
            assert not client.check_password("wrong").result(60)
        with pytest.raises(LinkError, match="Too many wrong passwords"):
            client.check_password(password).result(60)
        cut.cut()
        recorder.wait(lambda me: not me.is_live, "the cut")
        assert client.check_password(password).result(60)
        assert not client.check_password("wrong").result(60)
        client.remember_locked(True)
        assert client.was_locked()
    cut.close()
