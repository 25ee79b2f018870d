"""The console: Qt's start, the window at once, the rest behind it, a clean end."""

from __future__ import annotations

import json
import logging
import os
import time
from pathlib import Path

import psutil
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.app.desktop_signals import StopSignals
from console.app.desktop_window import DeskWindow
from console.domain.errors import ZhihuiError
from console.ui.mapgraphics import graphics_environment
from console.ui.mapscheme import register_scheme
from widgets.common.appearance import Appearance
from widgets.shell.regions import Region, Workspace

__all__ = ["ConsoleSettings", "run_console"]

_log = logging.getLogger("zhihui.console")
#: The map and the wall are built so long after the window was painted.
REST_AFTER_MS = 50


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
        _log.info("%s after %.2f s", name, self.seconds[name])
        if self._path is not None:
            rss_mb = round(psutil.Process().memory_info().rss / 1e6, 1)
            written = {**self.seconds, "rss_mb": rss_mb, "pid": os.getpid()}
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(written), encoding="utf-8")
            part.replace(self._path)


class Console(QObject):
    """The running console: window first, then link, then map and wall."""

    def __init__(
        self, app: QApplication, settings: ConsoleSettings, models: DeskModels
    ) -> None:
        super().__init__()
        self._app, self._settings, self._models = app, settings, models
        self.times = StartTimes(settings.started_file, self)
        self.appearance = Appearance(app, settings.resources, theme="dark", language="zh_CN")
        self.desk = DeskWindow(settings, models, self.appearance)
        self._dress()
        self._map: object | None = None
        self._wall: object | None = None
        self._is_stopped = False
        self.desk.window.installEventFilter(self)
        self.desk.window.closing.connect(self._stop_rest)
        models.mirror.replaced.connect(self._note_usable)
        models.bridge.city_pack_arrived.connect(self._build_map)
        self.signals = StopSignals(self.stop, self)

    def _dress(self) -> None:
        """Wear what was asked for, else what was worn last."""
        window, wanted = self.desk.window, self._settings
        self.appearance.use_theme(wanted.theme or window.remembered("theme", "dark"))
        self.appearance.use_language(wanted.language or window.remembered("language", "zh_CN"))
        window.restore()
        if wanted.workspace is not None:
            window.show_workspace(Workspace(wanted.workspace))

    def show(self) -> None:
        """Show the window; everything else begins when it has been painted."""
        self.desk.window.show()
        self.desk.window.regions.show_region(Region.QUEUE)

    def stop(self) -> None:
        """End as if the window were closed."""
        self.desk.window.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Begin the rest once the window has been painted."""
        if event.type() == QEvent.Type.Paint and "window_s" not in self.times.seconds:
            QTimer.singleShot(0, self._begin)
            self.times.note("window_s")
        return super().eventFilter(watched, event)

    def _begin(self) -> None:
        self._models.start()
        QTimer.singleShot(REST_AFTER_MS, self._build_rest)

    def _note_usable(self) -> None:
        self.times.note("usable_s")

    def _build_rest(self) -> None:
        if self._is_stopped:
            return
        path = self._settings.pack_path
        if self._map is None and path is not None and path.is_file():
            self._models.use_pack(path)
            self._build_map(path)
        self._build_wall()

    def _build_map(self, path: Path) -> None:
        from console.app.desktop_map import MapDock, build_map  # noqa: PLC0415 - after the window

        if self._is_stopped:
            return
        built = build_map(self._models, self.appearance, path, self)
        if not isinstance(built, MapDock):
            self.desk.say_trouble(built)
            return
        self._map = built
        self.desk.window.regions.set_widget(Region.MAP, built.widget)
