"""The window, driven by the keyboard on a real screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from console.domain.levels import Level, Role
from widgets.common.appearance import Appearance
from widgets.shell.alarm_bar import AlarmLine
from widgets.shell.regions import LEAST_PX, Region, Workspace, region_title
from widgets.shell.window import MainWindow

pytestmark = pytest.mark.xvfb


class Echo:
    """A command line that knows one word."""

    def completions(self, text: str) -> Sequence[str]:
        return ["D 3 K7", "D 3 K9"] if "D 3".startswith(text.strip()) else []

    def preview(self, text: str) -> tuple[str, bool]:
        return (f"Would do {text}.", True) if text.startswith("D") else ("No such command.", False)


@pytest.fixture
def window(appearance: Appearance, qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    shown = MainWindow(appearance, Echo(), tmp_path / "layout.ini")
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


def press(qtbot: QtBot, key: Qt.Key, ctrl: bool = False) -> None:
    held = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    target = QApplication.focusWidget()
    assert target is not None
    qtbot.keyClick(target, key, held)


def test_that_ctrl_k_goes_to_the_command_line_and_enter_gives_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_K, ctrl=True)
    assert window.top.command.hasFocus()
    qtbot.keyClicks(window.top.command, "D")
    assert window.top.command.popup.isVisible()
    assert window.top.command.popup.sentence.text() == "Would do D."
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_Tab)
    assert window.top.command.text() == "D 3 K9"
    with qtbot.waitSignal(window.command_entered) as given:
        press(qtbot, Qt.Key.Key_Return)
    assert given.args == ["D 3 K9"]
    assert not window.top.command.popup.isVisible()


def test_that_a_wrong_command_stays_and_says_why(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Qt.Key.Key_K, ctrl=True)
    qtbot.keyClicks(window.top.command, "zz")
    with qtbot.assertNotEmitted(window.command_entered):
        press(qtbot, Qt.Key.Key_Return)
    assert window.top.command.text() == "zz"
    assert window.top.command.popup.sentence.text() == "No such command."
    press(qtbot, Qt.Key.Key_Escape)
    press(qtbot, Qt.Key.Key_Escape)
    assert window.regions.focused_region() is Region.QUEUE


def test_that_f6_goes_round_every_region_on_screen(window: MainWindow, qtbot: QtBot) -> None:
    window.regions.show_region(Region.QUEUE)
    seen = []
    for _ in range(6):
        press(qtbot, Qt.Key.Key_F6)
        seen.append(window.regions.focused_region())
    expected = [Region.MAP, Region.CARD, Region.NEAR, Region.WALL, Region.DUTY, Region.QUEUE]
    assert seen == expected


def test_that_titles_change_with_the_language(
    window: MainWindow, appearance: Appearance, qtbot: QtBot
) -> None:
    window.regions.set_count(Region.TRAY, 2)
    press(qtbot, Qt.Key.Key_L, ctrl=True)
    qtbot.waitUntil(lambda: window.windowTitle() != "Zhihui command console")
    assert appearance.language == "zh_CN"
    assert region_title(Region.TRAY) == "待处置"
    assert window.regions.widget(Region.TRAY).parentWidget().windowTitle() == "待处置 2"


def test_that_the_arrangement_is_there_again_after_a_restart(
    window: MainWindow, appearance: Appearance, qtbot: QtBot, tmp_path: Path
) -> None:
    press(qtbot, Qt.Key.Key_T, ctrl=True)
    press(qtbot, Qt.Key.Key_F3)
    assert window.regions.workspace is Workspace.WALL
    with qtbot.waitSignal(window.closing):
        window.close()
    again = MainWindow(appearance, Echo(), tmp_path / "layout.ini")
    qtbot.addWidget(again)
    again.restore()
    assert again.regions.workspace is Workspace.WALL
    assert again.remembered("theme", "dark") == "light"
    again.close()


def test_that_alarms_are_acknowledged_with_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    strip = window.bottom.alarms
    strip.set_alarms(
        [
            AlarmLine(id="a", level=Level.HIGH, text="00312 was not accepted for 60 s."),
            AlarmLine(id="b", level=Level.CRITICAL, text="K22 pressed the panic button."),
        ]
    )
    assert [alarm.id for alarm in strip.alarms] == ["b", "a"]
    with qtbot.waitSignal(strip.acknowledged) as done:
        press(qtbot, Qt.Key.Key_F4)
    assert done.args == ["b"]
    strip.setFocus()
    press(qtbot, Qt.Key.Key_Right)
    with qtbot.waitSignal(strip.picked) as picked:
        press(qtbot, Qt.Key.Key_Return)
    assert picked.args == ["a"]


def test_that_the_key_sheet_lies_in_the_window_and_goes_with_escape(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_F1)
    assert window.keys.isVisible()
    assert window.rect().contains(window.keys.geometry())
    press(qtbot, Qt.Key.Key_Escape)
    assert not window.keys.isVisible()
    assert QGuiApplication.modalWindow() is None


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_that_the_bar_fits_a_small_screen_with_longer_words(
    window: MainWindow, appearance: Appearance, qtbot: QtBot, language: str
) -> None:
    appearance.use_language(language)
    window.top.set_city("Beijing Economic-Technological Development Area " * 2)
    window.top.set_person("Alexandra Montgomery-Fitzgerald", Role.VIDEO_OPERATOR)
    window.top.set_counts({Level.CRITICAL: 222, Level.HIGH: 555, Level.CAUTION: 999})
    window.top.link.set_link(is_up=False, age_s=5900)
    window.top.set_unsent(1234)
    qtbot.wait(10)
    assert window.width() == 1366
    for child in (window.top.link, window.top.command):
        assert window.top.rect().contains(child.geometry())
        assert child.width() >= child.minimumSizeHint().width()


def test_that_a_trouble_stays_until_it_is_withdrawn(window: MainWindow, qtbot: QtBot) -> None:
    notice = window.notice
    notice.say("Central does not answer.", is_trouble=True, stays=True)
    notice.withdraw("Something else.")
    assert notice.isVisible()
    assert not notice.is_timed
    notice.withdraw("Central does not answer.")
    assert not notice.isVisible()
    notice.say("Sent.")
    assert notice.is_timed


class Greedy(QPlainTextEdit):
    """Wants all the room there is, as the map's page does."""

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(1900, 1060)


def test_that_a_greedy_map_leaves_the_wall_its_room(window: MainWindow, qtbot: QtBot) -> None:
    regions = window.regions
    with qtbot.waitSignal(regions._settling.timeout):
        for region in (Region.WALL, Region.MAP, Region.CARD):
            regions.set_widget(region, Greedy(region.value))
    QApplication.processEvents()
    heights = {region: regions.widget(region).height() for region in Region}
    assert 1.3 < heights[Region.MAP] / heights[Region.WALL] < 2.6
    assert 1.2 < heights[Region.CARD] / heights[Region.NEAR] < 2.4


def test_that_a_column_kept_on_a_larger_screen_is_wide_enough_to_read(
    window: MainWindow, appearance: Appearance, qtbot: QtBot, tmp_path: Path
) -> None:
    press(qtbot, Qt.Key.Key_F3)
    queue = window.regions.widget(Region.QUEUE)
    dock = window.regions.manager.findDockWidget("wall")
    window.regions._forget_delivered()
    window.regions._settling.stop()
    window.regions._fitting.stop()
    window.regions.manager.setSplitterSizes(dock.dockAreaWidget(), [1300, 66])
    qtbot.waitUntil(lambda: queue.width() < LEAST_PX)
    with qtbot.waitSignal(window.closing):
        window.close()
    again = MainWindow(appearance, Echo(), tmp_path / "layout.ini")
    qtbot.addWidget(again)
    for region in Region:
        again.regions.set_widget(region, QPlainTextEdit(region.value))
    again.restore()
    again.show()
    again.resize(1366, 768)
    kept = again.regions.manager.findDockWidget("queue")
    qtbot.waitUntil(lambda: kept.width() >= LEAST_PX - 2)
    assert again.width() == 1366
    again.close()
