"""Who somebody is by what they know: passwords of accounts, PINs of officers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import Connection

from console.central.accounts import (
    Person,
    find_account,
    matches,
    password_hash_of,
)
from console.central.loop import WriterLink
from console.central.pins import (
    FirstPins,
    MustChangeError,
    Pin,
    check_new,
    is_right,
    pin_of,
)
from console.central.units import Register
from console.domain.ids import PersonId
from console.domain.levels import Role
from console.domain.units import Unit

#: Argon2 takes 64 MiB each; more at once would not be faster on a small machine.
_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who was let in, and what was kept of them when the password was looked at.

    Attributes:
        unit: The unit whose PIN it was; ``None`` where it was an account's password.
    """

    person: Person
    login: str
    unit: Unit | None = None
    password_hash: str | None = None
    pin: Pin | None = None

    def still_holds(self, connection: Connection) -> bool:
        """Whether neither account nor PIN was changed since."""
        if self.unit is not None:
            return pin_of(connection, self.unit.id) == self.pin
        return find_account(connection, self.login) == (self.person, self.password_hash)

    @property
    def must_change(self) -> bool:
        """Whether it was a PIN that somebody else gave."""
        return self.unit is not None and (self.pin is None or self.pin.must_change)


class Credentials:
    """Checks passwords and PINs; belongs to the event loop."""

    def __init__(
        self,
        link: WriterLink,
        hasher: PasswordHasher,
        register: Register,
        first_pins: FirstPins,
        clock: Callable[[], datetime],
    ) -> None:
        """Args are set once; ``first_pins`` are those of units that have chosen none yet."""
        self._link = link
        self._hasher = hasher
        self._register = register
        self.first_pins = first_pins
        self._clock = clock
        self._hashing = asyncio.Semaphore(_AT_ONCE)
        self._nobody = hasher.hash("nobody has this password")

    def is_unit(self, name: str) -> bool:
        """Whether a unit in use has this call sign."""
        return self._register.called(name) is not None

    def login_of(self, person: Person) -> str:
        """Return what somebody logs on as: an account's id, an officer's call sign."""
        unit = None if person.unit is None else self._register.unit(person.unit)
        return person.id if unit is None else unit.call_sign

    def hashed(self, password: str) -> str:
        """Return the hash of a password; takes tens of milliseconds by design."""
        return self._hasher.hash(password)

    async def are_of(self, person: Person, password: str) -> bool:
        """Whether a password is that of somebody who is logged on."""
        unit = None if person.unit is None else self._register.unit(person.unit)
        if unit is not None:
            return await self._officer(unit, password) is not None
        query = lambda connection: password_hash_of(connection, person.id)  # noqa: E731
        kept = await self._link.reading(query)
        async with self._hashing:
            return await asyncio.to_thread(matches, self._hasher, kept or self._nobody, password)

    async def who(self, name: str, password: str) -> Proof | None:
        """Return who has this name and password; ``None`` if they do not belong together."""
        found = await self._link.reading(lambda connection: find_account(connection, name))
        # An account goes before a unit: nobody is shut out by what a unit is called.
        unit = self._register.called(name) if found is None else None
        if unit is not None:
            return await self._officer(unit, password)
        person, password_hash = found or (None, self._nobody)
        async with self._hashing:  # an unknown name takes as long as a known one
            right = await asyncio.to_thread(matches, self._hasher, password_hash, password)
        if not right or person is None or person.role is Role.OFFICER:
            return None
        return Proof(person=person, login=name, password_hash=password_hash)

    async def _officer(self, unit: Unit, password: str) -> Proof | None:
        pin = await self._link.reading(lambda connection: pin_of(connection, unit.id))
        async with self._hashing:
            right = await asyncio.to_thread(
                is_right, self._hasher, self.first_pins, unit, pin, password
            )
        if not right:
            return None
        called = unit.name or unit.call_sign
        person = Person(id=PersonId(unit.id), name=called, role=Role.OFFICER, unit=unit.id)
        return Proof(person=person, login=unit.call_sign, unit=unit, pin=pin)

    async def chosen(self, proof: Proof, password: str, new_pin: str) -> Pin | None:
        """Return the PIN an officer has chosen just now, ``None`` to keep what there is.

        Raises:
            MustChangeError: There is one to be chosen.
            PinError: It cannot be taken.
        """
        if not new_pin and proof.must_change:
            raise MustChangeError("This PIN was given to you: choose one of your own to log on.")
        if not new_pin or proof.unit is None:
            return None
        check_new(new_pin, unit=proof.unit, old=password)
        async with self._hashing:
            hashed = await asyncio.to_thread(self._hasher.hash, new_pin)
        unit = proof.unit.id
        return Pin(unit=unit, password_hash=hashed, must_change=False, set_at=self._clock(),
                   set_by=unit)  # fmt: skip
