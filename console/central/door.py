"""The door: logs people on and off, and knows who stands behind a token."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.central.accounts import Session, is_login
from console.central.acts import act_by, actor_of, not_let_in
from console.central.auditdesk import AuditDesk
from console.central.credentials import Credentials
from console.central.devices import Device, DeviceState, check_state, greet, is_known, use_code
from console.central.limits import DevicePolicy
from console.central.loop import WriterLink
from console.central.pins import MustChangeError, Pin, PinError, write_pin
from console.central.rows import LiveRows
from console.central.sessions import (
    SESSION_LASTS,
    Kept,
    drop_sessions,
    drop_sessions_of,
    renew_session,
    write_session,
)
from console.central.tokens import ACCESS_LASTS, TokenMint, hash_of, new_secret
from console.central.tries import Tries, device_place
from console.domain.audit import Act, Outcome
from console.domain.errors import ZhihuiError
from console.domain.ids import PersonId
from console.store.audit import append_acts

#: A token that renews is good once; the answer may get lost, so the last one is, for so long.
PAST_IS_GOOD = timedelta(minutes=2)


class LogOnError(ZhihuiError):
    """Name and password do not belong together, or a token renews nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What somebody gets who was let in.

    Attributes:
        token: Goes with every request.
        lasts_s: For how long it does.
        refresh: Renews both, once.
    """

    token: str
    lasts_s: int
    refresh: str
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRules:
    """How the door is kept.

    Attributes:
        devices: Which unknown devices may be logged on with.
        home_code: Admits devices of whoever can read central's own folder.
    """

    devices: DevicePolicy
    home_code: str


class Door:
    """Logs people on and off; belongs to the event loop."""

    def __init__(
        self,
        link: WriterLink,
        *,
        credentials: Credentials,
        mint: TokenMint,
        sessions: list[Kept],
        clock: Callable[[], datetime],
        rules: DoorRules,
        audit: AuditDesk,
    ) -> None:
        """Open the door.

        Args:
            link: To the writer.
            credentials: Knows passwords and PINs.
            mint: Signs tokens.
            sessions: Sessions that have not expired.
            clock: Gives now, aware UTC.
            rules: How it is kept.
            audit: Told who came, went, or was not let in.
        """
        self._audit = audit
        self._link = link
        self._credentials = credentials
        self._mint = mint
        self._sessions = {one.session.id: one for one in sessions}
        self._by_refresh: dict[str, str] = {}
        for one in sessions:
            self._index(one)
        self._clock = clock
        self._rules = rules
        self.tries = Tries(clock)
        #: Called when sessions were ended, so that their streams end with them.
        self.on_ended: Callable[[], None] = _nothing

    @property
    def count(self) -> int:
        """How many sessions are known."""
        return len(self._sessions)

    async def log_on(
        self,
        name: str,
        password: str,
        device: Device,
        *,
        host: str,
        code: str = "",
        new_pin: str = "",
    ) -> Granted:
        """Let somebody in.

        Args:
            name: Log-on name, or the call sign of a unit.
            password: As typed.
            device: What it is typed into.
            host: Where it comes from, to slow down guessing.
            code: Admits a device that is not known; empty for none.
            new_pin: What an officer chooses in the place of the PIN; empty to keep it. What was
                logged on with the one before ends.

        Raises:
            LogOnError: Name and password do not belong together.
            MustChangeError: The PIN is right, but was given; nobody was logged on. It is said to
                an admitted device only, and audited.
            PinError: The new PIN cannot be taken; nobody was logged on.
            TooManyTriesError: Too many wrong passwords for this name, or from there.
            DeviceRefusedError: The device is not admitted.
            CentralError: Central is closing, or cannot write.
        """
        known = await self._link.reading(lambda connection: is_known(connection, device))
        place = device_place(device.id) if known else host
        self.tries.check(name, place, is_known=known)
        found = await self._credentials.who(name, password)
        if found is None:
            self.tries.wrong(name, place)
            called = await self._name_told(name)
            self._audit.note(not_let_in(called, device, host, at=self._clock()))
            raise LogOnError("Name and password do not belong together; nobody was logged on.")
        person = found.person
        refused: MustChangeError | PinError | None = None
        chosen: Pin | None = None
        try:
            chosen = await self._credentials.chosen(found, password, new_pin)
        except (MustChangeError, PinError) as error:
            refused = error  # told below, to an admitted device only
        at = self._clock()
        refresh = new_secret()
        kept = Kept(
            session=Session(
                id=secrets.token_hex(16),
                person=person,
                device=device.id,
                expires_at=at + SESSION_LASTS,
            ),
            refresh_hash=hash_of(refresh),
            past_hash=None,
            renewed_at=at,
        )

        ended: list[str] = []

        def write(connection: Connection, _: LiveRows) -> DeviceState | None:
            if not found.still_holds(connection):
                return None  # shut or changed while the password was looked at
            ends = refused is None
            state = self._greeted(connection, device, person.id, host=host, code=code, ends=ends)
            if state is DeviceState.ADMITTED and ends:
                ended.extend(_let_in(connection, kept, device, chosen, host=host, at=at))
            return state

        state = await self._link.in_writer(write)
        if state is None:
            raise LogOnError("Your account was changed just now; log on again.")
        if state is not DeviceState.ADMITTED and code:
            self.tries.wrong(name, place)  # codes are guessed no faster than passwords
        if state is not DeviceState.ADMITTED:
            self._audit.note(not_let_in(name, device, host, at=at, state=state))
        check_state(device, state)
        if refused is not None:
            self._audit.note(not_let_in(name, device, host, at=at, state=state, why=str(refused)))
            raise refused
        self.tries.right(name, place)
        self._forget_expired(at)
        self._forget(ended)
        self._take(kept)
        return self._granted(kept, refresh)

    async def refresh(self, token: str) -> Granted:
        """Renew a session.

        Args:
            token: What renews it; good once.

        Raises:
            LogOnError: It renews nothing, any more or at all.
            CentralError: Central is closing, or cannot write.
        """
        used = hash_of(token)
        kept = self._sessions.get(self._by_refresh.get(used, ""))
        at = self._clock()
        if kept is None or not self.is_valid(kept.session):
            raise LogOnError("Your session has ended; log on again.")
        if used == kept.past_hash and kept.renewed_at < at - PAST_IS_GOOD:
            actor = actor_of(kept.session, None)
            act = act_by(actor, "renew_session", at=at, outcome=Outcome.REFUSED)
            await self.end([kept.session], [act])  # used twice: one of the two has stolen it
            raise LogOnError("Your session was renewed from elsewhere and has ended; log on again.")
        refresh = new_secret()
        renewed = replace(kept, refresh_hash=hash_of(refresh), past_hash=used, renewed_at=at)
        self._take(renewed)
        await self._link.in_writer(lambda connection, _: renew_session(connection, renewed))
        return self._granted(renewed, refresh)

    async def log_off(self, session: Session, *, host: str = "") -> None:
        """End a session.

        Raises:
            CentralError: Central is closing, or cannot write.
        """
        actor = actor_of(session, host)
        await self.end([session], [act_by(actor, "log_off", at=self._clock())])

    async def end(self, sessions: list[Session], acts: Sequence[Act] = ()) -> None:
        """End sessions at once, with their streams.

        Args:
            sessions: Which.
            acts: What the audit says of it.

        Raises:
            CentralError: Central is closing, or cannot write.
        """
        ids = [session.id for session in sessions]
        self._forget(ids)

        def write(connection: Connection, _: LiveRows) -> None:
            drop_sessions(connection, ids)
            append_acts(connection, acts)

        if ids:
            await self._link.in_writer(write)

    def sessions_of(self, *, person: str | None = None, device: str | None = None) -> list[Session]:
        """Return the sessions of a person (of an officer: the unit's id) or a device."""
        return [
            one.session
            for one in self._sessions.values()
            if (person is not None and person == one.session.person.id)
            or (device is not None and one.session.device == device)
        ]

    def session(self, token: str) -> Session | None:
        """Return the session behind a token, if it is one of ours and has not expired."""
        found = self._mint.session_in(token, at=self._clock())
        kept = None if found is None else self._sessions.get(found)
        return kept.session if kept is not None and self.is_valid(kept.session) else None

    def is_valid(self, session: Session) -> bool:
        """Whether a session has neither been ended nor expired."""
        return session.id in self._sessions and session.expires_at > self._clock()

    def hashed(self, password: str) -> str:
        """Return the hash of a password; takes tens of milliseconds by design."""
        return self._credentials.hashed(password)

    async def is_password_of(self, session: Session, password: str) -> bool:
        """Whether a password or PIN is that of whoever is logged on; wrong ones are counted.

        Raises:
            TooManyTriesError: Too many were wrong.
        """
        name = self._credentials.login_of(session.person)
        place = device_place(session.device)
        self.tries.check(name, place, is_known=True)
        is_right = await self._credentials.are_of(session.person, password)
        if is_right:
            self.tries.right(name, place)
        else:
            self.tries.wrong(name, place)
        return is_right

    async def _name_told(self, name: str) -> str:
        """Return what the audit calls a name: one that nobody has may be a mistyped password."""
        is_one = await self._link.reading(lambda connection: is_login(connection, name))
        if is_one or self._credentials.is_unit(name):
            return name[:80]
        return f"unknown name {self._mint.digest_of(name)}"

    def _greeted(
        self,
        connection: Connection,
        device: Device,
        person: PersonId,
        *,
        host: str,
        code: str,
        ends: bool,
    ) -> DeviceState:
        at = self._clock()
        is_home = hmac.compare_digest(code.encode(), self._rules.home_code.encode())
        is_enrolled = bool(code) and (
            is_home or use_code(connection, code, device, at=at, is_last_step=ends)
        )
        return greet(
            connection,
            device,
            person,
            host=host,
            policy=self._rules.devices,
            is_enrolled=is_enrolled,
            at=at,
        )

    def _granted(self, kept: Kept, refresh: str) -> Granted:
        at = self._clock()
        return Granted(
            token=self._mint.token(kept.session.id, at=at),
            lasts_s=int(min(ACCESS_LASTS, kept.session.expires_at - at).total_seconds()),
            refresh=refresh,
            session=kept.session,
        )

    def _take(self, kept: Kept) -> None:
        self._drop(kept.session.id)
        self._sessions[kept.session.id] = kept
        self._index(kept)

    def _index(self, kept: Kept) -> None:
        self._by_refresh[kept.refresh_hash] = kept.session.id
        if kept.past_hash is not None:
            self._by_refresh[kept.past_hash] = kept.session.id

    def _drop(self, session: str) -> None:
        earlier = self._sessions.pop(session, None)
        if earlier is not None:
            self._by_refresh.pop(earlier.refresh_hash, None)
            self._by_refresh.pop(earlier.past_hash or "", None)

    def _forget(self, ended: Sequence[str]) -> None:
        """Know sessions no more, and have their streams end."""
        for key in ended:
            self._drop(key)
        if ended:
            self.on_ended()

    def _forget_expired(self, at: datetime) -> None:
        for key in [key for key, one in self._sessions.items() if one.session.expires_at <= at]:
            self._drop(key)


def _let_in(
    connection: Connection,
    kept: Kept,
    device: Device,
    chosen: Pin | None,
    *,
    host: str,
    at: datetime,
) -> list[str]:
    """Write down a session, and the PIN its officer has chosen.

    Returns:
        Ids of the sessions that ended with the PIN before.
    """
    actor = actor_of(kept.session, host)
    acts = [act_by(actor, "log_on", at=at, details={"kind": device.kind})]
    ended: list[str] = []
    if chosen is not None:
        ended = drop_sessions_of(connection, chosen.unit)
        write_pin(connection, chosen)
        told = {"ended_sessions": len(ended)}
        subject = ("unit", chosen.unit)
        acts.append(act_by(actor, "pin_chosen", at=at, subject=subject, details=told))
    write_session(connection, kept, device, at=at)
    append_acts(connection, acts)
    return ended


def _nothing() -> None:
    """Nobody listens yet."""
