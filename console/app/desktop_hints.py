"""The wall's hints: which model a console uses, and the figures kept with the release."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from console.app.consolesettings import ConsoleSettings
from console.domain.catalogue import CatalogueItem, CatalogueName
from console.ui.mirror import Mirror
from console.ui.wall_feed import WallFeed
from console.ui.wall_hints import WallHints, read_measured
from console.video.detector import DetectorSettings, class_names
from console.video.looks import LooksReader

FIGURES = "figures/hints.json"


def own_detector(settings: ConsoleSettings) -> DetectorSettings | None:
    """Return the model that this workstation's `config.toml` names, ``None`` for none."""
    if not settings.detector_model:
        return None
    width, _, height = settings.detector_size.partition("x")
    return DetectorSettings(
        model=Path(settings.detector_model).expanduser(),
        classes=class_names(_words(settings.detector_classes)),
        width=int(width or 0),
        height=int(height or 0),
        threshold=settings.detector_threshold,
        output=settings.detector_output,
    )


def _words(classes: str) -> str:
    """Return a list of names as it is, or what stands in the file that it names."""
    path = Path(classes).expanduser() if classes and "," not in classes else None
    try:
        return path.read_text(encoding="utf-8") if path is not None and path.is_file() else classes
    except (OSError, UnicodeDecodeError):
        return ""  # the detector says that its class names are not given


def site_detector(mirror: Mirror) -> DetectorSettings | None:
    """Return the model that the site's administration has set, ``None`` for none."""
    items = [
        item
        for item in mirror.every(CatalogueItem)
        if item.catalogue is CatalogueName.DETECTOR and not item.retired
    ]
    if not items:
        return None
    told = min(items, key=lambda item: item.code).details
    threshold = told.get("threshold")
    return DetectorSettings(
        model=Path(str(told.get("model") or "")).expanduser(),
        classes=class_names(str(told.get("classes") or "")),
        width=int(told.get("width") or 0),
        height=int(told.get("height") or 0),
        threshold=0.4 if threshold is None else float(threshold),
        output=str(told.get("output") or "auto"),
    )


class HintsLink(QObject):
    """Joins a wall's hints to settings: the workstation's own come before the site's."""

    def __init__(
        self,
        feed: WallFeed,
        mirror: Mirror,
        settings: ConsoleSettings,
        looks: LooksReader,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._own = mirror, own_detector(settings)
        measured = read_measured(settings.resources / FIGURES)
        self.hints = WallHints(feed, measured, looks=looks, parent=self)
        mirror.tables_changed.connect(self._look)
        self._look("catalogue", [])

    def _look(self, kind: str, _ids: list[str]) -> None:
        if kind == "catalogue":
            self.hints.use_detector(self._own or site_detector(self._mirror))
