"""Who may log on: the accounts made at the first start, their passwords, roles and districts."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, select, update

from console.central.settings import CentralError
from console.domain.ids import DeviceId, PersonId, UnitId
from console.domain.levels import Role
from console.domain.permissions import WHOLE_CITY, Remit
from console.store.mapping import insert_all
from console.store.secretfile import write_privately
from console.store.tables import PERSON

#: What officers shared before each had a PIN of the own; it opens nothing any more.
_ONCE_SHARED = "officers"
_ACCOUNTS: tuple[tuple[str, str, Role], ...] = (
    ("dispatcher", "Dispatcher", Role.DISPATCHER),
    ("operator", "Video operator", Role.VIDEO_OPERATOR),
    ("lead", "Shift lead", Role.SHIFT_LEAD),
    ("supervisor", "Supervisor", Role.SUPERVISOR),
    ("hotline", "Hotline seat", Role.HOTLINE_SEAT),
    ("admin", "Administrator", Role.ADMINISTRATOR),
    ("city", "City gateway", Role.GATEWAY),
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
class Session:
    """A person logged on with a device, until it expires or is ended."""

    id: str
    person: Person
    device: DeviceId
    expires_at: datetime


def ensure_accounts(connection: Connection, path: Path, hasher: PasswordHasher) -> None:
    """Make the accounts that are missing, their passwords in ``path`` for the owner to read.

    Raises:
        CentralError: The file of passwords is there and cannot be read.
    """
    known = set(connection.execute(select(PERSON.c.login)).scalars())
    missing = [one for one in _ACCOUNTS if one[0] not in known]
    passwords = read_passwords(path) if path.exists() else {}
    was_shared = passwords.pop(_ONCE_SHARED, None) is not None
    if not missing and not was_shared:
        return
    for login, _, _ in missing:
        passwords.setdefault(login, secrets.token_urlsafe(12))
    write_privately(path, json.dumps(passwords, ensure_ascii=False, indent=2).encode())
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
        "districts": districts_of(person.remit),
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


def account_called(connection: Connection, login: str) -> str | None:
    """Return the id of whoever has a log-on name, in use or not."""
    return connection.execute(select(PERSON.c.id).where(PERSON.c.login == login)).scalar()


def account_of(connection: Connection, person: str) -> dict[str, Any] | None:
    """Return what is known of somebody, without the hash of the password."""
    columns = [column for column in PERSON.columns if column.name != "password_hash"]
    row = connection.execute(select(*columns).where(PERSON.c.id == person)).mappings().first()
    return None if row is None else dict(row)


def password_hash_of(connection: Connection, person: str) -> str | None:
    """Return the hash of somebody's password; ``None`` if there is nobody, or no longer."""
    query = select(PERSON.c.password_hash).where(PERSON.c.id == person, PERSON.c.active.is_(True))
    return connection.execute(query).scalar()


def change_account(
    connection: Connection,
    person: str,
    *,
    name: str | None = None,
    role: Role | None = None,
    remit: Remit | None = None,
    is_active: bool | None = None,
    password_hash: str | None = None,
) -> bool:
    """Change what is known of somebody, ``None`` leaving it as it is; return whether there is one.

    Whoever calls it ends that person's sessions (`Door.end`): what they may has changed.
    """
    values: dict[str, Any] = {
        "name": name,
        "role": role,
        "active": is_active,
        "password_hash": password_hash,
    }
    changed = {key: value for key, value in values.items() if value is not None}
    if remit is not None:
        changed["districts"] = districts_of(remit)
    if not changed:
        query = select(PERSON.c.id).where(PERSON.c.id == person)
        return connection.execute(query).first() is not None
    done = connection.execute(update(PERSON).where(PERSON.c.id == person).values(**changed))
    return bool(done.rowcount)


def read_accounts(connection: Connection) -> list[dict[str, Any]]:
    """Return every account by log-on name, without hashes of passwords."""
    columns = [column for column in PERSON.columns if column.name != "password_hash"]
    query = select(*columns).order_by(PERSON.c.login)
    return [dict(row) for row in connection.execute(query).mappings()]


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
        id=PersonId(row.id), name=row.name, role=row.role, remit=remit_from(row.districts)
    )
    return person, row.password_hash


def is_login(connection: Connection, login: str) -> bool:
    """Whether there is an account with this log-on name, be it closed."""
    return (
        connection.execute(select(PERSON.c.id).where(PERSON.c.login == login)).first() is not None
    )


def remit_from(districts: tuple[str, ...] | None) -> Remit:
    """Return the remit that a list of districts means, ``None`` being the whole city."""
    return WHOLE_CITY if districts is None else Remit(districts=frozenset(districts))


def districts_of(remit: Remit) -> tuple[str, ...] | None:
    """Return a remit as it is kept."""
    return None if remit.districts is None else tuple(sorted(remit.districts))
