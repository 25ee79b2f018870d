"""What is known of one sensor, over the map: what it reads, what it has read, when it alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from console.domain.sensors import Sensor
from console.ui.words import age_text
from widgets.common.elided import ElidedLabel
from widgets.common.labels import set_tone
from widgets.map.sensorplot import SensorPlot

#: How far back the plot looks, hours; the first is what is looked at first.
SPANS_H = (24, 7 * 24)
_WIDE, _HIGH, _NARROW, _LOW = 430, 260, 260, 170
_BESIDE, _BELOW = 8, 40


class SensorPanel(QFrame):
    """One sensor's panel in the map's corner.

    Signals:
        span_chosen: Hours that the plot is to look back.
        closed: It was closed.
    """

    span_chosen = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setProperty("role", "popup")
        self.title, self.state, self.rule = ElidedLabel(), ElidedLabel(), ElidedLabel()
        set_tone(self.title, "figure")
        set_tone(self.rule, "small")
        self.plot, self.why = SensorPlot(), QLabel()
        self.why.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.why.setWordWrap(True)
        set_tone(self.why, "secondary")
        self._group = QButtonGroup(self)
        self._buttons = [self._button(hours) for hours in SPANS_H]
        self._close = QToolButton()
        self._close.setText("✕")
        self._close.setProperty("role", "flat")
        self._close.clicked.connect(self.close_panel)
        self._build()
        parent.installEventFilter(self)
        self.retranslate()
        self.hide()

    @property
    def hours(self) -> int:
        """How far back the plot looks."""
        return int(self._group.checkedId())

    def open_panel(self) -> None:
        """Show it in its corner."""
        self._place()
        self.show()
        self.raise_()

    def close_panel(self) -> None:
        """Take it away."""
        self.hide()
        self.closed.emit()

    def say(self, sentence: str) -> None:
        """Say in the plot's place why there is none."""
        self.why.setText(sentence)
        self._stack.setCurrentWidget(self.why)

    def show_readings(
        self, sensor: Sensor, rows: Sequence[tuple[int, float]], until: datetime
    ) -> None:
        """Draw what a sensor has read up to a time."""
        self.plot.show_readings(sensor, rows, (until - timedelta(hours=self.hours), until))
        self._stack.setCurrentWidget(self.plot)

    @property
    def is_drawn(self) -> bool:
        """Whether a plot is shown, not a sentence."""
        return self._stack.currentWidget() is self.plot

    def retranslate(self) -> None:
        """Say everything in the language shown."""
        for button, hours in zip(self._buttons, SPANS_H, strict=True):
            button.setText(age_text(hours * 3600))
        self._close.setToolTip(self.tr("Close (Esc)"))
        self._close.setAccessibleName(self.tr("Close (Esc)"))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak another language."""
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keep to the corner when the map becomes larger or smaller."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _button(self, hours: int) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setChecked(hours == SPANS_H[0])
        self._group.addButton(button, hours)
        button.clicked.connect(lambda: self.span_chosen.emit(hours))
        return button

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        for button in (*self._buttons, self._close):
            head.addWidget(button)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.why)
        self._stack.addWidget(self.plot)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self.state)
        column.addLayout(self._stack, 1)
        column.addWidget(self.rule)

    def _place(self) -> None:
        room = self._over
        # What was picked stands in the middle of the map and stays in sight.
        width = min(_WIDE, max(_NARROW, room.width() // 2 - 3 * _BESIDE))
        height = min(_HIGH, max(_LOW, room.height() // 2 - _BELOW - _BESIDE))
        width = min(width, room.width() - 2 * _BESIDE)
        height = min(height, room.height() - _BELOW - _BESIDE)
        self.setGeometry(_BESIDE, room.height() - height - _BELOW, width, height)
