"""Who may log on: the accounts made at the first start, passwords, sessions and their tokens."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, select

from console.central.settings import CentralError
from console.domain.ids import DeviceId, PersonId, UnitId
from console.domain.levels import Role
from console.domain.permissions import WHOLE_CITY, Remit
from console.store.mapping import insert_all, upsert
from console.store.tables import DEVICE, PERSON, SESSION

SESSION_LASTS = timedelta(hours=12)
#: The account that every officer's handheld logs on with: call sign and the shared number.
OFFICERS = "officers"
_ACCOUNTS: tuple[tuple[str, str, Role], ...] = (
    ("dispatcher", "Dispatcher", Role.DISPATCHER),
    ("operator", "Video operator", Role.VIDEO_OPERATOR),
    ("lead", "Shift lead", Role.SHIFT_LEAD),
    ("supervisor", "Supervisor", Role.SUPERVISOR),
    ("hotline", "Hotline seat", Role.HOTLINE_SEAT),
    ("admin", "Administrator", Role.ADMINISTRATOR),
    ("city", "City gateway", Role.GATEWAY),
    (OFFICERS, "Officers", Role.OFFICER),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has an account.

    Attributes:
        unit: The unit whose handheld it is; the person then has the unit's id.
        remit: Where that person works.
    """

    id: PersonId
    name: str
    role: Role
    unit: UnitId | None = None
    remit: Remit = WHOLE_CITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a person logs on with: a console, a handheld or a gateway."""

    id: DeviceId
    kind: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person logged on with a device, until it expires or is ended.

    Attributes:
        token_hash: SHA-256 of the token, hexadecimal; the token itself is kept nowhere.
    """

    token_hash: str
    person: Person
    device: DeviceId
    expires_at: datetime


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def ensure_accounts(connection: Connection, path: Path, hasher: PasswordHasher) -> None:
    """Make the accounts that are missing, their passwords in ``path`` for the owner to read.

    Raises:
        CentralError: The file of passwords is there and cannot be read.
    """
    known = set(connection.execute(select(PERSON.c.login)).scalars())
    missing = [one for one in _ACCOUNTS if one[0] not in known]
    if not missing:
        return
    passwords = read_passwords(path) if path.exists() else {}
    for login, _, _ in missing:
        passwords.setdefault(login, _new_password(login))
    _write_privately(path, passwords)
    for login, name, role in missing:
        person = Person(id=PersonId(login), name=name, role=role)
        add_account(connection, person, login, hasher.hash(passwords[login]))


def add_account(connection: Connection, person: Person, login: str, password_hash: str) -> None:
    """Enter somebody new; the log-on name must be free."""
    row = {
        "id": person.id,
        "login": login,
        "name": person.name,
        "role": person.role,
        "password_hash": password_hash,
        "active": True,
        "districts": _districts_of(person.remit),
    }
    insert_all(connection, PERSON, [row])


def read_passwords(path: Path) -> dict[str, str]:
    """Return the passwords made at the first start, by log-on name.

    Raises:
        CentralError: The file cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(login): str(password) for login, password in found.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise CentralError(
            f"The file of first passwords {path} cannot be read ({error}). "
            "Put it right, or move it away to have new passwords made for accounts that lack one."
        ) from error


def matches(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
    """Whether a password is the one that was hashed; takes tens of milliseconds by design."""
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def find_account(connection: Connection, login: str) -> tuple[Person, str] | None:
    """Return the person with this log-on name and the hash of the password, if there is one."""
    query = select(PERSON).where(PERSON.c.login == login, PERSON.c.active.is_(True))
    row = connection.execute(query).first()
    if row is None:
        return None
    person = Person(
        id=PersonId(row.id), name=row.name, role=row.role, remit=_remit_from(row.districts)
    )
    return person, row.password_hash


def new_session(person: Person, device: Device, *, at: datetime) -> tuple[str, Session]:
    """Return a new token and its session; the token is seen by nobody but its owner."""
    token = secrets.token_urlsafe(32)
    session = Session(
        token_hash=hash_of(token), person=person, device=device.id, expires_at=at + SESSION_LASTS
    )
    return token, session


def write_session(
    connection: Connection, session: Session, device: Device, *, at: datetime
) -> None:
    """Keep a session and its device, and drop what has expired."""
    connection.execute(delete(SESSION).where(SESSION.c.expires_at <= at))
    row = {
        "token_hash": session.token_hash,
        "person": session.person.id,
        "name": session.person.name,
        "role": session.person.role,
        "unit": session.person.unit,
        "districts": _districts_of(session.person.remit),
        "device": session.device,
        "created_at": at,
        "expires_at": session.expires_at,
    }
    insert_all(connection, SESSION, [row])
    seen = {
        "id": device.id,
        "kind": device.kind,
        "label": device.label,
        "last_person": session.person.id,
        "last_seen_at": at,
    }
    upsert(connection, DEVICE, [seen])


def drop_session(connection: Connection, token_hash: str) -> None:
    """End a session for good."""
    connection.execute(delete(SESSION).where(SESSION.c.token_hash == token_hash))


def read_sessions(connection: Connection, *, at: datetime) -> list[Session]:
    """Return the sessions that have not expired."""
    query = select(SESSION).where(SESSION.c.expires_at > at)
    return [
        Session(
            token_hash=row.token_hash,
            person=Person(
                id=PersonId(row.person),
                name=row.name,
                role=row.role,
                unit=UnitId(row.unit) if row.unit else None,
                remit=_remit_from(row.districts),
            ),
            device=DeviceId(row.device),
            expires_at=row.expires_at,
        )
        for row in connection.execute(query)
    ]


def _remit_from(districts: tuple[str, ...] | None) -> Remit:
    return WHOLE_CITY if districts is None else Remit(districts=frozenset(districts))


def _districts_of(remit: Remit) -> tuple[str, ...] | None:
    return None if remit.districts is None else tuple(sorted(remit.districts))


def _new_password(login: str) -> str:
    if login == OFFICERS:
        return f"{secrets.randbelow(10**8):08d}"  # typed on a small screen, with gloves
    return secrets.token_urlsafe(12)


def _write_privately(path: Path, passwords: dict[str, str]) -> None:
    """Write the file so that it is never readable by others, not even for a moment."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(passwords, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
