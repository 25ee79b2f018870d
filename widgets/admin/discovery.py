"""The window in which cameras are found on the network and entered as points."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.ui.discovery import CameraDiscovery, FoundCamera
from widgets.common.labels import set_tone

_WIDTHS = (220, 300, 90, 260)


class DiscoveryWindow(QWidget):
    """Finds ONVIF cameras; those chosen become camera points.

    Keys: Enter in a field searches, Space chooses a row, Ctrl+S enters what is chosen, Esc closes.
    """

    def __init__(self, discovery: CameraDiscovery, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Window)
        self._discovery = discovery
        self._found: list[FoundCamera] = []
        self.user, self.password, self.addresses = QLineEdit(), QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.search, self.enter = QPushButton(), QPushButton()
        self.table = QTableWidget(0, 4)
        self.told = QLabel()
        self.told.setWordWrap(True)
        self._lay_out()
        for line in (self.user, self.password, self.addresses):
            line.returnPressed.connect(self.begin)
        self.search.clicked.connect(self.begin)
        self.enter.clicked.connect(self.enter_chosen)
        for key, do in (("Ctrl+S", self.enter_chosen), ("Esc", self.close)):
            QShortcut(QKeySequence(key), self).activated.connect(do)
        discovery.found.connect(self._show)
        discovery.entered.connect(self._say_entered)
        discovery.failed.connect(lambda sentence: self.say(sentence, is_trouble=True))
        self._retranslate()
        self.resize(980, 560)

    def begin(self) -> None:
        """Search."""
        self.search.setEnabled(False)
        self.say(self.tr("Cameras are asked; it takes a few seconds …"))
        addresses = self.addresses.text().replace("，", ",").replace(",", " ").split()
        self._discovery.search(self.user.text(), self.password.text(), addresses)

    def enter_chosen(self) -> None:
        """Enter the chosen cameras as points."""
        chosen = [
            found.camera
            for row, found in enumerate(self._found)
            if found.camera is not None and self._is_chosen(row)
        ]
        if chosen:
            self._discovery.enter(chosen)
        else:
            self.say(self.tr("Nothing is chosen: Space chooses a row."), is_trouble=True)

    def say(self, sentence: str, *, is_trouble: bool = False) -> None:
        """Say what was done, or why something was not."""
        self.search.setEnabled(True)
        set_tone(self.told, "critical" if is_trouble else "secondary")
        self.told.setText(sentence)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _is_chosen(self, row: int) -> bool:
        item = self.table.item(row, 0)
        return item is not None and item.checkState() is Qt.CheckState.Checked

    def _show(self, found: list[FoundCamera]) -> None:
        self._found = found
        self.table.setRowCount(len(found))
        for row, one in enumerate(found):
            name = QTableWidgetItem(one.name)
            if one.camera is not None:
                name.setFlags(name.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                name.setCheckState(Qt.CheckState.Checked)
            words = (one.service, str(one.streams or ""), one.trouble or "  ".join(one.presets))
            self.table.setItem(row, 0, name)
            for column, text in enumerate(words, 1):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        if not found:
            self.say(
                self.tr(
                    "No camera answered. Name addresses if they stand in another network, or "
                    "switch ONVIF on in them."
                ),
                is_trouble=True,
            )
            return
        usable = sum(one.camera is not None for one in found)
        self.say(self.tr("{0} cameras answered, {1} can be entered.").format(len(found), usable))
        self.table.selectRow(0)
        self.table.setFocus()

    def _say_entered(self, count: int) -> None:
        self.say(self.tr("{0} camera points are entered; give them place and district.")
                 .format(count))  # fmt: skip

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        for widget, share in ((self.user, 2), (self.password, 2), (self.addresses, 4)):
            line.addWidget(widget, share)
        line.addWidget(self.search)
        below = QHBoxLayout()
        below.addWidget(self.told, 1)
        below.addWidget(self.enter)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        for column, width in enumerate(_WIDTHS):
            self.table.setColumnWidth(column, width)
        self.table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        whole = QVBoxLayout(self)
        whole.addLayout(line)
        whole.addWidget(self.table, 1)
        whole.addLayout(below)

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Find cameras (ONVIF)"))
        self.user.setPlaceholderText(self.tr("User name of the cameras"))
        self.password.setPlaceholderText(self.tr("Password"))
        self.addresses.setPlaceholderText(self.tr("Addresses; empty: all networks of this machine"))
        self.search.setText(self.tr("Search"))
        self.enter.setText(self.tr("Enter the chosen (Ctrl+S)"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("Camera"), self.tr("Service"), self.tr("Streams"), self.tr("Presets")]
        )
        for line in (self.user, self.password, self.addresses):
            line.setAccessibleName(line.placeholderText())
