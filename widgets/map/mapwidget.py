"""The map: a web page under our own scheme, with live layers painted off its main thread."""

from __future__ import annotations

import json
import logging
import time
from collections import deque

import shiboken6
from PySide6.QtCore import QEvent, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget

from console.ui.mapchannel import MapChannel
from console.ui.mapmodel import MapModel
from console.ui.mapscheme import PAGE_URL, SCHEME, AddressFence
from console.ui.mapsprites import MapLayer, all_specs
from console.ui.mapview import fitting_zoom
from widgets.common.theme import Theme, Token
from widgets.map.asker import MapAsker
from widgets.map.legend import legend_entries
from widgets.map.page import LocalPage
from widgets.map.words import MapWords

FONT = '"Noto Sans CJK SC", "Noto Sans", sans-serif'
NOTE_MS = 8000
#: This many ends of the page's process within this time, and it is not started again by itself.
CRASHES_AT_MOST, CRASHES_WITHIN_S = 3, 60.0
#: How near an incident is looked at, and how far the map steps back for the units near to it.
SHOWN_ZOOM, FARTHEST_ZOOM = 15.0, 12
_LOG = logging.getLogger("zhihui.map")


class MapWidget(QWidget):
    """The city's map with its units, camera points and incidents.

    The web engine starts after the widget has first been painted, so that a window is there at
    once. `shutdown` must be called before the program ends.

    Signals:
        unit_picked: The ``UnitId`` picked.
        incident_picked: The ``IncidentId`` picked.
        camera_picked: The ``CameraId`` picked.
        place_picked: Latitude and longitude where a new incident is wanted (right click, or P
            for the middle).
        send_wanted: The ``IncidentId`` that somebody is to be sent to.
        send_at_wanted: Latitude and longitude that somebody is to be sent to.
        view_moved: Centre, zoom and bounds of what is shown, a dictionary.
        escaped: Esc was pressed in the map.
        ready: The page has drawn its first picture.
    """

    unit_picked = Signal(str)
    incident_picked = Signal(str)
    camera_picked = Signal(str)
    place_picked = Signal(float, float)
    send_wanted = Signal(str)
    send_at_wanted = Signal(float, float)
    view_moved = Signal(object)
    escaped = Signal()
    ready = Signal()

    def __init__(
        self,
        model: MapModel,
        *,
        theme: Theme,
        language: str = "zh_CN",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._theme, self._language = model, theme, language
        self._words = MapWords(self)
        self._view: QWebEngineView | None = None
        self._profile: QWebEngineProfile | None = None
        self._listening = False
        self._drew = False
        self._wanted_view: tuple[float, float, float] | None = None
        self._sought: tuple[MapLayer, str] | None = None
        self._picked_here: tuple[MapLayer, str] | None = None
        self._awaited: str | None = None
        self._zoom = 0.0
        self._followed = ""
        self._crashes: deque[float] = deque(maxlen=CRASHES_AT_MOST)
        self.last_stats: dict[str, object] = {}
        self.fence = AddressFence(self)
        self.channel = MapChannel(self)
        self._connect_channel()
        self._sign = QLabel(self._words.starting(), self)
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sign.setWordWrap(True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._sign)
        #: A theme and a language often change together; the page is told once.
        self._state_due = QTimer(self)
        self._state_due.setSingleShot(True)
        self._state_due.timeout.connect(self._say_state)
        self._note = QTimer(self)
        self._note.setSingleShot(True)
        self._note.setInterval(NOTE_MS)
        self._note.timeout.connect(lambda: self.channel.note_wanted.emit(""))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 160)

    # -- what others call --------------------------------------------------------------------

    def show_incident(self, incident: str) -> bool:
        """Ring an incident and look at it; return whether it has a place on the map.

        When the units near to it are known, the map steps back until they are in view.
        """
        self._awaited = incident
        return self._show(MapLayer.INCIDENTS, incident)

    def show_unit(self, unit: str) -> bool:
        """Ring a unit and look at it; return whether it has a place on the map."""
        return self._show(MapLayer.UNITS, unit)

    def show_camera(self, camera: str) -> bool:
        """Ring a camera point and look at it; return whether it has a place on the map."""
        return self._show(MapLayer.CAMERAS, camera)

    def show_sensor(self, sensor: str) -> bool:
        """Ring a sensor and look at it; return whether it has a place on the map."""
        self._asker.open_sensor(sensor)
        return self._show(MapLayer.SENSORS, sensor)

    def follow_unit(self, unit: str) -> None:
        """Keep a unit in the middle from now on; an empty id stops that."""
        self._followed = unit
        if unit:
            self.show_unit(unit)

    def centre_on(self, lat: float, lon: float, zoom: float = 0.0) -> None:
        """Look at a place.

        Args:
            lat: WGS-84 degrees.
            lon: WGS-84 degrees.
            zoom: Web map zoom, 8 to 18; 0 keeps the present one.
        """
        self._sought = None
        if self._listening:
            self.channel.view_wanted.emit(lat, lon, zoom)
        else:
            self._wanted_view = (lat, lon, zoom)

    def show_city(self) -> None:
        """Look at the whole city."""
        self._wanted_view = self._sought = None
        self.channel.home_wanted.emit()

    def set_age(self, positions_s: float | None, heard_s: float | None, *, is_live: bool) -> None:
        """Say how old the newest position is and when central was last heard, seconds."""
        if self._listening:
            age = {"positions": positions_s, "heard": heard_s, "late": not is_live}
            self.channel.age_told.emit(json.dumps(age))

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme."""
        self._theme = theme
        self._state_due.start()

    def set_language(self, language: str) -> None:
        """Speak another language, "zh_CN" or "en"; the translator is installed already."""
        self._language = language
        self._sign.setText(self._words.starting())
        self._state_due.start()

    def page(self) -> QWebEnginePage | None:
        """Return the web page once the engine has started."""
        return self._view.page() if self._view is not None else None

    def shutdown(self) -> None:
        """End the page, then its view and profile, at once and in the order Qt demands."""
        self._note.stop()
        self._state_due.stop()
        if self._view is None or self._profile is None:
            return
        view, page, profile = self._view, self._view.page(), self._profile
        self._listening, self._view, self._profile = False, None, None
        page.renderProcessTerminated.disconnect(self._page_ended)
        self._stack.removeWidget(view)
        shiboken6.delete(page)
        shiboken6.delete(view)
        shiboken6.delete(profile)

    @property
    def model(self) -> MapModel:
        """What the map is built on."""
        return self._model

    def say(self, sentence: str) -> None:
        """Show a sentence over the map for a while."""
        self.channel.note_wanted.emit(sentence)
        self._note.start()

    # -- starting ----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Start the web engine once the widget is on screen."""
        super().showEvent(event)
        if self._view is None:
            QTimer.singleShot(0, self, self._start)
        elif self._listening:
            self._say_everything()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say everything again in another language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._sign.setText(self._words.starting())
            self._state_due.start()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """F5 tries the page again after it was given up."""
        if event.key() == Qt.Key.Key_F5 and self._view is not None:
            self._crashes.clear()
            self._stack.setCurrentWidget(self._view)
            self._view.reload()
            return
        super().keyPressEvent(event)

    def _start(self) -> None:
        if self._view is not None or not self.isVisible():  # closed before it began
            return
        profile = QWebEngineProfile()
        profile.setUrlRequestInterceptor(self.fence)
        profile.installUrlSchemeHandler(SCHEME, self._model.addresses)
        view = QWebEngineView(self)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        page = LocalPage(profile, QUrl(PAGE_URL), view)
        profile.setParent(self)  # after the view among its children, so it ends after the page
        page.setBackgroundColor(self._theme.colour(Token.WINDOW))
        channel = QWebChannel(page)
        channel.registerObject("map", self.channel)
        page.setWebChannel(channel)
        page.renderProcessTerminated.connect(self._page_ended)
        view.setPage(page)
        self._view, self._profile = view, profile
        self._stack.addWidget(view)
        self._stack.setCurrentWidget(view)
        self.setFocusProxy(view)
        page.load(QUrl(PAGE_URL))

    def _connect_channel(self) -> None:
        channel, feed = self.channel, self._model.feed
        feed.revision_ready.connect(self._say_revision)
        feed.marks_changed.connect(channel.marks_changed)
        feed.marks_changed.connect(self._fit_near)
        channel.started.connect(self._page_listens)
        channel.picked.connect(self._take_pick)
        channel.hovered.connect(self._take_hover)
        self._asker = MapAsker(self, self)
        channel.picture_drawn.connect(self._take_stats)
        channel.view_moved.connect(self._take_view)
        channel.failed.connect(lambda text: _LOG.error("the map's page: %s", text))

    def _page_listens(self) -> None:
        """Say everything the page needs; it listens from now on, for the first time or again."""
        self._listening = True
        self._say_everything()
        if self._wanted_view is None:
            frame = self._model.frame
            self._wanted_view = (*frame.first_look, frame.first_zoom((self.width(), self.height())))
        self.channel.view_wanted.emit(*self._wanted_view)
        self._wanted_view = None

    def _say_everything(self) -> None:
        self._say_state()
        for layer, rev in self._model.feed.revisions():
            if rev:
                self.channel.revision_ready.emit(layer, rev)
        self.channel.marks_changed.emit(self._model.feed.marks())

    # -- what is said to the page ------------------------------------------------------------

    def _say_state(self) -> None:
        if not self._listening:
            return
        state = {
            "theme": "dark" if self._theme.is_dark else "light",
            "lang": "zh" if self._language.startswith("zh") else "en",
            "colours": {token.value: colour for token, colour in self._theme.colours.items()},
            "words": self._words.panel(),
            "font": FONT,
            "sprites": all_specs(),
            "legend": legend_entries(),
            "basemap": self._model.addresses.basemap,
            "bounds": self._model.frame.bounds,
            "attribution": self._words.attribution(self._model.frame.attribution),
        }
        self.channel.state_changed.emit(json.dumps(state, ensure_ascii=False))

    def _say_revision(self, layer: str, rev: int) -> None:
        self._seek(layer)
        if self._followed and layer == MapLayer.UNITS:
            place = self._model.feed.rows(MapLayer.UNITS).place_of(self._followed)
            if place is not None:
                self.centre_on(*place)
        if self._listening and self.isVisible():
            self.channel.revision_ready.emit(layer, rev)

    def _show(self, layer: MapLayer, thing: str) -> bool:
        """Ring a thing and look at it, now or as soon as it has a place on the map.

        What has just been picked here is looked at already: the map stays where it is.
        """
        here, self._picked_here = self._picked_here == (layer, thing), None
        if here:
            self._awaited = None
            return True
        self._sought = (layer, thing)
        self._model.feed.set_picked(layer, thing)
        self._seek(layer.value)
        return self._sought is None

    def _seek(self, layer: str) -> None:
        """Look at what is sought if it is in this layer now."""
        if self._sought is None or self._sought[0] != layer:
            return
        place = self._model.feed.rows(self._sought[0]).place_of(self._sought[1])
        if place is not None:
            self._sought = None
            self.centre_on(*place, max(SHOWN_ZOOM, self._zoom))

    def _fit_near(self) -> None:
        """Step back once from an incident just shown, until the units near to it are in view."""
        if self._awaited is None or not self._listening:
            return
        places = self._model.feed.near_places(self._awaited)
        centre = self._model.feed.rows(MapLayer.INCIDENTS).place_of(self._awaited)
        if not places or centre is None:
            return
        self._awaited = None
        size = (self.width(), self.height())
        zoom = max(SHOWN_ZOOM, self._zoom)
        fitting = fitting_zoom(centre, places, size, at_least=FARTHEST_ZOOM, at_most=zoom)
        if fitting < zoom:
            self.centre_on(*centre, fitting)

    # -- what the page says ------------------------------------------------------------------

    def _take_pick(self, layer: str, row: int, order_rev: int) -> None:
        if layer not in list(MapLayer):
            return
        thing = self._model.feed.rows(MapLayer(layer)).thing_at(row, order_rev)
        if thing is None:
            return
        self._model.feed.set_picked(MapLayer(layer), thing)
        self._picked_here = (MapLayer(layer), thing)
        self._asker.tell_pick(MapLayer(layer), thing)

    def _take_hover(self, layer: str, row: int, order_rev: int) -> None:
        if layer not in list(MapLayer):
            return
        thing = self._model.feed.rows(MapLayer(layer)).thing_at(row, order_rev)
        feed = self._model.feed
        hint = "" if thing is None else self._words.hint(feed, MapLayer(layer), thing)
        self.channel.hint_ready.emit(hint)

    def _take_view(self, text: str) -> None:
        view = json.loads(text)
        self._picked_here = None
        self._zoom = float(view["zoom"])
        self.view_moved.emit(view)

    def _take_stats(self, text: str) -> None:
        self.last_stats = json.loads(text)
        if not self._drew:
            self._drew = True
            self.ready.emit()

    def _page_ended(self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int) -> None:
        """The page's process ended by itself: start it again, unless it keeps ending."""
        _LOG.error("the map's page ended (%s, code %d)", status.name, code)
        self._listening = False
        now = time.monotonic()
        self._crashes.append(now)
        full = len(self._crashes) == CRASHES_AT_MOST
        if full and now - self._crashes[0] < CRASHES_WITHIN_S:
            self._sign.setText(self._words.given_up())
            self._stack.setCurrentWidget(self._sign)
            self.setFocusProxy(None)  # type: ignore[arg-type]  # Qt takes a null pointer here
            return
        QTimer.singleShot(0, self, self._load_again)

    def _load_again(self) -> None:
        if self._view is None:
            return
        self.channel.started.connect(self._say_reloaded, Qt.ConnectionType.SingleShotConnection)
        self._view.load(QUrl(PAGE_URL))

    def _say_reloaded(self) -> None:
        self.channel.note_wanted.emit(self._words.reloaded())
        self._note.start()
