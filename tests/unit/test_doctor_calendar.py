"""Working days of years whose notice nobody has entered yet: said by the doctor, reckoned on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from central_parts import CentralServer

from console.app.config import Config
from console.app.doctor import examine
from console.app.doctor_calendar import calendar_notes
from console.calendar import WorkCalendar
from console.domain.levels import Role
from console.domain.limits import CalendarDay, Limit
from console.protocol.commands import PutCalendarDays

#: No notice names days of this year within the life of this table.
FAR = 2071


def told(home: Path, today: date, zone: str = "Asia/Shanghai") -> list[tuple[bool, str]]:
    notes = calendar_notes(home, Config(time_zone=zone), today=today)
    return [(note.good, note.what) for note in notes]


def test_that_a_year_with_a_notice_is_known_and_others_are_named_in_time(tmp_path: Path) -> None:
    assert told(tmp_path, date(2026, 6, 1)) == [(True, "working days of 2026 are known")]
    (later,) = told(tmp_path, date(FAR, 6, 1))
    assert (later[0], f"of {FAR} are reckoned from the law" in later[1]) == (False, True)
    both = told(tmp_path, date(FAR, 12, 20))
    assert all(str(year) in what for (_, what), year in zip(both, (FAR, FAR + 1), strict=True))
    assert told(tmp_path, date(FAR, 6, 1), "Europe/Helsinki") == []
    assert any("working days of" in one.what for one in examine(tmp_path, Config()))


def test_that_days_entered_by_the_site_make_a_year_known(central_server: CentralServer) -> None:
    day = CalendarDay(id=f"{FAR}-02-09", works=False, note="春节", version=1)
    admin = central_server.client(Role.ADMINISTRATOR)
    admin.post(PutCalendarDays(days=(day,)))
    admin.close()
    known = (True, f"working days of {FAR} are known")
    assert told(central_server.home, date(FAR, 6, 1)) == [known]
    assert not told(central_server.home, date(FAR + 1, 6, 1))[0][0]


def test_that_a_database_that_is_none_keeps_the_doctor_from_nothing(tmp_path: Path) -> None:
    (tmp_path / "central").mkdir()
    (tmp_path / "central" / "central.db").write_bytes(b"no database")
    assert not told(tmp_path, date(FAR, 6, 1))[0][0]


def test_that_a_database_elsewhere_is_said_not_to_have_been_looked_at(tmp_path: Path) -> None:
    config = Config(time_zone="Asia/Shanghai")
    (note,) = calendar_notes(tmp_path, config, today=date(FAR, 6, 1))
    assert "given by --database were not" in note.do
    (tmp_path / "central").mkdir()
    (tmp_path / "central" / "central.db").touch()
    (note,) = calendar_notes(tmp_path, config, today=date(FAR, 6, 1))
    assert "--database" not in note.do


@pytest.mark.parametrize("text", ["4wh", "8wh", "1wd", "3wd", "2h"])
def test_that_limits_run_on_where_no_notice_is_known(text: str) -> None:
    calendar = WorkCalendar(ZoneInfo("Asia/Shanghai"))
    for year in (FAR, FAR + 1):
        for day in range(0, 366, 13):
            start = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day)
            due = calendar.due(start, Limit.parse(text))
            assert start < due < start + timedelta(days=20)
