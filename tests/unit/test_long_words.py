"""Words 40 % longer than the English ones still fit on a small screen, in both themes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_city import filled_mirror, in_tray, send, typed
from PySide6.QtCore import QRect, QTranslator
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from console.domain.levels import Level, Role
from console.store.outbox import EntryState
from console.ui.card import CardModel
from console.ui.duty import DutyModel
from console.ui.near import NearState, NearUnitsModel
from console.ui.queue import IncidentQueueModel
from console.ui.tray import TrayModel
from widgets.common.appearance import Appearance
from widgets.common.elided import ElidedLabel
from widgets.desk.card_view import CardView
from widgets.desk.duty_view import DutyView
from widgets.desk.near_view import NearView
from widgets.desk.new_incident import NewIncidentForm
from widgets.desk.queue_view import QueueView
from widgets.desk.tray_view import TrayView
from widgets.shell.alarm_bar import AlarmLine
from widgets.shell.command_edit import NoCommands
from widgets.shell.regions import Region
from widgets.shell.window import MainWindow

RESOURCES = Path(__file__).parents[2] / "resources"
pytestmark = pytest.mark.xvfb


class LongWords(QTranslator):
    """Every text with two fifths more behind it."""

    def isEmpty(self) -> bool:  # noqa: N802
        return False

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return source + "ö" * math.ceil(0.4 * len(source))


@pytest.fixture
def appearance(qapp: QApplication) -> Iterator[Appearance]:
    shown = Appearance(qapp, RESOURCES, language="en")
    words = LongWords()
    qapp.installTranslator(words)
    yield shown
    qapp.removeTranslator(words)


def fill(window: MainWindow, appearance: Appearance) -> QWidget:
    """Fill every region, and return the form for a new incident."""
    mirror = filled_mirror()
    mirror.setParent(window)
    card = CardModel(mirror, mirror)
    near = NearView(appearance, NearUnitsModel(mirror, mirror))
    near.set_state(NearState.NO_PLACE)
    views: dict[Region, QWidget] = {
        Region.QUEUE: QueueView(appearance, IncidentQueueModel(mirror, mirror)),
        Region.CARD: CardView(appearance, card, mirror.now),
        Region.NEAR: near,
        Region.DUTY: DutyView(appearance, DutyModel(mirror, mirror)),
        Region.TRAY: TrayView(appearance, TrayModel(mirror, mirror)),
    }
    for region, view in views.items():
        window.regions.set_widget(region, view)
    card.pick("i317")
    entry = typed(send("i316", "u9"), EntryState.CONFLICT, reason="Another dispatcher sent K9.")
    mirror.take_outbox(in_tray(entry))
    window.top.set_city("Beijing")
    window.top.set_person("Alexandra Montgomery", Role.VIDEO_OPERATOR)
    window.top.set_counts({Level.CRITICAL: 12, Level.HIGH: 125, Level.CAUTION: 1110})
    window.top.set_unsent(12)
    window.top.link.set_link(is_up=False, age_s=75.0)
    window.bottom.link.set_link(is_up=False, age_s=75.0)
    window.bottom.set_waiting(unsent=12, in_tray=3)
    window.bottom.set_slowed("sweep slowed to 2.5 points/s")
    window.bottom.alarms.set_alarms([AlarmLine(id="a", level=Level.HIGH, text="waits " * 30)])
    form = NewIncidentForm(window)
    form.open()
    return form


def cut(window: QWidget) -> list[str]:
    """Return what is shown but does not have the room that its words take."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisibleTo(window) or widget.visibleRegion().isEmpty():
            continue
        is_plain = isinstance(widget, QLabel) and not isinstance(widget, ElidedLabel)
        if isinstance(widget, QLabel) and is_plain and not widget.wordWrap() and widget.text():
            parent = type(widget.parentWidget()).__name__
            if "Eliding" not in type(widget).__name__ and widget.width() < _text_px(widget):
                found.append(f"label {parent}: {widget.text()}")
        is_button = isinstance(widget, QAbstractButton) and bool(widget.text())
        if is_button and widget.contentsRect().width() < _text_px(widget):
            found.append(f"button: {widget.text()}")
        corner = widget.mapTo(window, widget.rect().topLeft())
        if isinstance(widget, QAbstractButton | QLabel) and is_out(window, corner.x(), widget):
            found.append(f"outside: {widget.text()}")
    return found


def is_out(window: QWidget, left: int, widget: QWidget) -> bool:
    box = QRect(left, 0, widget.width(), 1)
    return widget.window() is window and not QRect(0, 0, window.width(), 1).contains(box)


def _text_px(widget: QLabel | QAbstractButton) -> int:
    return max(widget.fontMetrics().horizontalAdvance(line) for line in widget.text().split("\n"))


@pytest.mark.parametrize("region", [Region.DUTY, Region.TRAY])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_that_no_word_is_cut(
    appearance: Appearance, qtbot: QtBot, tmp_path: Path, size: tuple[int, int], region: Region
) -> None:
    window = MainWindow(appearance, NoCommands(), tmp_path / "layout.ini")
    qtbot.addWidget(window)
    form = fill(window, appearance)
    window.resize(*size)
    window.show()
    qtbot.waitExposed(window)
    window.regions.show_region(region)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size and cut(window) == [])
    form.hide()
    qtbot.waitUntil(lambda: cut(window) == [])
    for theme in ("light", "dark"):
        appearance.use_theme(theme)
        assert cut(window) == []
