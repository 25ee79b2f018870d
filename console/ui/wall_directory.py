"""The camera directory (点位目录): points found as you type, by district, owner, favourites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.store.nameindex import NameIndex

Index = QModelIndex | QPersistentModelIndex
#: Rows shown of one search; whoever sees more than that types on.
MOST_ROWS = 100
#: Rows looked at where a group is chosen as well.
_MOST_LOOKED = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A branch of the directory.

    Attributes:
        kind: "all", "favourites", "district", "owner" or "moving".
        key: Id of the district, code of the owner; "" otherwise.
        name: Of the district; "" where the widget has the words.
        points: How many it has.
    """

    kind: str
    key: str = ""
    name: str = ""
    points: int = 0


class CameraDirectory:
    """Finds points by any part of their name, in Chinese, pinyin, initials or English, or by id.

    Args:
        cameras: The points; those that are retired are left out.
        districts: Names of districts, in every language, by id.
    """

    def __init__(self, cameras: Iterable[Camera], districts: Mapping[str, tuple[str, ...]]) -> None:
        kept = sorted((one for one in cameras if not one.retired), key=lambda one: one.name)
        self._cameras = kept
        self._districts = districts
        self._index = NameIndex([self._texts(camera) for camera in kept])
        self._rows = {camera.id: row for row, camera in enumerate(kept)}
        self._in: dict[tuple[str, str], list[int]] = {}
        for row, camera in enumerate(kept):
            self._in.setdefault(("all", ""), []).append(row)
            self._in.setdefault(("owner", camera.owner or ""), []).append(row)
            self._in.setdefault(("district", camera.district or ""), []).append(row)
            if camera.unit is not None:
                self._in.setdefault(("moving", ""), []).append(row)

    def __len__(self) -> int:
        return len(self._cameras)

    def groups(self, favourites: Iterable[CameraId] = ()) -> list[Group]:
        """Return the branches: all, favourites, moving ones, districts and owners by name."""
        known = sum(one in self._rows for one in favourites)
        found = [
            Group(kind="all", points=len(self._cameras)),
            Group(kind="favourites", points=known),
            Group(kind="moving", points=len(self._in.get(("moving", ""), ()))),
        ]
        for kind in ("district", "owner"):
            branch = [
                Group(kind=kind, key=key, name=self._name(kind, key), points=len(rows))
                for (of, key), rows in self._in.items()
                if of == kind
            ]
            found += sorted(branch, key=lambda group: (group.key == "", group.name))
        return found

    def find(
        self, text: str, group: Group | None = None, favourites: Iterable[CameraId] = ()
    ) -> list[Camera]:
        """Return the points of a group that hold every word of a text, at most ``MOST_ROWS``."""
        rows = None if group is None or group.kind == "all" else self._rows_of(group, favourites)
        if not text.strip():
            every = range(len(self._cameras)) if rows is None else rows
            return [self._cameras[row] for row in every[:MOST_ROWS]]
        if rows is None:
            return [self._cameras[row] for row in self._index.find(text, MOST_ROWS)]
        within = set(rows)
        found = (row for row in self._index.find(text, _MOST_LOOKED) if row in within)
        return [self._cameras[row] for row, _ in zip(found, range(MOST_ROWS), strict=False)]

    def _rows_of(self, group: Group, favourites: Iterable[CameraId]) -> list[int]:
        if group.kind == "favourites":
            return sorted(self._rows[one] for one in favourites if one in self._rows)
        return self._in.get((group.kind, group.key), [])

    def _name(self, kind: str, key: str) -> str:
        return next(iter(self._districts.get(key, (key,))), key) if kind == "district" else key

    def _texts(self, camera: Camera) -> tuple[str, ...]:
        place = self._districts.get(camera.district or "", ())
        return (camera.name, camera.id, camera.owner or "", *place)


class DirectoryModel(QAbstractListModel):
    """The points found, the best first.

    Signals:
        favourites_changed: Ids of the favourites, a list.
    """

    CAMERA = int(Qt.ItemDataRole.UserRole)
    IS_FAVOURITE = CAMERA + 1
    favourites_changed = Signal(list)
    directory_changed = Signal()

    def __init__(self, directory: CameraDirectory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._directory = directory
        self._text, self._group = "", Group(kind="all")
        self._found = directory.find("")
        self._favourites: dict[CameraId, None] = {}

    @property
    def found(self) -> list[Camera]:
        """The points that are shown."""
        return list(self._found)

    @property
    def size(self) -> int:
        """How many points the directory has."""
        return len(self._directory)

    def groups(self) -> list[Group]:
        """Return the branches."""
        return self._directory.groups(self._favourites)

    def find(self, text: str) -> list[Camera]:
        """Return the points that a text finds in the whole directory; what is shown stays."""
        return self._directory.find(text)

    def set_directory(self, directory: CameraDirectory) -> None:
        """Take another directory: points came or went."""
        self._directory = directory
        self._show()
        self.directory_changed.emit()

    def set_favourites(self, points: Iterable[CameraId]) -> None:
        """Take the favourites as they were kept."""
        self._favourites = dict.fromkeys(points)
        self._show()

    def toggle_favourite(self, point: CameraId) -> None:
        """Make a point a favourite, or none any more."""
        if point in self._favourites:
            del self._favourites[point]
        else:
            self._favourites[point] = None
        self._show()
        self.favourites_changed.emit(list(self._favourites))

    def search(self, text: str, group: Group | None = None) -> None:
        """Show what is found."""
        self._text = text
        self._group = group or self._group
        self._show()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802
        """Return how many points are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._found)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return a point's name, or the point itself."""
        if not index.isValid() or index.row() >= len(self._found):
            return None
        camera = self._found[index.row()]
        if role == int(Qt.ItemDataRole.DisplayRole):
            star = "★ " if camera.id in self._favourites else ""
            return f"{star}{camera.name}"
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return f"{camera.name}\n{camera.id} · {camera.owner or '—'}"
        if role == self.CAMERA:
            return camera.id
        if role == self.IS_FAVOURITE:
            return camera.id in self._favourites
        return None

    def _show(self) -> None:
        """Change the rows that differ; what is typed on mostly takes rows away."""
        found = self._directory.find(self._text, self._group, self._favourites)
        before = len(self._found)
        if len(found) < before:
            self.beginRemoveRows(QModelIndex(), len(found), before - 1)
            self._found = self._found[: len(found)]
            self.endRemoveRows()
        if len(found) > before:
            self.beginInsertRows(QModelIndex(), before, len(found) - 1)
            self._found = found
            self.endInsertRows()
        self._found = found
        if found:
            self.dataChanged.emit(self.index(0), self.index(len(found) - 1))
