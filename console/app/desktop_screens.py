"""The wall's other screens: more windows, other consoles; plans by the clock; lists taken out."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.app.desktop_rolewindow import raise_up
from console.app.desktop_secondwall import Dock, SecondWall, show_handed
from console.app.repairs import export
from console.app.tablefile import TableFileError, write_table
from console.domain.hints import Hint
from console.domain.ids import CameraId
from console.protocol.patrol import Handing
from console.ui.wall_clock import WallClock
from console.ui.wall_feed import WallFeed
from console.ui.wall_patrol import plan_of_points
from console.ui.wall_values import Unseen
from console.video.pointrecords import PointRecord, month_ago, records
from widgets.common.appearance import Appearance
from widgets.wall.handover import OWN_WINDOW, HandMenu
from widgets.wall.wall import WallWidget

#: In Chinese and English, as the repair list has them.
_HEADINGS = ("点位 id", "名称 name", "区 district", "人员最近查看 last by a person",
             "快巡最近查看 last by the sweep", "故障 fault")  # fmt: skip
_WIDTHS = (14, 36, 16, 24, 24, 16)
#: Tells a person something, and whether it is a trouble.
Say = Callable[[str, bool], object]


def screen_name(settings: ConsoleSettings) -> str:
    """Return what other consoles call this one."""
    return settings.label or f"{platform.node() or 'console'} · {settings.name}"


class WallScreens(QObject):
    """Hands plans and pages between screens, starts plans at their times, writes lists.

    Signals:
        told: A sentence to be shown, and whether it is a trouble.
        preset_wanted: ``CameraId`` of a point that has come on, and the preset it is sent to.
        move_wanted: ``CameraId`` of a point, and its speeds: pan, tilt, zoom, -1 to 1.
        presets_wanted: ``CameraId`` of a point whose camera is to say where it can be sent.
        presets_came: What it said: ``CameraId``, names, why there are none.
    """

    told = Signal(str, bool)
    preset_wanted = Signal(str, str)
    move_wanted = Signal(str, float, float, float)
    presets_wanted = Signal(str)
    presets_came = Signal(str, list, str)
    _counted = Signal(object, object)

    def __init__(
        self, dock: Dock, models: DeskModels, appearance: Appearance, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._dock, self._models, self._appearance = dock, models, appearance
        self.windows: list[SecondWall] = []
        self._is_locked = self._hid_own = False
        self._counter = ThreadPoolExecutor(1, thread_name_prefix="records")
        self._counted.connect(self._show_records, Qt.ConnectionType.QueuedConnection)
        self.clock = WallClock(dock.feed, parent=self)
        self.clock.plan_started.connect(self._say_started)
        self.clock.plan_offered.connect(self._say_offered)
        self.clock.plan_ended.connect(self._say_ended)
        self.clock.preset_wanted.connect(self.preset_wanted)
        self.join(dock.widget, dock.feed, self.told.emit)
        dock.patrol.handed.connect(self.take)
        dock.book.failed.connect(lambda sentence: self.told.emit(sentence, True))

    def join(self, wall: WallWidget, feed: WallFeed, say: Say) -> None:
        """Have a wall's keys hand over, run plans and take lists out; ``say`` tells what came."""
        wall.hand_wanted.connect(lambda: self.ask(wall, feed, say))
        wall.move_wanted.connect(self.move_wanted)
        wall.next_plan_wanted.connect(lambda: self._next_plan(wall, feed))
        wall.unseen.export_wanted.connect(lambda path, rows: self.export(wall, path, rows))
        wall.repairs.wanted.connect(lambda: self._count_records(wall))
        wall.repairs.export_wanted.connect(lambda path, rows: self.export_repairs(wall, path, rows))
        if wall.plans is None:
            return
        wall.plans.run_wanted.connect(lambda plan_id: self._run(wall, feed, plan_id, say))
        wall.plans.form.points_searched.connect(lambda text: self._add_points(wall, text))
        form = wall.plans.form
        form.set_names(self._name_of)
        form.presets_wanted.connect(self.presets_wanted)
        self.presets_came.connect(form.show_presets)

    def ask(self, wall: WallWidget, feed: WallFeed, say: Say) -> HandMenu:
        """Ask which screen is to show this plan or page."""
        screens = [(one.id, f"{one.name} · {one.person}") for one in self._dock.patrol.screens]
        menu = HandMenu(screens, wall)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.chosen.connect(lambda to, whole: self.hand(feed, to, whole=whole, say=say))
        menu.open_over(wall)
        return menu

    def hand(self, feed: WallFeed, to: str, *, whole: bool, say: Say) -> None:
        """Hand what a wall shows to another screen.

        Args:
            feed: The wall's.
            to: Id of a console; "" for another window of this one.
            whole: Whether the plan goes on there, or only this page is held there.
            say: Tells what has become of it.
        """
        shown = tuple(point for point in feed.points_on() if point is not None)
        if not shown:
            say(self.tr("There is nothing on this wall that could be handed over."), True)
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
        say(self.tr("Handed to {0}; it is there in ten seconds at most.").format(name), False)

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
        self.join(made.wall, made.feed, made.say)
        made.preset_wanted.connect(self.preset_wanted)
        made.closed.connect(self._forget)
        self.windows.append(made)
        made.window.setVisible(not self._is_locked)
        return made

    def open_full(self, camera: str) -> None:
        """Show one point alone in a window of its own, large enough for its main stream."""
        for window in self.windows:
            if window.feed.plan.points == (camera,):
                raise_up(window.window)
                return
        name = self._name_of(camera)
        made = self.open_window(Handing(to=OWN_WINDOW, plan=name[:80], points=(camera,), tiles=1))
        made.feed.set_plan(plan_of_points(name, [CameraId(camera)]))
        made.window.closes_on_escape = True

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

    def export_repairs(self, wall: WallWidget, path: str, rows: Sequence[PointRecord]) -> None:
        """Write the repair list with its figures."""
        try:
            export(Path(path), rows)
        except TableFileError as error:
            wall.repairs.say(str(error))
            return
        wall.repairs.say(self.tr("{0} points are in {1}.").format(len(rows), path))

    def _count_records(self, wall: WallWidget) -> None:
        """Have a month's looks counted beside the window; the panel shows them when they are."""
        looks, cameras = self._dock.looks, self._models.mirror.cameras()
        living = [one for one in cameras if not one.retired]

        def done(counted: Future[list[PointRecord]]) -> None:
            if counted.cancelled() or not isValid(self):
                return
            failed = counted.exception()
            self._counted.emit(wall, failed or counted.result())

        self._counter.submit(lambda: records(looks, living, since=month_ago())).add_done_callback(
            done
        )

    def _show_records(self, wall: WallWidget, found: list[PointRecord] | BaseException) -> None:
        if not isValid(wall):
            return
        if isinstance(found, BaseException):
            wall.repairs.say(self.tr("The looks could not be counted: {0}").format(found))
            return
        wall.repairs.take(found)

    def set_locked(self, is_locked: bool) -> None:
        """Have no wall in sight, and no key of one act, while the console is locked."""
        if is_locked and not self._is_locked:
            self._dock.widget.fill_screen(False)  # full screen a wall is a window of its own
            self._hid_own = not self._dock.widget.isHidden()
            self._dock.widget.hide()
        elif self._hid_own and not is_locked:
            self._hid_own = False
            self._dock.widget.show()
        self._is_locked = is_locked
        for one in self.windows:
            if is_locked:
                one.wall.fill_screen(False)
            one.window.setVisible(not is_locked)

    def confirmed(self, point: str) -> Hint | None:
        """Return, once, the hint that evidence was taken for at another window's wall."""
        found = (one.hints.confirmed(point) for one in self.windows)
        return next((hint for hint in found if hint is not None), None)

    def close(self) -> None:
        """Close every window."""
        self._counter.shutdown(wait=False, cancel_futures=True)
        for one in list(self.windows):
            one.window.close()

    def _forget(self) -> None:
        self.windows = [one for one in self.windows if not one.is_closed]

    def _next_plan(self, wall: WallWidget, feed: WallFeed) -> None:
        if feed is not self._dock.feed or not self.clock.accept():
            wall.next_plan()

    def _run(self, wall: WallWidget, feed: WallFeed, plan_id: str, say: Say) -> None:
        sent = next((one for one in self._dock.book.plans if one.id == plan_id), None)
        plans = self._dock.book.runnable()
        plan = next((one for one in plans if sent is not None and one.name == sent.name), None)
        if plan is None:
            say(self.tr("None of the plan's points is known here any more."), True)
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


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone().isoformat(timespec="seconds")
