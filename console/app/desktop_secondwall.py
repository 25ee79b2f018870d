"""Another wall in a window of its own: it does all that the first one does."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from console.app.desktop_hints import HintsLink
from console.app.desktop_models import DeskModels
from console.app.desktop_patrol import PatrolLink
from console.domain.ids import CameraId
from console.patrol.ledger import Look
from console.patrol.plans import PatrolPlan
from console.protocol.patrol import Handing
from console.store.cameraseal import CameraKey
from console.ui.planbook import PlanBook
from console.ui.reasons import reason_text
from console.ui.wall_clock import PagePresets
from console.ui.wall_directory import DirectoryDesk
from console.ui.wall_feed import WallFeed
from console.video.live import Decoders
from console.video.looks import LooksReader
from console.video.rtsp import Patience
from widgets.common.appearance import Appearance
from widgets.shell.notice import Notice
from widgets.wall.wall import WallWidget


class Dock(Protocol):
    """The console's own wall, and what belongs to it."""

    feed: WallFeed
    widget: WallWidget
    patrol: PatrolLink
    book: PlanBook

    @property
    def directory(self) -> DirectoryDesk:
        """The camera directory."""

    @property
    def looks(self) -> LooksReader:
        """The sweep's pictures."""

    @property
    def camera_key(self) -> CameraKey | None:
        """What credentials of cameras are opened with."""

    def looks_today(self) -> list[Look]:
        """Return what people have looked at today, here and elsewhere."""

    def note_look(self, look: Look) -> None:
        """Count a person's look at another window's wall."""


class WallWindow(QWidget):
    """The window of another wall.

    Signals:
        closing: It is about to go.
    """

    closing = Signal()
    #: Whether Esc closes it: a picture that was opened in full.
    closes_on_escape = False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Take what the wall has no use for."""
        if event.key() == Qt.Key.Key_Escape and self.closes_on_escape:
            self.close()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Have its streams end."""
        super().closeEvent(event)
        self.closing.emit()


class SecondWall(QObject):
    """Shows what was handed to it, with every key of the first wall.

    What its keys have done is said in its own window.

    Signals:
        closed: The window is gone and its streams have ended.
        preset_wanted: ``CameraId`` of a point that has come on, and the preset it is sent to.
    """

    closed = Signal()
    preset_wanted = Signal(str, str)

    def __init__(
        self, dock: Dock, models: DeskModels, appearance: Appearance, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.is_closed = False
        who = models.mirror.who
        self.feed = WallFeed(
            models.mirror.cameras(),
            tiles=dock.feed.tiles,
            looks=dock.looks,
            person=None if who is None else who.id,
            decoders=Decoders(1, Patience(ca=models.settings.camera_ca)),
            parent=self,
        )
        if dock.camera_key is not None:
            self.feed.use_key(dock.camera_key)
        self.feed.remember(dock.looks_today())
        self.feed.plans.given = dock.feed.plans.given
        self.feed.point_looked.connect(dock.note_look)
        self.window = WallWindow()
        self.wall = WallWidget(self.feed, appearance, self.window)
        self.notice = Notice(self.wall.strip, self.window)
        self.hints = HintsLink(self.feed, models.mirror, models.settings, dock.looks, self).hints
        self._lay_out(dock)
        self._join(dock)

    def say(self, sentence: str, is_trouble: bool = False) -> None:
        """Say in this window what was done, or why not."""
        self.notice.say(reason_text(sentence), is_trouble=is_trouble)

    def _lay_out(self, dock: Dock) -> None:
        window, layout = self.window, QVBoxLayout(self.window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.wall)
        window.setWindowTitle(self.tr("Zhihui · wall"))
        window.resize(1280, 720)
        window.setFocusProxy(self.wall)
        self.wall.set_directory(dock.directory)
        self.wall.set_plans(dock.book)
        self.wall.set_hints(self.hints)
        window.closing.connect(self._end)

    def _join(self, dock: Dock) -> None:
        wall, first = self.wall, dock.widget
        wall.evidence_taken.connect(first.evidence_taken)
        wall.evidence_taken.connect(self._say_taken)
        wall.evidence_refused.connect(lambda sentence: self.say(sentence, True))
        wall.camera_picked.connect(first.camera_picked)
        wall.map_wanted.connect(first.map_wanted)
        wall.told.connect(self.say)
        self.feed.evidence_added.connect(dock.feed.evidence_added)
        self.feed.plan_refused.connect(lambda sentence: self.say(sentence, True))
        self._presets = PagePresets(self.feed, self)
        self._presets.wanted.connect(self.preset_wanted)

    def _say_taken(self, shot: object) -> None:
        camera = str(getattr(shot, "camera", ""))
        self.say(self.tr("Evidence of {0} is kept; its incident is open at the desk.")
                 .format(self._name_of(camera)))  # fmt: skip

    def _name_of(self, camera: str) -> str:
        tiles = (self.feed.tile(number) for number in range(self.feed.tiles))
        return next((one.name for one in tiles if one.camera == camera), camera)

    def _end(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self.wall.fill_screen(False)
        self.hints.stop()
        self.feed.stop()
        self.closed.emit()
        self.window.deleteLater()
        self.deleteLater()


def show_handed(feed: WallFeed, handing: Handing) -> bool:
    """Show on a wall what was handed to it; return whether any of it is known there."""
    points = tuple(CameraId(one) for one in handing.points if feed.knows(CameraId(one)))
    if not points:
        return False
    if handing.tiles is not None:
        feed.set_tiles(handing.tiles)
    if handing.first is None:
        feed.show_points(points, name=handing.plan)
        return True
    given = next((one for one in feed.plans.given if one.name == handing.plan), None)
    feed.lend_plan(
        given or PatrolPlan(name=handing.plan, points=points, dwell_s=handing.dwell_s),
        CameraId(handing.first),
    )
    return True
