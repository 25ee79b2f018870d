"""The console: Qt's start, the window at once, the rest behind it, a clean end."""

# What takes time to import is imported when the window is on screen.
# ruff: noqa: PLC0415

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from PySide6.QtCore import QEvent, QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from console.alarms.sensorrules import OTHERS
from console.app.consolesettings import ConsoleSettings
from console.app.desktop_faults import FaultNotices
from console.app.desktop_signals import StopSignals
from console.domain.errors import ZhihuiError
from console.ui.garbage import Garbage
from console.ui.mapgraphics import graphics_environment, register_scheme
from widgets.common.appearance import Appearance
from widgets.shell.command_edit import NoCommands
from widgets.shell.regions import Region, Workspace
from widgets.shell.window import MainWindow

if TYPE_CHECKING:
    # Imported when the window is on screen: tables, road graphs, decoders and the web engine take
    # their time.
    from console.app.desktop_admin import AdminDock
    from console.app.desktop_fines import FinesDock
    from console.app.desktop_lag import LagMeter
    from console.app.desktop_map import MapDock
    from console.app.desktop_models import DeskModels
    from console.app.desktop_shift import ShiftDock
    from console.app.desktop_wall import WallDock
    from console.app.desktop_window import DeskWindow

__all__ = ["ConsoleSettings", "run_console"]

_log = logging.getLogger("zhihui.console")
#: The map and the wall are built so long after the window was painted.
REST_AFTER_MS = 50
#: A console that has its rows and still no city pack shows them on a graticule.
BARE_MAP_AFTER_MS = 8000
#: The event loop's lag counts from here: before, the console is still starting.
LAG_FROM_MS = 10_000
#: Python's threads give way to each other after so long; with the usual 5 ms the window would wait
#: that long for each of them, wall tiles and the sync thread, before it may go on.
SWITCH_EVERY_S = 0.001


class ConsoleStartError(ZhihuiError):
    """The console cannot start; says why."""


class StartTimes(QObject):
    """Notes when the window was seen and when the queue could be worked, from the process's start.

    Args:
        path: Where to write them as JSON, if anywhere.
    """

    def __init__(self, path: Path | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._began = psutil.Process().create_time()
        self.seconds: dict[str, float] = {}

    def note(self, name: str) -> None:
        """Note a point in time, once."""
        if name in self.seconds:
            return
        self.seconds[name] = round(time.time() - self._began, 3)
        self.seconds[f"{name.removesuffix('_s')}_cpu_s"] = round(time.process_time(), 3)
        _log.info("%s after %.2f s", name, self.seconds[name])
        if self._path is not None:
            rss_mb = round(psutil.Process().memory_info().rss / 1e6, 1)
            written = {**self.seconds, "rss_mb": rss_mb, "pid": os.getpid()}
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(written), encoding="utf-8")
            part.replace(self._path)


class Console(QObject):
    """The running console: the window first, then the desk, then the wall and the map."""

    def __init__(self, app: QApplication, settings: ConsoleSettings) -> None:
        super().__init__()
        self._app, self._settings = app, settings
        self.times = StartTimes(settings.started_file, self)
        layout_file = settings.folder / "layout.ini"
        worn = QSettings(str(layout_file), QSettings.Format.IniFormat)
        self.appearance = Appearance(
            app,
            settings.resources,
            theme=settings.theme or str(worn.value("theme", "dark")),
            language=settings.language or str(worn.value("language", "zh_CN")),
        )
        self.window = MainWindow(self.appearance, NoCommands(), layout_file)
        self.window.restore()
        if settings.workspace is not None:
            self.window.show_workspace(Workspace(settings.workspace))
        self._desk: DeskWindow | None = None
        self._admin: AdminDock | None = None
        self._shift: ShiftDock | None = None
        self.fines: FinesDock | None = None
        self._models: DeskModels | None = None
        self._map: MapDock | None = None
        self._wall: WallDock | None = None
        self._is_stopped = False
        self.trouble: ZhihuiError | None = None
        self.window.installEventFilter(self)
        self.window.closing.connect(self._stop_rest)
        self.signals = StopSignals(self.stop, self)

    def show(self) -> None:
        """Show the window; everything else begins when it has been painted."""
        self.window.show()

    def stop(self) -> None:
        """End as if the window were closed."""
        self.window.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Begin the rest once the window has been painted."""
        if event.type() == QEvent.Type.Paint and "window_s" not in self.times.seconds:
            QTimer.singleShot(0, self._begin)
            self.times.note("window_s")
        return super().eventFilter(watched, event)

    def _begin(self) -> None:

        from console.app.desktop_admin import AdminDock
        from console.app.desktop_fines import FinesDock
        from console.app.desktop_intake import IntakeDock
        from console.app.desktop_lock import DeskLock
        from console.app.desktop_models import DeskModels
        from console.app.desktop_shift import ShiftDock
        from console.app.desktop_window import DeskWindow
        from console.ui.alarmvoice import AlarmVoice

        if self._is_stopped:
            return
        try:
            models = self._models = DeskModels(self._settings, self)
        except ZhihuiError as error:
            self.trouble = error
            self.stop()
            return
        self._desk = DeskWindow(self.window, models, self.appearance)
        settings = self._settings
        self._lock = DeskLock(
            self.window,
            models,
            lock_after_s=settings.lock_after_min * 60.0,
            hint=settings.password_hint,
        )
        self._admin = AdminDock(self.window, models, self.appearance)
        self.intake = IntakeDock(self.window, models)
        self.fines = FinesDock(self.window, models, self.appearance)
        self._desk.queue.intake_wanted.connect(self.intake.open)
        voice = AlarmVoice(self)
        self._shift = ShiftDock(self.window, models, self.appearance, voice)
        self._shift.unit_wanted.connect(self._show_unit)
        self._desk.duty.place_wanted.connect(self._shift.open_place)
        self._shift.alarm_picked.connect(self._desk.pick_alarm)
        for dock in (self._admin, self.intake, self._shift, self.fines):
            self._lock.session.changed.connect(dock.set_locked)
            dock.set_locked(self._lock.session.is_locked)
        models.mirror.replaced.connect(self._note_usable)
        models.bridge.city_pack_arrived.connect(self._build_map)
        models.start()
        self.window.regions.show_region(Region.QUEUE)
        QTimer.singleShot(REST_AFTER_MS, self._build_wall)

    def _note_usable(self) -> None:
        # All rows were just made or replaced: they stay, so no collection has to walk over them.
        gc.freeze()
        self.times.note("usable_s")
        QTimer.singleShot(BARE_MAP_AFTER_MS, self, self._build_bare_map)

    def _build_wall(self) -> None:
        from console.app.desktop_wall import WallDock

        desk, models = self._desk, self._models
        if self._is_stopped or desk is None or models is None:
            return
        wall = self._wall = WallDock(models, self.appearance, self)
        wall.widget.evidence_taken.connect(desk.take_shot)
        wall.feed.evidence_added.connect(desk.take_added)
        wall.feed.plan_refused.connect(desk.say_trouble)
        desk.hint_of = wall.confirmed_hint
        for locked in (wall.screens.set_locked, wall.card.set_locked):
            self._lock.session.changed.connect(locked)
            locked(self._lock.session.is_locked)
        desk.marks.set_suggester(wall.hints)
        wall.hints.found_in.connect(desk.marks.take_found)
        wall.hints.state_changed.connect(lambda: desk.say_hints(wall.hints.sentence))
        wall.widget.told.connect(desk.window.notice.say)
        wall.widget.map_wanted.connect(self._show_points_on_map)
        desk.card.set_live(wall.card_view)
        models.card.changed.connect(wall.show_card)
        wall.widget.evidence_refused.connect(desk.say_trouble)
        wall.screens.told.connect(self._say)
        wall.feed.strip_changed.connect(lambda: models.watch.take_silent(wall.feed.today.silent()))
        desk.camera_listeners.append(self._show_on_wall)
        wall.widget.camera_picked.connect(self._show_camera)
        desk.picked_listeners.append(self._show_near_points)
        self.window.regions.set_widget(Region.WALL, wall.widget)

    def _build_bare_map(self) -> None:
        if self._map is None:
            self._build_map(None)

    def _build_map(self, path: Path | None) -> None:
        from console.app.desktop_map import MapDock, build_map

        desk, models = self._desk, self._models
        if self._is_stopped or desk is None or models is None:
            return
        built = build_map(models, self.appearance, path, self)
        if not isinstance(built, MapDock):
            desk.say_trouble(built)
            if path is not None:
                self._build_bare_map()
            return
        before, self._map = self._map, built
        widget = built.widget
        widget.incident_picked.connect(desk.pick)
        widget.unit_picked.connect(desk.tell_unit)
        widget.camera_picked.connect(self._show_on_wall)
        widget.place_picked.connect(desk.open_incident_at)
        widget.send_wanted.connect(lambda incident: desk.pick(incident, True))
        widget.send_at_wanted.connect(desk.send_to)
        widget.escaped.connect(self._go_to_queue)
        if self._shift is not None:
            widget.channel.area_addressed.connect(self._shift.write_to_area)
        if before is None:
            desk.picked_listeners.append(self._show_on_map)
            desk.sensor_listeners.append(self._show_sensor)
            models.commands.unit_wanted.connect(self._show_unit)
            desk.near.unit_picked.connect(self._show_unit)
            self.appearance.language_changed.connect(self._show_city)
        self.window.regions.set_widget(Region.MAP, widget)
        if before is not None:
            before.close()
        self._show_city()

    def _say(self, sentence: str, is_trouble: bool) -> None:
        self.window.notice.say(sentence, is_trouble=is_trouble)

    def _show_city(self, _language: str = "") -> None:
        if self._map is not None:
            names = self._map.names
            name = names.get(self.appearance.language) or next(iter(names.values()), "")
            self.window.top.set_city(name)

    def _show_sensor(self, sensor: str) -> None:
        if self._map is not None and sensor != OTHERS:
            self._map.widget.show_sensor(sensor)

    def _show_on_map(self, incident: str) -> None:
        if self._map is not None:
            self._map.widget.show_incident(incident)

    def _show_unit(self, unit: str) -> None:
        if self._map is not None:
            self._map.widget.show_unit(unit)

    def _show_camera(self, camera: str) -> None:
        if self._map is not None:
            self._map.widget.show_camera(camera)

    def _show_points_on_map(self, points: list[str]) -> None:
        if self._map is None or not self._map.show_points(points):
            self._say(self.tr("No place on the map is known of these points."), True)
            return
        self.window.regions.show_region(Region.MAP)

    def _show_on_wall(self, camera: str) -> None:
        desk = self._desk
        name = "" if self._wall is None else self._wall.show_camera(camera)
        if not name or desk is None:
            return
        if not self.window.regions.widget(Region.WALL).isVisible():
            self.window.regions.show_region(Region.WALL)
        desk.tell_camera(name)

    def _go_to_queue(self) -> None:
        self.window.regions.show_region(Region.QUEUE)

    def _show_near_points(self, incident_id: str) -> None:
        models = self._models
        incident = None if models is None else models.mirror.incident(incident_id)
        is_desk = self.window.regions.workspace is Workspace.DISPATCHER
        if self._wall is not None and incident is not None and is_desk:
            self._wall.show_near(incident)

    def _stop_rest(self) -> None:
        """Stop what has threads, in the order in which one feeds the other."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self.window.hide()  # a central that hangs is waited for without keeping the screen
        if self._wall is not None:
            self._wall.close()
        if self._map is not None:
            self._map.close()
        if self._admin is not None:
            self._admin.stop()
        if self._shift is not None:
            self._shift.stop()
        if self.fines is not None:
            self.fines.stop()
        if self._models is not None:
            self._models.stop()
        self.signals.restore()
        self._app.quit()


def _lag_meter(path: Path) -> LagMeter:
    from console.app.desktop_lag import LagMeter

    meter = LagMeter(path)
    QTimer.singleShot(LAG_FROM_MS, meter.forget)
    return meter


def run_console(settings: ConsoleSettings) -> int:
    """Show a console until its window is closed or the process is asked to end.

    Raises:
        ZhihuiError: It cannot start; the sentence says why.
    """
    made = graphics_environment(os.environ)
    _log.info("set for the web engine: %s", made or "nothing")
    register_scheme()
    app = QApplication.instance() or QApplication(["zhihui"])
    if not isinstance(app, QApplication):
        raise ConsoleStartError("Something else has started Qt without windows in this process.")
    app.setApplicationName("zhihui")
    app.setQuitOnLastWindowClosed(False)
    settings.folder.mkdir(parents=True, exist_ok=True)
    sys.setswitchinterval(SWITCH_EVERY_S)
    garbage = Garbage(app)
    console = Console(app, settings)
    faults = FaultNotices(console.window.notice, console)
    console.show()
    meter = None if settings.lag_file is None else _lag_meter(settings.lag_file)
    status = app.exec()
    faults.restore()
    garbage.stop()
    if meter is not None:
        meter.stop()
    if console.trouble is not None:
        raise console.trouble
    _log.info("the console has ended")
    return status
