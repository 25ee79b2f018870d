"""What a sensor read, drawn over the hours: its limits as lines, its silence as gaps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from console.domain.sensors import MISSED, Sensor
from widgets.common.theme import SMALL_PX

_HOUR_S, _DAY_S = 3600, 86_400
#: Room above and below what was read and its limits, of the height between them.
_ROOM = 0.08


class TimeAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Times of the day or, over more than two days, days; where this machine is."""

    def tickValues(  # noqa: N802
        self, first: float, last: float, _size: float
    ) -> list[tuple[float, list[float]]]:
        """Return the round times between two, Unix seconds."""
        step = 4 * _HOUR_S if last - first <= 2 * _DAY_S else _DAY_S
        midnight = datetime.fromtimestamp(first).astimezone().replace(
            hour=0, minute=0, second=0, microsecond=0
        )  # fmt: skip
        ticks, at = [], midnight
        while at.timestamp() <= last:
            if at.timestamp() >= first:
                ticks.append(at.timestamp())
            at += timedelta(seconds=step)
        return [(float(step), ticks)]

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:  # noqa: N802
        """Return what is written at times."""
        text = "%H:%M" if spacing < _DAY_S else "%m-%d"
        return [datetime.fromtimestamp(one).astimezone().strftime(text) for one in values]


class SensorPlot(QWidget):
    """A plot of one sensor's readings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = TimeAxis(orientation="bottom")
        self._plot = pg.PlotWidget(axisItems={"bottom": self._axis}, enableMenu=False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._curve = self._plot.plot([], [], connect="finite", antialias=False)
        self._lines: list[pg.InfiniteLine] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._dress()

    def show_readings(
        self, sensor: Sensor, rows: Sequence[tuple[int, float]], span: tuple[datetime, datetime]
    ) -> None:
        """Draw readings.

        Args:
            sensor: Whose limits are drawn.
            rows: Unix milliseconds and values, oldest first.
            span: From when to when, aware.
        """
        times, values = with_gaps(rows, MISSED * sensor.period_s)
        self._curve.setData(times, values)
        for line in self._lines:
            self._plot.removeItem(line)
        limits = [one for one in (sensor.limit, sensor.low_limit) if one is not None]
        self._lines = [self._limit_line(one) for one in limits]
        for line in self._lines:
            self._plot.addItem(line)
        drawn = [value for _, value in rows] + limits
        low, high = (min(drawn), max(drawn)) if drawn else (0.0, 1.0)
        room = _ROOM * (high - low) or 1.0
        self._plot.setXRange(*(one.timestamp() for one in span), padding=0)
        self._plot.setYRange(low - room, high + room, padding=0)
        self._plot.setLabel("left", sensor.unit)
        self._dress()

    @property
    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """The times, Unix seconds, and the values drawn; not a number where the line is broken."""
        times, values = self._curve.getData()
        nothing = np.zeros(0)
        return (nothing, nothing) if times is None else (times, values)

    @property
    def limits(self) -> list[float]:
        """The values at which limits are drawn."""
        return [float(line.value()) for line in self._lines]

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Wear the colours of another theme."""
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}:
            self._dress()
        super().changeEvent(event)

    def _limit_line(self, value: float) -> pg.InfiniteLine:
        named = {"position": 0.02, "anchors": [(0, 0.5), (0, 0.5)], "movable": False}
        return pg.InfiniteLine(value, angle=0, movable=False, label=f"{value:g}", labelOpts=named)

    def _dress(self) -> None:
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        ground = palette.color(QPalette.ColorRole.Base)
        self._plot.setBackground(ground)
        font = self.font()
        font.setPixelSize(SMALL_PX)
        for side in ("bottom", "left"):
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(quiet))
            axis.setTextPen(pg.mkPen(quiet))
            axis.setTickFont(font)
        self._plot.showGrid(x=True, y=True, alpha=0.15)
        self._curve.setPen(pg.mkPen(palette.color(QPalette.ColorRole.Link), width=1))
        for line in self._lines:
            line.setPen(pg.mkPen(text, width=1, style=Qt.PenStyle.DashLine))
            line.label.setColor(text)
            line.label.fill = pg.mkBrush(ground)


def with_gaps(rows: Sequence[tuple[int, float]], longest_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times, Unix seconds, and values, broken by a value that is none where it was silent.

    Args:
        rows: Unix milliseconds and values, oldest first.
        longest_s: Readings further apart are not joined.
    """
    if not rows:
        return np.zeros(0), np.zeros(0)
    times = np.array([t_ms for t_ms, _ in rows], float) / 1000
    values = np.array([value for _, value in rows], float)
    at = np.flatnonzero(np.diff(times) > longest_s) + 1
    return np.insert(times, at, times[at - 1]), np.insert(values, at, np.nan)
