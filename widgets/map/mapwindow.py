"""Another map in a window of its own: overview, detail, or one that follows what is picked."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from console.ui.mapmodel import MapModel
from widgets.common.appearance import Appearance
from widgets.map.mapwidget import MapWidget

#: An overview looks from this many zooms farther out.
OVERVIEW_ZOOMS = 3.0


class MapMode(IntEnum):
    """What another map looks at."""

    FREE = 0
    LINKED = 1
    OVERVIEW = 2
    FOLLOWING = 3


class MapWindow(QWidget):
    """A map beside the main one; picks are shared, the view is its own or follows.

    Signals:
        closed: The window is gone.
    """

    closed = Signal()

    def __init__(
        self, model: MapModel, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.map = MapWidget(model, theme=appearance.theme, language=appearance.language)
        appearance.theme_changed.connect(self.map.set_theme)
        appearance.language_changed.connect(self.map.set_language)
        self._label = QLabel(self)
        self._modes = QComboBox(self)
        self._modes.addItems([""] * len(MapMode))
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(self._label)
        line.addWidget(self._modes)
        line.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(line)
        whole.addWidget(self.map, 1)
        self.resize(900, 640)
        self._retranslate()

    @property
    def mode(self) -> MapMode:
        """What this map looks at."""
        return MapMode(self._modes.currentIndex())

    def set_mode(self, mode: MapMode) -> None:
        """Look at something else from now on."""
        self._modes.setCurrentIndex(int(mode))

    def take_view(self, view: object) -> None:
        """Take where the main map looks now: latitude, longitude and zoom in a dictionary."""
        if not isinstance(view, dict) or self.mode not in (MapMode.LINKED, MapMode.OVERVIEW):
            return
        farther = OVERVIEW_ZOOMS if self.mode is MapMode.OVERVIEW else 0.0
        zoom = max(8.0, float(view["zoom"]) - farther)
        self.map.centre_on(float(view["lat"]), float(view["lon"]), zoom)

    def follow_unit(self, unit: str) -> None:
        """Look at the unit picked elsewhere, if this map follows, and keep it in view."""
        if self.mode is MapMode.FOLLOWING:
            self.map.follow_unit(unit)

    def follow_incident(self, incident: str) -> None:
        """Look at the incident picked elsewhere, if this map follows."""
        if self.mode is MapMode.FOLLOWING:
            self.map.follow_unit("")
            self.map.show_incident(incident)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say everything again in another language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """End the page with the window."""
        self.map.shutdown()
        super().closeEvent(event)
        self.closed.emit()

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Map"))
        self._label.setText(self.tr("This map:"))
        words = (
            self.tr("free"),
            self.tr("as the main map"),
            self.tr("overview of the main map"),
            self.tr("follows what is picked"),
        )
        for row, word in enumerate(words):
            self._modes.setItemText(row, word)
