"""What Python and the map's page say to each other: small events only."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot


class MapChannel(QObject):
    """The page's end of the web channel, registered there as ``map``.

    Signals:
        state_changed: To the page: words, colours, sprites, basemap, as JSON.
        revision_ready: To the page: a layer's name and its new revision.
        marks_changed: To the page: rings, badges and reach, as JSON.
        view_wanted: To the page: latitude, longitude and zoom (0 keeps it).
        home_wanted: To the page: show the whole city.
        hint_ready: To the page: the words for what is under the pointer.
        age_told: To the page: how old positions and link are, as JSON.
        note_wanted: To the page: a sentence over the map, or none.
        started: From the page: it listens now.
        picked: From the page: layer, row and its order's revision; "" for nothing.
        hovered: From the page: the same for what is under the pointer.
        placed: From the page: latitude and longitude of a place that was picked.
        view_moved: From the page: centre, zoom and bounds, as JSON.
        picture_drawn: From the page: what was drawn and how long it took, as JSON.
        failed: From the page: what went wrong.
        escaped: From the page: Esc was pressed.
    """

    state_changed = Signal(str)
    revision_ready = Signal(str, int)
    marks_changed = Signal(str)
    view_wanted = Signal(float, float, float)
    home_wanted = Signal()
    hint_ready = Signal(str)
    age_told = Signal(str)
    note_wanted = Signal(str)
    started = Signal()
    picked = Signal(str, int, int)
    hovered = Signal(str, int, int)
    placed = Signal(float, float)
    view_moved = Signal(str)
    picture_drawn = Signal(str)
    failed = Signal(str)
    escaped = Signal()

    @Slot()
    def start(self) -> None:
        """Take note that the page listens."""
        self.started.emit()

    @Slot(str, int, int)
    def pick(self, layer: str, row: int, order_rev: int) -> None:
        """Take what was clicked."""
        self.picked.emit(layer, row, order_rev)

    @Slot(str, int, int)
    def hover(self, layer: str, row: int, order_rev: int) -> None:
        """Take what is under the pointer."""
        self.hovered.emit(layer, row, order_rev)

    @Slot(float, float)
    def place(self, lat: float, lon: float) -> None:
        """Take a place, WGS-84 degrees."""
        self.placed.emit(lat, lon)

    @Slot(str)
    def moved(self, view: str) -> None:
        """Take where the page looks now."""
        self.view_moved.emit(view)

    @Slot(str)
    def drawn(self, stats: str) -> None:
        """Take what the newest picture holds."""
        self.picture_drawn.emit(stats)

    @Slot(str)
    def fail(self, text: str) -> None:
        """Take what went wrong in the page."""
        self.failed.emit(text)

    @Slot()
    def escape(self) -> None:
        """Take that Esc was pressed."""
        self.escaped.emit()
