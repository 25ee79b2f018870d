"""Snapshots: a new SQLite file with what a console keeps, made by selection in one transaction."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import file_digest
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    TypeDecorator,
    and_,
    create_engine,
    false,
    func,
    null,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from console.dispatch.remits import PUBLIC_KINDS
from console.domain.incidents import CLOSED_STAGES
from console.domain.permissions import WHOLE_CITY, Remit
from console.protocol.messages import MAIN_SHARD
from console.store.dutytables import HANDOVER, MESSAGE, WINDOWS
from console.store.engine import sqlite_url
from console.store.streettables import INSPECTION, PAPER
from console.store.tables import (
    ASSIGNMENT,
    CACHE_TABLES,
    CAMERA,
    CURSOR,
    EVIDENCE,
    INCIDENT,
    LOG,
    METADATA,
    REPORT,
    ROW_TABLES,
    UNIT,
)
from console.store.tables_areas import AREA_EVENT
from console.store.tables_command import COMMAND_POST, HELP_REQUEST, SECTOR
from console.store.types import to_microseconds

#: Incidents that changed within this time are kept by consoles, open or not.
KEPT = timedelta(hours=72)
_OF_INCIDENTS = (REPORT, ASSIGNMENT, EVIDENCE, LOG, SECTOR, COMMAND_POST)
_IN_DISTRICTS = (
    INCIDENT, UNIT, CAMERA, MESSAGE, HANDOVER, AREA_EVENT, INSPECTION, PAPER, HELP_REQUEST,
)  # fmt: skip
#: Tables whose rows belong to the district of the unit they name.
_OF_UNITS = ("duty_report", "receipt", "roster")
#: Which rows of other tables a district sees, as SQL; of a table that is not named, none.
_LIMITED: dict[str, str] = {
    **{kind_table.name: "1" for kind, kind_table in ROW_TABLES.items() if kind in PUBLIC_KINDS},
    **dict.fromkeys(_OF_UNITS, "unit IN (SELECT id FROM main.unit)"),
    "alarm_mark": "substr(id, instr(id, ':') + 1) IN (SELECT id FROM main.unit "
    "UNION SELECT id FROM main.incident UNION SELECT id FROM main.assignment "
    "UNION SELECT id FROM main.area_event UNION SELECT id FROM main.camera)",
}
_ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot file.

    Attributes:
        rev: Newest revision it holds.
        sha256: Hash of the file, 64 hexadecimal digits.
    """

    path: Path
    epoch: str
    rev: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """Which rows go into a snapshot.

    Attributes:
        since: Closed incidents that changed later are kept.
        passwords: Whether passwords of cameras are in it.
        callers: Whether names and numbers of callers are in it.
        remit: Whose rows are in it.
    """

    since: datetime
    passwords: bool
    callers: bool
    remit: Remit

    @property
    def districts(self) -> tuple[str, ...]:
        """The districts, for a remit that is not the whole city."""
        return tuple(sorted(self.remit.districts or ()))

    def hidden(self, table: Table) -> tuple[str, ...]:
        """Return the columns of a table that are left empty."""
        if table is CAMERA and not self.passwords:
            return ("password",)
        return ("caller", "phone") if table is REPORT and not self.callers else ()


def write_snapshot(
    engine: Engine,
    path: Path,
    *,
    at: datetime,
    passwords: bool = False,
    callers: bool = False,
    remit: Remit = WHOLE_CITY,
) -> Snapshot:
    """Write a snapshot of central's database as it is in one moment.

    Args:
        engine: Central's database; it is only read.
        path: The file to write; one that is there is replaced when all is written.
        at: Now, aware UTC; decides which closed incidents are still kept.
        passwords: Whether passwords of cameras are in it.
        callers: Whether names and numbers of callers are in it.
        remit: Whose rows are in it.
    """
    choice = _Choice(since=at - KEPT, passwords=passwords, callers=callers, remit=remit)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    target = create_engine(sqlite_url(new))
    try:
        METADATA.create_all(target, tables=list(CACHE_TABLES))
    finally:
        target.dispose()
    if engine.dialect.name == "sqlite":
        _copy_attached(Path(engine.url.database or ""), new, choice)
    else:
        _copy_rows(engine, new, choice)
    epoch, rev = _cursor_of(new)
    with new.open("rb") as file:
        sha256 = file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    new.replace(path)
    return Snapshot(path=path, epoch=epoch, rev=rev, sha256=sha256, size=path.stat().st_size)


def _copy_attached(source: Path, target: Path, choice: _Choice) -> None:
    """Copy inside SQLite, the way that takes the least time."""
    connection = sqlite3.connect(target.resolve().as_uri(), uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("ATTACH ? AS central", (f"{source.resolve().as_uri()}?mode=ro",))
        connection.execute("BEGIN")
        for table in CACHE_TABLES:
            _copy_table(connection, table, choice)
        connection.execute("COMMIT")
        connection.execute("DETACH central")
    finally:
        connection.close()


def _copy_table(connection: sqlite3.Connection, table: Table, choice: _Choice) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    hidden = choice.hidden(table)
    given = ", ".join(
        "NULL" if column.name in hidden else f'"{column.name}"' for column in table.columns
    )
    closed = ", ".join(f"'{stage.value}'" for stage in sorted(CLOSED_STAGES))
    conditions: list[str] = []
    values: dict[str, object] = {}
    if table is INCIDENT:
        conditions.append(f"(stage NOT IN ({closed}) OR changed_at >= :since)")
        values["since"] = to_microseconds(choice.since)
    elif table in _OF_INCIDENTS:
        conditions.append("incident IN (SELECT id FROM main.incident)")
    elif table.name in WINDOWS:
        conditions.append(f'"{WINDOWS[table.name].name}" >= :since')
        values["since"] = to_microseconds(choice.since)
    if table in _IN_DISTRICTS and not choice.remit.is_whole:
        names = {f"district{no}": one for no, one in enumerate(choice.districts)}
        conditions.append(f"district IN ({', '.join(f':{name}' for name in names)})")
        values.update(names)
    elif not choice.remit.is_whole and table not in (*_OF_INCIDENTS, CURSOR):
        conditions.append(_LIMITED.get(table.name, "0"))
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    connection.execute(
        f"INSERT INTO main.{table.name} ({columns}) "
        f"SELECT {given} FROM central.{table.name} {where}",
        values,
    )


def _copy_rows(engine: Engine, target: Path, choice: _Choice) -> None:
    """Copy through this process, from any other database; values go over as they are kept."""
    into = sqlite3.connect(target, isolation_level=None)
    try:
        into.execute("PRAGMA journal_mode=OFF")
        into.execute("PRAGMA synchronous=OFF")
        into.execute("BEGIN")
        reading = engine.connect().execution_options(
            isolation_level="REPEATABLE READ", yield_per=_ROWS_AT_ONCE
        )
        with reading as source:
            for table in CACHE_TABLES:
                _copy_selected(source, into, table, choice)
        into.execute("COMMIT")
    finally:
        into.close()


def _copy_selected(
    source: Connection, into: sqlite3.Connection, table: Table, choice: _Choice
) -> None:
    hidden = choice.hidden(table)
    columns = [null() if column.name in hidden else as_kept(column) for column in table.columns]
    query: Select[Any] = select(*columns).select_from(table)
    kept = or_(INCIDENT.c.stage.not_in(list(CLOSED_STAGES)), INCIDENT.c.changed_at >= choice.since)
    if not choice.remit.is_whole:
        kept = and_(kept, INCIDENT.c.district.in_(choice.districts))
    if table.name in WINDOWS:
        query = query.where(WINDOWS[table.name] >= choice.since)
    if table is INCIDENT:
        query = query.where(kept)
    elif table in _OF_INCIDENTS:
        query = query.where(table.c.incident.in_(select(INCIDENT.c.id).where(kept)))
    elif table in _IN_DISTRICTS and not choice.remit.is_whole:
        query = query.where(table.c.district.in_(choice.districts))
    elif table is not CURSOR and not choice.remit.is_whole:
        query = query.where(_is_seen(table, choice, kept))
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    for rows in source.execute(query).partitions():
        into.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)


def as_kept(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column without the conversion to the domain's values."""
    return type_coerce(column, kept_type(column))


def kept_type(column: Column[Any]) -> TypeEngine[Any]:
    """Return the type in which the database itself keeps a column."""
    of_column: TypeEngine[Any] = column.type
    return of_column.impl_instance if isinstance(of_column, TypeDecorator) else of_column


def _is_seen(table: Table, choice: _Choice, kept: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return which rows of a table with no district of its own a district sees; the rest is shut.

    Args:
        table: One of the cache's tables.
        choice: Whose snapshot it is.
        kept: Which incidents are in it.
    """
    limited = _LIMITED.get(table.name, "0")
    if limited in {"0", "1"}:
        return true() if limited == "1" else false()
    units = select(UNIT.c.id).where(UNIT.c.district.in_(choice.districts))
    if table.name in _OF_UNITS:
        return table.c.unit.in_(units)
    incidents = select(INCIDENT.c.id).where(kept)
    tasks = select(ASSIGNMENT.c.id).where(ASSIGNMENT.c.incident.in_(incidents))
    about = func.split_part(table.c.id, ":", 2)
    events = select(AREA_EVENT.c.id).where(AREA_EVENT.c.district.in_(choice.districts))
    cameras = select(CAMERA.c.id).where(CAMERA.c.district.in_(choice.districts))
    return or_(*(about.in_(one) for one in (units, incidents, tasks, events, cameras)))


def _cursor_of(path: Path) -> tuple[str, int]:
    target = create_engine(sqlite_url(path))
    try:
        with target.connect() as connection:
            query = select(CURSOR).where(CURSOR.c.shard == MAIN_SHARD)
            row = connection.execute(query).one()
    finally:
        target.dispose()
    return row.epoch, row.rev
