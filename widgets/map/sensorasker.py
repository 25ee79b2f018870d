"""The panel of a picked sensor: kept true while it is open, its past asked of central."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from console.domain.sensors import LOW, Sensor
from console.ui.alarmlines import priority_word
from console.ui.mapmodel import MapModel
from console.ui.mapsensors import kind_word, sensor_text
from console.ui.words import age_text
from widgets.map.sensorpanel import SensorPanel


class SensorAsker(QObject):
    """Shows one sensor over a map."""

    def __init__(self, model: MapModel, over: QWidget) -> None:
        """Nothing is built before a sensor is picked."""
        super().__init__(over)
        self._model, self._over = model, over
        self._panel: SensorPanel | None = None
        self._sensor = ""
        #: What it has read, as far back as is looked; ``None`` before central has told.
        self._rows: list[tuple[int, float]] | None = None
        self._is_missed = self._was_live = False
        if model.sensors is not None:
            model.sensors.readings.looked.connect(self._freshen)

    @property
    def panel(self) -> SensorPanel | None:
        """The panel, once a sensor was picked."""
        return self._panel

    def open(self, sensor: str) -> None:
        """Show a sensor, and ask what it has read."""
        self._sensor = sensor
        if self._panel is None:
            self._panel = SensorPanel(self._over)
            self._panel.span_chosen.connect(self._ask)
            self._panel.closed.connect(self._forget)
        self._panel.open_panel()
        sensors = self._model.sensors
        self._was_live = sensors is not None and sensors.readings.is_live
        self._is_missed = False
        self._freshen()
        self._ask()

    def close(self) -> bool:
        """Close the panel; return whether it was open."""
        if self._panel is None or not self._panel.isVisible():
            return False
        self._panel.close_panel()
        return True

    def _forget(self) -> None:
        self._sensor, self._rows = "", None

    def _ask(self) -> None:
        if self._panel is not None:
            self._rows = None
            self._panel.say(self.tr("Fetching what it has read …"))
            self._ask_again()

    def _ask_again(self) -> None:
        panel, sensors = self._panel, self._model.sensors
        if panel is None or sensors is None:
            return
        self._is_missed = False
        asked = self._sensor, panel.hours
        span = timedelta(hours=panel.hours)
        sensors.readings.past(self._sensor, span, partial(self._take, asked))

    def _take(self, asked: tuple[str, int], rows: list[tuple[int, float]] | None) -> None:
        panel = self._panel
        if panel is None or asked != (self._sensor, panel.hours):
            return
        self._is_missed = rows is None
        if rows is None:
            if self._rows is None:
                panel.say(self.tr("Central is not reached; what it has read is kept there."))
            return
        self._rows = rows
        self._draw()

    def _freshen(self) -> None:
        """Tell what it reads now, and draw what came since."""
        panel, shown = self._panel, self._model.feed.sensor(self._sensor)
        if panel is None or not self._sensor or not panel.isVisible():
            return
        if shown is None:
            panel.close_panel()
            return
        panel.title.setText(f"{kind_word(shown.sensor.kind)} · {shown.sensor.name}")
        panel.state.setText(sensor_text(shown, self._model.feed.now()))
        panel.rule.setText(self._rule(shown.sensor))
        self._ask_if_missed()
        reading, rows = shown.reading, self._rows
        if rows is not None and reading is not None:
            t_ms = int(reading.at.timestamp() * 1000)
            if not rows or t_ms // 1000 > rows[-1][0] // 1000:
                rows = [*rows, (t_ms, reading.value)]
            since = self._model.feed.now() - timedelta(hours=panel.hours)
            self._rows = _since(rows, int(since.timestamp() * 1000))
            self._draw()

    def _ask_if_missed(self) -> None:
        """Ask again what did not come, and what was read while central was not reached."""
        sensors = self._model.sensors
        was_live, self._was_live = self._was_live, sensors is not None and sensors.readings.is_live
        if self._was_live and (self._is_missed or not was_live):
            self._ask_again()

    def _draw(self) -> None:
        panel, shown = self._panel, self._model.feed.sensor(self._sensor)
        if panel is None or shown is None:
            return
        if not self._rows:
            panel.say(self.tr("It has read nothing in this time."))
            return
        panel.show_readings(shown.sensor, self._rows, self._model.feed.now())

    def _rule(self, sensor: Sensor) -> str:
        parts: list[str] = []
        if sensor.alarm_after_s is not None:
            beyond = self.tr("beyond a limit for {0}").format(age_text(sensor.alarm_after_s))
            if sensor.alarm_from is not None:
                beyond += f" ({sensor.alarm_from}–{sensor.alarm_until})"
            parts.append(beyond)
        if sensor.alarm_silent_s is not None:
            parts.append(self.tr("silent for {0}").format(age_text(sensor.alarm_silent_s)))
        if not parts:
            return self.tr("Raises no alarm; an administrator enters when it does.")
        parts.append(priority_word(sensor.alarm_priority or LOW))
        return self.tr("Alarm: {0}").format(" · ".join(parts))


def _since(rows: list[tuple[int, float]], t_ms: int) -> list[tuple[int, float]]:
    """Return readings from a time on, and the one before, from which the line comes in."""
    first = bisect_left(rows, (t_ms, float("-inf")))
    return [] if first == len(rows) else rows[max(first - 1, 0) :]
