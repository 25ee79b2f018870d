"""The administration of a console: a window of its own, for those who may, by F9."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut

from console.app.desktop_models import DeskModels
from console.domain.permissions import may
from widgets.common.appearance import Appearance
from widgets.shell.window import MainWindow

if TYPE_CHECKING:
    # Imported when the administration is opened: few consoles ever do.
    from console.ui.admin import Administration
    from console.ui.discovery import CameraDiscovery
    from widgets.admin.discovery import DiscoveryWindow
    from widgets.admin.window import AdminWindow


class AdminDock(QObject):
    """Opens the administration for administrators, and tells everybody else why not."""

    def __init__(self, window: MainWindow, models: DeskModels, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._models, self._appearance = window, models, appearance
        self._administration: Administration | None = None
        self.shown: AdminWindow | None = None
        self._discovery: CameraDiscovery | None = None
        self.finder: DiscoveryWindow | None = None
        self._is_locked = False
        key = QShortcut(QKeySequence("F9"), window)
        key.setContext(Qt.ShortcutContext.WindowShortcut)
        key.activated.connect(self.open)

    def open(self) -> None:
        """Show the administration, if whoever is logged on may see it."""
        if self._is_locked:
            return
        who = self._models.mirror.who
        if who is None or not may(who.role, "read:admin"):
            self._window.notice.say(
                self.tr("The administration is for administrators; log on as one."),
                is_trouble=True,
            )
            return
        if self.shown is None:
            self.shown = self._made()
        else:
            self.shown.reload()
        self.shown.show()
        self.shown.raise_()
        self.shown.activateWindow()

    def set_locked(self, is_locked: bool) -> None:
        """Go from sight while the console is locked; what was typed is there afterwards."""
        self._is_locked = is_locked
        for window in (self.shown, self.finder):
            if is_locked and window is not None:
                window.hide()

    def stop(self) -> None:
        """End with the console."""
        if self._administration is not None:
            self._administration.stop()
        if self._discovery is not None:
            self._discovery.stop()
        if self.finder is not None:
            self.finder.close()
            self.finder.deleteLater()
            self.finder = None
        if self.shown is not None:
            self.shown.close()
            self.shown.deleteLater()
            self.shown = None

    def _made(self) -> AdminWindow:
        from console.ui.admin import Administration  # noqa: PLC0415 - as above
        from widgets.admin.window import AdminWindow  # noqa: PLC0415 - as above

        self._administration = Administration(self._models.client, self)
        made = AdminWindow(self._appearance, self._administration)
        made.discovery_wanted.connect(self.find_cameras)
        return made

    def find_cameras(self) -> None:
        """Open the window in which cameras are found on the network."""
        from console.ui.discovery import CameraDiscovery  # noqa: PLC0415 - as above
        from widgets.admin.discovery import DiscoveryWindow  # noqa: PLC0415 - as above

        if self.finder is None:
            self._discovery = CameraDiscovery(self._models.client, self)
            self.finder = DiscoveryWindow(self._discovery)
            if self.shown is not None:
                self._discovery.entered.connect(self.shown.reload)
        self.finder.show()
        self.finder.raise_()
        self.finder.activateWindow()
        self.finder.user.setFocus()
