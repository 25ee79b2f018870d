"""Since when a sensor is beyond its limit is asked until it is known, and kept while it lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from desk_city import districts, units
from pytestqt.qtbot import QtBot
from test_alarm_desk import Clock
from test_sensor_alarms import CITY, METER, MINUTE, Source, Watched, ms, opened

from console.app.cityclock import city_zone
from console.sync.http import LinkError
from console.sync.state import ChangeBatch, Contents, LinkTrouble, RowChange


def loud_for_twelve_minutes(clock: Clock) -> list[tuple[int, float]]:
    began = ms(clock.at)
    return [(began - minute * 60_000, 80.0 if minute < 12 else 55.0) for minute in range(20, 0, -1)]


def looked(watched: Watched) -> list[tuple[str, datetime]]:
    watched.watch.look()
    return [(one.id, one.since) for one in watched.watch.alarms]


def test_that_the_past_is_asked_again_until_it_has_said_since_when(qtbot: QtBot) -> None:
    source, clock = Source(trouble=LinkError(LinkTrouble.UNREACHABLE, "x")), Clock()
    source.past["n1"] = loud_for_twelve_minutes(clock)
    watched = opened(source, clock)
    watched.read(qtbot, n1=81.0)
    qtbot.waitUntil(lambda: watched.readings._past_missed == {"n1"})
    assert looked(watched) == []
    source.trouble = None
    watched.readings.ask()
    qtbot.waitUntil(lambda: looked(watched) == [("sensor_limit:n1", clock.at - 6 * MINUTE)])
    assert source.asked == [("n1",), ("n1",)]
    watched.readings.stop()


def test_that_a_running_alarm_outlives_rows_that_come_anew_while_the_past_does_not(
    qtbot: QtBot,
) -> None:
    source, clock = Source(), Clock()
    source.past["n1"] = loud_for_twelve_minutes(clock)
    watched = opened(source, clock)
    watched.read(qtbot, n1=81.0)
    told = [("sensor_limit:n1", clock.at - 6 * MINUTE)]
    qtbot.waitUntil(lambda: looked(watched) == told)
    source.trouble = LinkError(LinkTrouble.UNREACHABLE, "x")
    watched.mirror.take_contents(Contents(rev=2, rows=(*districts(), *units(), METER)))
    assert looked(watched) == told
    qtbot.waitUntil(lambda: watched.readings._past_missed == {"n1"})
    named = replace(METER, name="工地", version=2)
    watched.mirror.take_changes(
        ChangeBatch(rev=3, rows=(RowChange(kind="sensor", id="n1", row=named),))
    )
    assert looked(watched) == told
    # by a higher limit it has begun later, and by one higher still it is no alarm
    source.trouble = None
    source.past["n1"] = [
        (t_ms, 85.0 if t_ms >= ms(clock.at) - 8 * 60_000 else value)
        for t_ms, value in source.past["n1"]
    ]
    source.past["n1"][-1] = (ms(clock.at), 85.0)
    watched.read(qtbot, n1=85.0)
    higher = replace(named, limit=84.0, version=3)
    watched.mirror.take_changes(
        ChangeBatch(rev=4, rows=(RowChange(kind="sensor", id="n1", row=higher),))
    )
    qtbot.waitUntil(lambda: looked(watched) == [("sensor_limit:n1", clock.at - 3 * MINUTE)])
    watched.mirror.take_changes(
        ChangeBatch(
            rev=5,
            rows=(RowChange(kind="sensor", id="n1", row=replace(higher, limit=90.0, version=4)),),
        )
    )
    assert watched.readings._since("n1") is None
    watched.readings.stop()


def test_that_the_hours_of_an_alarm_go_with_summer_time(qtbot: QtBot) -> None:
    """In Helsinki 03:30 UTC is 06:30 in summer, after the night, and 05:30 in winter."""
    told = {}
    for day in (24, 25):  # summer time ends in the night of 25 October 2026
        clock = Clock()
        clock.at = datetime(2026, 10, day, 3, 30, tzinfo=UTC)
        source = Source(past={"n1": loud_for_twelve_minutes(clock)})
        watched = opened(source, clock, zone=city_zone("Europe/Helsinki"))
        night = replace(METER, alarm_from="22:00", alarm_until="06:00", version=2)
        watched.mirror.take_changes(
            ChangeBatch(rev=2, rows=(RowChange(kind="sensor", id="n1", row=night),))
        )
        watched.read(qtbot, n1=81.0)
        qtbot.waitUntil(lambda: watched.readings._since("n1") == clock.at - 11 * MINUTE)  # noqa: B023
        told[day] = bool(looked(watched))
        watched.readings.stop()
    assert told == {24: False, 25: True}


@pytest.mark.parametrize(("zone", "is_night"), [("Asia/Shanghai", True), ("Asia/Tokyo", False)])
def test_that_the_hours_of_an_alarm_are_by_the_clock_of_the_city_that_is_set(
    qtbot: QtBot, zone: str, is_night: bool
) -> None:
    clock = Clock()
    clock.at = datetime(2026, 11, 28, 5, 30, tzinfo=CITY).astimezone(UTC)
    source = Source(past={"n1": loud_for_twelve_minutes(clock)})
    watched = opened(source, clock, zone=city_zone(zone))
    night = replace(METER, alarm_from="22:00", alarm_until="06:00", version=2)
    watched.mirror.take_changes(
        ChangeBatch(rev=2, rows=(RowChange(kind="sensor", id="n1", row=night),))
    )
    watched.read(qtbot, n1=81.0)
    qtbot.waitUntil(lambda: watched.readings._since("n1") == clock.at - 11 * MINUTE)
    assert bool(looked(watched)) is is_night
    watched.readings.stop()
