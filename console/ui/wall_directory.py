"""The camera directory (点位目录): points found as you type, by district and owner, favourites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QObject, Signal

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.store.nameindex import NameIndex
from console.ui.words import is_chinese

#: Points found for a list: whoever sees more than that types on.
MOST_ROWS = 100
#: The likeliest points of a search, shown above the branches.
MOST_BEST = 8


def _noop(context: str, source: str) -> str:
    """Mark a text to be translated when it is shown."""
    return source


_KINDS: Mapping[str, str] = {
    "best": _noop("WallDirectory", "Best matches"),
    "favourites": _noop("WallDirectory", "★ Favourites"),
    "moving": _noop("WallDirectory", "On vehicles and people"),
}
_OWNERS: Mapping[str, str] = {
    "police": _noop("WallDirectory", "police"),
    "site": _noop("WallDirectory", "construction sites"),
    "bureau": _noop("WallDirectory", "the bureau"),
    "vehicle": _noop("WallDirectory", "vehicles"),
    "": _noop("WallDirectory", "owner not known"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch of the directory.

    Attributes:
        kind: "best", "favourites", "moving", "district" or "owner".
        key: Id of the district, code of the owner; "" otherwise.
        within: Of an owner's branch: kind and key of the branch it belongs to.
        names: Of a district, in Chinese and English.
    """

    kind: str
    key: str = ""
    within: tuple[str, str] = ("", "")
    names: tuple[str, ...] = ()

    @property
    def id(self) -> tuple[str, str, tuple[str, str]]:
        """What tells it from every other, also in another directory."""
        return self.kind, self.key, self.within

    @property
    def name(self) -> str:
        """What it is called in the language shown."""
        if self.kind in _KINDS:
            return QCoreApplication.translate("WallDirectory", _KINDS[self.kind])
        if self.kind == "owner":
            return owner_word(self.key)
        if not self.names:
            return self.key or QCoreApplication.translate("WallDirectory", "No district")
        return self.names[0] if is_chinese() else self.names[-1]


def owner_word(owner: str) -> str:
    """Return who owns a camera, in the language shown; a site's own code as it is."""
    source = _OWNERS.get(owner)
    return owner if source is None else QCoreApplication.translate("WallDirectory", source)


class CameraDirectory:
    """Finds points by any part of their name, in Chinese, pinyin, initials or English, or by id.

    Rows are points ordered by name; each belongs to one leaf: an owner's branch within a district,
    or within those that move.

    Args:
        cameras: The points; those that are retired are left out.
        districts: Names of districts, Chinese and English, by id.

    Attributes:
        leaf_of: Number of the leaf of each row.
        leaves: The owners' branches.
    """

    def __init__(self, cameras: Iterable[Camera], districts: Mapping[str, tuple[str, ...]]) -> None:
        kept = sorted((one for one in cameras if not one.retired), key=lambda one: one.name)
        self._cameras = kept
        self._districts = districts
        self._index = NameIndex([self._texts(camera) for camera in kept])
        self._index.holding("?")  # lays the texts ready; the first key has not to wait for that
        self._rows = {camera.id: row for row, camera in enumerate(kept)}
        numbers: dict[Branch, int] = {}
        leaf_of = [numbers.setdefault(self._leaf(camera), len(numbers)) for camera in kept]
        self.leaf_of: NDArray[np.int64] = np.array(leaf_of, np.int64)
        self.leaves: tuple[Branch, ...] = tuple(numbers)

    def __len__(self) -> int:
        return len(self._cameras)

    def camera(self, row: int) -> Camera:
        """Return the point of a row."""
        return self._cameras[row]

    def row(self, point: CameraId) -> int | None:
        """Return the row of a point, ``None`` if it is not known."""
        return self._rows.get(point)

    def find(self, text: str) -> list[Camera]:
        """Return the points that hold every word of a text, the likeliest first."""
        if not text.strip():
            return self._cameras[:MOST_ROWS]
        return [self._cameras[row] for row in self._index.find(text, MOST_ROWS)]

    def best(self, text: str, matched: NDArray[np.int64]) -> list[int]:
        """Return the likeliest of the rows that a text matches, none for no text."""
        if not text.strip():
            return []
        # Words half in Chinese and half in pinyin match, but nothing says which is likelier.
        return self._index.find(text, MOST_BEST) or matched[:MOST_BEST].tolist()

    def matching(self, text: str) -> NDArray[np.int64]:
        """Return all rows that hold every word of a text, every row for no text; rising."""
        if not text.strip():
            return np.arange(len(self._cameras))
        return np.array(self._index.holding(text), np.int64)

    def district(self, key: str) -> Branch:
        """Return a district's branch."""
        return Branch(kind="district", key=key, names=self._districts.get(key, ()))

    def _leaf(self, camera: Camera) -> Branch:
        moves = camera.unit is not None
        within = ("moving", "") if moves else ("district", camera.district or "")
        return Branch(kind="owner", key=camera.owner or "", within=within)

    def _texts(self, camera: Camera) -> tuple[str, ...]:
        place = self._districts.get(camera.district or "", ())
        return (camera.name, camera.id, camera.owner or "", *place)


class DirectoryDesk(QObject):
    """The directory, the favourites and who answers: what every wall's panel of a console shares.

    Args:
        directory: The points.
        answering: Gives by point whether it had a picture when it was last looked at; points that
            nobody has looked at yet are not in it.

    Signals:
        directory_changed: Other points are in it.
        favourites_changed: Ids of the favourites, a list.
    """

    directory_changed = Signal()
    favourites_changed = Signal(list)

    def __init__(
        self,
        directory: CameraDirectory,
        answering: Callable[[], Mapping[CameraId, bool]] = dict,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.directory = directory
        self.answering = answering
        self._favourites: dict[CameraId, None] = {}

    @property
    def favourites(self) -> list[CameraId]:
        """The favourites, in the order they were made."""
        return list(self._favourites)

    def is_favourite(self, point: CameraId) -> bool:
        """Whether a point is a favourite."""
        return point in self._favourites

    def find(self, text: str) -> list[Camera]:
        """Return the points that a text finds in the whole directory."""
        return self.directory.find(text)

    def set_directory(self, directory: CameraDirectory) -> None:
        """Take another directory: points came or went."""
        self.directory = directory
        self.directory_changed.emit()

    def set_favourites(self, points: Iterable[CameraId]) -> None:
        """Take the favourites as they were kept."""
        self._favourites = dict.fromkeys(points)
        self.directory_changed.emit()

    def toggle_favourite(self, point: CameraId) -> None:
        """Make a point a favourite, or none any more."""
        if point in self._favourites:
            del self._favourites[point]
        else:
            self._favourites[point] = None
        self.favourites_changed.emit(list(self._favourites))
