"""The audit: who did what from where, each entry chained to the one before it by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

#: What the first entry is chained to.
GENESIS = hashlib.sha256(b"zhihui audit 1").hexdigest()
#: Stands in the audit where a password was given, changed or taken away.
MASK = "●"
#: How credentials of cameras begin where they are kept; what they say is only known with a key.
SEALED = "sealed:1:"
SECRET_FIELDS = frozenset({"password", "password_hash", "token", "secret", "pin", "new_pin"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Outcome(StrEnum):
    """What became of what was tried."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing somebody did, before it has a place in the chain.

    Attributes:
        at: When central took it, aware UTC.
        action: Name of the command, or a word such as "log_on", "export:audit", "read:snapshot".
        person: Who; ``None`` when nobody was logged on, or central itself did it.
        device: Id of the console, handheld or gateway.
        address: Network address it came from.
        subject_kind: Kind of the row it was done to.
        subject_id: Its id.
        rev: Revision it became in the change log.
        details: Old and new values by field, and whatever else tells what was done.
    """

    at: datetime
    action: str
    person: str | None = None
    role: str | None = None
    device: str | None = None
    address: str | None = None
    outcome: Outcome = Outcome.DONE
    subject_kind: str | None = None
    subject_id: str | None = None
    rev: int | None = None
    command_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link of the chain, as it is kept.

    Attributes:
        seq: Its place, from 1 without a gap.
        at_us: Microseconds since 1970-01-01 UTC.
        details: JSON text, as it was hashed.
        hash: SHA-256 over the hash before it and its own canonical bytes, hexadecimal.
    """

    seq: int
    at_us: int
    action: str
    person: str | None
    role: str | None
    device: str | None
    address: str | None
    outcome: str
    subject_kind: str | None
    subject_id: str | None
    rev: int | None
    command_id: str | None
    details: str
    hash: str

    @property
    def at(self) -> datetime:
        """When, aware UTC."""
        return _EPOCH + timedelta(microseconds=self.at_us)


#: Fields that are hashed, in this order; a new one goes at the end and raises the version.
HASHED = (
    "seq", "at_us", "action", "person", "role", "device", "address", "outcome",
    "subject_kind", "subject_id", "rev", "command_id", "details",
)  # fmt: skip
_CANONICAL_VERSION = 1


def canonical(values: Mapping[str, Any]) -> bytes:
    """Return the bytes of an entry that are hashed: a JSON list in ASCII, no spaces."""
    told = [_CANONICAL_VERSION, *(values[name] for name in HASHED)]
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def chained(before: str, values: Mapping[str, Any]) -> str:
    """Return the hash of an entry that follows the entry with the hash ``before``."""
    return hashlib.sha256(bytes.fromhex(before) + canonical(values)).hexdigest()


def entry_values(act: Act, *, seq: int, before: str) -> dict[str, Any]:
    """Return the kept fields of an act at its place in the chain, its hash among them."""
    values: dict[str, Any] = {
        "seq": seq,
        "at_us": (act.at - _EPOCH) // timedelta(microseconds=1),
        "action": act.action,
        "person": _plain(act.person),
        "role": act.role,
        "device": _plain(act.device),
        "address": _plain(act.address),
        "outcome": act.outcome.value,
        "subject_kind": act.subject_kind,
        "subject_id": _plain(act.subject_id),
        "rev": act.rev,
        "command_id": _plain(act.command_id),
        "details": _text(act.details),
    }
    values["hash"] = chained(before, values)
    return values


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with every secret replaced by a mark that says no more than "there is one".

    Secrets are found however deep they lie.
    """
    return {
        name: MASK if name in SECRET_FIELDS and value is not None else _masked_inside(value)
        for name, value in values.items()
    }


def _masked_inside(value: Any) -> Any:
    if isinstance(value, str):
        return MASK if value.startswith(SEALED) else value
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return masked(value)
    return [_masked_inside(one) for one in value] if isinstance(value, list | tuple) else value


def _text(details: Mapping[str, Any]) -> str:
    text = json.dumps(details, ensure_ascii=False, separators=(",", ":"), default=str)
    return _keepable(text)


def _plain(text: str | None) -> str | None:
    return None if text is None else _keepable(text.replace("\0", "\ufffd"))


def _keepable(text: str) -> str:
    """Return text that every database takes; lone surrogates become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
