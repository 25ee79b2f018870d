"""PINs of officers: each its own, a first one that must be replaced, hashes of the others."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import Connection, delete, select

from console.central.accounts import matches
from console.central.settings import CentralError
from console.domain.errors import ZhihuiError
from console.domain.units import Unit
from console.store.mapping import insert_all
from console.store.secretfile import SecretFileError, read_or_make
from console.store.tables import OFFICER_PIN

#: Digits of a PIN that central makes: typed on a small screen, with gloves.
DIGITS = 8
SHORTEST, LONGEST = 6, 64
_KEY_BYTES = 32


class PinState(StrEnum):
    """Where a PIN comes from.

    Attributes:
        FIRST: From central's key; it must be replaced at the first log-on.
        GIVEN: From an administrator; it must be replaced as well.
        OWN: The officer's own.
    """

    FIRST = "first"
    GIVEN = "given"
    OWN = "own"


class PinError(ZhihuiError):
    """A new PIN is none that can be taken."""


class MustChangeError(ZhihuiError):
    """The PIN is right, but it was given to the officer, who has to choose another now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What is kept of an officer's PIN.

    Attributes:
        unit: Id of the unit whose handheld is logged on with it.
        set_by: Id of the person who gave it, or the unit's own.
    """

    unit: str
    password_hash: str
    must_change: bool
    set_at: datetime
    set_by: str

    @property
    def state(self) -> PinState:
        """Whether it was given, or chosen by the officer."""
        return PinState.GIVEN if self.must_change else PinState.OWN


class FirstPins:
    """First PINs, made from a key of central's own: nobody can tell one from another."""

    def __init__(self, path: Path) -> None:
        """Take the key in a file, made at the first start.

        Raises:
            CentralError: The key cannot be used.
        """
        try:
            self._key = read_or_make(path, lambda: secrets.token_hex(_KEY_BYTES).encode()).strip()
        except SecretFileError as error:
            raise CentralError(str(error)) from error

    def of(self, unit: str) -> str:
        """Return a unit's first PIN: HMAC-SHA-256 of its id, as eight digits."""
        digest = hmac.new(self._key, b"first pin\0" + unit.encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(digest) % 10**DIGITS:0{DIGITS}d}"

    def is_right(self, unit: str, password: str) -> bool:
        """Whether what was typed is a unit's first PIN; takes as long whatever was typed."""
        return hmac.compare_digest(self.of(unit).encode(), password.encode(errors="replace"))


def new_pin() -> str:
    """Return a PIN by chance, to be given to somebody."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def check_new(pin: str, *, unit: Unit, old: str) -> None:
    """Check what an officer has chosen.

    Raises:
        PinError: It is too short or too long, easily guessed, or the old one.
    """
    if not SHORTEST <= len(pin) <= LONGEST:
        raise PinError(f"A PIN has {SHORTEST} to {LONGEST} digits or letters; choose another.")
    if pin == old:
        raise PinError("The new PIN is the old one; choose another.")
    steps = {ord(second) - ord(first) for first, second in pairwise(pin)}
    if steps in ({0}, {1}, {-1}) or pin.casefold() == unit.call_sign.casefold():
        raise PinError("This PIN is guessed at once (a row, one digit only, the call sign); "
                       "choose another.")  # fmt: skip


def is_right(
    hasher: PasswordHasher, first: FirstPins, unit: Unit, pin: Pin | None, password: str
) -> bool:
    """Whether a PIN is a unit's; argon2id is counted for a first one too."""
    if pin is not None:
        return matches(hasher, pin.password_hash, password)
    hasher.hash(password)
    return first.is_right(unit.id, password)


def pin_of(connection: Connection, unit: str) -> Pin | None:
    """Return what is kept of a unit's PIN; ``None`` while the first one holds."""
    query = select(OFFICER_PIN).where(OFFICER_PIN.c.unit == unit)
    row = connection.execute(query).mappings().first()
    return None if row is None else Pin(**row)


def read_pins(connection: Connection) -> dict[str, Pin]:
    """Return every PIN that is no first one, by unit."""
    return {row["unit"]: Pin(**row) for row in connection.execute(select(OFFICER_PIN)).mappings()}


def write_pin(connection: Connection, pin: Pin) -> None:
    """Keep a PIN in the place of the one before."""
    connection.execute(delete(OFFICER_PIN).where(OFFICER_PIN.c.unit == pin.unit))
    row = {
        "unit": pin.unit,
        "password_hash": pin.password_hash,
        "must_change": pin.must_change,
        "set_at": pin.set_at,
        "set_by": pin.set_by,
    }
    insert_all(connection, OFFICER_PIN, [row])
