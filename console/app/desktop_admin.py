"""The administration of a console: a window of its own, for those who may, by F9."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from console.app.desktop_models import DeskModels
from console.app.desktop_rolewindow import RoleWindow, discard, raise_up
from widgets.common.appearance import Appearance
from widgets.shell.window import MainWindow

if TYPE_CHECKING:
    # Imported when the administration is opened: few consoles ever do.
    from console.ui.admin import Administration
    from console.ui.discovery import CameraDiscovery
    from widgets.admin.discovery import DiscoveryWindow
    from widgets.admin.window import AdminWindow


class AdminDock(RoleWindow):
    """Opens the administration for administrators, and tells everybody else why not."""

    KEY, RIGHT = "F9", "read:admin"

    def __init__(self, window: MainWindow, models: DeskModels, appearance: Appearance) -> None:
        super().__init__(window, models, appearance)
        self._administration: Administration | None = None
        self.shown: AdminWindow | None = None
        self._discovery: CameraDiscovery | None = None
        self.finder: DiscoveryWindow | None = None

    def refusal(self) -> str:
        """Return who may see it."""
        return self.tr("The administration is for administrators; log on as one.")

    def fresh(self) -> AdminWindow:
        """Return the administration with what is so now."""
        if self.shown is None:
            self.shown = self._made()
        else:
            self.shown.reload()
        return self.shown

    def windows(self) -> list[QWidget]:
        """Return the administration and the cameras' finder, as far as they are there."""
        return [window for window in (self.shown, self.finder) if window is not None]

    def stop(self) -> None:
        """End with the console."""
        if self._administration is not None:
            self._administration.stop()
        if self._discovery is not None:
            self._discovery.stop()
        discard(self.finder)
        discard(self.shown)
        self.finder = self.shown = None

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
        raise_up(self.finder)
        self.finder.user.setFocus()
