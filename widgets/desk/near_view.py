"""Who is near: ranked by road time, sent with one key."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QVBoxLayout, QWidget

from console.domain.units import UnitStatus
from console.ui.near import NearColumn, NearRole, NearState, NearUnitsModel, near_reason
from widgets.common.appearance import Appearance
from widgets.common.labels import AgeLabel, set_tone
from widgets.common.rows import Index, RowDelegate, RowTable, paint_empty
from widgets.common.shapes import OFF_MARK, UNIT_MARKS, Mark
from widgets.common.theme import Token

#: How many go when the list is answered with Enter, where no run card says otherwise.
USUAL_NUMBER = 2
#: Narrower than this, how a unit travels is not shown.
MODE_FROM_PX = 400
_DIGITS = {Qt.Key(Qt.Key.Key_1 + place): place for place in range(9)}


class NearDelegate(RowDelegate):
    """A unit near: its state's mark, a poor fix in warning colour."""

    def mark_of(self, index: Index) -> Mark | None:
        """Return the mark of what the unit does; of a unit without a good fix the dashed one."""
        if index.column() == NearColumn.STATE:
            return UNIT_MARKS[UnitStatus(index.data(NearRole.STATUS))]
        is_poor = index.column() == NearColumn.FIX and index.data(NearRole.NOTE) is not None
        return OFF_MARK if is_poor else None

    def token_of(self, index: Index) -> Token:
        """A poor fix is said in warning colour, what is by the way is quiet."""
        if index.column() == NearColumn.FIX:
            return Token.HIGH if index.data(NearRole.NOTE) is not None else Token.SECONDARY
        return Token.SECONDARY if index.column() == NearColumn.MODE else Token.TEXT

    def is_bold(self, index: Index) -> bool:
        """The unit and its minutes are what is read first."""
        return index.column() in (NearColumn.NO, NearColumn.ROAD)


class NearTable(RowTable):
    """The rows and their bare keys.

    Signals:
        unit_wanted: Row of the unit to send.
        usual_wanted: Enter: the first ones.
        advised_wanted: R: those recommended.
        unit_picked: Id of the unit to show on the map.
    """

    unit_wanted = Signal(int)
    usual_wanted = Signal()
    advised_wanted = Signal()
    unit_picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.why_empty = ""

    def row_key(self, row: int) -> Hashable | None:
        """Return the number of a row and who stands there: the number is shown too."""
        model = self.model()
        return (row, model.unit_at(row)) if isinstance(model, NearUnitsModel) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """1–9 send one, Enter the first two, R the recommended, Space shows one on the map."""
        key = Qt.Key(event.key())
        is_bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not is_bare:
            super().keyPressEvent(event)
        elif key in _DIGITS:
            self.unit_wanted.emit(_DIGITS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.usual_wanted.emit()
        elif key == Qt.Key.Key_R:
            self.advised_wanted.emit()
        elif key == Qt.Key.Key_Space and self.currentIndex().isValid():
            self.unit_picked.emit(str(self.currentIndex().data(NearRole.UNIT_ID)))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the rows, or why there are none."""
        super().paintEvent(event)
        paint_empty(self, self.why_empty)


class NearView(QWidget):
    """The list of who is near, and what its keys would do.

    Signals:
        dispatch_wanted: Id of the incident, list of ids of the units to send.
        unit_picked: Id of the unit to show on the map.
    """

    dispatch_wanted = Signal(str, list)
    unit_picked = Signal(str)

    def __init__(
        self, appearance: Appearance, model: NearUnitsModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._state = NearState.NOTHING_PICKED
        self.table = NearTable()
        self.table.setModel(model)
        self.table.setItemDelegate(NearDelegate(appearance, self.table))
        self.table.verticalHeader().hide()
        self.setFocusProxy(self.table)
        self.age = AgeLabel(late_after_s=15.0)
        self._hint, self._advice = QLabel(), QLabel()
        self._advice.setWordWrap(True)
        self._advice.setContentsMargins(8, 3, 8, 0)
        for label in (self._hint, self._advice):
            set_tone(label, "small")
        self._lay_out()
        self.table.unit_wanted.connect(self._send_one)
        self.table.usual_wanted.connect(self._send_usual)
        self.table.advised_wanted.connect(self._send_advised)
        model.advice_changed.connect(self._show_advice)
        self.table.unit_picked.connect(self.unit_picked)
        for signal in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            signal.connect(self._show_hint)
        self._retranslate()

    def _lay_out(self) -> None:
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(NearColumn.UNIT, QHeaderView.ResizeMode.Stretch)
        self.table.fit(*(column for column in NearColumn if column is not NearColumn.UNIT))
        self.table.reserve(NearColumn.ROAD, "88.8′")
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 3, 8, 4)
        foot.addWidget(self._hint, 1)
        foot.addWidget(self.age)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(self._advice)
        column.addLayout(foot)

    def set_state(self, state: int) -> None:
        """Say why the list is as it is."""
        self._state = NearState(state)
        self._retranslate()

    def note_ranked(self, age_s: float = 0.0) -> None:
        """Say that the list was just worked out, from positions of this age."""
        self.age.freshen(age_s)
        self.table.choose_first()

    def _unit(self, row: int) -> str | None:
        return self._model.unit_at(row)

    def _send_one(self, row: int) -> None:
        unit, incident = self._unit(row), self._model.incident
        if unit is not None and incident is not None:
            self.dispatch_wanted.emit(incident, [unit])

    def _send_usual(self) -> None:
        units = [unit for unit in map(self._unit, range(USUAL_NUMBER)) if unit is not None]
        if units and self._model.incident is not None:
            self.dispatch_wanted.emit(self._model.incident, units)

    def _send_advised(self) -> None:
        units = self._model.recommended()
        if units and self._model.incident is not None:
            self.dispatch_wanted.emit(self._model.incident, units)

    def _show_advice(self) -> None:
        words = self._model.advice_words()
        self._advice.setText(self.tr("[R] {0}").format(words) if words else "")
        self._advice.setVisible(bool(words))

    def _sign(self, row: int) -> str:
        text = str(self._model.index(row, NearColumn.UNIT).data() or "")
        return text.split(" ", 1)[0]

    def _show_hint(self, *_: object) -> None:
        rows = self._model.rowCount()
        if not rows:
            self._hint.clear()
            return
        first = self._sign(0)
        both = " + ".join(self._sign(row) for row in range(min(rows, USUAL_NUMBER)))
        self._hint.setText(self.tr("[1] send {0}   [Enter] send {1}").format(first, both))

    def _retranslate(self) -> None:
        self.table.why_empty = near_reason(self._state) if self._state < NearState.RANKED else ""
        self.table.viewport().update()
        self.table.setAccessibleName(self.tr("Units near the picked incident"))
        self._show_hint()
        self._show_advice()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Let how a unit travels go where there is no room."""
        super().resizeEvent(event)
        self.table.setColumnHidden(NearColumn.MODE, self.width() < MODE_FROM_PX)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._model.retranslate()
        super().changeEvent(event)
