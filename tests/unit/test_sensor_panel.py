"""The panel of a picked sensor draws what it has read, with limits, gaps and its alarm's rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from desk_city import Held
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from real_data import ROOT
from test_alarm_desk import Clock
from test_sensor_alarms import Source, ms

from console.domain.sensors import Sensor, SensorKind
from console.sync.state import Contents, LinkPhase, LinkState
from console.ui.mapfeed import MapFeed
from console.ui.mapsensors import MapSensors
from console.ui.mirror import Mirror
from console.ui.sensorreadings import SensorReadings
from widgets.common.appearance import Appearance
from widgets.common.theme import Token
from widgets.map.sensorasker import SensorAsker
from widgets.map.sensorpanel import SensorPanel
from widgets.map.sensorplot import TimeAxis, with_gaps

METER = Sensor(
    id="n1", kind=SensorKind.NOISE, name="家园建设工地", lat=39.9, lon=116.4, limit=70.0,
    low_limit=20.0, alarm_after_s=300, alarm_silent_s=7200, alarm_from="22:00",
    alarm_until="06:00", alarm_priority=2,
)  # fmt: skip


@dataclass
class Open:
    """A map's corner with a sensor that has read for a week."""

    clock: Clock
    source: Source
    mirror: Mirror
    readings: SensorReadings
    asker: SensorAsker
    over: QWidget
    appearance: Appearance

    @property
    def panel(self) -> SensorPanel:
        assert self.asker.panel is not None
        return self.asker.panel


@pytest.fixture
def shown(qapp: QApplication, qtbot: QtBot) -> Iterator[Open]:
    appearance = Appearance(qapp, ROOT / "resources", language="en")
    clock, source = Clock(), Source()
    now = ms(clock.at)
    source.past["n1"] = [
        (now - minute * 60_000, 50.0 + minute % 30)
        for minute in range(7 * 1440 - 1, -1, -1)
        if not 100 <= minute < 400  # nothing was heard for five hours
    ]
    source.rows = [("n1", *source.past["n1"][-1])]
    mirror = Mirror(Held([]), now=clock)
    mirror.take_contents(Contents(rev=1, rows=(METER,)))
    mirror.take_link(LinkState(phase=LinkPhase.LIVE, since=clock.at, url="x"))
    readings = SensorReadings(mirror, source)
    feed = MapFeed(now_ms=lambda: ms(clock.at))
    sensors = MapSensors(mirror, feed, readings, readings)
    qtbot.waitUntil(lambda: readings.newest("n1") is not None)
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(900, 600)
    over.show()
    asker = SensorAsker(SimpleNamespace(feed=feed, sensors=sensors), over)  # type: ignore[arg-type]
    yield Open(
        clock=clock, source=source, mirror=mirror, readings=readings, asker=asker, over=over,
        appearance=appearance,
    )  # fmt: skip
    readings.stop()
    appearance.use_theme("dark")
    appearance.use_language("en")


def test_that_a_day_and_a_week_are_drawn_with_limits_and_with_gaps(
    shown: Open, qtbot: QtBot
) -> None:
    shown.asker.open("n1")
    panel = shown.panel
    assert panel.isVisible()
    qtbot.waitUntil(lambda: panel.is_drawn)
    assert panel.title.text() == "Noise · 家园建设工地"
    assert panel.state.text().startswith("50.0 dB(A) · limit 20 – 70 · ")
    assert panel.rule.text() == (
        "Alarm: beyond a limit for 5 min (22:00–06:00) · silent for 2 h · medium"
    )
    times, values = panel.plot.drawn
    assert len(times) == 1440 - 300 + 1 + 1  # a day and its first minute, and where it is broken
    assert np.isnan(values).sum() == 1
    assert times[-1] - times[0] == pytest.approx(86_400, abs=60)
    assert sorted(panel.plot.limits) == [20.0, 70.0]
    week = next(button for button in panel._buttons if button.text() == "7 d")
    week.click()
    qtbot.waitUntil(lambda: panel.is_drawn and len(panel.plot.drawn[0]) > 9_000)
    assert np.isnan(panel.plot.drawn[1]).sum() == 1


def test_that_a_new_reading_is_drawn_and_a_sensor_that_goes_closes_it(
    shown: Open, qtbot: QtBot
) -> None:
    shown.asker.open("n1")
    qtbot.waitUntil(lambda: shown.panel.is_drawn)
    before = len(shown.panel.plot.drawn[0])
    shown.clock.on(60)
    shown.source.rows = [("n1", ms(shown.clock.at), 88.5)]
    shown.readings.ask()
    qtbot.waitUntil(lambda: len(shown.panel.plot.drawn[0]) == before + 1)
    assert shown.panel.plot.drawn[1][-1] == 88.5
    assert "88.5 dB(A)" in shown.panel.state.text()
    shown.mirror.take_contents(Contents(rev=2, rows=(replace(METER, retired=True),)))
    shown.readings.ask()
    assert not shown.panel.isVisible()


def test_that_it_says_why_there_is_nothing_to_draw(shown: Open, qtbot: QtBot) -> None:
    shown.source.past.clear()
    shown.asker.open("n1")
    qtbot.waitUntil(lambda: shown.panel.why.text() == "It has read nothing in this time.")
    assert not shown.panel.is_drawn
    shown.mirror.take_link(LinkState(phase=LinkPhase.DOWN, since=shown.clock.at, url="x"))
    shown.asker.open("n1")
    assert shown.panel.why.text() == "Central is not reached; what it has read is kept there."
    assert shown.asker.close()
    assert not shown.panel.isVisible()
    assert not shown.asker.close()


def test_that_a_sensor_without_a_past_draws_what_it_reads_from_now_on(
    shown: Open, qtbot: QtBot
) -> None:
    shown.source.past.clear()
    shown.clock.on(2 * 86_400)  # its last reading is older than what is looked at
    shown.asker.open("n1")
    qtbot.waitUntil(lambda: shown.panel.why.text() == "It has read nothing in this time.")
    shown.clock.on(60)
    shown.source.rows = [("n1", ms(shown.clock.at), 66.0)]
    shown.readings.ask()
    qtbot.waitUntil(lambda: shown.panel.is_drawn)
    assert shown.panel.plot.drawn[1].tolist() == [66.0]


def test_that_what_did_not_come_is_asked_again_when_the_link_is_back(
    shown: Open, qtbot: QtBot
) -> None:
    down = LinkState(phase=LinkPhase.DOWN, since=shown.clock.at, url="x")
    live = replace(down, phase=LinkPhase.LIVE)
    shown.mirror.take_link(down)
    shown.asker.open("n1")
    assert shown.panel.why.text() == "Central is not reached; what it has read is kept there."
    shown.mirror.take_link(live)
    shown.readings.ask()
    qtbot.waitUntil(lambda: shown.panel.is_drawn)
    # and what was read while the link was down is drawn when it is back
    shown.mirror.take_link(down)
    shown.readings.ask()
    before, began = len(shown.panel.plot.drawn[0]), shown.clock.at
    shown.clock.on(600)
    shown.source.past["n1"] += [
        (ms(began + timedelta(minutes=minute)), 60.0) for minute in range(1, 11)
    ]
    shown.mirror.take_link(live)
    shown.readings.ask()
    qtbot.waitUntil(lambda: shown.panel.plot.drawn[0][-1] == shown.clock.at.timestamp())
    assert len(shown.panel.plot.drawn[0]) == pytest.approx(before, abs=2)


def test_that_an_open_panel_holds_no_more_than_it_shows(shown: Open, qtbot: QtBot) -> None:
    shown.asker.open("n1")
    qtbot.waitUntil(lambda: shown.panel.is_drawn)
    shown.clock.on(86_400 - 600)
    shown.source.rows = [("n1", ms(shown.clock.at), 88.5)]
    shown.readings.ask()
    qtbot.waitUntil(lambda: shown.panel.plot.drawn[1][-1] == 88.5)
    times = shown.panel.plot.drawn[0]
    assert len(times) < 20
    assert times[0] >= shown.clock.at.timestamp() - 86_400 - 61


def test_that_it_speaks_chinese_wears_the_theme_and_fits_a_small_map(
    shown: Open, qtbot: QtBot
) -> None:
    shown.asker.open("n1")
    qtbot.waitUntil(lambda: shown.panel.is_drawn)
    shown.appearance.use_language("zh_CN")
    shown.asker.open("n1")
    qtbot.waitUntil(lambda: shown.panel.is_drawn)
    assert shown.panel.title.text() == "噪声 · 家园建设工地"
    assert shown.panel.rule.text() == ("报警：超限持续5 分 (22:00–06:00) · 无读数2 小时 · 中")
    shown.appearance.use_theme("light")
    ground = shown.panel.plot.grab().toImage().pixelColor(4, 4)
    assert ground == shown.appearance.theme.colour(Token.PANEL)
    shown.over.resize(620, 440)
    assert not shown.panel.geometry().contains(shown.over.rect().center())
    shown.over.resize(260, 180)
    assert shown.over.rect().contains(shown.panel.geometry())


def test_that_silence_breaks_the_line_and_times_are_round() -> None:
    times, values = with_gaps([(0, 1.0), (60_000, 2.0), (600_000, 3.0)], 180.0)
    assert times.tolist() == [0.0, 60.0, 60.0, 600.0]
    np.testing.assert_array_equal(values, [1.0, 2.0, np.nan, 3.0])
    axis = TimeAxis(orientation="bottom")
    begin = datetime(2026, 11, 28, 9, 30).astimezone()
    day, week = (
        axis.tickValues(begin.timestamp(), (begin + span).timestamp(), 400)
        for span in (timedelta(days=1), timedelta(days=7))
    )
    assert axis.tickStrings(day[0][1], 1, day[0][0]) == [
        "12:00", "16:00", "20:00", "00:00", "04:00", "08:00",
    ]  # fmt: skip
    assert axis.tickStrings(week[0][1], 1, week[0][0])[:2] == ["11-29", "11-30"]
    axis.deleteLater()
