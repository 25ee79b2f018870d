"""The queue: what is open, worst and soonest due first, worked by bare keys."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QLineEdit, QVBoxLayout, QWidget

from console.domain.levels import Level
from console.ui.queue import IncidentQueueModel, QueueColumn, QueueFilter, QueueRole
from widgets.common.appearance import Appearance
from widgets.common.labels import AgeLabel, set_tone
from widgets.common.rows import Index, RowDelegate, RowTable, paint_empty
from widgets.common.shapes import LEVEL_MARKS, Mark
from widgets.common.theme import Token

#: Columns that give way when the queue is narrower than this, in pixels.
GIVES_WAY = {
    QueueColumn.NUMBER: 400,
    QueueColumn.UNITS: 520,
    QueueColumn.STAGE: 600,
    QueueColumn.REPORTS: 680,
}
#: The form's part of what it shares with the place, and its limits in pixels.
FORM_SHARE, FORM_PX = 0.45, (72, 180)
_LEVEL_KEYS = {
    Qt.Key.Key_1: Level.CRITICAL,
    Qt.Key.Key_2: Level.HIGH,
    Qt.Key.Key_3: Level.CAUTION,
    Qt.Key.Key_4: Level.ROUTINE,
}


class QueueDelegate(RowDelegate):
    """An incident's row: level's mark, late limits in red, unsent rows striped."""

    def mark_of(self, index: Index) -> Mark | None:
        """Return the level's mark, in the level's column."""
        if index.column() != QueueColumn.LEVEL:
            return None
        level = index.data(QueueRole.LEVEL)
        return None if level is None else LEVEL_MARKS[Level(level)]

    def token_of(self, index: Index) -> Token:
        """A limit that is past is red; stage and reports are quiet."""
        column = index.column()
        if column == QueueColumn.CLOCK and index.data(QueueRole.LATE):
            return Token.CRITICAL
        if column == QueueColumn.CLOCK and index.data(QueueRole.SOON):
            return Token.HIGH
        if column in (QueueColumn.STAGE, QueueColumn.REPORTS, QueueColumn.NUMBER):
            return Token.SECONDARY
        return Token.TEXT

    def is_bold(self, index: Index) -> bool:
        """A limit that is past stands out."""
        return index.column() == QueueColumn.CLOCK and bool(index.data(QueueRole.LATE))

    def is_striped(self, index: Index) -> bool:
        """What central has not confirmed is striped."""
        return bool(index.data(QueueRole.PENDING))


class QueueTable(RowTable):
    """The queue's rows and their bare keys.

    Signals:
        picked: Id of the incident, and whether the work goes on with who is near (Enter).
        level_wanted: Id of the incident, and the level.
        acknowledged: Id of the incident.
        split_wanted: Id of the incident whose last report is none of it.
        filter_wanted: ``/`` was pressed.
        intake_wanted: N was pressed: a call comes in.
    """

    picked = Signal(str, bool)
    level_wanted = Signal(str, int)
    acknowledged = Signal(str)
    split_wanted = Signal(str)
    filter_wanted = Signal()
    intake_wanted = Signal()

    def current_id(self) -> str | None:
        """Return the id of the chosen incident."""
        index = self.currentIndex()
        return str(index.data(QueueRole.ID)) if index.isValid() else None

    def row_key(self, row: int) -> Hashable | None:
        """Return the id of the incident in a row."""
        model = self.model()
        return model.incident_at(row) if isinstance(model, IncidentQueueModel) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter picks, 1–4 set the level, Space acknowledges, U, N and ``/`` as the sheet says."""
        key, incident = event.key(), self.current_id()
        is_bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key == Qt.Key.Key_Slash and is_bare:
            self.filter_wanted.emit()
        elif key == Qt.Key.Key_N and is_bare:
            self.intake_wanted.emit()
        elif incident is None or not is_bare:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.picked.emit(incident, True)
        elif key == Qt.Key.Key_Space:
            self.acknowledged.emit(incident)
        elif key == Qt.Key.Key_U:
            self.split_wanted.emit(incident)
        elif key in _LEVEL_KEYS:
            self.level_wanted.emit(incident, int(_LEVEL_KEYS[Qt.Key(key)]))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the rows, or why there are none."""
        super().paintEvent(event)
        paint_empty(self, self.tr("Open incidents appear here as reports come in. None is open."))


class QueueView(QWidget):
    """The queue with its heading and filter.

    Signals:
        picked: Id of the incident, and whether the work goes on with who is near (Enter).
        level_wanted: Id of the incident, and the level.
        acknowledged: Id of the incident.
        split_wanted: Id of the incident whose last report is none of it.
        intake_wanted: A call comes in.
    """

    picked = Signal(str, bool)
    level_wanted = Signal(str, int)
    acknowledged = Signal(str)
    split_wanted = Signal(str)
    intake_wanted = Signal()

    def __init__(
        self,
        appearance: Appearance,
        model: IncidentQueueModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._awaited: str | None = None
        self._counts = (0, 0, 0)
        self._heading = QLabel()
        self.age = AgeLabel()
        self.filter = QLineEdit()
        self.filter.setClearButtonEnabled(True)
        self.table = QueueTable()
        self.table.setModel(model)
        self.table.setItemDelegate(QueueDelegate(appearance, self.table))
        self.setFocusProxy(self.table)
        self._set_columns()
        self._lay_out()
        self._join()
        self._count(model.rowCount(), model.rowCount(), model.late_count())
        self._retranslate()

    def _set_columns(self) -> None:
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(QueueColumn.PLACE, QHeaderView.ResizeMode.Stretch)
        for column, width in (
            (QueueColumn.NUMBER, 62),
            (QueueColumn.CLOCK, 72),
            (QueueColumn.STAGE, 96),
            (QueueColumn.UNITS, 76),
            (QueueColumn.REPORTS, 54),
        ):
            header.resizeSection(column, width)
        self.table.fit(QueueColumn.LEVEL, QueueColumn.CLOCK)
        self.table.reserve(QueueColumn.CLOCK, "+88:88")
        self.table.verticalHeader().setFixedWidth(30)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(8, 4, 8, 4)
        top.addWidget(self._heading, 1)
        top.addWidget(self.filter, 1)
        top.addWidget(self.age)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self.filter.hide()

    def _join(self) -> None:
        table = self.table
        table.picked.connect(self.picked)
        table.clicked.connect(self._click)
        table.fitted.connect(self._share_out)
        table.level_wanted.connect(self.level_wanted)
        table.acknowledged.connect(self.acknowledged)
        table.split_wanted.connect(self.split_wanted)
        table.intake_wanted.connect(self.intake_wanted)
        table.filter_wanted.connect(self._open_filter)
        self.filter.textChanged.connect(lambda text: self._model.show_only(QueueFilter(text=text)))
        self.filter.returnPressed.connect(self._go_to_rows)
        self._model.counts_changed.connect(self._count)
        self._model.rowsInserted.connect(self._choose_awaited)

    def current_id(self) -> str | None:
        """Return the id of the chosen incident."""
        return self.table.current_id()

    def choose(self, incident_id: str) -> None:
        """Choose an incident's row; one that was just opened, when its row comes."""
        row = self._model.row_of(incident_id)
        self._awaited = incident_id if row is None else None
        if row is not None and row != self.table.current_row():
            self.table.selectRow(row)

    def _choose_awaited(self, *_: object) -> None:
        if self._awaited is not None and self._model.row_of(self._awaited) is not None:
            self.choose(self._awaited)

    def _click(self, index: QModelIndex) -> None:
        self._awaited = None
        self.picked.emit(str(index.data(QueueRole.ID)), False)

    def _open_filter(self) -> None:
        self.filter.show()
        self.filter.setFocus()

    def _go_to_rows(self) -> None:
        self.filter.setVisible(bool(self.filter.text()))
        self.table.setFocus()
        self.table.choose_first()

    def _count(self, shown: int, in_all: int, late: int) -> None:
        if (shown, in_all, late) != self._counts:
            self._counts = (shown, in_all, late)
            self._retranslate()

    def _retranslate(self) -> None:
        shown, in_all, late = self._counts
        parts = [self.tr("open {0}").format(in_all)]
        if shown != in_all:
            parts.insert(0, self.tr("shown {0}").format(shown))
        if late:
            parts.append(self.tr("late {0}").format(late))
        self._heading.setText(" · ".join(parts))
        set_tone(self._heading, "warn" if late else "secondary")
        self.filter.setPlaceholderText(self.tr("Number, place, form — Esc clears"))
        self.table.setAccessibleName(self.tr("Queue of open incidents"))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc clears the filter."""
        if event.key() == Qt.Key.Key_Escape and self.filter.isVisible():
            self.filter.clear()
            self._go_to_rows()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Let columns go that there is no room for."""
        super().resizeEvent(event)
        for column, least_px in GIVES_WAY.items():
            self.table.setColumnHidden(column, self.width() < least_px)

    def _share_out(self) -> None:
        """Give form and place what the other columns leave."""
        header = self.table.horizontalHeader()
        taken = sum(
            header.sectionSize(column)
            for column in QueueColumn
            if column not in (QueueColumn.FORM, QueueColumn.PLACE)
        )
        rest = self.table.viewport().width() - taken
        least, most = FORM_PX
        header.resizeSection(QueueColumn.FORM, min(most, max(least, round(rest * FORM_SHARE))))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._model.retranslate()
        super().changeEvent(event)
