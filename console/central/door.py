"""The door: logs people on and off, and knows who stands behind a token."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import Connection

from console.central.accounts import (
    OFFICERS,
    Device,
    Person,
    Session,
    drop_session,
    find_account,
    hash_of,
    matches,
    new_session,
    write_session,
)
from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.central.loop import WriterLink
from console.central.rows import LiveRows
from console.domain.audit import Act, Outcome
from console.domain.errors import ZhihuiError
from console.domain.ids import PersonId
from console.domain.levels import Role
from console.domain.units import Unit
from console.store.audit import append_acts

TRIES = 10
TRIES_WITHIN = timedelta(minutes=2)
#: With so many names tried, old tries are looked through at each new one.
_MOST_WRONG = 10_000
#: Argon2 takes 64 MiB each; more at once would not be faster on a small machine.
_AT_ONCE = 2


class LogOnError(ZhihuiError):
    """Name and password do not belong together."""


class TooManyTriesError(ZhihuiError):
    """Too many wrong passwords for one name from one place."""


class Door:
    """Logs people on and off; belongs to the event loop."""

    def __init__(
        self,
        link: WriterLink,
        *,
        hasher: PasswordHasher,
        sessions: list[Session],
        unit_called: Callable[[str], Unit | None],
        clock: Callable[[], datetime],
        audit: AuditDesk,
    ) -> None:
        """Open the door.

        Args:
            link: To the writer.
            hasher: Hashes passwords.
            sessions: Sessions that have not expired.
            unit_called: The unit with a call sign, for officers' handhelds.
            clock: Gives now, aware UTC.
            audit: Told of wrong passwords.
        """
        self._audit = audit
        self._link = link
        self._hasher = hasher
        self._sessions = {session.token_hash: session for session in sessions}
        self._unit_called = unit_called
        self._clock = clock
        self._wrong: dict[tuple[str, str], deque[datetime]] = {}
        self._hashing = asyncio.Semaphore(_AT_ONCE)
        self._nobody = hasher.hash("nobody has this password")

    @property
    def count(self) -> int:
        """How many sessions are known."""
        return len(self._sessions)

    async def log_on(
        self, name: str, password: str, device: Device, *, host: str
    ) -> tuple[str, Session]:
        """Return a new token and its session.

        Args:
            name: Log-on name, or the call sign of a unit.
            password: As typed.
            device: What it is typed into.
            host: Where it comes from, to slow down guessing.

        Raises:
            LogOnError: Name and password do not belong together.
            TooManyTriesError: Too many wrong passwords for this name from there.
            CentralError: Central is closing, or cannot write.
        """
        self._check_tries(name, host)
        person = await self._who(name, password)
        if person is None:
            if len(self._wrong) >= _MOST_WRONG:
                self._forget_expired(self._clock())
            self._wrong.setdefault((name, host), deque(maxlen=TRIES)).append(self._clock())
            self._audit.note(_failed(name, device, host, at=self._clock()))
            raise LogOnError("Name and password do not belong together; nobody was logged on.")
        self._wrong.pop((name, host), None)
        at = self._clock()
        token, session = new_session(person, device, at=at)
        logged_on = act_by(actor_of(session, host), "log_on", at=at, details={"kind": device.kind})

        def write(connection: Connection, _: LiveRows) -> None:
            write_session(connection, session, device, at=at)
            append_acts(connection, [logged_on])

        await self._link.in_writer(write)
        self._forget_expired(at)
        self._sessions[session.token_hash] = session
        return token, session

    async def log_off(self, session: Session, *, host: str = "") -> None:
        """End a session.

        Raises:
            CentralError: Central is closing, or cannot write.
        """
        self._sessions.pop(session.token_hash, None)
        logged_off = act_by(actor_of(session, host), "log_off", at=self._clock())

        def write(connection: Connection, _: LiveRows) -> None:
            drop_session(connection, session.token_hash)
            append_acts(connection, [logged_off])

        await self._link.in_writer(write)

    def session(self, token: str) -> Session | None:
        """Return the session behind a token, if it is one of ours and has not expired."""
        found = self._sessions.get(hash_of(token))
        return found if found is not None and self.is_valid(found) else None

    def is_valid(self, session: Session) -> bool:
        """Whether a session has neither been ended nor expired."""
        return session.token_hash in self._sessions and session.expires_at > self._clock()

    async def _who(self, name: str, password: str) -> Person | None:
        unit = self._unit_called(name)
        login = name if unit is None else OFFICERS
        found = await self._link.reading(lambda connection: find_account(connection, login))
        person, password_hash = found or (None, self._nobody)
        async with self._hashing:  # an unknown name takes as long as a known one
            right = await asyncio.to_thread(matches, self._hasher, password_hash, password)
        if not right or person is None:
            return None
        if unit is not None:
            called = unit.name or unit.call_sign
            return Person(id=PersonId(unit.id), name=called, role=Role.OFFICER, unit=unit.id)
        return None if person.role is Role.OFFICER else person

    def _check_tries(self, name: str, host: str) -> None:
        tries = self._wrong.get((name, host))
        if tries and len(tries) == TRIES and tries[0] > self._clock() - TRIES_WITHIN:
            raise TooManyTriesError(
                f"Too many wrong passwords for {name[:40]}; wait two minutes, then try again."
            )

    def _forget_expired(self, at: datetime) -> None:
        for key in [key for key, one in self._sessions.items() if one.expires_at <= at]:
            del self._sessions[key]
        for place in [key for key, one in self._wrong.items() if one[-1] < at - TRIES_WITHIN]:
            del self._wrong[place]


def _failed(name: str, device: Device, host: str, *, at: datetime) -> Act:
    """Return what the audit says of a wrong password; the name may be a mistyped password."""
    return Act(
        at=at,
        action="log_on",
        outcome=Outcome.FAILED,
        device=device.id,
        address=host,
        details={"name": name[:80], "kind": device.kind},
    )
