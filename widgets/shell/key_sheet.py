"""The sheet of keys (F1): every action, by where it works; not modal."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from widgets.common.labels import set_tone

#: What a key means is written in two lines where it is longer.
_WIDEST_PX = 184
_STEP_PX = 40


class KeySheet(QFrame):
    """Lies over the middle of the window until Esc or F1."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setProperty("role", "popup")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._body = QWidget()
        self._rows = QHBoxLayout(self._body)
        self._rows.setContentsMargins(16, 14, 16, 14)
        self._rows.setSpacing(18)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self._body)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._area)
        self._before: QWidget | None = None
        self.hide()

    def toggle(self) -> None:
        """Show the sheet, or put it away and go back to where the focus was."""
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus()
            return
        self._before = self.window().focusWidget()
        self._fill()
        self._fit()
        middle = self.window().rect().center()
        self.move(max(0, middle.x() - self.width() // 2), max(0, middle.y() - self.height() // 2))
        self.show()
        self.raise_()
        self.setFocus()

    def _fit(self) -> None:
        """Take the room that all keys need, but no more than the window has; the rest scrolls."""
        self._body.adjustSize()
        room, frame = self.window().size(), 2 * self.frameWidth()
        bar = self._area.verticalScrollBar().sizeHint().width()
        wanted = self._body.sizeHint() + QSize(frame, frame)
        if wanted.height() > room.height():
            wanted += QSize(bar, 0)
        if wanted.width() > room.width():
            wanted += QSize(0, bar)
        self.resize(wanted.boundedTo(room))

    def _groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return [
            (
                self.tr("Everywhere"),
                [
                    ("Ctrl+K", self.tr("command line")),
                    ("Ctrl+N", self.tr("new incident")),
                    ("F7", self.tr("take a call; again leaves it")),
                    ("F6 / Shift+F6", self.tr("next panel, panel before")),
                    ("Alt+1 … Alt+7", self.tr("go to a panel")),
                    ("F2 / F3", self.tr("dispatcher, wall operator")),
                    ("F4", self.tr("acknowledge the top alarm")),
                    ("F11", self.tr("duty window")),
                    ("F9", self.tr("administration")),
                    ("Shift+F9", self.tr("documents and fines")),
                    ("F10", self.tr("menu")),
                    ("Ctrl+L", self.tr("language")),
                    ("Ctrl+T", self.tr("dark or light")),
                    ("Ctrl+Alt+L", self.tr("lock the screen")),
                    ("Ctrl+Q", self.tr("end")),
                ],
            ),
            (
                self.tr("Queue"),
                [
                    ("↑ ↓", self.tr("choose")),
                    ("Enter", self.tr("pick: map, card, who is near")),
                    ("Space", self.tr("acknowledge")),
                    ("1 – 4", self.tr("set the level")),
                    ("U", self.tr("part the last report that was joined")),
                    ("N", self.tr("take a call")),
                    ("/", self.tr("filter")),
                ],
            ),
            (
                self.tr("Near"),
                [
                    ("1 – 9", self.tr("send that unit")),
                    ("Enter", self.tr("send the first two")),
                    ("R", self.tr("send those recommended")),
                    ("Space", self.tr("show it on the map")),
                ],
            ),
            (
                self.tr("Map"),
                [
                    ("+ −  ← ↑ → ↓", self.tr("zoom, move")),
                    ("Home", self.tr("whole city")),
                    ("L", self.tr("layers and legend")),
                    (
                        "U O C S I A H",
                        self.tr("units, off duty, cameras, sensors, incidents, areas, heat"),
                    ),
                    ("D R T", self.tr("districts, responsibility grids, three colours")),
                    ("G", self.tr("groups where it is dense")),
                    ("/", self.tr("search")),
                    ("Y", self.tr("positions of the past")),
                    ("V", self.tr("keep the trail of the picked unit")),
                    ("Space", self.tr("with a tool: take the middle")),
                    ("Ctrl+M", self.tr("another map in a window")),
                    ("Enter", self.tr("pick what is nearest to the middle")),
                    ("P", self.tr("menu at the middle: new incident, near, way …")),
                    ("Esc", self.tr("back to the queue")),
                ],
            ),
            (
                self.tr("Wall"),
                [
                    ("Space", self.tr("hold, go on")),
                    ("← →", self.tr("page before, next page")),
                    ("1 – 9  ↑ ↓", self.tr("choose a tile")),
                    ("Enter", self.tr("that tile alone, and back")),
                    ("S", self.tr("evidence into a new incident")),
                    ("P", self.tr("pin the point")),
                    ("R  T", self.tr("next point to repair, repair list")),
                    ("Ctrl+1 … Ctrl+9", self.tr("1 to 36 tiles")),
                    ("/", self.tr("directory of points")),
                    ("L  E", self.tr("next plan, edit plans")),
                    ("U", self.tr("points not looked at today")),
                    ("H", self.tr("hand plan or page to another screen")),
                    ("Alt+← ↑ → ↓ PgUp PgDn", self.tr("move the camera, zoom")),
                    ("F", self.tr("fill the screen")),
                    ("Esc", self.tr("back to the plan")),
                ],
            ),
            (
                self.tr("Incident"),
                [
                    ("V", self.tr("verify the outcome")),
                    ("B", self.tr("send it back")),
                    ("C", self.tr("close")),
                    ("G", self.tr("command of a big incident: plan, sectors, cases, log")),
                    ("X", self.tr("cancel, with a reason")),
                    ("T", self.tr("it was told by phone or radio")),
                    ("H", self.tr("hand a task to another unit")),
                    ("U", self.tr("call up a unit that stands by")),
                    ("O", self.tr("why another unit than recommended")),
                    ("W", self.tr("call a unit back")),
                    ("E", self.tr("look at the evidence")),
                    ("← →  F", self.tr("another live camera, in full")),
                ],
            ),
            (
                self.tr("Intake"),
                [
                    ("Tab / Enter", self.tr("next field")),
                    ("Ctrl+Enter", self.tr("file it")),
                    ("F12", self.tr("urgent: to the dispatch screen")),
                    ("Ctrl+J", self.tr("where it goes: the same case, its own")),
                    ("F8", self.tr("write the form's usual words")),
                    ("Ctrl+H", self.tr("write down what to know of the place")),
                    ("F5", self.tr("begin anew")),
                ],
            ),
            (
                self.tr("Command line"),
                [
                    ("D 3 K7 K9", self.tr("send K7 and K9 to row 3")),
                    ("R 3 K7 radio", self.tr("it was ordered by voice")),
                    ("S K7 [3] arrived", self.tr("what K7 said by radio")),
                    ("W K7 …", self.tr("call K7 back, with a reason")),
                    ("V 3 · C 3 · X 3 …", self.tr("verify, close, cancel row 3")),
                    ("L 3 1 · T 3 …", self.tr("set the level, write into the log")),
                    ("F 3 … · P 3 · G K7", self.tr("attach a file, pick, show on the map")),
                    ("N …", self.tr("new incident: form @place")),
                    ("/undo", self.tr("take back what was done last")),
                    ("/hold /resume", self.tr("hold the clocks, let them go on")),
                    ("/join /part /split", self.tr("one case of two, and back")),
                    ("/reopen /rate", self.tr("open again, what the caller said")),
                    ("/standby /callup", self.tr("have units stand by, send them")),
                    ("/handover /why", self.tr("hand a task on, why another unit")),
                    ("/help /lend /decline", self.tr("help across districts")),
                    ("/major /child /sector", self.tr("big incident, its cases and sectors")),
                    ("/event", self.tr("open a big incident from a plan")),
                    ("/msg /all /roll", self.tr("message, broadcast, roll call")),
                    ("/call /on /off", self.tr("call a unit, on and off duty")),
                    ("/print /export", self.tr("the case as PDF, lists as CSV or XLSX")),
                    ("Tab", self.tr("complete")),
                ],
            ),
        ]

    def _fill(self) -> None:
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        groups = self._groups()
        everywhere, queue, near, area, wall, incident, intake, line = groups
        for columns in ((everywhere, incident), (queue, area), (wall, intake), (near, line)):
            holder = QWidget()
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(6)
            for title, keys in columns:
                self._add_group(column, title, keys)
            column.addStretch(1)
            self._rows.addWidget(holder)

    @staticmethod
    def _add_group(column: QVBoxLayout, title: str, keys: list[tuple[str, str]]) -> None:
        heading = QLabel(title)
        set_tone(heading, "title")
        column.addWidget(heading)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for row, (key, meaning) in enumerate(keys):
            cap = QLabel(key)
            cap.setProperty("role", "key")
            grid.addWidget(cap, row, 0, Qt.AlignmentFlag.AlignLeft)
            words = QLabel(meaning)
            words.setWordWrap(words.sizeHint().width() > _WIDEST_PX)
            words.setMaximumWidth(_WIDEST_PX)
            grid.addWidget(words, row, 1)
        column.addLayout(grid)
        column.addSpacing(10)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc puts it away; arrows and pages move it where the window is too small for all."""
        across, down = self._area.horizontalScrollBar(), self._area.verticalScrollBar()
        steps = {
            Qt.Key.Key_Up: (down, -_STEP_PX),
            Qt.Key.Key_Down: (down, _STEP_PX),
            Qt.Key.Key_PageUp: (down, -down.pageStep()),
            Qt.Key.Key_PageDown: (down, down.pageStep()),
            Qt.Key.Key_Left: (across, -_STEP_PX),
            Qt.Key.Key_Right: (across, _STEP_PX),
        }
        step = steps.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape:
            self.toggle()
        elif step is not None:
            step[0].setValue(step[0].value() + step[1])
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange and self.isVisible():
            self._fill()
        super().changeEvent(event)
