"""A chain of the audit on a real database, and ways to spoil it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from console.central.audit import AuditKeeper
from console.domain.audit import Act
from console.store.audit import append_acts
from console.store.auditseal import PUBLIC_NAME, read_public_key
from console.store.auditverify import Verified, read_sealed, verify_chain

BEGAN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def some_acts(count: int, *, first: int = 0) -> list[Act]:
    """Return acts of several people, one a second."""
    return [
        Act(
            at=BEGAN + timedelta(seconds=no),
            action=("AmendIncident", "log_on", "read:snapshot")[no % 3],
            person=f"p{no % 4}",
            role="dispatcher",
            device=f"console-{no % 2}",
            address="127.0.0.1",
            subject_kind="incident",
            subject_id=f"i{no % 7}",
            rev=no,
            details={"old": {"summary": f"旧 {no}"}, "new": {"summary": f"新 {no}"}},
        )
        for no in range(first, first + count)
    ]


def write_acts(engine: Engine, keeper: AuditKeeper, acts: list[Act], *, sign: bool = False) -> None:
    """Append acts in one transaction as the writer does."""
    with engine.begin() as connection:
        append_acts(connection, acts)
        sealed = keeper.sealed(connection, at=BEGAN, anyway=sign)
    keeper.committed(sealed, at=BEGAN)


def verified(engine: Engine, folder: Path) -> Verified:
    """Verify as `zhihui audit verify` does."""
    sealed = read_sealed(folder)
    with engine.connect() as connection:
        return verify_chain(connection, sealed, read_public_key(folder / PUBLIC_NAME))


def unguard(connection: Connection) -> None:
    """Take the triggers away, as somebody with the database's own tools can."""
    for table in ("audit", "audit_checkpoint"):
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        else:
            for event in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{event}"))
