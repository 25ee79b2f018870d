"""The bar at the top: where, what to do, how much waits, whether all is connected, who, when."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from console.domain.levels import Level, Role
from console.ui.words import level_word, person_word, role_word
from widgets.common.appearance import Appearance
from widgets.common.elided import ElidedLabel
from widgets.common.labels import LinkLabel, MarkLabel, set_tone
from widgets.common.shapes import LEVEL_MARKS
from widgets.shell.command_edit import CommandEdit, CommandReader

COUNTED = (Level.CRITICAL, Level.HIGH, Level.CAUTION)
BAR_PX = 38


class LevelCount(QWidget):
    """How many incidents of one level are open: its mark and a figure."""

    def __init__(self, appearance: Appearance, level: Level) -> None:
        super().__init__()
        self._level, self._count = level, 0
        self._figure = QLabel("0")
        self._figure.setMinimumWidth(self._figure.fontMetrics().horizontalAdvance("000"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(MarkLabel(appearance, LEVEL_MARKS[level]))
        row.addWidget(self._figure)
        self.set_count(0)

    def set_count(self, count: int) -> None:
        """Show another figure; nought is quiet."""
        self._count = count
        self._figure.setText(str(count))
        set_tone(self._figure, "figure" if count else "secondary")
        self.setToolTip(self.tr("{0}: {1} open").format(level_word(self._level), count))

    def count(self) -> int:
        """Return the figure shown."""
        return self._count

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self.set_count(self._count)
        super().changeEvent(event)


class TopBar(QFrame):
    """The bar at the top of the window.

    Args:
        reader: Understands the command line.
    """

    def __init__(
        self, appearance: Appearance, reader: CommandReader, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.setFixedHeight(BAR_PX)
        self._unsent = 0
        self._person: tuple[str, Role] | None = None
        self.menu = QMenu(self)
        self._button = QToolButton()
        self._button.setText("⌂ Zhihui")
        self._button.setProperty("role", "flat")
        self._button.setMenu(self.menu)
        self._button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._city = ElidedLabel(least_chars=6)
        self.command = CommandEdit(reader)
        self.command.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._counts = {level: LevelCount(appearance, level) for level in COUNTED}
        self.link = LinkLabel(appearance)
        self._unsent_label = QLabel()
        self._who = ElidedLabel(least_chars=8)
        self._clock = QLabel()
        set_tone(self._clock, "figure")
        set_tone(self._city, "secondary")
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._show_clock)
        self._show_clock()
        self._retranslate()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 3, 10, 3)
        row.setSpacing(14)
        row.addWidget(self._button)
        row.addWidget(self._city)
        row.addWidget(self.command, 3)
        row.addStretch(1)
        for count in self._counts.values():
            row.addWidget(count)
        for label in (self.link, self._unsent_label, self._who, self._clock):
            row.addWidget(label)

    def open_menu(self) -> None:
        """Open the menu of workspaces, panels and looks."""
        self._button.showMenu()

    def set_city(self, name: str) -> None:
        """Show which city is watched."""
        self._city.setText(name)

    def set_person(self, name: str, role: Role) -> None:
        """Show who works here, as what."""
        self._person = (name, role)
        self._retranslate()

    def set_counts(self, open_by_level: dict[Level, int]) -> None:
        """Show how many incidents of each level are open."""
        for level, label in self._counts.items():
            label.set_count(open_by_level.get(level, 0))

    def counts(self) -> dict[Level, int]:
        """Return the figures shown."""
        return {level: label.count() for level, label in self._counts.items()}

    def set_unsent(self, count: int) -> None:
        """Show how many commands wait to be sent."""
        self._unsent = count
        self._retranslate()

    def _retranslate(self) -> None:
        self._unsent_label.setText(self.tr("unsent {0}").format(self._unsent))
        set_tone(self._unsent_label, "warn" if self._unsent else "secondary")
        if self._person is not None:
            name, role = self._person
            words = dict.fromkeys((person_word(name), role_word(role)))
            self._who.setText(" · ".join(words))
        self._button.setToolTip(self.tr("Workspaces, panels, language, theme (F10)"))

    def _show_clock(self) -> None:
        now = datetime.now().astimezone()
        self._clock.setText(now.strftime("%H:%M:%S"))
        zone = f"UTC{now.strftime('%z')}"
        told = self.tr("{0}, the city's own time ({1}); every time on the screen is told in it.")
        self._clock.setToolTip(told.format(now.strftime("%Y-%m-%d %H:%M"), zone))
        self._timer.start(1000 - now.microsecond // 1000)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
