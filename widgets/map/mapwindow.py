"""Another map in a window of its own: overview, detail, or one that follows what is picked."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from console.ui.mapmodel import MapModel
from console.ui.mapwindows import WindowState
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
        changed: What it looks at or where it stands is another than before.
    """

    closed = Signal()
    changed = Signal()

    def __init__(
        self, model: MapModel, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._model = model
        self.map = MapWidget(model, theme=appearance.theme, language=appearance.language)
        appearance.theme_changed.connect(self.map.set_theme)
        appearance.language_changed.connect(self.map.set_language)
        self._label, self._who = QLabel(self), QLabel(self)
        self._modes = QComboBox(self)
        self._modes.addItems([""] * len(MapMode))
        self._hold = QCheckBox(self)
        self._view: dict[str, float] = {}
        self._unit = self._incident = ""
        self._modes.currentIndexChanged.connect(self._mode_changed)
        self._hold.toggled.connect(lambda _on: self.changed.emit())
        self.map.view_moved.connect(self._take_own_view)
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(self._label)
        line.addWidget(self._modes)
        line.addWidget(self._who)
        line.addWidget(self._hold)
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

    def state(self) -> WindowState:
        """Return what it looks at and where it stands."""
        place, screen = self.geometry(), self.screen()
        return WindowState(
            mode=int(self.mode),
            screen=screen.name() if screen is not None else "",
            x=place.x(), y=place.y(), width=place.width(), height=place.height(),
            lat=self._view.get("lat", 0.0),
            lon=self._view.get("lon", 0.0),
            zoom=self._view.get("zoom", 0.0),
            unit=self._unit,
            incident=self._incident,
            is_held=self._hold.isChecked(),
        )  # fmt: skip

    def take_state(self, state: WindowState) -> None:
        """Stand where it stood and look at what it looked at; a screen that is gone is made do."""
        screens = {one.name(): one for one in QGuiApplication.screens()}
        screen = screens.get(state.screen) or QGuiApplication.primaryScreen()
        room, size = screen.availableGeometry(), QRect(state.x, state.y, state.width, state.height)
        width, height = min(size.width(), room.width()), min(size.height(), room.height())
        x = max(room.left(), min(size.x(), room.right() + 1 - width))
        y = max(room.top(), min(size.y(), room.bottom() + 1 - height))
        self.setGeometry(x, y, width, height)
        if state.zoom:
            self.map.centre_on(state.lat, state.lon, state.zoom)
        self.set_mode(MapMode(state.mode) if state.mode in list(MapMode) else MapMode.FREE)
        if self.mode is MapMode.FOLLOWING and state.unit:
            self.follow_unit(state.unit)
        elif self.mode is MapMode.FOLLOWING and state.incident:
            self.follow_incident(state.incident)
        self._hold.setChecked(state.is_held)

    def take_view(self, view: object) -> None:
        """Take where the main map looks now: latitude, longitude and zoom in a dictionary."""
        if not isinstance(view, dict) or self.mode not in (MapMode.LINKED, MapMode.OVERVIEW):
            return
        farther = OVERVIEW_ZOOMS if self.mode is MapMode.OVERVIEW else 0.0
        zoom = max(8.0, float(view["zoom"]) - farther)
        self.map.centre_on(float(view["lat"]), float(view["lon"]), zoom)

    def follow_unit(self, unit: str) -> None:
        """Look at the unit picked elsewhere, if this map follows, and keep it in view."""
        if self._follows():
            self._unit, self._incident = unit, ""
            self.map.follow_unit(unit)
            self._say_who()

    def follow_incident(self, incident: str) -> None:
        """Look at the incident picked elsewhere, if this map follows."""
        if self._follows():
            self._unit, self._incident = "", incident
            self.map.follow_unit("")
            self.map.show_incident(incident)
            self._say_who()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say everything again in another language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def moveEvent(self, event: QMoveEvent) -> None:  # noqa: N802
        """Tell that it stands elsewhere."""
        super().moveEvent(event)
        self.changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Tell that it has another size."""
        super().resizeEvent(event)
        self.changed.emit()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """End the page with the window."""
        self.map.shutdown()
        super().closeEvent(event)
        self.closed.emit()

    def _follows(self) -> bool:
        return self.mode is MapMode.FOLLOWING and not self._hold.isChecked()

    def _mode_changed(self) -> None:
        if self.mode is not MapMode.FOLLOWING:
            self._hold.setChecked(False)
            self._unit = self._incident = ""
            self.map.follow_unit("")
        self._say_who()

    def _take_own_view(self, view: object) -> None:
        if isinstance(view, dict):
            self._view = {name: float(view[name]) for name in ("lat", "lon", "zoom")}
            self.changed.emit()

    def _say_who(self) -> None:
        feed = self._model.feed
        unit, incident = feed.unit(self._unit), feed.incident(self._incident)
        name = unit.call_sign if unit is not None else ""
        if incident is not None:
            name = incident.number or incident.place
        self._who.setText(name)
        self._hold.setVisible(self.mode is MapMode.FOLLOWING)
        self._hold.setEnabled(bool(self._unit or self._incident))
        self.setWindowTitle(f"{self.tr('Map')} · {name}" if name else self.tr("Map"))
        self.changed.emit()

    def _retranslate(self) -> None:
        self._label.setText(self.tr("This map:"))
        self._hold.setText(self.tr("stay with it"))
        words = (
            self.tr("free"),
            self.tr("as the main map"),
            self.tr("overview of the main map"),
            self.tr("follows what is picked"),
        )
        for row, word in enumerate(words):
            self._modes.setItemText(row, word)
        self._say_who()
