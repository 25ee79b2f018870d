"""The panel of the camera directory: search as you type over a tree of districts and owners."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from console.ui.wall_directory import Branch, DirectoryDesk
from console.ui.wall_tree import NAME, ONLINE, POINTS, DirectoryTree
from widgets.common.labels import set_tone

PANEL_PX = 430
#: As many matches are shown with their branches open.
OPEN_UP_TO = 20
_POINTS_PX, _ONLINE_PX, _INDENT_PX = 62, 84, 14
_ANSWERS_MS = 5_000
_MOST_ON_WALL = 36
BranchId = tuple[str, str, tuple[str, str]]


class DirectoryPanel(QFrame):
    """Search field, the tree, and what can be done with the row chosen.

    Keys: typing searches, ↓ goes into the tree, where ↑ ↓ choose, ← → close and open a branch and
    letters go on with the search. Enter shows a point or patrols a branch, Ctrl+Enter shows the
    likeliest points that fit the wall, Ctrl+P makes a patrol plan of the row, Ctrl+G shows it on
    the map, Ctrl+D makes a point a favourite, Esc closes.

    Args:
        desk: The directory as all panels of the console share it.

    Signals:
        points_wanted: Ids of points to be shown, and what they are called.
        patrol_wanted: Ids of points to be looked at in turn, and what they are called.
        plan_wanted: Ids of points to make a plan of, and what it may be called.
        map_wanted: Ids of points to be shown on the map.
        closed: It was closed by its key.
    """

    points_wanted = Signal(list, str)
    patrol_wanted = Signal(list, str)
    plan_wanted = Signal(list, str)
    map_wanted = Signal(list)
    closed = Signal()

    def __init__(self, desk: DirectoryDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.model = DirectoryTree(desk, self)
        self._opened: set[BranchId] = set()
        self._is_filling = False
        self.setProperty("role", "popup")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setFixedWidth(PANEL_PX)
        self.search = QLineEdit(self)
        self.search.setClearButtonEnabled(True)
        self.tree = QTreeView(self)
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        set_tone(self.told, "secondary")
        self.buttons = {name: QPushButton(self) for name in ("show", "plan", "map", "star")}
        self._lay_out()
        self._join()
        self._answers = QTimer(self, interval=_ANSWERS_MS)
        self._answers.timeout.connect(self.model.look_again)
        self._retranslate()
        self._take_rows()

    def open(self) -> None:
        """Show it and take what is typed."""
        self.show()
        self.raise_()
        self.search.setFocus()
        self.search.selectAll()

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        """Have keys of the field and of the tree do what they do in this panel."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if watched is self.search and (self._act(event) or self._leave_search(event)):
                return True
            if watched is self.tree and (self._act(event) or self._leave_tree(event)):
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]  # Qt's own object

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Follow who answers while it can be seen."""
        super().showEvent(event)
        self.model.look_again()
        self._answers.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nothing is followed that nobody sees."""
        super().hideEvent(event)
        self._answers.stop()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say it in the new language."""
        if event.type() is QEvent.Type.LanguageChange:
            self.model.rebuild()
            self._retranslate()
        super().changeEvent(event)

    # keys

    def _act(self, event: QKeyEvent) -> bool:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if control:
                points = self.model.every_match(_MOST_ON_WALL)
                if points:
                    self.points_wanted.emit(points, self.search.text().strip() or self._all())
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.show_chosen()
            case Qt.Key.Key_P if control:
                self.plan_chosen()
            case Qt.Key.Key_G if control:
                self.map_chosen()
            case Qt.Key.Key_D if control:
                self.star_chosen()
            case Qt.Key.Key_Escape:
                self.closed.emit()
            case _:
                return False
        return True

    def _leave_search(self, event: QKeyEvent) -> bool:
        """Go from the field into the tree."""
        keys = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
        if event.key() not in keys or not self.model.rowCount():
            return False
        self.tree.setFocus()
        step = {Qt.Key.Key_Down: self.tree.indexBelow, Qt.Key.Key_Up: self.tree.indexAbove}
        move = step.get(Qt.Key(event.key()))
        beside = QModelIndex() if move is None else move(self.tree.currentIndex())
        if beside.isValid():
            self.tree.setCurrentIndex(beside)
        return True

    def _leave_tree(self, event: QKeyEvent) -> bool:
        """Go on with the search where a letter is typed; back to it above the first row."""
        text = event.text()
        at_top = not self.tree.indexAbove(self.tree.currentIndex()).isValid()
        if event.key() == Qt.Key.Key_Up and at_top:
            self.search.setFocus()
            return True
        if event.key() == Qt.Key.Key_Backspace:
            self.search.setFocus()
            self.search.backspace()
            return True
        plain = not event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if plain and text.isprintable() and text.strip() and text not in "+-":
            self.search.setFocus()
            self.search.insert(text)
            return True
        return False

    # what is done with the row chosen

    def show_chosen(self) -> None:
        """Show a point on the wall, or patrol all points of a branch."""
        self._open_index(self.tree.currentIndex())

    def plan_chosen(self) -> None:
        """Make a patrol plan of the row."""
        self._give(self.plan_wanted.emit)

    def map_chosen(self) -> None:
        """Show the row's points on the map."""
        self._give(lambda points, _name: self.map_wanted.emit(points))

    def star_chosen(self) -> None:
        """Make a point a favourite, or none any more."""
        camera = self.model.camera(self.tree.currentIndex())
        if camera is not None:
            self._desk.toggle_favourite(camera)
            self.tree.setCurrentIndex(self.model.index_of(camera))

    def _open_index(self, index: QModelIndex) -> None:
        if self.model.is_more(index):
            self.model.bring_more(index)
        elif self.model.camera(index) is not None:
            self.points_wanted.emit(self.model.points_of(index), self._called(index))
        else:
            self._give(self.patrol_wanted.emit)

    def _give(self, tell: Callable[[list[str], str], None]) -> None:
        index = self.tree.currentIndex()
        points = self.model.points_of(index)
        if points:
            tell(list(points), self._called(index))

    def _called(self, index: QModelIndex) -> str:
        typed = self.search.text().strip()
        name = self.model.name_of(index)
        if self.model.camera(index) is not None:
            return typed or name
        return f"{name} · {typed}" if typed else name

    def _all(self) -> str:
        return self.tr("All points")

    # how it looks

    def _search_again(self, text: str) -> None:
        self.model.search(text)

    def _take_rows(self) -> None:
        """Open the branches that were open, or those of few matches; choose the likeliest."""
        model = self.model
        self._is_filling = True
        for index, branch in model.branches():
            if self._is_open(branch):
                self.tree.setExpanded(index, True)
        self._is_filling = False
        first = model.index(0, NAME)
        likeliest = model.index(0, NAME, first) if self.model.is_searched else QModelIndex()
        self.tree.setCurrentIndex(likeliest if likeliest.isValid() else first)
        self.tree.scrollToTop()
        self._say()

    def _is_open(self, branch: Branch) -> bool:
        if branch.kind in ("best", "favourites"):
            return True
        if self.model.is_searched:
            return self.model.matches <= OPEN_UP_TO
        return branch.id in self._opened

    def _note_open(self, index: QModelIndex, is_open: bool) -> None:
        branch = index.data(DirectoryTree.BRANCH)
        if self._is_filling or self.model.is_searched or not isinstance(branch, Branch):
            return
        (self._opened.add if is_open else self._opened.discard)(branch.id)

    def _take_current(self, index: QModelIndex) -> None:
        """Bring more where the last row was reached; say what the keys do with this one."""
        if self.model.is_more(index):
            row, parent = index.row(), index.parent()
            self.model.bring_more(index)
            self.tree.setCurrentIndex(self.model.index(row, NAME, parent))
        is_point = self.model.camera(self.tree.currentIndex()) is not None
        self.buttons["star"].setEnabled(is_point)
        self._name_show(is_point)

    def _bring_seen(self) -> None:
        """Bring more where the row that stands for it has come into sight."""
        index, bottom = self.tree.indexAt(QPoint(1, 1)), self.tree.viewport().height()
        while index.isValid() and self.tree.visualRect(index).top() < bottom:
            if self.model.is_more(index):
                self.model.bring_more(index)
                return
            index = self.tree.indexBelow(index)

    def _offer(self, at: QPoint) -> None:
        index = self.tree.indexAt(at)
        if not index.isValid():
            return
        self.tree.setCurrentIndex(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in ("show", "plan", "map", "star"):
            action = menu.addAction(self.buttons[name].toolTip())
            action.setEnabled(self.buttons[name].isEnabled())
            action.triggered.connect(self.buttons[name].click)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def _say(self) -> None:
        model = self.model
        if not len(self._desk.directory):
            text = self.tr("No camera points have come from central yet.")
        elif not model.matches:
            text = self.tr("Nothing found. Try fewer words, pinyin initials, or a number.")
        elif model.is_searched:
            text = self.tr("{0} of {1} points · ↓ into the tree · Ctrl+Enter the likeliest")
            text = text.format(f"{model.matches:,}", f"{len(self._desk.directory):,}")
        else:
            text = self.tr("{0} points · ↓ into the tree, ← → close and open · type to search")
            text = text.format(f"{model.matches:,}")
        self.told.setText(text)

    def _lay_out(self) -> None:
        tree, header = self.tree, self.tree.header()
        tree.setModel(self.model)
        tree.setUniformRowHeights(True)
        tree.setIndentation(_INDENT_PX)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.setExpandsOnDoubleClick(False)
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in ((POINTS, _POINTS_PX), (ONLINE, _ONLINE_PX)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        actions = QHBoxLayout()
        actions.setSpacing(4)
        for button in self.buttons.values():
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            actions.addWidget(button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.search)
        layout.addWidget(tree, 1)
        layout.addLayout(actions)
        layout.addWidget(self.told)

    def _join(self) -> None:
        does = {"show": self.show_chosen, "plan": self.plan_chosen,
                "map": self.map_chosen, "star": self.star_chosen}  # fmt: skip
        for name, do in does.items():
            self.buttons[name].clicked.connect(lambda _=False, do=do: do())
        self.search.textChanged.connect(self._search_again)
        self.search.installEventFilter(self)
        self.tree.installEventFilter(self)
        self.model.modelReset.connect(self._take_rows)
        self.tree.expanded.connect(lambda index: self._note_open(index, True))
        self.tree.collapsed.connect(lambda index: self._note_open(index, False))
        self.tree.doubleClicked.connect(self._open_index)
        self.tree.selectionModel().currentChanged.connect(self._take_current)
        self.tree.customContextMenuRequested.connect(self._offer)
        self.tree.verticalScrollBar().valueChanged.connect(lambda _value: self._bring_seen())

    def _name_show(self, is_point: bool) -> None:
        button = self.buttons["show"]
        button.setText(self.tr("Show") if is_point else self.tr("Patrol"))
        button.setToolTip(
            self.tr("Show on the wall  (Enter)") if is_point else self.tr("Patrol these  (Enter)")
        )

    def _retranslate(self) -> None:
        self.search.setPlaceholderText(self.tr("Name, pinyin or number of a point"))
        self.search.setAccessibleName(self.tr("Search camera points"))
        self.tree.setAccessibleName(self.tr("Camera points by district and owner"))
        for name, text, tip in (
            ("plan", self.tr("Plan"), self.tr("Make a patrol plan of these  (Ctrl+P)")),
            ("map", self.tr("Map"), self.tr("Show on the map  (Ctrl+G)")),
            ("star", "★", self.tr("Favourite, or none any more  (Ctrl+D)")),
        ):
            self.buttons[name].setText(text)
            self.buttons[name].setToolTip(tip)
        self._take_current(self.tree.currentIndex())
        self._say()
