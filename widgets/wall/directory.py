"""The panel of the camera directory: search as you type, branches, favourites."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from console.domain.ids import CameraId
from console.ui.wall_directory import MOST_ROWS, DirectoryModel, Group

PANEL_PX = 330
_ROW_PX = 24


def group_name(group: Group) -> str:
    """Return what a branch is called, with how many points it has."""
    words = {
        "all": QCoreApplication.translate("WallDirectory", "All points"),
        "favourites": QCoreApplication.translate("WallDirectory", "★ Favourites"),
        "moving": QCoreApplication.translate("WallDirectory", "On vehicles and people"),
    }
    owners = {
        "police": QCoreApplication.translate("WallDirectory", "Owner: police"),
        "site": QCoreApplication.translate("WallDirectory", "Owner: construction sites"),
        "bureau": QCoreApplication.translate("WallDirectory", "Owner: the bureau"),
        "vehicle": QCoreApplication.translate("WallDirectory", "Owner: vehicles"),
        "": QCoreApplication.translate("WallDirectory", "Owner not known"),
    }
    if group.kind in words:
        name = words[group.kind]
    elif group.kind == "owner":
        name = owners.get(group.key, group.key)
    else:
        name = group.name or QCoreApplication.translate("WallDirectory", "No district")
    return f"{name}  {group.points:,}"


class DirectoryPanel(QFrame):
    """Search field, branch, and the points found.

    Keys: typing searches, ↑/↓ choose, Enter shows the point, Ctrl+Enter shows all that fit the
    wall, Ctrl+D makes it a favourite, Esc closes.

    Signals:
        points_wanted: Ids of points to be shown, and what was typed.
        closed: It was closed by its key.
    """

    points_wanted = Signal(list, str)
    closed = Signal()

    def __init__(self, model: DirectoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._groups: list[Group] = []
        self.setObjectName("directory")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setFixedWidth(PANEL_PX)
        self.search = QLineEdit(self)
        self.search.setClearButtonEnabled(True)
        self.branch = QComboBox(self)
        self.list = QListView(self)
        self.list.setModel(model)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.count = QLabel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        for widget in (self.search, self.branch, self.list, self.count):
            layout.addWidget(widget)
        self.search.textChanged.connect(self._look)
        self.branch.currentIndexChanged.connect(self._look)
        self.search.installEventFilter(self)
        self.list.doubleClicked.connect(self._show_index)
        model.directory_changed.connect(self._fill)
        model.favourites_changed.connect(self._fill)
        self._fill()
        self._say()

    def open(self) -> None:
        """Show it and take what is typed."""
        self.show()
        self.raise_()
        self.search.setFocus()
        self.search.selectAll()

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        """Have the search field's keys move in the list."""
        if watched is self.search and event.type() is QEvent.Type.KeyPress and self._act(event):
            return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]  # Qt's own object

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say it in the new language."""
        if event.type() is QEvent.Type.LanguageChange:
            self._fill()
            self._say()
        super().changeEvent(event)

    def _act(self, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                row = min(max(0, self._row() + step), self._model.rowCount() - 1)
                self.list.setCurrentIndex(self._model.index(row))
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if control:
                self._want([camera.id for camera in self._model.found])
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._show_index(self._model.index(max(0, self._row())))
            case Qt.Key.Key_D if control:
                camera = self._camera(self._model.index(max(0, self._row())))
                if camera:
                    self._model.toggle_favourite(camera)
            case Qt.Key.Key_Escape:
                self.closed.emit()
            case _:
                return False
        return True

    def _row(self) -> int:
        return self.list.currentIndex().row()

    def _camera(self, index: QModelIndex) -> CameraId:
        return CameraId(index.data(DirectoryModel.CAMERA) or "")

    def _show_index(self, index: QModelIndex) -> None:
        camera = self._camera(index)
        if camera:
            self._want([camera])

    def _want(self, cameras: list[str]) -> None:
        if cameras:
            name = self.search.text().strip() or self.branch.currentText()
            self.points_wanted.emit(cameras, name)

    def _look(self) -> None:
        at = self.branch.currentIndex()
        group = self._groups[at] if 0 <= at < len(self._groups) else None
        self._model.search(self.search.text(), group)
        self.list.setCurrentIndex(self._model.index(0))
        self._say()

    def _fill(self) -> None:
        at = max(0, self.branch.currentIndex())
        self.branch.blockSignals(True)
        self.branch.clear()
        self._groups = self._model.groups()
        for group in self._groups:
            self.branch.addItem(group_name(group))
        self.branch.setCurrentIndex(min(at, len(self._groups) - 1))
        self.branch.blockSignals(False)
        self.search.setPlaceholderText(self.tr("Name, pinyin or number of a point"))
        self.search.setAccessibleName(self.tr("Search camera points"))
        self.branch.setAccessibleName(self.tr("Branch of the directory"))

    def _say(self) -> None:
        shown = self._model.rowCount()
        if not shown:
            text = self.tr("Nothing found. Try a part of the name, or another branch.")
        elif shown >= MOST_ROWS:
            text = self.tr("The first {0}; type on to see fewer.").format(shown)
        else:
            text = self.tr("{0} found · Enter shows · Ctrl+D ★").format(shown)
        self.count.setText(text)
        self.count.setWordWrap(True)
