"""The form of one row: a field for each thing a person may type, made from its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

from console.domain.catalogue import DetailField, DetailKind
from widgets.admin.words import field_word

_LINES_PX = 96


class AdminForm(QScrollArea):
    """Fields of one row, filled or empty.

    Signals:
        edited: Something was typed.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inputs: dict[str, QWidget] = {}
        self._labels: dict[str, QLabel] = {}
        self._fields: tuple[DetailField, ...] = ()
        self._shown: dict[str, str] = {}

    def show_fields(self, fields: Sequence[DetailField], *, can_edit: bool) -> None:
        """Lay out a table's fields, empty."""
        inner = QWidget()
        column = QFormLayout(inner)
        column.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        column.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._fields, self._inputs, self._labels = tuple(fields), {}, {}
        for field in fields:
            made = self._made(field, can_edit=can_edit)
            label = QLabel()
            label.setBuddy(made)
            self._inputs[field.name], self._labels[field.name] = made, label
            column.addRow(label, made)
        self.setWidget(inner)
        self.retranslate()

    def retranslate(self) -> None:
        """Name the fields in the language shown; a star marks what must not stay empty."""
        for field in self._fields:
            word = field_word(field.name)
            self._labels[field.name].setText(f"{word} *" if field.required else word)
            self._inputs[field.name].setAccessibleName(word)

    def fill(self, row: Mapping[str, Any] | None) -> None:
        """Show a row, or nothing for a new one."""
        for field in self._fields:
            value = None if row is None else row.get(field.name)
            _put(self._inputs[field.name], value)
        self._shown = self.values()

    def values(self) -> dict[str, str]:
        """Return what stands in the fields, as it was typed."""
        return {name: _typed(made) for name, made in self._inputs.items()}

    def changed_values(self) -> dict[str, str]:
        """Return the fields in which something else was typed than was shown."""
        return {name: text for name, text in self.values().items() if text != self._shown.get(name)}

    def focus_first(self) -> None:
        """Give the keys to the first field."""
        first = next(iter(self._inputs.values()), None)
        if first is not None:
            first.setFocus()

    def _made(self, field: DetailField, *, can_edit: bool) -> QWidget:
        if field.kind is DetailKind.CHOICE:
            box = QComboBox()
            box.addItems(["", *field.choices])
            box.currentIndexChanged.connect(self.edited)
            box.setEnabled(can_edit)
            return box
        if field.kind is DetailKind.YES_NO:
            check = QCheckBox()
            check.toggled.connect(self.edited)
            check.setEnabled(can_edit)
            return check
        if field.kind in {DetailKind.LONG_TEXT, DetailKind.SHAPE}:
            text = QPlainTextEdit()
            text.setTabChangesFocus(True)
            text.setMinimumHeight(_LINES_PX)
            text.setReadOnly(not can_edit)
            text.textChanged.connect(self.edited)
            return text
        line = QLineEdit()
        if field.kind is DetailKind.SECRET:
            line.setEchoMode(QLineEdit.EchoMode.Password)
        line.setReadOnly(not can_edit)
        line.textEdited.connect(self.edited)
        return line


def _put(made: QWidget, value: Any) -> None:
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(made, QComboBox):
        made.setCurrentIndex(max(0, made.findText(text)))
    elif isinstance(made, QCheckBox):
        made.setChecked(value is True)
    elif isinstance(made, QPlainTextEdit):
        made.setPlainText(text)
    elif isinstance(made, QLineEdit):
        made.setText("" if text == "●" else text)
        made.setCursorPosition(0)


def _typed(made: QWidget) -> str:
    if isinstance(made, QComboBox):
        return made.currentText()
    if isinstance(made, QCheckBox):
        return "yes" if made.isChecked() else "no"
    if isinstance(made, QPlainTextEdit):
        return made.toPlainText()
    return made.text() if isinstance(made, QLineEdit) else ""
