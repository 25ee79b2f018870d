"""Tables of the desk: limits, days of the calendar, what was said of alarms, duty reports."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, String, Table, Text

from console.domain.incidents import Stage
from console.store.tablebase import METADATA, id_column, version_column
from console.store.types import Instant, Word

LIMIT_RULE = Table(
    "limit_rule",
    METADATA,
    id_column(),
    Column("limit", String(16), nullable=False),
    Column("stage", Word(Stage)),
    Column("form", String(80)),
    Column("district", String(80)),
    Column("retired", Boolean, nullable=False),
    version_column(),
)

CALENDAR_DAY = Table(
    "calendar_day",
    METADATA,
    id_column(),
    Column("works", Boolean),
    Column("note", Text),
    version_column(),
)

ALARM_MARK = Table(
    "alarm_mark",
    METADATA,
    id_column(),
    Column("raised_at", Instant),
    Column("unit", String(80)),
    Column("lat", Double),
    Column("lon", Double),
    Column("acknowledged_by", String(80)),
    Column("acknowledged_at", Instant),
    Column("shelved_until", Instant),
    Column("cleared_at", Instant),
    Column("reason", Text),
    version_column(),
)

DUTY_REPORT = Table(
    "duty_report",
    METADATA,
    id_column(),
    Column("unit", String(80), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("vehicle", Text),
    Column("radio", Text),
    Column("handheld", Text),
    Column("body_camera", Text),
    Column("post", Text),
    Column("answered_at", Instant),
    version_column(),
)

DESK_TABLES: dict[str, Table] = {
    "limit_rule": LIMIT_RULE,
    "calendar_day": CALENDAR_DAY,
    "alarm_mark": ALARM_MARK,
    "duty_report": DUTY_REPORT,
}
