"""Sessions in the database: made, renewed, ended, read when central starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from console.central.accounts import Person, Session, districts_of, remit_from
from console.central.devices import Device
from console.domain.ids import DeviceId, PersonId, UnitId
from console.store.mapping import insert_all
from console.store.tables import SESSION

SESSION_LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A session with what renews it.

    Attributes:
        refresh_hash: Hash of the token that renews it.
        past_hash: Hash of the one before, in case the newer one got lost on its way.
        renewed_at: When it was renewed last, aware UTC.
    """

    session: Session
    refresh_hash: str
    past_hash: str | None
    renewed_at: datetime


def write_session(connection: Connection, kept: Kept, device: Device, *, at: datetime) -> None:
    """Keep a session, and drop what has expired."""
    connection.execute(delete(SESSION).where(SESSION.c.expires_at <= at))
    session = kept.session
    row = {
        "id": session.id,
        "refresh_hash": kept.refresh_hash,
        "past_hash": kept.past_hash,
        "renewed_at": kept.renewed_at,
        "person": session.person.id,
        "name": session.person.name,
        "role": session.person.role,
        "unit": session.person.unit,
        "districts": districts_of(session.person.remit),
        "device": device.id,
        "created_at": at,
        "expires_at": session.expires_at,
    }
    insert_all(connection, SESSION, [row])


def renew_session(connection: Connection, kept: Kept) -> None:
    """Keep what renews a session from now on."""
    values = {
        "refresh_hash": kept.refresh_hash,
        "past_hash": kept.past_hash,
        "renewed_at": kept.renewed_at,
    }
    connection.execute(update(SESSION).where(SESSION.c.id == kept.session.id).values(**values))


def drop_sessions(connection: Connection, sessions: list[str]) -> None:
    """End sessions for good."""
    connection.execute(delete(SESSION).where(SESSION.c.id.in_(sessions)))


def drop_sessions_of(connection: Connection, person: str) -> list[str]:
    """End every session of a person (of an officer: the unit's id); return their ids."""
    query = select(SESSION.c.id).where(SESSION.c.person == person)
    ended = list(connection.execute(query).scalars())
    drop_sessions(connection, ended)
    return ended


def read_sessions(connection: Connection, *, at: datetime) -> list[Kept]:
    """Return the sessions that have not expired."""
    query = select(SESSION).where(SESSION.c.expires_at > at)
    return [
        Kept(
            session=Session(
                id=row.id,
                person=Person(
                    id=PersonId(row.person),
                    name=row.name,
                    role=row.role,
                    unit=UnitId(row.unit) if row.unit else None,
                    remit=remit_from(row.districts),
                ),
                device=DeviceId(row.device),
                expires_at=row.expires_at,
            ),
            refresh_hash=row.refresh_hash,
            past_hash=row.past_hash,
            renewed_at=row.renewed_at,
        )
        for row in connection.execute(query)
    ]
