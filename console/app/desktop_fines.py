"""The console's figures of documents and fines: a window of its own, by Shift+F9."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut

from console.app.desktop_models import DeskModels
from console.domain.permissions import may
from widgets.common.appearance import Appearance
from widgets.shell.window import MainWindow

if TYPE_CHECKING:
    from widgets.desk.fines_view import FinesView


class FinesDock(QObject):
    """Opens the figures for those who may read them, and tells everybody else why not."""

    def __init__(self, window: MainWindow, models: DeskModels, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._models, self._appearance = window, models, appearance
        self.shown: FinesView | None = None
        self._is_locked = False
        key = QShortcut(QKeySequence("Shift+F9"), window)
        key.setContext(Qt.ShortcutContext.WindowShortcut)
        key.activated.connect(self.open)

    def open(self) -> None:
        """Show the figures, if whoever is logged on may see them."""
        if self._is_locked:
            return
        who = self._models.mirror.who
        if who is None or not may(who.role, "read:papers"):
            self._window.notice.say(
                self.tr("Figures of fines are for dispatchers, shift leads and supervisors."),
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
        """Go from sight while the console is locked."""
        self._is_locked = is_locked
        if is_locked and self.shown is not None:
            self.shown.hide()

    def stop(self) -> None:
        """End with the console."""
        if self.shown is not None:
            self.shown.close()
            self.shown.deleteLater()
            self.shown = None

    def _made(self) -> FinesView:
        from console.ui.fines import FinesModel  # noqa: PLC0415 - few consoles ever open it
        from widgets.desk.fines_view import FinesView  # noqa: PLC0415 - as above

        model = FinesModel(self._models.client, self)
        return FinesView(self._appearance, model, datetime.now().astimezone().date())
