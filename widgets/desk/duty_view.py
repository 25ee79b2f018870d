"""Who is on duty, by district: figures that say where people are left."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QVBoxLayout, QWidget

from console.domain.units import UnitStatus
from console.ui.duty import ALL, DutyColumn, DutyModel
from widgets.common.appearance import Appearance
from widgets.common.elided import ElidedLabel
from widgets.common.labels import AgeLabel, set_tone
from widgets.common.rows import Index, RowDelegate, RowTable
from widgets.common.shapes import UNIT_MARKS, Mark
from widgets.common.theme import Token

_MARKS = {
    DutyColumn.FREE: UNIT_MARKS[UnitStatus.AVAILABLE],
    DutyColumn.EN_ROUTE: UNIT_MARKS[UnitStatus.EN_ROUTE],
    DutyColumn.ON_SCENE: UNIT_MARKS[UnitStatus.ON_SCENE],
    DutyColumn.OFF: UNIT_MARKS[UnitStatus.OFF_DUTY],
}
#: Columns that give way where the district's name would have less room than this, in pixels.
GIVES_WAY = (DutyColumn.OFF, DutyColumn.ON_SCENE, DutyColumn.EN_ROUTE)
NAME_PX = 96


class DutyDelegate(RowDelegate):
    """A district's figures; those that are nought are quiet."""

    def mark_of(self, index: Index) -> Mark | None:
        """The city's row carries the marks of what is counted."""
        return _MARKS.get(DutyColumn(index.column())) if index.row() == 0 else None

    def token_of(self, index: Index) -> Token:
        """A district with nobody free stands out; noughts elsewhere are quiet."""
        is_nought = index.data() == "0"
        if is_nought and index.column() == DutyColumn.FREE:
            on_duty = index.model().index(index.row(), DutyColumn.ON_DUTY).data()
            return Token.SECONDARY if on_duty == "0" else Token.HIGH
        return Token.SECONDARY if is_nought or index.column() == DutyColumn.OFF else Token.TEXT

    def is_bold(self, index: Index) -> bool:
        """The city's row stands out."""
        return index.row() == 0


class DutyView(QWidget):
    """Counts of units by district and by what they do; Enter asks who they are.

    Signals:
        place_wanted: Id of the district whose units are to be listed, "" for the city.
    """

    place_wanted = Signal(str)

    def __init__(
        self, appearance: Appearance, model: DutyModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._heading = ElidedLabel(least_chars=10)
        set_tone(self._heading, "secondary")
        self.age = AgeLabel()
        self.table = RowTable()
        self.table.setModel(model)
        self.table.setItemDelegate(DutyDelegate(appearance, self.table))
        self.table.verticalHeader().hide()
        self.setFocusProxy(self.table)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(DutyColumn.DISTRICT, QHeaderView.ResizeMode.Stretch)
        self.table.fitted.connect(self._share_out)
        self.table.activated.connect(
            lambda index: self.place_wanted.emit(model.district_at(index.row()))
        )
        self.table.fit(*(column for column in DutyColumn if column is not DutyColumn.DISTRICT))
        top = QHBoxLayout()
        top.setContentsMargins(8, 4, 8, 4)
        top.addWidget(self._heading, 1)
        top.addWidget(self.age, 0, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        model.totals_changed.connect(self._show_totals)
        self._retranslate()

    def _show_totals(self, on_duty: int, free: int) -> None:
        self._heading.setText(self.tr("on duty {0} · free {1}").format(on_duty, free))

    def _retranslate(self) -> None:
        self._show_totals(
            self._model.count(ALL, DutyColumn.ON_DUTY), self._model.count(ALL, DutyColumn.FREE)
        )
        self.table.setAccessibleName(self.tr("Units on duty by district"))

    def _share_out(self) -> None:
        """Let the columns go that matter less where there is no room."""
        table = self.table
        columns = [column for column in DutyColumn if column is not DutyColumn.DISTRICT]
        over = NAME_PX + sum(map(table.fitted_width, columns)) - table.viewport().width()
        for column in GIVES_WAY:
            if table.isColumnHidden(column) != (over > 0):
                table.setColumnHidden(column, over > 0)
            over -= table.fitted_width(column) if over > 0 else 0

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._model.retranslate()
        super().changeEvent(event)
