"""The camera directory as a tree: districts, their owners, their points, filtered as you type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.ui.wall_directory import Branch, CameraDirectory, DirectoryDesk, owner_word

Index = QModelIndex | QPersistentModelIndex
#: Points of a branch that are shown at once; the row behind them brings as many more.
CHUNK = 100
NAME, POINTS, ONLINE = range(3)
_UNKNOWN, _ANSWERS, _SILENT = range(3)
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


_TIP, _ALIGNMENT = int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.TextAlignmentRole)
_CAMERA, _BRANCH = int(Qt.ItemDataRole.UserRole), int(Qt.ItemDataRole.UserRole) + 1
_ROLES = frozenset({_DISPLAY, _TIP, _ALIGNMENT, _CAMERA, _BRANCH})


@dataclass(slots=True, kw_only=True)
class _Node:
    """A branch as it stands in the tree now.

    Attributes:
        parent: Number of the branch it lies in, 0 for the tree itself.
        row: Its place there.
        leaves: Numbers of the leaves whose points it has, ``None`` where it has its own.
        children: Numbers of the branches in it.
        points: Rows of its points, once somebody has asked; of a branch of branches none.
        shown: How many of them have a row.
    """

    branch: Branch
    parent: int
    row: int
    leaves: tuple[int, ...] | None = None
    children: list[int] = field(default_factory=list)
    points: list[int] | None = None
    shown: int = 0


class DirectoryTree(QAbstractItemModel):
    """Favourites, what moves, then districts; in each its owners, in each of those its points.

    A branch's points are found when it is opened, and have rows as far as somebody has looked. An
    index's internal id is the number of the branch that it lies in.

    Args:
        desk: The directory, the favourites and who answers.
    """

    CAMERA, BRANCH = _CAMERA, _BRANCH

    def __init__(self, desk: DirectoryDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._text = desk, ""
        self._nodes: list[_Node] = []
        self._tops: list[int] = []
        self._matched: NDArray[np.int64] = np.zeros(0, np.int64)
        self._states = self._read_states()
        #: Of each leaf: how many points match, how many of those answer, how many do not.
        self._figures: NDArray[np.int64] = np.zeros((3, 0), np.int64)
        self._build()
        desk.directory_changed.connect(self._take_directory)
        desk.favourites_changed.connect(self.rebuild)

    @property
    def matches(self) -> int:
        """How many points hold what is searched; all where nothing is."""
        return len(self._matched)

    @property
    def is_searched(self) -> bool:
        """Whether something is searched."""
        return bool(self._text.strip())

    def search(self, text: str) -> None:
        """Keep the branches and points that hold every word of a text."""
        if text.split() != self._text.split():
            self._text = text
            self.rebuild()

    def rebuild(self, *_: object) -> None:
        """Find what matches anew: something else was typed, or the favourites are others."""
        self.beginResetModel()
        self._build()
        self.endResetModel()

    def look_again(self) -> None:
        """Take who answers now; only figures and words change."""
        before, self._states = self._states, self._read_states()
        if np.array_equal(before, self._states):
            return
        self._count_leaves()
        self._say_states(QModelIndex())
        for number in self._tops:
            self._say_states(self._index_of(number))
            for child in self._node(number).children:
                self._say_states(self._index_of(child))

    def branches(self) -> list[tuple[QModelIndex, Branch]]:
        """Return every branch of the tree and where it stands, outer ones before those in them."""
        pairs = enumerate(self._nodes, 1)
        return [(self._index_of(number), node.branch) for number, node in pairs]

    # what somebody can do with a row

    def camera(self, index: Index) -> CameraId | None:
        """Return the point of a row, ``None`` for a branch."""
        found = index.data(self.CAMERA)
        return None if found is None else CameraId(found)

    def points_of(self, index: Index) -> list[CameraId]:
        """Return the point of a row, or all points of a branch, those without a row as well."""
        point = self.camera(index)
        if point is not None:
            return [point]
        number = self._number(index)
        rows: Iterable[int] = [] if not number else self._rows_of(self._node(number))
        return [self._directory.camera(row).id for row in rows]

    def every_match(self, limit: int) -> list[CameraId]:
        """Return the points that are shown, the likeliest first, at most ``limit``."""
        best = self._directory.best(self._text, self._matched)
        rows = dict.fromkeys([*best, *self._matched[: limit + len(best)].tolist()])
        return [self._directory.camera(row).id for row in list(rows)[:limit]]

    def name_of(self, index: Index) -> str:
        """Return what a row stands for, as a plan or page is called."""
        number = self._number(index)
        if not number:
            return str(index.data() or "")
        node = self._node(number)
        above = [self._node(node.parent).branch.name] if node.parent else []
        return " · ".join([*above, node.branch.name])

    def index_of(self, point: CameraId) -> QModelIndex:
        """Return where a point stands in the tree, the first place; invalid if it has no row."""
        row = self._directory.row(point)
        for number, node in enumerate(self._nodes, 1):
            rows = node.points or []
            if row is not None and row in rows[: node.shown]:
                return self.createIndex(rows.index(row), NAME, number)
        return QModelIndex()

    def is_more(self, index: Index) -> bool:
        """Whether a row stands for points of its branch that have no row yet."""
        if not index.isValid() or self._number(index) or not index.internalId():
            return False
        return index.row() >= self._node(int(index.internalId())).shown

    def bring_more(self, index: Index) -> None:
        """Give the next points of a branch rows of their own, above the row that stood for them."""
        number = int(index.internalId())
        node, parent = self._node(number), self._index_of(number)
        before, every = node.shown, len(self._rows_of(node))
        then = min(every, before + CHUNK)
        # Once all are there, the row that stood for them becomes the last of them.
        fresh = then - before - (then == every)
        if fresh:
            self.beginInsertRows(parent, before, before + fresh - 1)
        node.shown = then
        if fresh:
            self.endInsertRows()
        last = before + fresh
        self.dataChanged.emit(self.index(last, NAME, parent), self.index(last, ONLINE, parent))

    # Qt's questions

    def index(self, row: int, column: int, parent: Index | None = None) -> QModelIndex:
        """Return the index of a row."""
        number = 0 if parent is None or not parent.isValid() else self._number(parent)
        if not 0 <= column < 3 or not 0 <= row < self._count(number, parent):
            return QModelIndex()
        return self.createIndex(row, column, number)

    def parent(self, index: Index | None = None) -> QModelIndex:  # type: ignore[override]
        """Return the branch that a row lies in."""
        if index is None or not index.isValid() or not index.internalId():
            return QModelIndex()
        return self._index_of(int(index.internalId()))

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802
        """Return how many rows a branch has now."""
        return self._count(0 if parent is None else self._number(parent), parent)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802
        """Name, how many points, how many of them answer."""
        return 3

    def hasChildren(self, parent: Index | None = None) -> bool:  # noqa: N802
        """Whether it is a branch."""
        if parent is None or not parent.isValid():
            return bool(self._tops)
        return parent.column() == NAME and bool(self._number(parent))

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY
    ) -> object:
        """Return what the columns hold."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _ALIGNMENT and section != NAME:
            return _RIGHT
        if role != _DISPLAY:
            return None
        return (self.tr("District, owner, point"), self.tr("Points"), self.tr("Online"))[section]

    def data(self, index: Index, role: int = _DISPLAY) -> object:
        """Return a cell's text, the point or the branch."""
        if role not in _ROLES or not index.isValid():
            return None  # Qt asks for a dozen roles of every cell
        if role == _ALIGNMENT:
            return _RIGHT if index.column() != NAME else None
        number = self._number(index)
        if number:
            return self._branch_data(self._node(number), index.column(), role)
        if self.is_more(index):
            return self._more_text(index) if (role, index.column()) == (_DISPLAY, NAME) else None
        rows = self._rows_of(self._node(int(index.internalId())))
        return self._point_data(rows[index.row()], index.column(), role)

    # how it is made

    @property
    def _directory(self) -> CameraDirectory:
        return self._desk.directory

    def _node(self, number: int) -> _Node:
        return self._nodes[number - 1]

    def _number(self, index: Index) -> int:
        """Return the number of the branch that an index is, 0 where it is none."""
        if not index.isValid():
            return 0
        parent, row = int(index.internalId()), index.row()
        children = self._tops if not parent else self._node(parent).children
        return children[row] if row < len(children) else 0

    def _index_of(self, number: int) -> QModelIndex:
        node = self._node(number)
        return self.createIndex(node.row, NAME, node.parent)

    def _count(self, number: int, parent: Index | None) -> int:
        if parent is None or not parent.isValid():
            return len(self._tops)
        if not number or parent.column() != NAME:
            return 0
        node = self._node(number)
        if node.children:
            return len(node.children)
        rows = self._rows_of(node)
        if not node.shown:
            node.shown = min(CHUNK, len(rows))
        return node.shown + (node.shown < len(rows))

    def _rows_of(self, node: _Node) -> list[int]:
        if node.points is None:
            inside = np.isin(self._directory.leaf_of[self._matched], node.leaves or ())
            node.points = self._matched[inside].tolist()
        return node.points

    def _take_directory(self) -> None:
        self.beginResetModel()
        self._states = self._read_states()
        self._build()
        self.endResetModel()

    def _count_leaves(self) -> None:
        leaf_of, count = self._directory.leaf_of[self._matched], len(self._directory.leaves)
        states = self._states[self._matched]
        among = (leaf_of, leaf_of[states == _ANSWERS], leaf_of[states == _SILENT])
        self._figures = np.stack([np.bincount(one, minlength=count) for one in among])

    def _build(self) -> None:
        """Find what matches, and the branches that have some of it."""
        directory = self._directory
        self._nodes, self._tops = [], []
        self._matched = directory.matching(self._text)
        self._count_leaves()
        self._add(Branch(kind="best"), points=directory.best(self._text, self._matched))
        known = [row for one in self._desk.favourites if (row := directory.row(one)) is not None]
        held = np.array(known, np.int64)
        self._add(Branch(kind="favourites"), points=held[np.isin(held, self._matched)].tolist())
        counts = self._figures[0]
        inside: dict[tuple[str, str], list[int]] = {}
        for leaf in np.flatnonzero(counts).tolist():
            inside.setdefault(directory.leaves[leaf].within, []).append(leaf)
        tops = [(self._top(within), leaves) for within, leaves in inside.items()]
        tops.sort(key=lambda one: (one[0].kind != "moving", not one[0].key, one[0].key))
        for branch, leaves in tops:
            number = self._add(branch, leaves=leaves)
            owners = sorted(leaves, key=lambda leaf: (-counts[leaf], directory.leaves[leaf].key))
            for leaf in owners:
                self._add(directory.leaves[leaf], leaves=[leaf], parent=number)

    def _top(self, within: tuple[str, str]) -> Branch:
        kind, key = within
        return Branch(kind="moving") if kind == "moving" else self._directory.district(key)

    def _add(
        self,
        branch: Branch,
        *,
        points: list[int] | None = None,
        leaves: Sequence[int] = (),
        parent: int = 0,
    ) -> int:
        """Enter a branch and return its number, 0 for one that has nothing."""
        if not points and not leaves:
            return 0
        siblings = self._tops if not parent else self._node(parent).children
        node = _Node(branch=branch, parent=parent, row=len(siblings), points=points,
                     leaves=tuple(leaves) or None)  # fmt: skip
        self._nodes.append(node)
        siblings.append(len(self._nodes))
        return len(self._nodes)

    def _read_states(self) -> NDArray[np.int8]:
        states = np.zeros(len(self._directory), np.int8)
        for point, answers in self._desk.answering().items():
            row = self._directory.row(point)
            if row is not None:
                states[row] = _ANSWERS if answers else _SILENT
        return states

    def _say_states(self, parent: QModelIndex) -> None:
        count = self.rowCount(parent)
        if count:
            first, last = self.index(0, ONLINE, parent), self.index(count - 1, ONLINE, parent)
            self.dataChanged.emit(first, last)

    # what is shown

    def _branch_data(self, node: _Node, column: int, role: int) -> object:
        if role == self.BRANCH:
            return node.branch
        if role != _DISPLAY:
            return None
        if column == NAME:
            return node.branch.name
        if node.leaves is not None:
            points, answers, silent = self._figures[:, list(node.leaves)].sum(axis=1).tolist()
        else:
            states = self._states[self._rows_of(node)]
            points, answers = len(states), int((states == _ANSWERS).sum())
            silent = int((states == _SILENT).sum())
        return f"{points:,}" if column == POINTS else _share(answers, silent)

    def _point_data(self, row: int, column: int, role: int) -> object:
        camera = self._directory.camera(row)
        if role == self.CAMERA:
            return camera.id
        if role == _TIP:
            return self._tip(camera)
        if role != _DISPLAY:
            return None
        if column == NAME:
            return f"★ {camera.name}" if self._desk.is_favourite(camera.id) else camera.name
        if column == ONLINE and self._states[row] == _SILENT:
            return self.tr("no picture")
        return ""

    def _tip(self, camera: Camera) -> str:
        district = self._directory.district(camera.district or "").name
        return f"{camera.name}\n{camera.id} · {district} · {owner_word(camera.owner or '')}"

    def _more_text(self, index: Index) -> str:
        node = self._node(int(index.internalId()))
        left = len(self._rows_of(node)) - node.shown
        text = QCoreApplication.translate("DirectoryTree", "… {0} more")
        return text.format(f"{left:,}")


def _share(answers: int, silent: int) -> str:
    """Return the share of the points looked at that had a picture; full only if all had one."""
    if not answers + silent:
        return "—"
    if not silent:
        return "100 %"
    return f"{int(1000 * answers / (answers + silent)) / 10:.1f} %"
