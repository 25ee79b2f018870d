"""Devices people log on with: known, waiting for an administrator's yes, or shut out."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from console.central.limits import DevicePolicy
from console.central.tokens import hash_of
from console.domain.errors import ZhihuiError
from console.domain.ids import DeviceId, PersonId
from console.store.mapping import insert_all
from console.store.tables import DEVICE, ENROLMENT

CODE_LASTS = timedelta(hours=24)


class DeviceState(StrEnum):
    """How central stands to a device.

    Attributes:
        UNPROVEN: It bears the id of another that is admitted; never kept.
    """

    WAITING = "waiting"
    ADMITTED = "admitted"
    BLOCKED = "blocked"
    UNPROVEN = "unproven"


class DeviceRefusedError(ZhihuiError):
    """A device that may not be logged on with, yet or at all.

    Attributes:
        device: Its id.
        state: How central stands to it.
    """

    def __init__(self, device: Device, state: DeviceState, reason: str) -> None:
        super().__init__(reason)
        self.device, self.state = device.id, state


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a person logs on with: a console, a handheld or a gateway.

    Attributes:
        id: Made by the device.
        kind: "console", "handheld" or "gateway".
        label: What people call it.
        secret_hash: Hash of the secret that it proves itself with; ``None`` if it has none.
    """

    id: DeviceId
    kind: str
    label: str
    secret_hash: str | None = None

    @property
    def number(self) -> str:
        """What a person tells an administrator to find it by: six signs."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:6].upper()


def is_local(host: str) -> bool:
    """Whether an address is of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_known(connection: Connection, device: Device) -> bool:
    """Whether a device is admitted, and proves to be the one that was."""
    row = connection.execute(select(DEVICE).where(DEVICE.c.id == device.id)).first()
    return row is not None and row.state == DeviceState.ADMITTED and _proves(device, row)


def greet(
    connection: Connection,
    device: Device,
    person: PersonId,
    *,
    host: str,
    policy: DevicePolicy,
    is_enrolled: bool,
    at: datetime,
) -> DeviceState:
    """Note a device that somebody with the right password uses; return how central stands to it.

    Args:
        connection: Of the writer's transaction.
        device: What it says of itself.
        person: Who uses it.
        host: Where it is.
        policy: What becomes of unknown ones.
        is_enrolled: Whether a code was typed that admits it.
        at: Now, aware UTC.
    """
    row = connection.execute(select(DEVICE).where(DEVICE.c.id == device.id)).first()
    trusts_place = policy is DevicePolicy.OPEN or (policy is DevicePolicy.ASK and is_local(host))
    state = _state(device, row, admits=is_enrolled or trusts_place)
    if row is not None and state in {DeviceState.BLOCKED, DeviceState.UNPROVEN}:
        return state  # whoever bears its id does not change what is known of it
    seen: dict[str, Any] = {
        "kind": device.kind,
        "label": device.label,
        "last_person": person,
        "last_seen_at": at,
        "address": host,
        "state": state.value,
    }
    if row is None:
        first = {**seen, "id": device.id, "first_seen_at": at, "secret_hash": device.secret_hash}
        insert_all(connection, DEVICE, [first])
        return state
    if row.secret_hash is None or is_enrolled:
        seen["secret_hash"] = device.secret_hash
    connection.execute(update(DEVICE).where(DEVICE.c.id == device.id).values(**seen))
    return state


def decide_device(
    connection: Connection, device: str, state: DeviceState, *, by: str, at: datetime
) -> bool:
    """Admit a device, or shut it out; return whether there is one with this id."""
    values = {"state": state.value, "decided_by": by, "decided_at": at}
    done = connection.execute(update(DEVICE).where(DEVICE.c.id == device).values(**values))
    return bool(done.rowcount)


def new_code(connection: Connection, *, kind: str, by: str, at: datetime) -> tuple[str, datetime]:
    """Return a code that admits one device of a kind, once, and until when."""
    code = f"{secrets.randbelow(10**12):012d}"
    row = {"code_hash": hash_of(code), "kind": kind, "made_by": by, "expires_at": at + CODE_LASTS}
    connection.execute(delete(ENROLMENT).where(ENROLMENT.c.expires_at <= at))
    insert_all(connection, ENROLMENT, [row])
    return "-".join(code[first : first + 4] for first in (0, 4, 8)), at + CODE_LASTS


def use_code(
    connection: Connection, code: str, device: Device, *, at: datetime, is_last_step: bool = True
) -> bool:
    """Use a code; return whether it was one for this device.

    Args:
        connection: Of the writer's transaction.
        code: As it was typed.
        device: Into which.
        at: Now, aware UTC.
        is_last_step: Whether this ends the log-on, and so uses the code up. One that goes on (a new
            PIN is asked for) leaves it to this device and to no other.
    """
    digits = "".join(sign for sign in code if sign.isalnum())
    of_device = hash_of(f"{digits} {device.id} {device.secret_hash or ''}")
    is_it = and_(
        ENROLMENT.c.code_hash.in_([hash_of(digits), of_device]),
        ENROLMENT.c.kind == device.kind,
        ENROLMENT.c.expires_at > at,
    )
    if is_last_step:
        used = connection.execute(delete(ENROLMENT).where(is_it))
    else:
        used = connection.execute(update(ENROLMENT).where(is_it).values(code_hash=of_device))
    return bool(used.rowcount)


def read_devices(connection: Connection) -> list[dict[str, Any]]:
    """Return every device, those that wait first, without their secrets."""
    query = select(DEVICE).order_by(DEVICE.c.state.desc(), DEVICE.c.last_seen_at.desc())
    return [
        {key: value for key, value in row.items() if key != "secret_hash"}
        for row in connection.execute(query).mappings()
    ]


def check_state(device: Device, state: DeviceState) -> None:
    """Check that a device may be logged on with.

    Raises:
        DeviceRefusedError: It may not.
    """
    called = device.label[:60] or device.kind
    if state is DeviceState.WAITING:
        raise DeviceRefusedError(
            device,
            state,
            f"This device ({called}, number {device.number}) waits for an administrator's yes. "
            "Ask for it, or for a one-time code; then log on again.",
        )
    if state is DeviceState.UNPROVEN:
        raise DeviceRefusedError(
            device,
            state,
            f"This device ({called}, number {device.number}) does not have the key that central "
            "knows it by. Ask an administrator for a one-time code, then log on with it.",
        )
    if state is DeviceState.BLOCKED:
        raise DeviceRefusedError(
            device,
            state,
            f"This device ({called}, number {device.number}) was shut out by an administrator; "
            "nobody can log on with it.",
        )


def _state(device: Device, row: Any | None, *, admits: bool) -> DeviceState:
    if row is not None and row.state == DeviceState.BLOCKED:
        return DeviceState.BLOCKED
    if admits:
        return DeviceState.ADMITTED
    if row is None or row.state == DeviceState.WAITING or row.secret_hash is None:
        return DeviceState.WAITING
    return DeviceState.ADMITTED if _proves(device, row) else DeviceState.UNPROVEN


def _proves(device: Device, row: Any) -> bool:
    """Whether a device knows the secret it first came with; without one it proves nothing."""
    if row.secret_hash is None or device.secret_hash is None:
        return False
    return hmac.compare_digest(row.secret_hash, device.secret_hash)
