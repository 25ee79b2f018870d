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
        search_found: To the page: what was typed or a heading, and the hits, as JSON.
        pin_wanted: To the page: mark a place, with words or none.
        way_found: To the page: a way by road and its words, as JSON.
        replay_told: To the page: what the time bar shows, as JSON.
        trails_told: To the page: trails of units, as JSON.
        areas_told: To the page: the areas, as JSON.
        area_kept: To the page: what was drawn or changed is on its way, its form may close.
        area_history_told: To the page: what happened at an area, as JSON.
        area_drawn: From the page: an outline and what it is, as JSON.
        area_asked: From the page: the id of an area of which it is asked what happened.
        area_past_asked: From the page: the id of an area of which older events are wanted.
        area_retired: From the page: the id of an area that is no longer wanted.
        area_addressed: From the page: the id of an area whose units are to be written to.
        import_wanted: From the page: areas are to be taken from a file.
        heat_told: To the page: places of incidents, as JSON.
        heat_wanted: From the page: where incidents were is to be told.
        views_told: To the page: the saved views, as JSON.
        view_saved: From the page: a view to be kept, as JSON.
        view_dropped: From the page: the name of a view to be forgotten.
        ground_told: To the page: which outlines are new, whose grids and which colours, as JSON.
        place_hovered: From the page: a place under the pointer, and what is hidden, as JSON.
        place_asked: From the page: the same for a place that was clicked.
        started: From the page: it listens now.
        picked: From the page: layer, row and its order's revision; "" for nothing.
        hovered: From the page: the same for what is under the pointer.
        searched: From the page: what is typed in the search.
        chosen: From the page: the number of the hit that was chosen.
        replay_wanted: From the page: the end of a stretch (0 for now) and its hours; 0 hours ends.
        place_replay_wanted: From the page: an area's id or an outline as JSON (neither for
            everywhere), the end of a stretch (0 for now) and its hours.
        trail_kept: From the page: layer, row and its order's revision of a unit whose trail is to
            be kept beside others; "" for the picked one.
        sought: From the page: a time of the stretch, Unix milliseconds.
        acted: From the page: what is wanted at a place, and its latitude and longitude.
        routed: From the page: latitude and longitude of a start and of an end.
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
    search_found = Signal(str)
    pin_wanted = Signal(float, float, str)
    way_found = Signal(str)
    replay_told = Signal(str)
    trails_told = Signal(str)
    areas_told = Signal(str)
    heat_told = Signal(str)
    heat_wanted = Signal()
    views_told = Signal(str)
    view_saved = Signal(str)
    view_dropped = Signal(str)
    ground_told = Signal(str)
    place_hovered = Signal(float, float, str)
    place_asked = Signal(float, float, str)
    area_kept = Signal()
    area_history_told = Signal(str)
    area_drawn = Signal(str)
    area_asked = Signal(str)
    area_past_asked = Signal(str)
    area_retired = Signal(str)
    area_addressed = Signal(str)
    import_wanted = Signal()
    replay_wanted = Signal(float, float)
    place_replay_wanted = Signal(str, str, float, float)
    trail_kept = Signal(str, int, int)
    sought = Signal(float)
    started = Signal()
    picked = Signal(str, int, int)
    hovered = Signal(str, int, int)
    searched = Signal(str)
    chosen = Signal(int)
    acted = Signal(str, float, float)
    routed = Signal(float, float, float, float)
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

    @Slot(float, float, str)
    def hover_place(self, lat: float, lon: float, hidden: str) -> None:
        """Take which place is under the pointer, WGS-84 degrees."""
        self.place_hovered.emit(lat, lon, hidden)

    @Slot(float, float, str)
    def pick_place(self, lat: float, lon: float, hidden: str) -> None:
        """Take which place was clicked, WGS-84 degrees."""
        self.place_asked.emit(lat, lon, hidden)

    @Slot(str)
    def search(self, text: str) -> None:
        """Take what is typed in the search."""
        self.searched.emit(text)

    @Slot(int)
    def choose(self, number: int) -> None:
        """Take which hit was chosen."""
        self.chosen.emit(number)

    @Slot(str, float, float)
    def act(self, action: str, lat: float, lon: float) -> None:
        """Take what is wanted at a place, WGS-84 degrees."""
        self.acted.emit(action, lat, lon)

    @Slot(float, float)
    def replay(self, ends_ms: float, hours: float) -> None:
        """Take which stretch of the past is wanted; no hours end it."""
        self.replay_wanted.emit(ends_ms, hours)

    @Slot(str, str, float, float)
    def replay_area(self, area: str, outline: str, ends_ms: float, hours: float) -> None:
        """Take where and when the past is wanted."""
        self.place_replay_wanted.emit(area, outline, ends_ms, hours)

    @Slot(str, int, int)
    def keep_trail(self, layer: str, row: int, order_rev: int) -> None:
        """Take whose trail is to be kept beside others."""
        self.trail_kept.emit(layer, row, order_rev)

    @Slot(float)
    def seek(self, at_ms: float) -> None:
        """Take which time is to be shown."""
        self.sought.emit(at_ms)

    @Slot()
    def ask_heat(self) -> None:
        """Take that the heat of incidents is wanted."""
        self.heat_wanted.emit()

    @Slot(str)
    def save_view(self, text: str) -> None:
        """Take a view to be kept."""
        self.view_saved.emit(text)

    @Slot(str)
    def drop_view(self, name: str) -> None:
        """Take which view to forget."""
        self.view_dropped.emit(name)

    @Slot(str)
    def draw_area(self, text: str) -> None:
        """Take an outline and what it is."""
        self.area_drawn.emit(text)

    @Slot(str)
    def ask_area(self, area: str) -> None:
        """Take of which area it is asked what happened."""
        self.area_asked.emit(area)

    @Slot(str)
    def ask_area_past(self, area: str) -> None:
        """Take of which area it is asked what happened earlier."""
        self.area_past_asked.emit(area)

    @Slot(str)
    def retire_area(self, area: str) -> None:
        """Take which area is no longer wanted."""
        self.area_retired.emit(area)

    @Slot(str)
    def message_area(self, area: str) -> None:
        """Take to which area's units something is to be written."""
        self.area_addressed.emit(area)

    @Slot()
    def import_areas(self) -> None:
        """Take that areas are to come from a file."""
        self.import_wanted.emit()

    @Slot(float, float, float, float)
    def route(self, lat: float, lon: float, to_lat: float, to_lon: float) -> None:
        """Take from where to where a way is wanted, WGS-84 degrees."""
        self.routed.emit(lat, lon, to_lat, to_lon)

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
