"""A session with central, as a console holds it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import msgspec

from console.domain.ids import PersonId, UnitId
from console.domain.levels import Role
from console.sync.state import Who

#: Part of a token's time after which the session is renewed.
_RENEWED_AFTER = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A session with central.

    Attributes:
        token: Goes with every request, for some minutes.
        refresh: Renews the session, once.
        stale_at_s: When to renew it, by the monotonic clock: nobody's clock has to be right.
    """

    token: str = field(repr=False)
    refresh: str = field(repr=False)
    stale_at_s: float
    who: Who
    epoch: str

    @property
    def is_stale(self) -> bool:
        """Whether it is time to renew it."""
        return time.monotonic() >= self.stale_at_s


class _Person(msgspec.Struct, frozen=True):
    id: str
    name: str
    role: Role
    unit: str | None = None
    districts: tuple[str, ...] | None = None


class _Session(msgspec.Struct, frozen=True):
    token: str
    lasts_s: int
    refresh: str
    person: _Person
    epoch: str


def login_in(content: bytes, *, began_s: float) -> Login:
    """Return the session in central's answer.

    Args:
        content: The answer.
        began_s: Monotonic seconds when it was asked for.

    Raises:
        MsgspecError: It holds none.
    """
    session = msgspec.json.decode(content, type=_Session)
    person = session.person
    who = Who(
        id=PersonId(person.id),
        name=person.name,
        role=person.role,
        unit=UnitId(person.unit) if person.unit is not None else None,
        districts=person.districts,
    )
    return Login(
        token=session.token,
        refresh=session.refresh,
        stale_at_s=began_s + session.lasts_s * _RENEWED_AFTER,
        who=who,
        epoch=session.epoch,
    )
