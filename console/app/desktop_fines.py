"""The console's figures of documents and fines: a window of its own, by Shift+F9."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from console.app.desktop_models import DeskModels
from console.app.desktop_rolewindow import RoleWindow, discard
from widgets.common.appearance import Appearance
from widgets.shell.window import MainWindow

if TYPE_CHECKING:
    from widgets.desk.fines_view import FinesView


class FinesDock(RoleWindow):
    """Opens the figures for those who may read them, and tells everybody else why not."""

    KEY, RIGHT = "Shift+F9", "read:papers"

    def __init__(self, window: MainWindow, models: DeskModels, appearance: Appearance) -> None:
        super().__init__(window, models, appearance)
        self.shown: FinesView | None = None

    def refusal(self) -> str:
        """Return who may see them."""
        return self.tr("Figures of fines are for dispatchers, shift leads and supervisors.")

    def fresh(self) -> FinesView:
        """Return the figures as they are now."""
        if self.shown is None:
            self.shown = self._made()
        else:
            self.shown.reload()
        return self.shown

    def windows(self) -> list[QWidget]:
        """Return the window, if there is one."""
        return [] if self.shown is None else [self.shown]

    def stop(self) -> None:
        """End with the console."""
        discard(self.shown)
        self.shown = None

    def _made(self) -> FinesView:
        from console.ui.fines import FinesModel  # noqa: PLC0415 - few consoles ever open it
        from widgets.desk.fines_view import FinesView  # noqa: PLC0415 - as above

        model = FinesModel(self._models.client, self)
        return FinesView(self._appearance, model, datetime.now().astimezone().date())
