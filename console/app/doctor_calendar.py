"""What `zhihui doctor` says of the days that are worked: whether this year's notice is known."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from console.app.config import Config
from console.app.doctor_security import SafetyNote
from console.app.site import site_zone
from console.calendar.national import CHINESE_ZONES, is_announced

#: Limits given now end as late as this: the days until then must be known.
AHEAD = timedelta(days=30)


def calendar_notes(home: Path, config: Config, *, today: date | None = None) -> list[SafetyNote]:
    """Say which years' working days are reckoned without a notice; changes nothing.

    Args:
        home: Data directory; days entered in its own database count as known.
        config: Names the city's time zone; only China's notices are looked for.
        today: Local day; ``None`` for today.
    """
    zone = site_zone(config, home)
    if zone not in CHINESE_ZONES:
        return []
    day = today or datetime.now(ZoneInfo(zone)).date()
    years = sorted({day.year, (day + AHEAD).year})
    missing = [year for year in years if not (is_announced(year) or _is_entered(home, year))]
    if not missing:
        return [SafetyNote(good=True, what=f"working days of {years[-1]} are known")]
    unseen = "" if _own(home).is_file() else (
        " Only this home's own database is looked at: days entered in one that is given by "
        "--database were not."
    )  # fmt: skip
    return [
        SafetyNote(
            good=False,
            what=f"working days of {year} are reckoned from the law: the State Council's notice "
            "for that year is not in the table",
            do="Limits run on. Enter the notice's days off and make-up working days: "
            f"`zhihui admin calendar add {year}-10-04 works=no note=…`.{unseen}",
        )
        for year in missing
    ]


def _is_entered(home: Path, year: int) -> bool:
    """Whether days of a year stand in the database of this home."""
    path = _own(home)
    if not path.is_file():
        return False
    query = "SELECT count(*) FROM calendar_day WHERE id LIKE ? AND works IS NOT NULL"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            return bool(database.execute(query, (f"{year}-%",)).fetchone()[0])
    except sqlite3.Error:
        return False  # the doctor names what is wrong with a database elsewhere


def _own(home: Path) -> Path:
    return home / "central" / "central.db"
