"""The console's cache (本地缓存): central's rows as this console may see them, and up to where.

One thread writes it. Changes and the cursor move in one transaction, so what is on disk is always
some revision as a whole; a snapshot replaces everything in one transaction too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, delete, select
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from console.domain.errors import ZhihuiError
from console.domain.incidents import CLOSED_STAGES
from console.domain.killpoints import UNARMED, KillPoint, Killpoints
from console.protocol.codec import (
    RECENT_KINDS,
    ROW_TYPES,
    TABLE_KINDS,
    MessageError,
    Row,
    row_from_builtins,
    row_to_builtins,
)
from console.protocol.messages import MAIN_SHARD, SCHEMA, Change, Op
from console.store.cachecolumns import add_columns
from console.store.cachepositions import prepare_positions, read_positions, write_positions
from console.store.cipher import connect, dbapi, unlock
from console.store.dutytables import WINDOWS
from console.store.mapping import drop_row, put_rows, read_rows, upsert
from console.store.mapping import read_row as read_one
from console.store.setaside import set_aside
from console.store.snapshotfile import SnapshotError, checked_snapshot
from console.store.tables import (
    ASSIGNMENT,
    CACHE_TABLES,
    CURSOR,
    EVIDENCE,
    INCIDENT,
    LOG,
    METADATA,
    REPORT,
    ROW_TABLES,
)

__all__ = [
    "Cache",
    "CacheError",
    "Cursor",
    "GapError",
    "MissingRowError",
    "OpenedCache",
    "SnapshotError",
    "open_cache",
]

#: How long closed incidents stay, as in a snapshot.
KEPT = timedelta(hours=72)
#: Kinds that are read as a whole when a console starts; the others belong to one incident.
WHOLE_KINDS = (
    "jurisdiction", "area", "unit", "camera", "incident", "assignment", *TABLE_KINDS, *RECENT_KINDS,
)  # fmt: skip
Key = tuple[str, str]


class CacheError(ZhihuiError):
    """The cache cannot be used.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The local cache {path} cannot be used: {reason}. It holds nothing that central does "
            "not have; check the folder's rights and free space, then start again."
        )
        self.path = path


class GapError(ZhihuiError):
    """Revisions are missing between what is held and what came.

    Attributes:
        held: The revision held.
        came: The revision that came.
    """

    def __init__(self, *, held: int, came: int) -> None:
        super().__init__(f"Revisions {held + 1} to {came - 1} did not arrive; they are asked for.")
        self.held, self.came = held, came


class MissingRowError(ZhihuiError):
    """A change speaks of a row that is not in the cache.

    Attributes:
        kind: Kind of row.
        row_id: Its id.
    """

    def __init__(self, kind: str, row_id: str) -> None:
        super().__init__(f"The {kind} {row_id} changed and is not held; all rows are fetched anew.")
        self.kind, self.row_id = kind, row_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Up to which revision the rows are known, and of which epoch they are."""

    epoch: str
    rev: int
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCache:
    """A cache, and what had to be set aside to open it.

    Attributes:
        damaged: Where the damaged file was put, if there was one.
    """

    cache: Cache
    damaged: Path | None = field(default=None)


def open_cache(
    path: Path, key: str | None = None, *, killpoints: Killpoints = UNARMED
) -> OpenedCache:
    """Open the cache at ``path``; a damaged one is kept aside and an empty one begun.

    Args:
        path: The file.
        key: What it is encrypted with, see `cipher`; a plain one is encrypted first.
        killpoints: Where a test ends the process.

    Raises:
        CacheError: The file cannot be used at all.
        WrongKeyError: It is locked with another key.
    """
    try:
        unlock(path, key)
        return OpenedCache(cache=Cache(path, key, killpoints=killpoints))
    except (OperationalError, dbapi.OperationalError, OSError) as error:
        raise CacheError(path, str(getattr(error, "orig", error))) from error
    except (DatabaseError, dbapi.DatabaseError, ValueError):
        damaged = set_aside(path)
    try:
        return OpenedCache(cache=Cache(path, key, killpoints=killpoints), damaged=damaged)
    except SQLAlchemyError as error:
        raise CacheError(path, str(error)) from error


def cache_engine(path: Path, key: str | None = None, *, read_only: bool = False) -> Engine:
    """Return an engine on the cache file; each connection belongs to whoever makes it."""
    return create_engine(
        "sqlite://",
        module=dbapi,
        creator=lambda: connect(path, key, read_only=read_only),
        poolclass=NullPool,
    )


class Cache:
    """The cache, opened by the one thread that writes it."""

    def __init__(
        self, path: Path, key: str | None = None, *, killpoints: Killpoints = UNARMED
    ) -> None:
        self._killpoints = killpoints
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._engine = cache_engine(path, key)
        self._connection = self._engine.connect()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        self._engine.dispose()

    def cursor(self) -> Cursor | None:
        """Return how far the rows are known; ``None`` when there are none."""
        query = select(CURSOR).where(CURSOR.c.shard == MAIN_SHARD)
        found = self._connection.execute(query).mappings().first()
        self._connection.commit()
        if found is None or found["schema"] != SCHEMA:
            return None
        return Cursor(epoch=found["epoch"], rev=found["rev"], schema=found["schema"])

    def contents(self) -> list[Row]:
        """Return the rows that a console works on as a whole."""
        rows: list[Row] = []
        for kind in WHOLE_KINDS:
            rows.extend(_rows_of(self._connection, kind))
        self._connection.commit()
        return rows

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Return every row of every table as it is kept, in order of its first column."""
        found: dict[str, list[tuple[object, ...]]] = {}
        for table in CACHE_TABLES:
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            query = f'SELECT {names} FROM "{table.name}" ORDER BY 1'
            found[table.name] = [tuple(row) for row in self._connection.exec_driver_sql(query)]
        self._connection.commit()
        return found

    def import_snapshot(self, file: Path, *, sha256: str) -> Cursor:
        """Replace all rows by those in a snapshot file, in one transaction.

        Raises:
            SnapshotError: The file is not what central made; nothing was changed.
        """
        cursor = checked_snapshot(file, sha256=sha256)
        self._connection.exec_driver_sql("ATTACH DATABASE ? AS snapshot KEY ''", (str(file),))
        try:
            for table in CACHE_TABLES:
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                self._connection.exec_driver_sql(f'DELETE FROM main."{table.name}"')
                self._connection.exec_driver_sql(
                    f'INSERT INTO main."{table.name}" ({names}) '
                    f'SELECT {names} FROM snapshot."{table.name}"'
                )
            self._killpoints.reach(KillPoint.IMPORTING)
            self._connection.commit()
        except SQLAlchemyError as error:
            self._connection.rollback()
            raise SnapshotError(f"it could not be read in ({error})") from error
        finally:
            self._connection.exec_driver_sql("DETACH DATABASE snapshot")
            self._connection.commit()
        epoch, rev = cursor
        return Cursor(epoch=epoch, rev=rev)

    def apply(self, changes: Sequence[Change], *, epoch: str) -> dict[Key, Row | None]:
        """Apply changes and move the cursor, in one transaction; those known are passed over.

        Returns:
            Each row that changed, as it is at the end; ``None`` if it may no longer be seen.

        Raises:
            GapError: Revisions are missing before these; nothing was changed.
            MissingRowError: A patch has no row to be laid on; nothing was changed.
            MessageError: A row is none of this schema; nothing was changed.
        """
        cursor = self.cursor()
        held = cursor.rev if cursor is not None else 0
        touched: dict[Key, Row | None] = {}
        with self._transaction() as connection:
            for change in changes:
                if change.rev <= held:
                    continue
                if change.rev != held + 1:
                    raise GapError(held=held, came=change.rev)
                key = change.row_kind, change.row_id
                touched[key] = _changed(connection, change, touched)
                held = change.rev
            for (kind, row_id), row in touched.items():
                if row is None and kind in ROW_TABLES:
                    drop_row(connection, kind, row_id)
            put_rows(connection, [row for row in touched.values() if row is not None])
            _move_cursor(connection, held, epoch)
            self._killpoints.reach(KillPoint.APPLYING)
        self._killpoints.reach(KillPoint.APPLIED)
        return touched

    def skip(self, *, first: int, last: int, epoch: str) -> None:
        """Move the cursor over revisions that this console may not see, both ends included.

        Raises:
            GapError: Revisions are missing before these.
        """
        cursor = self.cursor()
        held = cursor.rev if cursor is not None else 0
        if first > held + 1:
            raise GapError(held=held, came=first)
        with self._transaction() as connection:
            _move_cursor(connection, max(held, last), epoch)

    def keep_positions(self, fixes: bytes) -> None:
        """Keep where the units are, packed as devices send it, for a start without central."""
        with self._transaction() as connection:
            write_positions(connection, fixes)

    def kept_positions(self) -> bytes:
        """Return where the units were when that was kept last."""
        with self._transaction() as connection:
            return read_positions(connection)

    def prune(self, *, now: datetime) -> int:
        """Drop incidents closed more than 72 hours ago, with all of theirs; return how many.

        Messages, receipts, turns of duty, hand-over packets and what happened at areas go as well.
        """
        old = select(INCIDENT.c.id).where(
            INCIDENT.c.stage.in_(list(CLOSED_STAGES)), INCIDENT.c.changed_at < now - KEPT
        )
        with self._transaction() as connection:
            for name, column in WINDOWS.items():
                connection.execute(delete(ROW_TABLES[name]).where(column < now - KEPT))
            for table in (REPORT, ASSIGNMENT, EVIDENCE, LOG):
                connection.execute(delete(table).where(table.c.incident.in_(old)))
            return int(connection.execute(delete(INCIDENT).where(INCIDENT.c.id.in_(old))).rowcount)

    def _prepare(self) -> None:
        run = self._connection.exec_driver_sql
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=NORMAL")  # the cursor moves with the rows: a lost tail comes again
        found = run("PRAGMA quick_check").scalar()
        if found != "ok":
            raise ValueError(f"quick_check says {found}")
        METADATA.create_all(self._connection, tables=list(CACHE_TABLES))
        prepare_positions(self._connection)
        self._connection.commit()
        for table in CACHE_TABLES:
            add_columns(self._connection, table)
        self._connection.commit()

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)


class _Transaction:
    """All or nothing on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.commit()
        else:
            self._connection.rollback()


def _rows_of(connection: Connection, kind: str) -> list[Row]:
    return list(read_rows(connection, ROW_TYPES[kind]))


def _changed(connection: Connection, change: Change, touched: dict[Key, Row | None]) -> Row | None:
    if change.op is Op.DROP:
        return None
    if change.op is Op.PUT:
        return row_from_builtins(change.row_kind, change.patch)
    key = change.row_kind, change.row_id
    before = touched[key] if key in touched else _held_row(connection, change)
    if before is None:
        raise MissingRowError(change.row_kind, change.row_id)
    return row_from_builtins(change.row_kind, row_to_builtins(before) | change.patch)


def _held_row(connection: Connection, change: Change) -> Row | None:
    if change.row_kind not in ROW_TYPES:
        raise MessageError(f"no kind of row is called {change.row_kind!r}")
    return read_one(connection, ROW_TYPES[change.row_kind], change.row_id)


def _move_cursor(connection: Connection, rev: int, epoch: str) -> None:
    values = {"shard": MAIN_SHARD, "rev": rev, "epoch": epoch, "schema": SCHEMA}
    upsert(connection, CURSOR, [values])
