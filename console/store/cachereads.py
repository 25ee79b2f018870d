"""Reads of the cache for threads other than the one that writes it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, select

from console.domain.incidents import Report
from console.domain.places import Evidence, LogEntry
from console.store.cache import cache_engine
from console.store.mapping import read_row, read_rows
from console.store.tables import EVIDENCE, LOG, REPORT


class CacheReader:
    """What belongs to one incident, read when it is looked at; for one thread.

    A reader never blocks the writer nor waits for it (WAL).
    """

    def __init__(self, path: Path, key: str | None = None) -> None:
        self._engine = cache_engine(path, key, read_only=True)
        self._open: Connection | None = None

    def close(self) -> None:
        """Let go of the file."""
        if self._open is not None:
            self._open.close()
        self._open = None
        self._engine.dispose()

    def reopen(self) -> None:
        """Read from the file that bears the cache's name now."""
        if self._open is not None:
            self._open.close()
        self._open = self._engine.connect()

    @property
    def _connection(self) -> Connection:
        if self._open is None:
            self._open = self._engine.connect()
        return self._open

    def report(self, row_id: str) -> Report | None:
        """Return the report with this id."""
        found = read_row(self._connection, Report, row_id)
        self._connection.rollback()
        return found

    def report_from(self, channel: str, external_id: str) -> Report | None:
        """Return the report that a sending system gave this id on this channel."""
        query = select(REPORT).where(
            REPORT.c.channel == channel, REPORT.c.external_id == external_id
        )
        found = read_rows(self._connection, Report, query)
        self._connection.rollback()
        return found[0] if found else None

    def reports_by_phone(self, number: str) -> list[Report]:
        """Return the reports kept here of a caller's number, the newest first."""
        query = select(REPORT).where(REPORT.c.phone == number)
        found = read_rows(self._connection, Report, query.order_by(REPORT.c.received_at.desc()))
        self._connection.rollback()
        return found

    def evidence(self, row_id: str) -> Evidence | None:
        """Return the evidence with this id."""
        found = read_row(self._connection, Evidence, row_id)
        self._connection.rollback()
        return found

    def details_of(self, incident: str) -> list[Report | Evidence | LogEntry]:
        """Return reports, evidence and log lines of an incident, each oldest first."""
        reports = select(REPORT).where(REPORT.c.incident == incident)
        evidence = select(EVIDENCE).where(EVIDENCE.c.incident == incident)
        log = select(LOG).where(LOG.c.incident == incident)
        found: list[Report | Evidence | LogEntry] = [
            *read_rows(self._connection, Report, reports.order_by(REPORT.c.received_at)),
            *read_rows(self._connection, Evidence, evidence.order_by(EVIDENCE.c.captured_at)),
            *read_rows(self._connection, LogEntry, log.order_by(LOG.c.at, LOG.c.id)),
        ]
        self._connection.rollback()
        return found
