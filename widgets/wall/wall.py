"""The video wall: tiles, strip and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from console.domain.ids import CameraId
from console.ui.planbook import PlanBook
from console.ui.wall_directory import DirectoryDesk
from console.ui.wall_feed import WallFeed
from console.ui.wall_hints import WallHints
from console.ui.wall_patrol import plan_of_points
from console.ui.wall_values import GRIDS, MOST_TILES
from widgets.common.appearance import Appearance
from widgets.wall.canvas import TileCanvas
from widgets.wall.directory import DirectoryPanel
from widgets.wall.hint_keys import HintKeys
from widgets.wall.plans import PlanSheet
from widgets.wall.repairs import PANEL_PX as REPAIRS_PX
from widgets.wall.repairs import RepairsPanel
from widgets.wall.strip import WallSide, WallStrip
from widgets.wall.unseen import UnseenPanel

#: By Ctrl and a digit: the grids, then one large tile among 5, 7 and 12 small ones.
LAYOUTS = (*GRIDS, 6, 8, 13)
#: From this width on the strip stands beside the tiles instead of under them.
WIDE_PX = 1100
#: How a camera moves by Alt and a key: pan, tilt, zoom.
_SPEEDS: dict[int, tuple[float, float, float]] = {
    Qt.Key.Key_Left: (-0.5, 0.0, 0.0), Qt.Key.Key_Right: (0.5, 0.0, 0.0),
    Qt.Key.Key_Up: (0.0, 0.5, 0.0), Qt.Key.Key_Down: (0.0, -0.5, 0.0),
    Qt.Key.Key_PageUp: (0.0, 0.0, 0.5), Qt.Key.Key_PageDown: (0.0, 0.0, -0.5),
}  # fmt: skip
#: The editor of plans is as wide, where the wall is.
_SHEET_PX = 1020
_SHIFTED_DIGITS = "!@#$%^&"


class WallWidget(QWidget):
    """The wall. Streams run only while it can be seen.

    Keys: Space holds, ←/→ turn the page, 1–9 (and Shift+1–7 for 10–16) or ↑/↓ pick a tile,
    S takes evidence, P pins, R shows the next point to repair, Ctrl+1…9 choose the layout,
    + and - add and take away a tile, / searches the directory, L runs the plan on offer or the
    next one, E edits plans, U lists what nobody has looked at today, T the points to repair with
    their figures, H hands plan or page to
    another screen, Alt with arrows or Page Up and Down moves a camera that can, C, X, N and M
    answer hints (see `HintKeys`), Enter opens the tile alone and back, F fills the screen, Esc goes
    back to the plan.

    Args:
        feed: What is shown.
        appearance: Theme and language.

    Signals:
        evidence_taken: The ``EvidenceShot``, to be made into an incident.
        evidence_refused: Why none could be taken, a sentence.
        camera_picked: ``CameraId`` of the point on the tile picked.
        layout_changed: How many tiles are shown now.
        next_plan_wanted: L was pressed.
        hand_wanted: H was pressed.
        move_wanted: ``CameraId`` of a point, and its speeds: pan, tilt, zoom, -1 to 1.
        told: A sentence about what a key has done.
        map_wanted: Ids of points to be shown on the map.
    """

    told = Signal(str)
    map_wanted = Signal(list)

    evidence_taken = Signal(object)
    evidence_refused = Signal(str)
    camera_picked = Signal(str)
    layout_changed = Signal(int)
    next_plan_wanted = Signal()
    hand_wanted = Signal()
    move_wanted = Signal(str, float, float, float)

    def __init__(
        self, feed: WallFeed, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._feed = feed
        self._before_single = 4
        self._is_moving = False
        self.canvas = TileCanvas(feed, appearance, self)
        self.strip = WallStrip(feed, appearance, self)
        self.side = WallSide(feed, appearance, self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.canvas, 0, 0)
        grid.addWidget(self.side, 0, 1)
        grid.addWidget(self.strip, 1, 0, 1, 2)
        self.directory: DirectoryPanel | None = None
        self.plans: PlanSheet | None = None
        self.unseen = UnseenPanel(feed, self)
        self.unseen.hide()
        self.unseen.points_wanted.connect(self._show_points)
        self.unseen.closed.connect(self.close_panels)
        self.repairs = RepairsPanel(self)
        self.repairs.hide()
        self.repairs.point_wanted.connect(lambda point: self._show_points([point], ""))
        self.repairs.closed.connect(self.close_panels)
        self._hint_keys: HintKeys | None = None
        self.setFocusProxy(self.canvas)
        self.side.hide()
        self.canvas.tile_picked.connect(self._tell_picked)
        self.canvas.tile_opened.connect(self.open_alone)
        self.side.repair_picked.connect(self._go_to)
        feed.evidence_taken.connect(self.evidence_taken)
        feed.evidence_refused.connect(self._tell_refused)
        feed.strip_changed.connect(self.canvas.show_progress)

    def set_directory(self, desk: DirectoryDesk) -> None:
        """Offer the camera directory, opened by its key."""
        panel = self.directory = DirectoryPanel(desk, self)
        panel.hide()
        panel.points_wanted.connect(self._show_points)
        panel.patrol_wanted.connect(self._patrol_points)
        panel.plan_wanted.connect(self._plan_points)
        panel.map_wanted.connect(self.map_wanted)
        panel.closed.connect(self.close_panels)

    def set_plans(self, book: PlanBook) -> None:
        """Offer the editor of plans, opened by its key."""
        sheet = self.plans = PlanSheet(book, self)
        sheet.hide()
        sheet.closed.connect(self.close_panels)
        sheet.run_wanted.connect(lambda _plan: self.close_panels())

    def set_hints(self, hints: WallHints) -> None:
        """Show hints, and have keys answer them."""
        self._hint_keys = HintKeys(self._feed, hints, self.canvas, self._go_to, self)
        self._hint_keys.told.connect(self.told)
        self.canvas.set_hints(hints)
        self.side.set_hints(hints)

    def open_directory(self) -> None:
        """Show the directory over the left of the wall."""
        if self.directory is not None:
            self._lay_panel(self.directory, self.directory.width())
            self.directory.open()

    def open_plans(self) -> None:
        """Show the editor of plans over the wall."""
        if self.plans is not None:
            self._lay_panel(self.plans, min(self.width(), _SHEET_PX))
            self.plans.open()

    def open_unseen(self) -> None:
        """Show what nobody has looked at today over the left of the wall."""
        self._lay_panel(self.unseen, self.unseen.width())
        self.unseen.open()

    def open_repairs(self) -> None:
        """Show the repair list with its figures over the wall."""
        self._lay_panel(self.repairs, min(self.width(), REPAIRS_PX))
        self.repairs.open()

    def close_panels(self) -> None:
        """Put away what lies over the wall; keys act on the tiles again."""
        for panel in self._panels():
            panel.hide()
        self.canvas.setFocus()

    def _panels(self) -> list[QWidget]:
        panels = (self.directory, self.plans, self.unseen, self.repairs)
        return [one for one in panels if one is not None]

    def _lay_panel(self, panel: QWidget, width: int) -> None:
        for other in self._panels():
            other.setVisible(other is panel and other.isVisible())
        panel.setFixedHeight(max(1, self.canvas.height()))
        panel.setGeometry(0, 0, width, self.canvas.height())

    def _show_points(self, points: list[str], name: str) -> None:
        """Show points of the directory: the page that has one, else these alone."""
        number = self._feed.go_to(CameraId(points[0])) if len(points) == 1 else None
        if number is None:
            self._feed.show_points([CameraId(one) for one in points], name=name)
            number = 0
        self.close_panels()
        self.canvas.pick(number)

    def _patrol_points(self, points: list[str], name: str) -> None:
        """Look at points in turn until Esc: those of a branch of the directory."""
        known = [point for one in points if self._feed.knows(point := CameraId(one))]
        if known:
            self._feed.lend_plan(plan_of_points(name, known), known[0])
            text = self.tr("Patrolling {0}: {1} points. Esc goes back to the plan.")
            self.told.emit(text.format(name, f"{len(known):,}"))
        self.close_panels()

    def _plan_points(self, points: list[str], name: str) -> None:
        """Begin a plan of points in the editor."""
        if self.plans is not None:
            self.open_plans()
            self.plans.begin_with(name, points)

    def set_layout(self, tiles: int) -> None:
        """Show 1 to 36 tiles."""
        tiles = min(MOST_TILES, max(1, tiles))
        if tiles == self._feed.tiles:
            return
        self._feed.set_tiles(tiles)
        self.layout_changed.emit(tiles)

    def open_alone(self, number: int) -> None:
        """Show one tile alone and hold; from there, go back to the layout before."""
        if self._feed.tiles == 1:
            self.set_layout(self._before_single)
            if self._feed.held:
                self._feed.toggle_hold()
            return
        camera = self._feed.tile(number).camera
        if camera is None:
            return
        self._before_single = self._feed.tiles
        self.set_layout(1)
        self._feed.go_to(camera)
        if not self._feed.held:
            self._feed.toggle_hold()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Do what the key says; others go on to whoever wants them."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers == Qt.KeyboardModifier.ControlModifier:
            done = self._choose_layout(event.key())
        elif modifiers == Qt.KeyboardModifier.AltModifier:
            done = self._move(event, 1.0)
        elif modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            done = self._pick_by_key(event, modifiers) or (
                (modifiers == Qt.KeyboardModifier.NoModifier or event.key() == Qt.Key.Key_Plus)
                and self._act(event.key())
            )
        else:
            done = False
        if not done:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """A camera that is moved by hand stops when the key is let go."""
        if not self._move(event, 0.0):
            super().keyReleaseEvent(event)

    def _move(self, event: QKeyEvent, share: float) -> bool:
        """Have the picked point's camera move with Alt and arrows, Page Up and Page Down."""
        speeds = _SPEEDS.get(event.key())
        if speeds is None or event.isAutoRepeat() or (share == 0.0 and not self._is_moving):
            return speeds is not None and bool(share)
        camera = self._feed.tile(self.canvas.picked).camera
        self._is_moving = bool(share) and camera is not None
        if camera is not None:
            self.move_wanted.emit(camera, *(share * speed for speed in speeds))
        return True

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Watch while it can be seen."""
        super().showEvent(event)
        self.window().installEventFilter(self)
        self._feed.set_watching(not self.window().isMinimized())

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Decode nothing that nobody sees."""
        super().hideEvent(event)
        self._feed.set_watching(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """What lies in a minimised window is not seen either."""
        if event.type() == QEvent.Type.WindowStateChange and watched is self.window():
            self._feed.set_watching(self.isVisible() and not self.window().isMinimized())
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the strip beside the tiles where there is room, else under them."""
        super().resizeEvent(event)
        wide = self.width() >= WIDE_PX and self.height() >= 420
        self.side.setVisible(wide)
        self.strip.setVisible(not wide)
        for panel in self._panels():
            panel.setFixedHeight(max(1, self.canvas.height()))

    def fill_screen(self, fill: bool) -> None:
        """Fill the screen, or go back into the window; the wall stays what it is."""
        if fill == bool(self.windowState() & Qt.WindowState.WindowFullScreen):
            return
        if fill:
            self.setWindowFlag(Qt.WindowType.Window, True)
            self.showFullScreen()
        else:
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)
            self.setWindowFlag(Qt.WindowType.Window, self.parentWidget() is None)
            self.show()
        self.canvas.setFocus()

    def _act(self, key: int) -> bool:
        feed, picked = self._feed, self.canvas.picked
        match key:
            case Qt.Key.Key_Space:
                feed.toggle_hold()
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                feed.step(1 if key == Qt.Key.Key_Right else -1)
            case Qt.Key.Key_Up | Qt.Key.Key_Down:
                step = 1 if key == Qt.Key.Key_Down else -1
                self.canvas.pick((picked + step) % feed.tiles)
            case Qt.Key.Key_Plus | Qt.Key.Key_Minus:
                self.set_layout(feed.tiles + (1 if key == Qt.Key.Key_Plus else -1))
            case Qt.Key.Key_S:
                feed.take_evidence(picked)
            case Qt.Key.Key_P:
                feed.toggle_pin(picked)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.open_alone(picked)
            case Qt.Key.Key_F:
                self.fill_screen(not self.isFullScreen())
            case Qt.Key.Key_Escape if self.isFullScreen():
                self.fill_screen(False)
            case Qt.Key.Key_Escape if feed.is_lent:
                feed.resume_plan()
            case _:
                return self._go(key)
        return True

    def _go(self, key: int) -> bool:
        """Do what the keys say that lead to other points."""
        match key:
            case Qt.Key.Key_Slash:
                self.open_directory()
            case Qt.Key.Key_L:
                self.next_plan_wanted.emit()
            case Qt.Key.Key_E:
                self.open_plans()
            case Qt.Key.Key_U:
                self.open_unseen()
            case Qt.Key.Key_T:
                self.open_repairs()
            case Qt.Key.Key_H:
                self.hand_wanted.emit()
            case Qt.Key.Key_R:
                self._next_repair()
            case _:
                return self._hint_keys is not None and self._hint_keys.act(key)
        return True

    def _pick_by_key(self, event: QKeyEvent, modifiers: Qt.KeyboardModifier) -> bool:
        shifted = modifiers == Qt.KeyboardModifier.ShiftModifier
        text = event.text()
        if not shifted and Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            number = event.key() - int(Qt.Key.Key_1)
        elif shifted and len(text) == 1 and text in _SHIFTED_DIGITS:
            number = 9 + _SHIFTED_DIGITS.index(text)
        else:
            return False
        self.canvas.pick(number)
        return True

    def _choose_layout(self, key: int) -> bool:
        at = key - int(Qt.Key.Key_1)
        if not 0 <= at < len(LAYOUTS):
            return False
        self.set_layout(LAYOUTS[at])
        return True

    def _next_repair(self) -> None:
        """Turn to the next point with a fault, after those that are on now."""
        repairs = [repair.camera for repair in self._feed.strip().repairs]
        if not repairs:
            return
        shown = self._feed.tile(self.canvas.picked).camera
        at = repairs.index(shown) + 1 if shown in repairs else 0
        self._go_to(repairs[at % len(repairs)])

    def next_plan(self) -> None:
        """Run the next of the plans, after the last all points again."""
        plans = (None, *self._feed.plans.given)
        names = ["all", *(plan.name for plan in self._feed.plans.given)]
        running = self._feed.strip().plan
        at = names.index(running) + 1 if running in names else 0
        chosen = plans[at % len(plans)]
        if chosen is not None and chosen.tiles is not None:
            self.set_layout(chosen.tiles)
        self._feed.set_plan(chosen)

    def _go_to(self, camera: str) -> None:
        number = self._feed.go_to(CameraId(camera))
        if number is not None:
            self.canvas.pick(number)

    def _tell_picked(self, number: int) -> None:
        camera = self._feed.tile(number).camera
        if camera is not None:
            self.camera_picked.emit(camera)

    def _tell_refused(self, number: int, sentence: str) -> None:
        self.evidence_refused.emit(self.tr("Tile {0}: {1}").format(number + 1, sentence))
