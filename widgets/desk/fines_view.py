"""Documents and fines by form and district: a window of its own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

from PySide6.QtCore import QDate, QEvent, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDateEdit,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.domain.errors import ZhihuiError
from console.ui.fines import FinesModel
from console.ui.reasons import reason_text
from widgets.common.appearance import Appearance
from widgets.common.rows import RowDelegate, RowTable

_FILES = "CSV, XLSX (*.csv *.xlsx)"


class FinesView(QWidget):
    """The figures of a time, with the days to choose and a file to write."""

    def __init__(self, appearance: Appearance, model: FinesModel, today: date) -> None:
        super().__init__()
        self.setWindowFlag(Qt.WindowType.Window)
        self.model = model
        self.first, self.last = QDateEdit(), QDateEdit()
        for field, day in ((self.first, today.replace(day=1)), (self.last, today)):
            field.setDisplayFormat("yyyy-MM-dd")
            field.setCalendarPopup(True)
            field.setDate(QDate(day.year, day.month, day.day))
        self.table = RowTable()
        self.table.setModel(model)
        self.table.setItemDelegate(RowDelegate(appearance, self.table))
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.buttons = {name: QPushButton() for name in ("show", "export")}
        self._until = QLabel()
        self._has_come = False
        self._lay_out()
        self._join()
        self._retranslate()
        self.resize(1040, 640)
        self.reload()

    def reload(self) -> None:
        """Ask for the figures of the days chosen, the last one included."""
        first, last = _day(self.first), _day(self.last)
        if last < first:
            self.told.setText(self.tr("The last day lies before the first; choose again."))
            return
        self.told.setText(self.tr("Asking central…"))
        self.model.load(_begin(first), _begin(last + timedelta(days=1)))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        """Speak the language shown."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for part in (self.first, self._until, self.last, self.buttons["show"]):
            top.addWidget(part)
        top.addStretch(1)
        top.addWidget(self.buttons["export"])
        box = QVBoxLayout(self)
        box.addLayout(top)
        box.addWidget(self.table, 1)
        box.addWidget(self.told)

    def _join(self) -> None:
        self.buttons["show"].clicked.connect(self.reload)
        self.buttons["export"].clicked.connect(self._export)
        self.model.loaded.connect(self._say_loaded)
        self.model.failed.connect(self.told.setText)
        for key, does in (("F5", self.reload), ("Esc", self.close), ("Ctrl+S", self._export)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.activated.connect(does)

    def _say_loaded(self) -> None:
        self._has_come = True
        count = max(0, self.model.rowCount() - 1)
        if count:
            self.told.setText(self.tr("{0} rows by form and district").format(count))
        else:
            self.told.setText(self.tr("No document was issued on these days."))

    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Export"), "fines.csv", _FILES)
        if not name:
            return
        try:
            self.model.export(Path(name))
            self.told.setText(self.tr("{0} is written.").format(name))
        except ZhihuiError as error:
            self.told.setText(reason_text(str(error)))

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Documents and fines"))
        self._until.setText(self.tr("to"))
        self.buttons["show"].setText(self.tr("Show (F5)"))
        self.buttons["export"].setText(self.tr("Export (Ctrl+S)"))
        for field, words in ((self.first, self.tr("First day")), (self.last, self.tr("Last day"))):
            field.setAccessibleName(words)
        self.model.retranslate()
        if self._has_come:
            self._say_loaded()


def _day(field: QDateEdit) -> date:
    chosen = field.date()
    return date(chosen.year(), chosen.month(), chosen.day())


def _begin(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()
