"""The wall's other screens: more windows, other consoles; plans by the clock; lists taken out."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal

from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.app.desktop_patrol import PatrolLink
from console.app.tablefile import TableFileError, write_table
from console.domain.ids import CameraId
from console.patrol.ledger import Look
from console.patrol.plans import PatrolPlan
from console.protocol.patrol import Handing
from console.store.cameraseal import CameraKey
from console.ui.planbook import PlanBook
from console.ui.wall_clock import WallClock
from console.ui.wall_directory import DirectoryDesk
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import Unseen
from console.video.live import Decoders
from console.video.looks import LooksReader
from console.video.rtsp import Patience
from widgets.common.appearance import Appearance
from widgets.wall.handover import OWN_WINDOW, HandMenu
from widgets.wall.wall import WallWidget

#: In Chinese and English, as the repair list has them.
_HEADINGS = ("点位 id", "名称 name", "区 district", "人员最近查看 last by a person",
             "快巡最近查看 last by the sweep", "故障 fault")  # fmt: skip
_WIDTHS = (14, 36, 16, 24, 24, 16)


def screen_name(settings: ConsoleSettings) -> str:
    """Return what other consoles call this one."""
    return settings.label or f"{platform.node() or 'console'} · {settings.name}"


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


class WallScreens(QObject):
    """Hands plans and pages between screens, starts plans at their times, writes lists.

    Signals:
        told: A sentence to be shown, and whether it is a trouble.
        preset_wanted: ``CameraId`` of a point that has come on, and the preset it is sent to.
        move_wanted: ``CameraId`` of a point, and its speeds: pan, tilt, zoom, -1 to 1.
    """

    told = Signal(str, bool)
    preset_wanted = Signal(str, str)
    move_wanted = Signal(str, float, float, float)

    def __init__(
        self, dock: Dock, models: DeskModels, appearance: Appearance, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._dock, self._models, self._appearance = dock, models, appearance
        self.windows: list[SecondWall] = []
        self.clock = WallClock(dock.feed, parent=self)
        self.clock.plan_started.connect(self._say_started)
        self.clock.plan_offered.connect(self._say_offered)
        self.clock.plan_ended.connect(self._say_ended)
        self.clock.preset_wanted.connect(self.preset_wanted)
        self.join(dock.widget, dock.feed)
        dock.patrol.handed.connect(self.take)
        dock.book.failed.connect(lambda sentence: self.told.emit(sentence, True))

    def join(self, wall: WallWidget, feed: WallFeed) -> None:
        """Have a wall's keys hand over, run plans and take lists out."""
        wall.hand_wanted.connect(lambda: self.ask(wall, feed))
        wall.move_wanted.connect(self.move_wanted)
        wall.next_plan_wanted.connect(lambda: self._next_plan(wall, feed))
        wall.unseen.export_wanted.connect(lambda path, rows: self.export(wall, path, rows))
        if wall.plans is None:
            return
        wall.plans.run_wanted.connect(lambda plan_id: self._run(wall, feed, plan_id))
        wall.plans.form.points_searched.connect(lambda text: self._add_points(wall, text))
        wall.plans.form.set_names(self._name_of)

    def ask(self, wall: WallWidget, feed: WallFeed) -> HandMenu:
        """Ask which screen is to show this plan or page."""
        screens = [(one.id, f"{one.name} · {one.person}") for one in self._dock.patrol.screens]
        menu = HandMenu(screens, wall)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.chosen.connect(lambda to, whole: self.hand(feed, to, whole=whole))
        menu.open_over(wall)
        return menu

    def hand(self, feed: WallFeed, to: str, *, whole: bool) -> None:
        """Hand what a wall shows to another screen.

        Args:
            feed: The wall's.
            to: Id of a console; "" for another window of this one.
            whole: Whether the plan goes on there, or only this page is held there.
        """
        shown = tuple(point for point in feed.points_on() if point is not None)
        if not shown:
            self.told.emit(self.tr("There is nothing on this wall that could be handed over."),
                           True)  # fmt: skip
            return
        handing = Handing(
            to=to,
            plan=feed.plan.name[:80],
            points=feed.plan.points if whole else shown,
            dwell_s=feed.plan.dwell_s,
            tiles=feed.tiles,
            first=shown[0] if whole else None,
        )
        if to == OWN_WINDOW:
            self.open_window(handing)
            return
        self._dock.patrol.hand(handing)
        name = next((one.name for one in self._dock.patrol.screens if one.id == to), to)
        self.told.emit(self.tr("Handed to {0}; it is there in ten seconds at most.").format(name),
                       False)  # fmt: skip

    def take(self, handing: Handing) -> None:
        """Show what another screen has handed to this one."""
        if not show_handed(self._dock.feed, handing):
            self.told.emit(
                self.tr("{0} handed over points that are not known here.").format(handing.by), True
            )
            return
        name = self.tr("all points") if handing.plan == "all" else handing.plan
        text = self.tr("{0} handed “{1}” to this wall; Esc goes back to your own plan.")
        self.told.emit(text.format(handing.by, name), False)

    def open_window(self, handing: Handing) -> SecondWall:
        """Show points in another window of this console."""
        made = SecondWall(self._dock, self._models, self._appearance, self)
        show_handed(made.feed, handing)
        self.join(made.wall, made.feed)
        made.closed.connect(self._forget)
        self.windows.append(made)
        made.wall.show()
        return made

    def open_full(self, camera: str) -> None:
        """Show one point alone in a window of its own, large enough for its main stream."""
        for window in self.windows:
            if window.feed.plan.points == (camera,):
                window.wall.raise_()
                window.wall.activateWindow()
                return
        name = self._name_of(camera)
        self.open_window(Handing(to=OWN_WINDOW, plan=name[:80], points=(camera,), tiles=1))

    def export(self, wall: WallWidget, path: str, rows: Sequence[Unseen]) -> None:
        """Write the points that were not looked at."""
        cells = [
            (one.camera, one.name, one.district or "", _time(one.by_person_at),
             _time(one.by_sweep_at), one.trouble.value if one.trouble else "")
            for one in rows
        ]  # fmt: skip
        try:
            write_table(Path(path), _HEADINGS, cells, title="unseen", widths=_WIDTHS)
        except TableFileError as error:
            wall.unseen.say(str(error))
            return
        wall.unseen.say(self.tr("{0} points are in {1}.").format(len(cells), path))

    def close(self) -> None:
        """Close every window."""
        for window in list(self.windows):
            window.wall.close()

    def _forget(self) -> None:
        self.windows = [one for one in self.windows if not one.is_closed]

    def _next_plan(self, wall: WallWidget, feed: WallFeed) -> None:
        if feed is not self._dock.feed or not self.clock.accept():
            wall.next_plan()

    def _run(self, wall: WallWidget, feed: WallFeed, plan_id: str) -> None:
        sent = next((one for one in self._dock.book.plans if one.id == plan_id), None)
        plans = self._dock.book.runnable()
        plan = next((one for one in plans if sent is not None and one.name == sent.name), None)
        if plan is None:
            self.told.emit(self.tr("None of the plan's points is known here any more."), True)
            return
        if plan.tiles is not None:
            wall.set_layout(plan.tiles)
        feed.set_plan(plan)

    def _add_points(self, wall: WallWidget, text: str) -> None:
        if wall.plans is None:
            return
        found = [one.id for one in self._dock.directory.find(text)]
        added = wall.plans.form.add_points(found)
        words = self.tr("{0} points added") if added else self.tr("Nothing found, or all in it.")
        wall.plans.say(words.format(added), is_trouble=not added)

    def _name_of(self, point: str) -> str:
        camera = self._models.mirror.camera(point)
        return point if camera is None else camera.name

    def _say_started(self, name: str) -> None:
        self.told.emit(self.tr("It is time for “{0}”: it runs now.").format(name), False)

    def _say_offered(self, name: str) -> None:
        self.told.emit(self.tr("It is time for “{0}”: L on the wall starts it.").format(name),
                       False)  # fmt: skip

    def _say_ended(self, name: str) -> None:
        text = self.tr("The time of “{0}” is over: all points are on again.")
        self.told.emit(text.format(name), False)


class SecondWall(QObject):
    """Another wall in a window of its own; it shows what was handed to it.

    Signals:
        closed: The window is gone and its streams have ended.
    """

    closed = Signal()

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
        self.wall = WallWidget(self.feed, appearance)
        self.wall.setWindowFlag(Qt.WindowType.Window)
        self.wall.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.wall.set_directory(dock.directory)
        self.wall.setWindowTitle(self.tr("Zhihui · wall"))
        self.wall.resize(1280, 720)
        self.wall.evidence_taken.connect(dock.widget.evidence_taken)
        self.wall.evidence_refused.connect(dock.widget.evidence_refused)
        self.wall.camera_picked.connect(dock.widget.camera_picked)
        self.feed.evidence_added.connect(dock.feed.evidence_added)
        self.wall.destroyed.connect(self._end)

    def _end(self) -> None:
        self.is_closed = True
        self.feed.stop()
        self.closed.emit()
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


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone().isoformat(timespec="seconds")
