"""The administration's window: tables at the left, rows in the middle, form and history beside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from console.ui.admin import SPECS, Administration, AdminTableSpec, spec_called
from console.ui.admintable import AdminRole, AdminTableModel
from widgets.admin.form import AdminForm
from widgets.admin.words import field_word, table_word
from widgets.common.appearance import Appearance
from widgets.common.labels import set_tone
from widgets.common.rows import Index, RowDelegate, RowTable
from widgets.common.theme import Token

_FILES = "CSV, XLSX, GeoJSON (*.csv *.xlsx *.geojson *.json)"
_LISTS_PX, _ROWS_PX, _FORM_PX = 190, 760, 470
_HISTORY_PX = 170
_WITH_LOCKS = frozenset({"users", "officers"})
_WITHOUT_RETIRING = frozenset({"devices", "officers"})


class AdminDelegate(RowDelegate):
    """Rows of a table; retired ones are quiet."""

    def token_of(self, index: Index) -> Token:
        """What is retired stands back."""
        return Token.SECONDARY if index.data(AdminRole.RETIRED) else Token.TEXT


class AdminWindow(QWidget):
    """Everything an administrator may enter, change, retire, import, export and read.

    Signals:
        discovery_wanted: Cameras are to be found on the network.
    """

    discovery_wanted = Signal()

    def __init__(self, appearance: Appearance, administration: Administration) -> None:
        super().__init__()
        self.setWindowFlag(Qt.WindowType.Window)
        self._administration = administration
        self._appearance = appearance
        self._spec: AdminTableSpec = SPECS[0]
        self._row: dict[str, Any] | None = None
        self._wanted: str | None = None
        self._pin_asked: str | None = None
        self.model = AdminTableModel(field_word, self)
        self.tables = QListWidget()
        self.finder = QLineEdit()
        self.with_retired = QCheckBox()
        self.table = RowTable()
        self.table.setModel(self.model)
        self.table.setItemDelegate(AdminDelegate(appearance, self.table))
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setStretchLastSection(True)
        self.form = AdminForm()
        self.history = QListWidget()
        self.title, self.told = QLabel(), QLabel()
        self.told.setWordWrap(True)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = {
            name: QPushButton()
            for name in (
                "new",
                "save",
                "retire",
                "unlock",
                "pin",
                "verify",
                "import",
                "export",
                "discover",
            )
        }
        self._history_title = QLabel()
        self._lay_out()
        self._join()
        self._retranslate()
        self.resize(1420, 820)
        self.tables.setCurrentRow(0)

    def _lay_out(self) -> None:
        rows = QWidget()
        rows_box = QVBoxLayout(rows)
        rows_box.setContentsMargins(4, 8, 4, 4)
        top = QHBoxLayout()
        top.addWidget(self.title)
        top.addWidget(self.finder, 1)
        top.addWidget(self.with_retired)
        rows_box.addLayout(top)
        rows_box.addWidget(self.table, 1)
        below = QHBoxLayout()
        for name in ("verify", "import", "export", "discover"):
            below.addWidget(self.buttons[name])
        below.addStretch(1)
        rows_box.addLayout(below)
        side = QWidget()
        side_box = QVBoxLayout(side)
        side_box.setContentsMargins(4, 8, 8, 4)
        does = QHBoxLayout()
        for name in ("new", "save", "retire", "unlock", "pin"):
            does.addWidget(self.buttons[name])
        does.addStretch(1)
        side_box.addLayout(does)
        side_box.addWidget(self.form, 1)
        set_tone(self._history_title, "secondary")
        side_box.addWidget(self._history_title)
        self.history.setMaximumHeight(_HISTORY_PX)
        self.history.setWordWrap(True)
        side_box.addWidget(self.history)
        middle = QSplitter()
        for part, width in ((self.tables, _LISTS_PX), (rows, _ROWS_PX), (side, _FORM_PX)):
            middle.addWidget(part)
            part.setMinimumWidth(width // 2)
        middle.setSizes([_LISTS_PX, _ROWS_PX, _FORM_PX])
        middle.setStretchFactor(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(middle, 1)
        self.told.setContentsMargins(8, 4, 8, 6)
        column.addWidget(self.told)

    def _join(self) -> None:
        own = self._administration
        for spec in SPECS:
            self.tables.addItem(table_word(spec.name))
        self.tables.currentRowChanged.connect(self._open)
        self.finder.textChanged.connect(self._filter)
        self.with_retired.toggled.connect(self._filter)
        self.table.selectionModel().currentRowChanged.connect(self._pick)
        self.form.edited.connect(lambda: self.say(""))
        own.loaded.connect(self._take_rows)
        own.history_loaded.connect(self._take_history)
        own.done.connect(self.say)
        own.failed.connect(lambda sentence: self.say(sentence, is_trouble=True))
        does = {
            "new": (self.begin_new, "Ctrl+N"), "save": (self.save, "Ctrl+S"),
            "retire": (self.retire, "Ctrl+R"), "unlock": (self._unlock, "Ctrl+U"),
            "verify": (own.verify_audit, "Ctrl+J"), "import": (self._import, "Ctrl+I"),
            "pin": (self._give_pin, "Ctrl+G"),
            "export": (self._export, "Ctrl+E"), "discover": (self._discover, "Ctrl+D"),
        }  # fmt: skip
        for name, (do, keys) in does.items():
            button = self.buttons[name]
            button.clicked.connect(lambda _checked=False, act=do: act())
            button.setShortcut(QKeySequence(keys))
        keys_do: tuple[tuple[str, Callable[[], object]], ...] = (
            ("F5", self.reload),
            ("Ctrl+F", self.finder.setFocus),
            ("Escape", self.table.setFocus),
            ("Ctrl+Return", self.form.focus_first),
            ("Ctrl+PgDown", lambda: self._step(1)),
            ("Ctrl+PgUp", lambda: self._step(-1)),
            ("F9", self.close),
        )
        for keys, act in keys_do:
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    # what a person does

    def reload(self) -> None:
        """Read the table anew."""
        self.say(self.tr("Reading…"))
        self._administration.load(self._spec.name)

    def begin_new(self) -> None:
        """Begin a new row in the form."""
        if not self._spec.can_add:
            return
        self._row = None
        self.table.clearSelection()
        self.history.clear()
        self.form.fill(None)
        self._show_buttons()
        self.form.focus_first()
        self.say(self.tr("A new row: fill in what has a star, then Ctrl+S."))

    def save(self) -> None:
        """Have central enter what stands in the form."""
        if not self._spec.can_edit:
            return
        values = self.form.values() if self._row is None else self.form.changed_values()
        if self._row is not None and not values:
            self.say(self.tr("Nothing was changed."))
            return
        if self._spec.name in {"users", "officers", "devices"}:
            values = self.form.values()
        self._wanted = None if self._row is None else str(self._row["id"])
        self.say(self.tr("Saving…"))
        self._administration.save(self._spec.name, values, self._row)

    def retire(self) -> None:
        """Retire the row, or take it into use again."""
        if self._row is None or not self.buttons["retire"].isEnabled():
            return
        retired = not self._row.get("retired")
        self._wanted = str(self._row["id"])
        self._administration.set_retired(self._spec.name, self._row, retired=retired)

    def say(self, sentence: str, *, is_trouble: bool = False) -> None:
        """Say what was done, or why something was not."""
        set_tone(self.told, "critical" if is_trouble else "secondary")
        self.told.setText(sentence)

    def _unlock(self) -> None:
        if self._row is not None and self._spec.name in _WITH_LOCKS:
            self._administration.unlock(self._row)

    def _give_pin(self) -> None:
        """Ask once, and give a PIN at the second press: the officer's sessions end with it."""
        if self._row is None or self._spec.name != "officers":
            return
        officer = str(self._row["id"])
        if self._pin_asked != officer:
            self._pin_asked = officer
            self.say(self.tr(
                "A new PIN ends this officer's sessions and the old PIN. Ctrl+G again gives it."
            ))  # fmt: skip
            return
        self._pin_asked, self._wanted = None, officer
        self._administration.give_pin(self._row)

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Import"), "", _FILES)
        if name:
            self._administration.import_file(self._spec.name, Path(name))

    def _export(self) -> None:
        suggested = f"{self._spec.name}.csv"
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Export"), suggested, _FILES)
        if name:
            self._administration.export_file(self._spec.name, Path(name))

    def _discover(self) -> None:
        if self._spec.name == "cameras":
            self.discovery_wanted.emit()

    def _step(self, step: int) -> None:
        self.tables.setCurrentRow((self.tables.currentRow() + step) % len(SPECS))

    # what is shown

    def _open(self, number: int) -> None:
        if not 0 <= number < len(SPECS):
            return
        self._spec, self._row = SPECS[number], None
        self.model.show_rows(self._spec.columns, [])
        self.form.show_fields(self._spec.fields, can_edit=self._spec.can_edit)
        self.history.clear()
        self._show_title()
        self._show_buttons()
        self.reload()

    def _take_rows(self, table: str, rows: list[dict[str, Any]]) -> None:
        if table != self._spec.name:
            return
        self.model.show_rows(spec_called(table).columns, rows)
        self.table.fit(*range(self.model.columnCount() - 1))
        self.say("")
        self._show_title()
        wanted, self._wanted = self._wanted, None
        number = None if wanted is None else self.model.number_of(wanted)
        if self.model.rowCount():
            self.table.selectRow(number or 0)

    def _pick(self, index: QModelIndex, _before: QModelIndex) -> None:
        self._row = self.model.row_at(index.row()) if index.isValid() else None
        self._pin_asked = None
        self.form.fill(self._row)
        self.history.clear()
        self._show_buttons()
        if self._row is not None and self._spec.name not in {"roles", "audit"}:
            self._administration.ask_history(self._spec.name, self._row)

    def _take_history(self, row_id: str, lines: list[str]) -> None:
        if self._row is None or str(self._row["id"]) != row_id:
            return
        self.history.clear()
        self.history.addItems(lines or [self.tr("It came with the program; nobody changed it.")])

    def _filter(self) -> None:
        self.model.set_filter(self.finder.text(), with_retired=self.with_retired.isChecked())
        self._show_title()
        if self.model.rowCount():
            self.table.selectRow(0)

    def _show_title(self) -> None:
        words = self.tr("{0} · {1} of {2}")
        shown, total = self.model.rowCount(), self.model.total
        self.title.setText(words.format(table_word(self._spec.name), shown, total))

    def _show_buttons(self) -> None:
        spec, buttons = self._spec, self.buttons
        has_row = self._row is not None
        buttons["new"].setVisible(spec.can_add)
        buttons["save"].setVisible(spec.can_edit)
        buttons["retire"].setVisible(spec.can_edit and spec.name not in _WITHOUT_RETIRING)
        buttons["retire"].setEnabled(has_row)
        buttons["unlock"].setVisible(spec.name in _WITH_LOCKS)
        buttons["unlock"].setEnabled(has_row)
        buttons["pin"].setVisible(spec.name == "officers")
        buttons["pin"].setEnabled(has_row)
        buttons["verify"].setVisible(spec.name == "audit")
        buttons["discover"].setVisible(spec.name == "cameras")
        for name in ("import", "export"):
            buttons[name].setVisible(spec.has_files)
        is_retired = has_row and bool(self._row and self._row.get("retired"))
        word = self.tr("Use again") if is_retired else self.tr("Retire")
        buttons["retire"].setText(f"{word} (Ctrl+R)")
        buttons["retire"].setShortcut(QKeySequence("Ctrl+R"))  # a new text takes it away
        self.with_retired.setVisible(spec.can_edit and spec.name not in _WITHOUT_RETIRING)
        self._history_title.setVisible(spec.name not in {"roles", "audit"})
        self.history.setVisible(spec.name not in {"roles", "audit"})

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Administration"))
        for number, spec in enumerate(SPECS):
            self.tables.item(number).setText(table_word(spec.name))
        self.tables.setAccessibleName(self.tr("Tables"))
        self.finder.setPlaceholderText(self.tr("Find (Ctrl+F)"))
        self.with_retired.setText(self.tr("retired too"))
        self._history_title.setText(self.tr("History: who changed what"))
        words = {
            "new": self.tr("New"),
            "save": self.tr("Save"),
            "unlock": self.tr("Unlock"),
            "pin": self.tr("New PIN"),
            "verify": self.tr("Verify the chain"),
            "import": self.tr("Import"),
            "export": self.tr("Export"),
            "discover": self.tr("Find cameras"),
        }
        for name, word in words.items():
            keys = self.buttons[name].shortcut()
            self.buttons[name].setText(f"{word} ({keys.toString()})")
            self.buttons[name].setShortcut(keys)  # a new text takes it away
        self.form.retranslate()
        self.model.retranslate()
        self._show_title()
        self._show_buttons()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
