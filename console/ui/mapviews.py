"""Views of the map that a person has saved, kept on this workstation."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from console.ui.mirror import Mirror

_LOG = logging.getLogger("zhihui.map")
MOST_VIEWS = 40
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """One view.

    Attributes:
        hidden: Layers and meanings that are not shown, by the page's names.
        groups: Whether neighbours become groups.
        known: Layers there were when it was saved; one that came later is shown as it is at first.
    """

    name: str
    lat: float
    lon: float
    zoom: float
    hidden: tuple[str, ...] = ()
    groups: bool = True
    known: tuple[str, ...] = ()


class MapViews(QObject):
    """The views of whoever is logged on, in a file of their own.

    Signals:
        changed: List of `SavedView`.
    """

    changed = Signal(object)

    def __init__(self, mirror: Mirror, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._folder = mirror, folder
        self._views: list[SavedView] = []
        mirror.who_changed.connect(lambda _who: self._load())
        self._load()

    @property
    def views(self) -> list[SavedView]:
        """The views, in the order they were first saved."""
        return list(self._views)

    def save(self, view: SavedView) -> None:
        """Keep a view; one of the same name is replaced."""
        name = view.name.strip()[:LONGEST_NAME]
        if not name:
            return
        kept = SavedView(
            **{
                **asdict(view),
                "name": name,
                "hidden": tuple(view.hidden),
                "known": tuple(view.known),
            }
        )
        at = [one.name for one in self._views]
        if name in at:
            self._views[at.index(name)] = kept
        else:
            self._views = [*self._views, kept][-MOST_VIEWS:]
        self._write()

    def drop(self, name: str) -> None:
        """Forget a view."""
        self._views = [one for one in self._views if one.name != name]
        self._write()

    def _path(self) -> Path:
        who = self._mirror.who
        person = re.sub(r"[^\w-]", "_", str(who.id)) if who is not None else "nobody"
        return self._folder / f"map-views-{person}.json"

    def _load(self) -> None:
        self._views = []
        try:
            rows = json.loads(self._path().read_text(encoding="utf-8"))
            self._views = [_view(row) for row in rows][:MOST_VIEWS]
        except FileNotFoundError:
            _LOG.debug("no view of the map has been saved yet")
        except (OSError, ValueError, TypeError, KeyError) as error:
            _LOG.warning("the saved views in %s cannot be read: %s", self._path(), error)
        self.changed.emit(self._views)

    def _write(self) -> None:
        path = self._path()
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            rows = [asdict(view) for view in self._views]
            part.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            _LOG.warning("the views of the map could not be kept: %s", error)
        self.changed.emit(self._views)


def _view(row: dict[str, object]) -> SavedView:
    hidden, known = row.get("hidden") or (), row.get("known") or ()
    if not isinstance(hidden, list | tuple) or not isinstance(known, list | tuple):
        raise TypeError("hidden or known is no list")
    return SavedView(
        name=str(row["name"]),
        lat=float(str(row["lat"])),
        lon=float(str(row["lon"])),
        zoom=float(str(row["zoom"])),
        hidden=tuple(str(one) for one in hidden),
        groups=bool(row.get("groups", True)),
        known=tuple(str(one) for one in known),
    )


def view_from(text: str) -> SavedView:
    """Return the view that the page says.

    Raises:
        ValueError: It is none.
        KeyError: A part of it is missing.
    """
    return _view(json.loads(text))
