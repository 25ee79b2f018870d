"""The repair list (维修清单): faults and a month's figures of every point, shown or taken out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from console.ui.wall_values import Finding, PointRecord, Trouble
from console.ui.words import moment_text
from widgets.common.labels import set_tone
from widgets.wall.listpanel import lay_out_list
from widgets.wall.words import finding_word, trouble_title

PANEL_PX = 860
MOST_ROWS = 2_000
_ID = int(Qt.ItemDataRole.UserRole)
_WIDTHS = ((1, 140), (2, 154), (3, 72), (4, 84), (5, 92))
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def fault_word(code: str) -> str:
    """Return a fault in words: why there is no picture, or what is wrong with it."""
    if code in set(Trouble):
        return trouble_title(Trouble(code))
    return finding_word(Finding(code)) if code in set(Finding) else code


def mean(values: list[float]) -> float | None:
    """Return the mean of figures, ``None`` where there are none."""
    return sum(values) / len(values) if values else None


class RepairsPanel(QFrame):
    """Points with faults first, then those whose pictures are good least often.

    Keys: ↑/↓ choose, Enter shows the point, A lists all points or those with faults, E takes the
    list out, Esc closes.

    Signals:
        wanted: It was opened: the records are to be counted; answer with `take`.
        point_wanted: ``CameraId`` of a point to be shown.
        export_wanted: File, and all ``PointRecord`` for it.
        closed: It was closed by its key.
    """

    wanted = Signal()
    point_wanted = Signal(str)
    export_wanted = Signal(str, list)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._records: list[PointRecord] | None = None
        self.title, self.figures, self.told = QLabel(self), QLabel(self), QLabel(self)
        set_tone(self.title, "title")
        set_tone(self.told, "secondary")
        for label in (self.figures, self.told):
            label.setWordWrap(True)
        self.which = QComboBox(self)
        self.which.addItems(["", ""])
        self.which.currentIndexChanged.connect(self._fill)
        self.export = QPushButton(self)
        self.export.clicked.connect(self.ask_file)
        self.table = QTableWidget(0, 6, self)
        lay_out_list(
            self,
            self.table,
            above=(self.title, self.figures),
            controls=(self.which, self.export),
            below=self.told,
            widths=_WIDTHS,
        )
        self.table.installEventFilter(self)
        self.table.itemDoubleClicked.connect(lambda _item: self._show())
        self._retranslate()

    def open(self) -> None:
        """Show the list; it is counted anew."""
        self.wanted.emit()
        self._fill()
        self.show()
        self.raise_()
        self.table.setFocus()

    def take(self, records: list[PointRecord]) -> None:
        """Show records that were counted."""
        self._records = list(records)
        self._fill()
        if self.table.rowCount() and self.table.currentRow() < 0:
            self.table.selectRow(0)

    def say(self, sentence: str) -> None:
        """Say what became of an export."""
        self.told.setText(sentence)

    def ask_file(self) -> None:
        """Ask where the list is to be written."""
        if self._records is None:
            return
        picked, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export the repair list"), str(Path.home() / "repairs.xlsx"),
            "XLSX, CSV (*.xlsx *.csv)",
        )  # fmt: skip
        if picked:
            self.export_wanted.emit(picked, list(self._records))

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        """Do what the list's keys say."""
        pressed = watched is self.table and event.type() is QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent) and self._act(event.key()):
            return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]  # Qt's own object

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say it in the new language."""
        if event.type() is QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _act(self, key: int) -> bool:
        match key:
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._show()
            case Qt.Key.Key_A:
                self.which.setCurrentIndex(1 - self.which.currentIndex())
            case Qt.Key.Key_E:
                self.ask_file()
            case Qt.Key.Key_Escape:
                self.closed.emit()
            case _:
                return False
        return True

    def _show(self) -> None:
        item = self.table.item(self.table.currentRow(), 0)
        if item is not None:
            self.point_wanted.emit(str(item.data(_ID)))

    def _shown(self) -> list[PointRecord]:
        every = self.which.currentIndex() == 1
        return [one for one in self._records or [] if every or one.faults_now]

    def _fill(self) -> None:
        """Write the rows and the figures of all points."""
        shown = self._shown()[:MOST_ROWS]
        self.table.setRowCount(len(shown))
        for row, one in enumerate(shown):
            words = (
                one.name,
                ", ".join(fault_word(code) for code in one.faults_now),
                moment_text(one.since) if one.since is not None else "",
                _share(one.online_rate),
                _share(one.good_rate),
                _hours(one.repair_h),
            )
            for column, text in enumerate(words):
                item = QTableWidgetItem(text)
                item.setData(_ID, one.point)
                if column > 2:
                    item.setTextAlignment(_RIGHT)
                self.table.setItem(row, column, item)
        self._say()

    def _say(self) -> None:
        records = self._records
        if records is None:
            self.figures.setText(
                self.tr("The sweep's looks of the last 30 days are being counted.")
            )
            self.told.clear()
            return
        online = mean([one.online_rate for one in records if one.online_rate is not None])
        good = mean([one.good_rate for one in records if one.good_rate is not None])
        repair = mean([one.repair_h for one in records if one.repair_h is not None])
        faulty = sum(bool(one.faults_now) for one in records)
        text = self.tr("30 days: online {0} · good picture {1} · mean time to repair {2}")
        self.figures.setText(text.format(_share(online), _share(good), _hours(repair)))
        if not any(one.looks for one in records):
            self.told.setText(self.tr("The sweep has not looked at any point yet."))
        elif not faulty and self.which.currentIndex() == 0:
            self.told.setText(self.tr("No point has a fault now. A lists all points."))
        else:
            text = self.tr(
                "{0} of {1} points with a fault · Enter shows · A all points · E exports"
            )
            self.told.setText(text.format(f"{faulty:,}", f"{len(records):,}"))

    def _retranslate(self) -> None:
        self.title.setText(self.tr("Repair list"))
        self.which.setItemText(0, self.tr("points with a fault"))
        self.which.setItemText(1, self.tr("all points"))
        self.which.setAccessibleName(self.tr("Which points"))
        self.export.setText(self.tr("Export…"))
        self.table.setAccessibleName(self.tr("Repair list"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("Point"), self.tr("Fault now"), self.tr("Since"), self.tr("Online"),
             self.tr("Good"), self.tr("Repaired in")]
        )  # fmt: skip
        self._fill()


def _share(rate: float | None) -> str:
    return "—" if rate is None else f"{100 * rate:.1f} %"


def _hours(hours: float | None) -> str:
    return "—" if hours is None else f"{hours:.1f} h"
