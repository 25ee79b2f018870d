"""The list of points that nobody has looked at today, to be shown on the wall or taken out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
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

from console.domain.ids import CameraId
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import Unseen
from console.ui.words import moment_text
from widgets.common.labels import set_tone
from widgets.wall.listpanel import lay_out_list
from widgets.wall.words import trouble_title

PANEL_PX = 720
MOST_ROWS = 2_000
_AGAIN_MS = 5_000
_ID = int(Qt.ItemDataRole.UserRole)
_WIDTHS = ((1, 154), (2, 154), (3, 118))


class UnseenPanel(QFrame):
    """Points without a look since midnight, those not seen for the longest first.

    Keys: ↑/↓ choose, Enter shows the point, Ctrl+Enter the first ones that fit the wall, A counts
    the sweep's looks or only people's, O goes from the plan's points to all, E takes the list out,
    Esc closes.

    Signals:
        points_wanted: Ids of points to be shown, and what the strip calls them.
        export_wanted: File, and the ``Unseen`` rows for it.
        closed: It was closed by its key.
    """

    points_wanted = Signal(list, str)
    export_wanted = Signal(str, list)
    closed = Signal()

    def __init__(self, feed: WallFeed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._feed = feed
        self._rows: list[Unseen] = []
        self.setFixedWidth(PANEL_PX)
        self.title, self.told = QLabel(self), QLabel(self)
        set_tone(self.title, "title")
        set_tone(self.told, "secondary")
        self.told.setWordWrap(True)
        self.by, self.scope = QComboBox(self), QComboBox(self)
        for box in (self.by, self.scope):
            box.addItems(["", ""])
            box.currentIndexChanged.connect(self.refresh)
        self.export = QPushButton(self)
        self.export.clicked.connect(self.ask_file)
        self.table = QTableWidget(0, 4, self)
        lay_out_list(
            self,
            self.table,
            above=(self.title,),
            controls=(self.by, self.scope, self.export),
            below=self.told,
            widths=_WIDTHS,
        )
        self.table.installEventFilter(self)
        self.table.itemDoubleClicked.connect(lambda item: self._show_row(item.row()))
        self._timer = QTimer(self, interval=_AGAIN_MS)
        self._timer.timeout.connect(self.refresh)
        self._retranslate()

    @property
    def rows(self) -> list[Unseen]:
        """What is listed."""
        return list(self._rows)

    def open(self) -> None:
        """Show the list as it is now."""
        self.refresh()
        self._timer.start()
        self.show()
        self.raise_()
        self.table.setFocus()
        if self._rows:
            self.table.selectRow(0)

    def close_panel(self) -> None:
        """Put it away."""
        self._timer.stop()
        self.hide()
        self.closed.emit()

    def refresh(self) -> None:
        """Count anew; the chosen point stays chosen."""
        today, every = self._feed.today, bool(self.scope.currentIndex())
        points = today.every_point() if every else self._feed.plan.points
        found = today.unseen(points, by_person=bool(self.by.currentIndex()))
        if found == self._rows:
            self._say(len(points))
            return
        chosen = self._chosen()
        self._rows = found
        shown = found[:MOST_ROWS]
        self.table.setRowCount(len(shown))
        for row, one in enumerate(shown):
            words = (
                one.name,
                moment_text(one.by_person_at) if one.by_person_at else "—",
                moment_text(one.by_sweep_at) if one.by_sweep_at else "—",
                trouble_title(one.trouble) if one.trouble is not None else "",
            )
            for column, text in enumerate(words):
                item = QTableWidgetItem(text)
                item.setData(_ID, one.camera)
                self.table.setItem(row, column, item)
            if one.camera == chosen:
                self.table.selectRow(row)
        self._say(len(points))

    def ask_file(self) -> None:
        """Ask where the list is to be written."""
        picked, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export the list"), str(Path.home() / "unseen.xlsx"),
            "XLSX, CSV (*.xlsx *.csv)",
        )  # fmt: skip
        if picked:
            self.export_wanted.emit(picked, self.rows)

    def say(self, sentence: str) -> None:
        """Say what became of an export."""
        self.told.setText(sentence)

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        """Do what the list's keys say."""
        pressed = watched is self.table and event.type() is QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent) and self._act(event):
            return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]  # Qt's own object

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say it in the new language."""
        if event.type() is QEvent.Type.LanguageChange:
            self._rows = []
            self._retranslate()
            if self.isVisible():
                self.refresh()
        super().changeEvent(event)

    def _act(self, event: QKeyEvent) -> bool:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if control:
                self._want([one.camera for one in self._rows[: self._feed.tiles]])
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._show_row(self.table.currentRow())
            case Qt.Key.Key_A:
                self.by.setCurrentIndex(1 - self.by.currentIndex())
            case Qt.Key.Key_O:
                self.scope.setCurrentIndex(1 - self.scope.currentIndex())
            case Qt.Key.Key_E:
                self.ask_file()
            case Qt.Key.Key_Escape:
                self.close_panel()
            case _:
                return False
        return True

    def _show_row(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self._want([self._rows[row].camera])

    def _want(self, cameras: list[CameraId]) -> None:
        if cameras:
            self.points_wanted.emit(list(cameras), self.tr("Not seen today"))

    def _chosen(self) -> CameraId | None:
        item = self.table.currentItem()
        return None if item is None else CameraId(item.data(_ID))

    def _say(self, points: int) -> None:
        if not self._rows:
            text = self.tr("Every one of {0} points was looked at today.").format(f"{points:,}")
        else:
            text = self.tr("{0} of {1} points · Enter shows · A O change the list · E exports")
            text = text.format(f"{len(self._rows):,}", f"{points:,}")
        self.told.setText(text)

    def _retranslate(self) -> None:
        self.title.setText(self.tr("Not looked at today"))
        for row, text in enumerate((self.tr("by nobody, not the sweep either"),
                                    self.tr("by no person"))):  # fmt: skip
            self.by.setItemText(row, text)
        for row, text in enumerate((self.tr("points of the plan"), self.tr("all points"))):
            self.scope.setItemText(row, text)
        self.export.setText(self.tr("Export…"))
        self.by.setAccessibleName(self.tr("Whose looks count"))
        self.scope.setAccessibleName(self.tr("Which points"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("Point"), self.tr("Last by a person"), self.tr("Last by the sweep"),
             self.tr("Fault")]
        )  # fmt: skip
