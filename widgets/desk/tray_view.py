"""The tray: what central did not take, decided here by a person."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QPushButton, QVBoxLayout, QWidget

from console.ui.tray import TrayColumn, TrayModel, TrayRole
from widgets.common.appearance import Appearance
from widgets.common.labels import set_tone
from widgets.common.rows import Index, RowDelegate, RowTable, paint_empty
from widgets.common.shapes import Mark, Shape
from widgets.common.theme import Token
from widgets.desk.reason_bar import ReasonBar

#: Narrower than these, reasons and times are not in the table.
WHY_FROM_PX, MADE_FROM_PX = 620, 320
_MARK = Mark(shape=Shape.TRIANGLE, token=Token.HIGH)


class TrayDelegate(RowDelegate):
    """A command that waits: marked, its reason quiet."""

    def mark_of(self, index: Index) -> Mark | None:
        """Mark what became of it."""
        return _MARK if index.column() == TrayColumn.STATE else None

    def token_of(self, index: Index) -> Token:
        """The command in words is what is read first."""
        return Token.TEXT if index.column() <= TrayColumn.WHAT else Token.SECONDARY


class TrayTable(RowTable):
    """The tray's rows and their bare keys.

    Signals:
        retry_wanted: Id of the command to be sent again.
        discard_wanted: Id of the command to be given up.
        incident_picked: Id of the incident the command is about.
    """

    retry_wanted = Signal(str)
    discard_wanted = Signal(str)
    incident_picked = Signal(str)

    def current_of(self, role: TrayRole) -> str | None:
        """Return what a role says of the chosen row."""
        index = self.currentIndex()
        value = index.data(role) if index.isValid() else None
        return None if value is None else str(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """R sends again as things stand now, Delete gives up, Enter shows the incident."""
        key, command = event.key(), self.current_of(TrayRole.ID)
        is_bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if command is None or not is_bare:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_R:
            self.retry_wanted.emit(command)
        elif key == Qt.Key.Key_Delete:
            self.discard_wanted.emit(command)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            incident = self.current_of(TrayRole.INCIDENT)
            if incident is not None:
                self.incident_picked.emit(incident)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the rows, or why there are none."""
        super().paintEvent(event)
        paint_empty(
            self,
            self.tr(
                "Commands that central refuses, or that collide with someone else's, "
                "wait here for your decision. There are none."
            ),
        )


class TrayView(QWidget):
    """The tray with its two actions.

    Signals:
        retry_wanted: Id of the command to be sent again.
        drop_wanted: Id of the command to be given up, the reason.
        incident_picked: Id of the incident the command is about.
    """

    retry_wanted = Signal(str)
    drop_wanted = Signal(str, str)
    incident_picked = Signal(str)

    def __init__(
        self, appearance: Appearance, model: TrayModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.table = TrayTable()
        self.table.setModel(model)
        self.table.setItemDelegate(TrayDelegate(appearance, self.table))
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(TrayColumn.WHY, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(TrayColumn.WHAT, QHeaderView.ResizeMode.Stretch)
        self.table.fit(TrayColumn.STATE, TrayColumn.MADE)
        self.setFocusProxy(self.table)
        self._why = QLabel()
        self._why.setWordWrap(True)
        set_tone(self._why, "secondary")
        self._retry, self._discard = QPushButton(), QPushButton()
        self._reason = ReasonBar()
        self._asked_of = ""
        self._lay_out()
        self._join()
        self._retranslate()
        self._show_choice()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 0, 8, 6)
        foot.addStretch(1)
        foot.addWidget(self._retry)
        foot.addWidget(self._discard)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        self._why.setContentsMargins(8, 4, 8, 4)
        column.addWidget(self._why)
        column.addWidget(self._reason)
        column.addLayout(foot)

    def _join(self) -> None:
        table = self.table
        table.retry_wanted.connect(self.retry_wanted)
        table.discard_wanted.connect(self._ask_why)
        self._reason.given.connect(self._drop)
        self._reason.left.connect(self.table.setFocus)
        table.incident_picked.connect(self.incident_picked)
        self._retry.clicked.connect(self._send_again)
        self._discard.clicked.connect(self._give_up)
        table.selectionModel().currentRowChanged.connect(self._show_choice)
        self._model.rowsInserted.connect(self._choose_first)
        self._model.rowsRemoved.connect(self._show_choice)
        self._model.dataChanged.connect(self._show_choice)

    def _choose_first(self) -> None:
        self.table.choose_first()
        self._show_choice()

    def _send_again(self) -> None:
        command = self.table.current_of(TrayRole.ID)
        if command is not None:
            self.retry_wanted.emit(command)

    def _give_up(self) -> None:
        command = self.table.current_of(TrayRole.ID)
        if command is not None:
            self._ask_why(command)

    def _ask_why(self, command: str) -> None:
        self._asked_of = command
        self._reason.ask("drop", self.tr("Drop, because"))

    def _drop(self, _about: str, _which: str, reason: str) -> None:
        self.table.setFocus()
        self.drop_wanted.emit(self._asked_of, reason)

    def _show_choice(self, _now: QModelIndex | None = None, *_: object) -> None:
        index = self.table.currentIndex()
        has_one = index.isValid() and self._model.rowCount() > 0
        why = index.siblingAtColumn(TrayColumn.WHY).data() if has_one else ""
        self._why.setText(str(why))
        self._retry.setEnabled(has_one)
        self._discard.setEnabled(has_one)

    def _retranslate(self) -> None:
        self._retry.setText(self.tr("R Resend"))
        self._discard.setText(self.tr("Del Drop"))
        self.table.setAccessibleName(self.tr("Commands that wait for a decision"))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Where there is no room the reason stands under the table only."""
        super().resizeEvent(event)
        self.table.setColumnHidden(TrayColumn.WHY, self.width() < WHY_FROM_PX)
        self.table.setColumnHidden(TrayColumn.MADE, self.width() < MADE_FROM_PX)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._model.retranslate()
            self._show_choice()
        super().changeEvent(event)
