"""The map's dock: built when the window is on screen and the city pack is here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QScreen, QShortcut

from console.app.basemap import Basemap, NoBasemapError, open_basemap
from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.domain.errors import ZhihuiError
from console.domain.incidents import Incident
from console.domain.places import Camera, Jurisdiction
from console.store.citypack import CityPack
from console.ui.mapareas import MapAreas
from console.ui.mapbinding import MapBinding
from console.ui.mapcameras import CameraStates
from console.ui.mapcolours import MapColours
from console.ui.mapfeed import MapFeed
from console.ui.mapground import MapGround
from console.ui.mapmodel import MapAnswers, MapFrame, MapModel
from console.ui.mapplace import MapPlaces
from console.ui.mapreplay import MapReplay
from console.ui.mapsearch import MapSearch
from console.ui.mapsensors import MapSensors
from console.ui.mapsprites import MapLayer
from console.ui.mapview import fitting_zoom
from console.ui.mapviews import MapViews
from console.ui.mapwindows import read_windows, write_windows
from console.ui.mirror import Mirror
from console.ui.reasons import reason_text
from console.ui.status import StatusLine
from console.video.looks import LooksReader
from widgets.common.appearance import Appearance
from widgets.map import MapWidget
from widgets.map.mapwindow import MapWindow

#: What changed is kept this long after it stood still.
KEEP_AFTER_MS = 500
#: Zooms between which the map looks at several points.
_FARTHEST, _NEAREST = 8, 17
_log = logging.getLogger("zhihui.console")


class MapDock(QObject):
    """Owns the map of one city.

    Args:
        pack_path: The city; without one the map shows what the register has, on a graticule.

    Raises:
        ZhihuiError: The pack or a file of the page cannot be used; says which.
    """

    def __init__(
        self,
        models: DeskModels,
        appearance: Appearance,
        pack_path: Path | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        settings, mirror = models.settings, models.mirror
        self._appearance = appearance
        self.windows: list[MapWindow] = []
        colours = MapColours(mirror, models.client, self)
        if pack_path is None:
            meta, frame = {}, MapFrame.of_places(_places_of(mirror))
            self._ground = MapGround(mirror, None, colours, self)
        else:
            with CityPack.open(pack_path) as pack:
                meta, frame = dict(pack.meta), MapFrame.of_pack(pack)
                self._ground = MapGround(mirror, pack, colours, self)
        self.names = {"zh_CN": meta.get("name_zh", ""), "en": meta.get("name_en", "")}
        self._tiles, owner, trouble = _basemap(settings, pack_path)
        if owner is not None:
            frame = replace(frame, attribution=owner)
        self.feed = MapFeed(now_ms=lambda: int(mirror.now().timestamp() * 1000), parent=self)
        self._search = MapSearch(mirror, self)
        if pack_path is not None:
            self._search.take_pack(pack_path)
        finder = models.finder
        self._places = MapPlaces(
            mirror, self.feed, lambda: finder.graph, self, present=lambda: finder.present
        )
        self._areas = MapAreas(mirror, models.actions, models.finder, self, source=models.client)
        sensors = MapSensors(mirror, self.feed, models.readings, self)
        self._model = MapModel(
            resources=settings.resources,
            frame=frame,
            tiles=self._tiles,
            feed=self.feed,
            answers=MapAnswers(
                search=self._search,
                places=self._places,
                areas=self._areas,
                ground=self._ground,
                views=MapViews(mirror, settings.folder, self),
                replay=MapReplay(mirror, self.feed, models.client, self),
                sensors=sensors,
            ),
            parent=self,
        )
        self._binding = MapBinding(models.mirror, self.feed, self)
        self.widget = MapWidget(self._model, theme=appearance.theme, language=appearance.language)
        if trouble:
            self.widget.ready.connect(lambda: self.widget.say(reason_text(trouble)))
        appearance.theme_changed.connect(self.widget.set_theme)
        appearance.language_changed.connect(self.widget.set_language)
        self._kept = settings.folder / "maps.json"
        self._is_closing = self._drew = False
        self._keep = QTimer(self, interval=KEEP_AFTER_MS, singleShot=True)
        self._keep.timeout.connect(self._keep_windows)
        self.widget.ready.connect(self._begin_windows)
        another = QShortcut(QKeySequence("Ctrl+M"), self.widget)
        another.setContext(Qt.ShortcutContext.WindowShortcut)
        another.activated.connect(self.open_another)
        self._binding.follow_near(models.finder)
        models.status.changed.connect(self._tell_age)
        self._cameras = CameraStates(LooksReader(settings.looks_path), self.feed, self)

    def _begin_windows(self) -> None:
        if not self._drew:
            self._drew = True
            self._restore_windows()

    def _tell_age(self, line: StatusLine) -> None:
        self.widget.set_age(line.positions_age_s, line.heard_age_s, is_live=line.is_live)

    def show_points(self, points: Sequence[str]) -> bool:
        """Look at camera points, a single one ringed; return whether any has a place."""
        if len(points) == 1:
            return self.widget.show_camera(points[0])
        rows = self.feed.rows(MapLayer.CAMERAS)
        places = [place for point in points if (place := rows.place_of(point)) is not None]
        if not places:
            return False
        lats, lons = zip(*places, strict=True)
        centre = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        size = self.widget.width(), self.widget.height()
        zoom = fitting_zoom(centre, places, size, at_least=_FARTHEST, at_most=_NEAREST)
        self.widget.centre_on(*centre, zoom)
        return True

    def open_another(self) -> MapWindow:
        """Open another map of the same city in a window of its own."""
        window = self._add_window()
        free = self._free_screen()
        if free is not None:
            room = free.availableGeometry()
            size = window.size().boundedTo(room.size())
            window.move(room.center() - QPoint(size.width() // 2, size.height() // 2))
        window.show()
        self._keep.start()
        return window

    def _add_window(self) -> MapWindow:
        window = MapWindow(self._model, self._appearance)
        window.map.incident_picked.connect(self.widget.incident_picked)
        window.map.unit_picked.connect(self.widget.unit_picked)
        window.map.camera_picked.connect(self.widget.camera_picked)
        window.map.place_picked.connect(self.widget.place_picked)
        window.map.send_wanted.connect(self.widget.send_wanted)
        window.map.send_at_wanted.connect(self.widget.send_at_wanted)
        self.widget.view_moved.connect(window.take_view)
        self.widget.unit_picked.connect(window.follow_unit)
        self.widget.incident_picked.connect(window.follow_incident)
        window.closed.connect(lambda: self._forget(window))
        window.changed.connect(self._keep.start)
        self.windows.append(window)
        return window

    def _free_screen(self) -> QScreen | None:
        """Return a screen on which neither the main window nor a map stands."""
        used = {self.widget.screen().name(), *(one.screen().name() for one in self.windows)}
        return next((one for one in QGuiApplication.screens() if one.name() not in used), None)

    def _restore_windows(self) -> None:
        """Open the maps that were open when the console was closed, as they were."""
        for state in read_windows(self._kept):
            window = self._add_window()
            window.take_state(state)
            window.show()

    def _keep_windows(self) -> None:
        write_windows(self._kept, [window.state() for window in self.windows])

    def _forget(self, window: MapWindow) -> None:
        if window in self.windows:
            self.windows.remove(window)
            window.deleteLater()
            if not self._is_closing:
                self._keep.start()

    def close(self) -> None:
        """End the page, then what feeds it."""
        self._is_closing = True
        self._keep.stop()
        if self._drew:  # else what was kept has not even been opened
            self._keep_windows()
        for window in list(self.windows):
            window.close()
        self._binding.stop()
        self._search.stop()
        self._places.stop()
        self._ground.stop()
        self.widget.shutdown()
        self._model.close()
        if self._tiles is not None:
            self._tiles.close()


def _basemap(
    settings: ConsoleSettings, pack_path: Path | None
) -> tuple[Basemap | None, str | None, str]:
    """Return the basemap, whose its data is, and why it is not the one that was wanted."""
    cache = settings.home / "cache" / "tiles"
    where, datum = settings.basemap, settings.basemap_datum
    try:
        return open_basemap(where, datum, pack_path=pack_path, cache=cache)
    except NoBasemapError:
        return None, None, ""
    except ZhihuiError as error:
        if pack_path is not None:
            raise
        return None, None, str(error)


def _places_of(mirror: Mirror) -> list[tuple[float, float]]:
    """Return where things of the register are, as far as they have a place."""
    rows: list[Jurisdiction | Camera | Incident] = [
        *mirror.jurisdictions(), *mirror.cameras(), *mirror.incidents(),
    ]  # fmt: skip
    return [(one.lat, one.lon) for one in rows if one.lat is not None and one.lon is not None]


def build_map(
    models: DeskModels, appearance: Appearance, pack_path: Path | None, parent: QObject
) -> MapDock | str:
    """Return the map of a city, or a sentence that says why there is none."""
    try:
        return MapDock(models, appearance, pack_path, parent)
    except ZhihuiError as error:
        _log.error("no map: %s", error)
        return str(error)
