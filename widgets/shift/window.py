"""The duty window (F11): who is on, the roster, roll calls, messages, the change of shift."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget

from console.domain.telling import MessageKind
from widgets.common.labels import set_tone
from widgets.shift.alarms import AlarmPane
from widgets.shift.board import BoardPane
from widgets.shift.handover import HandoverPane
from widgets.shift.roster import RosterPane
from widgets.shift.talk import TalkPane


class Pane(IntEnum):
    """The panes, from the left."""

    BOARD = 0
    ROSTER = 1
    ROLL = 2
    MESSAGES = 3
    HANDOVER = 4
    ALARMS = 5


class DutyWindow(QWidget):
    """Panes under tabs, and a line that says what was done."""

    def __init__(
        self,
        board: BoardPane,
        roster: RosterPane,
        roll: TalkPane,
        messages: TalkPane,
        handover: HandoverPane,
        alarms: AlarmPane,
    ) -> None:
        super().__init__()
        self.setWindowFlag(Qt.WindowType.Window)
        self.board, self.roster, self.roll = board, roster, roll
        self.messages, self.handover, self.alarms = messages, handover, alarms
        self._unseen = 0
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for widget in (board, roster, roll, messages, handover, alarms):
            self.tabs.addTab(widget, "")
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.told.setContentsMargins(8, 4, 8, 6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.told)
        for pane in Pane:
            key = QShortcut(QKeySequence(f"Ctrl+{pane + 1}"), self)
            key.activated.connect(lambda one=pane: self.open(one))
        QShortcut(QKeySequence("F11"), self).activated.connect(self.close)
        self.tabs.currentChanged.connect(self._focus)
        self._retranslate()
        self.resize(1320, 760)

    def open(self, pane: Pane) -> None:
        """Show a pane and give it the keys."""
        self.tabs.setCurrentIndex(pane)
        self._focus(pane)

    def write_to(self, whom: str, kind: MessageKind = MessageKind.TEXT) -> None:
        """Begin a message to a unit or a group."""
        self.open(Pane.MESSAGES)
        self.messages.write_to(whom, kind)

    def say(self, sentence: str, *, is_trouble: bool = False) -> None:
        """Say what was done, or why something was not."""
        set_tone(self.told, "critical" if is_trouble else "secondary")
        self.told.setText(sentence)

    def set_unseen(self, count: int) -> None:
        """Say in the tab how many replies nobody has read."""
        self._unseen = count
        self._retranslate()

    def _focus(self, pane: int) -> None:
        tables = (
            self.board.table, self.roster.table, self.roll.table, self.messages.table,
            self.handover.table, self.alarms.table,
        )  # fmt: skip
        tables[pane].choose_first()
        tables[pane].setFocus()

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Duty"))
        messages = self.tr("Messages")
        if self._unseen:
            messages = self.tr("Messages ({0} new)").format(self._unseen)
        names = (
            self.tr("On duty"), self.tr("Roster"), self.tr("Roll call"), messages,
            self.tr("Hand-over"), self.tr("Alarms"),
        )  # fmt: skip
        for pane, name in zip(Pane, names, strict=True):
            self.tabs.setTabText(pane, f"{name}  Ctrl+{pane + 1}")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc puts a form away, then goes back to the table, then closes the window."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif not self.board.close_form():
            if isinstance(self.focusWidget(), type(self.board.table)):
                self.close()
            else:
                self._focus(self.tabs.currentIndex())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
