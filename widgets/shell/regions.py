"""The regions of the window: every one a dock that can be moved, floated and saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import PySide6QtAds as QtAds
import qtawesome
from PySide6.QtCore import (
    QByteArray,
    QCoreApplication,
    QObject,
    QSettings,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QSplitter, QWidget
from shiboken6 import isValid

from widgets.common.theme import Theme, Token

#: Raised when the set of regions changes; a layout saved before is then left out.
LAYOUT_VERSION = 1
#: Widgets that come within this time of each other come together.
SETTLED_AFTER_MS = 200
#: A column narrower than this cannot be read.
LEAST_PX = 240
#: PySide6QtAds ships no type stubs.
Dock = Any


class Region(StrEnum):
    """A region of the window, by the name its dock is saved under."""

    QUEUE = "queue"
    MAP = "map"
    CARD = "card"
    NEAR = "near"
    WALL = "wall"
    DUTY = "duty"
    TRAY = "tray"


class Workspace(StrEnum):
    """An arrangement of the regions for one kind of work."""

    DISPATCHER = "dispatcher"
    WALL = "wall"


def _noop(context: str, source: str) -> str:
    """Mark a text to be translated when it is shown."""
    return source


_TITLES: Mapping[Region, str] = {
    Region.QUEUE: _noop("Regions", "Queue"),
    Region.MAP: _noop("Regions", "Map"),
    Region.CARD: _noop("Regions", "Incident"),
    Region.NEAR: _noop("Regions", "Near"),
    Region.WALL: _noop("Regions", "Wall"),
    Region.DUTY: _noop("Regions", "Duty"),
    Region.TRAY: _noop("Regions", "Tray"),
}
_ICONS: Mapping[Region, str] = {
    Region.QUEUE: "mdi6.format-list-bulleted",
    Region.MAP: "mdi6.map-outline",
    Region.CARD: "mdi6.card-text-outline",
    Region.NEAR: "mdi6.map-marker-radius-outline",
    Region.WALL: "mdi6.view-grid-outline",
    Region.DUTY: "mdi6.account-group-outline",
    Region.TRAY: "mdi6.tray-alert",
}
#: Glyphs for the title bars' buttons, by the object names that QtAds gives them.
_BUTTON_ICONS: Mapping[str, str] = {
    "dockAreaCloseButton": "mdi6.close",
    "detachGroupButton": "mdi6.dock-window",
    "tabsMenuButton": "mdi6.menu-down",
    "tabCloseButton": "mdi6.close",
}


def region_title(region: Region) -> str:
    """Return a region's name in the language shown."""
    return QCoreApplication.translate("Regions", _TITLES[region])


class Regions(QObject):
    """The docks of the main window.

    Args:
        parent: The window's middle, which the docks fill.

    Signals:
        region_entered: The `Region` that has the focus now.
    """

    region_entered = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        flags = QtAds.CDockManager.eConfigFlag
        for flag, is_on in (
            (flags.OpaqueSplitterResize, True),
            (flags.FocusHighlighting, True),
            (flags.AlwaysShowTabs, True),
            (flags.ActiveTabHasCloseButton, False),
            (flags.DockAreaHasTabsMenuButton, False),
            (flags.DockAreaHideDisabledButtons, True),
            (flags.DisableStylesheet, True),
        ):
            QtAds.CDockManager.setConfigFlag(flag, is_on)
        self._dressing = QTimer(self, interval=0, singleShot=True)
        self._dressing.timeout.connect(self._dress_buttons)
        self._sizes: list[tuple[QSplitter, list[int]]] = []
        self._delivered: list[tuple[Any, list[int]]] = []
        self._settling = QTimer(self, interval=SETTLED_AFTER_MS, singleShot=True)
        self._settling.timeout.connect(self._settle)
        self._fitting = QTimer(self, interval=SETTLED_AFTER_MS, singleShot=True)
        self._fitting.timeout.connect(self._widen)
        self.manager: Any = QtAds.CDockManager(parent)
        self._docks: dict[Region, Dock] = {region: self._dock(region) for region in Region}
        self._counts: dict[Region, int] = {}
        self._quiet = "#808080"
        self.manager.dockAreaCreated.connect(lambda _area: self._dressing.start())
        self._arrange(Workspace.DISPATCHER)
        self.workspace = Workspace.DISPATCHER
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._tell_entered)

    def _dock(self, region: Region) -> Dock:
        dock = QtAds.CDockWidget(self.manager, region_title(region))
        dock.setObjectName(region.value)
        modes = QtAds.CDockWidget.eMinimumSizeHintMode
        dock.setMinimumSizeHintMode(modes.MinimumSizeHintFromDockWidget)
        waiting = QLabel("…")
        waiting.setContentsMargins(12, 12, 12, 12)
        dock.setWidget(waiting, QtAds.CDockWidget.eInsertMode.ForceNoScrollArea)
        return dock

    def set_widget(self, region: Region, widget: QWidget) -> None:
        """Put a widget into a region; the one before it is deleted.

        Regions keep their sizes: those from before the first of several widgets that come
        together, for Qt shares the room out anew for each once it has asked how large it wants to
        be, which is after this returns.
        """
        dock = self._docks[region]
        if not self._settling.isActive():
            found = self.manager.findChildren(QSplitter)
            self._sizes = [(each, each.sizes()) for each in found]
        before = dock.takeWidget()
        if before is not None:
            before.deleteLater()
        dock.setWidget(widget, QtAds.CDockWidget.eInsertMode.ForceNoScrollArea)
        self._settle()
        self._settling.start()

    def _settle(self) -> None:
        """Give the regions their sizes: as delivered until a hand moved one, else as they were."""
        for area, shares in self._delivered:
            self.manager.setSplitterSizes(area, shares)
        for splitter, sizes in self._sizes if not self._delivered else ():
            if isValid(splitter) and any(sizes):
                splitter.setSizes(sizes)
        self._widen()

    def _widen(self) -> None:
        """Leave no column too narrow to read, as one kept on a larger screen may come back."""
        for splitter in self.manager.findChildren(QSplitter):
            if splitter.orientation() is not Qt.Orientation.Horizontal or not splitter.isVisible():
                continue
            sizes = splitter.sizes()
            narrow = [
                at
                for at, width in enumerate(sizes)
                if width < LEAST_PX and splitter.widget(at).isVisible()
            ]
            short = sum(LEAST_PX - sizes[at] for at in narrow)
            widest = max(range(len(sizes)), key=sizes.__getitem__, default=0)
            if narrow and sizes[widest] - short >= LEAST_PX:
                for at in narrow:
                    sizes[at] = LEAST_PX
                sizes[widest] -= short
                splitter.setSizes(sizes)

    def widen_soon(self) -> None:
        """The room is another one: once it has settled no column is too narrow in it."""
        self._fitting.start()

    def _forget_delivered(self, *_: object) -> None:
        self._delivered.clear()

    def widget(self, region: Region) -> QWidget:
        """Return what a region holds."""
        held: QWidget = self._docks[region].widget()
        return held

    def set_count(self, region: Region, count: int) -> None:
        """Say in a region's title how much waits in it; 0 says nothing."""
        self._counts[region] = count
        self.retitle()

    def retitle(self) -> None:
        """Write the titles in the language shown."""
        for region, dock in self._docks.items():
            count = self._counts.get(region, 0)
            title = region_title(region)
            dock.setWindowTitle(f"{title} {count}" if count else title)

    def set_theme(self, theme: Theme) -> None:
        """Colour the icons of tabs and title bars."""
        self._quiet = quiet = theme.hex(Token.SECONDARY)
        for region, dock in self._docks.items():
            dock.setIcon(QIcon(qtawesome.icon(_ICONS[region], color=quiet)))
        self._dress_buttons()

    def _dress_buttons(self) -> None:
        """Colour the title bars' buttons; areas made anew come with others."""
        for name, glyph in _BUTTON_ICONS.items():
            for button in self.manager.findChildren(QAbstractButton, name):
                button.setIcon(QIcon(qtawesome.icon(glyph, color=self._quiet)))

    def toggle_actions(self) -> list[QAction]:
        """Return one action a region that shows or hides it."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def show_region(self, region: Region) -> None:
        """Bring a region to the front and give it the focus."""
        dock = self._docks[region]
        dock.toggleView(True)
        dock.setAsCurrentTab()
        target = self._focus_target(dock.widget())
        if target is not None:
            target.setFocus()

    def next_region(self, step: int = 1) -> Region:
        """Give the focus to the next region on screen, or the one before with ``step=-1``."""
        shown = [
            region
            for region, dock in self._docks.items()
            if not dock.isClosed() and dock.isCurrentTab()
        ]
        if not shown:
            self.show_region(Region.QUEUE)
            return Region.QUEUE
        now = self.focused_region()
        start = shown.index(now) + step if now in shown else 0
        region = shown[start % len(shown)]
        self.show_region(region)
        return region

    def focused_region(self) -> Region | None:
        """Return the region that has the keyboard's focus."""
        widget = QApplication.focusWidget()
        for region, dock in self._docks.items():
            if widget is not None and (dock is widget or dock.isAncestorOf(widget)):
                return region
        return None

    def _tell_entered(self, _before: QWidget | None, now: QWidget | None) -> None:
        region = self.focused_region() if now is not None else None
        if region is not None:
            self.region_entered.emit(region)

    @staticmethod
    def _focus_target(widget: QWidget | None) -> QWidget | None:
        if widget is None or widget.focusPolicy() or widget.focusProxy() is not None:
            return widget
        held = (child for child in widget.findChildren(QWidget) if child.focusPolicy())
        return next((child for child in held if child.isVisibleTo(widget)), widget)

    def save(self, settings: QSettings) -> None:
        """Keep the present arrangement under its workspace's name."""
        settings.setValue(f"layout/{self.workspace}", self.manager.saveState(LAYOUT_VERSION))
        settings.setValue("workspace", self.workspace.value)

    def restore(self, settings: QSettings) -> None:
        """Show the workspace that was shown last, as it was left."""
        name = str(settings.value("workspace", Workspace.DISPATCHER.value))
        known = name in {each.value for each in Workspace}
        self.workspace = Workspace(name) if known else Workspace.DISPATCHER
        self._open(settings)

    def use_workspace(self, workspace: Workspace, settings: QSettings) -> None:
        """Change to another workspace, keeping how this one is arranged."""
        self.save(settings)
        self.workspace = workspace
        self._open(settings)

    def reset(self) -> None:
        """Arrange the present workspace as it was delivered."""
        self._arrange(self.workspace)

    def _open(self, settings: QSettings) -> None:
        self._settling.stop()
        state = settings.value(f"layout/{self.workspace}")
        if isinstance(state, QByteArray) and self.manager.restoreState(state, LAYOUT_VERSION):
            self._delivered.clear()
            self._sizes = []
            self._settling.start()
        else:
            self._arrange(self.workspace)

    def _arrange(self, workspace: Workspace) -> None:
        self._settling.stop()
        self._delivered.clear()
        arrangements: Mapping[Workspace, Callable[[], None]] = {
            Workspace.DISPATCHER: self._arrange_dispatcher,
            Workspace.WALL: self._arrange_wall,
        }
        for dock in self._docks.values():
            if dock.isFloating() or dock.isClosed():
                dock.toggleView(True)
        arrangements[workspace]()
        for splitter in self.manager.findChildren(QSplitter):
            splitter.splitterMoved.connect(
                self._forget_delivered, Qt.ConnectionType.UniqueConnection
            )
        for dock in self._docks.values():
            dock.toggleView(True)
        fronts: Mapping[Workspace, tuple[Region, ...]] = {
            Workspace.DISPATCHER: (Region.DUTY,),
            Workspace.WALL: (Region.CARD, Region.NEAR),
        }
        for region in fronts[workspace]:
            self._docks[region].setAsCurrentTab()

    def _add(self, side: Any, region: Region, beside: Any = None) -> Any:
        return self.manager.addDockWidget(side, self._docks[region], beside)

    def _tab(self, region: Region, area: Any) -> None:
        self.manager.addDockWidgetTabToArea(self._docks[region], area)

    def _split(self, area: Any, shares: list[int]) -> None:
        """Share the room out, and again soon: before the window shows there is none to share."""
        self.manager.setSplitterSizes(area, shares)
        self._delivered.append((area, shares))
        self._settling.start()

    def _arrange_dispatcher(self) -> None:
        """Queue, map over wall and duty, card over who is near: the dispatcher's sketch."""
        middle = self._add(QtAds.CenterDockWidgetArea, Region.MAP)
        queue = self._add(QtAds.LeftDockWidgetArea, Region.QUEUE, middle)
        card = self._add(QtAds.RightDockWidgetArea, Region.CARD, middle)
        near = self._add(QtAds.BottomDockWidgetArea, Region.NEAR, card)
        wall = self._add(QtAds.BottomDockWidgetArea, Region.WALL, middle)
        duty = self._add(QtAds.RightDockWidgetArea, Region.DUTY, wall)
        self._tab(Region.TRAY, duty)
        self._split(queue, [540, 900, 480])
        self._split(near, [620, 380])
        self._split(middle, [640, 360])
        self._split(duty, [600, 360])

    def _arrange_wall(self) -> None:
        """The wall fills the screen; queue, card and map beside it."""
        wall = self._add(QtAds.CenterDockWidgetArea, Region.WALL)
        queue = self._add(QtAds.RightDockWidgetArea, Region.QUEUE, wall)
        card = self._add(QtAds.BottomDockWidgetArea, Region.CARD, queue)
        near = self._add(QtAds.BottomDockWidgetArea, Region.NEAR, card)
        for region in (Region.MAP, Region.DUTY):
            self._tab(region, card)
        self._tab(Region.TRAY, near)
        self._split(wall, [1400, 520])
        self._split(near, [320, 400, 300])
