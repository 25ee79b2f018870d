"""What a console reckons goes by the clocks of its city, through the end of summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from desk_city import Held
from pytestqt.qtbot import QtBot

from console.dispatch.pace import Pace
from console.domain.limits import Limit
from console.roads.columns import Mode
from console.sync.held import HeldRows
from console.ui.mirror import Mirror
from console.ui.nearfinder import NearFinder

HELSINKI = ZoneInfo("Europe/Helsinki")


def test_that_a_zone_told_later_reaches_what_reckons_by_it(qtbot: QtBot) -> None:
    mirror = Mirror(Held([]))
    finder = NearFinder(mirror)
    assert mirror.zone.key == finder.pace.zone.key == "Asia/Shanghai"
    with qtbot.waitSignal(mirror.zone_changed):
        mirror.use_zone(HELSINKI)
    assert mirror.zone.key == finder.pace.zone.key == "Europe/Helsinki"
    with qtbot.assertNotEmitted(mirror.zone_changed):
        mirror.use_zone(HELSINKI)
    finder.stop()


def test_that_working_hours_are_the_citys_before_and_after_summer_time() -> None:
    """Four hours from half past nine on a working morning end at the same time of the city's day.

    Summer time ended in Helsinki in the night of Sunday 25 October 2026.
    """
    rules = HeldRows(Held([]), HELSINKI).time_rules()
    told = [
        rules.calendar.due(datetime(2026, 10, day, 9, 30, tzinfo=HELSINKI), Limit.parse("4wh"))
        for day in (23, 26)
    ]
    assert told[0].astimezone(HELSINKI).time() == told[1].astimezone(HELSINKI).time()
    assert told[1].astimezone(UTC) - told[0].astimezone(UTC) == timedelta(days=3, hours=1)


def test_that_journeys_are_alike_by_the_citys_hour() -> None:
    """Half past eight is 05:30 UTC in Helsinki's summer and 06:30 in its winter."""
    pace = Pace(zone=HELSINKI)
    friday = datetime(2026, 10, 23, 5, 30, tzinfo=UTC)
    monday = friday + timedelta(days=3)
    for set_out in (friday, monday + timedelta(hours=1), monday):
        pace.arrived(Mode.CAR, 600.0, 1200.0, set_out=set_out)
    assert {(hour, len(ratios)) for _, _, hour, ratios in pace.kept()} == {(8, 2), (7, 1)}
