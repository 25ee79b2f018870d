"""Routes of officers' PINs: who has which kind, a new one, and slips with the first ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.requests import Request

from console.central.acts import act_by, actor_of
from console.central.credentials import Credentials
from console.central.door import Door
from console.central.loop import WriterLink
from console.central.pins import (
    Pin,
    PinError,
    PinState,
    check_new,
    new_pin,
    read_pins,
    write_pin,
)
from console.central.rows import LiveRows
from console.central.units import Register
from console.central.web import AnswerError, host_of, session_of
from console.domain.permissions import Remit
from console.domain.units import Unit
from console.store.audit import append_acts


class NewPinIn(BaseModel):
    """A new PIN for an officer, who has to replace it at the next log-on.

    Attributes:
        pin: Left out, central makes one by chance.
    """

    pin: str | None = Field(default=None, min_length=1, max_length=200)


class SlipsIn(BaseModel):
    """Whose first PINs are wanted: a district's, or everybody's."""

    district: str | None = Field(default=None, max_length=80)


@dataclass(frozen=True, slots=True)
class OfficerRoutes:
    """PINs of officers; a new one ends what was logged on with the old one."""

    door: Door
    link: WriterLink
    register: Register
    credentials: Credentials
    clock: Callable[[], datetime]

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["people"])
        router.add_api_route("/v1/officers", self.officers, methods=["GET"])
        router.add_api_route("/v1/officers/slips", self.slips, methods=["POST"])
        router.add_api_route("/v1/officers/{call_sign}/pin", self.give, methods=["POST"])
        return router

    async def officers(self, request: Request) -> dict[str, Any]:
        """Give every unit that may log on, with the kind of its PIN, but never the PIN."""
        remit = session_of(self.door, request).person.remit
        pins = await self.link.reading(read_pins)
        locked = self.door.tries.locked()
        return {"officers": [
            _told(unit, pins.get(unit.id), locked.get(unit.call_sign))
            for unit in self._units(remit)
        ]}  # fmt: skip

    async def give(self, call_sign: str, asked: NewPinIn, request: Request) -> dict[str, Any]:
        """Give an officer a new PIN, good for one log-on; it is said this once only."""
        session = session_of(self.door, request)
        unit = self.register.called(call_sign)
        if unit is None or not session.person.remit.covers(unit.district):
            raise AnswerError(404, f"There is no unit {call_sign} that may log on.")
        pin = asked.pin or new_pin()
        try:
            check_new(pin, unit=unit, old="")
        except PinError as error:
            raise AnswerError(422, str(error)) from error
        at = self.clock()
        hashed = await asyncio.to_thread(self.credentials.hashed, pin)
        kept = Pin(unit=unit.id, password_hash=hashed, must_change=True, set_at=at,
                   set_by=session.person.id)  # fmt: skip
        actor = actor_of(session, host_of(request))
        act = act_by(actor, "pin_given", at=at, subject=("unit", unit.id))

        def write(connection: Connection, _: LiveRows) -> None:
            write_pin(connection, kept)
            append_acts(connection, [act])

        await self.link.in_writer(write)
        self.door.tries.unlock(unit.call_sign)
        ended = self.door.sessions_of(person=unit.id)
        await self.door.end(ended)
        return {"call_sign": unit.call_sign, "pin": pin, "ended_sessions": len(ended)}

    async def slips(self, asked: SlipsIn, request: Request) -> dict[str, Any]:
        """Give the first PINs of units that have chosen none yet, to be handed out on paper."""
        session = session_of(self.door, request)
        pins = await self.link.reading(read_pins)
        slips = [
            {**_told(unit, None, None), "pin": self.credentials.first_pins.of(unit.id)}
            for unit in self._units(session.person.remit)
            if unit.id not in pins and asked.district in {None, unit.district}
        ]
        told = {"district": asked.district, "slips": len(slips)}
        actor = actor_of(session, host_of(request))
        act = act_by(actor, "export:first_pins", at=self.clock(), details=told)
        await self.link.in_writer(lambda connection, _: append_acts(connection, [act]))
        return {"slips": slips}

    def _units(self, remit: Remit) -> list[Unit]:
        found = [unit for unit in self.register.units if remit.covers(unit.district)]
        return sorted((unit for unit in found if not unit.retired), key=lambda unit: unit.no)


def _told(unit: Unit, pin: Pin | None, locked_until: datetime | None) -> dict[str, Any]:
    return {
        "id": unit.id,
        "call_sign": unit.call_sign,
        "name": unit.name,
        "district": unit.district,
        "state": PinState.FIRST if pin is None else pin.state,
        "set_at": None if pin is None else pin.set_at,
        "set_by": None if pin is None else pin.set_by,
        "locked_until": locked_until,
    }
