"""The preset of a plan's point, picked from what the camera reports or typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QStyleOptionViewItem, QWidget

Index = QModelIndex | QPersistentModelIndex


class PresetBox(QComboBox):
    """Offers a camera's presets while its cell is edited; other words can be typed."""

    def __init__(self, point: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.point = point
        self._offered: list[str] = []
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setAccessibleName(self.tr("Preset"))
        self.say(self.tr("asking the camera…"))

    def offer(self, names: Sequence[str]) -> None:
        """Offer names below an empty choice; none, or those offered already, change nothing.

        What is typed stays.
        """
        if list(names) == self._offered or not names:
            return
        self._offered = list(names)
        typed = self.currentText()
        self.clear()
        self.addItems(["", *names])
        self.setEditText(typed)
        QTimer.singleShot(0, self, self.showPopup)

    def say(self, text: str) -> None:
        """Tell beside the cell how it stands with the camera."""
        line = self.lineEdit()
        if line is not None:
            line.setPlaceholderText(text)
        self.setToolTip(text)


class PresetDelegate(QStyledItemDelegate):
    """Edits cells of presets.

    Args:
        id_role: Role of a row's first cell that holds the point's id.

    Signals:
        presets_wanted: Id of a point whose camera is to be asked; answer with `show_presets`.
    """

    presets_wanted = Signal(str)

    def __init__(self, id_role: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._id_role = id_role
        self._known: dict[str, list[str]] = {}
        self._open: PresetBox | None = None

    def show_presets(self, point: str, names: Sequence[str], why: str) -> None:
        """Take what a camera reported, or ``why`` it has none; what it had last stays offered."""
        if names:
            self._known[point] = list(names)
        if self._open is not None and self._open.point == point:
            self._open.offer(names)
            self._open.say(why)

    def createEditor(  # noqa: N802
        self, parent: QWidget, _option: QStyleOptionViewItem, index: Index
    ) -> QWidget:
        """Open a box for a cell with what the camera had last, and have it asked again."""
        point = str(index.sibling(index.row(), 0).data(self._id_role))
        box = PresetBox(point, parent)
        box.activated.connect(lambda _row: self._take(box))
        box.destroyed.connect(lambda: self._forget(box))
        self._open = box
        box.offer(self._known.get(point, ()))
        self.presets_wanted.emit(point)
        return box

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        """Begin with what stands in the cell."""
        if isinstance(editor, PresetBox):
            editor.setEditText(str(index.data(Qt.ItemDataRole.EditRole) or ""))

    def setModelData(  # noqa: N802
        self, editor: QWidget, model: QAbstractItemModel, index: Index
    ) -> None:
        """Keep what was picked or typed."""
        if isinstance(editor, PresetBox):
            model.setData(index, editor.currentText().strip())

    def _take(self, box: PresetBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)

    def _forget(self, box: PresetBox) -> None:
        if self._open is box:
            self._open = None
